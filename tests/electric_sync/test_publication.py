"""Taking a table in never breaks those who write to it, and loses none of their changes."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from electric_sync.engine import publication
from electric_sync.engine.publication import (
    TableBusy,
    TableRefused,
    ensure_publication,
    is_in,
    take_in,
)
from electric_sync.values import TableName
from tests.electric_sync.database import connect, execute, table, wait_for
from tests.electric_sync.listening import ListeningEngine
from tests.electric_sync.loop import PATIENCE, LoopThread

pytestmark = pytest.mark.django_db  # for the database; Django itself does nothing here

NAME = "of_the_tests"


@pytest.fixture
def session(django_db_setup):
    with connect() as session:
        ensure_publication(session, NAME)
        yield session
        session.execute(f"DROP PUBLICATION IF EXISTS {NAME}")


@pytest.fixture
def things(django_db_setup):
    with table("(id int PRIMARY KEY, note text)") as there:
        yield there


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr(publication, "LOCK_TIMEOUT_MS", 20)
    monkeypatch.setattr(publication, "GIVE_UP_AFTER", 0.1)


def test_a_table_is_published_with_whole_old_rows(session, things):
    assert not is_in(session, NAME, things)

    assert take_in(session, NAME, things) == ("id",)

    assert is_in(session, NAME, things)
    assert execute("SELECT relreplident FROM pg_class WHERE relname = 'things'") == [("f",)]


def test_taking_in_again_changes_nothing_and_waits_for_nobody(session, things, hasty):
    take_in(session, NAME, things)

    with connect(autocommit=False) as writer:
        writer.execute("INSERT INTO things VALUES (1)")
        assert take_in(session, NAME, things) == ("id",)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE things REPLICA IDENTITY DEFAULT",
        f"ALTER PUBLICATION {NAME} DROP TABLE things",
    ],
)
def test_what_was_undone_is_done_again(session, things, statement):
    take_in(session, NAME, things)
    session.execute(statement)
    assert not is_in(session, NAME, things)

    take_in(session, NAME, things)

    assert is_in(session, NAME, things)


def test_a_key_of_several_columns_keeps_its_order(session):
    with table("(a int, b text, c uuid, PRIMARY KEY (c, a))") as there:
        assert take_in(session, NAME, there) == ("c", "a")


def test_odd_names_are_quoted(session):
    with table('("the ""key""" int PRIMARY KEY)', name='odd "Näme') as there:
        assert take_in(session, NAME, there) == ('the "key"',)
        assert is_in(session, NAME, there)


# ------------------------------------------------------------------------- writers


def test_invariant_8_nothing_of_a_writer_who_was_there_before_is_lost(session, things):
    """It waits for that writer; what comes afterwards is told."""
    thread = LoopThread()
    engine = ListeningEngine(thread)
    try:
        with table("(id int PRIMARY KEY)", name="first") as first:
            engine.subscribe(first)
            with connect(autocommit=False) as writer:
                writer.execute("INSERT INTO things VALUES (1)")
                with ThreadPoolExecutor(1) as pool:
                    subscribing = pool.submit(engine.subscribe, things)
                    waiting = (
                        "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'things'::regclass"
                    )
                    wait_for(lambda: bool(execute(waiting)), "waiting for the writer")
                    writer.execute("INSERT INTO things VALUES (2)")
                    writer.commit()
                    definition = subscribing.result(PATIENCE)
                # Those two are visible to everybody who subscribed; this one is told.
                assert len(execute("SELECT id FROM things")) == 2
                wait_for(lambda: engine.engine.state.value == "streaming", "a stream")
                writer.execute("INSERT INTO things VALUES (3)")
                writer.commit()
            told = engine.next_keys()
            while told.get(definition) != frozenset({("3",)}):
                told = engine.next_keys()
    finally:
        engine.stop()
        thread.close()


def test_a_writer_who_comes_while_it_waits_only_waits(session, things):
    with connect(autocommit=False) as writer, ThreadPoolExecutor(2) as pool:
        writer.execute("INSERT INTO things VALUES (1)")
        taking = pool.submit(take_in, session, NAME, things)
        queued = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'things'::regclass"
        wait_for(lambda: execute(queued) >= [(1,)], "waiting for the writer")
        late = pool.submit(execute, "INSERT INTO things VALUES (2)")
        writer.commit()

        late.result(PATIENCE)
        taking.result(PATIENCE)

    assert execute("SELECT id FROM things ORDER BY id") == [(1,), (2,)]


def test_a_busy_table_names_who_is_busy(session, things, hasty):
    with connect(autocommit=False, application_name="a long report") as writer:
        writer.execute("INSERT INTO things VALUES (1)")

        with pytest.raises(TableBusy) as refused:
            take_in(session, NAME, things)

        pid = writer.info.backend_pid
    assert str(refused.value) == (
        f"public.things is locked by process {pid} (a long report); its changes cannot be"
        " followed until that ends."
    )


