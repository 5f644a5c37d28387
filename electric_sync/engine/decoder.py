"""pgoutput, protocol version 1: CopyData payloads → transactions.

Source: PostgreSQL's documentation, "Logical Replication Message Formats" and "Streaming
Replication Protocol". Messages are big-endian; the first byte names the kind.

A transaction is handed on when its commit has arrived, never in parts. One with more than
``MAX_CHANGES`` row changes is not kept in memory: it is handed on as the set of tables it
touched, and with its changes in a file if anybody wants them (``spool``).
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterator
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


MESSAGE_PREFIX = "electric_sync"
"""Messages of ``pg_logical_emit_message`` that are meant for us."""


class Spool:
    """Row changes on disk, to be read as often as needed. The file goes with the object."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 lives as long as this
        self._relations: list[Relation] = []

    def __del__(self) -> None:
        self._file.close()

    def add(self, change: RowChange) -> None:
        """Append a change."""
        if not self._relations or self._relations[-1] is not change.relation:
            self._relations.append(change.relation)
        header = _SPOOLED.pack(
            len(self._relations) - 1, change.old is not None, change.new is not None
        )
        self._file.write(b"".join([header, *map(_packed, (change.old, change.new))]))

    def __iter__(self) -> Iterator[RowChange]:
        self._file.seek(0)
        while header := self._file.read(_SPOOLED.size):
            place, has_old, has_new = _SPOOLED.unpack(header)
            old = self._read_row() if has_old else None
            yield RowChange(self._relations[place], old, self._read_row() if has_new else None)

    def _read_row(self) -> Row:
        (count,) = _U32.unpack(self._file.read(4))
        lengths = struct.unpack(f">{count}i", self._file.read(4 * count))
        return tuple(None if length < 0 else self._file.read(length) for length in lengths)


_SPOOLED = struct.Struct(">I??")


def _packed(row: Row | None) -> bytes:
    if row is None:
        return b""
    lengths = (-1 if value is None else len(value) for value in row)
    return b"".join(
        [struct.pack(f">I{len(row)}i", len(row), *lengths), *(v for v in row if v is not None)]
    )


@dataclass(slots=True)
class _Open:
    """The transaction that is being received."""

    xid: int
    committed_at: float
    changes: list[RowChange] = field(default_factory=list)
    truncated: list[TableName] = field(default_factory=list)
    touched: set[TableName] = field(default_factory=set)
    messages: list[str] = field(default_factory=list)
    size: int = 0
    too_large: bool = False
    spool: Spool | None = None


class Decoder:
    """Feed it payloads in order; it answers with a transaction, a keepalive or nothing."""

    def __init__(self, *, spool: bool = False) -> None:
        self._spool = spool
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
        else:
            self._rare(kind, payload, at)
        return None

    def _rare(self, kind: int, payload: bytes, at: int) -> None:
        if kind == ord("R"):
            relation = _relation(payload, at)
            # Sent again after every change of the table: the newest always wins.
            self._relations[relation.oid] = relation
        elif kind == ord("T"):
            count = _U32.unpack_from(payload, at)[0]
            for oid in struct.unpack_from(f">{count}I", payload, at + 5):
                self._current.truncated.append(self._relations[oid].table)
                self._current.touched.add(self._relations[oid].table)
        elif kind == ord("M"):
            self._message(payload, at)

    @property
    def _current(self) -> _Open:
        if self._open is None:
            raise ValueError("a change arrived outside a transaction")
        return self._open

    def _message(self, payload: bytes, at: int) -> None:
        transactional = payload[at]
        prefix, at = _text(payload, at + 9)  # after one byte of flags and the position
        if transactional and prefix == MESSAGE_PREFIX:
            (length,) = _U32.unpack_from(payload, at)
            self._current.messages.append(payload[at + 4 : at + 4 + length].decode())

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
        if not current.too_large:
            current.size += size
            current.changes.append(change)
            if len(current.changes) <= MAX_CHANGES and current.size <= MAX_BYTES:
                return
            current.too_large = True
            current.spool = Spool() if self._spool else None
            for each in current.changes if current.spool else ():
                current.spool.add(each)  # type: ignore[union-attr]
            current.changes.clear()
        elif current.spool is not None:
            current.spool.add(change)

    def _commit(self, payload: bytes, at: int) -> Transaction:
        current, self._open = self._current, None
        _, commit, end, _ = _COMMIT.unpack_from(payload, at)
        return Transaction(
            xid=current.xid,
            lsn=LSN(commit),
            end_lsn=LSN(end),
            committed_at=current.committed_at,
            changes=tuple(current.changes),
            truncated=tuple(current.truncated),
            touched=frozenset(current.touched),
            spooled=current.spool,
            messages=tuple(current.messages),
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
