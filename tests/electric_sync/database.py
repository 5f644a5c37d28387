"""Connections beside Django's: psql, in effect."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from electric_sync import conf
from electric_sync.values import TableName
from tests.electric_sync.loop import PATIENCE


def connect(**options: Any) -> psycopg.Connection:
    """A session of the test's database, in autocommit unless told otherwise."""
    return psycopg.connect(conf.conninfo(), **{"autocommit": True, **options})


def execute(statement: str, *params: Any) -> list[tuple[Any, ...]]:
    """Run one statement in a session of its own, committed; returns its rows."""
    with connect() as session:
        cursor = session.execute(statement, params or None)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def table(definition: str, *, name: str = "things", kind: str = "TABLE") -> Iterator[TableName]:
    """A table, or something like one, for one test, beside Django's."""
    there = TableName("public", name)
    drop = f"DROP {kind.removeprefix('UNLOGGED ')} IF EXISTS {there.quoted}"
    execute(drop)
    execute(f"CREATE {kind} {there.quoted} {definition}")
    try:
        yield there
    finally:
        execute(drop)


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Ask PostgreSQL again and again until it is so."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen"