def test_readers_of_a_followed_table_are_no_reason_to_wait(session, things, hasty):
    session.execute("ALTER TABLE things REPLICA IDENTITY FULL")

    with connect(autocommit=False) as reader:
        reader.execute("SELECT * FROM things")
        take_in(session, NAME, things)

    assert is_in(session, NAME, things)


KINDS = {
    "plain": "(id int PRIMARY KEY, note text)",
    "without other columns": "(id int PRIMARY KEY)",
    "jsonb and arrays": "(id int PRIMARY KEY, note text, cells jsonb DEFAULT '{}', n int[])",
    "types without equality": "(id int PRIMARY KEY, note text, j json DEFAULT '{}', p point)",
    "a generated column": "(id int PRIMARY KEY, note text, n int GENERATED ALWAYS AS (7) STORED)",
    "an identity": "(id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text)",
    "a key of text": '(id text COLLATE "C" PRIMARY KEY, note text)',
    "a key of two columns": "(id int, other int DEFAULT 0, note text, PRIMARY KEY (id, other))",
    "values out of line": "(id int PRIMARY KEY, note text, b text DEFAULT repeat('x', 100000))",
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_application_goes_on_with_a_table_that_was_taken_in(session, kind):
    with table(KINDS[kind]) as there:
        take_in(session, NAME, there)

        execute("INSERT INTO things (id) OVERRIDING SYSTEM VALUE VALUES ('1'), ('2')")
        if "note" in KINDS[kind]:
            execute("UPDATE things SET note = 'new' WHERE id = '1'")
        execute("DELETE FROM things WHERE id = '2'")

        assert execute("SELECT id::text FROM things") == [("1",)]


# ------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("kind", "definition", "reason"),
    [
        ("VIEW", "AS SELECT 1 AS id", "no ordinary table"),
        ("MATERIALIZED VIEW", "AS SELECT 1 AS id", "no ordinary table"),
        ("UNLOGGED TABLE", "(id int PRIMARY KEY)", "no ordinary table"),
        ("TABLE", "(id int PRIMARY KEY) PARTITION BY RANGE (id)", "no ordinary table"),
    ],
)
def test_what_cannot_be_followed_is_refused_with_the_reason(session, kind, definition, reason):
    with table(definition, kind=kind) as there, pytest.raises(TableRefused, match=reason):
        take_in(session, NAME, there)


@pytest.mark.parametrize("definition", ["(id int)", "(id int UNIQUE NOT NULL)"])
def test_a_table_without_a_primary_key_is_followed_by_those_who_need_none(session, definition):
    with table(definition) as there:
        assert take_in(session, NAME, there) == ()


def test_a_table_that_is_not_there_is_refused(session):
    with pytest.raises(TableRefused, match="Run the migrations first"):
        take_in(session, NAME, TableName("public", "nowhere"))


def test_a_temporary_table_is_nobody_else_s(session):
    session.execute("CREATE TEMP TABLE fleeting (id int PRIMARY KEY)")

    with pytest.raises(TableRefused):
        take_in(session, NAME, TableName("public", "fleeting"))


def test_a_virtual_generated_column_is_refused_before_it_breaks_the_writers(session):
    """Found: the application could update no row of the table any more."""
    if session.info.server_version < 180000:
        pytest.skip("PostgreSQL has virtual columns from 18 on")
    with table("(id int PRIMARY KEY, n int GENERATED ALWAYS AS (id * 2) VIRTUAL)") as there:
        with pytest.raises(TableRefused, match="Make the column STORED"):
            take_in(session, NAME, there)
        execute("INSERT INTO things (id) VALUES (1)")
        execute("UPDATE things SET id = 2")


# ----------------------------------------------------------------- several processes


def test_processes_that_take_in_the_same_tables_at_once_all_succeed(session):
    count = 6
    names = [f"things_{number}" for number in range(4)]
    tables = [TableName("public", name) for name in names]
    for each in tables:
        execute(f"DROP TABLE IF EXISTS {each.quoted}")
        execute(f"CREATE TABLE {each.quoted} (id int PRIMARY KEY)")
    session.execute(f"DROP PUBLICATION {NAME}")
    together = threading.Barrier(count)

    def process(number: int) -> None:
        with psycopg.connect(session.info.dsn, autocommit=True) as own:
            together.wait()
            ensure_publication(own, NAME)
            for each in tables[number % 4 :] + tables[: number % 4]:
                take_in(own, NAME, each)

    try:
        with ThreadPoolExecutor(count) as pool:
            for done in [pool.submit(process, number) for number in range(count)]:
                done.result(PATIENCE)
        assert all(is_in(session, NAME, each) for each in tables)
    finally:
        for each in tables:
            execute(f"DROP TABLE {each.quoted}")
