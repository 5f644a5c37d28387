"""A table as the catalog describes it: what a shape of it may select, and how rows are named."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg

from electric_sync.engine.errors import RequestRefused
from electric_sync.engine.identifiers import quote
from electric_sync.values import Relation, TableName


@dataclass(frozen=True, slots=True)
class Column:
    """A column. ``declaration`` is its type in SQL, with collation; ``schema`` its JSON form."""

    number: int
    name: str
    type_oid: int
    declaration: str
    base_type: str
    generated: str
    schema: str

    @property
    def is_json(self) -> bool:
        """Whether it holds json or jsonb, also through a domain."""
        return self.base_type in {"json", "jsonb"}


@dataclass(frozen=True, slots=True)
class Member:
    """A table that holds rows. ``storage`` changes when they are rewritten."""

    oid: int
    name: TableName
    storage: int


@dataclass(frozen=True)
class Table:
    """A table at one moment.

    Its rows are in its ``members``: itself, its partitions, and the tables that inherit from it.
    The stream tells of them by their own names.
    """

    oid: int
    name: TableName
    is_partitioned: bool
    members: tuple[Member, ...]
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    has_primary_key: bool

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Its columns by name."""
        return {column.name: column for column in self.columns}

    def schema(self, columns: tuple[str, ...]) -> str:
        """The JSON text of the header ``electric-schema``."""
        chosen = (column for column in self.columns if column.name in columns)
        return "{" + ",".join(f"{json.dumps(c.name)}:{c.schema}" for c in chosen) + "}"

    @cached_property
    def member_names(self) -> frozenset[TableName]:
        """The tables that hold its rows."""
        return frozenset(member.name for member in self.members)

    def is_as_streamed(self, relation: Relation, columns: frozenset[str] | None) -> bool:
        """Whether the stream describes ``columns`` (None: all) of a member as we know them."""
        if (relation.oid, relation.table) not in {(each.oid, each.name) for each in self.members}:
            return False
        streamed = dict(zip(relation.columns, relation.types, strict=True))
        known = {column.name: column.type_oid for column in self.columns}
        if columns is None and (self.is_partitioned or relation.oid == self.oid):
            return streamed == known
        # A table that inherits may have more columns.
        return all(streamed.get(name) == known.get(name) for name in columns or known)

    def means_the_same(self, other: Table, columns: frozenset[str] | None) -> bool:
        """Whether a shape over ``columns`` (None: all) of ``other`` is as it would be here."""
        if (self.oid, self.name, self.members, self.key) != (
            other.oid,
            other.name,
            other.members,
            other.key,
        ):
            return False
        if columns is None:
            return self.columns == other.columns
        return all(self.by_name.get(name) == other.by_name.get(name) for name in columns)


_TABLE = """
SELECT c.oid::int8, c.relkind::text,
       has_table_privilege(c.oid, 'SELECT'), row_security_active(c.oid)
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = %s AND c.relname = %s"""

_MEMBERS = """
WITH RECURSIVE tree(oid) AS (
  SELECT %s::oid
   UNION
  SELECT i.inhrelid FROM tree JOIN pg_inherits AS i ON i.inhparent = tree.oid)
SELECT c.oid::int8, n.nspname, c.relname, c.relkind::text, c.relpersistence::text,
       c.relfilenode::int8
  FROM tree JOIN pg_class AS c USING (oid) JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind <> 'p' ORDER BY c.oid"""

_COLUMNS = """
WITH RECURSIVE base AS (
  SELECT a.attnum, a.atttypid AS oid FROM pg_attribute AS a
   WHERE a.attrelid = %(oid)s AND a.attnum > 0 AND NOT a.attisdropped
   UNION ALL
  SELECT base.attnum, t.typbasetype FROM base JOIN pg_type AS t ON t.oid = base.oid
   WHERE t.typtype = 'd')
SELECT a.attnum, a.attname, a.atttypid::int8, a.atttypmod, a.attnotnull, a.attgenerated::text,
       format_type(a.atttypid, a.atttypmod)
         || CASE WHEN a.attcollation <> t.typcollation
                 THEN format(' COLLATE %%I.%%I', cn.nspname, co.collname) ELSE '' END,
       coalesce(e.typname, t.typname),
       CASE WHEN e.oid IS NULL THEN 0 ELSE greatest(a.attndims, 1) END,
       (SELECT bt.typname FROM base JOIN pg_type AS bt ON bt.oid = base.oid
         WHERE base.attnum = a.attnum AND bt.typtype <> 'd'),
       array_position(i.indkey::int2[], a.attnum)
  FROM pg_attribute AS a
  JOIN pg_type AS t ON t.oid = a.atttypid
  LEFT JOIN pg_type AS e ON e.oid = t.typelem AND t.typcategory = 'A' AND t.typlen = -1
  LEFT JOIN pg_collation AS co ON co.oid = a.attcollation
  LEFT JOIN pg_namespace AS cn ON cn.oid = co.collnamespace
  LEFT JOIN pg_index AS i ON i.indrelid = a.attrelid AND i.indisprimary
 WHERE a.attrelid = %(oid)s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"""


