"""A change of access in the middle of a session: what stays, goes, and comes back."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from electric_sync.access import Reset, data_version, load_viewer
from electric_sync.live import consumer, refresher, runtime
from electric_sync.live.consumer import MAX_SUBSCRIPTIONS, LiveConsumer
from electric_sync.live.groups import GroupRun
from electric_sync.live.watch import AccessWatch
from electric_sync.values import Snapshot
from tests.electric_sync import views  # noqa: F401 registers them
from tests.electric_sync.conftest import add_orders
from tests.electric_sync.database import execute, wait_for
from tests.electric_sync.loop import PATIENCE
from tests.electric_sync.oracle import assert_page_becomes_fresh
from tests.electric_sync.page import LiveElement
from tests.project.shop.models import Membership, Order


@pytest.fixture
def page(people, browser):
    """A clerk's page with a list that others see differently, and one that all see alike."""
    add_orders(people.customer, 2, note="an order")
    opened = browser(people.clerk)
    opened.connect()
    opened.hear("welcome")
    for name in ("open_orders", "quiet_orders"):
        opened.follow(name, customer_id=people.customer.pk)
    assert_page_becomes_fresh(opened)
    opened.heard.clear()
    return opened


def role(people, role: str) -> None:
    Membership.objects.filter(user=people.clerk).update(role=role)


def elements(page) -> tuple[LiveElement, LiveElement]:
    first, second = page.elements.values()
    return first, second


def kinds(page) -> list[str]:
    return [each["type"] for each in page.heard if each["type"] != "pong"]


def test_what_looks_the_same_is_kept_and_what_does_not_is_sent_whole(people, page):
    orders, _ = elements(page)

    role(people, "owner")
    answer = page.hear("access")
    frame = page.hear("frame")
    page.settle()

    assert (answer["drop"], answer["add"]) == ([], [])
    assert answer["change"] == [page.sub_of(orders)]
    assert frame["sub"] == page.sub_of(orders)
    assert 'hx-swap-oob="innerHTML"' in frame["content"]
    assert kinds(page) == ["access", "frame"]
    assert_page_becomes_fresh(page)


def test_what_may_not_be_seen_is_dropped_and_given_back(people, page):
    role(people, "guest")
    dropped = page.hear("access")
    assert dropped["drop"] == sorted(map(page.sub_of, page.elements.values()))
    assert [each.content for each in page.elements.values()] == ["", ""]

    Order.objects.update(note="while nobody looked")
    role(people, "clerk")
    given = page.hear("access")

    assert (given["drop"], given["add"]) == ([], dropped["drop"])
    assert_page_becomes_fresh(page)
    assert all("while nobody looked" in each.content for each in page.elements.values())


def test_what_was_refused_is_shown_when_it_may_be(people, browser):
    role(people, "guest")
    page = browser(people.clerk)
    page.connect()
    element = page.follow("quiet_orders", customer_id=people.customer.pk)
    assert page.hear("refused")["reason"] == "forbidden"
    add_orders(people.customer, 1, note="seen")

    role(people, "clerk")

    assert page.hear("access")["add"] == [page.sub_of(element)]
    page.wait_until(lambda: "seen" in element.content)


def test_what_was_withdrawn_may_be_unsubscribed(people, page):
    role(people, "guest")
    page.hear("access")
    first, second = elements(page)

    page.send(type="unsubscribe", sub=page.sub_of(first))
    page.settle()
    role(people, "clerk")

    assert page.hear("access")["add"] == [page.sub_of(second)]


def test_a_withdrawn_list_that_is_asked_for_again_is_refused_again(people, page):
    role(people, "guest")
    page.hear("access")
    first, _ = elements(page)

    page.subscribe(first)
    assert page.hear("refused")["reason"] == "forbidden"
    role(people, "clerk")

    assert page.sub_of(first) in page.hear("access")["add"]
    assert_page_becomes_fresh(page)


