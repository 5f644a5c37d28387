"""What a stream yields: frozen values, one class a kind of message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, NewType

from electric_sync.client.errors import BadAnswer
from electric_sync.values import LSN, Snapshot, TableName

Key = NewType("Key", str)
"""A row's key as Electric writes it, ``"public"."items"/"1"``: opaque, and equal for one row."""

Row = Mapping[str, Any]
"""Values by column: text as PostgreSQL wrote it, or what a parser made of it; NULL is None."""


class Operation(Enum):
    """What happened to a row, seen from the shape: moving into it is an insert."""

    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Change:
    """A row of the first snapshot (always an insert), or one that a transaction changed.

    ``value`` of an update holds the key and what changed, of a delete the key alone; with
    ``replica="full"`` both hold the whole row, and ``old_value`` of an update what the changed
    columns held before.

    ``txids``, ``lsn`` and ``op_position`` name the transaction and the place in it; rows of a
    snapshot have none of them. ``is_last`` marks a transaction's last change in this shape.
    A changed key is a delete with ``key_change_to``, followed by an insert with
    ``key_change_from``. ``tags`` are for shapes with a subquery, as are ``Moved`` messages.
    """

    operation: Operation
    key: Key
    value: Row
    old_value: Row | None = None
    table: TableName | None = None
    txids: tuple[int, ...] = ()
    lsn: LSN | None = None
    op_position: int | None = None
    is_last: bool = False
    key_change_to: Key | None = None
    key_change_from: Key | None = None
    tags: tuple[str, ...] = ()
    removed_tags: tuple[str, ...] = ()
    active_conditions: tuple[bool, ...] = ()

    @property
    def offset(self) -> str | None:
        """Where in the shape's log this is; None for a row of a snapshot."""
        if self.lsn is None or self.op_position is None:
            return None
        return f"{self.lsn}_{self.op_position}"


@dataclass(frozen=True, slots=True)
class UpToDate:
    """All that came before is a consistent whole: everything the service knew at that moment.

    ``lsn`` is how far in PostgreSQL's log it had read.
    """

    lsn: LSN | None = None


@dataclass(frozen=True, slots=True)
class MustRefetch:
    """The shape begins anew: what was received before is void, and everything follows again."""


@dataclass(frozen=True, slots=True)
class SnapshotEnd:
    """The rows before this are what ``snapshot`` saw; what follows is the log of changes."""

    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Moved:
    """Rows came into a shape with a subquery or left it, because the subquery's rows changed.

    ``patterns`` are pairs of a position and a value in the tags of the rows concerned.
    """

    is_in: bool
    patterns: tuple[tuple[int, str], ...]
    txids: tuple[int, ...] = ()


Message = Change | UpToDate | MustRefetch | SnapshotEnd | Moved

ReadRow = Callable[[Mapping[str, str | None]], Row]
"""Makes a row of what was sent; see ``parsers``."""


def read_message(item: Any, read_row: ReadRow) -> Message | None:
    """One object of the service's JSON as a message; None is a kind that asks nothing of a client.

    Raises:
        BadAnswer: that is not a message of Electric's.
    """
    try:
        headers = item["headers"]
        if "operation" in headers:
            return _change(item, headers, read_row)
        if "control" in headers:
            return _control(headers)
        if headers.get("event") in ("move-in", "move-out"):
            return Moved(
                is_in=headers["event"] == "move-in",
                patterns=tuple((each["pos"], each["value"]) for each in headers["patterns"]),
                txids=tuple(headers.get("txids", ())),
            )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadAnswer(
            f"A message of the shape's log is not of the form that Electric's have ({error!r}); "
            f"it begins {str(item)[:80]!r}."
        ) from error
    # To leave out what is not understood would mean rows that are wrong in silence.
    raise BadAnswer(f"The shape's log has a message of an unknown kind: {str(headers)[:200]!r}.")


def _change(item: Any, headers: Any, read_row: ReadRow) -> Change:
    # The hot path of a first sync, so what most messages have not is not made for them.
    get = headers.get
    old_value, lsn = item.get("old_value"), get("lsn")
    return Change(
        _OPERATIONS[headers["operation"]],
        item["key"],
        read_row(item["value"]),
        None if old_value is None else read_row(old_value),
        _table(*get("relation", ())),
        _tuple(get("txids")),
        None if lsn is None else LSN(int(lsn)),
        get("op_position"),
        get("last", False),
        get("key_change_to"),
        get("key_change_from"),
        _tuple(get("tags")),
        _tuple(get("removed_tags")),
        _tuple(get("active_conditions")),
    )


_OPERATIONS = {operation.value: operation for operation in Operation}


@lru_cache(maxsize=1_000)
def _table(*relation: str) -> TableName | None:
    return TableName(*relation) if relation else None


def _tuple(values: list[Any] | None) -> tuple[Any, ...]:
    return tuple(values) if values else ()


def _control(headers: Any) -> Message | None:
    match headers["control"]:
        case "up-to-date":
            lsn = headers.get("global_last_seen_lsn")
            return UpToDate(None if lsn is None else LSN(int(lsn)))
        case "must-refetch":
            return MustRefetch()
        case "snapshot-end":
            return SnapshotEnd(read_snapshot(headers))
        case _:
            return None  # a mark between messages; whatever changes rows is an operation


def read_snapshot(headers: Any) -> Snapshot:
    """What a snapshot saw, from ``xmin``, ``xmax`` and ``xip_list``."""
    running = frozenset(map(int, headers["xip_list"]))
    return Snapshot(int(headers["xmin"]), int(headers["xmax"]), running)
