"""Which clauses are accepted, and what is wrong with the others: PostgreSQL says it."""

from __future__ import annotations

from contextlib import suppress

import pytest

from electric_sync.engine.catalog import describe
from electric_sync.engine.errors import ClauseRefused
from electric_sync.engine.where import accept
from electric_sync.values import TableName

COLUMNS = """(id int PRIMARY KEY, title text, status varchar(10), price numeric, done bool,
              tags text[], created timestamptz, day date, meta jsonb, raw json, owner uuid,
              kind mood, span int4range, words tsvector, "Odd ""Name" int, big int8, small int2)"""


@pytest.fixture
def table(things, sql):
    sql("DROP TYPE IF EXISTS mood CASCADE")
    sql("CREATE TYPE mood AS ENUM ('sad', 'ok')")
    things(COLUMNS)
    return TableName("public", "things")


@pytest.fixture
def take(table, connect):
    """Have a clause accepted."""
    session = connect()
    described = describe(session, table)

    def take(text: str, *params: str):
        return accept(session, described, text, dict(enumerate(params, 1)))

    return take


@pytest.mark.parametrize(
    "text",
    [
        "id = 1",
        "done",
        "title LIKE 'a%' AND NOT done OR price > 1",
        "title ~* '^a' AND title SIMILAR TO 'a%'",
        "status IN ('a', 'b') AND id BETWEEN 1 AND 2",
        "'a' = ANY(tags) AND tags @> '{b}'",
        "meta->>'a' = '1' AND meta @> '{\"k\": 1}' AND meta ? 'k'",
        "raw->>'a' = '1'",
        "kind = 'sad' AND kind > 'sad' AND kind::text = 'ok'",
        "span @> 2",
        "words @@ to_tsquery('english', 'cat & dog')",
        "created > '2024-01-01' AND created AT TIME ZONE 'UTC' > '2024-01-01'",
        "day + 1 > '2024-01-01' AND day::text LIKE '2024%'",
        "CASE WHEN id = 1 THEN true END",
        "coalesce(nullif(title, ''), 'x') = 'x' AND abs(id) % 2 = 0 AND length(title) > 1",
        'things.id = 1 AND "things"."Odd ""Name" = 2',
        "(id, title) = (1, 'a')",
        "title COLLATE \"C\" > 'a'",
        "title = $$it's$$ AND title <> E'a\\'b' AND title <> 'a''b; --'",
        "id = 1 -- a comment",
        "id /* ) ; /* nested */ */ = 1",
        'title = \';\' AND "Odd ""Name" = 1',
        "id = 99999999999",
        "title IS NOT DISTINCT FROM NULL",
    ],
)
def test_clauses_of_many_kinds_are_accepted(take, text):
    assert take(text).sql.strip() == text.strip()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("id = ", "At character 5: syntax error"),
        ("nope = 1", 'At character 0: column "nope" does not exist'),
        ("id = 1 AND other.id = 1", "At character 11: "),
        ("id = 'abc'", "At character 5: invalid input syntax for type integer"),
        ("title = 1", "At character 6: operator does not exist"),
        ("id", "At character 0: argument of WHERE must be type boolean"),
        ("foo(id) = 1", "At character 0: function foo"),
        ("sum(id) = 1", "At character 0: aggregate functions are not allowed"),
        ("id = 1; DROP TABLE things", "At character 6: ';'"),
        ("id = 1) OR (true", "At character 6: '\\)' closes nothing"),
        ("(id = 1", "At character 0: '\\(' is not closed"),
        ("title = 'abc", "At character 8: a string without its end"),
        ('"id = 1', "At character 0: a quoted name without its end"),
        ("id = 1 /* and", "At character 7: a comment without its end"),
        ("id = 1 ORDER BY id", "At character 7: syntax error"),
        ("id IN (SELECT 1)", "subqueries are not supported"),
        ("EXISTS (SELECT 1)", "subqueries are not supported"),
        ("created > now()", "Only immutable functions"),
        ("random() > 0.5", "Only immutable functions"),
        ("title = current_user", "Only immutable functions"),
        ("created > day", "Only immutable functions"),
        ("title::timestamptz > created", "Only immutable functions"),
        ("id::regclass::text = 'x'", "Only immutable functions"),
        ("concat(title, day) = 'x'", "Only immutable functions"),
        ("ctid = '(0,1)'", "At character 0: "),
    ],
)
def test_other_clauses_are_refused_with_the_reason_and_its_place(take, text, reason):
    with pytest.raises(ClauseRefused, match=reason):
        take(text)


def test_a_refused_clause_leaves_nothing_behind(take, sql):
    for text in ("created > now()", "lower(title) = 'a'"):
        with suppress(ClauseRefused):
            take(text)
        assert sql("SELECT count(*) FROM pg_class WHERE relname = 'things'") == [(1,)]


# --------------------------------------------------------------------- parameters


