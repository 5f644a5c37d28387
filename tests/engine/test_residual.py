"""Clauses on row images against PostgreSQL's own answer on the rows, for every type."""

from __future__ import annotations

import psycopg
import pytest

from electric_sync.engine.catalog import describe
from electric_sync.engine.residual import evaluate
from electric_sync.values import Relation, TableName

VALUES = {
    "int2": ["0", "-32768", "7"],
    "int4": ["0", "2147483647", "7"],
    "int8": ["0", "9223372036854775807"],
    "oid": ["0", "4294967295"],
    "numeric": ["0", "1.0", "1.00", "NaN", "Infinity", "-0.00001"],
    "numeric(8,5)": ["1.5", "123.45678"],
    "float4": ["0", "-0", "0.1", "NaN", "Infinity", "1e30"],
    "float8": ["0", "-0", "0.1", "NaN", "-Infinity", "1e300"],
    "money": ["12.34", "-1000.5"],
    "bool": ["t", "f"],
    "text": ["", "a", " a ", "\\", "'", '"', "{}", "null", "\u20ac", "a\nb\tc", "\U0001f600"],
    "varchar(8)": ["", "a ", "varchar8"],
    "char(4)": ["", "a", "ab c"],
    '"char"': ["a", ""],
    "name": ["a", "b"],
    "bytea": ["\\x", "\\xdeadbeef", "\\x00"],
    "bit(3)": ["101", "000"],
    "varbit(5)": ["", "10101"],
    "date": ["2024-02-29", "0044-03-15 BC", "infinity", "-infinity"],
    "time": ["00:00", "23:59:59.999999", "24:00"],
    "timetz": ["12:34:56+02", "00:00:00-12:30"],
    "timestamp": ["2024-02-29 12:34:56.789012", "infinity", "0044-03-15 BC"],
    "timestamptz": ["2024-02-29 12:34:56.789012+02", "-infinity", "1883-11-18 12:00+00"],
    "interval": ["1 day", "24 hours", "-1 mon +2 days -03:04:05.5", "0"],
    "interval year to month": ["1-2", "-1-2"],
    "uuid": ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    "inet": ["10.0.0.1", "10.0.0.1/8", "::1"],
    "cidr": ["10.0.0.0/8"],
    "macaddr": ["08:00:2b:01:02:03"],
    "json": ['{"a": 1,  "b": [true, null]}', '"str"', "null", "1", "[]", '"\\u20ac"'],
    "jsonb": ['{"a": 1, "b": 1.50}', '"str"', "null", "1", "[]"],
    "int4[]": ["{}", "{1,2,NULL}", "{{1,2},{3,4}}", "[0:1]={1,2}"],
    "text[]": ["{}", '{a,"b c","d\\"e",NULL,"NULL",""}', '{{"a,b","{}"}}'],
    "bool[]": ["{t,f,NULL}"],
    "json[]": ['{"{\\"a\\": 1}"}'],
    "mood": ["sad", "ok"],
    "mood[]": ["{sad,ok}", "{}"],
    "posint": ["1", "7"],
    "jsondoc": ['{"a": 1}', '"str"'],
    "pair": ["(1,a)", '(,"b,c")', "(7,)"],
    "int4range": ["empty", "[1,10)", "(,5]"],
    "tstzrange": ['["2024-01-01 00:00+00",)'],
    "int4multirange": ["{}", "{[1,3),[5,7)}"],
    "point": ["(1.5,2.5)"],
    "box": ["(1,1),(0,0)"],
    "path": ["((0,0),(1,1))"],
    "tsvector": ["'a':1 'fat':2A"],
    "tsquery": ["'a' & 'b'"],
    "pg_lsn": ["16/B374D848"],
}
"""Types, and values of them that are easily taken for others."""


@pytest.fixture
def types(sql):
    sql("DROP TABLE IF EXISTS things")
    sql("DROP TYPE IF EXISTS mood, pair CASCADE")
    sql("DROP DOMAIN IF EXISTS posint, jsondoc CASCADE")
    sql("CREATE TYPE mood AS ENUM ('sad', 'ok')")
    sql("CREATE TYPE pair AS (n int, t text)")
    sql("CREATE DOMAIN posint AS int CHECK (value > 0)")
    sql("CREATE DOMAIN jsondoc AS json")
    yield
    sql("DROP TABLE IF EXISTS things")
    sql("DROP TYPE mood, pair")
    sql("DROP DOMAIN posint, jsondoc")


