"""Invariant 5: old page + fragments = fresh page, after anything that may happen.

Hypothesis chooses a story: writes by every road, long transactions of others, windows that
grow and move on, roles that change, sockets that are lost, an engine whose stream is cut.
PostgreSQL, engine, hub, consumer and templates are the real ones.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

import psycopg
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F
from django.test import Client
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from electric_sync import conf
from tests.electric_sync.browser import Browser
from tests.electric_sync.loop import LoopThread
from tests.electric_sync.oracle import assert_page_becomes_fresh
from tests.project.shop.models import Customer, Membership, Order, Shop

NOTES = [None, "", "apple", "<b>&", "Zebra", "zebra", "ä"]
STATES = ["open", "open", "open", "closed"]

small = st.integers(0, 400)
"""A number that an operation makes its choices from."""


@dataclass
class World:
    """A shop with two customers, and people who look at them."""

    loop: LoopThread
    shop: Shop = field(default_factory=lambda: Shop.objects.create(name="S"))
    browsers: list[Browser] = field(default_factory=list)
    customers: list[Customer] = field(default_factory=list)
    writers: dict[int, psycopg.Connection] = field(default_factory=dict)

    @property
    def address(self) -> str:
        first, second = self.customers[:2]
        return f"/desk/{first.pk}/{second.pk}/"

    @property
    def orders(self):
        return Order.objects.filter(shop=self.shop)

    def order(self, choice: int) -> Order | None:
        count = self.orders.count()
        return self.orders.order_by("pk")[choice % count] if count else None

    def new_order(self, choice: int) -> Order:
        return Order(
            shop=self.shop,
            customer=self.customers[choice % 2],
            number=choice % 37,
            state=STATES[choice % 4],
            note=NOTES[choice % 7],
        )

    def close(self) -> None:
        for writer in self.writers.values():
            writer.close()
        for browser in self.browsers:
            browser.disconnect()


# ------------------------------------------------------------- what may happen


def insert(world: World, a: int, b: int) -> None:
    world.new_order(a).save()


def insert_many(world: World, a: int, b: int) -> None:
    Order.objects.bulk_create(world.new_order(a + each) for each in range(a))


def insert_more_than_is_kept_by_key(world: World, a: int, b: int) -> None:
    Order.objects.bulk_create(world.new_order(a + each) for each in range(600))


def update(world: World, a: int, b: int) -> None:
    order = world.order(a)
    if order is not None:
        order.number, order.note, order.state = b % 37, NOTES[b % 7], STATES[b % 4]
        order.save()


def move_to_another_customer(world: World, a: int, b: int) -> None:
    order = world.order(a)
    if order is not None:
        order.customer = world.customers[b % 2]
        order.save()


def change_the_key(world: World, a: int, b: int) -> None:
    order = world.order(a)
    if order is not None:
        world.orders.filter(pk=order.pk).update(id=-order.pk)


def update_many(world: World, a: int, b: int) -> None:
    world.orders.filter(number__gte=a % 37).update(number=F("number") + 1, note=NOTES[b % 7])


def delete(world: World, a: int, b: int) -> None:
    order = world.order(a)
    if order is not None:
        order.delete()


def delete_many(world: World, a: int, b: int) -> None:
    world.orders.filter(number__gte=a % 37).delete()


def truncate(world: World, a: int, b: int) -> None:
    if world.writers:
        return  # it would wait for them, and they for this story to go on
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE shop_order")


def raw_sql_with_a_savepoint(world: World, a: int, b: int) -> None:
    with psycopg.connect(conf.conninfo()) as other:
        other.execute(
            "UPDATE shop_order SET note = %s WHERE shop_id = %s AND number < %s",
            ["kept", world.shop.pk, a % 37],
        )
        other.execute("SAVEPOINT s")
        other.execute("DELETE FROM shop_order WHERE shop_id = %s", [world.shop.pk])
        other.execute("ROLLBACK TO s")
        if b % 4 == 0:
            other.rollback()


def cascade(world: World, a: int, b: int) -> None:
    other = Customer.objects.create(shop=world.shop, name=f"Gone {a}")
    Order.objects.create(shop=world.shop, customer=other, number=1)
    world.orders.filter(customer=other).update(customer=world.customers[b % 2])
    Order.objects.create(shop=world.shop, customer=other, number=2)
    other.delete()


def rename_the_customer(world: World, a: int, b: int) -> None:
    Customer.objects.filter(pk=world.customers[a % 2].pk).update(name=f"Name {b}")


def begin_a_long_transaction(world: World, a: int, b: int) -> None:
    if a % 3 in world.writers:
        return
    writer = world.writers[a % 3] = psycopg.connect(conf.conninfo())
    writer.execute(
        "INSERT INTO shop_order (shop_id, customer_id, number, state, note)"
        " SELECT %s, %s, %s + n, 'open', 'long' FROM generate_series(1, %s) AS n",
        [world.shop.pk, world.customers[b % 2].pk, b % 37, 1 + a % 5],
    )


def end_a_long_transaction(world: World, a: int, b: int) -> None:
    writer = world.writers.pop(a % 3, None)
    if writer is not None:
        if b % 5 == 0:
            writer.rollback()
        else:
            writer.commit()
        writer.close()


def lose_the_socket(world: World, a: int, b: int) -> None:
    world.browsers[a % len(world.browsers)].disconnect()


def connect_again(world: World, a: int, b: int) -> None:
    browser = world.browsers[a % len(world.browsers)]
    browser.disconnect()
    browser.connect()


def load_the_page_again(world: World, a: int, b: int) -> None:
    browser = world.browsers[a % len(world.browsers)]
    browser.disconnect()
    if browser.client.get(world.address).status_code == 404:
        browser.elements = {}  # their role sees nothing of it
    else:
        browser.open(world.address)
    browser.connect()


def change_a_role(world: World, a: int, b: int) -> None:
    session = world.browsers[a % len(world.browsers)].session
    role = ["clerk", "owner", "guest"][b % 3]
    Membership.objects.filter(shop=world.shop, user=session.user_id).update(role=role)


def grow_a_window(world: World, a: int, b: int) -> None:
    browser = world.browsers[a % len(world.browsers)]
    lists = [each for each in browser.elements.values() if each.tag == "tbody"]
    if not lists:
        return
    element = lists[b % len(lists)]
    element.size = min(element.size + 100, 500)
    if browser.connected:
        browser.subscribe(element)


def move_a_window_on(world: World, a: int, b: int) -> None:
    browser = world.browsers[a % len(world.browsers)]
    lists = [each for each in browser.elements.values() if each.tag == "tbody"]
    if not lists:
        return
    element = lists[b % len(lists)]
    if browser.connected and element.cursors:
        element.after = element.cursors[a % len(element.cursors)]
        browser.subscribe(element, etag=None)


def read_some_frames(world: World, a: int, b: int) -> None:
    browser = world.browsers[a % len(world.browsers)]
    if browser.connected:
        browser.settle()


def cut_the_stream(world: World, a: int, b: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots"
            " WHERE active AND database = current_database()"
        )


HAPPENINGS: list[tuple[Callable[[World, int, int], None], int]] = [
    (insert, 4),
    (insert_many, 2),
    (insert_more_than_is_kept_by_key, 1),
    (update, 6),
    (move_to_another_customer, 2),
    (change_the_key, 1),
    (update_many, 2),
    (delete, 3),
    (delete_many, 1),
    (truncate, 1),
    (raw_sql_with_a_savepoint, 2),
    (cascade, 1),
    (rename_the_customer, 1),
    (begin_a_long_transaction, 2),
    (end_a_long_transaction, 3),
    (lose_the_socket, 1),
    (connect_again, 2),
    (load_the_page_again, 1),
    (change_a_role, 3),
    (grow_a_window, 2),
    (move_a_window_on, 1),
    (read_some_frames, 3),
    (cut_the_stream, 1),
]
happening = st.tuples(
    st.sampled_from([act for act, weight in HAPPENINGS for _ in range(weight)]), small, small
)


@pytest.fixture
def people(committed: None) -> list[User]:
    return [User.objects.create_user(name, password="x") for name in ("clerk", "owner")]


@given(start=st.sampled_from([0, 3, 99, 130, 320]), story=st.lists(happening, max_size=14))
@hypothesis_settings(
    suppress_health_check=list(HealthCheck),
    phases=[phase for phase in Phase if phase is not Phase.explain],  # minutes of stories
)
def test_invariant_5_old_page_plus_fragments_is_the_fresh_page(loop, people, start, story):
    with ExitStack() as stack:
        world = World(loop)
        stack.callback(world.close)
        world.customers = [
            Customer.objects.create(shop=world.shop, name=name) for name in ("Ada", "Bertha")
        ]
        Order.objects.bulk_create(world.new_order(each) for each in range(start))
        for user in people:
            Membership.objects.create(shop=world.shop, user=user, role=user.username)
            client = Client()
            client.force_login(user)
            _work_in(user, world.shop)
            world.browsers.append(Browser(loop, client))
            world.browsers[-1].open(world.address)
            world.browsers[-1].connect()

        for act, a, b in story:
            act(world, a, b)

        for writer in world.writers.values():
            writer.commit()
        for browser in world.browsers:
            if not browser.connected:
                browser.connect()
            assert_page_becomes_fresh(browser)


def _work_in(user: User, shop: Shop) -> None:
    """Everybody has worked in the shops of earlier stories too: this one is the active one."""
    user.live_sessions.filter(ended_at=None).update(tenant=str(shop.pk))
