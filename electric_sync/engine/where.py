"""Where clauses: PostgreSQL says whether one is acceptable, and what its parameters are.

A clause is prepared against the table, which gives the types of ``$1``, ``$2``, … and finds
every error of syntax, names and types. Whether a row's place in the shape depends on that row
alone is asked by making a partial index over an empty temporary copy: PostgreSQL takes only
immutable conditions without subqueries there. All of it is rolled back.

The parameters are then written into the clause as constants of their types. What an index from
column values to shapes may serve is found by reading the top-level ANDs: ``column = constant``
and ``column IN (constants)`` in plain form. When in doubt a conjunct is not indexed, and
PostgreSQL evaluates the clause (see ``residual``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import psycopg
from psycopg import errors, pq

from electric_sync.engine import libpq
from electric_sync.engine.catalog import Table
from electric_sync.engine.errors import ClauseRefused
from electric_sync.engine.identifiers import quote
from electric_sync.engine.router import indexable
from electric_sync.engine.tokens import Kind, Token, tokenize
from electric_sync.values import ShapeDefinition

KEYS_MAX = 1_000
"""An IN list longer than this is not indexed."""


@dataclass(frozen=True, slots=True)
class Clause:
    """An accepted clause, with its parameters written into it.

    A row that matches has one of ``keys`` in ``columns``; the other way round only if the index
    is ``exact``. ``mentions`` are the table's columns that occur in it.
    """

    sql: str
    columns: tuple[str, ...]
    keys: frozenset[tuple[bytes, ...]]
    exact: bool
    mentions: frozenset[str]


EVERYTHING = Clause("true", (), frozenset({()}), exact=True, mentions=frozenset())
"""No clause: all rows."""


def accept(
    connection: psycopg.Connection, table: Table, text: str, params: Mapping[int, str]
) -> Clause:
    """Have PostgreSQL check the clause. ``connection`` is in autocommit.

    Raises:
        ClauseRefused: with PostgreSQL's reason, and where in the clause it is.
    """
    tokens = tokenize(text)
    if not tokens:
        return EVERYTHING
    numbers = _numbers(tokens, params)
    types = _parameter_types(connection, table, text, tokens, numbers)
    constants = {
        number: _constant(connection, tokens, number, params[number], types[number])
        for number in numbers
    }
    sql = _substitute(text, tokens, {number: c.sql for number, c in constants.items()})
    columns, keys, exact = _index(connection, table, tokens, constants)
    if not exact:
        _check_immutable(connection, table, sql)
    mentions = frozenset(name for token in tokens if (name := _name(token)) in table.by_name)
    return Clause(sql, columns, keys, exact, mentions)


@dataclass(frozen=True, slots=True)
class _Constant:
    """A parameter's value in its type's own spelling."""

    value: str
    type: str
    sql: str


def _numbers(tokens: Sequence[Token], params: Mapping[int, str]) -> list[int]:
    """The parameters that the clause uses, in order."""
    used = {int(token.text[1:]): token for token in tokens if token.kind is Kind.PARAMETER}
    for number, token in used.items():
        if number not in params:
            raise ClauseRefused(
                f"At character {token.start}: there is no value for ${number}:"
                f" send params[{number}]."
            )
    surplus = [number for number in params if number > max(used, default=0)]
    if surplus:
        raise ClauseRefused(
            f"params[{min(surplus)}] is one too many: the clause"
            + (f" ends with ${max(used)}." if used else " has no parameters.")
        )
    return sorted(used)


def _substitute(text: str, tokens: Iterable[Token], values: Mapping[int, str]) -> str:
    """The clause with something else for its parameters."""
    pieces, at = [], 0
    for token in tokens:
        if token.kind is Kind.PARAMETER:
            pieces += [text[at : token.start], values[int(token.text[1:])]]
            at = token.start + len(token.text)
    # A comment at the end must not swallow what follows.
    return "".join([*pieces, text[at:]]) + ("\n" if "--" in text else "")


def _parameter_types(
    connection: psycopg.Connection,
    table: Table,
    text: str,
    tokens: Sequence[Token],
    numbers: Sequence[int],
) -> dict[int, str]:
    """Prepare the clause; the types of its parameters, as SQL names them."""
    before = f"SELECT FROM {table.name.quoted} WHERE ("
    # PostgreSQL wants parameters without gaps.
    renumbered = {number: f"${place}" for place, number in enumerate(numbers, 1)}
    statement = before + _substitute(text, tokens, renumbered) + ")"
    result = libpq.prepare(connection, statement)
    if result.status != pq.ExecStatus.COMMAND_OK:
        raise ClauseRefused(_refusal(result, offset=len(before)))
    described = libpq.describe_prepared(connection)
    oids = [described.param_type(place) for place in range(described.nparams)]
    names = connection.execute(
        "SELECT coalesce(array_agg(oid::regtype::text ORDER BY place), '{}')"
        " FROM unnest(%s::oid[]) WITH ORDINALITY AS given(oid, place)",
        [oids],
    ).fetchone()
    return dict(zip(numbers, names[0] if names else [], strict=True))


def _refusal(result: pq.abc.PGresult, *, offset: int) -> str:
    """PostgreSQL's message, with the place counted within the clause."""
    message = result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"it is not valid"
    position = result.error_field(pq.DiagnosticField.STATEMENT_POSITION)
    place = max(int(position) - 1 - offset, 0) if position else 0
    return f"At character {place}: {message.decode(errors='replace')}."


