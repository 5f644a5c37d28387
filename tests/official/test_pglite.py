"""@electric-sql/pglite-sync: tables in PGlite that stay equal to PostgreSQL's."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from random import Random

import pytest

from tests.conftest import LONG
from tests.official.database import Database
from tests.official.engine import SECRET, EngineProcess
from tests.official.node import ONE_CLIENT, Node, PGlite, Synced
from tests.official.writes import COLUMNS, random_transaction

ROUNDS = 300 if LONG else 12
numbers = count(1)


@pytest.fixture(scope="module", params=[(), ONE_CLIENT], ids=["own-client", "one-client"])
def pglite(request: pytest.FixtureRequest, engine: EngineProcess) -> Iterator[PGlite]:
    """One for most tests, which have tables of their own in it: it takes seconds to create.

    pglite-sync is tried with the older client that npm gives it, and with the present one.
    """
    with Node(engine.url, SECRET, options=request.param) as node:
        yield node.pglite()
        assert node.warnings == []


@pytest.fixture
def things(database: Database) -> Iterator[str]:
    """A table with three rows."""
    table = f"things_{next(numbers)}"
    database.execute(f"CREATE TABLE {table} {COLUMNS}")
    database.execute(f"INSERT INTO {table} VALUES (1, 'one', 1), (2, NULL, 2), (3, 'three', 3)")
    yield table
    database.execute(f"DROP TABLE {table}")


@pytest.fixture
def sync(pglite: PGlite, things: str) -> Iterator[Callable[..., Synced]]:
    """Sync the table, or what a clause selects of it, into one of the same name."""
    pglite.execute(f"CREATE TABLE {things} {COLUMNS}")
    made: list[Synced] = []

    def sync(query: str = f"SELECT * FROM {things}", *, shape: dict | None = None, **options):
        options = {"table": things, "primaryKey": ["id"], "shapeKey": None, **options}
        made.append(pglite.sync(query, {"table": things, **(shape or {})}, **options))
        return made[-1]

    yield sync
    for each in made:
        each.stop()


def rows(database: Database, table: str, where: str = "true") -> list[dict]:
    return database.rows(f"SELECT * FROM {table} WHERE {where}")


def test_all_rows_come_at_first(sync, things: str, database: Database) -> None:
    sync().wait_for_rows(rows(database, things))


def test_writes_follow(sync, things: str, database: Database) -> None:
    local = sync()
    local.wait_for_rows(rows(database, things))
    database.together(
        f"INSERT INTO {things} VALUES (4, 'four', 4)",
        f"UPDATE {things} SET name = 'ONE' WHERE id = 1",
        f"UPDATE {things} SET id = 5 WHERE id = 2",
        f"DELETE FROM {things} WHERE id = 3",
    )
    local.wait_for_rows(rows(database, things))


@pytest.mark.parametrize("seed", [1, 2])
def test_it_stays_equal_under_random_writes(
    sync, things: str, database: Database, seed: int
) -> None:
    local = sync()
    random = Random(seed)
    for _ in range(ROUNDS):
        for _ in range(random.randrange(1, 12)):
            database.together(*random_transaction(random, things))
        local.wait_for_rows(rows(database, things))


@pytest.mark.parametrize("where", ["number = 2", "number % 2 = 0 OR name IS NULL"])
def test_it_stays_equal_under_a_clause_that_rows_move_through(
    sync, things: str, database: Database, where: str
) -> None:
    local = sync(shape={"where": where})
    random = Random(3)
    for _ in range(ROUNDS):
        for _ in range(random.randrange(1, 12)):
            database.together(*random_transaction(random, things))
        local.wait_for_rows(rows(database, things, where))


@pytest.mark.parametrize("pglite", [ONE_CLIENT], ids=["one-client"], indirect=True, scope="module")
def test_it_stays_equal_by_server_sent_events(sync, things: str, database: Database) -> None:
    """The older client's need a browser."""
    local = sync(stream={"liveSse": True})
    random = Random(4)
    for _ in range(ROUNDS):
        for _ in range(random.randrange(1, 12)):
            database.together(*random_transaction(random, things))
        local.wait_for_rows(rows(database, things))
    assert "text/event-stream" in {request["type"] for request in local.seen.requests}


def test_a_truncated_table_is_emptied(sync, things: str, database: Database) -> None:
    local = sync()
    local.wait_for_rows(rows(database, things))
    database.together(f"TRUNCATE {things}", f"INSERT INTO {things} VALUES (7, 'seven', 7)")
    local.wait_for_rows(rows(database, things))


@pytest.mark.parametrize("method", ["insert", "csv", "json"])
def test_many_rows_come_by_each_method(sync, things: str, database: Database, method: str) -> None:
    database.execute(f"INSERT INTO {things} SELECT n, 'row', n FROM generate_series(4, 3000) n")
    query = f"SELECT count(*)::int, sum(number)::int FROM {things}"
    local = sync(query, initialInsertMethod=method)
    local.wait_for_rows(database.rows(query))


def test_another_process_goes_on_with_the_same_database(
    start_node: Callable[[], Node], things: str, database: Database, tmp_path: Path
) -> None:
    query = f"SELECT * FROM {things}"
    options = {"table": things, "primaryKey": ["id"], "shapeKey": "things"}
    pglite = start_node().pglite(tmp_path / "data")
    pglite.execute(f"CREATE TABLE {things} {COLUMNS}")
    first = pglite.sync(query, {"table": things}, **options)
    database.execute(f"INSERT INTO {things} VALUES (4, 'four', 4)")
    first.wait_for_rows(rows(database, things))
    pglite.close()
    pglite.node.close()
    database.together(f"DELETE FROM {things} WHERE id = 1", f"UPDATE {things} SET number = 0")
    second = start_node().pglite(tmp_path / "data").sync(query, {"table": things}, **options)
    second.wait_for_rows(rows(database, things))
    assert "-1" not in second.seen.asked("offset")


def test_shapes_synced_together_show_transactions_whole(pglite: PGlite, database: Database) -> None:
    """Money moves between two tables; nobody ever sees it in both or in none."""
    ours, theirs = f"ours_{next(numbers)}", f"theirs_{next(numbers)}"
    for table in (ours, theirs):
        create = f"CREATE TABLE {table} (id int PRIMARY KEY, amount int)"
        database.execute(create)
        database.execute(f"INSERT INTO {table} VALUES (1, 500)")
        pglite.execute(create)
    query = f"SELECT o.amount AS ours, o.amount + t.amount AS total FROM {ours} o, {theirs} t"
    local = pglite.sync_together(query, {table: {"table": table} for table in (ours, theirs)})
    local.wait_for_rows([{"ours": 500, "total": 1000}])
    for amount in range(1, 31):
        database.together(
            f"UPDATE {ours} SET amount = amount - {amount}",
            f"UPDATE {theirs} SET amount = amount + {amount}",
        )
    local.wait_for_rows([{"ours": 35, "total": 1000}])
    local.stop()
    database.execute(f"DROP TABLE {ours}, {theirs}")
    assert {row["total"] for rows in local.seen.all_rows for row in rows} == {1000}
