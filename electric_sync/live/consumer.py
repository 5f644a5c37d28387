"""The live socket: one a page, JSON text both ways.

====================  =====================================================================
from the browser      ``subscribe`` (sub, token, etag, size, after), ``unsubscribe`` (sub),
                      ``ack`` (seq), ``ping`` (id), ``cleared`` (version)
from the server       ``welcome`` (heartbeat, version), ``frame`` (sub, seq, etag, more,
                      cursors, lag, content; all pieces but the last are ``partial``),
                      ``current`` (sub, etag, more, cursors), ``refused`` (sub, reason),
                      ``access`` (version, drop, add, change), ``reset`` (reason), ``resync`` (subs,
                      reason), ``pong`` (id), ``going-down``
====================  =====================================================================

Whatever a browser sends is checked; what makes no sense closes the socket.

A socket has a *place* for each live view that its page named. What may not be seen any more loses
its subscription and keeps its place: when access is given back, it is shown again.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.http import parse_cookie

from electric_sync.access import HeldAccess, Reset, data_version
from electric_sync.live.audience import Audience
from electric_sync.live.connections import Connection
from electric_sync.live.groups import Subscription
from electric_sync.live.outbox import Outbox
from electric_sync.live.reconcile import Named, Refused, named, reconcile
from electric_sync.live.resyncs import is_named
from electric_sync.live.runtime import NotFollowed, Runtime, runtime
from electric_sync.live.views import Scene
from electric_sync.live.window import BadWindow, Window, check_cursor
from electric_sync.sessions import SIGNED_OUT_MARK, hash_key, sign_out
from electric_sync.values import Snapshot

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 20
"""How often a browser says that it is there."""
SILENT_SECONDS = 150
"""After so long without a word a socket is closed. Hidden pages may speak once a minute only."""
MAX_MESSAGE = 8_192
"""Characters of one message from a browser."""
MAX_SUBSCRIPTIONS = 64
"""Live views on one page."""
MAX_PAGES = 200
"""Sockets of one sign-in in one process."""
MESSAGES_PER_SECOND = 50
"""What a browser may send on average; ten times that at once."""
MAX_WAITING = 1_000
"""Messages that wait to be sent to a browser which still speaks: it reads no answers."""
CLEARING_SECONDS = 5.0
"""How long a browser may take to empty its page before its socket is closed."""

POLICY_VIOLATION = 1008
TRY_AGAIN_LATER = 1013


class State(Enum):
    """Where a socket is in its life."""

    ARRIVING = "arriving"
    OPEN = "open"
    RESET = "reset"
    """Nothing is shown any more; the browser is given time to say that its page is empty."""
    ENDED = "ended"


@dataclass(slots=True, eq=False)
class Place:
    """A live view that the page named. Without a subscription it may not be seen."""

    id: str
    named: Named
    window: Window
    subscription: Subscription | None = None

    @property
    def audience(self) -> Audience | None:
        """To whom it is shown."""
        return self.subscription.scene.audience if self.subscription else None


@dataclass(frozen=True, slots=True, eq=False)
class Outgoing:
    """A message that waits, or a frame in its pieces: once begun, it is sent whole."""

    texts: Sequence[str]
    subscription: Subscription | None = None
    numbers: frozenset[int] = frozenset()


class LiveConsumer(AsyncWebsocketConsumer):
    """One browser page."""

    channel_layer_alias = ""
    """None: a layer that fails must not end sockets. The process has one channel for all."""
    held: HeldAccess

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._state = State.ARRIVING
        self._outbox = Outbox()
        self._places: dict[str, Place] = {}
        self._left_out: set[Subscription] = set()
        self._joining: set[asyncio.Task[None]] = set()
        self._outgoing: deque[Outgoing] = deque()
        self._writing = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._hanging_up: asyncio.TimerHandle | None = None
        self._connection: Connection | None = None
        self._is_clear = False
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
        """Admit who has access; tell others why they have none."""
        await self.accept()
        self._writer = asyncio.create_task(self._write())
        self._writer.add_done_callback(self._stopped_writing)
        try:
            found = await self._admitted()
        except NotFollowed:
            await self.close(TRY_AGAIN_LATER)
            return
        if isinstance(found, Reset):
            self._reset(found)
            return
        viewer, version = self.held.viewer, data_version(self.held.viewer)
        theirs = (each.held.viewer.session_id for each in self._runtime.sockets)
        if sum(session_id == viewer.session_id for session_id in theirs) > MAX_PAGES:
            self._forget()
            await self.close(TRY_AGAIN_LATER)
            return
        self._state = State.OPEN
        self._connection = self._runtime.connections.opened(
            viewer.session_id, viewer.access.tenant, version
        )
        self._say(type="welcome", heartbeat=HEARTBEAT_SECONDS, version=version)

    async def _admitted(self) -> HeldAccess | Reset:
        cookies = _cookies(self.scope)
        key = cookies.get(settings.SESSION_COOKIE_NAME)
        if not key:
            return Reset.SIGNED_OUT
        if SIGNED_OUT_MARK in cookies:
            await database_sync_to_async(sign_out)(key)
        return await self._runtime.admit(self, key)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """One message of the browser."""
        if self._state not in (State.OPEN, State.RESET):
            return
        message = self._understood(text_data) or {}
        kind = message.get("type")
        if self._state is State.RESET:
            if kind == "cleared":
                self._emptied()
        elif kind == "ping" and (_is_id(message.get("id")) or isinstance(message.get("id"), int)):
            self._say(type="pong", id=message["id"])
        elif kind == "ack" and isinstance(message.get("seq"), int):
            self._acknowledged(message["seq"])
        elif kind == "subscribe" and _is_id(message.get("sub")):
            self._subscribe(message)
        elif kind == "unsubscribe" and _is_id(message.get("sub")):
            self._leave(message["sub"])
        elif kind == "cleared" and _is_id(message.get("version")):
            self._cleared(message["version"])
        else:
            self._forget()
            await self.close(POLICY_VIOLATION)
            return
        if self._connection is not None:
            self._connection.heard("" if kind == "ping" else str(kind))
            self._connection.subscriptions = len(self._places)

    # ------------------------------------------------ from the groups and the runtime

    def deliver(self, subscription: Subscription, kind: str, bodies: Sequence[str]) -> bool:
        """Send a frame in its pieces, or leave it out if the browser is too far behind."""
        if not self._shows(subscription):
            return False
        if self._outbox.full:
            # It is in no group meanwhile; when it has caught up it joins again.
            self._left_out.add(subscription)
            self._runtime.leave([subscription])
            return False
        sub = json.dumps(subscription.id)
        numbers = [self._outbox.number(len(body)) for body in bodies]
        texts = [
            f'{{"type":"{kind}","sub":{sub},"seq":{seq},{body}'
            for seq, body in zip(numbers, bodies, strict=True)
        ]
        self._queue(Outgoing(texts, subscription, frozenset(numbers)))
        if self._connection is not None:
            self._connection.told(kind)
        return True

    def refuse(self, subscription: Subscription, reason: str) -> None:
        """The subscription ends, and the browser is told why."""
        if self._shows(subscription):
            self._leave(subscription.id)
            self._say(type="refused", sub=subscription.id, reason=reason)

    def learn(self, present: HeldAccess | Reset, snapshot: Snapshot) -> None:
        """What the access was in a snapshot that somebody has read. The newest one counts.

        Readings end in any order. An older one changes nothing of what is shown; but where its
        access was another one, what was read with it must not be delivered here.
        """
        if self._state is not State.OPEN:
            return
        if not snapshot.sees_all_of(self.held.snapshot):
            self._read_apart(present)
        elif isinstance(present, Reset):
            self._reset(present)
        else:
            before, self.held = self.held, present
            if before.viewer.access != present.viewer.access:
                self._reconcile()
            elif self._is_clear and self._connection is not None:
                self._connection.confirmed = snapshot
                if before.loaded_at != present.loaded_at:
                    # Something concerned it, and changed nothing: there is nothing to wait for.
                    self._runtime.connections.confirmed(self._connection, snapshot)

    def resync(self, params: Mapping[str, str], reason: str) -> None:
        """Let the browser empty what has these parameters, and subscribe it anew."""
        subs = [
            sub for sub, place in self._places.items() if is_named(dict(place.named.params), params)
        ]
        if subs:
            self._say(type="resync", subs=subs, reason=reason)

    def going_down(self) -> None:
        """The process ends soon."""
        self._say(type="going-down")

    def close_if_silent(self) -> None:
        """Close a socket whose browser has not been heard of for too long."""
        if time.monotonic() - self._heard > SILENT_SECONDS:
            self._hang_up()

    # ------------------------------------------------------------------------ access

    def _reconcile(self) -> None:
        """The access is another one: keep what may stay, and show, hide and tell the rest."""
        self._is_clear = False
        found = reconcile(self.held.viewer, self._shown())
        shown = {sub for sub, place in self._places.items() if place.subscription}
        add = found.change.keys() - shown
        self._withdraw(found.drop | found.change.keys())
        version = data_version(self.held.viewer)
        if self._connection is not None:
            self._connection.version = version
        self._say(
            type="access",
            version=version,
            drop=sorted(found.drop & shown),
            add=sorted(add),
            change=sorted(found.change.keys() & shown),
        )
        for sub, audience in found.change.items():
            self._show(self._places[sub], audience, etag=None)

    def _cleared(self, version: str) -> None:
        """The page shows nothing that this version forbids. An older one is answered once more."""
        if version == data_version(self.held.viewer) and self._connection is not None:
            self._is_clear = True
            self._runtime.connections.confirmed(self._connection, self.held.snapshot)

    def _emptied(self) -> None:
        """The page shows nothing. It is not connected any more when that is written down."""
        self._hang_up()
        key = _cookies(self.scope).get(settings.SESSION_COOKIE_NAME, "")
        self._runtime.connections.emptied(hash_key(key))

    def _read_apart(self, present: HeldAccess | Reset) -> None:
        """What was read under another access than that of now does not come here: it joins anew."""
        if isinstance(present, Reset):
            apart = frozenset(self._places)
        elif present.viewer.access == self.held.viewer.access:
            return
        else:
            found = reconcile(present.viewer, self._shown())
            apart = found.drop | found.change.keys()
        for sub in apart:
            subscription = self._places[sub].subscription
            if subscription is not None and subscription.instance is not None:
                self._runtime.leave([subscription])
                self._join(subscription)

    def _reset(self, reason: Reset) -> None:
        """Nothing more is shown on this socket."""
        self._state = State.RESET
        self._runtime.sockets.discard(self)
        self._leave_all()
        self._outgoing.clear()  # what waits was allowed when it was read; it is not needed
        self._say(type="reset", reason=reason.value)
        self._hanging_up = asyncio.get_running_loop().call_later(CLEARING_SECONDS, self._hang_up)

    def _shown(self) -> dict[str, tuple[Named, Audience | None]]:
        return {sub: (place.named, place.audience) for sub, place in self._places.items()}

    def _shows(self, subscription: Subscription) -> bool:
        place = self._places.get(subscription.id)
        return place is not None and place.subscription is subscription

    def _withdraw(self, subs: Collection[str]) -> None:
        """Show nothing of these places any more, and nothing that waits to be sent."""
        gone = set()
        for sub in subs:
            place = self._places[sub]
            if place.subscription is not None:
                gone.add(place.subscription)
                self._end(place.subscription)
                place.subscription = None
        numbers: set[int] = set()
        for waiting in tuple(self._outgoing):
            if waiting.subscription in gone:
                self._outgoing.remove(waiting)
                numbers.update(waiting.numbers)
        self._outbox.withdraw(numbers)
        self._catch_up()

    # --------------------------------------------------------------- subscriptions

    def _subscribe(self, message: dict[str, Any]) -> None:
        sub, etag = message["sub"], message.get("etag")
        replaced = self._places.get(sub)
        if replaced is not None and (
            replaced.subscription is None or replaced.subscription.etag != etag
        ):
            etag = None  # frames are on their way: the page will not be what it was
        self._leave(sub)
        try:
            if len(self._places) >= MAX_SUBSCRIPTIONS:
                raise Refused("too-many")
            place = self._asked_for(message)
        except Refused as refusal:
            self._refused(sub, str(refusal))
            return
        self._places[sub] = place
        audience = reconcile(self.held.viewer, {sub: (place.named, None)}).change.get(sub)
        if audience is None:
            self._say(type="refused", sub=sub, reason="forbidden")
        else:
            self._show(place, audience, etag=etag if isinstance(etag, str) else None)

    def _refused(self, sub: str, reason: str) -> None:
        """What was asked for makes no sense, or is not this session's: said, logged and counted."""
        logger.warning(
            "A live view was refused to session %s: %s.", self.held.viewer.session_id, reason
        )
        if self._connection is not None:
            self._connection.refused += 1
        self._say(type="refused", sub=sub, reason=reason)

    def _asked_for(self, message: dict[str, Any]) -> Place:
        """What the browser names.

        Raises:
            Refused: it makes no sense, or is not this session's.
        """
        viewer = self.held.viewer
        what = named(viewer, str(message.get("token")))
        try:
            window = Window.of(message.get("size", 0) or 0, message.get("after"))
            if window.after is not None:
                check_cursor(window.after, what.view.container(viewer.access.tenant, what.params))
        except BadWindow as error:
            raise Refused("malformed") from error
        return Place(message["sub"], what, window)

    def _show(self, place: Place, audience: Audience, *, etag: str | None) -> None:
        """Show a place to this audience from the next reading on."""
        view, params, access = place.named.view, place.named.params, self.held.viewer.access
        place.subscription = Subscription(
            place.id,
            self,
            etag=etag,
            scene=Scene(view.name, access.tenant, params, audience, place.window),
            definitions=view.definitions(access, params),
        )
        self._join(place.subscription)

    def _join(self, subscription: Subscription) -> None:
        """Show it from the next reading on. Other messages do not wait for that."""
        task = asyncio.create_task(self._join_group(subscription))
        self._joining.add(task)
        task.add_done_callback(self._joining.discard)

    async def _join_group(self, subscription: Subscription) -> None:
        if not self._shows(subscription) or subscription.instance is not None:
            return  # it ended before this began, or joined twice
        try:
            await self._runtime.join(subscription)
        except NotFollowed:
            self.refuse(subscription, "error")

    def _acknowledged(self, seq: int) -> None:
        self._outbox.acknowledge(seq)
        self._catch_up()

    def _catch_up(self) -> None:
        """What was left out is compared anew, once little enough is on its way."""
        if self._left_out and self._outbox.calm:
            left_out, self._left_out = self._left_out, set()
            for subscription in left_out:
                self._join(subscription)

    def _leave(self, sub: str) -> None:
        place = self._places.pop(sub, None)
        if place is not None and place.subscription is not None:
            self._end(place.subscription)

    def _end(self, subscription: Subscription) -> None:
        self._left_out.discard(subscription)
        self._runtime.leave([subscription])

    def _leave_all(self) -> None:
        for sub in tuple(self._places):
            self._leave(sub)

    def _forget(self) -> None:
        self._state = State.ENDED
        self._runtime.sockets.discard(self)
        if self._connection is not None:
            self._runtime.connections.closed(self._connection)
        self._leave_all()
        if self._hanging_up is not None:
            self._hanging_up.cancel()
        for task in (*self._joining, self._writer):
            if task is not None:
                task.cancel()

    def _hang_up(self) -> None:
        """Close the socket, whatever still waits to be sent."""
        if self._writer is not None and self._state is not State.ENDED:
            self._forget()
            self._writer = asyncio.create_task(self.close())

    # --------------------------------------------------------------------- the wire

    def _understood(self, text: str | None) -> dict[str, Any] | None:
        """The message, or None if it makes no sense, or there are too many, or answers to them."""
        now = time.monotonic()
        earned = (now - self._heard) * MESSAGES_PER_SECOND
        self._allowance = min(self._allowance + earned, 10.0 * MESSAGES_PER_SECOND) - 1
        self._heard = now
        if self._allowance < 0 or text is None or len(text) > MAX_MESSAGE:
            return None
        if len(self._outgoing) > MAX_WAITING:
            return None
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return message if isinstance(message, dict) else None

    def _say(self, **message: object) -> None:
        self._queue(Outgoing([json.dumps(message)]))

    def _queue(self, outgoing: Outgoing) -> None:
        self._outgoing.append(outgoing)
        self._writing.set()

    async def _write(self) -> None:
        """Send what waits, in order. The outbox bounds it."""
        while True:
            await self._writing.wait()
            self._writing.clear()
            while self._outgoing:
                for text in self._outgoing.popleft().texts:
                    await self.send(text)

    def _stopped_writing(self, writer: asyncio.Task[None]) -> None:
        """A socket that cannot be written to must not stay open, and mute."""
        if not writer.cancelled() and writer.exception() is not None:
            logger.warning("A live socket could not be written to: %s", writer.exception())
            self._forget()
            self._closing = asyncio.create_task(self.close())


def _cookies(scope: dict[str, Any]) -> dict[str, str]:
    # HTTP/2 may send one header for each cookie.
    sent = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    return parse_cookie(sent.decode("latin-1"))


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 64
