"""@electric-sql/client's ShapeStream and Shape, against our engine and a real PostgreSQL."""

from collections.abc import Callable

import pytest

from tests.official.database import Database
from tests.official.engine import EngineProcess, engine_process
from tests.official.node import Node

NAMES = {"table": "items", "columns": ["id", "name"]}


def names(database: Database, where: str = "true") -> list[dict]:
    return database.rows(f"SELECT id, name FROM items WHERE {where}")


def test_all_rows_come_at_first_as_values_of_their_types(node: Node, items: str) -> None:
    stream = node.open({"table": items})
    stream.wait_for_rows(
        [
            {
                "id": 1,
                "name": "one",
                "shop": 1,
                "is_done": True,
                "count": "9007199254740993",
                "tags": ["a", None],
                "more": {"a": [1]},
            },
            {
                "id": 2,
                "name": "two",
                "shop": 2,
                "is_done": False,
                "count": None,
                "tags": [],
                "more": None,
            },
        ]
    )


@pytest.mark.parametrize("sse", [False, True], ids=["long-poll", "SSE"])
class TestLive:
    @pytest.fixture
    def stream(self, node: Node, items: str, sse: bool):
        stream = node.open(NAMES, liveSse=sse)
        stream.wait_for("up-to-date")
        return stream

    def test_an_insert_comes(self, stream, database: Database) -> None:
        database.execute("INSERT INTO items VALUES (3, 'three')")
        stream.wait_for_rows(names(database))
        assert stream.seen.operations[2:] == ["insert"]

    def test_an_update_comes(self, stream, database: Database) -> None:
        database.execute("UPDATE items SET name = 'eins' WHERE id = 1")
        stream.wait_for_rows(names(database))
        assert stream.seen.operations[2:] == ["update"]

    def test_a_delete_comes(self, stream, database: Database) -> None:
        database.execute("DELETE FROM items WHERE id = 1")
        stream.wait_for_rows(names(database))
        assert stream.seen.operations[2:] == ["delete"]

    def test_values_are_of_their_types(
        self, node: Node, items: str, database: Database, sse: bool
    ) -> None:
        stream = node.open({"table": items, "where": "id = 3"}, liveSse=sse)
        stream.wait_for("up-to-date")
        database.execute("INSERT INTO items VALUES (3, null, 3, true, 3, '{b}', '[null]')")
        stream.wait_for_rows(
            [
                {
                    "id": 3,
                    "name": None,
                    "shop": 3,
                    "is_done": True,
                    "count": "3",
                    "tags": ["b"],
                    "more": [None],
                }
            ]
        )

    def test_a_key_change_comes(self, stream, database: Database) -> None:
        database.execute("UPDATE items SET id = 9 WHERE id = 1")
        stream.wait_for_rows(names(database))
        assert stream.seen.operations[2:] == ["delete", "insert"]

    def test_a_transaction_comes_whole(self, stream, database: Database) -> None:
        database.together(
            "UPDATE items SET name = upper(name)",
            "INSERT INTO items SELECT n, 'row' || n FROM generate_series(10, 200) n",
            "DELETE FROM items WHERE id = 1",
        )
        stream.wait_for_rows(names(database))
        lasts = [message["headers"].get("last", False) for message in stream.seen.changes[2:]]
        assert lasts == [False] * (len(lasts) - 1) + [True]

    def test_a_truncate_has_it_start_anew(self, stream, database: Database) -> None:
        database.execute("TRUNCATE items")
        stream.wait_for("must-refetch")
        stream.wait_for_rows([])

    def test_another_schema_has_it_start_anew(self, stream, database: Database) -> None:
        database.execute("ALTER TABLE items ALTER name TYPE varchar(9)")
        stream.wait_for("must-refetch")
        database.execute("INSERT INTO items VALUES (3, 'three')")
        stream.wait_for_rows(names(database))

    def test_it_is_told_by_the_means_that_were_asked_for(
        self, stream, database: Database, sse: bool
    ) -> None:
        for name in "ab":
            database.execute("UPDATE items SET name = %s WHERE id = 1", name)
            stream.wait_for_rows(names(database))
        live = [each["type"] for each in stream.seen.requests if "live=true" in each["address"]]
        if sse:
            assert set(live) == {"text/event-stream"}
        else:
            assert len(live) >= 2
            assert set(live) == {"application/json; charset=utf-8"}


def test_another_process_resumes_where_one_ended(
    start_node: Callable[[], Node], items: str, database: Database
) -> None:
    first = start_node().open(NAMES)
    database.execute("INSERT INTO items VALUES (3, 'three')")
    first.wait_for_rows(names(database))
    first.node.close()
    database.execute("INSERT INTO items VALUES (4, 'four')")
    second = start_node().open(NAMES, handle=first.seen.handle, offset=first.seen.offset)
    second.wait_for_changes(1)
    assert [message["value"]["name"] for message in second.seen.changes] == ["four"]
    assert "-1" not in second.seen.asked("offset")


