"""The channel layer: it makes a change of access faster, and nothing depends on it."""

from __future__ import annotations

from contextlib import suppress

import pytest
from django.db import transaction

from electric_sync import invalidation
from electric_sync.access import Raises
from electric_sync.invalidation import EVERYBODY, group_of_tenant, group_of_user
from electric_sync.live import invalidations, runtime
from electric_sync.live.watch import AccessWatch
from tests.electric_sync import layers, views  # noqa: F401 registers them
from tests.electric_sync.conftest import add_orders
from tests.electric_sync.layers import MemoryLayer
from tests.electric_sync.oracle import assert_page_becomes_fresh
from tests.project.shop.models import Membership, Order


@pytest.fixture
def layer(settings, monkeypatch):
    """Have this kind of layer, of tests/electric_sync/layers.py."""

    def use(kind: str) -> None:
        settings.CHANNEL_LAYERS = {"default": {"BACKEND": f"{layers.__name__}.{kind}"}}

    monkeypatch.setattr(invalidation, "_silent_until", 0.0)
    use("MemoryLayer")
    return use


@pytest.fixture
def membership(people, layer):
    found = Membership.objects.get(user=people.clerk)
    invalidation.send(EVERYBODY)  # the layer is made when it is first used
    MemoryLayer.sent.clear()
    return found


def test_who_is_concerned_is_told(people, membership):
    membership.save()
    people.clerk.save()
    membership.delete()

    assert MemoryLayer.sent == [group_of_user(people.clerk.pk)] * 3


def test_a_sign_in_tells_its_user(people, membership, browser):
    browser(people.owner)

    assert group_of_user(people.owner.pk) in MemoryLayer.sent


def test_what_concerns_everybody_goes_to_the_tenant(membership):
    for raises, group in [
        (Raises(Membership, users=None, tenant="shop_id"), group_of_tenant(membership.shop_id)),
        (Raises(Membership, users=None, tenant=None), EVERYBODY),
    ]:
        MemoryLayer.sent.clear()
        invalidation._changed(raises, Membership, membership)
        assert MemoryLayer.sent == [group]


def test_nothing_is_told_of_what_was_rolled_back(membership):
    with suppress(ZeroDivisionError), transaction.atomic():
        membership.save()
        raise ZeroDivisionError

    assert MemoryLayer.sent == []


def test_it_is_told_when_it_can_be_seen(people, membership):
    with transaction.atomic():
        membership.save()
        assert MemoryLayer.sent == []
    assert MemoryLayer.sent


# ------------------------------------------------------------------------------ hearing


@pytest.fixture
def deaf(monkeypatch):
    """Processes that hear of changes of access by the channel layer alone."""
    monkeypatch.setattr(AccessWatch, "changed", lambda *news: None)
    monkeypatch.setattr(runtime, "EXPIRY_SECONDS", 1_000_000)


def test_the_event_alone_is_enough(people, membership, deaf, browser):
    page = browser(people.clerk)
    page.connect()
    page.hear("welcome")

    membership.delete()

    assert page.hear("reset")["reason"] == "no-access"


def test_an_event_for_the_tenant_is_heard(people, membership, deaf, browser):
    page = browser(people.clerk)
    page.connect()
    page.hear("welcome")
    Membership.objects.filter(pk=membership.pk).update(role="guest")

    invalidation.send(group_of_tenant(people.shop.pk))

    page.hear("access")


def test_who_connects_later_is_heard_of_too(people, membership, deaf, browser):
    for user in (people.owner, people.clerk):
        page = browser(user)
        page.connect()
        page.hear("welcome")

    membership.delete()

    page.hear("reset")


# ------------------------------------------------------------------- when it goes wrong


@pytest.mark.parametrize("kind", ["BrokenLayer", "HangingLayer"])
def test_a_layer_that_is_away_holds_nobody_up_for_long(people, layer, kind, caplog, monkeypatch):
    monkeypatch.setattr(invalidation, "SEND_SECONDS", 0.01)
    layer(kind)
    membership = Membership.objects.get(user=people.clerk)

    membership.save()
    tried = list(MemoryLayer.sent)
    membership.save()

    assert "the stream will tell" in caplog.text
    assert MemoryLayer.sent == tried  # for a while nobody tries again
    assert len(caplog.records) == 1


def test_a_layer_that_is_away_is_tried_again(people, layer, membership, monkeypatch):
    layer("BrokenLayer")
    membership.save()
    layer("MemoryLayer")
    monkeypatch.setattr(invalidation, "_silent_until", 0.0)

    membership.save()

    assert MemoryLayer.sent == [group_of_user(people.clerk.pk)]


def test_a_process_hears_again_when_the_layer_is_back(
    people, membership, deaf, browser, layer, monkeypatch
):
    monkeypatch.setattr(invalidations, "RETRY_SECONDS", 0.01)
    layer("BrokenLayer")
    page = browser(people.clerk)
    page.connect()
    page.hear("welcome")
    monkeypatch.setattr(invalidation, "_silent_until", 0.0)
    layer("MemoryLayer")

    Membership.objects.filter(pk=membership.pk).delete()
    while not [each for each in page.heard if each["type"] == "reset"]:
        invalidation.send(group_of_user(people.clerk.pk))
        page.drain()


@pytest.mark.parametrize("kind", ["FlakyLayer", "BrokenLayer", ""])
def test_invariants_3_and_5_hold_whatever_becomes_of_the_events(
    people, browser, layer, kind, settings
):
    """Also without a layer at all."""
    if kind:
        layer(kind)
    else:
        settings.CHANNEL_LAYERS = {}
    clerk, witness = browser(people.clerk), browser(people.owner)
    add_orders(people.customer, 1)
    for each in (clerk, witness):
        each.connect()
        each.follow("quiet_orders", customer_id=people.customer.pk)
        assert_page_becomes_fresh(each)
    membership = Membership.objects.get(user=people.clerk)

    for number in range(15):
        membership.role = "guest"
        membership.save()
        Order.objects.update(note=f"canary {number}")
        assert_page_becomes_fresh(witness)
        assert_page_becomes_fresh(clerk)
        assert f"canary {number}" not in str(clerk.heard)
        membership.role = "clerk"
        membership.save()
        assert_page_becomes_fresh(clerk)