def _constant(
    connection: psycopg.Connection, tokens: Iterable[Token], number: int, value: str, kind: str
) -> _Constant:
    if "\0" in value:
        raise ClauseRefused(f"params[{number}] has a NUL character.")
    try:
        row = connection.execute(f"SELECT format('%%s', (%s::text)::{kind})", [value]).fetchone()
    except psycopg.DataError as error:
        place = next(token.start for token in tokens if token.text == f"${number}")
        raise ClauseRefused(
            f"At character {place}: params[{number}]: {error.diag.message_primary}."
        ) from error
    text = str(row[0]) if row else value
    return _Constant(text, kind, f"('{text.replace(chr(39), chr(39) * 2)}'::{kind})")


def _check_immutable(connection: psycopg.Connection, table: Table, sql: str) -> None:
    """Ask PostgreSQL to index by the clause, on an empty copy that nobody else sees."""
    copy = f"pg_temp.{quote(table.name.name)}"
    before = f"CREATE INDEX ON {copy} ((1)) WHERE ("
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL client_min_messages = error")
        connection.execute(f"CREATE TEMPORARY TABLE {copy} (LIKE {table.name.quoted})")
        result = libpq.execute(connection, before + sql + ")")
    if result.status == pq.ExecStatus.COMMAND_OK:
        return
    state = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
    if state == errors.InvalidObjectDefinition.sqlstate:
        if _only_writes_values_as_text(connection, table, sql):
            return
        raise ClauseRefused(
            "At character 0: the clause uses a function that may change its answer while the row"
            " stays as it is (now(), random(), a format that depends on settings): rows would"
            " never leave the shape. Only immutable functions are taken."
        )
    if "subquery" in (result.error_message or b"").decode(errors="replace"):
        raise ClauseRefused("At character 0: subqueries are not supported.")
    raise ClauseRefused(_refusal(result, offset=len(before)))


_FUNCTION = re.compile(r":(?:funcid|opfuncid|aggfnoid|winfnoid) (\d+)")
_TYPE = re.compile(r":(?:vartype|consttype|funcresulttype|resulttype|opresulttype) (\d+)")
_CONVERSION = re.compile(r"\{COERCEVIAIO .*?:resulttype (\d+)")
_OTHER = re.compile(r"\{(?:SQLVALUEFUNCTION|NEXTVALUEEXPR|SUBLINK|COERCETODOMAIN)\b")


