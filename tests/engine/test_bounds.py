"""Everything has a bound, and what is lost is fetched anew."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from electric_sync.engine import publication
from electric_sync.engine import shapes as shapes_module
from electric_sync.engine.log import ShapeLog
from tests.electric_sync.loop import PATIENCE
from tests.engine.replica import Replica


@pytest.fixture
def table(things, sql):
    things("(id int PRIMARY KEY, note text)")


def until(condition) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline


def test_the_shapes_that_were_not_used_for_longest_go_first(asker, table, sql, monkeypatch):
    sql("INSERT INTO things SELECT n, repeat('x', 1000) FROM generate_series(1, 300) AS n")
    old = asker.get(where="id > 0")
    new = asker.get(where="id > 1")
    monkeypatch.setattr(asker.service.shapes, "_max_bytes", 600_000)

    def has_gone() -> bool:
        # Asking for the other one keeps it in use.
        assert asker.get(where="id > 1", handle=new.handle, offset="0_0").status == 200
        return asker.service.shapes.find(old.handle) is None

    until(has_gone)
    assert asker.get(where="id > 0", handle=old.handle, offset="0_0").status == 409


def test_a_shape_that_alone_is_too_large_is_refused(asker, table, sql, monkeypatch):
    sql("INSERT INTO things SELECT n, repeat('x', 1000) FROM generate_series(1, 20000) AS n")
    shapes = asker.service.shapes
    monkeypatch.setattr(shapes, "_max_bytes", 100_000)
    write = ShapeLog.write_snapshot

    def write_and_look(log: ShapeLog, data: bytes) -> bool:
        """As if the look came in the middle of the snapshot."""
        written = write(log, data)
        asker.loop.loop.call_soon_threadsafe(shapes._evict)
        return written

    monkeypatch.setattr(ShapeLog, "write_snapshot", write_and_look)

    reply = asker.get()

    assert reply.status == 400
    assert "take more than the 100000 bytes" in reply.errors["table"][0]


def test_no_more_shapes_than_allowed_are_kept(asker, table, monkeypatch):
    handles = [asker.get(where=f"id = {n}").handle for n in range(6)]
    monkeypatch.setattr(shapes_module, "SHAPES_MAX", 3)

    until(lambda: sum(asker.service.shapes.find(each) is not None for each in handles) <= 3)

    assert asker.service.shapes.find(handles[-1]) is not None


def test_files_go_with_their_shape(asker, table):
    folder = asker.service.shapes._folder
    handle = asker.get().handle
    assert list(folder.glob(f"{handle}.*"))

    asker.ask("DELETE", {"handle": handle})

    assert not list(folder.glob(f"{handle}.*"))


def test_many_who_ask_for_one_new_shape_get_the_same(asker, table):
    with ThreadPoolExecutor(8) as threads:
        replies = list(threads.map(lambda _: asker.get(), range(16)))

    assert len({reply.handle for reply in replies}) == 1
    assert {reply.status for reply in replies} == {200}


def test_many_shapes_at_once(asker, table, sql):
    sql("INSERT INTO things SELECT n FROM generate_series(1, 100) AS n")

    with ThreadPoolExecutor(50) as threads:
        replies = list(threads.map(lambda n: asker.get(where=f"id = {n}"), range(1, 101)))

    assert [[each["value"]["id"] for each in reply.changes] for reply in replies] == [
        [str(n)] for n in range(1, 101)
    ]


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr(publication, "LOCK_TIMEOUT_MS", 20)
    monkeypatch.setattr(publication, "GIVE_UP_AFTER", 0.1)


def test_a_locked_table_is_for_later(hasty, asker, table, connect):
    with connect(autocommit=False) as writer:
        writer.execute("INSERT INTO things VALUES (1)")

        reply = asker.get()

        assert reply.status == 503
        assert reply.headers["retry-after"] == "10"
        assert reply.headers["electric-internal-known-error"] == "true"
        assert f"process {writer.info.backend_pid}" in reply.json["message"]
    assert len(asker.get().changes) == 1


SENDERS = """SELECT pid FROM pg_stat_activity
              WHERE backend_type = 'walsender' AND datname = current_database()"""


def test_invariant_8_a_stream_that_is_cut_costs_a_refetch(asker, table, sql):
    sql("INSERT INTO things VALUES (1)")
    client = Replica(asker, table="things")
    client.catch_up()
    before = client.handle

    sql(f"SELECT pg_terminate_backend(pid) FROM ({SENDERS}) AS senders")
    sql("UPDATE things SET note = 'x'")
    until(lambda: client.catch_up() and client.handle != before)

    assert [row["note"] for row in client.rows.values()] == ["x"]


def test_invariant_8_connections_that_were_lost_are_made_again(asker, table, sql):
    asker.get(where="id % 2 = 0")

    sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    )

    assert asker.get(where="id % 2 = 1").status == 200
    assert asker.get(subset__where="id = 1").status == 200


def test_while_postgresql_is_away_clients_are_asked_to_come_back(asker, table, monkeypatch):
    monkeypatch.setattr(shapes_module, "AWAY_SECONDS", 0.05)
    shapes = asker.service.shapes
    asker.get()
    asker.loop.loop.call_soon_threadsafe(shapes.closed)
    until(lambda: not shapes.is_active)

    reply = asker.get()
    health = asker.ask("GET", {}, path="/v1/health")
    asker.loop.loop.call_soon_threadsafe(shapes.opened, shapes.lsn)

    assert (reply.status, reply.headers["retry-after"]) == (503, "5")
    assert (health.status, health.json) == (202, {"status": "starting"})
    until(lambda: shapes.is_active)
    assert asker.get().status == 200


def test_a_slow_applier_stops_the_stream_and_not_the_engine(asker, table, sql, monkeypatch):
    monkeypatch.setattr(shapes_module, "WAITING_BYTES", 10)
    client = Replica(asker, table="things")
    client.catch_up()

    sql("INSERT INTO things SELECT n FROM generate_series(1, 500) AS n")
    sql("INSERT INTO things VALUES (501)")

    until(lambda: client.catch_up() and len(client.rows) == 501)
