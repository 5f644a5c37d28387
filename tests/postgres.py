"""One PostgreSQL server for all test runs of this clone, in its own data folder.

Several runs may share it: each uses databases of its own, and the last one that leaves
stops it. What killed runs left behind is removed by the next run that finds itself alone.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from config.paths import data_folder
from config.postgres import PostgresError, PostgresServer, find_binaries

#: The data is worth nothing after the run, so it need not survive a power cut. Commits still
#: wait for the WAL to be written: with synchronous_commit off the stream would come late.
OPTIONS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_replication_slots": "60",
    "max_wal_senders": "60",
    # Commits wait for this machine alone, as they would without a standby. A session that says
    # SET synchronous_commit = on waits for a standby that never comes: its commit is in the WAL
    # and invisible, for as long as a test of visibility wants (tests/electric_sync/suspended.py).
    "synchronous_commit": "local",
    "synchronous_standby_names": "nobody",
}
PREFIX = "run_"


@contextmanager
def test_server() -> Iterator[PostgresServer]:
    """Start the server, or join those who use it; stop it when nobody does any more."""
    data = data_folder() / "test-postgres"
    binaries = find_binaries(os.environ.get("POSTGRES_BIN", ""))
    server = PostgresServer(data, binaries, options=OPTIONS)
    data.parent.mkdir(parents=True, exist_ok=True)
    with data.with_name("test-postgres.users").open("w") as users:
        if _is_only_user(users.fileno()):
            _start_afresh(server)
        fcntl.flock(users, fcntl.LOCK_SH)
        server.start()  # a no-op, unless the last user left in between
        try:
            yield server
        finally:
            if _is_only_user(users.fileno()):
                server.stop()


def run_database() -> str:
    """Return a database name that no other run uses."""
    return f"{PREFIX}{os.getpid()}"


def _is_only_user(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _start_afresh(server: PostgresServer) -> None:
    try:
        server.start()
    except PostgresError:
        # Without fsync a crash of the machine may have spoilt the data.
        shutil.rmtree(server.data, ignore_errors=True)
        server.start()
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        _drop_leftovers(connection)


def _drop_leftovers(connection: psycopg.Connection[tuple[str]]) -> None:
    slots = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active"
    connection.execute(slots)
    names = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE '%run\\_%'")
    for (name,) in names.fetchall():
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        connection.execute(drop)


def database_url(server: PostgresServer) -> str:
    """Return the address for `DATABASE_URL`; Django puts `test_` before the name."""
    return server.url(run_database())
