"""The replication connection: psycopg's libpq layer, read by the event loop.

psycopg has no replication API of its own; ``pq.PGconn`` does what is needed. A connection
reads one temporary slot, which PostgreSQL drops with the connection: a stopped process
never keeps WAL.
"""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager

import psycopg
from psycopg import pq, sql

from electric_sync.engine.decoder import POSTGRES_EPOCH
from electric_sync.values import LSN, parse_lsn

BATCH = 1_000
"""Payloads read before other tasks get a turn."""

SILENT_SECONDS = 30.0
"""Without a word for so long, PostgreSQL is asked whether it is still there. It speaks up by
itself while a connection stands, but one that a network dropped is silent for ever."""
ANSWER_SECONDS = 10.0
"""How long its answer may take."""

SESSION_OPTIONS = (
    "-c datestyle=ISO -c intervalstyle=iso_8601 -c timezone=UTC -c extra_float_digits=3"
    " -c bytea_output=hex"
)
"""What the text form of values depends on; a role's own settings must not change it."""


class ReplicationError(Exception):
    """The replication connection failed or was refused; the message is PostgreSQL's."""


class ReplicationConnection:
    """One stream of one temporary slot."""

    def __init__(self, connection: psycopg.AsyncConnection, start_lsn: LSN) -> None:
        self.start_lsn = start_lsn
        """Where the stream begins: what committed before is not in it."""
        self._connection = connection
        # psycopg knows COPY to and from, but not both at once: libpq's own layer does.
        self._pg = connection.pgconn
        self._confirmed = 0
        self._end: str | None = None

    @classmethod
    async def open(cls, conninfo: str, *, slot: str, publication: str) -> ReplicationConnection:
        """Connect, create the temporary slot and start its stream.

        When this returns, every transaction that commits from now on will be in the stream, and
        all that are not in it are visible to snapshots taken from now on: PostgreSQL creates a
        slot when the transactions that were writing have ended, however long that takes.

        Raises:
            psycopg.Error, ReplicationError: with PostgreSQL's message.
        """
        connection = await psycopg.AsyncConnection.connect(
            f"{conninfo} replication=database options='{SESSION_OPTIONS}'", autocommit=True
        )
        try:
            created = await connection.execute(
                sql.SQL(
                    "CREATE_REPLICATION_SLOT {} TEMPORARY LOGICAL pgoutput (SNAPSHOT 'nothing')"
                ).format(sql.Identifier(slot))
            )
            start_lsn = parse_lsn((await created.fetchone() or ("", "0/0"))[1])
            start = connection.pgconn.exec_(
                f"START_REPLICATION SLOT {slot} LOGICAL 0/0"
                f" (proto_version '1', publication_names '{publication}', messages 'true')".encode()
            )
            if start.status != pq.ExecStatus.COPY_BOTH:
                raise ReplicationError(_message(start.error_message))
            connection.pgconn.nonblocking = 1  # else a full socket would block the event loop
        except BaseException:
            await connection.close()
            raise
        return cls(connection, start_lsn)

    async def payloads(self) -> AsyncGenerator[list[bytes], None]:
        """The stream's CopyData payloads, as many at a time as have arrived.

        Raises:
            ReplicationError: the stream ended; it ends in no other way.
        """
        loop = asyncio.get_running_loop()
        readable = asyncio.Event()
        descriptor = self._pg.socket
        loop.add_reader(descriptor, readable.set)
        try:
            while True:
                batch = self._buffered()
                if batch:
                    yield batch
                    await asyncio.sleep(0)
                else:
                    readable.clear()
                    await self._until(readable)
        finally:
            loop.remove_reader(descriptor)

    def confirm(self, lsn: int) -> None:
        """Tell the server that everything up to ``lsn`` was received and is not needed again.

        Raises:
            ReplicationError: the connection is lost.
        """
        self._confirmed = lsn
        self._send_status(ask=False)

    def close(self) -> None:
        """Close the connection; the slot goes with it."""
        self._pg.finish()

    async def _until(self, readable: asyncio.Event) -> None:
        """Wait for something to read, and make sure that there is somebody to write it."""
        try:
            async with asyncio.timeout(SILENT_SECONDS):
                await readable.wait()
        except TimeoutError:
            self._send_status(ask=True)
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await readable.wait()
            except TimeoutError:
                raise ReplicationError("PostgreSQL does not answer any more") from None

    def _send_status(self, *, ask: bool) -> None:
        lsn = self._confirmed
        now = int((time.time() - POSTGRES_EPOCH) * 1e6)
        with _as_replication_error():
            self._pg.put_copy_data(struct.pack(">cQQQqB", b"r", lsn, lsn, lsn, now, ask))
            # 1 means that the socket is full: the rest goes out with the next status.
            self._pg.flush()

    def _buffered(self) -> list[bytes]:
        """What has arrived, at most ``BATCH`` payloads, without waiting."""
        if self._end is not None:
            raise ReplicationError(self._end)
        batch: list[bytes] = []
        consumed = False
        while len(batch) < BATCH:
            with _as_replication_error():
                size, data = self._pg.get_copy_data(1)
            if size > 0:
                batch.append(bytes(data))
                consumed = False
            elif size == 0:
                if consumed:
                    return batch
                with _as_replication_error():
                    self._pg.consume_input()
                consumed = True
            else:
                # libpq says this once; what came before it is read first.
                with _as_replication_error():
                    result = self._pg.get_result()
                self._end = _message(result.error_message) if result else "the stream was ended"
                if batch:
                    return batch
                raise ReplicationError(self._end)
        return batch


@contextmanager
def _as_replication_error() -> Iterator[None]:
    """libpq's errors are psycopg's; whoever reads a stream expects one kind."""
    try:
        yield
    except psycopg.Error as error:
        raise ReplicationError(str(error)) from error


def _message(raw: bytes | None) -> str:
    return (raw or b"").decode(errors="replace").strip() or "no message"
