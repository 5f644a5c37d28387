"""The triggers of the access log: what they write, and that they are those that are declared."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection, models
from django.utils import timezone

from electric_sync import access, triggers
from electric_sync.access import Raises
from electric_sync.models import AccessLog, Receipt, UserSession
from electric_sync.sessions import hash_key
from tests.electric_sync.database import connect
from tests.project.shop.models import Membership, Shop

pytestmark = pytest.mark.django_db

EVENTS = ["delete", "insert", "truncate", "update"]


@pytest.fixture(autouse=True)
def installed(db):
    triggers.install()


@pytest.fixture
def clerk():
    user = User.objects.create_user("clerk", password="x")
    Membership.objects.create(shop=Shop.objects.create(name="S"), user=user, role="clerk")
    AccessLog.objects.all().delete()
    return user


def run(statement: str, *params: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def log() -> set[tuple[str | None, str | None]]:
    """Tenants and users that were written down."""
    return set(AccessLog.objects.values_list("tenant", "user"))


def of(user: User) -> tuple[str | None, str | None]:
    return (str(Membership.objects.get(user=user).shop_id), str(user.pk))


def test_a_row_says_whose_access_changed_where(clerk):
    Membership.objects.update(role="owner")

    assert log() == {of(clerk)}


def test_a_row_carries_the_writing_transaction_s_id(clerk):
    Membership.objects.update(role="owner")

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        assert [cursor.fetchone()[0]] == list(AccessLog.objects.values_list("xid", flat=True))


def test_one_statement_writes_one_row_for_each_person(clerk):
    shop = Shop.objects.get()
    others = User.objects.bulk_create(User(username=f"u{n}") for n in range(3))
    Membership.objects.bulk_create(
        Membership(shop=shop, user=user, role=role) for user in others for role in ("a", "b")
    )

    assert AccessLog.objects.filter(tenant=str(shop.pk)).count() == 3


def test_a_statement_that_changes_no_row_writes_nothing(clerk):
    Membership.objects.filter(role="nobody's").update(role="owner")
    Membership.objects.filter(role="nobody's").delete()
    Membership.objects.update(role="clerk")

    assert log() == set()


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({"first_name": "C"}, False),
        ({"last_login": timezone.now()}, False),
        ({"first_name": "C", "is_active": False}, True),
        ({"password": "another"}, True),
        ({"is_active": True}, False),
    ],
    ids=str,
)
def test_an_update_counts_if_it_changes_a_declared_column(clerk, change, counts):
    User.objects.filter(pk=clerk.pk).update(**change)

    assert log() == ({(None, str(clerk.pk))} if counts else set())


def test_a_new_row_and_one_that_goes_count_whatever_the_columns(clerk):
    other = User.objects.create(username="other")
    key = other.pk
    other.delete()

    assert [*AccessLog.objects.values_list("user", flat=True)] == [str(key)] * 2


def test_a_row_that_goes_from_one_person_to_another_counts_for_both(clerk):
    before = of(clerk)
    other = User.objects.create(username="other")
    AccessLog.objects.all().delete()

    Membership.objects.update(user=other)

    assert log() == {before, of(other)}


def test_a_row_that_goes_from_one_tenant_to_another_counts_for_both(clerk):
    before = of(clerk)

    Membership.objects.update(shop=Shop.objects.create(name="T"))

    assert log() == {before, of(clerk)}


def test_a_key_that_changes_counts_for_the_row_of_before_and_after(clerk):
    run("SET CONSTRAINTS ALL DEFERRED")
    Membership.objects.all().delete()
    AccessLog.objects.all().delete()

    User.objects.filter(pk=clerk.pk).update(id=clerk.pk + 1_000)

    assert log() == {(None, str(clerk.pk)), (None, str(clerk.pk + 1_000))}


def test_two_rows_that_swap_count_for_both(clerk):
    other = User.objects.create(username="other")
    Membership.objects.create(shop=Shop.objects.get(), user=other, role="owner")
    AccessLog.objects.all().delete()

    run(
        "UPDATE shop_membership SET user_id = CASE user_id WHEN %s THEN %s ELSE %s END",
        *(clerk.pk, other.pk, clerk.pk),
    )

    assert {user for _, user in log()} == {str(clerk.pk), str(other.pk)}


def test_truncate_counts_for_everybody(clerk):
    run("SET CONSTRAINTS ALL IMMEDIATE")  # those that are pending forbid it
    run("TRUNCATE shop_membership")

    assert log() == {(None, None)}


def test_a_cascade_in_the_database_counts(clerk):
    run("SET CONSTRAINTS ALL IMMEDIATE")
    (name,) = _foreign_keys("shop_membership", "shop_shop")
    run(f"ALTER TABLE shop_membership DROP CONSTRAINT {name}")
    run(
        "ALTER TABLE shop_membership ADD FOREIGN KEY (shop_id) REFERENCES shop_shop"
        " ON DELETE CASCADE"
    )
    gone = of(clerk)

    run("DELETE FROM shop_shop")

    assert log() == {gone}


def _foreign_keys(table: str, other: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = %s::regclass"
            " AND confrelid = %s::regclass",
            [table, other],
        )
        return [name for (name,) in cursor.fetchall()]


def test_invariant_4_a_replication_role_does_not_avoid_them(clerk):
    run("SET LOCAL session_replication_role = replica")

    Membership.objects.update(role="owner")

    assert log() == {of(clerk)}


def test_a_role_without_rights_on_the_log_writes_it_all_the_same(clerk):
    run("CREATE ROLE limited_of_the_tests")
    run("GRANT USAGE ON SCHEMA public TO limited_of_the_tests")
    run("GRANT SELECT, UPDATE ON shop_membership TO limited_of_the_tests")
    run("SET LOCAL ROLE limited_of_the_tests")
    run("UPDATE shop_membership SET role = 'owner'")
    run("RESET ROLE")

    assert log() == {of(clerk)}


def test_a_writer_with_another_search_path_writes_the_same_log(clerk):
    run("CREATE SCHEMA elsewhere")
    run('CREATE TABLE elsewhere.electric_sync_accesslog (tenant text, "user" text)')
    run("SET LOCAL search_path = elsewhere")
    run("UPDATE public.shop_membership SET role = 'owner'")
    run("SET LOCAL search_path = public")

    assert log() == {of(clerk)}


def test_writers_never_wait_for_each_other(transactional_db):
    """The log is insert only: no row that two transactions fight over."""
    triggers.install()
    user = User.objects.create(username="one")
    shop = Shop.objects.create(name="S")
    for role in ("a", "b"):
        Membership.objects.create(shop=shop, user=user, role=role)
    signed_in = sign_in(user, tenant=shop.pk)
    with connect(autocommit=False) as one, connect(autocommit=False) as two:
        for session, role in [(one, "a"), (two, "b")]:
            session.execute("SET LOCAL lock_timeout = '2s'")
            session.execute("UPDATE shop_membership SET role = 'c' WHERE role = %s", [role])

    assert AccessLog.objects.filter(user=str(user.pk)).values("xid").distinct().count() >= 2
    assert receipts() == [signed_in.pk] * 2


# -------------------------------------------------------------------------- receipts


def sign_in(user: User, tenant: object = None, **values: object) -> UserSession:
    """An open session; the tenant is the user's shop unless told otherwise."""
    return UserSession.objects.create(
        key_hash=f"{user.pk}-{UserSession.objects.count()}",
        user=user,
        auth_hash="a",
        tenant=str(Membership.objects.get(user=user).shop_id if tenant is None else tenant),
        user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        **{"expires_at": timezone.now() + timedelta(days=1), **values},
    )


