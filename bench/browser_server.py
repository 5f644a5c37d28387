"""The other end of the live socket for `bench.browser`: it sends one case's frames when told to.

`GET /send?case=…&rows=…` starts a case; everything that is subscribed gets its frames.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

from bench.browser_rows import LIST, cells, row

Event = dict[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]

UPDATES = 1_000
PIECE = 500_000
"""Characters of one message. Daphne allows 1 MiB."""

_subscribed: dict[str, Send] = {}


def replaced(number: int, version: int) -> str:
    """Return the operation that replaces one row."""
    marked = row(number, version).replace("<tr", '<tr hx-swap-oob="outerHTML"', 1)
    return f"<tbody>{marked}</tbody>"


def frames(case: str, rows: int) -> Iterator[str]:
    """Return the contents of a case's frames."""
    match case:
        case "one message":
            updates = (replaced(n % rows, 1 + n // rows) for n in range(UPDATES))
            yield f"<table>{''.join(updates)}</table>"
        case "many messages":
            for n in range(UPDATES):
                yield f"<table>{replaced(n % rows, 1 + n // rows)}</table>"
        case "everything":
            inner = "".join(row(number, 1) for number in range(rows))
            yield _everything(inner)
        case "everything, reversed":
            yield _everything("".join(row(number, 1) for number in reversed(range(rows))))
        case "other rows":
            yield _everything("".join(row(number + rows, 1) for number in range(rows)))
        case "nothing new":
            yield _everything(cells(rows))
        case _:
            raise ValueError(f"No case is called {case!r}.")


def _everything(inner: str) -> str:
    return f'<table><tbody id="{LIST}" hx-swap-oob="innerHTML">{inner}</tbody></table>'


async def application(scope: Event, receive: Receive, send: Send) -> None:
    """Serve the socket and the address that starts a case."""
    if scope["type"] == "websocket":
        await _socket(receive, send)
    elif scope["type"] == "http":
        query = parse_qs(scope["query_string"].decode())
        await _say(query["case"][0], int(query["rows"][0]))
        headers = [(b"access-control-allow-origin", b"*")]
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body"})


async def _socket(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    await _tell(send, type="welcome", heartbeat=20)
    while (event := await receive())["type"] == "websocket.receive":
        message = json.loads(event["text"])
        if message["type"] == "subscribe":
            _subscribed[message["sub"]] = send
            await _tell(send, type="current", sub=message["sub"], etag=message["etag"])
        elif message["type"] == "ping":
            await _tell(send, type="pong", id=message["id"])


async def _say(case: str, rows: int) -> None:
    contents = list(frames(case, rows))
    for sub, send in list(_subscribed.items()):
        pieces = [piece for content in contents for piece in _pieces(content)]
        for seq, (content, partial) in enumerate(pieces, start=1):
            etag = "done" if seq == len(pieces) else f"e{seq}"
            rest = {"etag": etag, "lag": 1, "content": content, "partial": partial}
            await _tell(send, type="frame", sub=sub, seq=seq, **rest)
            if seq % 50 == 0:
                await asyncio.sleep(0)


def _pieces(content: str) -> Iterator[tuple[str, bool]]:
    """Cut what is larger than a message may be; say of each piece whether another follows."""
    for start in range(0, len(content), PIECE):
        yield content[start : start + PIECE], start + PIECE < len(content)


async def _tell(send: Send, **message: Any) -> None:
    await send({"type": "websocket.send", "text": json.dumps(message)})
