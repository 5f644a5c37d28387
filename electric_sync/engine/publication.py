"""Taking tables in: from then on, their changes are in the stream.

It happens in one transaction that first takes the lock that no writer survives (``ALTER
TABLE … REPLICA IDENTITY FULL``, or ``LOCK TABLE … IN SHARE MODE`` where it is FULL already)
and then alters the publication. When it has committed, no open or prepared transaction has
changes of that table outside the stream: a writer that was there before it has ended, and
one that comes later writes for the publication. (Comparing transaction ids instead is wrong:
a writer with a later id may have written earlier.)
"""

from __future__ import annotations

import time

import psycopg
from psycopg import errors, sql

from electric_sync.engine.decoder import MESSAGE_PREFIX
from electric_sync.values import TableName

LOCK_TIMEOUT_MS = 1_000
"""How long one attempt may wait for the lock: writers queue behind it."""
GIVE_UP_AFTER = 5.0
"""Seconds after which a table counts as busy."""
SCHEMA_TRIGGER = "electric_sync_schema_changed"
"""The event trigger that announces changes of tables, and its function in ``public``."""

# Whatever goes wrong in it must not go wrong for whoever changes a table.
_SCHEMA_FUNCTION = """
CREATE OR REPLACE FUNCTION public.{}() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_logical_emit_message(true, {}, 'schema');
EXCEPTION WHEN OTHERS THEN NULL;
END $$"""
_SCHEMA_EVENTS = """
CREATE EVENT TRIGGER {} ON ddl_command_end
  WHEN TAG IN ('ALTER TABLE', 'CREATE TABLE', 'DROP TABLE', 'ALTER SCHEMA', 'DROP SCHEMA',
               'ALTER TYPE', 'ALTER DOMAIN', 'DROP TYPE', 'DROP DOMAIN', 'DROP OWNED')
  EXECUTE FUNCTION public.{}()"""


class TableBusy(Exception):
    """The table is locked by somebody else; the message names who."""


class TableRefused(Exception):
    """The table cannot be followed; the message says why and what to do."""


def ensure_publication(connection: psycopg.Connection, publication: str) -> None:
    """Create the publication, empty, if it is not there. ``connection`` is in autocommit."""
    if connection.execute(
        "SELECT 1 FROM pg_publication WHERE pubname = %s", [publication]
    ).fetchone():
        return
    generated = (
        " WITH (publish_generated_columns = stored)"
        if connection.info.server_version >= 180000
        else ""
    )
    try:
        connection.execute(
            sql.SQL("CREATE PUBLICATION {}" + generated).format(sql.Identifier(publication))
        )
    except (errors.DuplicateObject, errors.UniqueViolation):
        return  # another process was first


def announce_schema_changes(connection: psycopg.Connection) -> bool:
    """Have PostgreSQL put a message into the stream with each change of a schema.

    That takes an event trigger, which only a superuser may create. Returns whether it is there;
    if it is not, the catalog must be looked at from time to time.
    """
    if connection.execute(
        "SELECT 1 FROM pg_event_trigger WHERE evtname = %s", [SCHEMA_TRIGGER]
    ).fetchone():
        return True
    name = sql.Identifier(SCHEMA_TRIGGER)
    try:
        with connection.transaction():
            connection.execute(sql.SQL(_SCHEMA_FUNCTION).format(name, sql.Literal(MESSAGE_PREFIX)))
            connection.execute(sql.SQL(_SCHEMA_EVENTS).format(name, name))
    except (errors.InsufficientPrivilege, errors.DuplicateObject, errors.UniqueViolation):
        return False  # or another process was first, and the next time will tell
    return True