@pytest.mark.parametrize(
    ("text", "params", "written"),
    [
        ("id = $1", ["007"], "id = ('7'::integer)"),
        ("title = $1", ["it's"], "title = ('it''s'::text)"),
        ("id = ANY($1)", ["{1, 2}"], "id = ANY(('{1,2}'::integer[]))"),
        ("id = $2", ["x", "2"], "id = ('2'::integer)"),
        ("$1", ["yes"], "('t'::boolean)"),
        ("title = '$1' OR title = $1", ["a"], "title = '$1' OR title = ('a'::text)"),
        ("kind = $1", ["sad"], "kind = ('sad'::mood)"),
        ("created > $1", ["2024-01-01T00:00:00Z"],
         "created > ('2024-01-01 00:00:00+00'::timestamp with time zone)"),
        ("title = $1 AND status = $1", ["\\"],
         "title = ('\\'::text) AND status = ('\\'::text)"),
    ],
)  # fmt: skip
def test_parameters_become_constants_of_their_type(take, text, params, written):
    assert take(text, *params).sql == written


@pytest.mark.parametrize(
    ("text", "params", "reason"),
    [
        ("id = $1", [], r"At character 5: there is no value for \$1"),
        ("id = $2", ["1"], r"At character 5: there is no value for \$2"),
        ("id = $1", ["1", "2"], r"params\[2\] is one too many: the clause ends with \$1"),
        ("id = 1", ["1"], r"params\[1\] is one too many: the clause has no parameters"),
        ("id = $1", ["abc"], r"At character 5: params\[1\]: invalid input syntax for type integer"),
        ("owner = $1", ["x"], r"At character 8: params\[1\]: invalid input syntax for type uuid"),
        ("id = $1", ["99999999999"], r"At character 5: params\[1\]: .*out of range"),
        ("$1 IS NULL", ["x"], r"At character 0: could not determine data type"),
        ("title = $1", ["a\0b"], "NUL character"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(take, text, params, reason):
    with pytest.raises(ClauseRefused, match=reason):
        take(text, *params)


# -------------------------------------------------------------------------- index


@pytest.mark.parametrize(
    ("text", "columns", "keys", "exact"),
    [
        ("id = 7", ["id"], {(b"7",)}, True),
        ("id = -7", ["id"], {(b"-7",)}, True),
        ("id = '007'", ["id"], {(b"7",)}, True),
        ("big = 7", ["big"], {(b"7",)}, True),
        ("title = 'it''s'", ["title"], {(b"it's",)}, True),
        ("status = 'a'", ["status"], {(b"a",)}, True),
        ("done = true", ["done"], {(b"t",)}, True),
        ("done = 'yes'", ["done"], {(b"t",)}, True),
        ("owner = 'A0EEBC999C0B4EF8BB6D6BB9BD380A11'", ["owner"],
         {(b"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",)}, True),
        ("TITLE = 'a'", ["title"], {(b"a",)}, True),
        ("\"Odd \"\"Name\" = 1", ['Odd "Name'], {(b"1",)}, True),
        ("(id = 1)", ["id"], {(b"1",)}, True),
        ("(id = 1) AND ((title = 'a'))", ["id", "title"], {(b"1", b"a")}, True),
        ("id IN (1, 2)", ["id"], {(b"1",), (b"2",)}, True),
        ("id IN (1, 2) AND id IN (2, 3)", ["id"], {(b"2",)}, True),
        ("id = 1 AND price > 2", ["id"], {(b"1",)}, False),
        ("id = 1 AND done", ["id"], {(b"1",)}, False),
        # In doubt, PostgreSQL evaluates the whole.
        ("id = 1 OR title = 'a'", [], {()}, False),
        ("id = 1 AND title = 'a' OR done", [], {()}, False),
        ("id BETWEEN 1 AND 2", [], {()}, False),
        ("price BETWEEN 1 AND id = 1", [], None, None),
        ("NOT id = 1 AND title = 'a'", ["title"], {(b"a",)}, False),
        ("NOT (id = 1 AND title = 'a')", [], {()}, False),
        ("CASE WHEN done AND id = 1 THEN true END", [], {()}, False),
        ("id = 7.0", [], {()}, False),
        ("id = 99999999999", [], {()}, False),
        ("small = 40000", [], {()}, False),
        ("id = 1 + 1", [], {()}, False),
        ("id = big", [], {()}, False),
        ("id IN (1, NULL)", [], {()}, False),
        ("id IN (1, big)", [], {()}, False),
        ("price = 1", [], {()}, False),
        ("title = E'a'", [], {()}, False),
        ("title = 'a' COLLATE \"C\"", [], {()}, False),
        ("lower(title) = 'a'", [], {()}, False),
        ("id <> 1", [], {()}, False),
        ("things.id = 1", [], {()}, False),
    ],
)  # fmt: skip
def test_what_an_index_can_serve_is_found(take, text, columns, keys, exact):
    try:
        clause = take(text)
    except ClauseRefused:
        assert keys is None
        return
    assert (list(clause.columns), clause.keys, clause.exact) == (columns, keys, exact)


def test_parameters_are_served_by_the_index_if_they_have_the_column_s_type(take):
    assert take("id = $1", "007").keys == {(b"7",)}
    assert take("status = $1", "a").keys == {(b"a",)}
    assert take("id = $1::int8", "7").columns == ()
    assert take("id IN ($1, $2)", "1", "2").keys == {(b"1",), (b"2",)}


def test_the_columns_that_a_clause_depends_on_are_known(take):
    assert take('lower(title) = \'a\' AND "Odd ""Name" > ID').mentions == {
        "title",
        'Odd "Name',
        "id",
    }
