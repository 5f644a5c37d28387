"""Requests to fetch anew: written anywhere, told to the pages concerned, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from electric_sync import resync
from electric_sync.models import ResyncRequest
from electric_sync.signals import resync_requested
from tests.electric_sync.browser import Browser
from tests.electric_sync.conftest import add_orders
from tests.electric_sync.database import execute
from tests.electric_sync.oracle import assert_page_becomes_fresh
from tests.project.shop.models import Customer, Order


@pytest.fixture
def open_page(people, browser) -> Callable[[User], Browser]:
    """A page with a list of each of two customers, and a region without parameters."""
    Customer.objects.create(shop=people.shop, name="Bo")
    add_orders(people.customer, 2)

    def open_for(user: User) -> Browser:
        page = browser(user)
        page.connect()
        page.hear("welcome")
        for customer in Customer.objects.order_by("pk"):
            page.follow("open_orders", customer_id=customer.pk)
        page.follow("customer_names")
        assert_page_becomes_fresh(page)
        page.heard.clear()
        return page

    return open_for


def ask(**what: Any) -> None:
    resync.request(**{"reason": "Mended", "requested_by": "me", **what})


def asked_of(page: Browser) -> list[list[str]]:
    """The live views that a page was asked to fetch anew, each time."""
    names = {page.sub_of(each): each.id for each in page.elements.values()}
    return [
        sorted(names[sub] for sub in each["subs"])
        for each in page.heard
        if each["type"] == "resync"
    ]


def test_everything_is_fetched_anew_by_everybody(people, open_page):
    clerk, owner = open_page(people.clerk), open_page(people.owner)

    ask()

    for page in (clerk, owner):
        assert page.hear("resync")["reason"] == "Mended"
        assert asked_of(page) == [sorted(page.elements)]


@pytest.mark.parametrize("whose", ["user", "tenant"])
def test_only_the_pages_that_are_meant_are_told(people, open_page, whose):
    clerk, owner = open_page(people.clerk), open_page(people.owner)

    ask(user=people.owner.pk) if whose == "user" else ask(tenant=people.elsewhere.pk)
    ask(user=people.clerk.pk, tenant=people.shop.pk, reason="last")
    clerk.hear("resync")

    assert [each["reason"] for each in clerk.heard if each["type"] == "resync"] == ["last"]
    owner.settle()
    assert len(asked_of(owner)) == (1 if whose == "user" else 0)


def test_only_what_has_the_parameters_is_fetched_anew(people, open_page):
    page = open_page(people.clerk)
    first, *_ = page.elements

    ask(params={"customer_id": people.customer.pk})
    page.hear("resync")
    ask(params={"customer_id": 4711}, reason="nobody shows that")
    ask(reason="last")
    page.hear("resync")

    assert asked_of(page) == [[first], sorted(page.elements)]


def test_psql_asks_as_well(people, open_page):
    page = open_page(people.clerk)

    execute("INSERT INTO electric_sync_resyncrequest (reason) VALUES ('by hand')")

    assert page.hear("resync")["reason"] == "by hand"


def test_a_request_is_told_once_and_not_to_those_who_come_later(people, open_page):
    early = open_page(people.clerk)
    ask(reason="first")
    early.hear("resync")
    late = open_page(people.owner)
    ask(reason="second")
    late.hear("resync")
    early.hear("resync")
    early.settle()

    assert [each["reason"] for each in early.heard if each["type"] == "resync"] == [
        "first",
        "second",
    ]
    assert [each["reason"] for each in late.heard if each["type"] == "resync"] == ["second"]


def test_a_view_that_is_subscribed_anew_without_an_etag_comes_whole(people, open_page):
    page = open_page(people.clerk)
    Order.objects.update(note="now")
    ask()
    page.hear("resync")
    for element in page.elements.values():
        element.etag = None
        element.content = ""
        page.subscribe(element)

    assert_page_becomes_fresh(page)
    assert all(element.content for element in list(page.elements.values())[:1])


def test_the_project_is_told_in_the_same_transaction(people):
    def refuse(request: ResyncRequest, **kwargs: object) -> None:
        raise ValueError(request.reason)

    resync_requested.connect(refuse)
    try:
        with pytest.raises(ValueError, match="Mended"):
            ask()
    finally:
        resync_requested.disconnect(refuse)

    assert not ResyncRequest.objects.exists()
