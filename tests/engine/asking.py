"""Requests to the engine, without a server between: one ASGI call each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from electric_sync.engine.service import Service
from tests.electric_sync.loop import PATIENCE, LoopThread


@dataclass
class Reply:
    """What came back."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def changes(self) -> list[Any]:
        """The messages that are about rows."""
        return [each for each in self.json if "key" in each]

    @property
    def controls(self) -> list[str]:
        return [each["headers"]["control"] for each in self.json if "key" not in each]

    @property
    def events(self) -> list[Any]:
        """The messages of a stream of events."""
        blocks = self.body.decode().split("\n\n")
        return [json.loads(each[6:]) for each in blocks if each.startswith("data: ")]

    @property
    def handle(self) -> str:
        return self.headers["electric-handle"]

    @property
    def offset(self) -> str:
        return self.headers["electric-offset"]

    @property
    def is_up_to_date(self) -> bool:
        return "electric-up-to-date" in self.headers

    @property
    def errors(self) -> Any:
        return self.json["errors"]


class Asker:
    """A client that speaks HTTP and knows nothing of the protocol."""

    def __init__(self, loop: LoopThread, service: Service) -> None:
        self.loop = loop
        self.service = service

    def get(self, table: str = "things", **params: Any) -> Reply:
        """``GET /v1/shape``; the offset is -1 unless it is given."""
        return self.ask("GET", {"table": table, "offset": "-1", **params})

    def ask(self, method: str, query: Mapping[str, Any], **more: Any) -> Reply:
        return self.loop.run(self.asking(method, query, **more))

    def later(self, query: Mapping[str, Any], **more: Any) -> Callable[[], Reply]:
        """Ask now, and get the answer when it is called."""
        started = asyncio.run_coroutine_threadsafe(
            self.asking("GET", {"table": "things", **query}, **more), self.loop.loop
        )
        return lambda: started.result(PATIENCE)

    async def asking(
        self,
        method: str,
        query: Mapping[str, Any],
        *,
        path: str = "/v1/shape",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        raw_query: bytes | None = None,
        until: Callable[[Reply], bool] = lambda reply: False,
    ) -> Reply:
        """One request; the client leaves as soon as ``until`` is true of what has come."""
        reply = Reply()
        leaves = asyncio.Event()
        sent = False

        async def receive() -> Mapping[str, Any]:
            nonlocal sent
            if not sent:
                sent = True
                return {"type": "http.request", "body": body, "more_body": False}
            await leaves.wait()
            return {"type": "http.disconnect"}

        async def send(message: Mapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                reply.status = message["status"]
                reply.headers = {name.decode(): v.decode() for name, v in message["headers"]}
            else:
                reply.body += message.get("body", b"")
            if until(reply):
                leaves.set()

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": raw_query if raw_query is not None else urlencode(query).encode(),
            "headers": [(k.lower().encode(), v.encode()) for k, v in (headers or {}).items()],
        }
        await self.service(scope, receive, send)
        return reply
