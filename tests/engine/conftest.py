"""An engine of its own over a database of its own. Django plays no part."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from electric_sync.engine.replication import SESSION_OPTIONS
from electric_sync.engine.service import Service
from tests.electric_sync.loop import PATIENCE, LoopThread
from tests.engine.asking import Asker


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """libpq's words for a database that only these tests use."""
    server = os.environ["DATABASE_URL"]
    name = f"run_{os.getpid()}_engine"
    info = psycopg.conninfo.conninfo_to_dict(server)
    admin = psycopg.conninfo.make_conninfo(**{**info, "dbname": "postgres"})
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
    yield psycopg.conninfo.make_conninfo(**{**info, "dbname": name})
    with psycopg.connect(admin, autocommit=True) as connection:
        _drop(connection, name)


def _drop(connection: psycopg.Connection, name: str) -> None:
    """Drop the database; the slot of a stream that was closed stays for a moment."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        except psycopg.errors.ObjectInUse:
            if time.monotonic() > deadline:
                raise
        else:
            return


@pytest.fixture
def connect(address: str) -> Iterator[Callable[[], psycopg.Connection]]:
    """Sessions as applications have them; they are closed at the end."""
    opened: list[psycopg.Connection] = []

    def make(*, autocommit: bool = True) -> psycopg.Connection:
        opened.append(psycopg.connect(address, autocommit=autocommit, options=SESSION_OPTIONS))
        return opened[-1]

    yield make
    for connection in opened:
        connection.close()


@pytest.fixture
def sql(connect: Callable[[], psycopg.Connection]) -> Callable[..., list[tuple]]:
    """Execute one statement, committed; its rows."""
    session = connect()

    def execute(statement: str, *params: object) -> list[tuple]:
        cursor = session.execute(statement, params or None)
        return cursor.fetchall() if cursor.description else []

    return execute


@pytest.fixture(scope="module")
def asker(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    """A client of an engine that serves all tests of a module."""
    thread = LoopThread()
    service = Service(address, folder=_folder(tmp_path_factory), allow_delete=True)
    yield Asker(thread, service)
    thread.run(service.stop())
    thread.close()


def _folder(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("engine") / "shapes"


@pytest.fixture
def things(
    request: pytest.FixtureRequest, sql: Callable[..., list[tuple]]
) -> Iterator[Callable[[str], None]]:
    """Create the table ``things``; it goes with the test."""

    def create(definition: str) -> None:
        sql("DROP TABLE IF EXISTS things")
        if "asker" in request.fixturenames:
            _wait_until_noticed(request.getfixturevalue("asker"))
        sql(f"CREATE TABLE things {definition}")

    yield create
    sql("DROP TABLE IF EXISTS things")


def _wait_until_noticed(asker: Asker) -> None:
    """The engine hears of a dropped table from the stream: a moment later."""
    deadline = time.monotonic() + PATIENCE
    shapes = asker.service.shapes
    while any(each.table.name.name == "things" for each in list(shapes._by_handle.values())):
        assert time.monotonic() < deadline, "the engine did not notice"
