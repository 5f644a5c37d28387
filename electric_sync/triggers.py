"""The triggers of the access log: every road of a change of access counts.

A statement-level trigger on each table that access is computed from inserts into the access
log, in the writing transaction: forms, the admin, ``QuerySet.update``, cascades, TRUNCATE and
psql alike. They are ``ENABLE ALWAYS``, so that not even a replication role avoids them.
Those on the project's own tables also write a receipt for each device that has to be cleared.
Sessions end in silence: most do because somebody signs out, whose browser is empty by then.
Django's own table of sessions has them, too: one that Django has forgotten is worth nothing.
``migrate`` installs them after each run, from ``Access.raised_by``; there is no other place
that could disagree with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from django.db import connection, models, transaction
from django.db.backends.utils import CursorWrapper

from electric_sync import access
from electric_sync.access import Raises
from electric_sync.models import AccessLog, Receipt, UserSession
from electric_sync.sessions import HashedKey, stored_sessions

PREFIX = "raise_access"
"""Triggers and functions whose name begins so are ours to drop."""

NAME_BYTES = 63
"""PostgreSQL cuts longer names off, and two may then be one."""

_FUNCTION = """
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $body$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    WITH concerned AS (SELECT NULL::text AS tenant, NULL::text AS "user") {write};
  ELSIF TG_OP = 'INSERT' THEN
    WITH concerned AS (
      SELECT DISTINCT {tenant} AS tenant, {user} AS "user" FROM new_rows AS r
    ) {write};
  ELSIF TG_OP = 'DELETE' THEN
    WITH concerned AS (
      SELECT DISTINCT {tenant} AS tenant, {user} AS "user" FROM old_rows AS r
    ) {write};
  ELSE
    WITH concerned AS (
      SELECT {tenant} AS tenant, {user} AS "user"
        FROM old_rows AS r LEFT JOIN new_rows AS o ON o.{key} = r.{key}
       WHERE o.{key} IS NULL OR {differs}
      UNION
      SELECT {tenant} AS tenant, {user} AS "user"
        FROM new_rows AS r LEFT JOIN old_rows AS o ON o.{key} = r.{key}
       WHERE o.{key} IS NULL OR {differs}
    ) {write};
  END IF;
  RETURN NULL;
END $body$
"""

_LOG = 'INSERT INTO {log} (tenant, "user") SELECT tenant, "user" FROM concerned'

_LOG_AND_RECEIPTS = """, logged AS ({log}), s AS NOT MATERIALIZED (
      SELECT id, tenant, user_id, user_agent FROM {sessions}
       WHERE ended_at IS NULL AND expires_at > now()
         AND id NOT IN (
           SELECT session_id FROM {receipts} WHERE xid = pg_current_xact_id()::text::bigint
         )
    )
    INSERT INTO {receipts} (tenant, "user", session_id, user_agent)
    SELECT s.tenant, s.user_id::text, s.id, s.user_agent
      FROM concerned AS c JOIN s ON {same_user} AND (c.tenant IS NULL OR c.tenant = s.tenant)
    UNION
    SELECT s.tenant, s.user_id::text, s.id, s.user_agent
      FROM concerned AS c JOIN s ON c."user" IS NULL AND c.tenant = s.tenant
    UNION
    SELECT s.tenant, s.user_id::text, s.id, s.user_agent
      FROM s WHERE EXISTS (SELECT FROM concerned WHERE "user" IS NULL AND tenant IS NULL)"""
"""A receipt for each open session of those concerned, whose active tenant is the one concerned;
one a transaction. Nobody's row is locked for it, and each branch finds its sessions by an index.
"""

_FORGOTTEN = """
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $body$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    INSERT INTO {log} (tenant, "user") VALUES (NULL, NULL);
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO {log} (tenant, "user") SELECT DISTINCT NULL, s.user_id::text
      FROM old_rows AS r JOIN {sessions} AS s ON s.key_hash = {hash} AND s.ended_at IS NULL;
  ELSE
    INSERT INTO {log} (tenant, "user") SELECT DISTINCT NULL, s.user_id::text
      FROM old_rows AS r JOIN {sessions} AS s ON s.key_hash = {hash} AND s.ended_at IS NULL
      LEFT JOIN new_rows AS o ON o.session_key = r.session_key
     WHERE o.session_key IS NULL OR o.expire_date < r.expire_date;
  END IF;
  RETURN NULL;
END $body$
"""
"""Django's session of somebody who is signed in was deleted, or ends sooner."""

_EVENTS = {
    "insert": "REFERENCING NEW TABLE AS new_rows",
    "update": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "REFERENCING OLD TABLE AS old_rows",
    "truncate": "",
}


def install() -> None:
    """Make the database's triggers those that ``Access.raised_by`` asks for."""
    wanted = {raises.model._meta.db_table: raises for raises in access.raised_by()}
    stored = stored_sessions()
    forgotten = stored._meta.db_table if stored is not None else None
    # All or nothing: between two of these statements a trigger would be there and not fire.
    with transaction.atomic(), connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        if not {AccessLog._meta.db_table, Receipt._meta.db_table} <= there:
            return
        for table in installed(cursor) - {*wanted, forgotten}:
            _drop(cursor, table)
        # Another app's tables may not be there yet: its own `migrate` comes later.
        for table, raises in wanted.items():
            if table in there:
                _create(cursor, raises)
        if forgotten in there:
            _create_for_sessions(cursor, forgotten)


