"""A small HTTP server on a real socket that does what a test says, also what no server should."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


class Cut(Exception):
    """The connection is at its end, at once and with whatever was sent."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def is_live(self) -> bool:
        return self.query.get("live") == "true"

    @property
    def is_for_events(self) -> bool:
        return self.query.get("live_sse") == "true"


class Wire:
    """One answer on its way; ``limit`` bytes of its body go out, and then it is cut."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.limit: int | None = None

    async def head(self, status: int, headers: Mapping[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} Whatever", "transfer-encoding: chunked"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        await self.raw("\r\n".join([*lines, "", ""]).encode())

    async def part(self, content: bytes) -> None:
        if self.limit is not None and len(content) > self.limit:
            await self._chunk(content[: self.limit])
            raise Cut
        await self._chunk(content)
        if self.limit is not None:
            self.limit -= len(content)

    async def end(self) -> None:
        await self.raw(b"0\r\n\r\n")

    async def raw(self, content: bytes) -> None:
        self._writer.write(content)
        await self._writer.drain()

    async def answer(
        self, status: int, headers: Mapping[str, str], content: bytes | object = b""
    ) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        await self.head(status, headers)
        if body:
            await self.part(body)
        await self.end()

    async def _chunk(self, content: bytes) -> None:
        if content:
            await self.raw(b"%x\r\n%b\r\n" % (len(content), content))


Play = Callable[[Request, Wire], Awaitable[None]]


class Server:
    """Answers each request with ``play``, and remembers all."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.requests: list[Request] = []
        self.url = ""
        self.open_connections = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self._happened = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/v1/shape"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for something to come or go that makes ``condition`` true."""
        async with asyncio.timeout(20), self._happened:
            await self._happened.wait_for(condition)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.open_connections += 1
        try:
            ahead = b""
            while True:
                request = await _read(reader, ahead)
                self.requests.append(request)
                await self._tell()
                ahead = await self._play(request, reader, Wire(writer))
        except (Cut, EOFError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.open_connections -= 1
            self._tasks.discard(task)
            writer.close()
            await self._tell()

    async def _tell(self) -> None:
        async with self._happened:
            self._happened.notify_all()

    async def _play(self, request: Request, reader: asyncio.StreamReader, wire: Wire) -> bytes:
        """Play an answer, until it ends or the client hangs up; what came of the next request."""
        answering = asyncio.ensure_future(self.play(request, wire))
        listening = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait((answering, listening), return_when=asyncio.FIRST_COMPLETED)
            if listening.done() and not listening.result():
                raise Cut
            await answering
            return listening.result() if listening.done() else b""
        finally:
            listening.cancel()
            answering.cancel()
            await asyncio.wait((answering, listening))


async def _read(reader: asyncio.StreamReader, ahead: bytes) -> Request:
    head = (ahead + await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    parts = urlsplit(target)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Request(method, parts.path, query, headers, body)
