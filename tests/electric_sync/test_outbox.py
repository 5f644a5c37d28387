"""A browser that falls behind costs a few numbers, and is right again after one refresh."""

from __future__ import annotations

import asyncio

import pytest

from electric_sync.live import consumer, outbox
from electric_sync.live.consumer import POLICY_VIOLATION, LiveConsumer, Place, State
from electric_sync.live.groups import Subscription
from electric_sync.live.outbox import Outbox
from tests.electric_sync import views  # noqa: F401 registers them
from tests.electric_sync.conftest import add_orders
from tests.electric_sync.oracle import assert_page_becomes_fresh
from tests.project.shop.models import Order


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(outbox, "MAX_FRAMES", 4)


@pytest.fixture
def pages(people, browser, small):
    """Two pages with the same list; the first one acknowledges nothing."""
    add_orders(people.customer, 1)
    both = [browser(people.clerk), browser(people.owner)]
    for page in both:
        page.connect()
        page.follow("quiet_orders", customer_id=people.customer.pk)
        assert_page_becomes_fresh(page)
    both[0].acknowledges = False
    return both


def show_each(people, witness, notes) -> None:
    """One frame each: the next change is made when the witness has the one before."""
    (element,) = witness.elements.values()
    for note in notes:
        Order.objects.filter(customer=people.customer).update(note=note)
        witness.wait_until(lambda note=note: f">{note}<" in element.content)


def test_invariant_6_who_acknowledges_nothing_is_sent_nothing_over_the_bound(people, pages):
    slow, witness = pages
    show_each(people, witness, "abcdefgh")
    slow.drain()

    assert len([each for each in slow.heard if each["type"] == "frame"]) <= 1 + outbox.MAX_FRAMES


@pytest.mark.parametrize("notes", ["abcde", "abcdefghij"])
def test_invariant_5_who_caught_up_is_right_again_with_one_refresh(people, pages, notes):
    """Found: a frame that was left out counted as shown, so the page stayed wrong."""
    slow, witness = pages
    show_each(people, witness, notes)
    slow.drain()
    slow.heard.clear()

    slow.acknowledges = True
    slow.send(type="ack", seq=outbox.MAX_FRAMES + 1)

    assert_page_becomes_fresh(slow)
    assert len([each for each in slow.heard if each["type"] == "frame"]) == 1


def test_invariant_5_what_was_left_out_and_taken_back_costs_nothing(people, pages):
    slow, witness = pages
    show_each(people, witness, ["a", "b", "c", "d", "e", "d"])
    slow.drain()
    slow.heard.clear()

    slow.acknowledges = True
    slow.send(type="ack", seq=outbox.MAX_FRAMES + 1)
    slow.hear("current")

    assert_page_becomes_fresh(slow)


def test_invariant_6_the_bound_counts_bytes_too(people, pages, monkeypatch):
    monkeypatch.setattr(outbox, "MAX_FRAMES", 1_000)
    monkeypatch.setattr(outbox, "MAX_BYTES", 2_000)
    slow, witness = pages
    show_each(people, witness, [letter * 900 for letter in "abcdefgh"])
    slow.drain()

    frames = [each for each in slow.heard if each["type"] == "frame"]
    assert len(frames) < 5
    slow.acknowledges = True
    slow.send(type="ack", seq=frames[-1]["seq"])
    assert_page_becomes_fresh(slow)


def test_who_leaves_while_behind_leaves_for_good(people, pages):
    slow, witness = pages
    (element,) = slow.elements.values()
    show_each(people, witness, "abcdefgh")
    slow.send(type="unsubscribe", sub=slow.sub_of(element))
    slow.drain()
    slow.heard.clear()

    slow.send(type="ack", seq=outbox.MAX_FRAMES + 1)
    show_each(people, witness, "i")
    slow.settle()

    assert [each["type"] for each in slow.heard] == ["pong"]


class Groups:
    """A runtime, as far as a consumer that withdraws needs one."""

    def __init__(self):
        self.joined = []

    def leave(self, subscriptions):
        for each in subscriptions:
            each.instance = None

    async def join(self, subscription):
        self.joined.append(subscription.id)


def test_what_was_left_out_comes_when_what_it_waited_for_is_withdrawn(small, monkeypatch):
    """Found: nobody acknowledges frames that were never sent, so it was waited for for ever."""
    groups = Groups()
    monkeypatch.setattr(consumer, "runtime", lambda: groups)

    async def withdraw() -> None:
        socket = LiveConsumer()
        for name in ("going", "staying"):
            shown = Subscription(name, socket, etag=None, scene=None, definitions=())
            socket._places[name] = Place(name, None, None, shown)
        going, staying = (place.subscription for place in socket._places.values())
        for _ in range(outbox.MAX_FRAMES):
            assert socket.deliver(going, "frame", ["}"])
        assert not socket.deliver(staying, "frame", ["}"])

        socket._withdraw(["going"])
        await asyncio.gather(*socket._joining)

    asyncio.run(withdraw())
    assert groups.joined == ["staying"]


def test_invariant_6_who_reads_no_answers_is_sent_away(monkeypatch):
    """Found: answers to pings waited without a bound."""
    monkeypatch.setattr(consumer, "runtime", Groups)
    monkeypatch.setattr(consumer, "MAX_WAITING", 3)
    closed = []

    async def speak() -> None:
        socket = LiveConsumer()
        socket._state = State.OPEN
        monkeypatch.setattr(socket, "_forget", lambda: None)

        async def close(code: int) -> None:
            closed.append(code)

        monkeypatch.setattr(socket, "close", close)
        for number in range(5):
            await socket.receive(f'{{"type": "ping", "id": {number}}}')

    asyncio.run(speak())
    assert closed == [POLICY_VIOLATION]


class TestOutbox:
    def test_numbers_frames_from_one(self):
        box = Outbox()

        assert [box.number(10) for _ in range(3)] == [1, 2, 3]

    def test_is_full_at_the_bound_and_calm_below_half_of_it(self, small):
        box = Outbox()
        states = []
        for _ in range(4):
            box.number(1)
            states.append((box.full, box.calm))

        assert states == [(False, True), (False, False), (False, False), (True, False)]

    def test_forgets_what_was_acknowledged(self, small):
        box = Outbox()
        for _ in range(4):
            box.number(1)

        box.acknowledge(3)

        assert (box.full, box.calm) == (False, True)

    @pytest.mark.parametrize("seq", [-1, 0, 10**30])
    def test_takes_any_number(self, seq):
        box = Outbox()
        box.number(1)

        box.acknowledge(seq)

        assert not box.full
