"""A table that is altered: shapes that it touches end, also if nothing is written afterwards."""

from __future__ import annotations

import psycopg
import pytest

from electric_sync.engine import shapes as shapes_module
from tests.electric_sync.loop import PATIENCE
from tests.engine.asking import Reply

REFETCH = 409


@pytest.fixture
def table(things, sql):
    things("(id int PRIMARY KEY, a text, b text)")
    sql("INSERT INTO things VALUES (1, 'a', 'b')")


@pytest.fixture
def ends_with(asker, table):
    """Whether the shape ends, and nothing but that, while a client waits for it."""

    def ends(statement, **query) -> Reply:
        handle = asker.get(**query).handle
        answer = asker.later({**query, "handle": handle, "offset": "0_inf", "live": "true"})
        statement()
        return answer()

    return ends


ALTERATIONS = [
    "ADD c text DEFAULT 'x'",
    "DROP b",
    "RENAME b TO c",
    "ALTER b TYPE varchar(20)",
    "ALTER b TYPE text USING upper(b)",
    "DROP b, ADD b text",
    "RENAME TO others",
    "SET SCHEMA elsewhere",
    "DROP CONSTRAINT things_pkey",
]


@pytest.fixture(autouse=True)
def elsewhere(sql):
    sql("CREATE SCHEMA IF NOT EXISTS elsewhere")
    yield
    sql("DROP TABLE IF EXISTS others")
    sql("DROP SCHEMA elsewhere CASCADE")


@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_a_shape_ends_when_its_table_is_altered(ends_with, sql, alteration):
    reply = ends_with(lambda: sql(f"ALTER TABLE things {alteration}"))

    assert reply.status == REFETCH


def test_a_shape_ends_when_its_table_is_dropped(asker, ends_with, sql):
    assert ends_with(lambda: sql("DROP TABLE things")).status == REFETCH
    assert list(asker.get().errors) == ["table"]


def test_a_table_that_is_created_again_is_another_one(asker, ends_with, sql, connect):
    def again():
        with connect(autocommit=False) as session:
            session.execute("DROP TABLE things")
            session.execute("CREATE TABLE things (id int PRIMARY KEY, a text, b text)")
            session.execute("INSERT INTO things VALUES (2)")

    assert ends_with(again).status == REFETCH
    reply = asker.get()
    assert [each["value"]["id"] for each in reply.changes] == ["2"]
    sql("INSERT INTO things VALUES (3)")
    live = asker.get(handle=reply.handle, offset="0_inf", live="true")
    assert [each["value"]["id"] for each in live.changes] == ["3"]


@pytest.mark.parametrize(
    ("query", "alteration"),
    [
        ({"columns": "id,a"}, "ADD c text DEFAULT 'x'"),
        ({"columns": "id,a"}, "DROP b"),
        ({"columns": "id,a"}, "RENAME b TO c"),
        ({"columns": "id,a"}, "ALTER b SET DEFAULT 'x'"),
        ({}, "ALTER b SET DEFAULT 'x'"),
        ({}, "ALTER b SET STORAGE EXTERNAL"),
    ],
)
def test_a_shape_goes_on_if_what_it_selects_is_as_it_was(asker, table, sql, query, alteration):
    handle = asker.get(**query).handle

    sql(f"ALTER TABLE things {alteration}")
    sql("INSERT INTO things (id, a) VALUES (2, 'x')")

    reply = asker.get(**query, handle=handle, offset="0_inf", live="true")
    assert reply.status == 200
    assert reply.changes[0]["value"]["a"] == "x"


def test_a_shape_ends_if_its_clause_uses_what_was_altered(ends_with, sql):
    query = {"columns": "id,a", "where": "lower(b) = 'b'"}

    assert ends_with(lambda: sql("ALTER TABLE things DROP b"), **query).status == REFETCH


def test_what_is_written_after_the_change_is_never_told_by_the_old_shape(asker, table, connect):
    """Also in the same transaction."""
    handle = asker.get().handle
    with connect(autocommit=False) as session:
        session.execute("INSERT INTO things VALUES (2)")
        session.execute("ALTER TABLE things RENAME b TO c")
        session.execute("INSERT INTO things VALUES (3)")

    assert asker.get(handle=handle, offset="0_inf", live="true").status == REFETCH


@pytest.fixture
def without_announcements(sql):
    """As for a role that may not create an event trigger."""
    sql("ALTER EVENT TRIGGER electric_sync_schema_changed DISABLE")
    yield
    sql("ALTER EVENT TRIGGER electric_sync_schema_changed ENABLE")


def test_without_announcements_the_catalog_is_looked_at(
    asker, ends_with, without_announcements, sql, monkeypatch
):
    assert shapes_module.CHECK_SECONDS <= 1 < PATIENCE

    assert ends_with(lambda: sql("ALTER TABLE things ADD c int")).status == REFETCH


def test_the_announcement_is_in_nobody_s_way(table, sql, connect):
    """Whoever may not do what it does, and tables that nobody else sees."""
    sql("CREATE ROLE ordinary NOLOGIN")
    sql("GRANT CREATE, USAGE ON SCHEMA elsewhere TO ordinary")
    try:
        with connect() as session:
            session.execute("SET ROLE ordinary")
            session.execute("CREATE TABLE elsewhere.mine (id int)")
            session.execute("ALTER TABLE elsewhere.mine ADD n int")
            session.execute("DROP TABLE elsewhere.mine")
            session.execute("CREATE TEMP TABLE fleeting (id int)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute("ALTER TABLE public.things ADD c int")
    finally:
        sql("DROP OWNED BY ordinary")
        sql("DROP ROLE ordinary")
