"""Channel layers: one that keeps what is sent, and some that go wrong."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from typing import Any, ClassVar

from channels.layers import BaseChannelLayer


class MemoryLayer(BaseChannelLayer):
    """Like a broker between processes: senders and receivers are in threads of their own."""

    sent: ClassVar[list[str]] = []
    """The groups that something was sent to."""

    def __init__(self) -> None:
        super().__init__()
        self._queues: dict[str, tuple[asyncio.AbstractEventLoop, asyncio.Queue[Any]]] = {}
        self._groups: dict[str, set[str]] = defaultdict(set)
        self.sent.clear()

    async def new_channel(self, prefix: str = "test") -> str:
        name = f"{prefix}.{len(self._queues)}"
        self._queues[name] = asyncio.get_running_loop(), asyncio.Queue()
        return name

    async def receive(self, channel: str) -> Any:
        return await self._queues[channel][1].get()

    async def group_add(self, group: str, channel: str) -> None:
        self._groups[group].add(channel)

    async def group_discard(self, group: str, channel: str) -> None:
        self._groups[group].discard(channel)

    async def group_send(self, group: str, message: Any) -> None:
        self.sent.append(group)
        for channel in tuple(self._groups[group]):
            loop, queue = self._queues[channel]
            for delay in self.delays():
                loop.call_soon_threadsafe(loop.call_later, delay, queue.put_nowait, message)

    def delays(self) -> list[float]:
        """After how many seconds the message arrives, once or more often."""
        return [0.0]


class FlakyLayer(MemoryLayer):
    """It loses, repeats and delays, so that later messages come first."""

    chance: ClassVar[random.Random] = random.Random(0)

    def delays(self) -> list[float]:
        return [self.chance.uniform(0, 0.05) for _ in range(self.chance.choice([0, 0, 1, 2, 3]))]


class BrokenLayer(MemoryLayer):
    """A broker that is away."""

    async def new_channel(self, prefix: str = "test") -> str:
        raise ConnectionError("away")

    async def group_send(self, group: str, message: Any) -> None:
        self.sent.append(group)
        raise ConnectionError("away")


class HangingLayer(MemoryLayer):
    """A broker that does not answer."""

    async def group_send(self, group: str, message: Any) -> None:
        await asyncio.Event().wait()
