"""When to read again: a few threads, one connection each, one snapshot at a time.

A *job* is something that wants to be read again. It is marked; when a connection is free the
job says what there is to do (``begin``), that is done in a thread in one snapshot (``run``),
and the event loop gets the outcome (``finish``). A job never runs twice at once.

The first mark after a pause runs at once. After each run its connection rests for as long as
the run took, so that refreshing takes at most half of its time: under load the pauses
stretch, changes collect, and one run answers for more of them. Tenants take turns.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from django.db import DatabaseError, InterfaceError, connection

from electric_sync.snapshots import read_snapshot
from electric_sync.values import Snapshot

logger = logging.getLogger(__name__)

RETRY_SECONDS = (0.2, 5.0)
"""Shortest and longest wait before a job that failed runs again."""


class Work(Protocol):
    """One run of a job."""

    def run(self, snapshot: Snapshot) -> None:
        """In a thread, inside the snapshot's transaction."""

    def finish(self, snapshot: Snapshot) -> None:
        """In the event loop, after it."""

    def failed(self) -> None:
        """In the event loop, if :meth:`run` raised: nothing of this run counts."""


class Job(Protocol):
    """Something that wants to be read again."""

    @property
    def tenant(self) -> str:
        """Whose it is: tenants take turns."""

    def begin(self) -> Work | None:
        """What there is to do now; None: nothing."""


class Refresher:
    """Runs jobs. Lives in one event loop."""

    def __init__(self, threads: int) -> None:
        self._free = [ThreadPoolExecutor(1, f"live-refresh-{number}") for number in range(threads)]
        self._threads = tuple(self._free)
        self._waiting: OrderedDict[str, OrderedDict[Job, None]] = OrderedDict()
        self._running: dict[Job, asyncio.Task[None]] = {}
        self._again: set[Job] = set()
        self._timers: dict[Job, asyncio.TimerHandle] = {}
        self._failures: WeakKeyDictionary[Job, int] = WeakKeyDictionary()
        self._closed = False

    def mark(self, job: Job) -> None:
        """Run this job as soon as it may."""
        if self._closed:
            return
        if job in self._running:
            self._again.add(job)
            return
        self._waiting.setdefault(job.tenant, OrderedDict())[job] = None
        self._pump()

    def mark_later(self, job: Job, seconds: float) -> None:
        """Run this job after a while, unless that is planned already."""
        if job not in self._timers and not self._closed:
            self._timers[job] = asyncio.get_running_loop().call_later(seconds, self._due, job)

    async def close(self) -> None:
        """Let what runs end, and close the connections."""
        self._closed = True
        for timer in self._timers.values():
            timer.cancel()
        if self._running:
            await asyncio.wait(list(self._running.values()))
        loop = asyncio.get_running_loop()
        for thread in self._threads:
            await loop.run_in_executor(thread, _close_connection)
            thread.shutdown()

    def _due(self, job: Job) -> None:
        del self._timers[job]
        self.mark(job)

    def _pump(self) -> None:
        while self._free and self._waiting:
            tenant, jobs = self._waiting.popitem(last=False)
            job, _ = jobs.popitem(last=False)
            if jobs:
                self._waiting[tenant] = jobs
            work = job.begin()
            if work is not None:
                thread = self._free.pop()
                self._running[job] = asyncio.create_task(self._refresh(job, work, thread))

    async def _refresh(self, job: Job, work: Work, thread: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        started = time.monotonic()
        try:
            snapshot = await loop.run_in_executor(thread, _run, work)
            work.finish(snapshot)
        except Exception as error:  # noqa: BLE001 a template or a query of the project's may raise anything
            self._report(job, error)
            work.failed()
        else:
            self._failures.pop(job, None)
        finally:
            del self._running[job]
            loop.call_later(time.monotonic() - started, self._rested, thread)
        if job in self._again:
            self._again.discard(job)
            self.mark(job)

    def _report(self, job: Job, error: Exception) -> None:
        failures = self._failures[job] = self._failures.get(job, 0) + 1
        shortest, longest = RETRY_SECONDS
        wait = min(shortest * 2 ** (failures - 1), longest)
        if isinstance(error, DatabaseError | InterfaceError):
            logger.warning("A refresh failed, next try in %.1f s: %s", wait, error)
        else:
            logger.error("A refresh failed, next try in %.1f s.", wait, exc_info=error)
        self.mark_later(job, wait)

    def _rested(self, thread: ThreadPoolExecutor) -> None:
        self._free.append(thread)
        if not self._closed:
            self._pump()


def _run(work: Work) -> Snapshot:
    """In a thread: read in one snapshot, and let nothing read outside of it."""
    try:
        with connection.execute_wrapper(_refuse_outside), read_snapshot() as snapshot:
            work.run(snapshot)
            return snapshot
    except (DatabaseError, InterfaceError):
        connection.close()  # it may be broken; the next run opens another one
        raise


def _close_connection() -> None:
    """In a thread: the connection is that thread's."""
    connection.close()


def _refuse_outside(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    if not connection.in_atomic_block:
        raise RuntimeError("A live view was read outside of its snapshot.")
    return execute(sql, params, many, context)