def receipts() -> list[object]:
    """Whose sessions have one, in order, and as often as they have one."""
    return list(Receipt.objects.order_by("id").values_list("session_id", flat=True))


def declare(monkeypatch, *declared: Raises) -> None:
    """Other triggers from now on. Constraints that wait would be in their way."""
    run("SET CONSTRAINTS ALL IMMEDIATE")
    monkeypatch.setattr(access.provider(), "raised_by", declared)
    triggers.install()


def colleague(shop: Shop, name: str) -> User:
    user = User.objects.create(username=name)
    Membership.objects.create(shop=shop, user=user, role="clerk")
    return user


def test_each_open_session_of_whoever_is_concerned_gets_a_receipt(clerk):
    two = {sign_in(clerk).pk, sign_in(clerk).pk}
    sign_in(colleague(Shop.objects.get(), "other"))
    Receipt.objects.all().delete()

    Membership.objects.filter(user=clerk).update(role="owner")

    assert set(receipts()) == two
    one = Receipt.objects.first()
    assert (one.tenant, one.user, one.device) == (*of(clerk), "Firefox on Linux")
    assert (one.xid, one.cleared_at) == (AccessLog.objects.first().xid, None)


@pytest.mark.parametrize(
    "values",
    [
        {"ended_at": timezone.now()},
        {"expires_at": timezone.now() - timedelta(seconds=1)},
        {"tenant": "4711"},
        {"tenant": ""},
    ],
    ids=["ended", "expired", "in another tenant", "in none"],
)
def test_a_session_that_shows_nothing_of_it_gets_none(clerk, values):
    sign_in(clerk, **values)

    Membership.objects.update(role="owner")

    assert receipts() == []


