"""A table of control, followed: whenever it grows, somebody reads it in a snapshot."""

from __future__ import annotations

from electric_sync.hub import Hub
from electric_sync.live.pending import Pending, wait_for_visibility
from electric_sync.live.refresher import Refresher, Work
from electric_sync.values import Key, ShapeDefinition, Snapshot


class ControlWatch:
    """A listener of the hub and a job of the refresher. What a reading did not see is read again.

    A subclass says in :meth:`begin` what is read.
    """

    tenant = ""

    def __init__(self, definition: ShapeDefinition, hub: Hub, refresher: Refresher) -> None:
        self._definition = definition
        self._hub = hub
        self._refresher = refresher
        self._pending = Pending()
        self._unseen_runs = 0

    async def watch(self) -> None:
        """Listen to the hub.

        Raises:
            TableBusy, TableRefused, psycopg.Error: the table cannot be followed.
        """
        await self._hub.watch(self._definition, self)

    def changed(
        self,
        definition: ShapeDefinition,
        keys: frozenset[Key] | None,
        xid: int,
        committed_at: float,
    ) -> None:
        """From the hub."""
        self._look(xid)

    def reset(self) -> None:
        """From the hub, and whenever something may have come unheard."""
        self._look(None)

    def begin(self) -> Work:
        """A reading of what is pending."""
        raise NotImplementedError

    def put_back(self, taken: Pending) -> None:
        """A reading failed: look again."""
        self._pending.merge(taken)

    def _look(self, xid: int | None) -> None:
        self._pending.add(None, xid)
        self._refresher.mark(self)

    def _take(self) -> Pending:
        taken, self._pending = self._pending, Pending()
        return taken

    def _saw(self, taken: Pending, snapshot: Snapshot) -> None:
        """A reading has ended: what it could not see stays pending."""
        self._hub.saw(snapshot)
        left = taken.unseen(snapshot)
        if left:
            self._pending.merge(left)
            self._refresher.mark_later(self, wait_for_visibility(self._unseen_runs))
        self._unseen_runs = self._unseen_runs + 1 if left else 0
