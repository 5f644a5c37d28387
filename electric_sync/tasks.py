"""Ending background tasks for certain."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN_SECONDS = 0.5
"""After so long a task that still runs is cancelled once more."""


async def end(tasks: Iterable[asyncio.Future[Any]]) -> None:
    """Cancel them, and wait until all have ended.

    A cancellation can be lost: ``asyncio.wait_for`` swallows it, before Python 3.12, when what it
    waits for ends in the same moment. So it is said again.
    """
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=AGAIN_SECONDS)
