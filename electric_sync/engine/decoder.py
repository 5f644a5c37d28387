"""pgoutput, protocol version 1: CopyData payloads → transactions.

Source: PostgreSQL's documentation, "Logical Replication Message Formats" and "Streaming
Replication Protocol". Messages are big-endian; the first byte names the kind.

A transaction is handed on when its commit has arrived, never in parts. One with more than
``MAX_CHANGES`` row changes is not kept: it is handed on as the set of tables it touched.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from electric_sync.values import LSN, Relation, Row, RowChange, TableName, Transaction

MAX_CHANGES = 10_000
"""Row changes kept of one transaction; beyond it only the touched tables are."""
MAX_BYTES = 8 * 1024 * 1024
"""Bytes of row images kept of one transaction; beyond it only the touched tables are."""

POSTGRES_EPOCH = 946_684_800
"""2000-01-01 in seconds since 1970: the stream counts microseconds from there."""

_U32 = struct.Struct(">I")
_BEGIN = struct.Struct(">QqI")
_COMMIT = struct.Struct(">BQQq")
_KEEPALIVE = struct.Struct(">QqB")
_HEADER = 25
"""Bytes before the message in an XLogData frame: 'w', start, end, send time."""


@dataclass(frozen=True, slots=True)
class Keepalive:
    """The server says how far it has read, and whether it wants an answer now."""

    end_lsn: LSN
    reply: bool


@dataclass(slots=True)
class _Open:
    """The transaction that is being received."""

    xid: int
    committed_at: float
    changes: list[RowChange] = field(default_factory=list)
    truncated: list[TableName] = field(default_factory=list)
    touched: set[TableName] = field(default_factory=set)
    size: int = 0
    too_large: bool = False


class Decoder:
    """Feed it payloads in order; it answers with a transaction, a keepalive or nothing."""

    def __init__(self) -> None:
        self._relations: dict[int, Relation] = {}
        self._open: _Open | None = None

    def feed(self, payload: bytes) -> Transaction | Keepalive | None:
        """One CopyData payload."""
        if payload[0] == ord("k"):
            end, _, reply = _KEEPALIVE.unpack_from(payload, 1)
            return Keepalive(LSN(end), bool(reply))
        kind = payload[_HEADER]
        at = _HEADER + 1
        if kind == ord("I"):
            relation = self._relations[_U32.unpack_from(payload, at)[0]]
            new, end = _row(payload, at + 5, None)
            self._add(RowChange(relation, None, new), end - at)
        elif kind == ord("U"):
            self._update(payload, at)
        elif kind == ord("D"):
            relation = self._relations[_U32.unpack_from(payload, at)[0]]
            old, end = _row(payload, at + 5, None)
            self._add(RowChange(relation, old, None), end - at)
        elif kind == ord("B"):
            _, committed, xid = _BEGIN.unpack_from(payload, at)
            self._open = _Open(xid, committed / 1e6 + POSTGRES_EPOCH)
        elif kind == ord("C"):
            return self._commit(payload, at)
        elif kind == ord("R"):
            relation = _relation(payload, at)
            # Sent again after every change of the table: the newest always wins.
            self._relations[relation.oid] = relation
        elif kind == ord("T"):
            count = _U32.unpack_from(payload, at)[0]
            for oid in struct.unpack_from(f">{count}I", payload, at + 5):
                self._current.truncated.append(self._relations[oid].table)
                self._current.touched.add(self._relations[oid].table)
        return None

    @property
    def _current(self) -> _Open:
        if self._open is None:
            raise ValueError("a change arrived outside a transaction")
        return self._open

    def _update(self, payload: bytes, at: int) -> None:
        relation = self._relations[_U32.unpack_from(payload, at)[0]]
        start, at, old = at, at + 4, None
        if payload[at] in b"KO":
            old, at = _row(payload, at + 1, None)
        new, at = _row(payload, at + 1, old)
        self._add(RowChange(relation, old, new), at - start)

    def _add(self, change: RowChange, size: int) -> None:
        current = self._current
        current.touched.add(change.relation.table)
        if current.too_large:
            return
        current.size += size
        if len(current.changes) >= MAX_CHANGES or current.size > MAX_BYTES:
            current.too_large = True
            current.changes.clear()
            return
        current.changes.append(change)

    def _commit(self, payload: bytes, at: int) -> Transaction:
        current, self._open = self._current, None
        _, _, end, _ = _COMMIT.unpack_from(payload, at)
        return Transaction(
            xid=current.xid,
            end_lsn=LSN(end),
            committed_at=current.committed_at,
            changes=tuple(current.changes),
            truncated=tuple(current.truncated),
            touched=frozenset(current.touched),
        )


def _row(data: bytes, at: int, old: Row | None) -> tuple[Row, int]:
    """A TupleData at ``at``, and where it ends.

    A large value that an update left alone is not sent again (kind ``u``); it is what it was
    in the old image, which is whole under REPLICA IDENTITY FULL.
    """
    count = data[at] << 8 | data[at + 1]
    at += 2
    values: list[bytes | None] = []
    for index in range(count):
        kind = data[at]
        at += 1
        if kind == 0x74:  # 't': a value as text
            end = at + 4 + _U32.unpack_from(data, at)[0]
            values.append(data[at + 4 : end])
            at = end
        elif kind == 0x75 and old is not None:  # 'u': unchanged, not sent
            values.append(old[index])
        else:  # 'n': NULL
            values.append(None)
    return tuple(values), at


def _relation(data: bytes, at: int) -> Relation:
    oid = _U32.unpack_from(data, at)[0]
    schema, at = _text(data, at + 4)
    name, at = _text(data, at)
    count = data[at + 1] << 8 | data[at + 2]  # after one byte of replica identity
    at += 3
    columns: list[str] = []
    types: list[int] = []
    for _ in range(count):
        column, at = _text(data, at + 1)  # after one byte of flags
        columns.append(column)
        types.append(_U32.unpack_from(data, at)[0])
        at += 8  # type oid and type modifier
    return Relation(oid, TableName(schema or "pg_catalog", name), tuple(columns), tuple(types))


def _text(data: bytes, at: int) -> tuple[str, int]:
    end = data.index(0, at)
    return data[at:end].decode(), end + 1
