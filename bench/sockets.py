"""A websocket client that costs next to nothing: the server is what is measured."""

from __future__ import annotations

import asyncio
import json
import os
import struct
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

AT_ONCE = 50
"""Pages that are opened together: one after another, a thousand would take a minute."""


async def opened(port: int, cookies: Sequence[str]) -> list[LiveSocket]:
    """A connection for each of these sessions, welcomed."""

    async def one(cookie: str) -> LiveSocket:
        socket = await LiveSocket.open(port, cookie)
        await socket.hear("welcome")
        return socket

    sockets: list[LiveSocket] = []
    for start in range(0, len(cookies), AT_ONCE):
        sockets += await asyncio.gather(*map(one, cookies[start : start + AT_ONCE]))
    return sockets


class LiveSocket:
    """One connection to the live socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int, cookie: str, path: str = "/live/") -> LiveSocket:
        """Connect with a session's cookie.

        Raises:
            ConnectionError: the server refused.
        """
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        key = b64encode(os.urandom(16)).decode()
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Origin: http://127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n".encode()
        )
        answer = await reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in answer.split(b"\r\n")[0]:
            raise ConnectionError(answer.split(b"\r\n")[0].decode())
        return cls(reader, writer)

    def send(self, **message: Any) -> None:
        """Send one message. Clients must mask; a mask of zeros changes nothing."""
        payload = json.dumps(message).encode()
        size = len(payload)
        head = bytes([0x81, 0x80 | size]) if size < 126 else b"\x81\xfe" + struct.pack(">H", size)
        self._writer.write(head + bytes(4) + payload)

    async def receive(self) -> dict[str, Any]:
        """The next message; frames are acknowledged."""
        while True:
            opcode, payload = await self._frame()
            if opcode == 1:
                message = json.loads(payload)
                if "seq" in message:
                    self.send(type="ack", seq=message["seq"])
                return message
            if opcode == 9:  # ping: daphne closes a socket that does not answer
                self._writer.write(bytes([0x8A, 0x80 | len(payload)]) + bytes(4) + payload)
            if opcode == 8:
                raise ConnectionError(f"the server closed the socket: {payload!r}")

    async def hear(self, *kinds: str) -> dict[str, Any]:
        """The next message of one of these kinds."""
        while True:
            message = await self.receive()
            if message["type"] in kinds:
                return message

    async def hear_of(self, text: str) -> None:
        """Wait for the frame that has this text in it."""
        while text not in (await self.hear("frame"))["content"]:
            pass

    def close(self) -> None:
        """Drop the connection."""
        self._writer.close()

    async def _frame(self) -> tuple[int, bytes]:
        first, second = await self._reader.readexactly(2)
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack(">H", await self._reader.readexactly(2))
        elif size == 127:
            (size,) = struct.unpack(">Q", await self._reader.readexactly(8))
        return first & 0x0F, await self._reader.readexactly(size)
