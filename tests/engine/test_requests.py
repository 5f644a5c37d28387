"""What is asked wrongly, and what is asked beside shapes."""

from __future__ import annotations

import json
import re

import pytest

from electric_sync.engine import http
from electric_sync.engine.http import Application


@pytest.fixture
def table(things):
    things("(id int PRIMARY KEY, note text, other text)")


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ({}, "offset", "can't be blank"),
        ({"offset": "-1"}, "table", "can't be blank"),
        ({"offset": "-1", "table": ""}, "table", "can't be blank"),
        ({"table": "things"}, "offset", "can't be blank"),
        *[
            ({"table": "things", "handle": "1-1", "offset": offset}, "offset", "invalid format")
            for offset in ("0", "0_", "_0", "abc", "-2", "0_0_0", "1.5", "0_-1", "NOW", "٣_0")
        ],
        ({"table": "things", "offset": "0_0"}, "handle", "can't be blank"),
        ({"table": "things", "offset": "0_0", "handle": ""}, "handle", "can't be blank"),
        ({"table": "things", "offset": "-1", "live": "true"}, "live", "offset is -1"),
        ({"table": "things", "offset": "now", "live": "true"}, "live", "offset is 'now'"),
        ({"table": "things", "offset": "0_0", "handle": "1-1", "live_sse": "true"},
         "live_sse", "unless live"),
        ({"table": "things", "offset": "-1", "replica": "nope"}, "replica", "is invalid"),
        ({"table": "things", "offset": "-1", "replica": "FULL"}, "replica", "is invalid"),
        ({"table": "things", "offset": "zzz", "replica": "nope"}, "replica", "is invalid"),
        ({"table": "things", "offset": "-1", "log": "nope"}, "log", "is invalid"),
        ({"table": "nowhere", "offset": "-1"}, "table", 'no table "public"."nowhere"'),
        ({"table": "pg_catalog.pg_class", "offset": "-1"}, "table", "PostgreSQL's own"),
        ({"table": "a.b.c", "offset": "-1"}, "table", "3 parts"),
        ({"table": "1bad", "offset": "-1"}, "table", "quote it"),
        ({"table": "a b", "offset": "-1"}, "table", "quote it"),
        ({"table": '"open', "offset": "-1"}, "table", "quote it"),
        ({"table": "things", "offset": "-1", "columns": "note"}, "columns", "primary key.*: id"),
        ({"table": "things", "offset": "-1", "columns": "id,nope"}, "columns", "nope"),
        ({"table": "things", "offset": "-1", "columns": "id,,note"}, "columns", "name is missing"),
        ({"table": "things", "offset": "-1", "where": "nope = 1"}, "where", "At character 0"),
        ({"table": "things", "offset": "-1", "where": "id = $1", "params[1]": "x"},
         "where", r"params\[1\]"),
        ({"table": "things", "offset": "-1", "where": "id = $2", "params[2]": "2"},
         "params", "from 1 on"),
        ({"table": "things", "offset": "-1", "where": "id = $1", "params[0]": "2"},
         "params", "from 1 on"),
        ({"table": "things", "offset": "-1", "where": "id = $1", "params[x]": "2"},
         "params", "numbered"),
        ({"table": "things", "offset": "-1", "where": "id = $1", "params[]": "2"},
         "params", "a number"),
        ({"table": "things", "offset": "-1", "where": "id = $1", "params": '["2"]'},
         "params", "JSON object"),
        ({"table": "things", "offset": "-1", "where": "id = $1", "params": "2"},
         "params", "JSON object"),
    ],
)  # fmt: skip
def test_a_wrong_request_is_told_what_is_wrong_with_which_parameter(
    asker, table, query, field, message
):
    reply = asker.ask("GET", query)

    assert reply.status == 400
    assert reply.json["message"] == "Invalid request"
    assert list(reply.errors) == [field]
    assert reply.headers["cache-control"] == "no-store"
    (said,) = reply.errors[field]
    assert re.search(message, said)


def test_what_is_not_utf_8_is_refused(asker):
    assert asker.ask("GET", {}, raw_query=b"table=%FF&offset=-1").status == 400


def test_percent_signs_that_encode_nothing_stand_for_themselves(asker, table):
    reply = asker.ask("GET", {}, raw_query=b"table=things&offset=-1&where=%ZZ")

    assert list(reply.errors) == ["where"]


def test_the_last_of_equal_parameters_counts(asker, table):
    assert asker.ask("GET", {}, raw_query=b"table=no&table=things&offset=-1").status == 200


