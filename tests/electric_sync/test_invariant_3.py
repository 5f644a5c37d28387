"""Invariant 3, the fence: what was committed after a revocation never reaches the revoked.

And invariant 4: whatever road the revocation took. A canary is a row that is committed after
it; a witness who may see it tells when everybody else would have been sent it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import psycopg
import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from electric_sync import access, conf, triggers
from electric_sync.access import HeldAccess, Reset, Viewer, load_viewer, read_again
from electric_sync.live.runtime import purge_access_log
from electric_sync.models import AccessLog, UserSession
from electric_sync.sessions import auth_hash, hash_key
from electric_sync.snapshots import read_snapshot
from electric_sync.values import Snapshot
from tests.electric_sync import views  # noqa: F401 registers them
from tests.electric_sync.browser import Browser
from tests.electric_sync.conftest import People, add_orders
from tests.electric_sync.database import connect, execute
from tests.electric_sync.examples import one_in
from tests.electric_sync.oracle import assert_page_becomes_fresh
from tests.project.shop.models import Customer, Membership, Order, Shop


@dataclass
class Revocation:
    """The clerk's access ends, or becomes another one."""

    people: People
    clerk: Browser

    @property
    def membership(self):
        return Membership.objects.filter(user=self.people.clerk)

    @property
    def session(self):
        return UserSession.objects.filter(user=self.people.clerk)


# ----------------------------------------------------------------------- the roads


def deleted(r: Revocation) -> None:
    r.membership.get().delete()


def deleted_in_bulk(r: Revocation) -> None:
    r.membership.delete()


def updated(r: Revocation) -> None:
    r.membership.update(role="guest")


def saved(r: Revocation) -> None:
    membership = r.membership.get()
    membership.role = "guest"
    membership.save()


def updated_in_bulk(r: Revocation) -> None:
    membership = r.membership.get()
    membership.role = "guest"
    Membership.objects.bulk_update([membership], ["role"])


def created_in_bulk(r: Revocation) -> None:
    """The membership with the lowest key counts."""
    new = Membership(id=-1, shop=r.people.shop, user=r.people.clerk, role="guest")
    Membership.objects.bulk_create([new])


def given_to_somebody_else(r: Revocation) -> None:
    r.membership.update(user=r.people.stranger)


def moved_to_another_shop(r: Revocation) -> None:
    r.membership.update(shop=r.people.elsewhere)


def user_deleted(r: Revocation) -> None:
    r.people.clerk.delete()


def shop_deleted(r: Revocation) -> None:
    """The parent's end is the membership's. The orders of the canary belong to another shop."""
    r.people.customer.delete()
    r.people.shop.delete()
    r.people.shop = r.people.elsewhere
    r.people.customer = Customer.objects.create(shop=r.people.elsewhere, name="Theirs")


def deleted_in_sql(r: Revocation) -> None:
    execute("DELETE FROM shop_membership WHERE user_id = %s", r.people.clerk.pk)


def merged(r: Revocation) -> None:
    execute(
        "MERGE INTO shop_membership AS m USING (SELECT %s::int AS id) AS u ON m.user_id = u.id"
        " WHEN MATCHED THEN UPDATE SET role = 'guest'",
        r.people.clerk.pk,
    )


def upserted(r: Revocation) -> None:
    execute(
        "INSERT INTO shop_membership (id, shop_id, user_id, role) SELECT id, shop_id, user_id,"
        " 'guest' FROM shop_membership WHERE user_id = %s"
        " ON CONFLICT (id) DO UPDATE SET role = excluded.role",
        r.people.clerk.pk,
    )


def deleted_by_a_replica(r: Revocation) -> None:
    with connect(autocommit=False) as session:
        session.execute("SET LOCAL session_replication_role = replica")
        session.execute("DELETE FROM shop_membership WHERE user_id = %s", [r.people.clerk.pk])


def deleted_behind_a_savepoint(r: Revocation) -> None:
    with connect(autocommit=False) as session:
        session.execute("SAVEPOINT one")
        session.execute("DELETE FROM shop_membership WHERE user_id = %s", [r.people.clerk.pk])
        session.execute("RELEASE one")
        session.execute("SAVEPOINT two")
        session.execute("DELETE FROM shop_membership")
        session.execute("ROLLBACK TO two")


def truncated(r: Revocation) -> None:
    execute("TRUNCATE shop_membership")


def deactivated(r: Revocation) -> None:
    r.people.clerk.is_active = False
    r.people.clerk.save()


