"""Sockets whose access changes while nothing else does, and sockets that arrive.

Both read sessions and access in a snapshot of the refresher, many at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TypeAlias

from django.utils import timezone

from electric_sync.access import HeldAccess, Reset, Viewer, look_up_all, read_again
from electric_sync.hub import Hub
from electric_sync.live.control import ControlWatch
from electric_sync.live.groups import Socket
from electric_sync.live.pending import Pending
from electric_sync.live.refresher import Refresher
from electric_sync.models import AccessLog
from electric_sync.shapes import SCHEMA
from electric_sync.values import ShapeDefinition, Snapshot, TableName

Arrival: TypeAlias = "asyncio.Future[HeldAccess | Reset]"

ACCESS_LOG = ShapeDefinition(TableName(SCHEMA, AccessLog._meta.db_table))


class AccessWatch(ControlWatch):
    """Looks at the access of every socket when the access log grows.

    It comes before nothing: no frame waits for it, because each frame's own snapshot is checked.
    It tells those to whom no frame goes.
    """

    def __init__(self, hub: Hub, refresher: Refresher, sockets: Collection[Socket]) -> None:
        super().__init__(ACCESS_LOG, hub, refresher)
        self._sockets = sockets
        self.begun = 0
        self.ended = 0
        """Readings that began, and those of them that ended."""

    def begin(self) -> _AccessRun:
        """Everybody who is connected."""
        self.begun += 1
        return _AccessRun(self, self._take(), {socket: socket.held for socket in self._sockets})

    def finish(self, run: _AccessRun, snapshot: Snapshot) -> None:
        """Tell those whose access changed."""
        self.ended += 1
        for socket, held in run.held.items():
            socket.learn(run.present[held], snapshot)
        self._saw(run.taken, snapshot)

    def failed(self, run: _AccessRun) -> None:
        """Look again."""
        self.ended += 1
        self.put_back(run.taken)


@dataclass(slots=True, eq=False)
class _AccessRun:
    watch: AccessWatch
    taken: Pending
    held: dict[Socket, HeldAccess]
    present: dict[HeldAccess, HeldAccess | Reset] = field(default_factory=dict)

    def run(self, snapshot: Snapshot) -> None:
        self.present = read_again(self.held.values(), snapshot)

    def finish(self, snapshot: Snapshot) -> None:
        self.watch.finish(self, snapshot)

    def failed(self) -> None:
        self.watch.failed(self)


class Arrivals:
    """Loads the access of sockets that connect: all who wait share one snapshot."""

    tenant = ""

    def __init__(self, refresher: Refresher) -> None:
        self._refresher = refresher
        self._waiting: dict[Arrival, str] = {}

    async def admit(self, session_key: str) -> HeldAccess | Reset:
        """The access behind a session cookie, or why there is none."""
        arrival: Arrival = asyncio.get_running_loop().create_future()
        self._waiting[arrival] = session_key
        self._refresher.mark(self)
        return await arrival

    def begin(self) -> _ArrivalRun | None:
        """All who wait."""
        waiting, self._waiting = self._waiting, {}
        return _ArrivalRun(waiting, self._failed) if waiting else None

    def _failed(self, waiting: dict[Arrival, str]) -> None:
        """They wait for the next run, those who came meanwhile too."""
        self._waiting = {**waiting, **self._waiting}


@dataclass(slots=True, eq=False)
class _ArrivalRun:
    waiting: dict[Arrival, str]
    put_back: Callable[[dict[Arrival, str]], None]
    found: dict[str, Viewer | Reset] = field(default_factory=dict)

    def run(self, snapshot: Snapshot) -> None:
        self.found = look_up_all(set(self.waiting.values()))

    def finish(self, snapshot: Snapshot) -> None:
        now = timezone.now()
        for arrival, key in self.waiting.items():
            found = self.found[key]
            if not arrival.done():
                arrival.set_result(
                    found if isinstance(found, Reset) else HeldAccess(found, snapshot, now)
                )

    def failed(self) -> None:
        self.put_back({each: key for each, key in self.waiting.items() if not each.done()})