def test_parameters_may_come_as_one_object(asker, table):
    one = asker.get(where="note = $1", params='{"1": "a"}')
    other = asker.get(**{"where": "note = $1", "params[1]": "a"})

    assert one.handle == other.handle


@pytest.mark.parametrize("name", ["Mixed Case", 'quo"te', "dot.table", "perc%ent", "Ünï"])
def test_tables_and_columns_of_any_name(asker, sql, name):
    quoted = '"' + name.replace('"', '""') + '"'
    sql(f"DROP TABLE IF EXISTS {quoted}")
    sql(f"CREATE TABLE {quoted} (id int PRIMARY KEY, {quoted} text)")
    sql(f"INSERT INTO {quoted} VALUES (1, 'a')")
    try:
        where = f"upper({quoted}) = 'A'"
        reply = asker.get(quoted, columns=f"id,{quoted}", where=where)
        assert [each["value"] for each in reply.changes] == [{"id": "1", name: "a"}]
        start = asker.get(quoted, where=where, columns=f"id,{quoted}",
                          handle=reply.handle, offset="0_0")  # fmt: skip
        sql(f"UPDATE {quoted} SET {quoted} = 'b'")
        change = asker.get(quoted, where=where, columns=f"id,{quoted}", handle=reply.handle,
                           offset=start.offset, live="true")  # fmt: skip
        assert [each["headers"]["relation"] for each in change.changes] == [["public", name]]
        assert change.changes[0]["key"] == f'"public"."{name}"/"1"'
    finally:
        sql(f"DROP TABLE {quoted}")


def test_a_view_is_no_table(asker, sql):
    sql("CREATE VIEW seen AS SELECT 1 AS id")
    try:
        assert list(asker.get("seen").errors) == ["table"]
    finally:
        sql("DROP VIEW seen")


# -------------------------------------------------------------------------- offsets


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(http, "BEYOND_SECONDS", 0.05)


@pytest.mark.parametrize("offset", ["9999999999999_0", "1_0", "99999999999999999999_0"])
@pytest.mark.parametrize("live", [{}, {"live": "true"}, {"live": "true", "live_sse": "true"}])
def test_an_offset_that_never_was_is_out_of_bounds(asker, table, impatient, offset, live):
    reply = asker.get(handle=asker.get().handle, offset=offset, **live)

    assert reply.status == 400
    assert reply.errors == {"offset": ["out of bounds for this shape"]}


def test_the_position_of_an_up_to_date_is_an_offset(asker, table, impatient, things, sql):
    """Clients of server-sent events go on from there, also if it was of another table."""
    shape = asker.get()
    asker.get(handle=shape.handle, offset="0_0")
    sql("CREATE TABLE IF NOT EXISTS elsewhere (id int PRIMARY KEY)")
    other = asker.get("elsewhere")
    asker.get("elsewhere", handle=other.handle, offset="0_0")
    sql("INSERT INTO elsewhere VALUES (1) ON CONFLICT (id) DO UPDATE SET id = elsewhere.id")
    sql("DELETE FROM elsewhere")
    asker.get("elsewhere", handle=other.handle, offset="0_inf", live="true")
    seen = asker.get(handle=shape.handle, offset="0_inf").json[-1]["headers"]

    reply = asker.get(handle=shape.handle, offset=f"{seen['global_last_seen_lsn']}_0")

    assert reply.status == 200
    assert reply.is_up_to_date
    sql("DROP TABLE elsewhere")


# --------------------------------------------------------------------- conditional


@pytest.mark.parametrize("form", ["{}", '"x", {}'])
def test_what_the_client_has_already_is_not_sent_again(asker, table, form):
    etag = asker.get().headers["etag"]

    reply = asker.ask(
        "GET",
        {"table": "things", "offset": "-1"},
        headers={"If-None-Match": form.format(etag)},
    )

    assert (reply.status, reply.body) == (304, b"")
    assert reply.headers["etag"] == etag


@pytest.mark.parametrize("given", ["*", '"other"', ""])
def test_other_tags_do_not_match(asker, table, given):
    reply = asker.ask("GET", {"table": "things", "offset": "-1"}, headers={"If-None-Match": given})

    assert reply.status == 200


# ------------------------------------------------------------------------- deleting


