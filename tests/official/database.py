"""The database that the engine serves, beside Django's."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from tests.official.engine import PATIENCE


class Database:
    """A session that commits each statement, and what is asked of it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = psycopg.connect(url, autocommit=True, row_factory=dict_row)

    def execute(self, statement: str, *params: Any) -> None:
        """Run one statement, and commit it."""
        self._session.execute(statement, params or None)

    def together(self, *statements: str) -> None:
        """Run statements in one transaction."""
        with self._session.transaction():
            for statement in statements:
                self._session.execute(statement)

    def rows(self, query: str, *params: Any) -> list[dict[str, Any]]:
        """The rows of a query."""
        return self._session.execute(query, params or None).fetchall()

    def close(self) -> None:
        """End the session."""
        self._session.close()


@contextmanager
def database_beside_djangos() -> Iterator[str]:
    """A database of this run; gives its address."""
    there = os.environ["DATABASE_URL"]
    name = urlsplit(there).path[1:] + "_official"
    with psycopg.connect(there, dbname="postgres", autocommit=True) as administrator:
        administrator.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlsplit(there)._replace(path=f"/{name}").geturl()
        finally:
            _drop(administrator, name)


def _drop(administrator: psycopg.Connection, name: str) -> None:
    """Drop the database; the slot of an engine that has ended stays for a moment."""
    drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            administrator.execute(drop)
            return
        except psycopg.errors.ObjectInUse:
            if time.monotonic() > deadline:
                raise
