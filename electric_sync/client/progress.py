"""How far a stream has come in a shape's log, and which answers lead on from there."""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping

from electric_sync.client.errors import BadAnswer

BEGINNING = "-1"
NOW = "now"
_BEFORE_ALL = (-1, 0.0)


class Progress:
    """A place in a log: the shape's ``handle`` and an ``offset``, which the service gave.

    At the beginning there is no handle: any shape that is as wanted will do.
    """

    def __init__(self, handle: str | None, offset: str) -> None:
        self.handle = handle
        self.offset = offset
        self.is_complete = False
        """Whether everything up to here was read, and the next thing to do is to wait."""
        # Who wanted only what is new wants that after a new beginning, too.
        self._start = NOW if offset == NOW else BEGINNING
        self._proposed: str | None = None
        self._expired: str | None = None
        self._cursor: str | None = None
        self._cache_buster: str | None = None

    @property
    def is_at_start(self) -> bool:
        """Whether nothing was read yet."""
        return self.handle is None

    def query(self, *, live: bool) -> dict[str, str]:
        """The parameters that ask for what follows."""
        query = {"offset": self.offset}
        if (handle := self.handle or self._proposed) is not None:
            query["handle"] = handle
        if self.is_at_start and self._expired is not None:
            # The service does not care; a cache must not answer with what it has from before.
            query["expired_handle"] = self._expired
        if self._cache_buster is not None:
            query["cache-buster"] = self._cache_buster
        if live:
            query["live"] = "true"
            if self._cursor is not None:
                query["cursor"] = self._cursor
        return query

    def objection(self, headers: Mapping[str, str]) -> str | None:
        """Why an answer cannot be what was asked for, but comes from a cache that mixes things up.

        Raises:
            BadAnswer: the headers are not Electric's.
        """
        handle, offset = headers.get("electric-handle"), headers.get("electric-offset")
        if handle is None or offset is None:
            raise BadAnswer(
                "An answer has no electric-handle or no electric-offset. A proxy on the way must "
                "pass on all electric-… headers."
            )
        if self._is_expired(handle, headers) or not (self.is_at_start or handle == self.handle):
            return f"is about {handle!r}, a shape that is not there any more"
        if _order(offset) < _order(self.offset):
            return "is older than the one before it"
        return None

    def _is_expired(self, handle: str, headers: Mapping[str, str]) -> bool:
        # Caches tell the age of what they give. Who was asked past caches, gives the same handle
        # again and tells no age, is the service itself: the shape is there after all.
        is_fresh = self._cache_buster is not None and headers.get("age", "0").strip() == "0"
        return handle == self._expired and not is_fresh

    def take_over(self, headers: Mapping[str, str]) -> None:
        """Go on with what these headers say, except for the offset."""
        self.handle = headers["electric-handle"]
        if self.handle == self._expired:
            self._expired = None
        self._cursor = headers.get("electric-cursor", self._cursor)
        self._cache_buster = None

    def advance(self, offset: str) -> bool:
        """Move on to ``offset``, never back. Says whether that is further on."""
        is_further = _order(offset) > _order(self.offset)
        if is_further:
            self.offset = offset
        return is_further

    def ask_past_caches(self) -> None:
        """Make the next address one that no cache has seen."""
        self._cache_buster = secrets.token_hex(8)

    def begin_anew(self, proposed: str | None = None) -> None:
        """Forget the place. ``proposed`` is the shape that the service has instead."""
        if proposed is None or proposed == self.handle:
            self.ask_past_caches()
        else:
            # The new handle makes an address that others ask for, too.
            self._cache_buster = None
        if not self.is_at_start and proposed != self.handle:
            self._expired = self.handle
        self.handle, self.offset, self._proposed = None, self._start, proposed
        self._cursor = None
        self.is_complete = False


def _order(offset: str) -> tuple[int, float]:
    """Offsets in their order in the log.

    Raises:
        BadAnswer: that is no offset.
    """
    if offset in (BEGINNING, NOW):
        return _BEFORE_ALL
    transaction, _, place = offset.partition("_")
    try:
        return int(transaction), math.inf if place == "inf" else int(place)
    except ValueError:
        raise BadAnswer(f"{offset!r} is no offset of a shape's log.") from None