def test_a_shape_is_deleted_by_its_handle_its_definition_or_both(asker, table):
    for query in ({"handle": None}, {"table": "things"}, {"table": "things", "handle": None}):
        handle = asker.get().handle
        named = {key: value or handle for key, value in query.items()}

        reply = asker.ask("DELETE", named)

        assert (reply.status, reply.body) == (202, b"")
        old = asker.get(handle=handle, offset="0_0")
        assert old.status == 409
        assert old.handle not in ("", handle)


def test_deleting_what_is_not_there(asker, table):
    asker.get()
    other = asker.get(columns="id").handle

    assert asker.ask("DELETE", {"handle": "1-1"}).status == 404
    assert asker.ask("DELETE", {"table": "things", "handle": other}).status == 400
    assert list(asker.ask("DELETE", {}).errors) == ["handle"]
    assert list(asker.ask("DELETE", {"table": "nowhere"}).errors) == ["table"]


# ------------------------------------------------------------------ secret, and so on


@pytest.fixture
def guarded(asker, monkeypatch):
    """The same engine, with a secret and without deletion."""
    service = asker.service
    guarded = Application(service.shapes, secret="s3cret")
    monkeypatch.setattr(service, "_application", guarded)


@pytest.mark.parametrize(
    "query", [{}, {"secret": ""}, {"secret": "wrong"}, {"api_secret": "wrong"}, {"secret": "s3cre"}]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
def test_without_the_secret_nothing_is_told(asker, table, guarded, query, method):
    reply = asker.ask(method, {"table": "things", "offset": "-1", **query})

    assert reply.status == 401
    assert b"s3cret" not in reply.body


def test_with_the_secret_shapes_are_served(asker, table, guarded):
    assert asker.get(secret="s3cret").status == 200
    assert asker.get(api_secret="s3cret").status == 200
    assert asker.ask("DELETE", {"secret": "s3cret"}).status == 405
    assert asker.ask("OPTIONS", {}).status == 204
    assert asker.ask("GET", {}, path="/v1/health").status == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("GET", "/v1/health", 200),
        ("HEAD", "/v1/health", 200),
        ("POST", "/v1/health", 404),
        ("OPTIONS", "/v1/shape", 204),
        ("PUT", "/v1/shape", 404),
        ("GET", "/v1/shape/things", 404),
        ("GET", "/v1/shape/", 400),
        ("GET", "/v2/shape", 404),
        ("GET", "/nope", 404),
    ],
)
def test_addresses_and_methods(asker, method, path, status):
    reply = asker.ask(method, {}, path=path)

    assert reply.status == status
    if method == "HEAD":
        assert reply.body == b""


def test_any_page_may_read(asker, table):
    reply = asker.ask(
        "OPTIONS", {}, headers={"Origin": "https://a.example", "X-Request-Id": "mine"}
    )

    assert reply.headers["access-control-allow-origin"] == "https://a.example"
    assert reply.headers["access-control-allow-methods"] == "GET, POST, HEAD, DELETE, OPTIONS"
    assert "electric-offset" in reply.headers["access-control-expose-headers"]
    assert reply.headers["x-request-id"] == "mine"


def test_a_head_request_has_the_headers_alone(asker, table):
    reply = asker.ask("HEAD", {"table": "things", "offset": "-1"})

    assert (reply.status, reply.body) == (200, b"")
    assert reply.offset == "0_0"


def test_too_many_waiting_requests_are_sent_away(asker, table, monkeypatch):
    monkeypatch.setattr(http, "EXISTING_MAX", 0)
    handle = asker.get().handle

    reply = asker.get(handle=handle, offset="0_0")

    assert reply.status == 503
    assert 5 <= int(reply.headers["retry-after"]) <= 10
    assert reply.json["code"] == "concurrent_request_limit_exceeded"


# -------------------------------------------------------------------------- subsets


@pytest.fixture
def rows(things, sql):
    things("(id int PRIMARY KEY, grp text, v int)")
    sql("INSERT INTO things SELECT n, 'g' || n % 3, n * 10 FROM generate_series(1, 9) AS n")


def ids(reply) -> list[str]:
    return [each["value"]["id"] for each in reply.json["data"]]


