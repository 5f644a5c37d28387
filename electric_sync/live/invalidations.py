"""Hearing from other processes that somebody's access may have changed.

One channel for the process, in the groups of the users and tenants whose pages it has. See
:mod:`electric_sync.invalidation`: nothing depends on it, so whatever goes wrong is logged, and
tried again after a while.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from typing import Any

from channels.layers import get_channel_layer

from electric_sync import tasks
from electric_sync.invalidation import EVERYBODY, group_of_tenant, group_of_user
from electric_sync.live.groups import Socket

logger = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
"""How long it waits after an error."""
REJOIN_SECONDS = 3_600.0
"""How often the groups are joined anew: layers forget them after a day."""


class Invalidations:
    """Calls ``look`` when an event comes. Lives in one event loop."""

    def __init__(self, sockets: Collection[Socket], look: Callable[[], None]) -> None:
        self._sockets = sockets
        self._look = look
        self._arrived = asyncio.Event()
        self._task = asyncio.create_task(self._keep_listening(), name="live-invalidations")

    def arrived(self) -> None:
        """Somebody has connected: events about them are wanted, too."""
        self._arrived.set()

    async def close(self) -> None:
        """Listen no longer."""
        await tasks.end([self._task])

    async def _keep_listening(self) -> None:
        while True:
            try:
                layer = get_channel_layer()
                if layer is None:
                    return
                await self._listen(layer)
            except Exception as error:  # noqa: BLE001 a layer may raise anything
                logger.warning("Changes of access are heard by the stream alone: %s", error)
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self, layer: Any) -> None:
        channel = await layer.new_channel()
        hearing = asyncio.create_task(layer.receive(channel))
        arriving = asyncio.create_task(self._arrived.wait())
        joined: set[str] = set()
        try:
            while True:
                wanted = self._wanted()
                for group in wanted - joined:
                    await layer.group_add(group, channel)
                for group in joined - wanted:
                    await layer.group_discard(group, channel)
                joined = wanted
                done, _ = await asyncio.wait(
                    (hearing, arriving),
                    timeout=REJOIN_SECONDS,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if hearing in done:
                    hearing.result()
                    self._look()
                    hearing = asyncio.create_task(layer.receive(channel))
                if arriving in done:
                    self._arrived.clear()
                    arriving = asyncio.create_task(self._arrived.wait())
                if not done:
                    joined = set()
        finally:
            hearing.cancel()
            arriving.cancel()
            await asyncio.wait((hearing, arriving))

    def _wanted(self) -> set[str]:
        viewers = [socket.held.viewer for socket in self._sockets]
        users = {group_of_user(viewer.user_id) for viewer in viewers}
        return {EVERYBODY, *users, *(group_of_tenant(viewer.access.tenant) for viewer in viewers)}
