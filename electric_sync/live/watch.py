"""Sockets whose access changes while nothing else does, and sockets that arrive.

Both read sessions and access in a snapshot of the refresher, many at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from django.utils import timezone

from electric_sync.access import HeldAccess, Viewer, load_viewer, outdated
from electric_sync.hub import Hub
from electric_sync.live.groups import Socket
from electric_sync.live.pending import Pending, wait_for_visibility
from electric_sync.live.refresher import Refresher
from electric_sync.models import AccessLog
from electric_sync.shapes import SCHEMA
from electric_sync.values import Key, ShapeDefinition, Snapshot, TableName

ACCESS_LOG = ShapeDefinition(TableName(SCHEMA, AccessLog._meta.db_table))


class AccessWatch:
    """Looks at the access of every socket when the access log grows.

    A listener of the hub and a job of the refresher. It comes before nothing: no frame waits
    for it, because each frame's own snapshot is checked. It tells those to whom no frame goes.
    """

    tenant = ""

    def __init__(self, hub: Hub, refresher: Refresher, sockets: Collection[Socket]) -> None:
        self._hub = hub
        self._refresher = refresher
        self._sockets = sockets
        self._pending = Pending()
        self._unseen_runs = 0

    async def watch(self) -> None:
        """Listen to the hub.

        Raises:
            TableBusy, TableRefused, psycopg.Error: the log cannot be followed.
        """
        await self._hub.watch(ACCESS_LOG, self)

    def changed(
        self,
        definition: ShapeDefinition,
        keys: frozenset[Key] | None,
        xid: int,
        committed_at: float,
    ) -> None:
        """From the hub."""
        self._pending.add(None, xid)
        self._refresher.mark(self)

    def reset(self) -> None:
        """From the hub, and whenever time may have run out for somebody."""
        self._pending.add(None, None)
        self._refresher.mark(self)

    def begin(self) -> _AccessRun:
        """Everybody who is connected."""
        taken, self._pending = self._pending, Pending()
        return _AccessRun(self, taken, tuple(self._sockets))

    def finish(self, run: _AccessRun, snapshot: Snapshot) -> None:
        """Tell those whose access changed."""
        self._hub.saw(snapshot)
        for socket in run.sockets:
            if socket.held in run.outdated:
                socket.access_changed()
            else:
                socket.held.snapshot = snapshot
        left = run.taken.unseen(snapshot)
        if left:
            self._pending.merge(left)
            self._refresher.mark_later(self, wait_for_visibility(self._unseen_runs))
        self._unseen_runs = self._unseen_runs + 1 if left else 0

    def failed(self, run: _AccessRun) -> None:
        """Look again."""
        self._pending.merge(run.taken)


@dataclass(slots=True, eq=False)
class _AccessRun:
    watch: AccessWatch
    taken: Pending
    sockets: tuple[Socket, ...]
    outdated: set[HeldAccess] = field(default_factory=set)

    def run(self, snapshot: Snapshot) -> None:
        self.outdated = set(outdated([socket.held for socket in self.sockets], snapshot))

    def finish(self, snapshot: Snapshot) -> None:
        self.watch.finish(self, snapshot)

    def failed(self) -> None:
        self.watch.failed(self)


class Arrivals:
    """Loads the access of sockets that connect: all who wait share one snapshot."""

    tenant = ""

    def __init__(self, refresher: Refresher) -> None:
        self._refresher = refresher
        self._waiting: dict[asyncio.Future[HeldAccess | None], str] = {}

    async def admit(self, key_hash: str) -> HeldAccess | None:
        """The access behind a session cookie; None: nobody's, or refused."""
        future: asyncio.Future[HeldAccess | None] = asyncio.get_running_loop().create_future()
        self._waiting[future] = key_hash
        self._refresher.mark(self)
        return await future

    def begin(self) -> _ArrivalRun | None:
        """All who wait."""
        waiting, self._waiting = self._waiting, {}
        return _ArrivalRun(waiting, self._failed) if waiting else None

    def _failed(self, waiting: dict[asyncio.Future[HeldAccess | None], str]) -> None:
        """They wait for the next run, those who came meanwhile too."""
        self._waiting = {**waiting, **self._waiting}


@dataclass(slots=True, eq=False)
class _ArrivalRun:
    waiting: dict[asyncio.Future[HeldAccess | None], str]
    put_back: Callable[[dict[asyncio.Future[HeldAccess | None], str]], None]
    found: dict[str, Viewer | None] = field(default_factory=dict)

    def run(self, snapshot: Snapshot) -> None:
        self.found = {key_hash: load_viewer(key_hash) for key_hash in set(self.waiting.values())}

    def finish(self, snapshot: Snapshot) -> None:
        now = timezone.now()
        for future, key_hash in self.waiting.items():
            viewer = self.found[key_hash]
            if not future.done():
                future.set_result(HeldAccess(viewer, snapshot, now) if viewer else None)

    def failed(self) -> None:
        self.put_back({future: key for future, key in self.waiting.items() if not future.done()})