@pytest.mark.parametrize(
    ("subset", "expected"),
    [
        ({"where": "grp = 'g1'", "order_by": "id"}, ["1", "4", "7"]),
        ({"where": "grp = $1", "params": {"1": "g2"}, "order_by": "id"}, ["2", "5", "8"]),
        ({"where": "v = $1", "params": {"1": 10}}, ["1"]),
        ({"order_by": "v desc", "limit": 2}, ["9", "8"]),
        ({"order_by": 'grp, "id" ASC NULLS LAST', "limit": "2", "offset": "1"}, ["6", "9"]),
        ({"where": "grp = 'none'"}, []),
        ({"where": "v % 20 = 0 AND grp ~ 'g[12]'", "order_by": "id", "limit": 1}, ["2"]),
    ],
)
def test_some_rows_of_a_shape_are_read_at_once(asker, rows, subset, expected):
    shape = asker.get(log="changes_only")
    query = {"table": "things", "log": "changes_only", "handle": shape.handle, "offset": "0_inf"}
    params = subset.get("params", {})
    in_query = {f"subset__{key}": value for key, value in subset.items() if key != "params"}
    in_query |= {f"subset__params[{number}]": value for number, value in params.items()}

    for reply in (
        asker.ask("POST", query, body=json.dumps(subset).encode()),
        asker.ask("POST", query, body=json.dumps({"subset": subset}).encode()),
        asker.ask("GET", {**query, **in_query}),
    ):
        assert reply.status == 200, reply.body
        assert ids(reply) == expected
        assert reply.headers["electric-snapshot"] == "true"
        assert reply.headers["cache-control"] == "no-cache"
        assert (reply.handle, reply.offset) == (shape.handle, "0_inf")


def test_a_subset_says_in_which_snapshot_it_was_read(asker, rows):
    reply = asker.get(log="changes_only", subset__where="id = 1")

    metadata = reply.json["metadata"]
    assert set(metadata) == {"snapshot_mark", "database_lsn", "xmin", "xmax", "xip_list"}
    (row,) = reply.json["data"]
    assert row["headers"]["snapshot_mark"] == metadata["snapshot_mark"]
    assert row["headers"]["operation"] == "insert"


def test_a_subset_is_within_its_shape(asker, rows):
    reply = asker.get(where="grp = 'g1'", subset__where="v > 50 OR true", subset__order_by="id")

    assert ids(reply) == ["1", "4", "7"]


@pytest.mark.parametrize(
    ("subset", "field", "message"),
    [
        ({"limit": 2}, "order_by", "needed with limit"),
        ({"order_by": "lower(grp)"}, "order_by", "expressions are not taken"),
        ({"order_by": "nope"}, "order_by", "no column nope"),
        ({"order_by": "id, "}, "order_by", "a column is missing"),
        ({"order_by": "id; DROP TABLE things"}, "order_by", "';'"),
        ({"order_by": "id", "limit": 0}, "limit", "at least 1"),
        ({"order_by": "id", "limit": -1}, "limit", "at least 1"),
        ({"order_by": "id", "limit": "x"}, "limit", "whole number"),
        ({"where": "nope = 1"}, "where", "At character 0"),
        ({"where": "id IN (SELECT 1)"}, "where", "subqueries"),
        ({"where": "EXISTS (TABLE things)"}, "where", "subqueries"),
        ({"where": "random() < 2"}, "where", "immutable"),
        ({"where": "pg_read_file('x') IS NULL"}, "where", "immutable"),
        ({"where": "1 / (id - 1) > 0"}, "where", "division by zero"),
        ({"where": "grp = $1", "params": ["g0"]}, "params", "is invalid"),
    ],
)
def test_a_wrong_subset_is_told_what_is_wrong(asker, rows, subset, field, message):
    query = {"table": "things", "offset": "-1"}

    reply = asker.ask("POST", query, body=json.dumps(subset).encode())

    assert reply.status == 400
    assert list(reply.errors) == ["subset"]
    assert list(reply.errors["subset"]) == [field]
    assert message in reply.errors["subset"][field][0]


@pytest.mark.parametrize("body", [b"{nope", b"[1]", b'"x"'])
def test_a_body_that_is_no_object_is_refused(asker, rows, body):
    reply = asker.ask("POST", {"table": "things", "offset": "-1"}, body=body)

    assert reply.status == 400
    assert "error" in reply.json


def test_a_post_without_a_subset_reads_the_shape(asker, rows):
    reply = asker.ask("POST", {"table": "things", "offset": "-1"}, body=b"{}")

    assert len(reply.changes) == 9
    assert reply.headers["cache-control"] == "no-cache"


def test_a_subset_of_a_shape_that_has_ended_is_refetched(asker, rows):
    asker.get(log="changes_only")

    reply = asker.get(log="changes_only", handle="1-1", offset="0_inf", subset__where="id = 1")

    assert reply.status == 409
