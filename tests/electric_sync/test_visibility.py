"""A commit that was told before it can be seen is shown once it can be seen.

Between WAL and visibility there are milliseconds, or hours while a standby is missing. Tests
hold a commit there. That it was decoded already is known by a later change that is shown.
"""

from __future__ import annotations

from electric_sync.engine import engine
from tests.electric_sync.browser import Browser
from tests.electric_sync.conftest import add_orders
from tests.electric_sync.database import execute
from tests.electric_sync.page import LiveElement
from tests.electric_sync.suspended import suspended
from tests.project.shop.models import Customer

NOTE = "UPDATE shop_order SET note = %s WHERE id = %s"


def page_of(customer: Customer) -> str:
    return f"/customers/{customer.pk}/"


def orders(browser: Browser) -> LiveElement:
    (element,) = [each for each in browser.elements.values() if each.tag == "tbody"]
    return element


def names(browser: Browser) -> LiveElement:
    (element,) = [each for each in browser.elements.values() if each.tag == "div"]
    return element


def look_at(browser: Browser, customer: Customer) -> Browser:
    """Open the customer's page, and see that it is live."""
    browser.open(page_of(customer))
    browser.connect()
    browser.hear("current")
    browser.hear("current")
    return browser


def show(browser: Browser, text: str) -> None:
    """Wait until the list of orders has it."""
    browser.wait_until(lambda: text in orders(browser).content)


def test_invariant_8_a_commit_is_shown_after_it_has_become_visible(people, browser):
    late, soon = add_orders(people.customer, 2)
    page = look_at(browser(people.clerk), people.customer)

    with suspended(NOTE, "late", late.pk) as commit:
        execute(NOTE, "soon", soon.pk)
        show(page, "soon")
        page.settle()
        assert "late" not in orders(page).content

        commit.release()
        show(page, "late")


def test_invariant_8_a_commit_that_nobody_can_see_holds_up_nothing_else(people, browser):
    late, soon = add_orders(people.customer, 2)
    other = Customer.objects.create(shop=people.shop, name="Bertha")
    (elsewhere,) = add_orders(other, 1)
    one = look_at(browser(people.clerk), people.customer)
    two = look_at(browser(people.clerk), other)

    with suspended(NOTE, "late", late.pk):
        for text in ("first", "second", "third"):  # one after the other: each has its own run
            execute(NOTE, text, soon.pk)
            show(one, text)
            execute(NOTE, text, elsewhere.pk)
            show(two, text)
        Customer.objects.create(shop=people.shop, name="Cleo")
        one.wait_until(lambda: "Cleo" in names(one).content)


def test_invariant_8_who_comes_while_a_commit_is_suspended_is_shown_it_afterwards(people, browser):
    """Nobody followed that list when the commit was told: the hub remembers it for them."""
    other = Customer.objects.create(shop=people.shop, name="Bertha")
    (late,) = add_orders(other, 1)
    (soon,) = add_orders(people.customer, 1)
    there = look_at(browser(people.clerk), people.customer)

    with suspended(NOTE, "late", late.pk) as commit:
        execute(NOTE, "soon", soon.pk)
        show(there, "soon")
        newcomer = look_at(browser(people.owner), other)
        newcomer.settle()
        assert "late" not in orders(newcomer).content

        commit.release()
        show(newcomer, "late")


def test_invariant_8_who_joins_a_list_that_waits_for_a_commit_is_shown_it_too(people, browser):
    late, soon = add_orders(people.customer, 2)
    there = look_at(browser(people.clerk), people.customer)

    with suspended(NOTE, "late", late.pk) as commit:
        execute(NOTE, "soon", soon.pk)
        show(there, "soon")
        # The owner sees another audience's list, and the clerk's colleague the very same one.
        newcomers = [
            look_at(browser(each), people.customer) for each in (people.owner, people.clerk)
        ]

        commit.release()
        for each in newcomers:
            show(each, "late")


def test_invariant_8_a_region_is_rendered_again_once_the_commit_is_visible(people, browser):
    page = look_at(browser(people.clerk), people.customer)

    with suspended(
        "INSERT INTO shop_customer (shop_id, name) VALUES (%s, 'Late')", people.shop.pk
    ) as commit:
        Customer.objects.create(shop=people.shop, name="Soon")
        page.wait_until(lambda: "Soon" in names(page).content)
        assert "Late" not in names(page).content

        commit.release()
        page.wait_until(lambda: "Late" in names(page).content)


def test_invariant_8_a_region_that_is_new_hears_of_the_suspended_commit(people, browser):
    there = look_at(
        browser(people.stranger), Customer.objects.create(shop=people.elsewhere, name="X")
    )

    with suspended(
        "INSERT INTO shop_customer (shop_id, name) VALUES (%s, 'Late')", people.shop.pk
    ) as commit:
        Customer.objects.create(shop=people.elsewhere, name="Soon")
        there.wait_until(lambda: "Soon" in names(there).content)
        newcomer = look_at(browser(people.clerk), people.customer)
        assert "Late" not in names(newcomer).content

        commit.release()
        newcomer.wait_until(lambda: "Late" in names(newcomer).content)


def test_invariant_8_a_commit_is_shown_though_the_stream_was_cut_while_it_was_suspended(
    people, browser, monkeypatch
):
    """PostgreSQL opens no new stream before that commit has ended; pages are read all the same."""
    monkeypatch.setattr(engine, "POLL_SECONDS", 0.05)
    late, soon = add_orders(people.customer, 2)
    page = look_at(browser(people.clerk), people.customer)

    with suspended(NOTE, "late", late.pk) as commit:
        execute(
            "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots"
            " WHERE active AND database = current_database()"
        )
        execute(NOTE, "soon", soon.pk)
        show(page, "soon")

        commit.release()
        show(page, "late")


def test_invariant_3_a_suspended_revocation_counts_from_the_moment_it_can_be_seen(people, browser):
    (order,) = add_orders(people.customer, 1)
    page = look_at(browser(people.clerk), people.customer)

    with suspended("DELETE FROM shop_membership WHERE user_id = %s", people.clerk.pk) as revocation:
        execute(NOTE, "before", order.pk)
        show(page, "before")

        revocation.release()
        page.hear("reset")


def test_invariant_3_who_arrives_while_a_revocation_is_suspended_is_told_afterwards(
    people, browser
):
    (order,) = add_orders(people.customer, 1)
    witness = look_at(browser(people.owner), people.customer)

    with suspended("DELETE FROM shop_membership WHERE user_id = %s", people.clerk.pk) as revocation:
        execute(NOTE, "told by now", order.pk)
        show(witness, "told by now")
        page = look_at(browser(people.clerk), people.customer)

        revocation.release()
        page.hear("reset")


def test_invariant_3_no_row_passes_a_revocation_that_has_become_visible(people, browser):
    (order,) = add_orders(people.customer, 1)
    page = look_at(browser(people.clerk), people.customer)
    witness = look_at(browser(people.owner), people.customer)

    with suspended(
        "UPDATE electric_sync_usersession SET ended_at = now() WHERE user_id = %s", people.clerk.pk
    ) as revocation:
        revocation.release()
        execute(NOTE, "secret", order.pk)
        show(witness, "secret")
        page.hear("reset")
        page.drain()

    assert "secret" not in str(page.heard)