def test_a_process_that_resumes_an_ended_shape_starts_anew(
    start_node: Callable[[], Node], items: str, database: Database
) -> None:
    first = start_node().open(NAMES)
    first.wait_for("up-to-date")
    first.node.close()
    database.execute("TRUNCATE items")
    database.execute("INSERT INTO items VALUES (7, 'seven')")
    second = start_node().open(NAMES, handle=first.seen.handle, offset=first.seen.offset)
    second.wait_for_rows(names(database))
    assert second.seen.handle != first.seen.handle


def test_a_shape_that_somebody_deleted_is_fetched_anew(
    node: Node, items: str, database: Database, engine: EngineProcess
) -> None:
    stream = node.open(NAMES)
    stream.wait_for("up-to-date")
    old = stream.seen.handle
    engine.delete(old)
    stream.wait_for("must-refetch")
    stream.wait_for("up-to-date", times=2)
    stream.wait_for_rows(names(database))
    assert stream.seen.handle != old


def test_a_column_that_is_added_has_a_shape_of_all_columns_start_anew(
    node: Node, items: str, database: Database
) -> None:
    stream = node.open({"table": items, "where": "id = 2"})
    stream.wait_for("up-to-date")
    database.execute("ALTER TABLE items ADD colour text DEFAULT 'red'")
    stream.wait_until(
        lambda seen: bool(seen.rows) and seen.rows[0].get("colour") == "red", "the row is red"
    )


def test_a_clause_with_parameters_chooses_rows(node: Node, items: str, database: Database) -> None:
    params = {"where": "shop = $1 AND name <> $2", "params": ["2", "it's; DROP TABLE items --"]}
    stream = node.open({**NAMES, **params})
    stream.wait_for_rows(names(database, "shop = 2"))


def test_parameters_can_be_given_by_number(node: Node, items: str, database: Database) -> None:
    stream = node.open({**NAMES, "where": "shop = $1", "params": {"1": "2"}})
    stream.wait_for_rows(names(database, "shop = 2"))


def test_rows_move_into_a_shape_and_out_of_it(node: Node, items: str, database: Database) -> None:
    stream = node.open({**NAMES, "where": "shop = $1", "params": ["2"]})
    stream.wait_for("up-to-date")
    database.execute("UPDATE items SET shop = 3 - shop")
    stream.wait_for_rows(names(database, "shop = 2"))
    assert sorted(stream.seen.operations[1:]) == ["delete", "insert"]


def test_only_the_columns_asked_for_come(node: Node, items: str, database: Database) -> None:
    stream = node.open({"table": items, "columns": ["id", "is_done"]})
    stream.wait_for("up-to-date")
    database.execute("UPDATE items SET name = 'unseen' WHERE id = 1")
    database.execute("UPDATE items SET is_done = false WHERE id = 1")
    stream.wait_for_rows(database.rows("SELECT id, is_done FROM items"))
    assert stream.seen.operations[2:] == ["update"]


ODD = '"Odd one"."A \'table\'/?"'


def test_names_that_need_quotes_are_understood(node: Node, database: Database) -> None:
    database.execute('CREATE SCHEMA "Odd one"')
    try:
        database.execute(f'CREATE TABLE {ODD} ("a,b" int PRIMARY KEY, "C d" text)')
        database.execute(f"INSERT INTO {ODD} VALUES (1, 'x')")
        stream = node.open({"table": ODD, "columns": ["a,b", "C d"]})
        stream.wait_for_rows([{"a,b": 1, "C d": "x"}])
        database.execute(f"UPDATE {ODD} SET \"C d\" = 'y'")
        stream.wait_for_rows([{"a,b": 1, "C d": "y"}])
    finally:
        database.execute('DROP SCHEMA "Odd one" CASCADE')


def test_an_update_says_only_what_changed(node: Node, items: str, database: Database) -> None:
    stream = node.open({"table": items})
    stream.wait_for("up-to-date")
    database.execute("UPDATE items SET name = 'eins' WHERE id = 1")
    stream.wait_for_changes(3)
    assert stream.seen.changes[2]["value"] == {"id": 1, "name": "eins"}
    assert "old_value" not in stream.seen.changes[2]


def test_a_full_replica_says_the_whole_row_and_what_it_was(
    node: Node, items: str, database: Database
) -> None:
    stream = node.open({**NAMES, "replica": "full"})
    stream.wait_for("up-to-date")
    database.execute("UPDATE items SET name = 'eins' WHERE id = 1")
    database.execute("DELETE FROM items WHERE id = 2")
    stream.wait_for_changes(4)
    update, delete = stream.seen.changes[2:]
    assert update["value"] == {"id": 1, "name": "eins"}
    assert update["old_value"] == {"name": "one"}
    assert delete["value"] == {"id": 2, "name": "two"}


def test_a_stream_that_does_not_subscribe_ends(node: Node, items: str, database: Database) -> None:
    stream = node.open(NAMES, subscribe=False)
    stream.wait_for_rows(names(database))
    assert stream.seen.asked("live") == [None] * len(stream.seen.requests)


