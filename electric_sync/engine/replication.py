"""The replication connection: psycopg's libpq layer, read by the event loop.

psycopg has no replication API of its own; ``pq.PGconn`` does what is needed. A connection
lives from :func:`connect` to :meth:`ReplicationConnection.close` and reads one temporary
slot, which PostgreSQL drops with the connection: a stopped process never keeps WAL.
"""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import AsyncIterator

from psycopg import pq

from electric_sync.engine.decoder import POSTGRES_EPOCH

BATCH = 1_000
"""Payloads read before other tasks get a turn."""

SESSION_OPTIONS = (
    "-c datestyle=ISO -c intervalstyle=iso_8601 -c timezone=UTC -c extra_float_digits=3"
    " -c bytea_output=hex"
)
"""What the text form of values depends on; a role's own settings must not change it."""


class ReplicationError(Exception):
    """The replication connection failed or was refused; the message is PostgreSQL's."""


class ReplicationConnection:
    """One stream of one temporary slot."""

    def __init__(self, connection: pq.abc.PGconn) -> None:
        self._pg = connection

    @classmethod
    def connect(cls, conninfo: str, *, slot: str, publication: str) -> ReplicationConnection:
        """Connect, create the temporary slot and start its stream. Blocks; run it in a thread.

        When this returns, every transaction that commits from now on will be in the stream, and
        all that are not in it are visible to snapshots taken from now on: creating a slot waits
        for the transactions that were running.

        Raises:
            ReplicationError: with PostgreSQL's message.
        """
        pg = pq.PGconn.connect(
            f"{conninfo} replication=database options='{SESSION_OPTIONS}'".encode()
        )
        if pg.status != pq.ConnStatus.OK:
            raise ReplicationError(_message(pg.error_message))
        self = cls(pg)
        try:
            self._query(
                f"CREATE_REPLICATION_SLOT {slot} TEMPORARY LOGICAL pgoutput (SNAPSHOT 'nothing')"
            )
            start = pg.exec_(
                f"START_REPLICATION SLOT {slot} LOGICAL 0/0"
                f" (proto_version '1', publication_names '{publication}')".encode()
            )
            if start.status != pq.ExecStatus.COPY_BOTH:
                raise ReplicationError(_message(start.error_message))
            pg.nonblocking = 1  # else a full socket would block the event loop
        except BaseException:
            self.close()
            raise
        return self

    async def payloads(self) -> AsyncIterator[list[bytes]]:
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
                    await readable.wait()
        finally:
            loop.remove_reader(descriptor)

    def confirm(self, lsn: int) -> None:
        """Tell the server that everything up to ``lsn`` was received and is not needed again."""
        now = int((time.time() - POSTGRES_EPOCH) * 1e6)
        self._pg.put_copy_data(struct.pack(">cQQQqB", b"r", lsn, lsn, lsn, now, 0))
        # 1 means that the socket is full: the rest goes out with the next status.
        self._pg.flush()

    def close(self) -> None:
        """Close the connection; the slot goes with it."""
        self._pg.finish()

    def _buffered(self) -> list[bytes]:
        """What has arrived, at most ``BATCH`` payloads, without waiting."""
        batch: list[bytes] = []
        consumed = False
        while len(batch) < BATCH:
            size, data = self._pg.get_copy_data(1)
            if size > 0:
                batch.append(bytes(data))
                consumed = False
            elif size == 0:
                if consumed:
                    return batch
                self._consume()
                consumed = True
            elif batch:
                return batch
            else:
                result = self._pg.get_result()
                raise ReplicationError(
                    _message(result.error_message) if result else "the server ended the stream"
                )
        return batch

    def _consume(self) -> None:
        try:
            self._pg.consume_input()
        except Exception as error:
            raise ReplicationError(str(error)) from error

    def _query(self, command: str) -> None:
        result = self._pg.exec_(command.encode())
        if result.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
            raise ReplicationError(_message(result.error_message))


def _message(raw: bytes | None) -> str:
    return (raw or b"").decode(errors="replace").strip() or "no message"
