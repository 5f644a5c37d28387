"""The stream may break at any point: what follows is a reset, and then changes as before."""

from __future__ import annotations

import logging
import os
import signal

import pytest

from electric_sync.engine import engine as engine_module
from electric_sync.engine import replication
from tests.electric_sync.database import connect, execute, table, wait_for
from tests.electric_sync.listening import ListeningEngine
from tests.electric_sync.loop import LoopThread

pytestmark = pytest.mark.django_db  # for the database; Django itself does nothing here

SENDERS = """SELECT pid FROM pg_stat_activity
              WHERE backend_type = 'walsender' AND datname = current_database()"""
SLOTS = "SELECT slot_name FROM pg_replication_slots WHERE database = current_database()"


@pytest.fixture
def things(django_db_setup):
    with table("(id int PRIMARY KEY, kind text, note text)") as there:
        yield there


@pytest.fixture
def engine(django_db_setup):
    thread = LoopThread()
    listening = ListeningEngine(thread)
    yield listening
    listening.stop()
    thread.close()


@pytest.fixture
def streaming(engine, things):
    """An engine whose stream is open: it has told a first change."""
    engine.subscribe(things)
    probe = 0

    def told():
        nonlocal probe
        probe -= 1
        execute("INSERT INTO things VALUES (%s)", probe)
        return bool(engine.engine.state.value == "streaming")

    wait_for(told, "a stream")
    while (str(probe),) not in engine.next_keys().popitem()[1]:
        pass
    return engine


def insert(key: int) -> None:
    execute("INSERT INTO things VALUES (%s, 'a')", key)


def cut_the_stream() -> None:
    cut = execute(SENDERS)
    for (pid,) in cut:
        execute("SELECT pg_terminate_backend(%s)", pid)
    wait_for(lambda: not {*cut} & {*execute(SENDERS)}, "the stream's end")


def hears_again_after_a_reset(engine: ListeningEngine, things) -> bool:
    """What is committed after the reset is told as ever."""
    wait_for(lambda: bool(execute(SENDERS)), "another stream")
    engine.next_reset()
    wait_for(lambda: engine.engine.state.value == "streaming", "another stream")
    insert(1_000)
    while (("1000",)) not in (engine.next_keys().popitem()[1] or ()):
        pass
    return True


def test_changes_are_told_by_shape_and_key(streaming, things):
    only = streaming.subscribe(things, kind="a")
    everything = streaming.subscribe(things)

    execute("INSERT INTO things VALUES (1, 'a'), (2, 'b')")

    assert streaming.next_keys() == {
        only: frozenset({("1",)}),
        everything: frozenset({("1",), ("2",)}),
    }


def test_a_shape_that_was_left_is_told_no_more(streaming, things):
    only = streaming.subscribe(things, kind="a")
    streaming.engine.unsubscribe(only)

    insert(1)

    assert only not in streaming.next_keys()


def test_invariant_8_a_stream_that_is_cut_is_opened_again(streaming, things):
    cut_the_stream()

    assert hears_again_after_a_reset(streaming, things)


def test_invariant_8_a_stream_may_end_in_the_same_breath_as_its_last_changes(streaming, things):
    """As when PostgreSQL shuts down: the end is in the socket before the changes were read."""
    with streaming.loop.held():
        insert(1)
        ((written,),) = execute("SELECT pg_current_wal_lsn()")
        wait_for(
            lambda: execute(
                "SELECT bool_and(sent_lsn >= %s) FROM pg_stat_replication JOIN pg_stat_activity"
                " USING (pid) WHERE datname = current_database()",
                written,
            )[0][0],
            "sending",
        )
        cut_the_stream()

    assert hears_again_after_a_reset(streaming, things)


def test_invariant_8_what_the_listener_cannot_take_does_not_end_the_stream(
    streaming, things, caplog
):
    def fail() -> None:
        streaming.before_telling = lambda: None
        raise ValueError("a defect")

    streaming.before_telling = fail
    with caplog.at_level(logging.ERROR):
        insert(1)
        assert hears_again_after_a_reset(streaming, things)

    assert "a defect" in caplog.text


@pytest.fixture
def frequent_checks(monkeypatch):
    monkeypatch.setattr(engine_module, "CHECK_SECONDS", 0.05)


