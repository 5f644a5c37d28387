"""How long to wait before trying again."""

from __future__ import annotations

import asyncio
import random

LONGEST_RETRY_AFTER = 3600.0
"""Nobody is left alone for longer, whatever their ``retry-after`` says."""
SPREAD = 0.25
"""Those who were asked to wait equally long come back spread over this share of it."""


class Backoff:
    """Waits that grow from ``shortest`` to ``longest`` seconds, each at random below its bound."""

    def __init__(self, shortest: float, longest: float) -> None:
        self._shortest = shortest
        self._longest = longest
        self._attempts = 0

    @property
    def is_fresh(self) -> bool:
        """Whether nothing was waited for since the last reset."""
        return self._attempts == 0

    def next(self, *, at_least: float = 0.0) -> float:
        """The seconds to wait this time."""
        bound = min(self._longest, self._shortest * 2 ** min(self._attempts, 32))
        self._attempts += 1
        asked = min(at_least, LONGEST_RETRY_AFTER)
        # Jitter, not cryptography.
        return max(random.uniform(0, bound), asked * random.uniform(1, 1 + SPREAD))  # noqa: S311

    def reset(self) -> None:
        """All is well again."""
        self._attempts = 0


async def pause(seconds: float) -> None:
    """Wait. All waiting goes through here."""
    await asyncio.sleep(seconds)
