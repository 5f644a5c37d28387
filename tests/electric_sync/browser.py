"""A browser without a screen: cookies, a page, and the live socket."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from electric_sync.live import tokens
from electric_sync.live.views import live_views
from electric_sync.models import UserSession
from electric_sync.sessions import hash_key
from tests.electric_sync.loop import PATIENCE, LoopThread
from tests.electric_sync.page import LiveElement, live_elements
from tests.project.asgi import application

ENDS = {"closed", "refused", "reset"}
"""Messages after which nothing is shown any more."""


class Browser:
    """One person's browser with one page open."""

    def __init__(self, loop: LoopThread, client: Client) -> None:
        self._loop = loop
        self.client = client
        self.elements: dict[str, LiveElement] = {}
        self.heard: list[dict[str, Any]] = []
        self.connections: list[int] = []
        """How much had been heard when each socket was opened."""
        self.acknowledges = True
        self._socket: WebsocketCommunicator | None = None
        self._subs = 0
        self._by_sub: dict[str, LiveElement] = {}

    def open(self, address: str) -> None:
        """Load a page; its live views are then ``elements`` by id."""
        response = self.client.get(address)
        assert response.status_code == 200, response
        self.elements = {each.id: each for each in live_elements(response.content.decode())}

    def fresh(self, address: str) -> dict[str, LiveElement]:
        """What the page's live views would be if it were loaded now."""
        response = self.client.get(address)
        assert response.status_code == 200, response
        return {each.id: each for each in live_elements(response.content.decode())}

    def connect(self, **headers: str) -> None:
        """Open the socket and subscribe everything on the page."""
        self._loop.run(self._connect(headers))
        self.connections.append(len(self.heard))
        for element in self.elements.values():
            self.subscribe(element)

    def subscribe(self, element: LiveElement, **changes: Any) -> str:
        """Subscribe one live view; returns the subscription's id."""
        self._subs += 1
        sub = f"s{self._subs}"
        for old in [each for each, shown in self._by_sub.items() if shown is element]:
            del self._by_sub[old]
            self.send(type="unsubscribe", sub=old)
        self._by_sub[sub] = element
        element.withdrawn = False
        self.send(
            **{
                "type": "subscribe",
                "sub": sub,
                "token": element.token,
                "etag": element.etag,
                "size": element.size,
                "after": element.after,
                **changes,
            }
        )
        return sub

    def follow(self, name: str, **params: Any) -> LiveElement:
        """Subscribe a live view that no page has, with the token that a page would give it."""
        element = self.element(name, **params)
        self.elements[element.id] = element
        self.subscribe(element)
        return element

    def element(self, name: str, **params: Any) -> LiveElement:
        """What a page would have of a live view, still empty."""
        view, session = live_views.get(name), self.session
        token = tokens.dump(name, session.pk, session.tenant, params)
        container = view.container(session.tenant, view.clean(params))
        return LiveElement(container.id, container.tag, token, etag=None, content="")

    @property
    def session(self) -> UserSession:
        """The row of the browser's sign-in."""
        return UserSession.objects.get(key_hash=hash_key(self.session_key))

    @property
    def session_key(self) -> str:
        """What its session cookie holds."""
        return self.client.cookies[settings.SESSION_COOKIE_NAME].value

    def send(self, **message: Any) -> None:
        """Say something on the socket."""
        self._loop.run(self._socket.send_to(text_data=json.dumps(message)))

    def send_text(self, text: str | None = None, data: bytes | None = None) -> None:
        """Say something that need not make sense."""
        self._loop.run(self._socket.send_to(text_data=text, bytes_data=data))

    def post(self, **message: Any) -> None:
        """Say something as soon as the loop goes on, without waiting for that."""
        sent = {"type": "websocket.receive", "text": json.dumps(message)}
        self._loop.loop.call_soon_threadsafe(self._socket.input_queue.put_nowait, sent)

    def sub_of(self, element: LiveElement) -> str:
        """The id of the subscription that shows it."""
        (sub,) = [sub for sub, shown in self._by_sub.items() if shown is element]
        return sub

    def crash(self) -> None:
        """The server ends the socket's task without a word, as it does with one that hangs."""
        socket, self._socket = self._socket, None
        self._by_sub.clear()
        self._loop.run(_cancel(socket.future))

    def disconnect(self) -> None:
        """Lose the socket; the page stays as it is."""
        if self._socket is not None:
            socket, self._socket = self._socket, None
            self._by_sub.clear()
            self._loop.run(socket.disconnect())

    def receive(self) -> dict[str, Any]:
        """The next message, applied to the page."""
        message = self._loop.run(self._receive())
        self._take(message)
        return message

    def hear(self, kind: str) -> dict[str, Any]:
        """Receive until a message of this kind comes; returns it."""
        while True:
            message = self.receive()
            if message["type"] == kind:
                return message

    @property
    def connected(self) -> bool:
        """Whether there is a socket."""
        return self._socket is not None

    def settle(self) -> None:
        """Receive whatever has been sent up to now, without waiting for more.

        A ping is answered in turn, so everything that was sent before the answer has arrived.
        """
        self.send(type="ping", id="settle")
        while self.hear("pong")["id"] != "settle":
            pass

    def drain(self) -> None:
        """Receive whatever is there, also from a socket that answers no more."""
        while (message := self._loop.run(self._there())) is not None:
            self._take(message)

    def wait_until(self, condition: Any) -> None:
        """Receive until the page is as it should be. It never will if its socket has ended."""
        while not condition():
            message = self.receive()
            assert message["type"] not in ENDS, message

    async def _connect(self, headers: dict[str, str]) -> None:
        cookie = "; ".join(f"{name}={each.value}" for name, each in self.client.cookies.items())
        sent = {"cookie": cookie, "origin": "http://testserver", "host": "testserver", **headers}
        self._socket = WebsocketCommunicator(
            application,
            "/live/",
            headers=[(name.encode(), value.encode()) for name, value in sent.items()],
        )
        connected, _ = await self._socket.connect(timeout=PATIENCE)
        assert connected

    async def _receive(self) -> dict[str, Any]:
        output = await asyncio.wait_for(self._socket.receive_output(PATIENCE), PATIENCE)
        return _message(output)

    async def _there(self) -> dict[str, Any] | None:
        for _ in range(3):  # whoever is about to send gets a turn
            await asyncio.sleep(0)
        queue = self._socket.output_queue
        return None if queue.empty() else _message(queue.get_nowait())

    def _take(self, message: dict[str, Any]) -> None:
        self.heard.append(message)
        kind, element = message["type"], self._by_sub.get(message.get("sub"))
        if kind in {"frame", "current"}:
            if element is not None:  # else a frame of a subscription that has ended
                element.apply(message)
            if self.acknowledges:
                self.send(type="ack", seq=message["seq"])
        # Of a subscription that has been replaced meanwhile, the new one is answered.
        elif kind == "refused" and message["reason"] == "forbidden":
            if element is not None:
                element.withdraw()
        elif kind == "access":
            for sub in self._by_sub.keys() & set(message["drop"]):
                self._by_sub[sub].withdraw()
            for sub in self._by_sub.keys() & set(message["add"]):
                assert self._by_sub[sub].withdrawn
                self._by_sub[sub].withdrawn = False
            self.send(type="cleared", version=message["version"])
        elif kind == "reset":
            for each in self.elements.values():
                each.withdraw()


async def _cancel(task: asyncio.Future[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


def _message(output: dict[str, Any]) -> dict[str, Any]:
    if output["type"] == "websocket.close":
        return {"type": "closed", "code": output.get("code")}
    return json.loads(output["text"])
