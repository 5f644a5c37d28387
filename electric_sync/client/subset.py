"""Some rows of a shape, read at once and beside its log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from electric_sync.client.errors import BadAnswer
from electric_sync.client.messages import Change, Key, ReadRow, Row, read_message, read_snapshot
from electric_sync.client.shape import Parameters, numbered
from electric_sync.values import LSN, Snapshot


@dataclass(frozen=True, slots=True)
class Subset:
    """Rows as one snapshot of the database saw them, in the order that was asked for.

    The log may tell later what is in them already, and may have told before what is not: ask
    ``sees``. ``lsn`` is how far in PostgreSQL's log the snapshot was taken.
    """

    rows: Mapping[Key, Row]
    snapshot: Snapshot
    lsn: LSN

    def sees(self, change: Change) -> bool:
        """Whether a change of the log is in these rows already."""
        return bool(change.txids) and all(map(self.snapshot.sees, change.txids))


def subset_body(
    where: str | None,
    params: Parameters,
    order_by: str | None,
    limit: int | None,
    offset: int | None,
) -> dict[str, object]:
    """The request's body."""
    asked = {
        # Without anything, the service would answer with its log.
        "where": "TRUE" if where is None else where,
        "params": numbered(params) or None,
        "order_by": order_by,
        "limit": limit,
        "offset": offset,
    }
    return {name: value for name, value in asked.items() if value is not None}


def read_subset(body: Any, read_row: ReadRow) -> Subset:
    """The answer's body.

    Raises:
        BadAnswer: that is no subset.
    """
    try:
        about = body["metadata"]
        messages = [read_message(item, read_row) for item in body["data"]]
        rows = {each.key: each.value for each in messages if isinstance(each, Change)}
        return Subset(rows, read_snapshot(about), LSN(int(about["database_lsn"])))
    except (KeyError, TypeError, ValueError) as error:
        raise BadAnswer("The answer is no subset; the service may not know them.") from error
