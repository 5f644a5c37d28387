"""Lists on pages: what is sent to whom, and what becomes of those that cannot be rendered."""

from __future__ import annotations

import pytest
from django.db import connection

from electric_sync.hub import Hub
from electric_sync.live.audience import Audience
from electric_sync.live.groups import Group
from electric_sync.live.views import Scene
from electric_sync.live.window import Window
from electric_sync.values import ShapeChanges, ShapeDefinition, Snapshot, TableName
from tests.electric_sync import views  # noqa: F401 registers them
from tests.electric_sync.conftest import add_orders
from tests.electric_sync.oracle import assert_page_becomes_fresh
from tests.project.shop.models import Customer, Order


def note(order: Order, text: str | None) -> None:
    Order.objects.filter(pk=order.pk).update(note=text)


@pytest.fixture
def page(people, browser):
    """A clerk's socket, without a page."""
    connected = browser(people.clerk)
    connected.connect()
    return connected


def test_invariant_5_a_row_that_looks_the_same_moves_all_the_same(people, page):
    """Found: two renderings with equal rows in another order counted as equal."""
    orders = add_orders(people.customer, 4)
    for order, text in zip(orders, "abcd", strict=True):
        note(order, text)
    element = page.follow("quiet_orders", customer_id=people.customer.pk)
    assert_page_becomes_fresh(page)

    Order.objects.filter(pk=orders[0].pk).update(number=9)

    page.wait_until(lambda: [*element.rows][-1].endswith(f"-{orders[0].pk}"))
    assert_page_becomes_fresh(page)


def test_invariant_5_a_row_that_moves_is_not_sent_again(people, page):
    orders = add_orders(people.customer, 4, note="secret handshake")
    element = page.follow("quiet_orders", customer_id=people.customer.pk)
    assert_page_becomes_fresh(page)
    page.heard.clear()

    Order.objects.filter(pk=orders[0].pk).update(number=9)
    page.wait_until(lambda: [*element.rows][-1].endswith(f"-{orders[0].pk}"))

    (frame,) = [each for each in page.heard if each["type"] == "frame"]
    assert "data-live-move" in frame["content"]
    assert "secret handshake" not in frame["content"]


@pytest.mark.parametrize("gone", [1, 50])
def test_invariant_5_a_list_knows_when_nothing_is_behind_its_window_any_more(people, page, gone):
    """Found: "more" stayed true when the rows behind the window went."""
    orders = add_orders(people.customer, 100 + gone)
    element = page.follow("quiet_orders", customer_id=people.customer.pk)
    page.wait_until(lambda: element.more)

    for order in orders[100:]:
        order.delete()

    page.wait_until(lambda: not element.more)
    assert_page_becomes_fresh(page)


def test_invariant_5_a_list_knows_when_something_is_behind_its_window(people, page):
    add_orders(people.customer, 100)
    element = page.follow("quiet_orders", customer_id=people.customer.pk)
    page.wait_until(lambda: len(element.rows) == 100)
    assert not element.more

    Order.objects.create(shop=people.shop, customer=people.customer, number=1_000)

    page.wait_until(lambda: element.more)
    assert_page_becomes_fresh(page)


def test_rows_behind_the_window_send_nothing(people, page):
    orders = add_orders(people.customer, 110)
    page.follow("quiet_orders", customer_id=people.customer.pk)
    assert_page_becomes_fresh(page)
    page.heard.clear()

    note(orders[105], "far away")
    note(orders[0], "here")
    page.hear("frame")
    page.settle()

    (frame,) = [each for each in page.heard if each["type"] == "frame"]
    assert "here" in frame["content"]
    assert "far away" not in frame["content"]


def test_who_joins_a_long_list_disturbs_nobody(people, page, browser):
    """Found: cursors held the time, so that a rendering for one looked new to all others."""
    add_orders(people.customer, 130)
    page.follow("quiet_orders", customer_id=people.customer.pk)
    assert_page_becomes_fresh(page)
    page.heard.clear()

    other = browser(people.owner)
    other.connect()
    other.follow("quiet_orders", customer_id=people.customer.pk)
    assert_page_becomes_fresh(other)
    page.settle()

    assert [each["type"] for each in page.heard] == ["pong"]


