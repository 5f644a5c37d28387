"""Receipts over real sockets: from a change of access, by any road, to the page that is cleared."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from electric_sync.models import LiveSocket, Receipt, UserSession
from tests.electric_sync.browser import Browser
from tests.electric_sync.conftest import People, add_orders
from tests.electric_sync.database import execute, wait_for
from tests.project.shop.models import Membership

Opens = Callable[[User], Browser]


def open_page(browser: Opens, people: People, like: Browser | None = None) -> Browser:
    """A page of the clerk's that is connected and has been cleared; ``like``: another tab."""
    page = browser(people.clerk)
    if like is not None:
        page.session.delete()  # of the same sign-in instead
        page.client = like.client
    page.connect()
    version = page.hear("welcome")["version"]
    page.follow("open_orders", customer_id=people.customer.pk)
    page.settle()
    page.send(type="cleared", version=version)
    return page


@pytest.fixture
def page(people: People, browser: Opens) -> Browser:
    add_orders(people.customer, 2)
    return open_page(browser, people)


def is_cleared() -> bool:
    return Receipt.objects.exists() and not Receipt.objects.filter(cleared_at=None).exists()


def is_connected(page: Browser) -> bool:
    return LiveSocket.objects.filter(session=page.session).exclude(confirmed=None).exists()


ROADS = {
    "a form": lambda clerk: Membership.objects.get(user=clerk).delete(),
    "a bulk update": lambda clerk: Membership.objects.filter(user=clerk).update(role="guest"),
    "a cascade": lambda clerk: Membership.objects.get(user=clerk).shop.delete(),
    "psql": lambda clerk: execute(
        "UPDATE shop_membership SET role = 'guest' WHERE user_id = %s", clerk.pk
    ),
    "TRUNCATE": lambda clerk: execute("TRUNCATE shop_membership"),
    "being locked out": lambda clerk: User.objects.filter(pk=clerk.pk).update(is_active=False),
    "another password": lambda clerk: User.objects.filter(pk=clerk.pk).update(password="x"),
    "being signed out": lambda clerk: UserSession.objects.filter(user=clerk).end(),
}


@pytest.mark.parametrize("road", ROADS)
def test_invariant_4_every_road_ends_in_a_receipt_that_is_cleared(people, page, road):
    wait_for(lambda: is_connected(page), "the page is written down")

    ROADS[road](people.clerk)
    while page.receive()["type"] not in {"access", "reset"}:
        pass
    if page.heard[-1]["type"] == "reset":
        assert not is_cleared(), "before the browser says so"
        page.send(type="cleared", version="")

    wait_for(is_cleared, "the receipt is cleared")
    assert {each.user for each in Receipt.objects.all()} >= {str(people.clerk.pk)}


def test_a_receipt_waits_for_every_tab(people, page, browser):
    other = open_page(browser, people, like=page)
    wait_for(lambda: LiveSocket.objects.exclude(confirmed=None).count() == 2, "both are there")
    first = LiveSocket.objects.filter(session=page.session).earliest("since")
    Membership.objects.filter(user=people.clerk).update(role="guest")
    page.hear("access")
    wait_for(
        lambda: LiveSocket.objects.get(pk=first.pk).confirmed != first.confirmed,
        "the first has confirmed",
    )
    assert not is_cleared()

    other.hear("access")

    wait_for(is_cleared, "the receipt is cleared")


def test_what_concerns_a_page_and_changes_nothing_needs_no_word_of_it(people, page):
    wait_for(lambda: is_connected(page), "the page is written down")

    Membership.objects.create(shop=people.shop, user=people.clerk, role="owner")

    wait_for(is_cleared, "the receipt is cleared")
    page.settle()
    assert not [each for each in page.heard if each["type"] in {"access", "reset"}]


def test_a_device_that_was_offline_clears_when_it_returns(people, page, browser):
    wait_for(lambda: is_connected(page), "the page is written down")
    page.disconnect()
    wait_for(lambda: not LiveSocket.objects.exists(), "its row is gone")
    Membership.objects.filter(user=people.clerk).update(role="guest")
    assert not is_cleared()

    page.connect()
    version = page.hear("welcome")["version"]
    page.settle()
    assert not is_cleared()
    page.send(type="cleared", version=version)

    wait_for(is_cleared, "the receipt is cleared")


def test_a_device_that_was_signed_out_while_offline_clears_when_it_returns(people, page):
    wait_for(lambda: is_connected(page), "the page is written down")
    page.disconnect()
    wait_for(lambda: not LiveSocket.objects.exists(), "its row is gone")
    UserSession.objects.filter(user=people.clerk).end()

    page.connect()
    page.hear("reset")
    page.send(type="cleared", version="")

    wait_for(is_cleared, "the receipt is cleared")


def test_an_older_version_confirms_nothing(people, page):
    wait_for(lambda: is_connected(page), "the page is written down")
    before = LiveSocket.objects.get().version
    page.acknowledges = False
    Membership.objects.filter(user=people.clerk).update(role="guest")
    message = page._loop.run(page._receive())
    while message["type"] != "access":
        message = page._loop.run(page._receive())

    page.send(type="cleared", version=before)
    page.settle()
    assert not is_cleared()
    page.send(type="cleared", version=message["version"])

    wait_for(is_cleared, "the receipt is cleared")


def test_refused_tokens_are_counted_for_the_session(people, page):
    page.send(type="subscribe", sub="x", token="tampered", etag=None, size=0, after=None)
    page.settle()
    page.disconnect()

    wait_for(
        lambda: UserSession.objects.get(user=people.clerk).refused == 1, "the refusal is counted"
    )