def installed(cursor: CursorWrapper) -> set[str]:
    """The tables that have the triggers now."""
    cursor.execute(
        """SELECT DISTINCT c.relname FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
            WHERE NOT t.tgisinternal AND starts_with(t.tgname, %s)""",
        [PREFIX],
    )
    return {name for (name,) in cursor.fetchall()}


def _create(cursor: CursorWrapper, raises: Raises) -> None:
    quote = connection.ops.quote_name
    model = raises.model
    columns = [_column(model, name) for name in raises.columns] or [
        str(field.column) for field in model._meta.concrete_fields
    ]
    _create_function(
        cursor,
        model._meta.db_table,
        _FUNCTION,
        write=_write(raises),
        tenant=_text(model, raises.tenant),
        user=_text(model, raises.users),
        key=quote(str(model._meta.pk.column)),
        differs=" OR ".join(
            f"r.{quote(column)} IS DISTINCT FROM o.{quote(column)}" for column in columns
        ),
    )
    _create_triggers(cursor, model._meta.db_table, _EVENTS)


def _create_for_sessions(cursor: CursorWrapper, table: str) -> None:
    quote = connection.ops.quote_name
    cursor.execute(
        f"CREATE INDEX IF NOT EXISTS {quote(_function(table))} ON {quote(table)}"
        f" (({_hashed('session_key')}))"
    )
    _create_function(
        cursor,
        table,
        _FORGOTTEN,
        log=quote(AccessLog._meta.db_table),
        sessions=quote(UserSession._meta.db_table),
        hash=_hashed("r.session_key"),
    )
    _create_triggers(cursor, table, [event for event in _EVENTS if event != "insert"])


def _hashed(column: str) -> str:
    return HashedKey.template % {"expressions": column}


def _create_function(cursor: CursorWrapper, table: str, body: str, **names: str) -> None:
    quote = connection.ops.quote_name
    cursor.execute("SELECT current_schema()")
    (schema,) = cursor.fetchone()
    cursor.execute(
        body.format(
            function=quote(_function(table)),
            schema=quote(schema),
            **names,
        )
    )


def _create_triggers(cursor: CursorWrapper, table: str, events: Iterable[str]) -> None:
    quote = connection.ops.quote_name
    for event in events:
        name = quote(f"{PREFIX}_{event}")
        cursor.execute(
            f"CREATE OR REPLACE TRIGGER {name} AFTER {event.upper()} ON {quote(table)}"
            f" {_EVENTS[event]} FOR EACH STATEMENT EXECUTE FUNCTION {quote(_function(table))}()"
        )
        cursor.execute(f"ALTER TABLE {quote(table)} ENABLE ALWAYS TRIGGER {name}")


def _write(raises: Raises) -> str:
    """What a trigger writes about those who are ``concerned``."""
    quote = connection.ops.quote_name
    log = _LOG.format(log=quote(AccessLog._meta.db_table))
    if raises.model is UserSession:
        return log
    return _LOG_AND_RECEIPTS.format(
        log=log,
        receipts=quote(Receipt._meta.db_table),
        sessions=quote(UserSession._meta.db_table),
        same_user=_same_user(raises),
    )


def _same_user(raises: Raises) -> str:
    """The session ``s`` is the concerned one's. By the key's own type, so that an index is used.

    Where the column is of another type, a cast could fail, and with it what somebody writes.
    """
    wanted = UserSession._meta.get_field("user").db_type(connection)
    if (
        raises.users is not None
        and _field(raises.model, raises.users).db_type(connection) == wanted
    ):
        return f's.user_id = c."user"::{wanted}'
    return 's.user_id::text = c."user"'


def _drop(cursor: CursorWrapper, table: str) -> None:
    quote = connection.ops.quote_name
    for event in _EVENTS:
        cursor.execute(f"DROP TRIGGER IF EXISTS {quote(f'{PREFIX}_{event}')} ON {quote(table)}")
    cursor.execute(f"DROP FUNCTION IF EXISTS {quote(_function(table))}()")
    cursor.execute(f"DROP INDEX IF EXISTS {quote(_function(table))}")


def _function(table: str) -> str:
    name = f"{PREFIX}_{table}"
    if len(name.encode()) < NAME_BYTES:
        return name
    return f"{PREFIX}_{hashlib.sha256(table.encode()).hexdigest()[:32]}"


def _text(model: type[models.Model], name: str | None) -> str:
    """A column of the row ``r`` as text, or NULL for "all"."""
    if name is None:
        return "NULL::text"
    return f"r.{connection.ops.quote_name(_column(model, name))}::text"


def _column(model: type[models.Model], name: str) -> str:
    return str(_field(model, name).column)


def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    for field in model._meta.concrete_fields:
        if name in (field.name, field.attname):
            return field
    raise ValueError(f"{model._meta.label} has no column {name!r}, which Access.raised_by names.")
