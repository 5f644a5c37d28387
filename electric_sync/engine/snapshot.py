"""The rows that a shape begins with: PostgreSQL builds the JSON, we pass it on.

One ``REPEATABLE READ`` transaction says first which snapshot it has, and then copies the rows.
``COPY`` in CSV with a quote and a delimiter that JSON text cannot hold needs no unescaping:
each line is one message of the log, with the comma that separates it from the next.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from contextlib import closing

import psycopg
from psycopg import pq

from electric_sync.engine import libpq
from electric_sync.engine.catalog import Column, Table
from electric_sync.engine.identifiers import quote
from electric_sync.values import Snapshot

PIECE = 256 * 1024
"""Bytes that are gathered before they are handed on."""

_COPY = "COPY ({}) TO STDOUT (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"


def rows_sql(
    table: Table, columns: tuple[str, ...], where: str, *, headers: str = "", order: str = ""
) -> str:
    """A query with one row a message, its comma included."""
    key = "||'/'||".join(_key_part(name) for name in table.key)
    values = "||','||".join(
        f"{_literal(json.dumps(name, ensure_ascii=False) + ':')}||{_value(table.by_name[name])}"
        for name in columns
    )
    prefix = f'"{table.name.schema}"."{table.name.name}"/'
    relation = json.dumps(
        [table.name.schema, table.name.name], ensure_ascii=False, separators=(",", ":")
    )
    end = f'}},"headers":{{"relation":{relation},"operation":"insert"{headers}}}}},'
    start = f"""'{{"key":'||to_json({_literal(prefix)}||{key})::text||',"value":{{'"""
    message = f"{start}||{values}||{_literal(end)}"
    name = quote(table.name.name)
    # Names are quoted, and PostgreSQL has accepted the clause (see where).
    return f"SELECT {message} FROM {table.name.quoted} AS {name} WHERE ({where}) {order}"  # noqa: S608


def take(
    connection: psycopg.Connection,
    sql: str,
    *,
    on_snapshot: Callable[[Snapshot], bool],
    on_rows: Callable[[bytes], None],
) -> bool:
    """Copy the query's rows in one snapshot; whether it was done.

    ``on_snapshot`` gets the snapshot before the rows, and answers whether it will do.
    """
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = connection.execute("SELECT pg_current_snapshot()::text").fetchone()
        if not on_snapshot(Snapshot.parse(row[0] if row else "")):
            return False
        with closing(copied(connection, sql)) as pieces:
            for piece in pieces:
                on_rows(piece)
    return True


def copied(connection: psycopg.Connection, sql: str) -> Generator[bytes, None, None]:
    """The lines of a query, in pieces of some size that end with a line.

    By libpq's own calls: one Python object a row is the cost that matters.
    """
    begun = libpq.execute(connection, _COPY.format(sql))
    if begun.status != pq.ExecStatus.COPY_OUT:
        raise libpq.error_of(begun)
    try:
        yield from _pieces(connection)
    except GeneratorExit:
        connection.close()  # there is no other way out of a COPY
        raise
    end = libpq.result(connection)
    if end is not None and end.status == pq.ExecStatus.FATAL_ERROR:
        raise libpq.error_of(end)


def _pieces(connection: psycopg.Connection) -> Iterator[bytes]:
    lines: list[bytes] = []
    size = 0
    while True:
        count, data = connection.pgconn.get_copy_data(1)
        if count == 0:
            libpq.wait_readable(connection)
            continue
        if count > 0:
            lines.append(bytes(data))
            size += count
            if size < PIECE:
                continue
        if lines:
            yield b"".join(lines)
            lines, size = [], 0
        if count < 0:
            return


def _value(column: Column) -> str:
    """The value as a JSON string, or null. Like Electric's: booleans and inet as ``::text`` has
    them, and char(n) with its padding, which ``::text`` cuts off.
    """
    name = quote(column.name)
    if column.base_type == "bpchar":
        padded = f"to_json(format('%s',{name}))::text"
        return f"CASE WHEN {name} IS NULL THEN 'null' ELSE {padded} END"
    return f"coalesce(to_json({name}::text)::text,'null')"


def _key_part(name: str) -> str:
    """As the stream has it, so that a row has one key in snapshot and log."""
    column = quote(name)
    return (
        f"CASE WHEN {column} IS NOT DISTINCT FROM NULL THEN '_'"
        f""" ELSE '"'||replace(format('%s',{column}),'/','//')||'"' END"""
    )


def _literal(text: str) -> str:
    escaped = text.replace("'", "''")
    return f"'{escaped}'"
