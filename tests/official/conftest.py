"""One engine for all tests; Node processes and tables for each."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.official.database import Database, database_beside_djangos
from tests.official.engine import SECRET, EngineProcess, engine_process
from tests.official.node import Node


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    with database_beside_djangos() as url:
        database = Database(url)
        yield database
        database.close()


@pytest.fixture(scope="session")
def engine(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    with engine_process(database.url, tmp_path_factory.mktemp("engine")) as engine:
        yield engine
        assert "Traceback" not in engine.log.read_text()


@pytest.fixture
def start_node(engine: EngineProcess) -> Iterator[Callable[..., Node]]:
    """Start a Node process that reads from the engine, or from another one. None of its clients
    may have warned when the test ends."""
    nodes: list[Node] = []
    with ExitStack() as stack:

        def start(url: str = engine.url) -> Node:
            nodes.append(stack.enter_context(Node(url, SECRET)))
            return nodes[-1]

        yield start
    assert [warning for node in nodes for warning in node.warnings] == []


@pytest.fixture
def node(start_node: Callable[[], Node]) -> Node:
    return start_node()


@pytest.fixture
def items(database: Database) -> Iterator[str]:
    """A table with two rows."""
    database.execute("DROP TABLE IF EXISTS items")
    database.execute(
        "CREATE TABLE items (id int PRIMARY KEY, name text, shop int, is_done boolean,"
        " count bigint, tags text[], more jsonb)"
    )
    database.execute(
        "INSERT INTO items VALUES"
        """ (1, 'one', 1, true, 9007199254740993, '{a,NULL}', '{"a": [1]}'),"""
        " (2, 'two', 2, false, null, '{}', null)"
    )
    yield "items"
    database.execute("DROP TABLE IF EXISTS items")
