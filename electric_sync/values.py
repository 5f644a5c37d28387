"""The values that travel between the modules: frozen, and without Django.

A *shape* is a part of one table: the rows whose columns equal given constants. A
*transaction* is what PostgreSQL committed, as the replication stream tells it. A
*snapshot* is what a reader could see. The question that everything here turns on is
``snapshot.sees(xid)``: had that transaction's effects become visible to the reader?
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NewType

LSN = NewType("LSN", int)
"""A position in PostgreSQL's write-ahead log, in bytes."""

Key = tuple[str, ...]
"""A primary key as PostgreSQL's output text, one element a column."""


def parse_lsn(text: str) -> LSN:
    """``16/B374D848`` → the position as a number."""
    high, low = text.split("/")
    return LSN(int(high, 16) << 32 | int(low, 16))


def format_lsn(lsn: int) -> str:
    """The position as PostgreSQL writes it."""
    return f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}"


OPERATION_INFINITY = 1 << 63
"""The operation of an offset that is behind everything else of its position."""


@dataclass(frozen=True, slots=True, order=True)
class Offset:
    """A place in a shape's log: a position in the WAL, and an operation of that transaction.

    Position 0 is the snapshot, whose operations are its chunks; ``0_inf`` is behind all of it.
    """

    lsn: int
    operation: int

    @classmethod
    def parse(cls, text: str) -> Offset:
        """``-1``, ``0_inf`` or ``26987560_4``.

        Raises:
            ValueError: it is none of them.
        """
        found = re.fullmatch(r"(-1)(?:_0)?|(\d{1,20})_(inf|\d{1,18})", text, re.ASCII)
        if found is None:
            raise ValueError(f"{text!r} is no offset")
        before, lsn, operation = found.groups()
        if before is not None:
            return BEFORE_ALL
        return cls(int(lsn), OPERATION_INFINITY if operation == "inf" else int(operation))

    def __str__(self) -> str:
        if self == BEFORE_ALL:
            return "-1"
        return f"{self.lsn}_{'inf' if self.operation == OPERATION_INFINITY else self.operation}"


BEFORE_ALL = Offset(-1, 0)
"""Where a reader begins who has nothing."""
AFTER_SNAPSHOT = Offset(0, OPERATION_INFINITY)
"""Behind the snapshot, before the first change."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What ``pg_current_snapshot()`` says: which transactions a reader can see.

    Everything below ``xmin`` has ended, nothing from ``xmax`` on has, and ``running`` are
    those in between that had not.
    """

    xmin: int
    xmax: int
    running: frozenset[int]

    @classmethod
    def parse(cls, text: str) -> Snapshot:
        """From PostgreSQL's text form, ``xmin:xmax:xip,xip``."""
        xmin, xmax, running = text.split(":")
        return cls(int(xmin), int(xmax), frozenset(map(int, filter(None, running.split(",")))))

    def __str__(self) -> str:
        return f"{self.xmin}:{self.xmax}:{','.join(map(str, sorted(self.running)))}"

    def sees(self, xid: int) -> bool:
        """Whether a *committed* transaction is visible in this snapshot.

        The replication stream carries 32 bits of a transaction id and the snapshot 64; the id
        is taken to be the one nearest to ``xmax``, which is right within two thousand million
        transactions.
        """
        distance = (xid - (self.xmax & 0xFFFFFFFF) + 0x80000000) % 0x100000000 - 0x80000000
        full = self.xmax + distance
        return full < self.xmin or (full < self.xmax and full not in self.running)

    def sees_all_of(self, other: Snapshot) -> bool:
        """Whether whatever ``other`` sees is visible in this one, too."""
        return other.xmax <= self.xmax and not any(map(other.sees, self.running))


@dataclass(frozen=True, slots=True)
class TableName:
    """A table by schema and name, unquoted."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def quoted(self) -> str:
        """For pasting into SQL."""
        return ".".join('"' + part.replace('"', '""') + '"' for part in (self.schema, self.name))


@dataclass(frozen=True, slots=True)
class ShapeDefinition:
    """A part of one table: rows whose ``columns`` equal the constants.

    ``equals`` is sorted by column; constants are text that PostgreSQL casts to the column's
    type. Two equal definitions are one subscription.
    """

    table: TableName
    equals: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ShapeQuery:
    """A shape as a client of the HTTP interface asks for it.

    ``columns`` None means all of them; ``full`` tells old values and whole rows;
    ``changes_only`` leaves out the rows that are there already.
    """

    table: TableName
    where: str | None = None
    params: tuple[tuple[int, str], ...] = ()
    columns: tuple[str, ...] | None = None
    full: bool = False
    changes_only: bool = False


@dataclass(frozen=True, slots=True)
class Relation:
    """A table as the replication stream describes it before its first change."""

    oid: int
    table: TableName
    columns: tuple[str, ...]
    types: tuple[int, ...]


Row = tuple[bytes | None, ...]
"""A row image: each column's output text in the relation's order, ``None`` for NULL."""


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row inserted (no ``old``), updated (both) or deleted (no ``new``)."""

    relation: Relation
    old: Row | None
    new: Row | None


@dataclass(frozen=True, slots=True)
class Transaction:
    """A committed transaction, whole. ``committed_at`` is in seconds since 1970.

    ``lsn`` is where its commit is written, ``end_lsn`` what comes behind it: as far as PostgreSQL
    had written when somebody sees the transaction, at the least.

    ``truncated`` names the tables that were emptied. If the transaction was too large to keep,
    ``changes`` is empty and ``touched`` names the tables in which anything may have changed;
    whoever wants the changes all the same finds them in ``spooled``, on disk. ``messages`` are
    those that ``pg_logical_emit_message`` wrote for us.
    """

    xid: int
    lsn: LSN
    end_lsn: LSN
    committed_at: float
    changes: tuple[RowChange, ...] = ()
    truncated: tuple[TableName, ...] = ()
    touched: frozenset[TableName] = field(default_factory=frozenset)
    spooled: Iterable[RowChange] | None = None
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShapeChanges:
    """What one transaction did to the shapes that are subscribed.

    For each definition the keys of the rows that were or are in it, or ``None``: too many, or
    a TRUNCATE; anything in it may have changed. ``tables`` are all tables that the transaction
    touched, subscribed or not.
    """

    xid: int
    committed_at: float
    tables: frozenset[TableName]
    changed: Mapping[ShapeDefinition, frozenset[Key] | None]