@pytest.fixture
def session(connect) -> psycopg.Connection:
    return connect()


def images(session: psycopg.Connection, columns: list[str]) -> list[tuple[bytes | None, ...]]:
    """The rows of ``things`` as the stream writes them."""
    texts = ", ".join(
        f"CASE WHEN {c} IS DISTINCT FROM NULL THEN format('%s', {c}) END" for c in columns
    )
    rows = session.execute(f"SELECT {texts} FROM things ORDER BY id").fetchall()
    return [tuple(None if v is None else v.encode() for v in row) for row in rows]


@pytest.mark.parametrize("kind", VALUES)
def test_a_row_image_is_the_row(types, session, things, kind):
    """Equal to what was stored, in every way that PostgreSQL compares."""
    things(f"(id int PRIMARY KEY, v {kind})")
    for number, value in enumerate([*VALUES[kind], None]):
        session.execute("INSERT INTO things VALUES (%s, %s)", [number, value])
    table = describe(session, TableName("public", "things"))
    relation = Relation(table.oid, table.name, ("id", "v"), (23, table.by_name["v"].type_oid))
    literals = ["'" + value.replace("'", "''") + "'" for value in VALUES[kind]]
    clauses = ["v IS NULL", "v::text = ''", *(f"v::text = {each}" for each in literals)]
    clauses += [f"record_image_eq(ROW(v), ROW({each}::{kind}))" for each in literals]
    clauses += [clause for clause in (f"v = {each}" for each in literals) if takes(session, clause)]
    clauses += [clause for clause in ("length(v) > 1", "v > v", "v->>'a' = '1'", "1 = ANY(v)")
                if takes(session, clause)]  # fmt: skip

    answers = evaluate(session, table, relation, images(session, ["id", "v"]), clauses)

    for clause in clauses:
        expected = session.execute(f"SELECT ({clause}) IS TRUE FROM things ORDER BY id").fetchall()
        assert answers[clause] == [row[0] for row in expected], clause


def takes(session: psycopg.Connection, clause: str) -> bool:
    try:
        session.execute(f"SELECT {clause} FROM things")
    except psycopg.Error:
        return False
    return True


def test_a_clause_that_fails_is_found_among_others(session, things):
    things("(id int PRIMARY KEY)")
    session.execute("INSERT INTO things VALUES (0), (1)")
    table = describe(session, TableName("public", "things"))
    relation = Relation(table.oid, table.name, ("id",), (23,))
    good = [f"id = {n}" for n in range(450)]

    answers = evaluate(
        session,
        table,
        relation,
        images(session, ["id"]),
        [*good[:7], "1 / id > 0", *good[7:], "id % 1 = 0"],
    )

    failed = [clause for clause, answer in answers.items() if isinstance(answer, Exception)]
    assert failed == ["1 / id > 0"]
    assert [answers[clause] for clause in ("id = 0", "id = 1", "id = 2")] == [
        [True, False],
        [False, True],
        [False, False],
    ]
    assert answers["id % 1 = 0"] == [True, True]


def test_collations_and_odd_names_are_those_of_the_table(session, things):
    things('(id int PRIMARY KEY, "a b%" text COLLATE "C")')
    session.execute("INSERT INTO things VALUES (1, 'B')")
    table = describe(session, TableName("public", "things"))
    relation = Relation(table.oid, table.name, ("id", "a b%"), (23, 25))

    answers = evaluate(
        session,
        table,
        relation,
        images(session, ["id", '"a b%"']),
        ["\"a b%\" < 'a'", "things.\"a b%\" LIKE 'B%'"],
    )

    assert list(answers.values()) == [[True], [True]]


def test_a_shape_whose_clause_fails_ends_and_the_others_go_on(asker, things, sql):
    things("(id int PRIMARY KEY, n int)")
    broken = {"where": "10 / n > 1"}
    fine = {"where": "n % 2 = 0"}
    first, second = asker.get(**broken), asker.get(**fine)

    sql("INSERT INTO things VALUES (1, 0)")

    assert asker.get(**fine, handle=second.handle, offset="0_inf", live="true").changes
    assert asker.get(**broken, handle=first.handle, offset="0_0").status == 409
    reply = asker.get(**broken)
    assert reply.errors == {"where": ["division by zero."]}
