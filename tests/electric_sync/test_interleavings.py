"""Invariants 3 and 5 in any interleaving of writers, changes of access and slow sessions.

Hypothesis chooses a story. In it access is taken, lowered, raised and given back by every road,
while the server pauses between a change and what it sends of it. A *canary* is committed by
somebody who begins when the revocation's commit has returned, and is gone before access is given
back: so it may never be in anything that the revoked get, be it socket, page or data version.
And whatever happened, the page becomes the one that their present access gives.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

import psycopg
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from electric_sync.access import load_viewer
from electric_sync.live import tokens
from electric_sync.models import UserSession
from tests.electric_sync import views  # noqa: F401 registers them
from tests.electric_sync.browser import Browser
from tests.electric_sync.database import connect, execute
from tests.electric_sync.loop import LoopThread
from tests.electric_sync.oracle import is_fresh
from tests.electric_sync.pauses import Pauses, pauses  # noqa: F401 a fixture
from tests.project.shop.models import Customer, Membership, Order, Shop

FULL = ("clerk", "owner")
"""Roles that see orders; others see nothing of them."""


@dataclass
class World:
    """A shop, somebody whose access comes and goes, and a witness."""

    loop: LoopThread
    pauses: Pauses
    number: int
    shop: Shop
    customer: Customer
    witness: Browser
    visitor: Browser
    user: User
    writer: psycopg.Connection
    canaries: int = 0
    got: list[str] = field(default_factory=list)
    """Whatever the visitor got over HTTP."""

    @property
    def address(self) -> str:
        return f"/customers/{self.customer.pk}/"

    @property
    def may_see(self) -> bool:
        """Whether what is committed from now on may be shown to the visitor."""
        viewer = load_viewer(self.visitor.session_key)
        return viewer is not None and viewer.access.role in FULL

    @property
    def note(self) -> str:
        """What a writer writes now."""
        self.canaries += 1
        return f"{'allowed' if self.may_see else 'canary'} {self.canaries}"

    def hide_canaries(self) -> None:
        """Before access is given back."""
        with connect(autocommit=False) as one:
            one.execute(
                "UPDATE shop_order SET note = 'hidden' WHERE shop_id = %s AND note LIKE 'canary%%'",
                [self.shop.pk],
            )
            one.execute("UPDATE shop_customer SET name = 'C' WHERE id = %s", [self.customer.pk])

    def get(self, address: str, **options: object) -> int:
        answer = self.visitor.client.get(address, **options)
        self.got.append(answer.content.decode())
        return answer.status_code

    def arrive(self) -> None:
        """Load the page, and connect. Who gets no page has a socket all the same."""
        self.visitor.disconnect()
        self.visitor.elements = {}
        if self.get(self.address) == 200:
            self.visitor.open(self.address)
            self.got.append(str(self.visitor.elements))
        self.visitor.connect()


def was_reset(browser: Browser) -> bool:
    """Whether its page has to be loaded again: its socket shows nothing any more, or never did.

    A user who is deleted and comes back has another sign-in behind the same cookie. A socket that
    is let in just then belongs to that, and the page to the one before.
    """
    heard = browser.heard[browser.connections[-1] :]
    return any(
        each["type"] in {"reset", "closed"} or each.get("reason") == "expired" for each in heard
    )


# ------------------------------------------------------------------------- writers


def insert(world: World, a: int) -> None:
    world.writer.execute(
        "INSERT INTO shop_order (shop_id, customer_id, number, state, note)"
        " VALUES (%s, %s, %s, 'open', %s)",
        [world.shop.pk, world.customer.pk, a, world.note],
    )


def update(world: World, a: int) -> None:
    world.writer.execute(
        "UPDATE shop_order SET note = %s WHERE shop_id = %s AND number %% 3 = %s",
        [world.note, world.shop.pk, a % 3],
    )


def rename(world: World, a: int) -> None:
    Customer.objects.filter(pk=world.customer.pk).update(name=world.note)


# -------------------------------------------------------------------------- access


def take(world: World, a: int) -> None:
    """By one of the roads."""
    theirs = Membership.objects.filter(user_id=world.user.pk, shop=world.shop)
    match a % 10:
        case 0:
            theirs.delete()
        case 1:
            for membership in theirs:
                membership.role = "guest"
                membership.save()
        case 2:
            theirs.update(role="guest")
        case 3:
            execute("DELETE FROM shop_membership WHERE user_id = %s", world.user.pk)
        case 4:
            with connect(autocommit=False) as one:
                one.execute("TRUNCATE shop_membership")
                one.execute(
                    "INSERT INTO shop_membership (shop_id, user_id, role) VALUES (%s, %s, 'owner')",
                    [world.shop.pk, world.witness.session.user_id],
                )
        case 5:
            User.objects.filter(pk=world.user.pk).update(is_active=False)
        case 6:
            UserSession.objects.filter(user_id=world.user.pk).update(ended_at=timezone.now())
        case 7:
            for membership in theirs:
                membership.role = "guest"
            Membership.objects.bulk_update(theirs, ["role"])
        case 8:
            User.objects.filter(pk=world.user.pk).delete()  # the membership goes with its parent
        case 9:
            theirs.update(shop=Shop.objects.create(name="Elsewhere"))


def give(world: World, a: int) -> None:
    """Give back whatever was taken, as one or the other role."""
    world.hide_canaries()
    role = FULL[a % 2]
    with connect(autocommit=False) as one:
        values = {
            "user": world.user.pk,
            "shop": world.shop.pk,
            "role": role,
            "name": str(world.user),
        }
        one.execute(
            "INSERT INTO auth_user (id, username, password, is_active, is_superuser, is_staff,"
            " first_name, last_name, email, date_joined)"
            " VALUES (%(user)s, %(name)s, '!', true, false, false, '', '', '', now())"
            " ON CONFLICT (id) DO UPDATE SET is_active = true",
            values,
        )
        one.execute("DELETE FROM shop_membership WHERE user_id = %(user)s", values)
        one.execute(
            "INSERT INTO shop_membership (shop_id, user_id, role)"
            " VALUES (%(shop)s, %(user)s, %(role)s)",
            values,
        )
        one.execute(
            "UPDATE electric_sync_usersession SET ended_at = NULL WHERE user_id = %(user)s", values
        )
    if load_viewer(world.visitor.session_key) is None:
        world.visitor.client.force_login(world.user)


def take_and_give_back(world: World, a: int) -> None:
    """Between two readings, perhaps."""
    take(world, a)
    update(world, a)
    give(world, a)


def flicker(world: World, a: int) -> None:
    """Taken and given back while a reading pauses, with a canary between."""
    role = "UPDATE shop_membership SET role = %s WHERE user_id = %s AND shop_id = %s"
    note = "UPDATE shop_order SET note = %s WHERE shop_id = %s"
    if world.may_see:
        world.writer.execute(role, ["guest", world.user.pk, world.shop.pk])
        world.writer.execute(note, ["canary", world.shop.pk])
        world.pauses.wait()
        world.writer.execute(note, ["hidden", world.shop.pk])
        world.writer.execute(role, [FULL[a % 2], world.user.pk, world.shop.pk])


def lower(world: World, a: int) -> None:
    Membership.objects.filter(user_id=world.user.pk, role="owner").update(role="clerk")


# ------------------------------------------------------------------------- sessions


def arrive(world: World, a: int) -> None:
    world.arrive()


def lose_the_socket(world: World, a: int) -> None:
    world.visitor.disconnect()


def read(world: World, a: int) -> None:
    if world.visitor.connected:
        world.visitor.drain()


def load_a_page(world: World, a: int) -> None:
    world.get(world.address)


def ask_for_the_version(world: World, a: int) -> None:
    held = [each.token for each in world.visitor.elements.values()]
    asked = {"user": str(world.user.pk), "company": str(world.shop.pk), "version": "", "held": held}
    address = "/api/auth/data-version"
    world.get(address)
    answer = world.visitor.client.post(address, asked, content_type="application/json")
    assert answer.status_code in (200, 401, 403)
    if answer.status_code == 200:
        present = str(world.visitor.session.pk)  # the page may be of an earlier sign-in
        theirs = [each for each in held if tokens.load(each).session == present]
        assert answer.json()["keep"] == (theirs if world.may_see else [])


HAPPENINGS: list[tuple[Callable[[World, int], None], int]] = [
    (insert, 3),
    (update, 5),
    (rename, 2),
    (take, 4),
    (give, 4),
    (take_and_give_back, 1),
    (flicker, 5),
    (lower, 1),
    (arrive, 2),
    (lose_the_socket, 1),
    (read, 3),
    (load_a_page, 1),
    (ask_for_the_version, 1),
]
happening = st.tuples(
    st.sampled_from([act for act, weight in HAPPENINGS for _ in range(weight)]), st.integers(0, 59)
)
numbers = iter(range(10**9))


@given(
    story=st.lists(happening, min_size=3, max_size=8),
    seed=st.integers(0, 2**32),
    longest=st.sampled_from([0.0, 0.005, 0.03]),
)
@hypothesis_settings(
    suppress_health_check=list(HealthCheck),
    phases=[phase for phase in Phase if phase is not Phase.explain],
)
def test_invariants_3_and_5_in_any_interleaving(loop, committed, pauses, story, seed, longest):  # noqa: F811
    pauses.chance, pauses.longest = random.Random(seed), longest
    with ExitStack() as stack:
        world = _world(loop, pauses, stack)
        for act, a in story:
            act(world, a)
            if not world.may_see:
                update(world, a)  # a canary right behind the revocation

        _becomes_right(world)
        give(world, seed)
        _becomes_right(world)
        _witness_becomes_right(world)


def _world(loop: LoopThread, pauses: Pauses, stack: ExitStack) -> World:  # noqa: F811
    number = next(numbers)
    shop = Shop.objects.create(name="S")
    customer = Customer.objects.create(shop=shop, name="C")
    Order.objects.bulk_create(
        Order(shop=shop, customer=customer, number=n, note="at first") for n in range(5)
    )
    browsers = []
    for name, role in (("owner", "owner"), ("clerk", "clerk")):
        user = User.objects.create(username=f"{name} {number}", password="!")
        Membership.objects.create(shop=shop, user=user, role=role)
        client = Client()
        client.force_login(user)
        browsers.append(Browser(loop, client))
        stack.callback(browsers[-1].disconnect)
    world = World(
        loop, pauses, number, shop, customer, *browsers, user, stack.enter_context(connect())
    )
    world.witness.open(world.address)
    world.witness.connect()
    world.arrive()
    return world


def _becomes_right(world: World) -> None:
    """The page is the one that the present access gives, and nothing forbidden was in any bytes."""
    visitor = world.visitor
    if not visitor.connected:
        world.arrive()
    if load_viewer(visitor.session_key) is None:
        while not was_reset(visitor):
            visitor.receive()
    else:
        while was_reset(visitor) or not _is_right(visitor):
            if was_reset(visitor):  # by a reading of the time when access was gone
                world.arrive()
            else:
                visitor.receive()
    assert "canary" not in str(visitor.heard)
    assert "canary" not in str(world.got)


def _is_right(browser: Browser) -> bool:
    return all(is_fresh(browser, each) for each in browser.elements.values())


def _witness_becomes_right(world: World) -> None:
    """TRUNCATE empties a table for older snapshots, too: a reading may find even them without."""
    witness = world.witness
    while was_reset(witness) or not _is_right(witness):
        if was_reset(witness):
            witness.disconnect()
            witness.open(world.address)
            witness.connect()
        else:
            witness.receive()