def _only_writes_values_as_text(connection: psycopg.Connection, table: Table, sql: str) -> bool:
    """Whether all that is not immutable are casts to text, as of an enum or a date.

    Such text depends on settings, and ours are fixed. Names of objects (regclass and the like)
    are not taken: they can change. The expression is read as PostgreSQL stores it in a view.
    """
    copy = f"pg_temp.{quote(table.name.name)}"
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL client_min_messages = error")
        connection.execute(f"CREATE TEMPORARY TABLE {copy} (LIKE {table.name.quoted})")
        view = f"CREATE TEMPORARY VIEW clause_of_shape AS SELECT FROM {copy} WHERE ("
        result = libpq.execute(connection, view + sql + ")")
        if result.status != pq.ExecStatus.COMMAND_OK:
            return False
        row = connection.execute(
            "SELECT ev_action::text FROM pg_rewrite"
            " WHERE ev_class = 'pg_temp.clause_of_shape'::regclass"
        ).fetchone()
        tree = str(row[0]) if row else ""
        allowed = connection.execute(
            """SELECT NOT EXISTS (SELECT FROM pg_proc
                                   WHERE oid = ANY(%s::oid[]) AND provolatile <> 'i')
                  AND NOT EXISTS (SELECT FROM pg_type
                                   WHERE oid = ANY(%s::oid[])
                                     AND (typname ^@ 'reg' OR typtype = 'p'))
                  AND NOT EXISTS (SELECT FROM pg_type
                                   WHERE oid = ANY(%s::oid[]) AND typcategory <> 'S')""",
            [
                _FUNCTION.findall(tree),
                [found for found in _TYPE.findall(tree) if found != "0"],
                _CONVERSION.findall(tree),
            ],
        ).fetchone()
    return bool(allowed and allowed[0]) and not _OTHER.search(tree)


# ── what the index can serve ────────────────────────────────────────────────


def _index(
    connection: psycopg.Connection,
    table: Table,
    tokens: Sequence[Token],
    constants: Mapping[int, _Constant],
) -> tuple[tuple[str, ...], frozenset[tuple[bytes, ...]], bool]:
    """The columns and keys by which the shape is found, and whether they say everything."""
    conjuncts = _conjuncts(_without_parentheses(list(tokens)))
    simple = [found for each in conjuncts if (found := _equality(each, table, constants))]
    pairs = [(column, value) for column, values in simple for value in values]
    try:
        canonical = indexable(connection, ShapeDefinition(table.name, tuple(pairs)))
    except psycopg.DataError:
        return (), frozenset({()}), False
    usable = {column for column, _ in canonical}
    values: dict[str, set[bytes]] = {}
    left = iter(canonical)
    for column, given in simple:
        if column not in usable:
            continue
        known = {next(left)[1] for _ in given}
        # Two conjuncts on one column: both must hold.
        values[column] = values[column] & known if column in values else known
    exact = len(simple) == len(conjuncts) and all(column in usable for column, _ in simple)
    columns = tuple(sorted(values))
    keys: list[tuple[bytes, ...]] = [()]
    for column in columns:
        keys = [(*key, value) for key in keys for value in values[column]]
        if len(keys) > KEYS_MAX:
            return (), frozenset({()}), False
    return columns, frozenset(keys), exact


def _without_parentheses(tokens: list[Token]) -> list[Token]:
    """Without pairs around the whole."""
    while len(tokens) > 1 and tokens[0].text == "(" and _closing(tokens) == len(tokens) - 1:
        tokens = tokens[1:-1]
    return tokens


def _closing(tokens: Sequence[Token]) -> int:
    """The index of what closes the first token."""
    depth = 0
    for index, token in enumerate(tokens):
        if token.kind is Kind.PUNCTUATION:
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0)
        if depth == 0:
            return index
    return -1