def deactivated_in_bulk(r: Revocation) -> None:
    User.objects.filter(pk=r.people.clerk.pk).update(is_active=False)


def password_changed(r: Revocation) -> None:
    r.people.clerk.set_password("another")
    r.people.clerk.save()


def session_ended(r: Revocation) -> None:
    r.session.update(ended_at=timezone.now())


def session_deleted(r: Revocation) -> None:
    r.session.delete()


def django_session_deleted(r: Revocation) -> None:
    Session.objects.filter(pk=r.clerk.session_key).delete()


def django_session_deleted_in_sql(r: Revocation) -> None:
    execute("DELETE FROM django_session")


def django_sessions_truncated(r: Revocation) -> None:
    execute("TRUNCATE django_session")


def django_session_shortened(r: Revocation) -> None:
    execute("UPDATE django_session SET expire_date = now()")


def django_session_renamed(r: Revocation) -> None:
    execute("UPDATE django_session SET session_key = 'x' || session_key")


def session_expired(r: Revocation) -> None:
    r.session.update(expires_at=timezone.now() - timedelta(seconds=1))


def signed_out(r: Revocation) -> None:
    r.clerk.client.get("/sign-out/")


def signed_in_as_another(r: Revocation) -> None:
    r.clerk.client.get("/sign-in/?name=stranger&password=secret")


def tenant_switched(r: Revocation) -> None:
    Membership.objects.create(shop=r.people.elsewhere, user=r.people.clerk, role="clerk")
    r.session.update(tenant=str(r.people.elsewhere.pk))


def tenant_that_is_no_key(r: Revocation) -> None:
    r.session.update(tenant="x")


LESS, SIGNED_OUT, TENANT, NO_ACCESS = "less", "signed-out", "tenant", "no-access"

ROADS: list[tuple[Callable[[Revocation], None], str]] = [
    (deleted, NO_ACCESS),
    (deleted_in_bulk, NO_ACCESS),
    (updated, LESS),
    (saved, LESS),
    (updated_in_bulk, LESS),
    (created_in_bulk, LESS),
    (given_to_somebody_else, NO_ACCESS),
    (moved_to_another_shop, NO_ACCESS),
    (user_deleted, SIGNED_OUT),
    (shop_deleted, NO_ACCESS),
    (deleted_in_sql, NO_ACCESS),
    (merged, LESS),
    (upserted, LESS),
    (deleted_by_a_replica, NO_ACCESS),
    (deleted_behind_a_savepoint, NO_ACCESS),
    (truncated, NO_ACCESS),
    (deactivated, SIGNED_OUT),
    (deactivated_in_bulk, SIGNED_OUT),
    (password_changed, SIGNED_OUT),
    (session_ended, SIGNED_OUT),
    (session_deleted, SIGNED_OUT),
    (django_session_deleted, SIGNED_OUT),
    (django_session_deleted_in_sql, SIGNED_OUT),
    (django_sessions_truncated, SIGNED_OUT),
    (django_session_shortened, SIGNED_OUT),
    (django_session_renamed, SIGNED_OUT),
    (session_expired, SIGNED_OUT),
    (signed_out, SIGNED_OUT),
    (signed_in_as_another, SIGNED_OUT),
    (tenant_switched, TENANT),
    (tenant_that_is_no_key, TENANT),
]
by_road = pytest.mark.parametrize(
    ("road", "outcome"), [pytest.param(*each, id=each[0].__name__) for each in ROADS]
)


@by_road
def test_invariant_3_a_revocation_by_any_road_empties_the_page(people, browser, road, outcome):
    add_orders(people.customer, 2)
    clerk, witness = [
        _look(browser(each), people.customer) for each in (people.clerk, people.owner)
    ]

    shop = people.shop.pk
    road(Revocation(people, clerk))
    _insert(people, "canary")

    if load_viewer(witness.session_key) and people.shop.pk == shop:
        witness.wait_until(lambda: "canary" in _shown(witness))
    _hear(clerk, outcome)
    clerk.drain()
    assert _shown(clerk) == ""
    assert "canary" not in str(clerk.heard)


def _hear(browser: Browser, outcome: str) -> None:
    """Be told that everything on the page may not be seen any more, and why."""
    if outcome == LESS:
        assert len(browser.hear("access")["drop"]) == len(browser.elements)
    else:
        assert browser.hear("reset")["reason"] == outcome