def test_an_etag_of_before_is_not_believed_of_a_withdrawn_list(people, page):
    """Whatever the browser says, its page is empty there."""
    first, _ = elements(page)
    etag = first.etag
    role(people, "guest")
    page.hear("access")
    role(people, "clerk")
    page.hear("access")
    page.drain()

    page.send(
        type="subscribe",
        sub=page.sub_of(first),
        token=first.token,
        etag=etag,
        size=first.size,
        after=None,
    )

    assert_page_becomes_fresh(page)


def test_invariant_6_withdrawn_lists_count(people, browser, monkeypatch):
    monkeypatch.setattr(consumer, "MESSAGES_PER_SECOND", 1_000)
    role(people, "guest")
    page = browser(people.clerk)
    page.connect()
    for _ in range(MAX_SUBSCRIPTIONS):
        page.follow("quiet_orders", customer_id=people.customer.pk)
        assert page.hear("refused")["reason"] == "forbidden"

    page.follow("quiet_orders", customer_id=people.customer.pk)

    assert page.hear("refused")["reason"] == "too-many"


def test_two_changes_that_cancel_out_are_none(people, page):
    execute(
        "WITH one AS (SELECT 1) UPDATE shop_membership SET role = role WHERE user_id = %s",
        people.clerk.pk,
    )
    Order.objects.update(note="new")
    page.wait_until(lambda: all("new" in each.content for each in page.elements.values()))

    assert "access" not in kinds(page)


class Stuck:
    """A socket of the server that cannot be written to until it is released."""

    def __init__(self, page, loop) -> None:
        self._loop = loop
        self._released = asyncio.Event()
        self.is_stuck = False
        loop.run(self._hold(page.session.pk))

    async def _hold(self, session_id: UUID) -> None:
        (self._socket,) = [
            each for each in runtime.runtime().sockets if each.held.viewer.session_id == session_id
        ]
        send = self._socket.send

        async def wait(text: str) -> None:
            self.is_stuck = True
            await self._released.wait()
            await send(text)

        self._socket.send = wait

    def wait_until(self, condition: Callable[[LiveConsumer], bool]) -> None:
        async def ask() -> bool:
            return condition(self._socket)

        wait_for(lambda: self._loop.run(ask()), "what the socket has to say")

    def release(self) -> None:
        self._loop.loop.call_soon_threadsafe(self._released.set)


def test_frames_that_wait_are_not_sent_after_a_revocation(people, page, loop, browser):
    stuck = Stuck(page, loop)
    page.send(type="ping", id="being written")
    stuck.wait_until(lambda _: stuck.is_stuck)
    Order.objects.update(note="waiting")
    witness = browser(people.owner)
    witness.connect()
    seen = witness.follow("quiet_orders", customer_id=people.customer.pk)
    witness.wait_until(lambda: "waiting" in seen.content)

    role(people, "guest")
    stuck.wait_until(lambda socket: '"access"' in socket._outgoing[-1].texts[0])
    stuck.release()

    page.hear("access")
    page.settle()
    assert "waiting" not in str(page.heard)
    stuck.wait_until(lambda socket: not socket._outbox._sent)


# -------------------------------------------------- readings that end in another order


def socket_of(page, loop) -> LiveConsumer:
    async def find() -> LiveConsumer:
        (found,) = runtime.runtime().sockets
        return found

    return loop.run(find())


def tell(socket: LiveConsumer, loop, present, snapshot: Snapshot) -> None:
    """What a reading of that snapshot found."""

    async def learn() -> None:
        socket.learn(present, snapshot)

    loop.run(learn())


LONG_AGO = Snapshot(4, 4, frozenset())


def test_an_older_reading_that_knew_of_no_access_changes_nothing(people, page, loop):
    socket = socket_of(page, loop)
    held = socket.held

    tell(socket, loop, Reset.NO_ACCESS, LONG_AGO)

    assert [page.receive()["type"] for _ in elements(page)] == ["current", "current"]
    assert socket.held.viewer == held.viewer
    Order.objects.update(note="goes on")
    page.wait_until(lambda: all("goes on" in each.content for each in page.elements.values()))


