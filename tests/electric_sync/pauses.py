"""Pauses at every await between a change and what is sent of it, chosen by chance.

Readings then end in another order than they began, sockets are written to late, and whoever
arrives is let in after others have looked.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from electric_sync import conf
from electric_sync.live import refresher
from electric_sync.live.consumer import LiveConsumer
from electric_sync.live.runtime import Runtime
from electric_sync.live.watch import AccessWatch, Arrivals
from electric_sync.snapshots import read_snapshot
from electric_sync.values import Snapshot


class Pauses:
    """How long to wait, next time."""

    def __init__(self) -> None:
        self.chance = random.Random(0)
        self.longest = 0.0

    def seconds(self) -> float:
        return self.chance.choice([0.0, 0.0, 0.0, 0.0, 0.1, 1.0]) * self.longest

    def wait(self) -> None:
        """In a thread."""
        seconds = self.seconds()
        if seconds:
            threading.Event().wait(seconds)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> Pauses:
    """Make the server pause. Three readings run beside each other."""
    made = Pauses()

    @contextmanager
    def snapshot() -> Iterator[Snapshot]:
        made.wait()
        with read_snapshot() as read:
            made.wait()
            yield read
            made.wait()

    run, send = refresher._run, LiveConsumer.send
    admit, join, changed = Arrivals.admit, Runtime.join, AccessWatch.changed

    def slow_run(work):
        try:
            return run(work)
        finally:
            made.wait()

    async def slow_send(self, text):
        await asyncio.sleep(made.seconds())
        await send(self, text)

    async def slow_admit(self, key):
        found = await admit(self, key)
        await asyncio.sleep(made.seconds())
        return found

    async def slow_join(self, subscription):
        await asyncio.sleep(made.seconds())
        await join(self, subscription)

    def late(self, *news):
        asyncio.get_running_loop().call_later(made.seconds(), changed, self, *news)

    monkeypatch.setattr(conf, "threads", lambda: 3)
    monkeypatch.setattr(refresher, "read_snapshot", snapshot)
    monkeypatch.setattr(refresher, "_run", slow_run)
    monkeypatch.setattr(LiveConsumer, "send", slow_send)
    monkeypatch.setattr(Arrivals, "admit", slow_admit)
    monkeypatch.setattr(Runtime, "join", slow_join)
    monkeypatch.setattr(AccessWatch, "changed", late)
    return made