@by_road
def test_invariant_3_a_socket_without_lists_is_told_too(people, browser, road, outcome):
    clerk = browser(people.clerk)
    clerk.connect()
    clerk.hear("welcome")

    road(Revocation(people, clerk))

    _hear(clerk, outcome)


def somebody_else_s_membership(people: People) -> None:
    Membership.objects.filter(user=people.stranger).update(role="guest")


def their_membership_elsewhere(people: People) -> None:
    Membership.objects.create(shop=people.elsewhere, user=people.clerk, role="guest")


def nothing_that_counts(people: People) -> None:
    User.objects.filter(pk=people.clerk.pk).update(last_login=timezone.now(), first_name="C")


def the_same_again(people: People) -> None:
    Membership.objects.filter(user=people.clerk).update(role="clerk")


@pytest.mark.parametrize(
    "change",
    [
        somebody_else_s_membership,
        their_membership_elsewhere,
        nothing_that_counts,
        the_same_again,
    ],
    ids=lambda change: change.__name__,
)
def test_a_change_that_leaves_the_access_as_it_is_leaves_the_socket(people, browser, change):
    add_orders(people.customer, 1)
    clerk = _look(browser(people.clerk), people.customer)

    change(people)
    _insert(people, "as ever")

    clerk.wait_until(lambda: "as ever" in _shown(clerk))
    clerk.settle()
    assert not [each for each in clerk.heard if each["type"] in {"access", "reset"}]


@pytest.mark.parametrize("spelling", ["0{}", " {}", "+{} ", "{}_"], ids=repr)
def test_invariant_3_the_log_knows_a_tenant_by_any_spelling(people, browser, spelling):
    """Found: with a session in shop "07" nothing that the log said of shop 7 concerned it."""
    clerk = browser(people.clerk)
    odd = spelling.format(people.shop.pk)
    if odd.endswith("_"):  # digits of another alphabet
        odd = "".join(chr(0x0660 + int(digit)) for digit in odd[:-1])
    UserSession.objects.filter(user=people.clerk).update(tenant=odd)
    _look(clerk, people.customer)

    Membership.objects.filter(user=people.clerk).delete()

    assert clerk.hear("reset")["reason"] == NO_ACCESS


# ------------------------------------------------------------------------ the races


def _look(browser: Browser, customer: Customer) -> Browser:
    browser.open(f"/customers/{customer.pk}/")
    browser.connect()
    assert_page_becomes_fresh(browser)
    return browser


def _shown(browser: Browser) -> str:
    return "".join(each.content for each in browser.elements.values())


def _insert(people: People, note: str) -> None:
    Order.objects.create(shop=people.shop, customer=people.customer, number=1, note=note)


INSERT = """INSERT INTO shop_order (shop_id, customer_id, number, state, note)
            VALUES (%s, %s, 1, 'open', %s)"""
REVOCATIONS = [
    "DELETE FROM shop_membership WHERE user_id = %(user)s",
    "UPDATE shop_membership SET role = 'guest' WHERE user_id = %(user)s",
    "UPDATE auth_user SET is_active = false WHERE id = %(user)s",
    "UPDATE electric_sync_usersession SET ended_at = now() WHERE user_id = %(user)s",
]


