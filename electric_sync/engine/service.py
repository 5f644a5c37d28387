"""The engine and its HTTP interface together: an ASGI application that needs nothing else.

It starts with the first request, in the event loop that serves it: not every server tells its
applications that it has started.
"""

from __future__ import annotations

from pathlib import Path

from electric_sync.engine.engine import Engine
from electric_sync.engine.http import Application, Receive, Scope, Send
from electric_sync.engine.shapes import MAX_BYTES, Shapes


class Service:
    """Serves the shapes of one database."""

    def __init__(
        self,
        conninfo: str,
        *,
        folder: Path,
        secret: str | None = None,
        allow_delete: bool = False,
        max_bytes: int | None = None,
    ) -> None:
        """``conninfo`` is libpq's; what is in ``folder`` is removed."""
        self.shapes = Shapes(conninfo, folder, max_bytes=max_bytes or MAX_BYTES)
        self._engine = Engine(
            conninfo,
            on_changes=lambda _: None,
            on_reset=lambda: None,
            follower=self.shapes,
        )
        self._application = Application(self.shapes, secret=secret, allow_delete=allow_delete)
        self._is_running = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        self.start()
        await self._application(scope, receive, send)

    def start(self) -> None:
        """Begin to follow the database; starting twice changes nothing."""
        if not self._is_running:
            self.shapes.start(self._engine)
            self._is_running = True

    async def stop(self) -> None:
        """Close the stream; the logs are removed."""
        await self._engine.stop()
        await self.shapes.stop()
        self._is_running = False
