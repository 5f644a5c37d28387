"""Windows against PostgreSQL: its filter and its order, cut into pages, and kept up to date."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Length
from hypothesis import given
from hypothesis import strategies as st

from electric_sync.live import window, window_test
from electric_sync.live.audience import Audience
from electric_sync.live.fragments import Container
from electric_sync.live.window import BadWindow, Rendered, Rows, Window
from tests.electric_sync.examples import one_in
from tests.electric_sync.page import LiveElement
from tests.project.shop.models import Customer, Order, Shop

pytestmark = pytest.mark.django_db

STEP = 3
"""Rows of the smallest window in here: with a hundred, every test would need thousands."""

ORDERS = {
    "number": (["number", "id"], "number, id"),
    "number, descending": (["-number", "-id"], "number DESC, id DESC"),
    "NULLs last": (["note", "id"], "note, id"),
    "NULLs first": (["-note", "id"], "note DESC, id"),
    "NULLs first, ascending": (
        [F("note").asc(nulls_first=True), "-id"],
        "note NULLS FIRST, id DESC",
    ),
    "NULLs last, descending": (
        [F("note").desc(nulls_last=True), "id"],
        "note DESC NULLS LAST, id",
    ),
    "three columns": (["state", "-note", "-number", "id"], "state, note DESC, number DESC, id"),
    "an expression": (
        [Length("note").asc(nulls_first=True), "-pk"],
        "length(note) NULLS FIRST, id DESC",
    ),
    "a filter, too": (
        ["-state", F("note").desc(nulls_last=True), "id"],
        "state DESC, note DESC NULLS LAST, id",
    ),
}

values = st.fixed_dictionaries(
    {
        "number": st.integers(-2, 4),
        "note": st.sampled_from([None, "", "a", "A", "ä", "b", "bb", "<i>&"]),
        "state": st.sampled_from(["open", "closed", "lost"]),
    }
)
some_rows = st.lists(values, max_size=14)
an_order = st.sampled_from(sorted(ORDERS))


@pytest.fixture(autouse=True)
def small_steps(monkeypatch):
    monkeypatch.setattr(window, "STEP", STEP)


@pytest.fixture
def customer(db):
    shop = Shop.objects.create(name="S")
    return Customer.objects.create(shop=shop, name="C")


def fill(customer: Customer, rows: list[dict]) -> list[Order]:
    Order.objects.all().delete()
    return Order.objects.bulk_create(
        Order(shop_id=customer.shop_id, customer=customer, **row) for row in rows
    )


def rows_of(order: str, **of_window) -> Rows:
    queryset = Order.objects.order_by(*ORDERS[order][0])
    if order == "a filter, too":
        queryset = queryset.exclude(state="lost")
    return Rows(
        queryset=queryset,
        template="shop/_order.html",
        context=lambda: {"audience": Audience(can_edit=False)},
        container=Container("live-x", "tbody"),
        window=Window(**{"size": STEP, **of_window}),
    )


def keys_of(order: str) -> list[str]:
    """What PostgreSQL says, asked in its own words."""
    where = "WHERE state <> 'lost'" if order == "a filter, too" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM shop_order {where} ORDER BY {ORDERS[order][1]}")
        return [str(key) for (key,) in cursor.fetchall()]


@one_in(3)
@given(order=an_order, rows=some_rows)
def test_pages_by_cursor_are_the_whole_list_each_row_once(customer, order, rows):
    fill(customer, rows)
    expected = keys_of(order)

    paged, page = [], rows_of(order)
    while True:
        rendered, _ = window.read(page)
        paged.extend(rendered.keys)
        assert rendered.more is (len(paged) < len(expected))
        if not rendered.more:
            break
        page = replace(page, window=Window(STEP, rendered.cursors[-1]))

    assert paged == expected


@one_in(3)
@given(order=an_order, rows=some_rows)
def test_the_cursors_of_a_large_window_are_those_of_small_ones(customer, order, rows):
    fill(customer, rows)
    expected = keys_of(order)

    rendered, _ = window.read(rows_of(order, size=4 * STEP))

    assert list(rendered.keys) == expected[: 4 * STEP]
    for at, cursor in enumerate(rendered.cursors, 1):
        behind, _ = window.read(rows_of(order, after=cursor))
        assert list(behind.keys) == expected[at * STEP : (at + 1) * STEP]


changes = st.lists(
    st.tuples(st.sampled_from(["insert", "update", "delete", "touch"]), st.integers(0, 13), values),
    max_size=5,
)


def change(customer: Customer, story) -> frozenset[str]:
    """Write; returns the keys of the rows that changed, and of some that look the same."""
    changed = set()
    for how, choice, row in story:
        there = list(Order.objects.order_by("id"))
        if how == "insert":
            order = Order.objects.create(shop_id=customer.shop_id, customer=customer, **row)
        elif not there:
            continue
        else:
            order = there[choice % len(there)]
        changed.add(str(order.pk))
        if how == "update":
            Order.objects.filter(pk=order.pk).update(**row)
        elif how == "delete":
            order.delete()
    return frozenset(changed)


a_window = st.tuples(st.integers(1, 2), st.integers(0, 2))
"""Its size in steps, and the page that it begins behind."""


def window_at(order: str, steps: int, pages: int) -> Rows:
    """A window somewhere in the list as it is now."""
    cursors = window.read(rows_of(order, size=2 * STEP))[0].cursors
    after = cursors[pages - 1] if 0 < pages <= len(cursors) else None
    return rows_of(order, size=steps * STEP, after=after)


@one_in(3)
@given(order=an_order, rows=some_rows, story=changes, at=a_window)
def test_invariant_5_an_updated_window_is_what_reading_it_gives(customer, order, rows, story, at):
    fill(customer, rows)
    view = window_at(order, *at)
    old, html = window.read(view)
    changed = change(customer, story)

    fresh, fresh_html = window.read(view)
    updated = window.update(view, old, changed)
    new, content = (
        updated if updated else (fresh, window.difference(view.container, old, fresh, fresh_html))
    )

    assert new == fresh
    assert new.behind == fresh.behind
    assert new.etag == fresh.etag
    page = after_frame("".join(html.values()), new, content)
    assert page == "".join(fresh_html.values())


@one_in(3)
@given(order=an_order, rows=some_rows, story=changes, at=a_window, cut=st.integers(0, 5))
def test_invariant_5_changes_that_are_seen_before_they_are_told_end_up_right(
    customer, order, rows, story, at, cut
):
    """A snapshot may see a commit whose rows the stream names later."""
    fill(customer, rows)
    view = window_at(order, *at)
    state, html = window.read(view)
    changed = sorted(change(customer, story))

    page = "".join(html.values())
    for told in (frozenset(changed[:cut]), frozenset(changed[cut:])):
        question = window_test.question_of(view)
        if told and window_test.concerned({1: (question, state)}, told):
            updated = window.update(view, state, told)
            if updated is None:
                new, html = window.read(view)
                updated = new, window.difference(view.container, state, new, html)
            page = after_frame(page, *updated)
            state = updated[0]

    fresh, fresh_html = window.read(view)
    assert state == fresh
    assert page == "".join(fresh_html.values())


def after_frame(page_content: str, new: Rendered, content: str) -> str:
    page = LiveElement("live-x", "tbody", "", etag="", content=page_content)
    page.apply({"etag": new.etag, "more": new.more, "cursors": [], "content": content})
    return page.content


@one_in(3)
@given(order=an_order, rows=some_rows, story=changes, at=a_window)
def test_a_window_that_is_not_concerned_stays_as_it_is(customer, order, rows, story, at):
    fill(customer, rows)
    view = window_at(order, *at)
    old, _ = window.read(view)
    changed = change(customer, story)

    question = window_test.question_of(view)
    if not window_test.concerned({7: (question, old)}, changed):
        fresh, _ = window.read(view)
        assert fresh == old
        assert fresh.behind == old.behind


@pytest.mark.parametrize(
    ("key", "is_concerned"),
    [(0, False), (4, False), (6, True), (8, True), (9, True), (11, False)],
    ids=[
        "before it",
        "last before it",
        "first in it",
        "last in it",
        "first behind it",
        "far behind",
    ],
)
def test_a_window_is_concerned_by_its_rows_and_the_one_behind(customer, key, is_concerned):
    orders = fill(customer, [{"number": number} for number in range(12)])
    first, _ = window.read(rows_of("number", size=2 * STEP))
    view = rows_of("number", after=first.cursors[1])
    rendered, _ = window.read(view)
    assert [*rendered.keys, rendered.behind] == [str(each.pk) for each in orders[6:10]]

    found = window_test.concerned(
        {1: (window_test.question_of(view), rendered)}, frozenset({str(orders[key].pk)})
    )

    assert bool(found) is is_concerned


def test_many_lists_are_asked_about_at_once(customer, django_assert_num_queries):
    orders = fill(customer, [{"number": number} for number in range(STEP + 2)])
    view = rows_of("number")
    question, rendered = window_test.question_of(view), window.read(view)[0]
    lists = dict.fromkeys(range(window_test.BATCH), (question, rendered))

    with django_assert_num_queries(1):
        assert not window_test.concerned(lists, frozenset({str(orders[-1].pk)}))


def test_renderings_are_equal_only_in_the_same_order():
    one = Rendered({"1": b"a", "2": b"b"})
    two = Rendered({"2": b"b", "1": b"a"})

    assert one != two
    assert one.etag != two.etag


def test_equal_positions_have_equal_cursors(customer):
    fill(customer, [{"number": number} for number in range(STEP + 1)])

    assert window.read(rows_of("number")) == window.read(rows_of("number"))


def test_a_cursor_of_another_list_is_refused(customer):
    fill(customer, [{"number": number} for number in range(STEP + 1)])
    theirs = replace(rows_of("number"), container=Container("live-other", "tbody"))
    cursor = window.read(theirs)[0].cursors[0]

    with pytest.raises(BadWindow, match="another list"):
        window.read(rows_of("number", after=cursor))
    with pytest.raises(BadWindow, match="another list"):
        window.check_cursor(cursor, Container("live-x", "tbody"))


def test_a_cursor_of_another_order_is_refused(customer):
    fill(customer, [{"number": number} for number in range(STEP + 1)])
    cursor = window.read(rows_of("number"))[0].cursors[0]

    with pytest.raises(BadWindow, match="another list"):
        window.read(rows_of("three columns", after=cursor))


@pytest.mark.parametrize("cursor", ["", "x", "a:b", "\ud800:x", "é:é", "x" * 5000])
def test_a_cursor_that_was_made_up_is_refused(cursor):
    with pytest.raises(BadWindow):
        window.check_cursor(cursor, Container("live-x", "tbody"))


def test_an_order_that_says_nothing_is_refused():
    with pytest.raises(ValueError, match="Order the queryset of Order"):
        window.order_of(Order.objects.all())


@pytest.mark.parametrize(
    ("asked", "given_size"),
    [(0, 3), (-5, 3), (1, 3), (3, 3), (4, 6), (499, 501), (500, 501), (10**9, 501), (True, 3)],
)
def test_windows_grow_in_steps_and_have_a_bound(asked, given_size):
    assert Window.of(asked, None).size == given_size  # 500, rounded up to steps of three


@pytest.mark.parametrize(
    ("size", "after"), [("3", None), (3.0, None), (None, None), (3, 7), (3, [])]
)
def test_what_is_no_window_is_refused(size, after):
    with pytest.raises(BadWindow):
        Window.of(size, after)