def test_many_rows_come_in_chunks(node: Node, database: Database, items: str) -> None:
    database.execute(
        "INSERT INTO items SELECT n, repeat(md5(n::text), 40) FROM generate_series(3, 12000) n"
    )
    stream = node.open(NAMES)
    stream.wait_for("up-to-date")
    offsets = stream.seen.asked("offset")
    assert offsets[:2] == ["-1", "0_0"]
    stream.wait_for_rows(names(database))


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE items RENAME COLUMN name TO title",
        "ALTER TABLE items DROP COLUMN shop",
        "DROP TABLE items; CREATE TABLE items (id int PRIMARY KEY, title text)",
        "ALTER TABLE items RENAME TO others; CREATE TABLE items (id int PRIMARY KEY, title text)",
    ],
    ids=["renamed column", "dropped column", "another table", "renamed table"],
)
def test_a_table_that_is_another_one_is_fetched_anew(
    node: Node, items: str, database: Database, statement: str
) -> None:
    stream = node.open({"table": items, "columns": ["id"], "where": "id > 1"})
    other = node.open({"table": items})
    stream.wait_for_rows([{"id": 2}])
    other.wait_for("up-to-date")
    try:
        database.together(*statement.split(";"))
        other.wait_for("must-refetch")
        database.execute("INSERT INTO items (id) VALUES (9)")
        columns = database.rows("SELECT * FROM items ORDER BY id DESC LIMIT 1")[0].keys()
        other.wait_until(
            lambda seen: (
                {9} <= {row["id"] for row in seen.rows or []} and seen.rows[-1].keys() == columns
            ),
            "the table's rows are there as they are now",
        )
        stream.wait_for_rows(database.rows("SELECT id FROM items WHERE id > 1"))
    finally:
        database.execute("DROP TABLE IF EXISTS others")


def test_events_that_are_cut_before_they_arrive_come_again(
    node: Node, items: str, database: Database
) -> None:
    other = node.open(NAMES)
    stream = node.open(NAMES, liveSse=True, breaks=True)
    stream.wait_until(lambda seen: seen.is_held, "it asks for events")
    database.execute("INSERT INTO items VALUES (3, 'three')")
    other.wait_for_rows(names(database))
    stream.call("release")
    stream.wait_for_rows(names(database))


# ── when the engine is away ─────────────────────────────────────────────────


@pytest.mark.parametrize("sse", [False, True], ids=["long-poll", "SSE"])
def test_a_client_goes_on_when_the_engine_was_killed_and_is_back(
    start_node: Callable[..., Node],
    items: str,
    database: Database,
    tmp_path_factory: pytest.TempPathFactory,
    sse: bool,
) -> None:
    with engine_process(database.url, tmp_path_factory.mktemp("first")) as first:
        stream = start_node(first.url).open(NAMES, liveSse=sse)
        stream.wait_for_rows(names(database))
        first.kill()
        database.execute("DELETE FROM items WHERE id = 1")
        folder = tmp_path_factory.mktemp("second")
        with engine_process(database.url, folder, port=first.port):
            stream.wait_for_rows(names(database))
            database.execute("INSERT INTO items VALUES (3, 'three')")
            stream.wait_for_rows(names(database))


# ── the log's mode, and where it begins ─────────────────────────────────────


def test_changes_alone_come_when_they_are_asked_for(
    node: Node, items: str, database: Database
) -> None:
    stream = node.open(NAMES, log="changes_only")
    stream.wait_for("up-to-date")
    database.execute("INSERT INTO items VALUES (3, 'three')")
    stream.wait_for_changes(1)
    assert [message["value"] for message in stream.seen.changes] == [{"id": 3, "name": "three"}]


def test_a_stream_can_begin_now(node: Node, items: str, database: Database) -> None:
    other = node.open(NAMES)
    database.execute("INSERT INTO items VALUES (3, 'three')")
    other.wait_for_rows(names(database))
    stream = node.open(NAMES, offset="now")
    stream.wait_for("up-to-date")
    database.execute("INSERT INTO items VALUES (4, 'four')")
    stream.wait_for_changes(1)
    assert [message["value"]["id"] for message in stream.seen.changes] == [4]


# ── errors ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("params", "place", "said"),
    [
        ({"table": "no_such_table"}, "table", "There is no table"),
        ({"table": "items", "where": "nmae = 'one'"}, "where", "nmae"),
        ({"table": "items", "where": "shop = $1", "params": ["two"]}, "where", "params[1]"),
        ({"table": "items", "columns": ["id", "nmae"]}, "columns", "nmae"),
        ({"table": "items", "replica": "half"}, "replica", "default, full"),
    ],
    ids=["table", "where", "params", "columns", "replica"],
)
def test_a_client_is_told_what_is_wrong_with_a_request(
    node: Node, items: str, params: dict, place: str, said: str
) -> None:
    error = node.open(params).wait_for_error()
    assert (error["name"], error["status"]) == ("FetchError", 400)
    assert error["body"]["message"] == "Invalid request"
    (message,) = error["body"]["errors"][place]
    assert said in message


def test_a_client_without_the_secret_is_refused(node: Node, items: str) -> None:
    error = node.open({**NAMES, "secret": "guessed"}).wait_for_error()
    assert error["status"] == 401
    assert "secret is missing or wrong" in error["body"]
