"""Subset snapshots with @electric-sql/client: some rows, and then their changes."""

import pytest

from tests.official.database import Database
from tests.official.node import Failure, Node, Stream

NAMES = {"table": "items", "columns": ["id", "name"]}


@pytest.fixture
def stream(node: Node, items: str) -> Stream:
    stream = node.open(NAMES, log="changes_only")
    stream.wait_for("up-to-date")
    return stream


def test_the_rows_asked_for_come(stream: Stream) -> None:
    stream.request_snapshot(where="shop = $1", params={"1": "2"})
    stream.wait_for_rows([{"id": 2, "name": "two"}])


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_window_of_an_order_comes(stream: Stream, database: Database, method: str) -> None:
    database.execute("INSERT INTO items SELECT n, 'row' || n FROM generate_series(3, 9) n")
    stream.wait_for_changes(7)
    found = stream.fetch_snapshot(orderBy="id DESC", limit=2, offset=1, method=method)
    assert [message["value"]["id"] for message in found["data"]] == [8, 7]
    assert stream.seen.requests[-1]["method"] == method


def test_an_expression_can_say_which_rows(stream: Stream) -> None:
    column, value = {"type": "ref", "column": "shop"}, {"type": "val", "paramIndex": 1}
    expression = {"type": "func", "name": "eq", "args": [column, value]}
    order = [{"column": "id", "direction": "asc", "nulls": "last"}]
    stream.request_snapshot(
        whereExpr=expression, params={"1": "2"}, orderByExpr=order, limit=5, method="POST"
    )
    stream.wait_for_rows([{"id": 2, "name": "two"}])


def test_changes_of_the_rows_come_afterwards(stream: Stream, database: Database) -> None:
    stream.request_snapshot(where="id = 1")
    stream.wait_for_rows([{"id": 1, "name": "one"}])
    database.execute("UPDATE items SET name = 'eins' WHERE id = 1")
    stream.wait_for_rows([{"id": 1, "name": "eins"}])


def test_changes_of_rows_that_nobody_asked_for_leave_no_half_rows(
    stream: Stream, database: Database
) -> None:
    stream.request_snapshot(where="id = 1")
    database.execute("UPDATE items SET name = upper(name)")
    stream.wait_for_rows([{"id": 1, "name": "ONE"}])


def test_a_change_that_the_snapshot_has_seen_does_not_come_after_it(
    stream: Stream, database: Database
) -> None:
    for number in range(3, 23):
        database.execute("INSERT INTO items VALUES (%s, 'new')", number)
        stream.request_snapshot(where=f"id = {number}")
        database.execute("UPDATE items SET name = 'newer' WHERE id = %s", number)
    stream.request_snapshot(where="id < 3")
    stream.wait_for_rows(database.rows("SELECT id, name FROM items"))
    for number in range(3, 23):
        came = [
            "snapshot" if "snapshot_mark" in message["headers"] else message["headers"]["operation"]
            for message in stream.seen.changes
            if message["value"]["id"] == number
        ]
        assert came in (["snapshot", "update"], ["insert", "snapshot", "update"])


def test_several_subsets_make_one_shape(stream: Stream, database: Database) -> None:
    stream.request_snapshot(where="id = 1")
    stream.request_snapshot(where="id = 2")
    stream.wait_for_rows(database.rows("SELECT id, name FROM items"))


def test_they_are_fetched_again_when_the_shape_has_ended(
    stream: Stream, database: Database
) -> None:
    stream.request_snapshot(where="id > 1")
    stream.wait_for_rows([{"id": 2, "name": "two"}])
    database.together("TRUNCATE items", "INSERT INTO items VALUES (1, 'new'), (5, 'five')")
    stream.wait_for_rows([{"id": 5, "name": "five"}])


def test_a_stream_can_begin_now_and_fetch_what_it_shows(
    node: Node, items: str, database: Database
) -> None:
    stream = node.open(NAMES, log="changes_only", offset="now")
    stream.request_snapshot(orderBy="id", limit=1)
    stream.wait_for_rows([{"id": 1, "name": "one"}])
    database.execute("DELETE FROM items WHERE id = 1")
    stream.wait_for_rows([])


def test_a_client_is_told_what_is_wrong_with_a_subset(stream: Stream) -> None:
    with pytest.raises(Failure) as refused:
        stream.fetch_snapshot(where="nmae = 'one'")
    assert refused.value.error["status"] == 400
    assert "nmae" in refused.value.error["message"]
