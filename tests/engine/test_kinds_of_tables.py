"""Partitions, inheritance, generated columns: each as the application has it."""

from __future__ import annotations

import time

import pytest

from tests.electric_sync.loop import PATIENCE
from tests.engine.replica import Replica


@pytest.fixture
def partitioned(things, sql):
    things("(id int, region text, v text, PRIMARY KEY (id, region)) PARTITION BY LIST (region)")
    sql("CREATE TABLE things_eu PARTITION OF things FOR VALUES IN ('eu')")
    # The columns may be in another order.
    sql("CREATE TABLE things_us (v text, region text NOT NULL, id int NOT NULL)")
    sql("ALTER TABLE things ATTACH PARTITION things_us FOR VALUES IN ('us')")
    sql("INSERT INTO things VALUES (1, 'eu', 'a'), (2, 'us', 'b')")


@pytest.fixture
def client(asker):
    def make(**query) -> Replica:
        made = Replica(asker, **{"table": "things", **query})
        assert made.catch_up()
        return made

    return make


def values(client: Replica) -> dict[str, str]:
    return {key.partition("/")[2]: row["v"] for key, row in client.rows.items()}


def until(client: Replica, expected: dict[str, str]) -> None:
    """Read on until it is so; the client refuses whatever does not fit."""
    deadline = time.monotonic() + PATIENCE
    while values(client) != expected:
        assert time.monotonic() < deadline, (values(client), expected)
        assert client.catch_up()


@pytest.mark.parametrize("where", [{}, {"where": "id > 0"}, {"where": "id IN (1, 2, 3)"}])
def test_the_partitions_of_a_table_are_one_shape(partitioned, client, sql, where):
    everything = client(**where)
    assert values(everything) == {'"1"/"eu"': "a", '"2"/"us"': "b"}
    handle = everything.handle

    sql("UPDATE things SET v = 'aa' WHERE id = 1")
    sql("UPDATE things SET v = 'bb' WHERE id = 2")
    sql("INSERT INTO things VALUES (3, 'us', 'c')")
    sql("UPDATE things SET region = 'us' WHERE id = 1")

    until(everything, {'"1"/"us"': "aa", '"2"/"us"': "bb", '"3"/"us"': "c"})
    assert everything.handle == handle
    assert {key.partition("/")[0] for key in everything.rows} == {'"public"."things"'}


def test_a_partition_is_a_shape_of_its_own(partitioned, client, sql):
    everything, europe = client(), client(table="things_eu")

    sql("UPDATE things SET v = 'aa' WHERE id = 1")
    sql("UPDATE things SET v = 'bb' WHERE id = 2")

    until(europe, {'"1"/"eu"': "aa"})
    until(everything, {'"1"/"eu"': "aa", '"2"/"us"': "bb"})
    assert {key.partition("/")[0] for key in europe.rows} == {'"public"."things_eu"'}


def test_a_new_partition_is_followed(partitioned, client, sql):
    everything = client()

    sql("CREATE TABLE things_as PARTITION OF things FOR VALUES IN ('as')")
    sql("INSERT INTO things VALUES (9, 'as', 'new')")
    until(everything, {'"1"/"eu"': "a", '"2"/"us"': "b", '"9"/"as"': "new"})
    sql("UPDATE things SET v = 'newer' WHERE id = 9")
    sql("DELETE FROM things WHERE id < 9")

    until(everything, {'"9"/"as"': "newer"})


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE things_us",
        "DROP TABLE things_us",
        "ALTER TABLE things DETACH PARTITION things_us",
    ],
)
def test_a_partition_that_is_emptied_or_leaves_takes_its_rows_along(
    partitioned, client, sql, statement
):
    everything = client()

    sql(statement)
    sql("UPDATE things SET v = 'aa' WHERE id = 1")

    until(everything, {'"1"/"eu"': "aa"})
    sql("DROP TABLE IF EXISTS things_us")


def test_a_partitioned_table_without_partitions_is_empty(asker, things, client, sql):
    things("(id int PRIMARY KEY, v text) PARTITION BY RANGE (id)")
    nothing = client()
    assert nothing.rows == {}

    sql("CREATE TABLE things_all PARTITION OF things DEFAULT")
    sql("INSERT INTO things VALUES (1, 'a')")

    until(nothing, {'"1"': "a"})


def test_rows_of_tables_that_inherit_are_rows_of_the_table(asker, things, client, sql):
    things("(id int PRIMARY KEY, v text)")
    sql("CREATE TABLE heirs (more text) INHERITS (things)")
    try:
        sql("INSERT INTO things VALUES (1, 'p')")
        sql("INSERT INTO heirs VALUES (2, 'c', 'more')")
        everything = client()
        assert values(everything) == {'"1"': "p", '"2"': "c"}

        sql("UPDATE things SET v = 'x'")
        sql("UPDATE heirs SET more = 'not of the shape'")
        sql("INSERT INTO heirs VALUES (3, 'd', 'more')")

        until(everything, {'"1"': "x", '"2"': "x", '"3"': "d"})
        assert {tuple(row) for row in everything.rows.values()} == {("id", "v")}
    finally:
        sql("DROP TABLE heirs")


def test_stored_generated_columns_are_served(asker, things, client, sql):
    if sql("SHOW server_version_num")[0][0] < "180000":
        pytest.skip("PostgreSQL streams them from 18 on")
    things("(id int PRIMARY KEY, n int, v int GENERATED ALWAYS AS (n * 2) STORED)")
    sql("INSERT INTO things VALUES (1, 5)")
    generated = client(where="v > 0")
    assert values(generated) == {'"1"': "10"}

    sql("UPDATE things SET n = 6")

    until(generated, {'"1"': "12"})


@pytest.mark.parametrize(
    "create",
    [
        "CREATE UNLOGGED TABLE things (id int PRIMARY KEY)",
        "CREATE TABLE things (id int PRIMARY KEY, n int GENERATED ALWAYS AS (id * 2) VIRTUAL)",
        "CREATE TABLE things (id int) PARTITION BY RANGE (id);"
        " CREATE UNLOGGED TABLE things_all PARTITION OF things DEFAULT",
    ],
)
def test_what_postgresql_does_not_stream_is_refused(asker, things, sql, create):
    if "VIRTUAL" in create and sql("SHOW server_version_num")[0][0] < "180000":
        pytest.skip("PostgreSQL has virtual columns from 18 on")
    things("(id int)")
    sql("DROP TABLE things")
    sql(create)

    assert list(asker.get().errors) == ["table"]
    sql("INSERT INTO things (id) VALUES (1)")
    sql("UPDATE things SET id = 2")  # nothing was done to it