def test_what_counts_in_every_tenant_gives_receipts_in_the_sessions_own(clerk):
    sign_in(clerk)
    sign_in(clerk, tenant="4711")

    User.objects.filter(pk=clerk.pk).update(is_active=False)

    tenants = set(Receipt.objects.values_list("tenant", flat=True))
    assert tenants == {of(clerk)[0], "4711"}


def test_what_counts_for_everybody_of_a_tenant_gives_receipts_to_all_who_work_there(
    clerk, monkeypatch
):
    shop = Shop.objects.get()
    there = {sign_in(clerk).pk, sign_in(colleague(shop, "other")).pk}
    sign_in(colleague(Shop.objects.create(name="T"), "elsewhere"))
    declare(monkeypatch, Raises(Shop, users=None, tenant="id", columns=["name"]))

    Shop.objects.filter(pk=shop.pk).update(name="U")

    assert set(receipts()) == there


def test_what_counts_for_everybody_everywhere_gives_receipts_to_all(clerk):
    there = {
        sign_in(clerk).pk,
        sign_in(colleague(Shop.objects.create(name="T"), "elsewhere")).pk,
    }
    Receipt.objects.all().delete()

    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("TRUNCATE shop_membership")

    assert set(receipts()) == there


def test_a_person_column_of_another_type_finds_its_sessions_too(clerk, monkeypatch):
    """A cast that fails would break what somebody writes."""
    sign_in(clerk)
    declare(monkeypatch, Raises(Shop, users="name", tenant="id"))

    Shop.objects.update(name="nobody's key")
    assert receipts() == []
    Shop.objects.update(name=str(clerk.pk))
    assert len(receipts()) == 1


def test_many_changes_in_one_transaction_are_one_receipt(clerk):
    sign_in(clerk)

    for role in "abc":
        Membership.objects.update(role=role)

    assert len(receipts()) == 1
    assert AccessLog.objects.count() > 1


def test_deletes_inserts_and_cascades_give_receipts(clerk):
    membership = Membership.objects.get()
    session = sign_in(clerk).pk

    membership.delete()
    assert receipts() == [session]

    Receipt.objects.all().delete()
    membership.save()
    assert receipts() == [session]

    Receipt.objects.all().delete()
    membership.shop.delete()
    assert receipts() == [session]


def test_a_session_that_ends_by_itself_or_goes_elsewhere_gives_none(clerk):
    session = sign_in(clerk)

    UserSession.objects.update(tenant="4711")
    UserSession.objects.filter(pk=session.pk).update(ended_at=timezone.now())
    session.delete()

    assert receipts() == []


def test_a_session_that_somebody_else_ends_gives_one(clerk):
    session = sign_in(clerk)
    sign_in(clerk, ended_at=timezone.now())

    assert UserSession.objects.filter(user=clerk).end() == 1

    assert receipts() == [session.pk]
    assert UserSession.objects.open().count() == 0
    assert UserSession.objects.filter(user=clerk).end() == 0


def test_a_session_that_ends_with_another_password_gets_one_receipt(clerk):
    session = sign_in(clerk)

    User.objects.filter(pk=clerk.pk).update(password="another")
    UserSession.objects.filter(user=clerk).end()

    assert receipts() == [session.pk]


def test_a_receipt_outlives_its_session(clerk):
    session = sign_in(clerk)
    Membership.objects.update(role="owner")

    clerk.delete()

    assert session.pk in receipts()


def test_a_role_without_rights_on_sessions_gives_receipts_all_the_same(clerk):
    sign_in(clerk)
    run("CREATE ROLE limited_of_the_tests")
    run("GRANT USAGE ON SCHEMA public TO limited_of_the_tests")
    run("GRANT SELECT, UPDATE ON shop_membership TO limited_of_the_tests")
    run("SET LOCAL ROLE limited_of_the_tests")
    run("UPDATE shop_membership SET role = 'owner'")
    run("RESET ROLE")

    assert len(receipts()) == 1


# ------------------------------------------------------------------------ installing


