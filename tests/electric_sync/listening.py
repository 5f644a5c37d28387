"""An engine alone, and what it tells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from electric_sync import conf
from electric_sync.engine.engine import Engine
from electric_sync.values import Key, ShapeChanges, ShapeDefinition, TableName
from tests.electric_sync.loop import PATIENCE, LoopThread

RESET = "reset"


class ListeningEngine:
    """An engine in an event loop, with everything that it has told."""

    def __init__(self, loop: LoopThread) -> None:
        self.loop = loop
        self.engine = loop.run(self._make())
        self._told: asyncio.Queue[ShapeChanges | str] = loop.run(_queue())
        self.before_telling: Callable[[], None] = lambda: None

    def subscribe(self, table: TableName, **equals: str) -> ShapeDefinition:
        definition = ShapeDefinition(table, tuple(sorted(equals.items())))
        self.loop.run(self.engine.subscribe(definition))
        return definition

    def stop(self) -> None:
        self.loop.run(self.engine.stop())

    def next(self) -> ShapeChanges | str:
        """What it tells next: changes, or that anything may have changed."""
        return self.loop.run(asyncio.wait_for(self._told.get(), PATIENCE))

    def next_changes(self) -> ShapeChanges:
        """The next changes of a subscribed shape."""
        while True:
            told = self.next()
            if isinstance(told, ShapeChanges) and told.changed:
                return told

    def next_reset(self) -> None:
        while self.next() != RESET:
            pass

    def next_keys(self) -> dict[ShapeDefinition, frozenset[Key] | None]:
        """The next changes: the keys of each shape's rows."""
        return dict(self.next_changes().changed)

    async def _make(self) -> Engine:
        return Engine(
            conf.conninfo(), on_changes=self._on_changes, on_reset=lambda: self._tell(RESET)
        )

    def _on_changes(self, changes: ShapeChanges) -> None:
        self.before_telling()
        self._tell(changes)

    def _tell(self, told: Any) -> None:
        self._told.put_nowait(told)


async def _queue() -> asyncio.Queue[Any]:
    return asyncio.Queue()
