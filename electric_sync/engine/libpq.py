"""libpq's calls that psycopg's cursors do not have, without holding up other threads.

libpq's blocking calls keep the interpreter while they wait: a statement that waits for a lock
would stop the very thread that has to release it. So these send, and wait in Python.
"""

from __future__ import annotations

from collections.abc import Generator

import psycopg
from psycopg import generators, pq
from psycopg.waiting import Wait


def prepare(connection: psycopg.Connection, statement: str) -> pq.abc.PGresult:
    """Prepare a statement without a name."""
    connection.pgconn.send_prepare(b"", statement.encode())
    return _result(connection)


def describe_prepared(connection: psycopg.Connection) -> pq.abc.PGresult:
    """What was prepared last."""
    connection.pgconn.send_describe_prepared(b"")
    return _result(connection)


def execute(connection: psycopg.Connection, statement: str) -> pq.abc.PGresult:
    """Execute by the extended protocol: one statement only, whatever the text may hold."""
    connection.pgconn.send_query_params(statement.encode(), [])
    return _result(connection)


def result(connection: psycopg.Connection) -> pq.abc.PGresult | None:
    """The result of what is being executed."""
    results = connection.wait(generators.fetch_many(connection.pgconn))
    return results[-1] if results else None


def wait_readable(connection: psycopg.Connection) -> None:
    """Wait until there is something to read, and take it in."""
    connection.wait(_readable())
    connection.pgconn.consume_input()


def error_of(failed: pq.abc.PGresult) -> psycopg.Error:
    """A failed result as psycopg itself would raise it."""
    state = (failed.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
    message = failed.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or failed.error_message
    try:
        kind = psycopg.errors.lookup(state)
    except KeyError:
        kind = psycopg.OperationalError if not state else psycopg.DatabaseError
    return kind((message or b"PostgreSQL gave no reason").decode(errors="replace").strip())


def _result(connection: psycopg.Connection) -> pq.abc.PGresult:
    results = connection.wait(generators.execute(connection.pgconn))
    return results[-1]


def _readable() -> Generator[Wait, object, None]:
    yield Wait.R
