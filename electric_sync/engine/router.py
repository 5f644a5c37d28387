"""Which shapes does a change touch? An index from column values to definitions.

For every table, and every set of columns that its definitions compare, one dictionary from
those columns' text to the definitions (see ``index``). A change looks both its images up.
The index may only *skip* what provably cannot match, so it knows nothing but ``column =
constant``, only for types whose equality is equality of their output text, and only in
PostgreSQL's own spelling of the constant. Equalities on other types are left out of the
index: their definitions are told of more changes than are theirs, and never of fewer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import psycopg

from electric_sync.engine.index import Index, NoSuchColumn
from electric_sync.values import (
    Key,
    Relation,
    Row,
    RowChange,
    ShapeDefinition,
    TableName,
    Transaction,
)

Equalities = tuple[tuple[str, bytes], ...]
"""Sorted pairs of a column and a constant in PostgreSQL's output form."""

INDEXABLE_TYPES = frozenset({"int2", "int4", "int8", "oid", "uuid", "bool", "text", "varchar"})
"""Base types for which equal values have equal output text. (numeric has 1.0 = 1.00, char(n)
pads, json has no equality.)"""


class Router:
    """The index. ``keys`` are the primary keys of the tables that were taken in."""

    def __init__(self) -> None:
        self._keys: dict[TableName, tuple[str, ...]] = {}
        self._equalities: dict[ShapeDefinition, Equalities] = {}
        self._index: dict[TableName, Index[ShapeDefinition]] = {}

    def add(
        self, definition: ShapeDefinition, equalities: Equalities, key: tuple[str, ...]
    ) -> None:
        """Tell of changes to ``definition`` from now on; adding it again changes nothing."""
        self._keys[definition.table] = key
        self._equalities[definition] = equalities
        columns, values = _by_column(equalities)
        self._index.setdefault(definition.table, Index()).add(definition, columns, [values])

    def remove(self, definition: ShapeDefinition) -> None:
        """Tell of it no longer."""
        equalities = self._equalities.pop(definition, None)
        if equalities is None:
            return
        columns, values = _by_column(equalities)
        self._index[definition.table].remove(definition, columns, [values])
        if not self._index[definition.table]:
            del self._index[definition.table]

    @property
    def tables(self) -> Iterable[TableName]:
        """The tables that definitions are of."""
        return self._index.keys()

    def route(self, transaction: Transaction) -> dict[ShapeDefinition, frozenset[Key] | None]:
        """The definitions that the transaction touched, with the keys of the rows."""
        found: dict[ShapeDefinition, set[Key]] = defaultdict(set)
        whole = set(transaction.truncated if transaction.changes else transaction.touched)
        for change in transaction.changes:
            try:
                self._find(change, found)
            except NoSuchColumn:  # renamed or dropped while it was followed
                whole.add(change.relation.table)
        changed: dict[ShapeDefinition, frozenset[Key] | None] = {
            definition: frozenset(keys) for definition, keys in found.items()
        }
        for definition in self._of_tables(whole):
            changed[definition] = None
        return changed

    def _find(self, change: RowChange, found: dict[ShapeDefinition, set[Key]]) -> None:
        """Add the definitions that one row was or is in, with its keys."""
        index = self._index.get(change.relation.table)
        if index is None:
            return
        images = [image for image in (change.old, change.new) if image is not None]
        keys = [self._key(change.relation, image) for image in images]
        for image in images:
            for definition in index.find(change.relation, image):
                # Both keys: a key change is a row that goes and a row that comes.
                found[definition].update(keys)

    def _of_tables(self, tables: Iterable[TableName]) -> Iterable[ShapeDefinition]:
        for table in tables:
            yield from self._index.get(table, ())

    def _key(self, relation: Relation, image: Row) -> Key:
        return tuple(
            (image[_place(relation, column)] or b"").decode()
            for column in self._keys[relation.table]
        )


def _by_column(equalities: Equalities) -> tuple[tuple[str, ...], tuple[bytes, ...]]:
    return (
        tuple(column for column, _ in equalities),
        tuple(value for _, value in equalities),
    )


def indexable(connection: psycopg.Connection, definition: ShapeDefinition) -> Equalities:
    """The equalities of ``definition`` that the index may use, constants as PostgreSQL writes them.

    ``'007'``, ``'0x7'`` and ``7`` are one integer, and a boolean is ``t`` in the stream:
    PostgreSQL says how, by ``format('%s', constant::type)``.

    Raises:
        psycopg.DataError: a constant is no value of its column's type.
    """
    types: dict[str, str] = dict(
        connection.execute(
            """WITH RECURSIVE base AS (
                 SELECT a.attname, a.atttypid AS oid, a.attcollation AS collation
                   FROM pg_attribute AS a
                  WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
                 UNION ALL
                 SELECT base.attname, t.typbasetype, base.collation
                   FROM base JOIN pg_type AS t ON t.oid = base.oid WHERE t.typtype = 'd')
               SELECT base.attname, t.typname FROM base JOIN pg_type AS t ON t.oid = base.oid
                 LEFT JOIN pg_collation AS c ON c.oid = base.collation
                WHERE t.typtype <> 'd' AND coalesce(c.collisdeterministic, true)""",
            [definition.table.quoted],
        ).fetchall()
    )
    usable = [
        (column, value, types[column])
        for column, value in definition.equals
        if column in types and types[column] in INDEXABLE_TYPES
    ]
    if not usable:
        return ()
    # The type names come from the constant above, never from a caller.
    selected = ", ".join(f"format('%%s', (%s::text)::{kind})" for _, _, kind in usable)
    row = connection.execute(
        f"SELECT {selected}",
        [value for _, value, _ in usable],
    ).fetchone()
    return tuple(
        (column, text.encode()) for (column, _, _), text in zip(usable, row or (), strict=True)
    )


def _place(relation: Relation, column: str) -> int:
    try:
        return relation.columns.index(column)
    except ValueError:
        raise NoSuchColumn from None