class TestAViewThatCannotBeRendered:
    @pytest.mark.parametrize(
        ("name", "bad", "good"), [("fragile_orders", "boom", "x"), ("numeric_orders", "x", "1")]
    )
    def test_refuses_who_asks_for_it_until_it_can(self, people, page, caplog, name, bad, good):
        (order,) = add_orders(people.customer, 1, note=bad)

        element = page.follow(name, customer_id=people.customer.pk)
        assert page.hear("refused")["reason"] == "error"
        note(order, good)
        page.subscribe(element)

        page.wait_until(lambda: element.content)
        assert_page_becomes_fresh(page)
        assert name in caplog.text

    @pytest.mark.parametrize(("name", "bad"), [("fragile_orders", "boom"), ("numeric_orders", "x")])
    def test_is_no_matter_of_those_beside_it(self, people, page, browser, name, bad):
        """The lists share a table, so they are read together."""
        first, second = add_orders(people.customer, 2, note="1")
        other = browser(people.owner)
        other.connect()
        shown = other.follow("quiet_orders", customer_id=people.customer.pk)
        page.follow(name, customer_id=people.customer.pk)
        beside = page.follow("open_orders", customer_id=people.customer.pk)
        assert_page_becomes_fresh(page)
        assert_page_becomes_fresh(other)

        note(first, bad)
        assert page.hear("refused")["reason"] == "error"
        note(second, "still alive")

        page.wait_until(lambda: "still alive" in beside.content)
        other.wait_until(lambda: "still alive" in shown.content)
        assert not [each for each in other.heard if each["type"] == "refused"]

    @pytest.mark.parametrize(("name", "bad"), [("fragile_orders", "boom"), ("numeric_orders", "x")])
    def test_does_not_keep_others_from_joining(self, people, page, browser, name, bad):
        add_orders(people.customer, 1, note=bad)
        other = browser(people.owner)
        other.connect()

        page.follow(name, customer_id=people.customer.pk)
        shown = other.follow("quiet_orders", customer_id=people.customer.pk)

        other.wait_until(lambda: bad in shown.content)
        assert page.hear("refused")["reason"] == "error"
        assert not [each for each in other.heard if each["type"] == "refused"]


def test_invariant_8_a_refresher_s_connection_may_be_lost(people, page):
    (order,) = add_orders(people.customer, 1)
    element = page.follow("quiet_orders", customer_id=people.customer.pk)
    assert_page_becomes_fresh(page)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_type = 'client backend'"
            " AND pid <> pg_backend_pid()"
        )
        assert cursor.fetchone()[0] >= 1
    note(order, "after all")

    page.wait_until(lambda: "after all" in element.content)


def test_invariant_8_who_joins_when_connections_are_lost_is_shown_the_list(people, page):
    add_orders(people.customer, 1, note="here")
    page.hear("welcome")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_type = 'client backend'"
            " AND pid <> pg_backend_pid()"
        )

    element = page.follow("quiet_orders", customer_id=people.customer.pk)

    page.wait_until(lambda: "here" in element.content)
    assert not [each for each in page.heard if each["type"] == "refused"]


def test_a_list_is_read_anew_when_another_shape_of_it_changes(people, page):
    add_orders(people.customer, 2)
    element = page.follow("noted_orders", customer_id=people.customer.pk)
    assert_page_becomes_fresh(page)

    Customer.objects.filter(pk=people.customer.pk).update(name="Augusta")

    page.wait_until(lambda: element.content.count("Augusta") == 2)


def test_a_region_that_looks_the_same_is_not_sent(people, page):
    region = page.follow("customer_names")
    assert_page_becomes_fresh(page)
    page.heard.clear()

    Customer.objects.update(name="Ada")  # as she is called already
    Customer.objects.create(shop=people.shop, name="Bertha")
    page.wait_until(lambda: "Bertha" in region.content)

    assert [each["type"] for each in page.heard] == ["frame"]


