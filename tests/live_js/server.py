"""The other end of the live socket, played by the test."""

import json
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, WebSocketRoute

Message = dict[str, Any]
PATIENCE = 10.0  # seconds


class LiveServer:
    """Answers as the real one does, and says whatever a test wants it to say."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.heartbeat = 20
        self.version: str | None = None
        self.sockets: list[WebSocketRoute] = []
        self.received: list[Message] = []
        self.is_silent = False  # a dead connection: it takes everything and says nothing
        self.is_refusing = False
        self.answer: Callable[[Message], Message | None] = self.current
        self._seq = 0
        page.route_web_socket("**/live/", self._connected)

    # ── what the browser said

    def of(self, kind: str) -> list[Message]:
        """Return the browser's messages of one kind."""
        return [message for message in self.received if message["type"] == kind]

    def subscriptions(self) -> dict[str, str]:
        """Return the newest subscription's id by token."""
        return {message["token"]: message["sub"] for message in self.of("subscribe")}

    def until(self, condition: Callable[[], object]) -> None:
        """Wait for the browser to do something."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"It did not; it said {self.received[-5:]}."
            self.page.evaluate("0")  # lets messages in

    # ── what the server says

    def say(self, message: Message) -> None:
        """Send a message on the newest connection."""
        self.sockets[-1].send(json.dumps(message))

    def frame(self, content: str, *, name: str = "list", etag: str = "e1", **extra: Any) -> int:
        """Send a frame and return its number."""
        self._seq += 1
        sub = extra.pop("sub", None) or self.subscriptions()[f"token-{name}"]
        self.say(
            {
                "type": "frame",
                "sub": sub,
                "seq": self._seq,
                "etag": etag,
                "more": False,
                "lag": 3,
                "cursors": [],
                "content": content,
            }
            | extra
        )
        return self._seq

    def apply(self, content: str, **extra: Any) -> None:
        """Send a frame and wait until it is on the page."""
        self.settled(self.frame(content, **extra))

    def settled(self, seq: int) -> None:
        """Wait for the acknowledgement of a frame."""
        self.until(lambda: any(ack["seq"] >= seq for ack in self.of("ack")))

    def hang_up(self) -> None:
        """Close the newest connection."""
        self.sockets[-1].close(code=1011)

    # ── answers to a subscription

    @staticmethod
    def current(message: Message) -> Message:
        """The page is right already."""
        return {"type": "current", "sub": message["sub"], "etag": message["etag"], "more": False}

    def whole(self, content: Callable[[], str], etag: str) -> Callable[[Message], Message]:
        """Answer with everything, unless the etag is right."""

        def answer(message: Message) -> Message:
            if message["etag"] == etag:
                return self.current(message)
            self._seq += 1
            return {
                "type": "frame",
                "sub": message["sub"],
                "seq": self._seq,
                "etag": etag,
                "more": False,
                "lag": None,
                "content": content(),
            }

        return answer

    # ── the wire

    def _connected(self, socket: WebSocketRoute) -> None:
        if self.is_refusing:
            socket.close(code=1011)
            return
        self.sockets.append(socket)
        socket.on_message(lambda data: self._hear(socket, json.loads(data)))
        if not self.is_silent:
            welcome: Message = {"type": "welcome", "heartbeat": self.heartbeat}
            if self.version is not None:
                welcome["version"] = self.version
            socket.send(json.dumps(welcome))

    def _hear(self, socket: WebSocketRoute, message: Message) -> None:
        self.received.append(message)
        if self.is_silent:
            return
        if message["type"] == "ping":
            socket.send(json.dumps({"type": "pong", "id": message["id"]}))
        elif message["type"] == "subscribe":
            answer = self.answer(message)
            if answer is not None:
                socket.send(json.dumps(answer))