def test_what_an_older_reading_showed_to_others_is_not_delivered(people, page, loop):
    """Lists that it would have shown to another audience join anew; the others stay."""
    socket = socket_of(page, loop)
    orders, _ = elements(page)
    owner = replace(socket.held.viewer, access=replace(socket.held.viewer.access, role="owner"))

    tell(socket, loop, replace(socket.held, viewer=owner, snapshot=LONG_AGO), LONG_AGO)
    page.hear("current")
    page.settle()

    assert [each["sub"] for each in page.heard if "sub" in each] == [page.sub_of(orders)]


def test_an_older_reading_with_the_same_access_is_no_news(people, page, loop):
    socket = socket_of(page, loop)
    held = socket.held

    tell(socket, loop, replace(held, snapshot=LONG_AGO), LONG_AGO)
    page.settle()

    assert kinds(page) == []
    assert socket.held is held


def test_a_newer_reading_that_found_what_was_there_before_gives_it_back(people, page, loop):
    """It began before an older one was heard of, in which the access was another one."""
    socket = socket_of(page, loop)
    held = socket.held
    newer, newest = (
        Snapshot(held.snapshot.xmax + n, held.snapshot.xmax + n, frozenset()) for n in (1, 2)
    )
    guest = replace(held.viewer, access=replace(held.viewer.access, role="guest"))

    async def both() -> None:
        socket.learn(replace(held, viewer=guest, snapshot=newer), newer)
        socket.learn(replace(held, snapshot=newest), newest)

    loop.run(both())

    assert len(page.hear("access")["drop"]) == 2
    assert len(page.hear("access")["add"]) == 2
    assert_page_becomes_fresh(page)


class Gate:
    """The next reading of rows is stopped when it has read, until it is let go."""

    def __init__(self, monkeypatch) -> None:
        self.has_read, self.goes_on = threading.Event(), threading.Event()
        run = refresher._run

        def stop(work):
            snapshot = run(work)
            if isinstance(work, GroupRun) and not self.has_read.is_set():
                self.has_read.set()
                assert self.goes_on.wait(PATIENCE)
            return snapshot

        monkeypatch.setattr(refresher, "_run", stop)


def test_invariant_3_a_canary_of_an_older_reading_reaches_nobody_who_had_no_access_then(
    people, page, loop, monkeypatch
):
    """Access is taken, a canary is read, all is given back, and only then the reading ends."""
    monkeypatch.setattr(AccessWatch, "changed", lambda *news: None)  # it looks when it is told to
    socket, gate = socket_of(page, loop), Gate(monkeypatch)

    role(people, "guest")
    Order.objects.update(note="canary")
    assert gate.has_read.wait(PATIENCE)
    Order.objects.update(note="hidden")
    role(people, "clerk")
    before = socket.held.snapshot
    loop.loop.call_soon_threadsafe(socket._runtime.look)
    wait_for(lambda: socket.held.snapshot != before, "a newer reading")
    gate.goes_on.set()

    assert_page_becomes_fresh(page)
    assert all("hidden" in each.content for each in page.elements.values())
    assert "canary" not in str(page.heard)


# ------------------------------------------------------------------------- the version


def test_the_version_names_the_access(people, page, browser):
    welcome = browser(people.clerk)
    welcome.connect()
    before = welcome.hear("welcome")["version"]
    assert before == data_version(load_viewer(page.session_key))

    role(people, "owner")
    assert page.hear("access")["version"] == data_version(load_viewer(page.session_key)) != before
    role(people, "clerk")
    assert page.hear("access")["version"] == before


def test_what_is_no_version_cannot_have_been_cleared(page):
    page.send_text(json.dumps({"type": "cleared", "version": 7}))

    assert page.hear("closed")


def test_a_socket_that_was_reset_is_closed_when_the_page_is_empty(people, page):
    Membership.objects.filter(user=people.clerk).delete()
    assert page.hear("reset") == {"type": "reset", "reason": "no-access"}
    page.send(type="ping", id=1)
    page.send(type="cleared", version="")

    assert page.receive()["type"] == "closed"


def test_a_socket_that_was_reset_is_closed_after_a_while(people, page, monkeypatch):
    monkeypatch.setattr(consumer, "CLEARING_SECONDS", 0.05)
    Membership.objects.filter(user=people.clerk).delete()
    page.hear("reset")

    assert page.receive()["type"] == "closed"
