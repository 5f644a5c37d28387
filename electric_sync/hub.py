"""The hub: one subscription of a shape upstream, however many listen.

It also remembers the transactions that were decoded and that no snapshot has been known to
see. The stream can run ahead of visibility (by milliseconds, or for as long as a synchronous
standby is missing): a reader who comes after the change was told and before it can be seen
would miss it for ever. Such a reader asks :meth:`Hub.unseen`.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Protocol

from electric_sync import tasks
from electric_sync.engine.engine import Engine
from electric_sync.values import Key, ShapeChanges, ShapeDefinition, Snapshot, TableName

LINGER_SECONDS = 60.0
"""How long a shape stays subscribed after its last listener left."""
RECENT_MAX = 1_000
"""Transactions remembered as perhaps not visible yet, before somebody is asked to look. Those
that then still cannot be seen are as many as PostgreSQL has connections at most."""


class Listener(Protocol):
    """Whoever wants to know of changes."""

    def changed(
        self,
        definition: ShapeDefinition,
        keys: frozenset[Key] | None,
        xid: int,
        committed_at: float,
    ) -> None:
        """Rows of the shape changed; ``keys`` None: any of them may have."""

    def reset(self) -> None:
        """Changes may have been missed: everything may be different."""


class Hub:
    """Shares the engine's subscriptions. Lives in one event loop."""

    def __init__(self, conninfo: str, *, on_crowded: Callable[[], None]) -> None:
        """``on_crowded``: somebody should read a snapshot and tell :meth:`saw`."""
        self._on_crowded = on_crowded
        self._engine = Engine(conninfo, on_changes=self._on_changes, on_reset=self._on_reset)
        self._listeners: dict[ShapeDefinition, set[Listener]] = defaultdict(set)
        self._subscribed: dict[ShapeDefinition, asyncio.Future[None]] = {}
        self._leaving: dict[ShapeDefinition, asyncio.TimerHandle] = {}
        self._recent: dict[int, frozenset[TableName]] = {}

    async def watch(self, definition: ShapeDefinition, listener: Listener) -> None:
        """Tell ``listener`` of every transaction that commits once this has returned.

        Raises:
            TableBusy, TableRefused, psycopg.Error: see ``Engine.subscribe``.
        """
        self._listeners[definition].add(listener)
        leaving = self._leaving.pop(definition, None)
        if leaving is not None:
            leaving.cancel()
        subscribing = self._subscribed.get(definition)
        if subscribing is None:
            subscribing = asyncio.ensure_future(self._engine.subscribe(definition))
            self._subscribed[definition] = subscribing
        try:
            # Shielded: others may wait for the same subscription.
            await asyncio.shield(subscribing)
        except Exception:
            self._subscribed.pop(definition, None)
            self.unwatch(definition, listener)
            raise

    def unwatch(self, definition: ShapeDefinition, listener: Listener) -> None:
        """Tell ``listener`` no longer."""
        listeners = self._listeners.get(definition)
        if listeners is None:
            return
        listeners.discard(listener)
        if listeners or definition in self._leaving:
            return
        self._leaving[definition] = asyncio.get_running_loop().call_later(
            LINGER_SECONDS, self._leave, definition
        )

    def unseen(self, tables: frozenset[TableName]) -> list[int]:
        """Transactions that were told, touched ``tables``, and that nobody has seen yet.

        To be asked before a snapshot is taken. One that is not in the answer is visible in it.
        """
        return [xid for xid, touched in self._recent.items() if touched & tables]

    def saw(self, snapshot: Snapshot) -> None:
        """What this snapshot sees, every later one does."""
        if self._recent:
            self._recent = {
                xid: tables for xid, tables in self._recent.items() if not snapshot.sees(xid)
            }

    async def close(self) -> None:
        """Stop the engine."""
        for leaving in self._leaving.values():
            leaving.cancel()
        await tasks.end(self._subscribed.values())
        await self._engine.stop()

    def _leave(self, definition: ShapeDefinition) -> None:
        del self._leaving[definition]
        if self._listeners.get(definition):
            return
        self._listeners.pop(definition, None)
        self._subscribed.pop(definition, None)
        self._engine.unsubscribe(definition)

    def _on_changes(self, changes: ShapeChanges) -> None:
        self._recent[changes.xid] = changes.tables
        if len(self._recent) % RECENT_MAX == 0:
            self._on_crowded()
        for definition, keys in changes.changed.items():
            for listener in tuple(self._listeners.get(definition, ())):
                listener.changed(definition, keys, changes.xid, changes.committed_at)

    def _on_reset(self) -> None:
        for listener in {each for group in self._listeners.values() for each in group}:
            listener.reset()
