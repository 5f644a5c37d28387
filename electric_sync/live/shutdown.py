"""Telling browsers that this process ends, while their sockets are still open.

ASGI has no event for it that comes before a server closes its sockets. Daphne runs on
Twisted, whose reactor has one. Other servers close sockets with the code 1012, which says
the same.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

FLUSH_SECONDS = 0.1
"""Time that the last words get to leave the process."""


def before_shutdown(say: Callable[[], None]) -> None:
    """Call ``say`` when the server begins to stop, if the server is one that tells."""
    reactor = sys.modules.get("twisted.internet.reactor")
    if reactor is None or not getattr(reactor, "running", False):
        return
    # Twisted is daphne's, not ours: imported only where it runs.
    from twisted.internet.defer import Deferred

    loop = asyncio.get_running_loop()

    async def say_and_flush() -> None:
        say()
        await asyncio.sleep(FLUSH_SECONDS)

    def stop() -> Deferred[None]:
        return Deferred.fromFuture(loop.create_task(say_and_flush()))

    reactor.addSystemEventTrigger("before", "shutdown", stop)
