"""One event loop in a thread of its own: tests are ordinary functions, sockets live there."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")

PATIENCE = 30.0
"""Seconds after which something that should have happened counts as a failure."""


class LoopThread:
    """Runs coroutines to their end, from outside."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The outcome of ``work``."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nothing happens in the loop meanwhile; what comes in waits in its sockets."""
        is_held, go_on = threading.Event(), threading.Event()

        def hold() -> None:
            is_held.set()
            go_on.wait()

        self.loop.call_soon_threadsafe(hold)
        is_held.wait()
        try:
            yield
        finally:
            go_on.set()

    def close(self) -> None:
        """Stop the loop."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(PATIENCE)
        self.loop.close()
