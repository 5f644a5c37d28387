"""Where clauses that no index serves: PostgreSQL evaluates them on row images.

The images travel as one JSON value, every column as its text, and are read back with the types
that the table has; json and jsonb as text first, because a JSON string would be taken for JSON
itself. Never through the table's row type, which may be another one by now. The sessions have
the settings of the replication stream, so that text means the same.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import psycopg

from electric_sync.engine.catalog import Column, Table
from electric_sync.engine.identifiers import quote
from electric_sync.values import Relation, Row

CLAUSES_MAX = 200
"""Clauses in one query."""


def evaluate(
    connection: psycopg.Connection,
    table: Table,
    relation: Relation,
    rows: Sequence[Row],
    clauses: Sequence[str],
) -> dict[str, list[bool] | psycopg.Error]:
    """For each clause whether each row matches, or why that cannot be said."""
    images = _as_json(relation, rows)
    answers: dict[str, list[bool] | psycopg.Error] = {}
    waiting = [
        list(clauses[start : start + CLAUSES_MAX]) for start in range(0, len(clauses), CLAUSES_MAX)
    ]
    while waiting:
        some = waiting.pop()
        try:
            columns = zip(*_ask(connection, table, images, some), strict=True)
            answers.update(zip(some, map(list, columns), strict=True))
        except psycopg.Error as error:
            if connection.closed:
                raise
            if len(some) == 1:
                answers[some[0]] = error
            else:
                middle = len(some) // 2
                waiting += [some[:middle], some[middle:]]
    return answers


def _ask(
    connection: psycopg.Connection, table: Table, images: str, clauses: Sequence[str]
) -> list[tuple[bool, ...]]:
    tests = ", ".join(f"({clause}) IS TRUE" for clause in clauses)
    declared = ", ".join(_declared(column) for column in table.columns)
    read = ", ".join(_read(column) for column in table.columns)
    source = f"json_to_recordset(%s::json) AS image({_escaped(declared)})"
    name = _escaped(quote(table.name.name))
    image = f"(SELECT {_escaped(read)} FROM {source})"  # noqa: S608 names are quoted
    statement = f"SELECT {_escaped(tests)} FROM {image} AS {name}"  # noqa: S608 see where
    return connection.execute(statement, [images]).fetchall()


def _escaped(sql: str) -> str:
    """Beside psycopg's placeholders a percent sign is written twice."""
    return sql.replace("%", "%%")


def _declared(column: Column) -> str:
    kind = "text" if column.is_json else column.declaration
    return f"{quote(column.name)} {kind}"


def _read(column: Column) -> str:
    name = quote(column.name)
    return f"{name}::{column.declaration} AS {name}" if column.is_json else name


def _as_json(relation: Relation, rows: Sequence[Row]) -> str:
    names = relation.columns
    return json.dumps(
        [
            {
                name: None if value is None else value.decode()
                for name, value in zip(names, row, strict=True)
            }
            for row in rows
        ],
        ensure_ascii=False,
    )