def describe(connection: psycopg.Connection, name: TableName) -> Table:
    """The table as it is now.

    Raises:
        RequestRefused: there is none, or its changes cannot be followed.
    """
    found = connection.execute(_TABLE, [name.schema, name.name]).fetchone()
    if found is None or found[1] not in "rpf":
        raise RequestRefused(
            "table",
            f"There is no table {quote(name.schema)}.{quote(name.name)}. A name with capitals or"
            " special characters must be quoted; views cannot be synced.",
        )
    oid, kind, readable, row_security = found
    members = [_member(name, row) for row in connection.execute(_MEMBERS, [oid]).fetchall()]
    if name.schema in {"pg_catalog", "information_schema"}:
        raise RequestRefused("table", f"{name} is PostgreSQL's own: its changes are not streamed.")
    if not readable:
        raise RequestRefused("table", f"The engine's role may not read {name}: grant it SELECT.")
    if row_security:
        raise RequestRefused(
            "table",
            f"Row-level security of {name} applies to the engine's role, and the stream of changes"
            " does not obey it: use a role with BYPASSRLS, or another table.",
        )
    rows = connection.execute(_COLUMNS, {"oid": oid}).fetchall()
    places = {row[1]: row[10] for row in rows if row[10] is not None}
    keys = sorted(places, key=places.__getitem__)
    return Table(
        oid=oid,
        name=name,
        is_partitioned=kind == "p",
        members=tuple(members),
        columns=tuple(_column(row, keys) for row in rows),
        key=tuple(keys) or tuple(row[1] for row in rows),
        has_primary_key=bool(keys),
    )


def _member(table: TableName, row: tuple[Any, ...]) -> Member:
    oid, schema, name, kind, persistence, storage = row
    if kind != "r" or persistence != "p":
        raise RequestRefused(
            "table",
            f"{table} is, or has a part that is, a foreign, unlogged or temporary table: its"
            " changes cannot be followed.",
        )
    return Member(oid, TableName(schema, name), storage)


def _column(row: tuple[Any, ...], keys: list[str]) -> Column:
    number, name, type_oid, modifier, not_null, generated, declaration, kind, dimensions = row[:9]
    schema: dict[str, Any] = {"type": kind, **_modifiers(kind, modifier, declaration)}
    if dimensions:
        schema["dims"] = dimensions
    if not_null:
        schema["not_null"] = True
    if name in keys:
        schema["pk_index"] = keys.index(name)
    return Column(
        number=number,
        name=name,
        type_oid=type_oid,
        declaration=declaration,
        base_type=row[9],
        generated=generated,
        schema=json.dumps(schema, separators=(",", ":")),
    )


def _modifiers(kind: str, modifier: int, declaration: str) -> dict[str, Any]:
    """What the type's modifier says, for example the length of ``varchar(8)``."""
    if modifier < 0:
        return {}
    if kind == "varchar":
        return {"max_length": modifier - 4}
    if kind == "bpchar":
        return {"length": modifier - 4}
    if kind in {"bit", "varbit"}:
        return {"length": modifier}
    if kind == "numeric":
        scale = (modifier - 4) & 0x7FF
        return {"precision": (modifier - 4) >> 16 & 0xFFFF, "scale": (scale ^ 1024) - 1024}
    if kind in {"time", "timetz", "timestamp", "timestamptz"}:
        return {"precision": modifier}
    if kind == "interval":
        return _interval(declaration)
    return {}


def _interval(declaration: str) -> dict[str, Any]:
    precision = re.search(r"\((\d+)\)", declaration)
    fields = re.match(r"interval ([a-z ]+)", declaration)
    return {
        **({"fields": fields.group(1).strip().upper()} if fields else {}),
        **({"precision": int(precision.group(1))} if precision else {}),
    }
