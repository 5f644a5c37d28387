"""One shape: what it selects, its log, and who waits for it."""

from __future__ import annotations

import asyncio
import time

from electric_sync.engine.catalog import Table
from electric_sync.engine.errors import ShapeEnded
from electric_sync.engine.log import Answer, ShapeLog
from electric_sync.engine.messages import Message, Projection
from electric_sync.engine.where import Clause
from electric_sync.values import (
    AFTER_SNAPSHOT,
    BEFORE_ALL,
    Offset,
    Relation,
    Row,
    ShapeQuery,
    Snapshot,
    Transaction,
)

PENDING_BYTES = 256 * 1024
"""Bytes of a transaction's messages that are gathered before they go to the log."""


class Shape:
    """A shape that is being served. Lives in the event loop."""

    def __init__(
        self, handle: str, query: ShapeQuery, table: Table, clause: Clause, log: ShapeLog, lsn: int
    ) -> None:
        self.handle = handle
        self.query = query
        self.table = table
        self.clause = clause
        self.log = log
        self.begun_at = lsn
        """The stream's position when the shape was registered."""
        self.columns = query.columns or tuple(table.by_name)
        self.snapshot: Snapshot | None = None
        self.buffered: list[Transaction] = []
        """What came before the snapshot was there."""
        self.failure: Exception | None = None
        """Why there is no snapshot."""
        self.is_ended = False
        self.last_used = time.monotonic()
        self._changed = asyncio.Event()
        self._projections: dict[int, tuple[Relation, Projection]] = {}
        self._held: Message | None = None
        self._gathered: list[bytes] = []
        self._gathered_size = 0

    @property
    def depends_on(self) -> frozenset[str] | None:
        """The columns whose change ends the shape; ``None``: all of them."""
        if self.query.columns is None:
            return None
        return frozenset(self.columns) | self.clause.mentions | frozenset(self.table.key)

    @property
    def schema(self) -> str:
        """The header ``electric-schema``."""
        return self.table.schema(self.columns)

    # ── reading ──────────────────────────────────────────────────────────

    def after(self, offset: Offset) -> Answer | None:
        """What comes after an offset; ``None``: it is being written.

        Raises:
            ShapeEnded: and the log with it.
        """
        if self.failure is not None:
            raise self.failure
        if self.is_ended:
            raise ShapeEnded
        self.last_used = time.monotonic()
        return self.log.after(offset)

    def has(self, offset: Offset, lsn: int) -> bool:
        """Whether a reader can be at ``offset``, where the stream has come to ``lsn``."""
        if offset.lsn <= 0:
            return offset in (BEFORE_ALL, AFTER_SNAPSHOT) or offset.lsn == 0
        # Clients of server-sent events take an up-to-date's position for their offset.
        return offset <= self.log.end or self.begun_at <= offset.lsn <= lsn

    @property
    def change(self) -> asyncio.Event:
        """What is set by the next thing that happens to it, and for ever when it has ended.

        To be taken hold of in the same step in which the log was found to have nothing more.
        """
        return self._changed

    def tell(self) -> None:
        """Something happened: whoever waits looks again."""
        self._changed.set()
        if not self.is_ended:
            self._changed = asyncio.Event()

    # ── writing ──────────────────────────────────────────────────────────

    def fits(self, relation: Relation) -> bool:
        """Whether the stream describes the table as the shape knows it."""
        return self.table.is_as_streamed(relation, self.depends_on)

    def write(
        self,
        relation: Relation,
        old: Row | None,
        new: Row | None,
        transaction: Transaction,
        operation: int,
    ) -> None:
        """Add what a change of a row means to the transaction that is being written."""
        projection = self._projection(relation)
        for message in projection.messages(
            old, new, lsn=transaction.lsn, xid=transaction.xid, operation=operation
        ):
            if self._held is not None:
                self._gather(self._held.encode(last=False))
                if self._gathered_size >= PENDING_BYTES:
                    self._append(transaction.lsn, self._held.operation)
            self._held = message

    def finish(self, transaction: Transaction) -> bool:
        """The transaction is complete; whether anything of it is in the shape."""
        if self._held is None or self.is_ended:
            return False
        self._gather(self._held.encode(last=True))
        self._append(transaction.lsn, self._held.operation)
        self._held = None
        self.log.publish()
        self.tell()
        return True

    def end(self) -> None:
        """Nothing more will come; readers start anew."""
        if not self.is_ended:
            self.is_ended = True
            self.log.close()
            self.buffered.clear()
            self.tell()

    def _projection(self, relation: Relation) -> Projection:
        known = self._projections.get(id(relation))
        if known is None or known[0] is not relation:
            made = Projection(self.table, relation, self.columns, full=self.query.full)
            known = relation, made
            self._projections = {id(relation): known}
        return known[1]

    def _gather(self, line: bytes) -> None:
        self._gathered.append(line)
        self._gathered_size += len(line)

    def _append(self, lsn: int, operation: int) -> None:
        self.log.append(lsn, operation, b"".join(self._gathered))
        self._gathered = []
        self._gathered_size = 0
