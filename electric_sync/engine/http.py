"""Electric's HTTP interface, as an ASGI application.

``GET /v1/shape`` answers with what comes after an offset: a chunk of the snapshot or of the
changes, and ``up-to-date`` when that is all. ``live`` waits for more, as one answer or as
server-sent events. A shape that has ended is answered with 409: the client starts anew.
What a request may say is in ``request``; docs/protocol.md describes the whole.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import Any
from urllib.parse import parse_qsl

from electric_sync.engine import subset as subsets
from electric_sync.engine.errors import RequestRefused, ShapeEnded, ShapeUnavailable
from electric_sync.engine.log import SEPARATOR, Answer
from electric_sync.engine.request import ShapeRequest, parse, parse_deletion
from electric_sync.engine.shape import Shape
from electric_sync.engine.shapes import Shapes
from electric_sync.values import BEFORE_ALL, Offset

logger = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[str, str]]

LIVE_SECONDS = 20.0
"""How long a live request waits for something new."""
SSE_SECONDS = 60.0
"""How long a stream of events is kept open; the client opens another."""
KEEP_ALIVE_SECONDS = 21.0
"""How often a quiet stream shows that it is there."""
SSE_BYTES = 10 * 1024 * 1024
"""After so many bytes a stream of events ends: a slow reader is not written to for ever."""
BEYOND_SECONDS = 10.0
"""How long a request for an offset that is not there yet waits for it."""
BODY_MAX = 1024 * 1024
"""Bytes that a POST may have."""
CURSOR_EPOCH = 1_728_432_000
"""2024-10-09: cursors count seconds from there."""
CURSOR_STEP = 20
"""Seconds in which all get the same cursor."""
INITIAL_MAX, EXISTING_MAX = 2_000, 20_000
"""Requests that may be waiting at once: without a handle, and with one."""

SERVER = "electric-sync/1"
"""The header ``electric-server``."""
EXPOSED = (
    "electric-cursor,electric-handle,electric-has-data,electric-offset,electric-schema,"
    "electric-up-to-date,electric-internal-known-error,retry-after"
)
SHAPE_METHODS = "GET, POST, HEAD, DELETE, OPTIONS"

FIRST_CACHE = "public, max-age=604800, s-maxage=3600, stale-while-revalidate=2629746"
NEXT_CACHE = "public, max-age=60, stale-while-revalidate=300"
LIVE_CACHE = "public, max-age=5, stale-while-revalidate=5"
SSE_CACHE = f"public, max-age={int(SSE_SECONDS) - 1}"
DEFAULT_CACHE = "max-age=0, private, must-revalidate"
JSON_TYPE = ("content-type", "application/json; charset=utf-8")
MUST_REFETCH = b'[{"headers":{"control":"must-refetch"}}]'


class ClientGone(Exception):
    """The client has closed the connection."""


@dataclass(slots=True)
class Response:
    """An answer. A body in pieces is sent without its length."""

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes | Iterable[bytes] = b""


@dataclass(slots=True)
class _Exchange:
    """One request, and how it is answered."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    receive: Receive
    send: Send
    leaving: asyncio.Task[None] | None = None

    async def wait_for(self, shape: Shape, seconds: float) -> bool:
        """Wait until something happens to the shape; False: nothing has.

        Raises:
            ClientGone: nobody waits for the answer any more.
        """
        if self.leaving is None:
            self.leaving = asyncio.create_task(self._left(), name="client")
        changing = asyncio.create_task(shape.change.wait(), name="change")
        try:
            done, _ = await asyncio.wait(
                {changing, self.leaving}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            changing.cancel()
        if self.leaving in done:
            raise ClientGone
        return bool(done)

    async def _left(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass

    def close(self) -> None:
        """Watch the client no longer."""
        if self.leaving is not None:
            self.leaving.cancel()


class Application:
    """The ASGI application. Without a secret anybody who reaches it may read."""

    def __init__(
        self, shapes: Shapes, *, secret: str | None = None, allow_delete: bool = False
    ) -> None:
        self._shapes = shapes
        self._secret = secret
        self._allow_delete = allow_delete
        self._initial = self._existing = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise ValueError(f"this application answers HTTP only, not {scope['type']}")
        headers = {
            name.decode("latin-1").lower(): v.decode("latin-1") for name, v in scope["headers"]
        }
        try:
            pairs = parse_qsl(
                scope.get("query_string", b"").decode("ascii", "replace"),
                keep_blank_values=True,
                errors="strict",
            )
        except UnicodeDecodeError:
            await send({"type": "http.response.start", "status": 400, "headers": []})
            await send({"type": "http.response.body"})
            return
        exchange = _Exchange(scope["method"], scope["path"], dict(pairs), headers, receive, send)
        try:
            with suppress(ClientGone):
                await self._dispatch(exchange)
        finally:
            exchange.close()

    async def _dispatch(self, exchange: _Exchange) -> None:
        path = exchange.path.rstrip("/")
        if _is_shape(exchange):
            await self._answer_shape(exchange)
        elif path == "/v1/health" and exchange.method in {"GET", "HEAD"}:
            active = self._shapes.is_active
            body = json.dumps({"status": "active" if active else "starting"}, separators=(",", ":"))
            cache = ("cache-control", "no-cache, no-store, must-revalidate")
            await self._send(
                exchange, Response(200 if active else 202, [cache, JSON_TYPE], body.encode())
            )
        elif path == "" and exchange.method in {"GET", "HEAD"}:
            await self._send(exchange, Response(200, [("cache-control", DEFAULT_CACHE)]))
        else:
            await self._send(
                exchange, Response(404, [("cache-control", DEFAULT_CACHE)], b"Not found")
            )

    async def _answer_shape(self, exchange: _Exchange) -> None:
        if exchange.method == "OPTIONS":
            await self._send(exchange, Response(204, [("access-control-max-age", "86400")]))
            return
        if not self._is_allowed(exchange.query):
            body = _json({"message": "Unauthorized: the secret is missing or wrong."})
            response = Response(401, [("cache-control", DEFAULT_CACHE)], body)
            await self._send(exchange, response)
            return
        try:
            if exchange.method == "DELETE":
                await self._send(exchange, await self._delete(exchange))
            else:
                await self._counted(exchange)
        except RequestRefused as error:
            await self._send(exchange, _invalid(exchange.method, error))
        except ShapeUnavailable as error:
            known = [("electric-internal-known-error", "true")] if error.retry_after == 10 else []
            headers = [
                *_no_store("GET"),
                JSON_TYPE,
                *known,
                ("retry-after", str(error.retry_after)),
            ]
            await self._send(exchange, Response(503, headers, _json({"message": str(error)})))

    def _is_allowed(self, query: Mapping[str, str]) -> bool:
        if self._secret is None:
            return True
        given = query.get("secret") or query.get("api_secret") or ""
        return hmac.compare_digest(given.encode(), self._secret.encode())

    # ── deleting ─────────────────────────────────────────────────────────

    async def _delete(self, exchange: _Exchange) -> Response:
        cache = ("cache-control", "no-cache")
        if not self._allow_delete:
            return Response(
                405, [cache, JSON_TYPE], _json({"message": "DELETE is not allowed here."})
            )
        asked, handle = parse_deletion(exchange.query)
        shape = await self._shapes.known(asked) if asked else self._shapes.find(handle)
        if asked and handle and (shape is None or shape.handle != handle):
            message = (
                "The handle is not that of the shape that is described: correct the description,"
                " or leave out the handle."
            )
            return Response(400, [cache, JSON_TYPE], _json({"message": message}))
        if shape is None:
            return Response(404, [cache, JSON_TYPE], _json({"message": "There is no such shape."}))
        self._shapes.delete(shape)
        return Response(202, [cache, JSON_TYPE, ("electric-has-data", "true")])

    # ── reading ──────────────────────────────────────────────────────────

    async def _counted(self, exchange: _Exchange) -> None:
        """Answer, unless too many are waiting already."""
        is_initial = not exchange.query.get("handle")
        limit = INITIAL_MAX if is_initial else EXISTING_MAX
        if (self._initial if is_initial else self._existing) >= limit:
            kind = "initial" if is_initial else "existing"
            await self._send(exchange, _overloaded(kind, limit))
            return
        self._initial += is_initial
        self._existing += not is_initial
        try:
            await self._read(exchange)
        finally:
            self._initial -= is_initial
            self._existing -= not is_initial

    async def _read(self, exchange: _Exchange) -> None:
        body: Mapping[str, Any] = {}
        if exchange.method == "POST":
            read = await _body(exchange.receive)
            if isinstance(read, Response):
                await self._send(exchange, read)
                return
            body = read
        request = parse(exchange.query, body)
        shape = await self._shapes.get(request.asked)
        if request.offset != BEFORE_ALL and request.handle and request.handle != shape.handle:
            await self._send(exchange, _must_refetch(shape))
            return
        try:
            if request.subset is not None:
                await self._send(exchange, await self._subset(shape, request))
            elif request.sse:
                await self._stream(exchange, shape, request)
            else:
                await self._send(exchange, await self._next(exchange, shape, request))
        except ShapeEnded:
            # It ended while the request waited: what comes instead is not known yet.
            headers = [("cache-control", "public, max-age=1, must-revalidate"), JSON_TYPE]
            await self._send(exchange, Response(409, headers, MUST_REFETCH))

    async def _subset(self, shape: Shape, request: ShapeRequest) -> Response:
        chosen = request.subset
        assert chosen is not None, "asked before"  # noqa: S101
        await _written(shape)
        rows = await self._shapes.read(lambda connection: subsets.read(connection, shape, chosen))
        offset = Offset(0, 0) if request.offset == BEFORE_ALL else request.offset or shape.log.end
        headers = [
            ("cache-control", "no-cache"),
            JSON_TYPE,
            ("electric-handle", shape.handle),
            *([] if request.live else [("electric-schema", shape.schema)]),
            ("electric-offset", str(offset)),
            ("electric-snapshot", "true"),
        ]
        return Response(200, headers, rows.pieces())

    async def _next(self, exchange: _Exchange, shape: Shape, request: ShapeRequest) -> Response:
        """What comes after the request's offset."""
        if request.offset is None:
            await _written(shape)
            return self._nothing_new(shape, request, "now", shape.log.end)
        if not await self._reached(exchange, shape, request.offset):
            raise RequestRefused("offset", "out of bounds for this shape")
        answer = await _answer(shape, request.offset)
        if request.live:
            deadline = time.monotonic() + LIVE_SECONDS
            while answer.is_empty and answer.up_to_date:
                left = deadline - time.monotonic()
                if left <= 0:
                    return self._nothing_new(shape, request, str(request.offset), answer.offset)
                await exchange.wait_for(shape, left)
                answer = await _answer(shape, request.offset)
        etag = f'"{shape.handle}:{request.offset}:{answer.offset}"'
        headers = [
            ("cache-control", _cache(exchange.method, request)),
            JSON_TYPE,
            ("etag", etag),
            *self._position(shape, request, answer.offset, up_to_date=answer.up_to_date),
            ("electric-has-data", "true"),
        ]
        if _matches(exchange.headers.get("if-none-match", ""), etag):
            return Response(304, [each for each in headers if each[0] != "electric-schema"])
        return Response(200, headers, _array(answer, self._up_to_date()))

    def _nothing_new(
        self, shape: Shape, request: ShapeRequest, start: str, end: Offset
    ) -> Response:
        # No cache may take two such answers for one.
        etag = f'"{shape.handle}:{start}:{end}:{time.monotonic_ns()}"'
        headers = [
            ("cache-control", _cache("GET", request)),
            JSON_TYPE,
            ("etag", etag),
            *self._position(shape, request, end, up_to_date=True),
            ("electric-has-data", "false"),
        ]
        return Response(200, headers, b"[" + self._up_to_date() + b"]")

    def _position(
        self, shape: Shape, request: ShapeRequest, offset: Offset, *, up_to_date: bool
    ) -> Headers:
        return [
            ("electric-handle", shape.handle),
            ("electric-cursor", _cursor(request.cursor))
            if request.live
            else ("electric-schema", shape.schema),
            *([("electric-up-to-date", "")] if up_to_date else []),
            ("electric-offset", str(offset)),
        ]

    def _up_to_date(self) -> bytes:
        return (
            b'{"headers":{"control":"up-to-date","global_last_seen_lsn":"%d"}}' % self._shapes.lsn
        )

    async def _reached(self, exchange: _Exchange, shape: Shape, offset: Offset) -> bool:
        """Whether the offset is one of this shape, perhaps after a while."""
        if offset != BEFORE_ALL:
            await _written(shape)
        deadline = time.monotonic() + BEYOND_SECONDS
        while not shape.has(offset, self._shapes.lsn):
            left = deadline - time.monotonic()
            if left <= 0 or not await exchange.wait_for(shape, left):
                return shape.has(offset, self._shapes.lsn)
        return True

    # ── server-sent events ───────────────────────────────────────────────

    async def _stream(self, exchange: _Exchange, shape: Shape, request: ShapeRequest) -> None:
        offset = request.offset
        assert offset is not None, "live and now exclude each other"  # noqa: S101
        if not await self._reached(exchange, shape, offset):
            raise RequestRefused("offset", "out of bounds for this shape")
        answer = await _answer(shape, offset)
        headers = [
            ("cache-control", SSE_CACHE),
            ("content-type", "text/event-stream"),
            ("connection", "keep-alive"),
            ("etag", f'"{shape.handle}:{offset}:{answer.offset}"'),
            # Not where the answer ends: a connection that is cut is taken up from here.
            *self._position(shape, request, offset, up_to_date=True),
            ("electric-has-data", "true"),
        ]
        await self._start(exchange, Response(200, headers))
        await _send_piece(exchange.send, b"")  # servers may keep the head until there is a body
        if exchange.method == "HEAD":
            await exchange.send({"type": "http.response.body"})
            return
        with suppress(ShapeEnded):  # the next request is told
            await self._send_events(exchange, shape, offset)
        await exchange.send({"type": "http.response.body"})

    async def _send_events(self, exchange: _Exchange, shape: Shape, offset: Offset) -> None:
        sent = 0
        deadline = time.monotonic() + SSE_SECONDS
        quiet_since = time.monotonic()
        while sent < SSE_BYTES:
            answer = await _answer(shape, offset)
            up_to_date = self._up_to_date()  # not later: sending takes time, and more is applied
            for piece in _events(answer):
                await _send_piece(exchange.send, piece)
                sent += len(piece)
            now = time.monotonic()
            if not answer.is_empty:
                offset, quiet_since = answer.offset, now
                if answer.up_to_date:
                    await _send_piece(exchange.send, b"data: " + up_to_date + b"\n\n")
            elif now - quiet_since >= KEEP_ALIVE_SECONDS:
                await _send_piece(exchange.send, b": keep-alive\n\n")
                quiet_since = now
            else:
                pause = min(quiet_since + KEEP_ALIVE_SECONDS, deadline) - now
                await exchange.wait_for(shape, pause)
            if answer.up_to_date and now >= deadline:
                return

    # ── sending ──────────────────────────────────────────────────────────

    async def _send(self, exchange: _Exchange, response: Response) -> None:
        if isinstance(response.body, bytes) and response.status not in {204, 304}:
            response.headers.append(("content-length", str(len(response.body))))
        has_body = exchange.method != "HEAD" and response.status not in {204, 304}
        pieces = iter([response.body] if isinstance(response.body, bytes) else response.body)
        first = next(pieces, b"")  # before anything is sent: the shape may have ended
        await self._start(exchange, response)
        for piece in chain([first], pieces):
            if has_body:
                await _send_piece(exchange.send, piece)
        await exchange.send({"type": "http.response.body"})

    async def _start(self, exchange: _Exchange, response: Response) -> None:
        headers = [
            *([] if response.status == 204 else [("vary", "accept-encoding")]),
            ("x-request-id", exchange.headers.get("x-request-id") or secrets.token_urlsafe(15)),
            ("electric-server", SERVER),
            *(_cross_origin(exchange) if response.status != 401 else []),
            *response.headers,
        ]
        await exchange.send(
            {
                "type": "http.response.start",
                "status": response.status,
                "headers": [(name.encode(), _latin(value)) for name, value in headers],
            }
        )


def _cross_origin(exchange: _Exchange) -> Headers:
    """Whoever has the secret, if there is one, may read from any page."""
    methods = SHAPE_METHODS if _is_shape(exchange) else "GET, HEAD"
    return [
        ("access-control-allow-origin", exchange.headers.get("origin", "*")),
        ("access-control-expose-headers", EXPOSED),
        ("access-control-allow-methods", methods),
    ]


def _is_shape(exchange: _Exchange) -> bool:
    methods = SHAPE_METHODS.split(", ")
    return exchange.path.rstrip("/") == "/v1/shape" and exchange.method in methods


async def _send_piece(send: Send, piece: bytes) -> None:
    await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _written(shape: Shape) -> None:
    """Wait until the shape's changes can be read."""
    while True:
        shape.after(BEFORE_ALL)  # raises if it has ended
        if shape.log.complete:
            return
        await shape.change.wait()


async def _answer(shape: Shape, offset: Offset) -> Answer:
    """What comes after the offset, as soon as it is written."""
    while (answer := shape.after(offset)) is None:
        await shape.change.wait()
    return answer


def _array(answer: Answer, up_to_date: bytes) -> Iterator[bytes]:
    """The messages as a JSON array. Each piece but the last ends with a separator."""
    kept = b"["
    for piece in answer.pieces():
        yield kept  # with the first piece in hand
        yield piece[: -len(SEPARATOR)]
        kept = piece[-len(SEPARATOR) :]
    if answer.up_to_date:
        yield kept + up_to_date + b"]"
    else:
        yield b"]"


def _events(answer: Answer) -> Iterator[bytes]:
    """The messages as server-sent events."""
    rest = b""
    for piece in answer.pieces():
        *lines, rest = (rest + piece).split(SEPARATOR)
        yield b"".join(b"data: " + line + b"\n\n" for line in lines)


def _cache(method: str, request: ShapeRequest) -> str:
    if method == "POST":
        return "no-cache"
    if request.live:
        return LIVE_CACHE
    return FIRST_CACHE if request.offset == BEFORE_ALL else NEXT_CACHE


def _cursor(previous: str) -> str:
    """Equal for all who ask at about the same time, so that a cache can answer them together;
    another one than before, so that it does not answer with the past.
    """
    cursor = -(-int(time.time() - CURSOR_EPOCH) // CURSOR_STEP) * CURSOR_STEP
    if previous == str(cursor):
        cursor += 1 + secrets.randbelow(3_600)
    return str(cursor)


def _matches(given: str, etag: str) -> bool:
    return etag.strip('"') in {each.strip().strip('"') for each in given.split(",")}


def _must_refetch(shape: Shape) -> Response:
    headers = [
        ("cache-control", "public, max-age=60, must-revalidate"),
        JSON_TYPE,
        ("etag", f'"{shape.handle}::"'),
        ("electric-handle", shape.handle),
    ]
    return Response(409, headers, MUST_REFETCH)


def _overloaded(kind: str, limit: int) -> Response:
    body = {
        "code": "concurrent_request_limit_exceeded",
        "message": f"More than {limit} {kind} requests are waiting; try again later.",
    }
    headers = [
        *_no_store("GET"),
        JSON_TYPE,
        ("electric-internal-known-error", "true"),
        ("retry-after", str(5 + secrets.randbelow(6))),
    ]
    return Response(503, headers, _json(body))


def _invalid(method: str, error: RequestRefused) -> Response:
    """400, with the message under the parameter's name."""
    errors: Any = [error.message]
    for name in reversed(error.field.split(".")):
        errors = {name: errors}
    body = _json({"message": "Invalid request", "errors": errors})
    return Response(400, [*_no_store(method), JSON_TYPE], body)


def _no_store(method: str) -> Headers:
    if method in {"POST", "DELETE"}:
        return [("cache-control", "no-cache")]
    return [("cache-control", "no-store"), ("surrogate-control", "no-store")]


async def _body(receive: Receive) -> Mapping[str, Any] | Response:
    """The JSON object in a request's body; an answer if there is none."""
    data = b""
    while True:
        message = await receive()
        data += message.get("body", b"")
        if not message.get("more_body") or len(data) > BODY_MAX:
            break
    headers = [("cache-control", DEFAULT_CACHE), JSON_TYPE]
    if len(data) > BODY_MAX:
        return Response(413, headers, _json({"error": "The request's body is too large."}))
    if not data.strip():
        return {}
    try:
        value = json.loads(data)
    except ValueError as error:
        details = {"error": "The request's body is not JSON.", "details": str(error)}
        return Response(400, headers, _json(details))
    if not isinstance(value, dict):
        return Response(400, headers, _json({"error": "The request's body must be a JSON object."}))
    return value


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _latin(value: str) -> bytes:
    """A header's value; what has no place in one is escaped, as in JSON."""
    return value.encode("utf-8") if value.isascii() else value.encode("ascii", "backslashreplace")
