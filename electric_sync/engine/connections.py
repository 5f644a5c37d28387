"""A few database connections, each used by one thread at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import psycopg

from electric_sync.engine.replication import SESSION_OPTIONS

T = TypeVar("T")


class Connections:
    """Runs blocking work with a connection of its own, in at most ``size`` threads."""

    def __init__(self, conninfo: str, *, size: int, name: str, options: str = "") -> None:
        self._conninfo = conninfo
        self._options = f"{SESSION_OPTIONS} -c search_path=public {options}".strip()
        self._threads = ThreadPoolExecutor(size, thread_name_prefix=name)
        self._idle: list[psycopg.Connection] = []
        self._closed = False

    async def run(self, work: Callable[[psycopg.Connection], T]) -> T:
        """What ``work`` returns; its connection is in autocommit.

        Raises:
            psycopg.Error: PostgreSQL is away, or what ``work`` raises.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, work)

    def _run(self, work: Callable[[psycopg.Connection], T]) -> T:
        while True:
            try:
                connection, is_new = self._idle.pop(), False
            except IndexError:
                connection, is_new = self._connect(), True
            try:
                result = work(connection)
            except psycopg.OperationalError:
                lost = connection.closed or connection.broken
                self._put_back(connection)
                if lost and not is_new:
                    continue  # the server had gone since it was last used: all idle ones are lost
                raise
            except BaseException:
                self._put_back(connection)
                raise
            self._put_back(connection)
            return result

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(self._conninfo, autocommit=True, options=self._options)

    def _put_back(self, connection: psycopg.Connection) -> None:
        idle = connection.pgconn.transaction_status == psycopg.pq.TransactionStatus.IDLE
        if self._closed or connection.closed or not idle:
            connection.close()
        else:
            self._idle.append(connection)

    def close(self) -> None:
        """Close what is idle; work in progress closes its connection itself."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        while self._idle:
            self._idle.pop().close()
