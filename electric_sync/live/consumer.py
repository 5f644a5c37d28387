"""The live socket: one a page, JSON text both ways.

====================  =====================================================================
from the browser      ``subscribe`` (sub, token, etag, size, after), ``unsubscribe`` (sub),
                      ``ack`` (seq), ``ping`` (id)
from the server       ``welcome`` (heartbeat), ``frame`` (sub, seq, etag, more, cursors, lag,
                      content; all pieces but the last are ``partial``), ``current`` (sub, etag,
                      more, cursors), ``refused`` (sub, reason), ``pong`` (id),
                      ``access-changed``, ``signed-out``, ``going-down``
====================  =====================================================================

Whatever a browser sends is checked; what makes no sense closes the socket.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import Sequence
from enum import Enum
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.http import parse_cookie

from electric_sync.access import HeldAccess, hash_key
from electric_sync.live import tokens
from electric_sync.live.groups import Subscription
from electric_sync.live.outbox import Outbox
from electric_sync.live.runtime import NotFollowed, Runtime, runtime
from electric_sync.live.views import Scene, live_views
from electric_sync.live.window import BadWindow, Window, check_cursor
from electric_sync.registry import UnknownName
from electric_sync.shapes import BadParameters

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 20
"""How often a browser says that it is there."""
SILENT_SECONDS = 150
"""After so long without a word a socket is closed. Hidden pages may speak once a minute only."""
MAX_MESSAGE = 8_192
"""Characters of one message from a browser."""
MAX_SUBSCRIPTIONS = 64
"""Live views on one page."""
MESSAGES_PER_SECOND = 50
"""What a browser may send on average; ten times that at once."""

POLICY_VIOLATION = 1008
TRY_AGAIN_LATER = 1013


class State(Enum):
    """Where a socket is in its life."""

    ARRIVING = "arriving"
    OPEN = "open"
    ENDED = "ended"


class Refusal(Exception):
    """A subscription is refused; the argument is the reason that the browser gets."""


class LiveConsumer(AsyncWebsocketConsumer):
    """One browser page."""

    held: HeldAccess

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._state = State.ARRIVING
        self._outbox = Outbox()
        self._subscriptions: dict[str, Subscription] = {}
        self._left_out: set[Subscription] = set()
        self._joining: set[asyncio.Task[None]] = set()
        self._outgoing: deque[str] = deque()
        self._writing = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._heard = time.monotonic()
        self._allowance = 10.0 * MESSAGES_PER_SECOND
        self._runtime: Runtime = runtime()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The socket's whole life. However it ends, nothing of it stays behind."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._forget()

    async def connect(self) -> None:
        """Admit who has a session; tell others that they are signed out."""
        await self.accept()
        key = _session_key(self.scope)
        try:
            held = await self._runtime.admit(hash_key(key)) if key else None
        except NotFollowed:
            await self.close(TRY_AGAIN_LATER)
            return
        if held is None:
            await self.send(json.dumps({"type": "signed-out"}))
            await self.close()
            return
        self.held = held
        self._state = State.OPEN
        self._runtime.sockets.add(self)
        self._writer = asyncio.create_task(self._write())
        self._writer.add_done_callback(self._stopped_writing)
        self._say(type="welcome", heartbeat=HEARTBEAT_SECONDS)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """One message of the browser."""
        if self._state is not State.OPEN:
            return
        message = self._understood(text_data) or {}
        kind = message.get("type")
        if kind == "ping" and (_is_id(message.get("id")) or isinstance(message.get("id"), int)):
            self._say(type="pong", id=message["id"])
        elif kind == "ack" and isinstance(message.get("seq"), int):
            self._outbox.acknowledge(message["seq"])
            if self._left_out and self._outbox.calm:
                self._catch_up()
        elif kind == "subscribe" and _is_id(message.get("sub")):
            self._subscribe(message)
        elif kind == "unsubscribe" and _is_id(message.get("sub")):
            self._leave(message["sub"])
        else:
            self._forget()
            await self.close(POLICY_VIOLATION)

    # ------------------------------------------------ from the groups and the runtime

    def deliver(self, subscription: Subscription, kind: str, bodies: Sequence[str]) -> bool:
        """Send a frame in its pieces, or leave it out if the browser is too far behind."""
        if self._subscriptions.get(subscription.id) is not subscription:
            return False
        if self._outbox.full:
            # It is in no group meanwhile; when it has caught up it joins again.
            self._left_out.add(subscription)
            self._runtime.leave([subscription])
            return False
        for body in bodies:
            seq = self._outbox.number(len(body))
            sub = json.dumps(subscription.id)
            self._queue(f'{{"type":"{kind}","sub":{sub},"seq":{seq},{body}')
        return True

    def refuse(self, subscription: Subscription, reason: str) -> None:
        """The subscription ends, and the browser is told why."""
        if self._subscriptions.get(subscription.id) is subscription:
            self._leave(subscription.id)
            self._say(type="refused", sub=subscription.id, reason=reason)

    def access_changed(self) -> None:
        """Nothing more is shown on this socket; the page must be loaded again."""
        if self._state is State.OPEN:
            self._state = State.ENDED
            self._leave_all()
            self._outgoing.clear()  # what waits was allowed when it was read; it is not needed
            self._say(type="access-changed")

    def going_down(self) -> None:
        """The process ends soon."""
        self._say(type="going-down")

    def close_if_silent(self) -> None:
        """Close a socket whose browser has not been heard of for too long."""
        if time.monotonic() - self._heard > SILENT_SECONDS and self._writer is not None:
            self._writer.cancel()
            self._writer = asyncio.create_task(self.close())

    # --------------------------------------------------------------- subscriptions

    def _subscribe(self, message: dict[str, Any]) -> None:
        sub = message["sub"]
        replaced = self._subscriptions.get(sub)
        if replaced is not None and replaced.etag != message.get("etag"):
            message["etag"] = None  # frames are on their way: the page will not be what it was
        self._leave(sub)
        try:
            if len(self._subscriptions) >= MAX_SUBSCRIPTIONS:
                raise Refusal("too-many")
            self._subscriptions[sub] = self._asked_for(sub, message)
        except Refusal as refusal:
            self._say(type="refused", sub=sub, reason=str(refusal))
        else:
            self._join(self._subscriptions[sub])

    def _asked_for(self, sub: str, message: dict[str, Any]) -> Subscription:
        """What the browser names, if it may have it.

        Raises:
            Refusal: it may not.
        """
        viewer = self.held.viewer
        try:
            token = tokens.load(str(message.get("token")))
            view = live_views.get(token.view)
            params = view.clean(token.params)
            window = Window.of(message.get("size", 0) or 0, message.get("after"))
            if window.after is not None:
                check_cursor(window.after, view.container(viewer.access.tenant, params))
        except (tokens.BadToken, BadParameters, BadWindow) as error:
            raise Refusal("malformed") from error
        except UnknownName as error:
            raise Refusal("unknown") from error
        if token.session != str(viewer.session_id) or token.tenant != viewer.access.tenant:
            raise Refusal("expired")
        audience = view.admit(viewer.access, params)
        if audience is None:
            raise Refusal("forbidden")
        etag = message.get("etag")
        return Subscription(
            sub,
            self,
            etag=etag if isinstance(etag, str) else None,
            scene=Scene(view.name, viewer.access.tenant, params, audience, window),
            definitions=view.definitions(viewer.access, params),
        )

    def _join(self, subscription: Subscription) -> None:
        """Show it from the next reading on. Other messages do not wait for that."""
        task = asyncio.create_task(self._join_group(subscription))
        self._joining.add(task)
        task.add_done_callback(self._joining.discard)

    async def _join_group(self, subscription: Subscription) -> None:
        if self._subscriptions.get(subscription.id) is not subscription:
            return  # it ended before this began
        try:
            await self._runtime.join(subscription)
        except NotFollowed:
            self.refuse(subscription, "error")

    def _catch_up(self) -> None:
        left_out, self._left_out = self._left_out, set()
        for subscription in left_out:
            if self._subscriptions.get(subscription.id) is subscription:
                self._join(subscription)

    def _leave(self, sub: str) -> None:
        subscription = self._subscriptions.pop(sub, None)
        if subscription is not None:
            self._left_out.discard(subscription)
            self._runtime.leave([subscription])

    def _leave_all(self) -> None:
        for sub in tuple(self._subscriptions):
            self._leave(sub)

    def _forget(self) -> None:
        self._state = State.ENDED
        self._runtime.sockets.discard(self)
        self._leave_all()
        for task in (*self._joining, self._writer):
            if task is not None:
                task.cancel()

    # --------------------------------------------------------------------- the wire

    def _understood(self, text: str | None) -> dict[str, Any] | None:
        """The message, or None if it makes no sense or there are too many."""
        now = time.monotonic()
        earned = (now - self._heard) * MESSAGES_PER_SECOND
        self._allowance = min(self._allowance + earned, 10.0 * MESSAGES_PER_SECOND) - 1
        self._heard = now
        if self._allowance < 0 or text is None or len(text) > MAX_MESSAGE:
            return None
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return message if isinstance(message, dict) else None

    def _say(self, **message: object) -> None:
        self._queue(json.dumps(message))

    def _queue(self, text: str) -> None:
        self._outgoing.append(text)
        self._writing.set()

    async def _write(self) -> None:
        """Send what waits, in order. The outbox bounds it."""
        while True:
            await self._writing.wait()
            self._writing.clear()
            while self._outgoing:
                await self.send(self._outgoing.popleft())

    def _stopped_writing(self, writer: asyncio.Task[None]) -> None:
        """A socket that cannot be written to must not stay open, and mute."""
        if not writer.cancelled() and writer.exception() is not None:
            logger.warning("A live socket could not be written to: %s", writer.exception())
            self._forget()
            self._closing = asyncio.create_task(self.close())


def _session_key(scope: dict[str, Any]) -> str | None:
    # HTTP/2 may send one header for each cookie.
    sent = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    return parse_cookie(sent.decode("latin-1")).get(settings.SESSION_COOKIE_NAME)


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 64