def _conjuncts(tokens: Sequence[Token]) -> list[list[Token]]:
    """What top-level ANDs join; one element that fits nothing if it is not that simple."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        word = token.text.upper() if token.kind is Kind.WORD else ""
        if depth == 0 and word in {"OR", "BETWEEN", "CASE"}:
            return [list(tokens)] if len(tokens) > 3 else [[]]
        if depth == 0 and word == "AND":
            parts.append([])
            continue
        if token.kind is Kind.PUNCTUATION:
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0)
        parts[-1].append(token)
    return [
        each
        for part in parts
        for each in (
            _conjuncts(_without_parentheses(part))
            if part and part[0].text == "(" and _closing(part) == len(part) - 1
            else [part]
        )
    ]


def _equality(
    tokens: Sequence[Token], table: Table, constants: Mapping[int, _Constant]
) -> tuple[str, list[str]] | None:
    """``column = constant`` or ``column IN (constants)`` → the column and the constants."""
    if len(tokens) < 3:
        return None
    if tokens[1].text == "=" and tokens[1].kind is Kind.OPERATOR:
        column = _column(tokens[0], table)
        values = [tokens[2:]]
    elif tokens[1].kind is Kind.WORD and tokens[1].text.upper() == "IN":
        column = _column(tokens[0], table)
        if tokens[2].text != "(" or _closing(tokens[2:]) != len(tokens) - 3:
            return None
        by_comma = groupby(tokens[3:-1], lambda token: token.text == ",")
        values = [list(group) for is_comma, group in by_comma if not is_comma]
    else:
        return None
    if column is None:
        return None
    texts = [_value(each, table.by_name[column].base_type, constants) for each in values]
    known = [text for text in texts if text is not None]
    return (column, known) if known and len(known) == len(texts) else None


def _name(token: Token) -> str:
    """The column that a token would name."""
    if token.kind is Kind.WORD:
        return token.text.lower()
    if token.kind is Kind.QUOTED and token.text.startswith('"'):
        return token.text[1:-1].replace('""', '"')
    return ""


def _column(token: Token, table: Table) -> str | None:
    name = _name(token)
    # Unquoted, these are not columns, whatever the table has.
    if token.kind is Kind.WORD and name in {"user", "true", "false", "null", "current_user"}:
        return None
    return name if name in table.by_name else None


_INTEGERS = {"int2", "int4", "int8"}
_TEXTS = {"text", "varchar"}
_PARAMETER_TYPES = {
    "smallint": "int2",
    "integer": "int4",
    "bigint": "int8",
    "boolean": "bool",
    "character varying": "varchar",
}
"""SQL's names of types, where they are not the catalog's."""


def _value(
    tokens: Sequence[Token], base_type: str, constants: Mapping[int, _Constant]
) -> str | None:
    """The constant as text, if it compares with the column's own type; ``None``: in doubt."""
    sign = ""
    if len(tokens) == 2 and tokens[0].text == "-":
        sign, tokens = "-", tokens[1:]
        if tokens[0].kind is not Kind.NUMBER:
            return None
    if len(tokens) != 1:
        return None
    token = tokens[0]
    if token.kind is Kind.NUMBER:
        plain = re.fullmatch(r"\d{1,18}", token.text) and base_type in _INTEGERS
        return sign + token.text if plain and _fits(int(sign + token.text), base_type) else None
    if token.kind is Kind.STRING:
        return token.text[1:-1].replace("''", "'")
    if token.kind is Kind.PARAMETER:
        constant = constants[int(token.text[1:])]
        kind = _PARAMETER_TYPES.get(constant.type, constant.type)
        alike = kind == base_type or {kind, base_type} <= _TEXTS
        return constant.value if alike else None
    if token.kind is Kind.WORD and base_type == "bool" and token.text.lower() in {"true", "false"}:
        return token.text.lower()
    return None


def _fits(number: int, base_type: str) -> bool:
    bits = {"int2": 15, "int4": 31, "int8": 63}[base_type]
    return -(1 << bits) <= number < 1 << bits