def there() -> dict[str, list[str]]:
    """For each table the events of its triggers; all of them have to fire always."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger"
            " WHERE NOT tgisinternal ORDER BY 1, 2"
        )
        found: dict[str, list[str]] = {}
        for table, name, enabled in cursor.fetchall():
            assert enabled == "A"
            found.setdefault(table, []).append(name.removeprefix("raise_access_"))
        return found


def functions() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT proname FROM pg_proc WHERE proname LIKE 'raise_access%%'")
        return {name for (name,) in cursor.fetchall()}


def test_every_declared_table_has_all_of_them():
    declared = ["shop_membership", "auth_user", "electric_sync_usersession"]
    forgotten = {"django_session": [each for each in EVENTS if each != "insert"]}
    assert there() == dict.fromkeys(declared, EVENTS) | forgotten


def test_installing_again_changes_nothing():
    before = there(), functions()

    triggers.install()

    assert (there(), functions()) == before


def test_migrate_puts_back_what_is_missing():
    run("DROP TRIGGER raise_access_delete ON auth_user")
    run("ALTER TABLE shop_membership DISABLE TRIGGER raise_access_update")

    call_command("migrate", verbosity=0)

    assert there()["auth_user"] == EVENTS
    assert there()["shop_membership"] == EVENTS


def test_what_is_declared_no_more_goes(monkeypatch):
    monkeypatch.setattr(access.provider(), "raised_by", (Raises(User, users="id", tenant=None),))

    triggers.install()

    tables = {"auth_user", "electric_sync_usersession", "django_session"}
    assert set(there()) == tables
    assert functions() == {f"raise_access_{table}" for table in tables}


def test_other_columns_count_after_the_next_migrate(clerk, monkeypatch):
    declared = Raises(User, users="id", tenant=None, columns=["first_name"])
    monkeypatch.setattr(access.provider(), "raised_by", (declared,))
    triggers.install()

    User.objects.filter(pk=clerk.pk).update(password="another")
    assert log() == set()
    User.objects.filter(pk=clerk.pk).update(first_name="C")
    assert log() == {(None, str(clerk.pk))}


def test_a_column_that_is_none_is_named(monkeypatch):
    declared = Raises(User, users="id", tenant=None, columns=["nickname"])
    monkeypatch.setattr(access.provider(), "raised_by", (declared,))

    with pytest.raises(ValueError, match=r"auth\.User has no column 'nickname'"):
        triggers.install()


def test_tables_that_are_not_there_yet_wait_for_their_own_migration(monkeypatch):
    class Missing(models.Model):
        class Meta:
            app_label = "shop"
            managed = False

    monkeypatch.setattr(access.provider(), "raised_by", (Raises(Missing, None, None),))

    triggers.install()

    assert set(there()) == {"electric_sync_usersession", "django_session"}


def test_nothing_is_installed_before_the_log_is_there():
    run("ALTER TABLE electric_sync_accesslog RENAME TO later")
    run("DROP TRIGGER raise_access_delete ON auth_user")

    triggers.install()

    assert there()["auth_user"] == EVENTS[1:]


def test_long_names_of_tables_do_not_share_a_function():
    """PostgreSQL cuts names off at 63 bytes."""
    one, two = ("x" * 62 + end for end in "ab")

    names = {triggers._function(one), triggers._function(two)}

    assert len(names) == 2
    assert all(len(name) <= 63 for name in names)


def test_a_session_that_only_was_used_does_not_count(clerk):
    session = UserSession.objects.create(
        key_hash="k", user=clerk, auth_hash="a", tenant="1", expires_at=timezone.now()
    )
    AccessLog.objects.all().delete()

    UserSession.objects.filter(pk=session.pk).update(user_agent="another")

    assert log() == set()


def test_django_s_session_counts_only_if_somebody_is_signed_in_and_it_ends_sooner(clerk):
    later, soon = timezone.now() + timedelta(hours=1), timezone.now()
    for key in ("theirs", "nobody"):
        Session.objects.create(session_key=key, session_data="", expire_date=soon)
    UserSession.objects.create(
        key_hash=hash_key("theirs"), user=clerk, auth_hash="a", tenant="1", expires_at=later
    )
    AccessLog.objects.all().delete()

    Session.objects.update(expire_date=later, session_data="x")
    Session.objects.filter(pk="nobody").delete()
    assert log() == set()

    Session.objects.update(expire_date=soon)
    assert log() == {(None, str(clerk.pk))}
