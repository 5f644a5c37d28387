"""A reader of the engine's HTTP interface that costs little: it counts rows and parses none."""

from __future__ import annotations

import selectors
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from threading import local
from urllib.parse import urlencode

from bench.installation import Server

INSERT = b'"operation":"insert"'
PIECE = 1 << 20
THREADS = 4
AGAIN_SECONDS = 0.2


@dataclass
class Shape:
    """A shape, and how far it has been read."""

    server: Server
    params: dict[str, str]
    position: dict[str, str] = field(default_factory=lambda: {"offset": "-1"})
    rows: int = 0
    size: int = 0

    def target(self, **more: str) -> str:
        """The address of what comes next."""
        return "/v1/shape?" + urlencode({**self.params, **self.position, **more})

    def catch_up(self) -> None:
        """Read until nothing more is there."""
        while True:
            response = ask(self.server, self.target())
            if response.status in {429, 503}:
                response.read()
                time.sleep(AGAIN_SECONDS)
                continue
            self.take(response)
            if response.getheader("electric-up-to-date") is not None:
                return

    def take(self, response: HTTPResponse) -> None:
        """Count what is in an answer, and go on behind it."""
        if response.status != 200:
            raise RuntimeError(f"{response.status}: {response.read()!r}")
        end = b""
        while piece := response.read(PIECE):
            self.size += len(piece)
            self.rows += (end + piece).count(INSERT)
            end = piece[1 - len(INSERT) :]
        for name in ("handle", "offset", "cursor"):
            if value := response.getheader(f"electric-{name}"):
                self.position[name] = value


_pool = ThreadPoolExecutor(THREADS)
_of_thread = local()


def ask(server: Server, target: str) -> HTTPResponse:
    """Send a request on the thread's connection, and return the answer as it begins."""
    send(server, target)
    return answer()


def send(server: Server, target: str) -> None:
    """Send a request on the thread's connection."""
    if getattr(_of_thread, "server", None) is not server:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=600)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _of_thread.server, _of_thread.connection = server, connection
    _of_thread.connection.request("GET", target)


def answer() -> HTTPResponse:
    """The answer to what was sent last."""
    return _of_thread.connection.getresponse()


def catch_up_all(shapes: list[Shape]) -> None:
    """Read all shapes, some at a time."""
    list(_pool.map(Shape.catch_up, shapes))


class Waiting:
    """Many long-polls of one shape, each on a connection of its own."""

    def __init__(self, server: Server, number: int) -> None:
        self._port = server.port
        self._selector = selectors.DefaultSelector()
        self._sockets = []
        for _ in range(number):
            each = socket.create_connection(("127.0.0.1", server.port))
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets.append(each)
            self._selector.register(each, selectors.EVENT_READ)

    def send(self, target: str) -> None:
        """Ask on every connection."""
        request = f"GET {target} HTTP/1.1\r\nhost: 127.0.0.1:{self._port}\r\n\r\n".encode()
        for each in self._sockets:
            each.sendall(request)

    def answered(self) -> float:
        """When the last of them had its whole answer."""
        answers = dict.fromkeys(self._sockets, b"")
        while answers:
            for key, _ in self._selector.select():
                each = key.fileobj
                answers[each] += each.recv(65536)
                if _is_complete(answers[each]):
                    assert answers.pop(each).startswith(b"HTTP/1.1 200 ")
        return time.perf_counter()

    def close(self) -> None:
        """Close the connections."""
        self._selector.close()
        for each in self._sockets:
            each.close()


def _is_complete(answer: bytes) -> bool:
    head, blank, body = answer.partition(b"\r\n\r\n")
    head = head.lower()
    if b"transfer-encoding: chunked" in head:
        return body.endswith(b"0\r\n\r\n")
    length = head.partition(b"content-length:")[2].partition(b"\r")[0]
    return bool(blank) and len(body) >= int(length)
