"""Requests to fetch anew, as they come in the stream: the pages concerned are told, once.

Like changes of access they are read in a snapshot: a request is new if the snapshot of the last
reading did not see its transaction. So none is missed when the stream was lost, and none is told
twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from electric_sync.access import HeldAccess
from electric_sync.hub import Hub
from electric_sync.live.control import ControlWatch
from electric_sync.live.pending import Pending
from electric_sync.live.refresher import Refresher
from electric_sync.models import ResyncRequest
from electric_sync.shapes import SCHEMA
from electric_sync.values import ShapeDefinition, Snapshot, TableName

RESYNC_REQUESTS = ShapeDefinition(TableName(SCHEMA, ResyncRequest._meta.db_table))


class Page(Protocol):
    """A socket, as far as this module knows it."""

    held: HeldAccess

    def resync(self, params: Mapping[str, str], reason: str) -> None:
        """Let the browser fetch anew what has these parameters; empty: everything."""


class ResyncWatch(ControlWatch):
    """Tells pages to fetch anew."""

    def __init__(self, hub: Hub, refresher: Refresher, pages: Collection[Page]) -> None:
        super().__init__(RESYNC_REQUESTS, hub, refresher)
        self._pages = pages
        self._seen: Snapshot | None = None
        self._began = asyncio.Event()

    async def watch(self) -> None:
        """Listen to the hub. When this returns, every request that is committed later is told."""
        await super().watch()
        self.reset()
        await self._began.wait()

    def begin(self) -> _ResyncRun:
        """Whatever is new since the last reading."""
        return _ResyncRun(self, self._take(), self._seen)

    def finish(self, run: _ResyncRun, snapshot: Snapshot) -> None:
        """Tell the pages concerned."""
        self._seen = snapshot
        self._began.set()
        for request in run.requests:
            for page in tuple(self._pages):
                if _concerns(request, page.held):
                    page.resync(request.params, request.reason)
        self._saw(run.taken, snapshot)


@dataclass(slots=True, eq=False)
class _ResyncRun:
    watch: ResyncWatch
    taken: Pending
    seen: Snapshot | None
    requests: list[ResyncRequest] = field(default_factory=list)

    def run(self, snapshot: Snapshot) -> None:
        if self.seen is None:
            return  # what was asked for before this process began is not its matter
        later = ResyncRequest.objects.filter(xid__gte=self.seen.xmin).order_by("id")
        self.requests = [each for each in later if not self.seen.sees(each.xid)]

    def finish(self, snapshot: Snapshot) -> None:
        self.watch.finish(self, snapshot)

    def failed(self) -> None:
        self.watch.put_back(self.taken)


def _concerns(request: ResyncRequest, held: HeldAccess) -> bool:
    viewer = held.viewer
    return request.tenant in (None, viewer.access.tenant) and request.user in (
        None,
        str(viewer.user_id),
    )


def is_named(params: Mapping[str, object], wanted: Mapping[str, str]) -> bool:
    """Whether a live view with these parameters is meant by a request for ``wanted``."""
    return all(name in params and str(params[name]) == str(value) for name, value in wanted.items())
