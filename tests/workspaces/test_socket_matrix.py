"""The access matrix over the live socket: every live view, for everybody there is, and for those
who become somebody else while they are connected."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from config.asgi import application
from electric_sync.live import tokens
from electric_sync.live.runtime import runtime
from electric_sync.live.views import live_views
from electric_sync.models import UserSession
from electric_sync.sessions import hash_key
from tests.electric_sync.loop import PATIENCE, LoopThread
from workspaces.models import DataTable, DataTableColumn, DataTableRow, User, Workspace

from .conftest import Firm
from .test_access_flips import FLIPS, LOCKED_OUT, NOBODY, REMOVED, Flip, Seat
from .test_access_matrix import COLLEAGUES, LIVE, SEEING, Things, _keys, browser_of, make_things
from .test_access_matrix import firm as firm

pytestmark = pytest.mark.django_db(transaction=True)

CANARY = "Canary"
OUT = {NOBODY, LOCKED_OUT, REMOVED}
"""Who is answered nothing at all."""


class Socket:
    """A page's live socket, and everything that it heard."""

    def __init__(self, loop: LoopThread, client: Client) -> None:
        self._loop, self._client = loop, client
        self.heard: list[dict[str, Any]] = []
        cookie = "; ".join(f"{name}={each.value}" for name, each in client.cookies.items())
        sent = {"cookie": cookie, "origin": "http://testserver", "host": "testserver"}
        headers = [(name.encode(), value.encode()) for name, value in sent.items()]
        self._socket = WebsocketCommunicator(application, "/live/", headers=headers)
        connected, _ = loop.run(self._socket.connect(timeout=PATIENCE))
        assert connected
        self.alive = True

    def session(self) -> UserSession:
        """The sign-in behind it."""
        key = self._client.cookies[settings.SESSION_COOKIE_NAME].value
        return UserSession.objects.get(key_hash=hash_key(key))

    def subscribe(self, firm: Firm, things: Things, session: UserSession | None = None) -> None:
        """Every live view, about these things; the subscription is called like the view."""
        signed_in = session or self.session()
        for name in LIVE:
            keys = {
                param: _keys(firm, things)[param] for param in live_views.get(name).parameters()
            }
            token = tokens.dump(name, signed_in.pk, signed_in.tenant, keys)
            self.send(type="subscribe", sub=name, token=token, etag=None, size=100, after=None)

    def send(self, **message: Any) -> None:
        """Say something."""
        self._loop.run(self._socket.send_to(text_data=json.dumps(message)))

    def hear(self) -> dict[str, Any]:
        """The next message."""
        output = self._loop.run(self._receive())
        if output["type"] == "websocket.close":
            self.alive = False
            message = {"type": "closed"}
        else:
            message = json.loads(output["text"])
        if message["type"] in {"frame", "current"}:
            self.send(type="ack", seq=message["seq"])
        elif message["type"] == "access":
            self.send(type="cleared", version=message["version"])
        elif message["type"] == "reset":
            self.alive = False
        self.heard.append(message)
        return message

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Hear until something holds."""
        while not condition():
            assert self.alive, self.heard[-1]
            self.hear()

    def settle(self) -> None:
        """Hear whatever was sent up to now."""
        self.send(type="ping", id="settle")
        self.wait_until(lambda: self.heard[-1:] == [{"type": "pong", "id": "settle"}])

    def shown(self) -> set[str]:
        """The views of which something has come."""
        return {each["sub"] for each in self.heard if each["type"] in {"frame", "current"}}

    def refused(self) -> set[str]:
        """The views that were refused as not theirs."""
        return {
            each["sub"]
            for each in self.heard
            if each["type"] == "refused" and each["reason"] == "forbidden"
        }

    def answered(self) -> bool:
        """Whether every subscription has been answered."""
        return self.shown() | self.refused() == set(LIVE)

    def close(self) -> None:
        """Leave."""
        self._loop.run(self._socket.disconnect())

    async def _receive(self) -> Any:
        return await asyncio.wait_for(self._socket.receive_output(PATIENCE), PATIENCE)


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    """An event loop for sockets; what is live in it is closed at the end."""
    thread = LoopThread()
    yield thread

    async def close() -> None:
        await runtime().close()

    thread.run(close())
    thread.close()


@pytest.fixture
def connect(loop: LoopThread) -> Iterator[Callable[[Client], Socket]]:
    """Sockets, which are closed at the end."""
    opened: list[Socket] = []

    def open_for(client: Client) -> Socket:
        opened.append(Socket(loop, client))
        return opened[-1]

    yield open_for
    for each in opened:
        each.close()


def let_in(who: str) -> set[str]:
    """The views that somebody is shown, with the keys of the firm's things."""
    return {
        name
        for name in LIVE
        # Who sees all of a company is let in with any key; another company's things have none.
        if who in LIVE[name]
        or (who == "outsider" and "user_id" not in live_views.get(name).parameters())
    }


