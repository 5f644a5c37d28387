"""The index against PostgreSQL: it may skip what cannot match, and nothing else."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from electric_sync.engine.catalog import describe
from electric_sync.engine.errors import ClauseRefused
from electric_sync.engine.index import Index
from electric_sync.engine.router import Router, indexable
from electric_sync.engine.where import accept
from electric_sync.values import (
    Relation,
    RowChange,
    ShapeDefinition,
    TableName,
    Transaction,
)
from tests.electric_sync.database import connect, table
from tests.electric_sync.examples import one_in

THINGS = TableName("public", "things")


@pytest.fixture
def session(django_db_setup):
    with connect() as session:
        yield session


def transaction(*changes: RowChange, **more) -> Transaction:
    touched = frozenset(each.relation.table for each in changes)
    return Transaction(
        xid=1, lsn=1, end_lsn=1, committed_at=0.0, changes=changes, **{"touched": touched, **more}
    )


# ------------------------------------------------------------------ one column, by type

NUMBERS = ["7", "007", " 7 ", "+7", "0x7", "0b111", "0o7", "1_0", "10", "-0", "0", "-7"]
TYPES = {
    "int2": (NUMBERS, ["7", "0", "-7", "10", "32767"]),
    "int4": (NUMBERS, ["7", "0", "-7", "10", "2147483647"]),
    "int8": ([*NUMBERS, "9223372036854775807"], ["7", "0", "-7", "9223372036854775807"]),
    "oid": (["7", " 7", "007", "4294967295", "-1"], ["7", "4294967295"]),
    "bool": (
        ["t", "true", "TRUE", " true ", "on", "yes", "y", "1", "f", "false", "off", "no", "0"],
        ["t", "f"],
    ),
    "uuid": (
        [
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
            "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
            "a0eebc999c0b4ef8bb6d6bb9bd380a11",
            "a0eebc999c0b4ef8-bb6d6bb9bd380a11",
            "00000000-0000-0000-0000-000000000000",
        ],
        ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "00000000-0000-0000-0000-000000000000"],
    ),
    "text": (
        ["", " ", "a", "A", "a ", "ä", "a\u0308", "\\x41", "7", "NULL", "'", "%s", "\u200b"],
        ["", " ", "a", "A", "a ", "ä", "a\u0308", "7", "NULL", "'", "%s"],
    ),
    "varchar": (["", "a", "a ", "ä"], ["", "a", "a "]),
    "varchar(3)": (["abc", "abcd", "ab"], ["abc", "ab"]),
    "small": (["7", "007", "0x7"], ["7", "1"]),
    "smaller": (["7", "007", "0x7"], ["7", "1"]),
    "words": (["a", "A"], ["a", "A"]),
    # Equal and not equal as text: no index, and so never fewer than PostgreSQL says.
    "numeric": (["1", "1.0", "1.00", "1e0"], ["1", "1.0", "1.00"]),
    "float8": (["0", "-0", "1", "1.0"], ["0", "-0", "1"]),
    "char(3)": (["a", "a  ", "abc"], ["a", "abc"]),
    "date": (["2026-01-02", "Jan 2, 2026"], ["2026-01-02"]),
    "timestamptz": (["2026-01-02 00:00Z", "2026-01-02 01:00+01"], ["2026-01-02 00:00Z"]),
    "interval": (["1 day", "24 hours"], ["1 day", "24 hours"]),
    "jsonb": (['{"a":1,"b":2}', '{"b":2,"a":1}'], ['{"a":1,"b":2}']),
    "name": (["a", "b"], ["a", "b"]),
    '"char"': (["a", "b"], ["a", "b"]),
    "bytea": (["\\x41", "A"], ["A"]),
    "int4[]": (["{1,2}", "{1, 2}"], ["{1,2}"]),
}
INDEXED = {"int2", "int4", "int8", "oid", "bool", "uuid", "text", "varchar", "varchar(3)"} | {
    "small",
    "smaller",
    "words",
}


@pytest.fixture
def domains(session):
    session.execute("CREATE DOMAIN small AS int4 CHECK (value > 0)")
    session.execute("CREATE DOMAIN smaller AS small CHECK (value < 100)")
    session.execute("CREATE DOMAIN words AS text")
    yield
    session.execute("DROP DOMAIN words, smaller, small")


@pytest.mark.django_db
@pytest.mark.parametrize("kind", TYPES)
def test_the_index_finds_what_postgresql_finds(session, domains, kind):
    spellings, values = TYPES[kind]
    compared = {"varchar(3)": "varchar", "char(3)": "bpchar"}.get(kind, kind)  # as = does
    with table(f"(id int PRIMARY KEY, v {kind})") as there:
        for key, value in enumerate([*values, None]):
            session.execute(f"INSERT INTO things VALUES (%s, %s::text::{kind})", [key, value])
        # As the stream writes them.
        stored = session.execute(
            "SELECT id::text, format('%s', v), v IS NULL FROM things"
        ).fetchall()
        for spelling in spellings:
            definition = ShapeDefinition(there, (("v", spelling),))
            router = Router()
            router.add(definition, indexable(session, definition), ("id",))
            routed = {
                key
                for key, text, is_null in stored
                if router.route(transaction(inserted(key, None if is_null else text)))
            }
            matching = {
                key
                for (key,) in session.execute(
                    f"SELECT id::text FROM things WHERE v = %s::text::{compared}", [spelling]
                )
            }
            if kind in INDEXED:
                assert routed == matching, spelling
            else:
                assert routed >= matching, spelling


THING = Relation(1, THINGS, ("id", "v"), (23, 25))


def inserted(key: str, value: str | None) -> RowChange:
    return RowChange(THING, None, (key.encode(), None if value is None else value.encode()))


@pytest.mark.django_db
@pytest.mark.parametrize("template", ["v = {}", "v = $1", "v IN ({}, {})", "id > 0 AND v = {}"])
@pytest.mark.parametrize("kind", TYPES)
def test_a_clause_s_index_finds_what_postgresql_finds(session, domains, kind, template):
    spellings, values = TYPES[kind]
    with table(f"(id int PRIMARY KEY, v {kind})") as there:
        for key, value in enumerate([*values, None]):
            session.execute(f"INSERT INTO things VALUES (%s, %s::text::{kind})", [key, value])
        stored = session.execute(
            "SELECT id::text, format('%s', v), v IS NULL FROM things"
        ).fetchall()
        described = describe(session, there)
        for spelling in spellings:
            literal = "'" + spelling.replace("'", "''") + "'"
            other = "'" + values[0].replace("'", "''") + "'"
            params = {1: spelling} if "$1" in template else {}
            try:
                clause = accept(session, described, template.format(literal, other), params)
            except ClauseRefused:
                continue  # PostgreSQL does not take it either
            index: Index[str] = Index()
            index.add("shape", clause.columns, clause.keys)
            found = {
                key
                for key, text, is_null in stored
                if [*index.find(THING, inserted(key, None if is_null else text).new or ())]
            }
            matching = {
                key for (key,) in session.execute(f"SELECT id::text FROM things WHERE {clause.sql}")
            }
            assert found == matching if clause.exact else found >= matching, spelling


@pytest.mark.django_db
def test_a_collation_that_calls_different_words_equal_is_left_out_of_the_index(session):
    try:
        session.execute(
            "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2',"
            " deterministic = false)"
        )
    except psycopg.Error as error:
        pytest.skip(f"this PostgreSQL has none: {error}")
    try:
        with table("(id int PRIMARY KEY, v text COLLATE loose)") as there:
            assert indexable(session, ShapeDefinition(there, (("v", "a"),))) == ()
    finally:
        session.execute("DROP COLLATION loose")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "constant"),
    [("int4", "x"), ("int4", ""), ("int4", "7.0"), ("int2", "40000"), ("uuid", "7"), ("bool", "2")],
)
def test_a_constant_of_another_type_is_an_error_of_the_database(session, kind, constant):
    with table(f"(id int PRIMARY KEY, v {kind})") as there, pytest.raises(psycopg.DataError):
        indexable(session, ShapeDefinition(there, (("v", constant),)))


@pytest.mark.django_db
def test_only_what_can_be_indexed_is(session):
    with table("(id int PRIMARY KEY, a int, b numeric, c text)") as there:
        definition = ShapeDefinition(there, (("a", "007"), ("b", "1.0"), ("c", "x"), ("d", "?")))

        assert indexable(session, definition) == (("a", b"7"), ("c", b"x"))


@pytest.mark.django_db
def test_odd_names_of_columns_and_tables(session):
    with table('(id int PRIMARY KEY, "a "" b" int)', name='odd "Näme') as there:
        assert indexable(session, ShapeDefinition(there, (('a " b', "07"),))) == (('a " b', b"7"),)


# --------------------------------------------------------------- many columns and shapes

ROW = Relation(2, THINGS, ("id", "a", "b"), (23, 23, 25))
value = st.sampled_from([None, b"1", b"2", b"3"])
a_row = st.tuples(st.sampled_from([b"10", b"11", b"12"]), value, value)
a_change = st.one_of(
    a_row.map(lambda new: RowChange(ROW, None, new)),
    a_row.map(lambda old: RowChange(ROW, old, None)),
    st.tuples(a_row, a_row).map(lambda rows: RowChange(ROW, *rows)),
)
equalities = st.dictionaries(
    st.sampled_from(["a", "b"]), st.sampled_from(["1", "2", "3"]), max_size=2
).map(lambda equals: tuple(sorted(equals.items())))


@one_in(1)
@given(
    shapes=st.lists(equalities, max_size=6, unique=True),
    left=st.sets(st.integers(0, 5)),
    changes=st.lists(a_change, max_size=5),
)
def test_each_shape_is_told_of_rows_that_were_or_are_in_it(shapes, left, changes):
    router = Router()
    definitions = [ShapeDefinition(THINGS, equals) for equals in shapes]
    for each in definitions:
        add(router, each)
        add(router, each)  # again changes nothing
    for number in left & set(range(len(definitions))):
        router.remove(definitions[number])
        router.remove(definitions[number])

    found = router.route(transaction(*changes)) if changes else {}

    expected = {}
    for number, definition in enumerate(definitions):
        keys = {
            (row[0].decode(),)
            for change in changes
            if any(is_in(definition, row) for row in (change.old, change.new) if row)
            for row in (change.old, change.new)
            if row
        }
        if keys and number not in left:
            expected[definition] = frozenset(keys)
    assert found == expected


def add(router: Router, definition: ShapeDefinition) -> None:
    router.add(definition, tuple((c, v.encode()) for c, v in definition.equals), ("id",))


def is_in(definition: ShapeDefinition, row: tuple[bytes | None, ...]) -> bool:
    return all(
        row[ROW.columns.index(column)] == constant.encode()
        for column, constant in definition.equals
    )


@pytest.fixture
def router():
    made = Router()
    for equals in [(), (("a", "1"),), (("a", "2"),), (("a", "1"), ("b", "1"))]:
        add(made, ShapeDefinition(THINGS, equals))
    return made


ALL, ONE, TWO, BOTH = (
    ShapeDefinition(THINGS, equals)
    for equals in [(), (("a", "1"),), (("a", "2"),), (("a", "1"), ("b", "1"))]
)


def test_a_row_that_moves_is_told_to_where_it_was_and_where_it_is(router):
    moved = RowChange(ROW, (b"10", b"1", b"3"), (b"10", b"2", b"3"))

    assert router.route(transaction(moved)) == dict.fromkeys([ALL, ONE, TWO], frozenset({("10",)}))


def test_a_key_that_changes_is_a_row_that_goes_and_one_that_comes(router):
    moved = RowChange(ROW, (b"10", b"1", b"1"), (b"11", b"1", b"1"))

    assert router.route(transaction(moved)) == dict.fromkeys(
        [ALL, ONE, BOTH], frozenset({("10",), ("11",)})
    )


def test_null_is_in_no_shape_that_compares(router):
    row = RowChange(ROW, None, (b"10", None, b"1"))

    assert router.route(transaction(row)) == {ALL: frozenset({("10",)})}


def test_truncate_makes_everything_of_the_table_doubtful(router):
    emptied = Transaction(1, 1, 1, 0.0, truncated=(THINGS,), touched=frozenset({THINGS}))

    assert router.route(emptied) == dict.fromkeys([ALL, ONE, TWO, BOTH])


def test_truncate_outweighs_the_rows_beside_it(router):
    row = RowChange(ROW, None, (b"10", b"1", b"3"))

    assert router.route(transaction(row, truncated=(THINGS,))) == dict.fromkeys(
        [ALL, ONE, TWO, BOTH]
    )


def test_a_transaction_too_large_to_keep_makes_its_tables_doubtful(router):
    other = TableName("public", "others")
    elsewhere = ShapeDefinition(other)
    add(router, elsewhere)

    large = Transaction(1, 1, 1, 0.0, touched=frozenset({other}))

    assert router.route(large) == {elsewhere: None}


def test_tables_that_nobody_follows_are_passed_over(router):
    relation = Relation(3, TableName("public", "others"), ("id",), (23,))

    assert router.route(transaction(RowChange(relation, None, (b"1",)))) == {}


def test_the_tables_are_those_of_the_shapes(router):
    assert list(router.tables) == [THINGS]
    for each in (ALL, ONE, TWO, BOTH):
        router.remove(each)
    assert list(router.tables) == []


def test_columns_in_another_order_are_found_by_name(router):
    relation = Relation(4, THINGS, ("b", "a", "id"), (25, 23, 23))
    row = RowChange(relation, None, (b"1", b"1", b"10"))

    assert router.route(transaction(row)) == dict.fromkeys([ALL, ONE, BOTH], frozenset({("10",)}))
