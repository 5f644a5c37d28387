"""What has changed and was not read yet, and of which transactions."""

from __future__ import annotations

from collections.abc import Iterable, Set

from electric_sync.values import Snapshot

MAX_KEYS = 500
"""Changed rows remembered one by one; beyond it, anything may have changed."""
MAX_TRANSACTIONS = 10_000
"""Transactions remembered one by one; beyond it, all up to the newest are waited for."""
VISIBILITY_SECONDS = (0.001, 0.1)
"""Shortest and longest wait for a transaction that was told and cannot be seen yet."""


def wait_for_visibility(runs: int) -> float:
    """Seconds until it is looked again, after ``runs`` looks in vain."""
    shortest, longest = VISIBILITY_SECONDS
    return min(shortest * 2 ** min(runs, 10), longest)


class Changed:
    """Keys of changed rows, or everything."""

    __slots__ = ("_everything", "_keys")

    def __init__(self, keys: Iterable[str] = (), *, everything: bool = False) -> None:
        self._keys = set(keys)
        self._everything = everything

    def add(self, keys: Iterable[str] | None) -> None:
        """``None``: everything."""
        if self._everything:
            return
        if keys is not None:
            self._keys.update(keys)
        if keys is None or len(self._keys) > MAX_KEYS:
            self._everything = True
            self._keys.clear()

    @property
    def keys(self) -> frozenset[str] | None:
        """``None``: everything."""
        return None if self._everything else frozenset(self._keys)

    def __bool__(self) -> bool:
        return self._everything or bool(self._keys)


class Pending:
    """Changes that are to be read, in a snapshot that sees their transactions."""

    __slots__ = ("_beyond", "_xids", "changed", "committed_at")

    def __init__(self) -> None:
        self.changed = Changed()
        self.committed_at: float | None = None
        self._xids: set[int] = set()
        self._beyond: int | None = None

    def add(
        self, keys: Iterable[str] | None, xid: int | None, committed_at: float | None = None
    ) -> None:
        """Rows with ``keys`` changed (None: any) in ``xid`` (None: one that is visible)."""
        self.changed.add(keys)
        if committed_at is not None:
            self.committed_at = max(committed_at, self.committed_at or 0)
        if xid is not None:
            self._xids.add(xid)
            self._bound()

    def merge(self, other: Pending) -> None:
        """Add what another one held."""
        self.changed.add(other.changed.keys)
        self._xids |= other._xids
        if other._beyond is not None:
            self._beyond = _newest({other._beyond}, self._beyond)
        self._bound()
        if other.committed_at is not None:
            self.committed_at = max(other.committed_at, self.committed_at or 0)

    def unseen(self, snapshot: Snapshot) -> Pending:
        """What must be read again, because ``snapshot`` did not see its transaction."""
        left = Pending()
        left._xids = {xid for xid in self._xids if not snapshot.sees(xid)}
        # The newest of many: once everything up to it has ended, all of them are visible.
        ended = Snapshot(snapshot.xmin, snapshot.xmin, frozenset())
        if self._beyond is not None and not ended.sees(self._beyond):
            left._beyond = self._beyond
        if left._xids or left._beyond is not None:
            left.changed.add(self.changed.keys)
            left.committed_at = self.committed_at
        return left

    def __bool__(self) -> bool:
        return bool(self.changed)

    def _bound(self) -> None:
        if len(self._xids) > MAX_TRANSACTIONS:
            self._beyond = _newest(self._xids, self._beyond)
            self._xids.clear()


def _newest(xids: Set[int], other: int | None) -> int:
    """The one that was given out last. The stream's 32 bits wrap around."""
    some = next(iter(xids))
    return max(
        xids if other is None else {*xids, other},
        key=lambda xid: (xid - some + 0x80000000) % 0x100000000,
    )