def take_in(connection: psycopg.Connection, publication: str, table: TableName) -> tuple[str, ...]:
    """Put ``table`` into the publication; returns the columns of its primary key, if it has one.

    ``connection`` is in autocommit.

    Raises:
        TableBusy: its lock was not to be had within ``GIVE_UP_AFTER``.
        TableRefused: it is no ordinary table.
    """
    key = _primary_key(connection, table)
    deadline = time.monotonic() + GIVE_UP_AFTER
    while not is_in(connection, publication, table):
        try:
            _add(connection, publication, table)
        except errors.LockNotAvailable as error:
            if time.monotonic() > deadline:
                raise TableBusy(
                    f"{table} is locked by {_blockers(connection, table)}; its changes cannot be"
                    " followed until that ends."
                ) from error
        except (errors.DuplicateObject, errors.UniqueViolation):
            continue  # another process was first
    return key


def is_in(connection: psycopg.Connection, publication: str, table: TableName) -> bool:
    """Whether all changes of ``table`` are published, with whole old rows."""
    return bool(
        connection.execute(
            """SELECT 1 FROM pg_publication_rel AS member
                 JOIN pg_publication AS publication ON publication.oid = member.prpubid
                 JOIN pg_class AS relation ON relation.oid = member.prrelid
                WHERE publication.pubname = %s AND relation.oid = to_regclass(%s)
                  AND relation.relreplident = 'f'""",
            [publication, table.quoted],
        ).fetchone()
    )


def _add(connection: psycopg.Connection, publication: str, table: TableName) -> None:
    name = sql.Identifier(table.schema, table.name)
    with connection.transaction():
        connection.execute(
            sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(LOCK_TIMEOUT_MS))
        )
        full, member = connection.execute(
            """SELECT relreplident = 'f', EXISTS (
                        SELECT 1 FROM pg_publication_rel AS member
                          JOIN pg_publication AS publication ON publication.oid = member.prpubid
                         WHERE publication.pubname = %s AND member.prrelid = relation.oid)
                 FROM pg_class AS relation WHERE oid = %s::regclass""",
            [publication, table.quoted],
        ).fetchone() or (False, False)
        if full:
            connection.execute(sql.SQL("LOCK TABLE {} IN SHARE MODE").format(name))
        else:
            connection.execute(sql.SQL("ALTER TABLE {} REPLICA IDENTITY FULL").format(name))
        if not member:
            connection.execute(
                sql.SQL("ALTER PUBLICATION {} ADD TABLE ONLY {}").format(
                    sql.Identifier(publication), name
                )
            )


def _primary_key(connection: psycopg.Connection, table: TableName) -> tuple[str, ...]:
    found = connection.execute(
        "SELECT relkind, relpersistence FROM pg_class WHERE oid = to_regclass(%s)",
        [table.quoted],
    ).fetchone()
    if found is None:
        raise TableRefused(f"There is no table {table}. Run the migrations first.")
    if found != ("r", "p"):
        raise TableRefused(
            f"{table} is no ordinary table (a view, foreign, partitioned, unlogged or temporary"
            " one): PostgreSQL does not stream its changes."
        )
    virtual = connection.execute(
        """SELECT attname FROM pg_attribute
            WHERE attrelid = %s::regclass AND attgenerated = 'v' AND NOT attisdropped""",
        [table.quoted],
    ).fetchone()
    if virtual is not None:
        raise TableRefused(
            f"{table} has the virtual generated column {virtual[0]!r}: once the table is followed,"
            " PostgreSQL refuses to update its rows. Make the column STORED."
        )
    columns = connection.execute(
        """SELECT a.attname FROM pg_index AS i
             JOIN unnest(i.indkey) WITH ORDINALITY AS k(number, place) ON true
             JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
            WHERE i.indrelid = %s::regclass AND i.indisprimary ORDER BY k.place""",
        [table.quoted],
    ).fetchall()
    return tuple(name for (name,) in columns)


def _blockers(connection: psycopg.Connection, table: TableName) -> str:
    rows = connection.execute(
        """SELECT DISTINCT a.pid, coalesce(nullif(a.application_name, ''), a.usename)
             FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
            WHERE l.relation = %s::regclass AND l.granted AND a.pid <> pg_backend_pid()""",
        [table.quoted],
    ).fetchall()
    return ", ".join(f"process {pid} ({name})" for pid, name in rows) or "another transaction"
