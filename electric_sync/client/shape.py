"""Which rows are asked for, as the service's parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Parameters = Sequence[object] | Mapping[int, object]
"""Values for ``$1``, ``$2`` …: in order, or by number."""

_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Shape:
    """Rows of one table. Two equal shapes are one shape to the service.

    ``table`` and ``where`` are SQL: names with capitals are quoted there. ``columns`` are plain
    names. ``table`` may be left out when the address itself says which shape is meant.
    """

    table: str | None = None
    where: str | None = None
    params: Parameters = ()
    columns: Sequence[str] | None = None
    replica: Literal["default", "full"] = "default"
    log: Literal["full", "changes_only"] = "full"

    def query(self) -> dict[str, str]:
        """The parameters that say which shape is meant."""
        query = {f"params[{number}]": text for number, text in numbered(self.params).items()}
        if self.table is not None:
            query["table"] = self.table
        if self.where is not None:
            query["where"] = self.where
        if self.columns is not None:
            query["columns"] = ",".join(map(quoted, self.columns))
        if self.replica != "default":
            query["replica"] = self.replica
        if self.log != "full":
            query["log"] = self.log
        return query


def numbered(params: Parameters) -> dict[str, str]:
    """Parameters by number, as text.

    Raises:
        ValueError: one is None. ``column = NULL`` is never true; write ``column IS NULL``.
    """
    pairs: Iterable[tuple[int, object]] = (
        params.items() if isinstance(params, Mapping) else enumerate(params, 1)
    )
    texts = {}
    for number, value in pairs:
        if value is None:
            raise ValueError(f"Parameter ${number} is None; write IS NULL into the where clause.")
        texts[str(number)] = str(value).lower() if isinstance(value, bool) else str(value)
    return texts


def quoted(name: str) -> str:
    """A name as SQL needs it: plain where that means the same."""
    if _PLAIN_NAME.fullmatch(name):
        return name
    return '"' + name.replace('"', '""') + '"'