def test_invariant_8_a_publication_that_was_dropped_is_made_again_with_its_tables(
    frequent_checks, streaming, things
):
    execute("DROP PUBLICATION electric_sync")
    insert(1)

    assert hears_again_after_a_reset(streaming, things)


def test_invariant_8_a_table_that_was_dropped_and_created_again_is_taken_in_again(
    frequent_checks, streaming, things
):
    with connect(autocommit=False) as session:
        session.execute("DROP TABLE things")
        session.execute("CREATE TABLE things (id int PRIMARY KEY, kind text, note text)")
        session.commit()
    insert(1)

    assert hears_again_after_a_reset(streaming, things)


def test_invariant_8_a_column_that_is_renamed_makes_everything_doubtful(streaming, things):
    of_kind = streaming.subscribe(things, kind="a")
    everything = streaming.subscribe(things)

    execute("ALTER TABLE things RENAME COLUMN kind TO sort")
    insert(1)
    assert streaming.next_keys() == {of_kind: None, everything: None}

    execute("ALTER TABLE things RENAME COLUMN id TO key")
    insert(2)
    assert streaming.next_keys() == {of_kind: None, everything: None}


def test_invariant_8_a_table_that_was_dropped_meanwhile_holds_up_nothing(streaming, things):
    with table("(id int PRIMARY KEY)", name="short_lived") as gone:
        streaming.subscribe(gone)
    cut_the_stream()

    assert hears_again_after_a_reset(streaming, things)


def test_invariant_8_a_server_that_fell_silent_is_left(streaming, things, monkeypatch):
    """As when a network drops the connection, and nobody tells."""
    monkeypatch.setattr(replication, "SILENT_SECONDS", 0.05)
    monkeypatch.setattr(replication, "ANSWER_SECONDS", 0.2)
    insert(1)  # from now on with the shorter waits
    streaming.next_changes()
    ((pid,),) = execute(SENDERS)
    os.kill(pid, signal.SIGSTOP)
    try:
        streaming.next_reset()
        wait_for(lambda: len(execute(SENDERS)) > 1, "another stream")
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_quiet_server_is_not_taken_for_a_lost_one(streaming, things, monkeypatch):
    monkeypatch.setattr(replication, "SILENT_SECONDS", 0.01)
    insert(1)
    streaming.next_changes()
    asked = execute("SELECT now()")[0][0]
    wait_for(
        lambda: (
            execute(
                "SELECT reply_time > %s + interval '0.1 s' FROM pg_stat_replication"
                " JOIN pg_stat_activity USING (pid) WHERE datname = current_database()",
                asked,
            )
            == [(True,)]
        ),
        "an answer of ours",
    )

    insert(2)

    assert ("2",) in streaming.next_keys().popitem()[1]


def test_nothing_is_left_when_the_engine_stops_while_it_connects(engine, things):
    writer = connect(autocommit=False)
    try:
        writer.execute("INSERT INTO things VALUES (1)")
        engine.loop.run(_start(engine))
        waiting = f"SELECT 1 FROM ({SENDERS} AND wait_event_type = 'Lock') AS senders"
        wait_for(lambda: bool(execute(waiting)), "the wait for the writer")

        engine.stop()

        wait_for(lambda: not execute(SENDERS) and not execute(SLOTS), "the end of both")
    finally:
        writer.close()


def test_nothing_is_left_when_the_engine_stops(streaming):
    streaming.stop()

    wait_for(lambda: not execute(SENDERS) and not execute(SLOTS), "the end of both")


async def _start(engine: ListeningEngine) -> None:
    engine.engine.start()


def test_the_stream_s_own_settings_win_over_the_role_s(streaming, things):
    role = execute("SELECT quote_ident(current_user)")[0][0]
    execute(f"ALTER ROLE {role} SET bytea_output = 'escape'")
    try:
        with table("(id bytea PRIMARY KEY)", name="bytes") as there:
            streaming.subscribe(there)
            cut_the_stream()
            streaming.next_reset()
            wait_for(lambda: streaming.engine.state.value == "streaming", "another stream")
            execute(r"INSERT INTO bytes VALUES ('\x01ff')")
            assert streaming.next_keys().popitem()[1] == frozenset({(r"\x01ff",)})
    finally:
        execute(f"ALTER ROLE {role} RESET bytea_output")
