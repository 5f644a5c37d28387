"""The engine: one replication stream, matched to the shapes that are subscribed.

It runs in the event loop that started it. Whoever subscribes is told of every transaction
that commits from then on. Whenever that cannot be promised, ``on_reset`` says that everything
may have changed: when a stream has been opened, and every ``POLL_SECONDS`` while there is
none. (PostgreSQL opens one only when the transactions that are writing have ended.) So losing
the stream costs time and work, never a missing change.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import secrets
from collections.abc import Callable, Iterable
from contextlib import aclosing
from enum import Enum
from typing import Protocol

import psycopg

from electric_sync import tasks
from electric_sync.engine.decoder import Decoder, Keepalive
from electric_sync.engine.publication import (
    TableBusy,
    TableRefused,
    announce_schema_changes,
    ensure_publication,
    is_in,
    take_in,
)
from electric_sync.engine.replication import ReplicationConnection, ReplicationError
from electric_sync.engine.router import Router, indexable
from electric_sync.values import LSN, ShapeChanges, ShapeDefinition, TableName, Transaction

logger = logging.getLogger(__name__)

PUBLICATION = "electric_sync"
"""The publication that tables are taken into; it is created when it is missing."""
BACKOFF_SECONDS = (0.1, 2.0)
"""Shortest and longest wait before the stream is opened again."""
POLL_SECONDS = 2.0
"""How often everything may have changed while there is no stream."""
CHECK_SECONDS = 30.0
"""How often it is seen to that the followed tables are in the publication still: nothing tells
when somebody drops it, or drops a table and creates it again."""


class State(Enum):
    """Where the stream is."""

    STOPPED = "stopped"
    CONNECTING = "connecting"
    STREAMING = "streaming"


class Follower(Protocol):
    """Whoever wants every transaction whole, and not only what it touched."""

    @property
    def tables(self) -> Iterable[TableName]:
        """The tables whose changes must be in the stream."""

    def opened(self, lsn: LSN) -> None:
        """A stream begins at ``lsn``; what came before was perhaps never told."""

    def closed(self) -> None:
        """The stream is lost."""

    def missed(self, tables: frozenset[TableName]) -> None:
        """Changes of these tables were perhaps not in the stream."""

    def received(self, transaction: Transaction) -> None:
        """A transaction has committed."""

    async def room(self) -> None:
        """Wait while it has more than it can hold."""


class Engine:
    """PostgreSQL's changes, by shape."""

    def __init__(
        self,
        conninfo: str,
        *,
        on_changes: Callable[[ShapeChanges], None],
        on_reset: Callable[[], None],
        follower: Follower | None = None,
    ) -> None:
        """``conninfo`` is libpq's; both callbacks are called in the event loop, and never block."""
        self.state = State.STOPPED
        self._conninfo = conninfo
        self._on_changes = on_changes
        self._on_reset = on_reset
        self._follower = follower
        self._router = Router()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Keep a stream open from now on. Starting twice changes nothing."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="replication")

    async def stop(self) -> None:
        """Close the stream."""
        if self._task is not None:
            await tasks.end([self._task])
            self._task = None

    async def subscribe(self, definition: ShapeDefinition) -> None:
        """Tell of changes to this shape from now on.

        When this returns, every transaction that commits later will be told. One that committed
        earlier may not be visible yet to a snapshot that is taken now: see ``Hub.unseen``.

        Raises:
            TableBusy, TableRefused, psycopg.Error: it cannot be followed now, or at all.
        """
        self.start()
        equalities, key = await asyncio.to_thread(self._take_in, definition)
        self._router.add(definition, equalities, key)

    async def follow(self, tables: Iterable[TableName]) -> None:
        """Have the tables' changes in the stream from now on.

        Raises:
            TableBusy, TableRefused, psycopg.Error: as for ``subscribe``.
        """
        self.start()
        await asyncio.to_thread(self._prepare, tuple(tables), refuse=True)

    def unsubscribe(self, definition: ShapeDefinition) -> None:
        """Tell of it no longer. The table stays in the publication: others may follow it."""
        self._router.remove(definition)

    def _take_in(
        self, definition: ShapeDefinition
    ) -> tuple[tuple[tuple[str, bytes], ...], tuple[str, ...]]:
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            ensure_publication(connection, PUBLICATION)
            key = take_in(connection, PUBLICATION, definition.table)
            if not key:
                raise TableRefused(
                    f"{definition.table} has no primary key; add one, so that rows can be told"
                    " apart."
                )
            return indexable(connection, definition), key

    async def _open(self) -> ReplicationConnection:
        await asyncio.to_thread(self._prepare, self._tables())
        if self._follower is not None:
            await asyncio.to_thread(self._announce)
        slot = f"electric_sync_{os.getpid()}_{secrets.token_hex(4)}"
        return await ReplicationConnection.open(self._conninfo, slot=slot, publication=PUBLICATION)

    def _announce(self) -> None:
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            if not announce_schema_changes(connection):
                logger.info("The role may not create an event trigger: tables are looked at.")

    def _tables(self) -> frozenset[TableName]:
        followed = self._follower.tables if self._follower else ()
        return frozenset(self._router.tables) | frozenset(followed)

    def _prepare(
        self, tables: Iterable[TableName], *, refuse: bool = False
    ) -> frozenset[TableName]:
        """See that the publication is there, with the tables that are followed.

        Returns those that were not in it, so that changes may have been missed.
        """
        missed: set[TableName] = set()
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            ensure_publication(connection, PUBLICATION)
            for table in tables:
                try:
                    if not is_in(connection, PUBLICATION, table):
                        take_in(connection, PUBLICATION, table)
                        missed.add(table)
                except TableRefused as error:
                    if refuse:
                        raise
                    logger.warning("%s is not followed any more: %s", table, error)
        return frozenset(missed)

    async def _run(self) -> None:
        """Keep a stream open until cancelled."""
        shortest, longest = BACKOFF_SECONDS
        wait = shortest
        try:
            while True:
                self.state = State.CONNECTING
                try:
                    connection = await self._open_while_polling()
                except (ReplicationError, TableBusy, psycopg.Error) as error:
                    logger.warning("PostgreSQL's stream cannot be opened: %s", error)
                    wait = min(wait * 2, longest)
                else:
                    wait = shortest
                    self.state = State.STREAMING
                    if self._follower:
                        self._follower.opened(connection.start_lsn)
                    self._on_reset()
                    checking = asyncio.create_task(self._keep_tables(), name="publication")
                    try:
                        await self._read(connection)
                    except ReplicationError as error:
                        logger.warning("PostgreSQL's stream ended: %s", error)
                    except Exception:  # a defect of ours must not end all live views in silence
                        logger.exception("PostgreSQL's stream was not understood.")
                        wait = longest
                    finally:
                        checking.cancel()
                        connection.close()
                        if self._follower:
                            self._follower.closed()
                await asyncio.sleep(wait * random.uniform(0.7, 1.3))  # noqa: S311 jitter, no secret
                self._on_reset()
        finally:
            self.state = State.STOPPED

    async def _open_while_polling(self) -> ReplicationConnection:
        opening = asyncio.create_task(self._open())
        try:
            while not (await asyncio.wait([opening], timeout=POLL_SECONDS))[0]:
                self._on_reset()
        except asyncio.CancelledError:
            opening.cancel()
            await asyncio.wait([opening])
            if not opening.cancelled() and opening.exception() is None:
                opening.result().close()  # it was just open
            raise
        return opening.result()

    async def _keep_tables(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            try:
                missed = await asyncio.to_thread(self._prepare, self._tables())
                if missed:
                    logger.warning("Tables had left the publication and were taken in again.")
                    if self._follower:
                        self._follower.missed(missed)
                    self._on_reset()
            except (TableBusy, psycopg.Error) as error:
                logger.warning("The publication cannot be looked at: %s", error)

    async def _read(self, connection: ReplicationConnection) -> None:
        decoder = Decoder(spool=self._follower is not None)
        async with aclosing(connection.payloads()) as batches:
            async for batch in batches:
                confirmed = 0
                for payload in batch:
                    message = decoder.feed(payload)
                    if isinstance(message, Transaction):
                        self._tell(message)
                        confirmed = message.end_lsn
                    elif isinstance(message, Keepalive):
                        confirmed = message.end_lsn
                if confirmed:
                    connection.confirm(confirmed)
                if self._follower:
                    await self._follower.room()

    def _tell(self, transaction: Transaction) -> None:
        if self._follower:
            self._follower.received(transaction)
        if not transaction.touched:
            return
        self._on_changes(
            ShapeChanges(
                xid=transaction.xid,
                committed_at=transaction.committed_at,
                tables=transaction.touched,
                changed=self._router.route(transaction),
            )
        )
