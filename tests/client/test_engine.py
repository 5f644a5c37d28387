"""The client and the engine, each in a process of its own, over a real database."""

import asyncio
import os
import random
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from electric_sync.client import PYTHON, Change, Refused, Rows, ShapeStream, State
from tests.client.engine import SECRET, EngineProcess, database_named

pytestmark = pytest.mark.anyio

PATIENCE = 60.0
NAMES = ["a", "b", "", "x'\"\\y", "日本", None]


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    name = f"run_{os.getpid()}_client"
    with psycopg.connect(database_named("postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
    yield database_named(name)
    with psycopg.connect(database_named("postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def engine(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    engine = EngineProcess(database, tmp_path_factory.mktemp("engine"))
    engine.start()
    yield engine
    engine.stop()


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    """With an empty table ``items``."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS items")
        connection.execute("CREATE TABLE items (id int PRIMARY KEY, name text, size numeric)")
        yield connection


@pytest.fixture
def rows_of(engine: EngineProcess) -> Callable[..., Rows]:
    def rows_of(**wanted: Any) -> Rows:
        wanted = {"table": "items", "backoff": (0.05, 0.5)} | wanted
        return Rows(ShapeStream(engine.url, secret=SECRET, **wanted))

    return rows_of


async def equal(rows: Rows, connection: psycopg.Connection, query: str) -> None:
    """Wait for the rows to be what the database answers, by key."""
    cursor = connection.execute(query)
    names = [column.name for column in cursor.description or ()]
    expected = {row[0]: dict(zip(names, row, strict=True)) for row in cursor}
    with rows.subscribe() as differences:
        async with asyncio.timeout(PATIENCE):
            await rows.wait_until_current()
            while {row["id"]: row for row in rows.values()} != expected:
                await anext(differences)


def write_at_random(connection: psycopg.Connection, chance: random.Random) -> None:
    """A transaction of some changes, also of keys."""
    with connection.transaction():
        for _ in range(chance.randint(1, 5)):
            one, other = chance.randint(1, 20), chance.randint(1, 20)
            name, size = chance.choice(NAMES), chance.randint(0, 100)
            match chance.randint(0, 4):
                case 0:
                    connection.execute("DELETE FROM items WHERE id = %s", [one])
                case 1:
                    connection.execute(
                        "UPDATE items SET id = %s WHERE id = %s"
                        " AND NOT EXISTS (SELECT FROM items WHERE id = %s)",
                        [other, one, other],
                    )
                case 2:
                    connection.execute("UPDATE items SET size = %s WHERE id > %s", [size, one])
                case _:
                    connection.execute(
                        "INSERT INTO items VALUES (%s, %s, %s)"
                        " ON CONFLICT (id) DO UPDATE SET name = excluded.name",
                        [one, name, size],
                    )


SHAPES = [
    ({}, "SELECT id, name, size FROM items"),
    ({"replica": "full"}, "SELECT id, name, size FROM items"),
    ({"columns": ["id", "name"]}, "SELECT id, name FROM items"),
    (
        {"where": "size > $1 AND name = ANY ($2)", "params": [40, "{a,b}"]},
        "SELECT id, name, size FROM items WHERE size > 40 AND name IN ('a', 'b')",
    ),
]


@pytest.mark.parametrize("live_mode", ["long-poll", "sse"])
@pytest.mark.parametrize(("wanted", "query"), SHAPES)
async def test_rows_are_what_the_database_answers(
    wanted: dict[str, Any],
    query: str,
    live_mode: str,
    rows_of: Callable[..., Rows],
    connection: psycopg.Connection,
) -> None:
    chance = random.Random(5)
    write_at_random(connection, chance)
    async with rows_of(parsers=PYTHON, live_mode=live_mode, **wanted) as rows:
        for _ in range(5):
            for _ in range(4):
                write_at_random(connection, chance)
            await equal(rows, connection, query)


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE items",
        "ALTER TABLE items ADD COLUMN added int DEFAULT 5",
        "ALTER TABLE items DROP COLUMN size",
        "ALTER TABLE items ALTER COLUMN size TYPE float8",
    ],
)
@pytest.mark.parametrize("live_mode", ["long-poll", "sse"])
async def test_a_table_that_is_altered_begins_anew(
    statement: str,
    live_mode: str,
    rows_of: Callable[..., Rows],
    connection: psycopg.Connection,
) -> None:
    connection.execute("INSERT INTO items VALUES (1, 'a', 1), (2, 'b', 2)")
    async with rows_of(parsers=PYTHON, live_mode=live_mode) as rows:
        await equal(rows, connection, "SELECT id, name, size FROM items")
        connection.execute(statement)
        connection.execute("INSERT INTO items VALUES (3, 'c')")
        await equal(rows, connection, "SELECT * FROM items")


@pytest.mark.parametrize("end", [EngineProcess.stop, EngineProcess.kill])
@pytest.mark.parametrize("live_mode", ["long-poll", "sse"])
async def test_an_engine_that_was_away_costs_a_refetch(
    end: Callable[[EngineProcess], None],
    live_mode: str,
    engine: EngineProcess,
    rows_of: Callable[..., Rows],
    connection: psycopg.Connection,
) -> None:
    connection.execute("INSERT INTO items VALUES (1, 'a', 1), (2, 'b', 2)")
    query = "SELECT id, name, size FROM items"
    is_waiting = asyncio.Event()

    def note(state: State) -> None:
        if state is State.WAITING:
            is_waiting.set()

    async with rows_of(parsers=PYTHON, live_mode=live_mode, on_state=note) as rows:
        await equal(rows, connection, query)
        end(engine)
        try:
            connection.execute("UPDATE items SET name = 'away' WHERE id = 1")
            connection.execute("DELETE FROM items WHERE id = 2")
            async with asyncio.timeout(PATIENCE):
                await is_waiting.wait()
            assert len(rows) == 2
        finally:
            engine.start()
        await equal(rows, connection, query)


async def test_another_process_goes_on_from_handle_and_offset(
    engine: EngineProcess, rows_of: Callable[..., Rows], connection: psycopg.Connection
) -> None:
    connection.execute("INSERT INTO items VALUES (1, 'a', 1), (2, 'b', 2)")
    async with rows_of() as rows:
        await rows.wait_until_current()
    connection.execute("UPDATE items SET name = 'c' WHERE id = 1")
    changes: list[Change] = []
    async with ShapeStream(
        engine.url,
        table="items",
        secret=SECRET,
        handle=rows.handle,
        offset=rows.offset,
    ) as stream:
        async with asyncio.timeout(PATIENCE):
            while not changes:
                message = await anext(stream)
                changes += [message] if isinstance(message, Change) else []
    assert changes[0].value == {"id": "1", "name": "c"}


async def test_values_of_all_types_are_the_same_in_snapshot_and_log(
    rows_of: Callable[..., Rows], connection: psycopg.Connection
) -> None:
    connection.execute("DROP TABLE IF EXISTS kinds")
    connection.execute(
        "CREATE TABLE kinds (id int PRIMARY KEY, flag bool, small int2, large int8, amount numeric,"
        " real float4, double float8, made jsonb, list int[], lists text[][], at timestamptz)"
    )
    insert = (
        "INSERT INTO kinds VALUES (%s, true, -1, 9223372036854775807, 1.50, 0.1, 'Infinity',"
        """ '{"a": [1, null]}', '{1,NULL,3}', '{{"a b",c},{"\\"",NULL}}',"""
        " '2024-02-29 12:34:56+00')"
    )
    connection.execute(insert, [1])
    async with rows_of(table="kinds", parsers=PYTHON) as rows:
        await rows.wait_until_current()
        with rows.subscribe() as differences:
            connection.execute(insert, [2])
            async with asyncio.timeout(PATIENCE):
                difference = await anext(differences)
        first = next(row for row in rows.values() if row["id"] == 1)
        (second,) = difference.inserted.values()
    assert {**first, "id": 2} == second
    assert second["list"] == [1, None, 3]
    assert second["lists"] == '{{"a b",c},{"\\"",NULL}}'  # no parser for text
    assert second["made"] == {"a": [1, None]}


async def test_a_subset_and_the_log_beside_it(
    engine: EngineProcess, connection: psycopg.Connection
) -> None:
    connection.execute("INSERT INTO items SELECT n, 'a', n * 10 FROM generate_series(1, 9) n")
    async with ShapeStream(
        engine.url, table="items", log="changes_only", secret=SECRET, parsers=PYTHON
    ) as stream:
        await anext(stream)
        connection.execute("UPDATE items SET name = 'b' WHERE id = 9")
        subset = await stream.subset("size > $1", params=[30], order_by="size DESC", limit=2)
        connection.execute("UPDATE items SET name = 'c' WHERE id = 8")
        changes: list[Change] = []
        async with asyncio.timeout(PATIENCE):
            while len(changes) < 2:
                message = await anext(stream)
                changes += [message] if isinstance(message, Change) else []
    assert [(row["id"], row["name"]) for row in subset.rows.values()] == [(9, "b"), (8, "a")]
    assert [subset.sees(change) for change in changes] == [True, False]


async def test_what_the_engine_refuses_is_said_in_its_words(
    rows_of: Callable[..., Rows],
) -> None:
    async with rows_of(table="no_such_table") as rows:
        with pytest.raises(Refused, match="no_such_table") as refused:
            await rows.wait_until_current()
    assert refused.value.status == 400
    assert "table" in refused.value.errors


async def test_without_the_secret_there_is_nothing(engine: EngineProcess) -> None:
    async with ShapeStream(engine.url, table="items") as stream:
        with pytest.raises(Refused) as refused:
            await anext(stream)
    assert refused.value.status == 401
