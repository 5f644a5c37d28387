"""A shop with people, an event loop for sockets, and browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import User
from django.test import Client

from electric_sync import triggers
from electric_sync.live.runtime import runtime
from tests.electric_sync.browser import Browser
from tests.electric_sync.loop import LoopThread
from tests.project.shop.models import Customer, Membership, Order, Shop


@pytest.fixture
def committed(transactional_db: None) -> None:
    """Tests whose writes are committed: only those are in the stream."""
    triggers.install()


@pytest.fixture
def loop(transactional_db: None) -> Iterator[LoopThread]:
    """An event loop that lives as long as the test; what is live in it is closed at the end,
    before the tables are emptied.
    """
    thread = LoopThread()
    yield thread

    async def close() -> None:
        await runtime().close()

    thread.run(close())
    thread.close()


@dataclass
class People:
    """A shop, its clerk and its owner, a customer, and somebody of another shop."""

    shop: Shop
    customer: Customer
    clerk: User
    owner: User
    elsewhere: Shop
    stranger: User


@pytest.fixture
def people(committed: None) -> People:
    """A small shop."""
    shop = Shop.objects.create(name="Corner")
    elsewhere = Shop.objects.create(name="Elsewhere")
    users = {}
    for name, where, role in [
        ("clerk", shop, "clerk"),
        ("owner", shop, "owner"),
        ("stranger", elsewhere, "owner"),
    ]:
        users[name] = User.objects.create_user(name, password="secret")
        Membership.objects.create(shop=where, user=users[name], role=role)
    customer = Customer.objects.create(shop=shop, name="Ada")
    return People(shop=shop, customer=customer, elsewhere=elsewhere, **users)


@pytest.fixture
def browser(loop: LoopThread) -> Iterator[Callable[[User], Browser]]:
    """Browsers with somebody signed in; their sockets are closed at the end."""
    opened: list[Browser] = []

    def open_for(user: User) -> Browser:
        client = Client()
        client.force_login(user)
        opened.append(Browser(loop, client))
        return opened[-1]

    yield open_for
    for each in opened:
        each.disconnect()


def add_orders(customer: Customer, count: int, **values: object) -> list[Order]:
    """Open orders numbered from 1."""
    return Order.objects.bulk_create(
        Order(shop_id=customer.shop_id, customer=customer, number=number, **values)
        for number in range(1, count + 1)
    )