@pytest.mark.parametrize("who", [*COLLEAGUES, "outsider"])
def test_a_socket_is_shown_what_its_person_may_see(
    firm: Firm, connect: Callable[[Client], Socket], who: str
) -> None:
    things = make_things(firm)
    socket = connect(browser_of(firm, who))
    socket.subscribe(firm, things)
    socket.wait_until(socket.answered)
    assert socket.shown() == let_in(who)
    assert socket.refused() == set(LIVE) - let_in(who)
    assert who in SEEING or "Hidden" not in json.dumps(socket.heard)


@pytest.mark.parametrize("who", [NOBODY, LOCKED_OUT])
def test_a_socket_of_nobody_is_told_to_sign_in(
    firm: Firm, connect: Callable[[Client], Socket], who: str
) -> None:
    things, owner = make_things(firm), browser_of(firm, "owner")
    key = owner.cookies[settings.SESSION_COOKIE_NAME].value
    socket = connect(browser_of(firm, who))
    socket.subscribe(firm, things, UserSession.objects.get(key_hash=hash_key(key)))
    said = socket.hear()
    assert (said["type"], said["reason"]) == ("reset", "signed-out")


def test_a_token_of_somebody_else_is_worth_nothing(
    firm: Firm, connect: Callable[[Client], Socket]
) -> None:
    things, owner = make_things(firm), browser_of(firm, "owner")
    key = owner.cookies[settings.SESSION_COOKIE_NAME].value
    socket = connect(browser_of(firm, "admin"))
    socket.subscribe(firm, things, UserSession.objects.get(key_hash=hash_key(key)))
    socket.settle()
    refused = [each["sub"] for each in socket.heard if each["type"] == "refused"]
    assert (set(refused), socket.shown()) == (set(LIVE), set())


@pytest.mark.parametrize("flip", FLIPS, ids=str)
def test_invariant_3_a_socket_shows_from_now_on_what_its_person_may_see_now(
    firm: Firm, connect: Callable[[Client], Socket], flip: Flip
) -> None:
    things, seat = make_things(firm), Seat(firm, flip.before)
    socket, witness = connect(seat.sit_down()), connect(browser_of(firm, "owner"))
    for each in (socket, witness):
        each.subscribe(firm, things)
        each.wait_until(each.answered)
    before, after = let_in(flip.before), set() if flip.after in OUT else let_in(flip.after)
    assert socket.shown() == before
    told = len(socket.heard)

    flip.road(firm, seat.person)
    rename(things)
    witness.wait_until(lambda: CANARY in json.dumps(witness.heard))

    if flip.after in OUT:
        while socket.alive:
            socket.hear()
        reason = "no-access" if flip.after == REMOVED else "signed-out"
        assert (socket.heard[-1]["type"], socket.heard[-1]["reason"]) == ("reset", reason)
    else:
        news = socket.heard[told:]
        socket.wait_until(lambda: _told(socket.heard[told:], "drop") == before - after)
        socket.wait_until(lambda: _told(socket.heard[told:], "add") == after - before)
        socket.wait_until(lambda: after - before <= _shown(socket.heard[told:]))
        socket.settle()
        news = socket.heard[told:]
        first = next(number for number, each in enumerate(news) if each["type"] == "access")
        assert not _shown(news[first:]) & (before - after), "a frame of what was dropped"
    # What was committed behind the revocation is in no byte to the revoked.
    if flip.after not in SEEING:
        assert CANARY not in json.dumps(socket.heard)
    elif after - before:
        socket.wait_until(lambda: CANARY in json.dumps(socket.heard))


def rename(things: Things) -> None:
    """Write the canary into everything that is live."""
    Workspace.objects.filter(pk=things.workspace.pk).update(name=CANARY)
    DataTable.objects.filter(pk=things.table.pk).update(name=CANARY)
    DataTableColumn.objects.filter(pk=things.column.pk).update(name=CANARY)
    DataTableRow.objects.filter(pk=things.row.pk).update(cells={str(things.column.pk): CANARY})
    User.objects.filter(memberships__company=things.company, memberships__role="owner").update(
        name="The owner"
    )


def _told(news: list[dict[str, Any]], what: str) -> set[str]:
    return {sub for each in news if each["type"] == "access" for sub in each[what]}


def _shown(news: list[dict[str, Any]]) -> set[str]:
    return {each["sub"] for each in news if each["type"] in {"frame", "current"}}