class Noise:
    """Rows of before, during and after the revocation: they keep the refresher busy."""

    def __init__(self, values: list[object], count: int) -> None:
        self._values, self._count = values, count
        self._thread = threading.Thread(target=self._make, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._thread.join()

    def _make(self) -> None:
        with psycopg.connect(conf.conninfo(), autocommit=True) as session:
            for number in range(self._count):
                session.execute(INSERT, [*self._values, f"noise {number}"])


@one_in(12)
@given(
    revocation=st.sampled_from(REVOCATIONS),
    in_one_session=st.booleans(),
    noise=st.integers(0, 30),
    before=st.integers(0, 4),
    canaries=st.integers(1, 4),
    subscribes_late=st.booleans(),
)
def test_invariant_3_change_and_revocation_race(
    loop, committed, revocation, in_one_session, noise, before, canaries, subscribes_late
):
    people = _a_shop()
    values = [people.shop.pk, people.customer.pk]
    browsers = []
    for user in (people.clerk, people.owner):
        client = Client()
        client.force_login(user)
        browsers.append(Browser(loop, client))
    clerk, witness = browsers
    try:
        _look(witness, people.customer)
        clerk.open(f"/customers/{people.customer.pk}/")
        if not subscribes_late:
            clerk.connect()
        with Noise(values, noise), connect() as one, connect() as two:
            for number in range(before):
                one.execute(INSERT, [*values, f"allowed {number}"])
            if subscribes_late:
                clerk.connect()
            one.execute(revocation, {"user": people.clerk.pk})
            for number in range(canaries):
                (one if in_one_session else two).execute(INSERT, [*values, f"canary {number}"])
        assert_page_becomes_fresh(witness)
        assert _shown(witness).count("canary") == canaries
        _hear_the_end(clerk)
        clerk.drain()
        assert "canary" not in str(clerk.heard)
    finally:
        for browser in browsers:
            browser.disconnect()


def _hear_the_end(browser: Browser) -> None:
    """Until the socket, or who came after the revocation, is told that this is over."""
    while browser.receive()["type"] not in {"access", "reset", "refused"}:
        pass


_shops = iter(range(10**9))


def _a_shop() -> People:
    """Other people for each example, in the database of all of them."""
    number = next(_shops)
    shop = Shop.objects.create(name="S")
    users = {}
    for role in ("clerk", "owner"):
        users[role] = User.objects.create(username=f"{role} {number}")
        Membership.objects.create(shop=shop, user=users[role], role=role)
    customer = Customer.objects.create(shop=shop, name="C")
    return People(shop, customer, **users, elsewhere=shop, stranger=users["owner"])


# ---------------------------------------------------------------------- the access log


def test_invariant_4_the_tables_that_access_is_read_from_are_those_with_the_trigger(
    people, browser
):
    clerk = browser(people.clerk)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert load_viewer(clerk.session_key) is not None
    with connection.cursor() as cursor:
        read = set()
        for query in captured.captured_queries:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {query['sql']}")
            read |= set(_relations(cursor.fetchone()[0]))

        assert read == triggers.installed(cursor)


def _relations(plan: object) -> list[str]:
    if isinstance(plan, list):
        return [name for each in plan for name in _relations(each)]
    if not isinstance(plan, dict):
        return []
    own = [plan["Relation Name"]] if "Relation Name" in plan else []
    return own + [name for each in plan.values() for name in _relations(each)]


USERS, WRITERS = 4, 4

step = st.one_of(
    st.tuples(st.just("write"), st.integers(0, USERS - 1), st.sampled_from(["clerk", "owner", ""])),
    st.tuples(st.just("commit"), st.integers(0, WRITERS - 1), st.none()),
    st.tuples(st.just("roll back"), st.integers(0, WRITERS - 1), st.none()),
    st.tuples(st.just("load"), st.integers(0, USERS - 1), st.none()),
    st.tuples(st.just("look"), st.none(), st.none()),
)


@one_in(6)
@given(story=st.lists(step, min_size=4, max_size=25))
def test_invariant_3_a_cached_access_is_what_postgresql_says(committed, story):
    """Writers begin, commit and roll back in any order; loads and looks fall in between."""
    AccessLog.objects.all().delete()
    keys = _sessions()
    writers = [connect(autocommit=False) for _ in range(WRITERS)]
    held: list[HeldAccess] = []
    try:
        ends = [("commit", writer, None) for writer in range(WRITERS)]
        for what, which, role in [*story, *ends, ("look", 0, None)]:
            if what == "write":
                _write(writers[which % WRITERS], keys[which], role)
            elif what == "commit":
                writers[which].commit()
            elif what == "roll back":
                writers[which].rollback()
            elif what == "load":
                with read_snapshot() as snapshot:
                    viewer = load_viewer(keys[which])
                if viewer is not None:
                    held.append(HeldAccess(viewer, snapshot, timezone.now()))
            else:
                held = _look_at(held)
    finally:
        for writer in writers:
            writer.close()


def _look_at(held: list[HeldAccess]) -> list[HeldAccess]:
    """Compare with PostgreSQL's own answer; go on with those that are valid."""
    with read_snapshot() as snapshot:
        found = read_again(held, snapshot)
        truly = [_viewer_of(each) for each in held]
    present = [found[each] for each in held]
    viewers = [each.viewer if isinstance(each, HeldAccess) else None for each in present]
    assert viewers == truly
    assert all(each.snapshot == snapshot for each in present if isinstance(each, HeldAccess))
    return [each for each in present if isinstance(each, HeldAccess)]


def _viewer_of(held: HeldAccess) -> Viewer | None:
    session = UserSession.objects.get(pk=held.viewer.session_id)
    key = session.user.username  # see _sessions
    return load_viewer(key)


def _sessions() -> list[str]:
    number = next(_shops)
    shop = Shop.objects.create(name="S")
    keys = []
    for which in range(USERS):
        user = User.objects.create(username=f"{which} of {number}")
        Membership.objects.create(shop=shop, user=user, role="clerk")
        keys.append(f"{which} of {number}")
        until = timezone.now() + timedelta(hours=1)
        Session.objects.create(session_key=keys[-1], session_data="", expire_date=until)
        UserSession.objects.create(
            key_hash=hash_key(keys[-1]),
            user=user,
            auth_hash=auth_hash(user),
            tenant=str(shop.pk),
            expires_at=until,
        )
    return keys


def _write(writer: psycopg.Connection, key: str, role: str) -> None:
    """Another role, or, if it is empty, another end of the session."""
    if role:
        writer.execute(
            "UPDATE shop_membership SET role = %s WHERE user_id ="
            " (SELECT user_id FROM electric_sync_usersession WHERE key_hash = %s)",
            [role, hash_key(key)],
        )
    else:
        writer.execute(
            "UPDATE electric_sync_usersession SET ended_at ="
            " CASE WHEN ended_at IS NULL THEN now() END WHERE key_hash = %s",
            [hash_key(key)],
        )


def test_invariant_3_access_that_a_later_snapshot_confirmed_is_read_again(people, browser):
    """Found: while one thread reads in an older snapshot, another one confirms the access in a
    newer one, in which it had been given back."""
    viewer = load_viewer(browser(people.clerk).session_key)
    assert viewer is not None
    Membership.objects.filter(user=people.clerk).delete()

    with read_snapshot() as snapshot:
        later = Snapshot(snapshot.xmax + 10, snapshot.xmax + 10, frozenset())
        held = HeldAccess(viewer, later, timezone.now())
        assert read_again([held], snapshot) == {held: Reset.NO_ACCESS}


@pytest.mark.parametrize(
    ("one", "other", "sees"),
    [
        ("10:10:", "10:10:", True),
        ("11:11:", "10:10:", True),
        ("10:10:", "11:11:", False),
        ("10:12:10", "10:12:10,11", True),
        ("10:12:10,11", "10:12:10", False),
        ("10:12:10", "10:12:11", False),
        ("12:12:", "10:12:10,11", True),
    ],
)
def test_a_snapshot_sees_all_of_an_older_one(one, other, sees):
    assert Snapshot.parse(one).sees_all_of(Snapshot.parse(other)) is sees


def test_access_that_was_not_read_for_long_is_read_again(people, browser, monkeypatch):
    monkeypatch.setattr(access, "TRUSTED_FOR", timedelta(0))
    viewer = load_viewer(browser(people.clerk).session_key)
    assert viewer is not None
    with read_snapshot() as snapshot:
        held = HeldAccess(viewer, snapshot, timezone.now() - timedelta(seconds=1))
        with CaptureQueriesContext(connection) as captured:
            assert read_again([held], snapshot)[held].viewer == viewer

    assert len(captured) > 1


def test_one_statement_answers_for_everybody_whose_access_stayed(people, browser):
    viewers = [load_viewer(browser(each).session_key) for each in (people.clerk, people.owner)]
    with read_snapshot() as snapshot:
        held = [HeldAccess(each, snapshot, timezone.now()) for each in viewers]
    with read_snapshot() as later, CaptureQueriesContext(connection) as captured:
        found = read_again(held, later)

    assert [found[each].viewer for each in held] == viewers
    assert len(captured) == 1


def test_invariant_3_the_log_is_kept_for_transactions_that_commit_late(people):
    """Found: the age of a row is that of its writing, and its transaction may still be open."""
    AccessLog.objects.all().delete()
    with connect(autocommit=False) as late:
        late.execute("DELETE FROM shop_membership WHERE user_id = %s", [people.clerk.pk])
        ended = purge_access_log(0)
        ended = purge_access_log(ended)
        late.commit()
    purge_access_log(ended)

    assert AccessLog.objects.filter(user=str(people.clerk.pk)).exists()


def test_the_log_is_purged_of_what_had_ended_before(people):
    Membership.objects.filter(user=people.clerk).update(role="guest")
    assert AccessLog.objects.exists()

    purge_access_log(purge_access_log(0))

    assert not AccessLog.objects.exists()