def test_a_view_that_pauses_is_not_read_again_before_its_time(people, page, browser):
    counted = page.follow("orders_counted", customer_id=people.customer.pk)
    listed = page.follow("quiet_orders", customer_id=people.customer.pk)
    page.wait_until(lambda: "0 orders" in counted.content)

    add_orders(people.customer, 2)
    page.wait_until(lambda: len(listed.rows) == 2)
    assert "0 orders" in counted.content

    other = browser(people.clerk)
    other.connect()
    late = other.follow("orders_counted", customer_id=people.customer.pk)
    other.wait_until(lambda: "2 orders" in late.content)  # whoever comes is served at once
    page.wait_until(lambda: "2 orders" in counted.content)


def test_a_region_without_shapes_is_live_like_others(people, page):
    region = page.follow("role_shown")

    assert_page_becomes_fresh(page)

    assert "clerk" in region.content


def test_a_table_that_is_emptied_empties_its_lists(people, page):
    add_orders(people.customer, 3)
    element = page.follow("quiet_orders", customer_id=people.customer.pk)
    assert_page_becomes_fresh(page)

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE shop_order")

    page.wait_until(lambda: element.content == "")
    assert_page_becomes_fresh(page)


# ------------------------------------------------------------------ one group alone


class Marks:
    """A refresher that only notes what is asked of it."""

    def __init__(self) -> None:
        self.now: list[object] = []
        self.later: list[object] = []

    def mark(self, job: object) -> None:
        self.now.append(job)

    def mark_later(self, job: object, seconds: float) -> None:
        self.later.append(job)


ORDERS = ShapeDefinition(TableName("public", "shop_order"), (("customer_id", "1"),))
SCENE = Scene("quiet_orders", "1", (("customer_id", 1),), Audience(), Window())


@pytest.fixture
def hub():
    return Hub("", on_crowded=lambda: None)


def tell(hub: Hub, xid: int) -> None:
    hub._on_changes(ShapeChanges(xid, 0.0, frozenset({ORDERS.table}), {}))


def test_invariant_8_what_a_new_list_did_not_see_is_read_again_though_others_saw_it(hub):
    """Found: with two threads, a later snapshot of another list made the hub forget a commit
    that the new list's own snapshot had not seen."""
    marks = Marks()
    group = Group((ORDERS,), "1", hub, marks)
    tell(hub, 100)  # before the group listens, or it would hear of it itself
    group.instance(SCENE)

    run = group.begin()
    hub.saw(Snapshot(101, 101, frozenset()))
    run.finish(Snapshot(100, 101, frozenset({100})))

    assert marks.later == [group]
    assert group.begin().items[0].changed is None  # anything


def test_a_new_list_that_saw_everything_is_read_once(hub):
    marks = Marks()
    group = Group((ORDERS,), "1", hub, marks)
    tell(hub, 100)
    group.instance(SCENE)

    group.begin().finish(Snapshot(101, 101, frozenset()))

    assert marks.later == []


def test_lists_that_had_to_wait_come_first(hub, monkeypatch):
    group = Group((ORDERS,), "1", hub, Marks())
    scenes = [Scene("quiet_orders", "1", SCENE.params, Audience(n=n), Window()) for n in range(3)]
    for scene in scenes:
        group.instance(scene)
    group.instances[scenes[2]].behind.add(["7"])
    read = []
    run = group.begin()
    monkeypatch.setattr(
        type(run), "_read", lambda run, item, shared, **_: read.append(item.instance.scene)
    )
    monkeypatch.setattr(type(run), "_concerned", lambda run, shared: set())
    monkeypatch.setattr("electric_sync.live.groups.RUN_SECONDS", -1)

    run.run(Snapshot(1, 1, frozenset()))

    assert read == [scenes[2]]  # however late it is: one at least, and that one
