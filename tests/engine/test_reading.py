"""What a client gets: the rows that are there, then every change of them, each with its offset."""

from __future__ import annotations

import pytest

from electric_sync.engine import log as log_module
from tests.engine.asking import Reply


@pytest.fixture
def read(asker):
    """Read on from a reply, until up to date; the last reply."""

    def read(reply: Reply, **query) -> Reply:
        while not reply.is_up_to_date:
            reply = follow(reply, **query)
        return reply

    def follow(reply: Reply, **query) -> Reply:
        return asker.get(**{**query, "handle": reply.handle, "offset": reply.offset})

    read.on = follow
    return read


@pytest.fixture
def after(asker, read):
    """What comes after a reply, as soon as it comes."""

    def after(reply: Reply, **query) -> Reply:
        return asker.get(
            **{**query, "handle": reply.handle, "offset": reply.offset, "live": "true"}
        )

    return after


def operations(reply: Reply) -> list[tuple[str, str, dict]]:
    return [(m["headers"]["operation"], m["key"], m["value"]) for m in reply.changes]


def key(*parts: str) -> str:
    return "/".join(['"public"."things"', *(f'"{part}"' for part in parts)])


def test_a_new_client_gets_the_rows_and_the_snapshot_they_were_read_in(asker, things, sql):
    things("(id int PRIMARY KEY, note text)")
    sql("INSERT INTO things VALUES (1, 'a'), (2, NULL)")

    reply = asker.get()

    assert reply.status == 200
    assert reply.offset == "0_0"
    assert not reply.is_up_to_date
    assert reply.json[0] == {
        "key": key("1"),
        "value": {"id": "1", "note": "a"},
        "headers": {"relation": ["public", "things"], "operation": "insert"},
    }
    assert reply.json[1]["value"] == {"id": "2", "note": None}
    end = reply.json[2]["headers"]
    assert end["control"] == "snapshot-end"
    assert int(end["xmin"]) <= int(end["xmax"])
    assert end["xip_list"] == []


def test_behind_the_snapshot_a_client_is_up_to_date(asker, things, read):
    things("(id int PRIMARY KEY)")
    first = asker.get()

    reply = read.on(first)

    assert reply.offset == "0_inf"
    assert reply.is_up_to_date
    assert [*reply.json[0]["headers"]] == ["control", "global_last_seen_lsn"]
    assert reply.controls == ["up-to-date"]


def test_headers_of_the_kinds_of_answers(asker, things, read, sql):
    things("(id int PRIMARY KEY, note varchar(8))")
    first = asker.get()
    second = read.on(first)
    sql("INSERT INTO things VALUES (1)")
    live = asker.get(handle=first.handle, offset="0_inf", live="true")

    schema = (
        '{"id":{"type":"int4","not_null":true,"pk_index":0},'
        '"note":{"type":"varchar","max_length":8}}'
    )
    assert first.headers["electric-schema"] == second.headers["electric-schema"] == schema
    assert "electric-schema" not in live.headers
    assert "electric-cursor" not in first.headers
    assert live.headers["electric-cursor"].isdigit()
    assert [each.headers["cache-control"] for each in (first, second, live)] == [
        "public, max-age=604800, s-maxage=3600, stale-while-revalidate=2629746",
        "public, max-age=60, stale-while-revalidate=300",
        "public, max-age=5, stale-while-revalidate=5",
    ]
    assert first.headers["etag"] == f'"{first.handle}:-1:0_0"'
    assert live.headers["etag"] == f'"{first.handle}:0_inf:{live.offset}"'
    assert {each.headers["electric-has-data"] for each in (first, second, live)} == {"true"}
    assert first.headers["content-type"] == "application/json; charset=utf-8"


def test_equal_questions_are_one_shape(asker, things):
    things("(id int PRIMARY KEY, note text)")

    handles = {
        asker.get(table=table, columns=columns).handle
        for table in ("things", "public.things", '"things"', "THINGS")
        for columns in ("id,note", "note,id", '"id","note"')
    }

    assert len(handles) == 1


def test_other_questions_are_other_shapes(asker, things):
    things("(id int PRIMARY KEY, note text)")

    questions = [{}, {"columns": "id"}, {"replica": "full"}, {"log": "changes_only"}]
    questions += [{"where": "id = $1", "params[1]": value} for value in ("1", "2")]

    assert len({asker.get(**question).handle for question in questions}) == len(questions)


# ------------------------------------------------------------------------ changes


def test_changes_come_with_their_position(asker, things, read, after, sql):
    things("(id int PRIMARY KEY, note text, other text)")
    start = read(asker.get())
    ((xid,),) = sql(
        "WITH put AS (INSERT INTO things VALUES (1, 'a', 'b'), (2, 'c', 'd'))"
        " SELECT pg_current_xact_id()::text"
    )

    reply = after(start)

    assert operations(reply) == [
        ("insert", key("1"), {"id": "1", "note": "a", "other": "b"}),
        ("insert", key("2"), {"id": "2", "note": "c", "other": "d"}),
    ]
    first, second = (each["headers"] for each in reply.changes)
    assert (first["op_position"], second["op_position"]) == (0, 2)
    assert ("last" in first, second["last"]) == (False, True)
    assert first["lsn"] == second["lsn"]
    assert first["txids"] == [int(xid)]
    assert reply.offset == f"{first['lsn']}_2"
    assert reply.json[-1]["headers"]["global_last_seen_lsn"] == first["lsn"]


def test_an_update_says_what_changed_and_the_key(asker, things, read, after, sql):
    things("(id int PRIMARY KEY, note text, other text)")
    sql("INSERT INTO things VALUES (1, 'a', 'b')")
    start = read(asker.get())

    sql("UPDATE things SET note = NULL")

    assert operations(after(start)) == [("update", key("1"), {"id": "1", "note": None})]


def test_a_full_replica_is_told_whole_rows_and_old_values(asker, things, read, after, sql):
    things("(id int PRIMARY KEY, note text, other text)")
    sql("INSERT INTO things VALUES (1, 'a', 'b')")
    start = read(asker.get(replica="full"), replica="full")

    sql("UPDATE things SET note = 'c'")
    updated = after(start, replica="full")
    sql("DELETE FROM things")
    deleted = after(updated, replica="full")

    (change,) = updated.changes
    assert change["value"] == {"id": "1", "note": "c", "other": "b"}
    assert change["old_value"] == {"note": "a"}
    assert deleted.changes[0]["value"] == {"id": "1", "note": "c", "other": "b"}


def test_a_deletion_says_the_key(asker, things, read, after, sql):
    things("(id int PRIMARY KEY, note text)")
    sql("INSERT INTO things VALUES (1, 'a')")
    start = read(asker.get())

    sql("DELETE FROM things")

    assert operations(after(start)) == [("delete", key("1"), {"id": "1"})]


def test_updates_that_change_nothing_of_it_are_not_told(asker, things, read, after, sql):
    things("(id int PRIMARY KEY, note text, other text)")
    sql("INSERT INTO things VALUES (1, 'a', 'b')")
    start = read(asker.get(columns="id,note"), columns="id,note")

    sql("UPDATE things SET note = note")
    sql("UPDATE things SET other = 'elsewhere'")
    sql("UPDATE things SET note = 'seen'")

    assert operations(after(start, columns="id,note")) == [
        ("update", key("1"), {"id": "1", "note": "seen"})
    ]


def test_a_key_that_changes_is_a_row_that_goes_and_one_that_comes(asker, things, read, after, sql):
    things("(id int PRIMARY KEY, note text)")
    sql("INSERT INTO things VALUES (1, 'a')")
    start = read(asker.get())

    sql("UPDATE things SET id = 2")

    reply = after(start)
    gone, come = reply.changes
    assert operations(reply) == [
        ("delete", key("1"), {"id": "1"}),
        ("insert", key("2"), {"id": "2", "note": "a"}),
    ]
    assert gone["headers"]["key_change_to"] == key("2")
    assert come["headers"]["key_change_from"] == key("1")
    assert (gone["headers"]["op_position"], come["headers"]["op_position"]) == (0, 1)


@pytest.mark.parametrize("where", ["note = 'in'", "upper(note) = 'IN'"], ids=["index", "residual"])
def test_rows_move_in_and_out(asker, things, read, after, sql, where):
    things("(id int PRIMARY KEY, note text)")
    sql("INSERT INTO things VALUES (1, 'in'), (2, 'out'), (3, NULL)")
    start = read(asker.get(where=where), where=where)
    assert len(start.changes) == 0

    sql("UPDATE things SET note = CASE id WHEN 1 THEN 'out' ELSE 'in' END")
    reply = after(start, where=where)
    sql("UPDATE things SET id = 20 WHERE id = 2")
    sql("UPDATE things SET id = 30, note = 'out' WHERE id = 3")
    sql("INSERT INTO things VALUES (4, 'in')")
    moved = read.on(reply, where=where)
    while len(moved.changes) < 4:
        moved = read.on(reply, where=where)

    assert operations(reply) == [
        ("delete", key("1"), {"id": "1"}),
        ("insert", key("2"), {"id": "2", "note": "in"}),
        ("insert", key("3"), {"id": "3", "note": "in"}),
    ]
    assert operations(moved) == [
        ("delete", key("2"), {"id": "2"}),
        ("insert", key("20"), {"id": "20", "note": "in"}),
        ("delete", key("3"), {"id": "3"}),
        ("insert", key("4"), {"id": "4", "note": "in"}),
    ]


def test_what_is_rolled_back_to_a_savepoint_never_happened(asker, things, read, after, connect):
    things("(id int PRIMARY KEY)")
    start = read(asker.get())

    with connect(autocommit=False) as session:
        session.execute("INSERT INTO things VALUES (1)")
        with session.transaction(force_rollback=True):
            session.execute("INSERT INTO things VALUES (2)")
        session.execute("INSERT INTO things VALUES (3)")

    assert [each["value"]["id"] for each in after(start).changes] == ["1", "3"]


def test_a_large_value_that_an_update_left_alone_is_known(asker, things, read, after, sql):
    things("(id int PRIMARY KEY, n int, big text)")
    sql("ALTER TABLE things ALTER big SET STORAGE EXTERNAL")
    sql("INSERT INTO things VALUES (1, 0, repeat('x', 10000))")
    start = read(asker.get(where="n > 0"), where="n > 0")

    sql("UPDATE things SET n = 1")

    (change,) = after(start, where="n > 0").changes
    assert change["value"]["big"] == "x" * 10_000


def test_invariant_8_what_was_committed_while_the_snapshot_was_taken_is_told_once(
    asker, things, read, after, connect, sql
):
    things("(id int PRIMARY KEY)")
    asker.get(where="id < 0")  # the table is taken in
    with connect(autocommit=False) as writer:
        writer.execute("INSERT INTO things VALUES (1)")
        ((xid,),) = writer.execute("SELECT pg_current_xact_id()::text").fetchall()
        sql("INSERT INTO things VALUES (2)")

        first = asker.get()

        assert first.json[-1]["headers"]["xip_list"] == [xid]
        assert [each["value"]["id"] for each in first.changes] == ["2"]
    start = read.on(first)
    reply = start if start.changes else after(start)
    assert [each["value"]["id"] for each in reply.changes] == ["1"]


# --------------------------------------------------------------------------- keys


@pytest.mark.parametrize(
    ("definition", "values", "expected"),
    [
        ("(v text, b int, a text, PRIMARY KEY (a, b))", "('v', 1, 'x')", '"x"/"1"'),
        ("(a text PRIMARY KEY)", "('b/c')", '"b//c"'),
        ("(a text PRIMARY KEY)", "('q\"q')", '"q"q"'),
        ("(a text PRIMARY KEY)", "('')", '""'),
        ("(a int, b text)", "(1, NULL)", '"1"/_'),
        ("(a int UNIQUE NOT NULL, b text)", "(1, 'x')", '"1"/"x"'),
        ("(a bool PRIMARY KEY)", "(true)", '"t"'),
        ("(a inet PRIMARY KEY)", "('10.0.0.1')", '"10.0.0.1"'),
    ],
)
def test_a_row_has_the_same_key_in_snapshot_and_changes(
    asker, things, read, after, sql, definition, values, expected
):
    things(definition)
    sql(f"INSERT INTO things VALUES {values}")
    first = asker.get()
    start = read(first)

    sql("DELETE FROM things")

    assert first.changes[0]["key"] == after(start).changes[0]["key"]
    assert first.changes[0]["key"] == f'"public"."things"/{expected}'


# ------------------------------------------------------------------------- chunks


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(log_module, "CHUNK", 2_000)


def test_a_large_snapshot_comes_in_chunks(small_chunks, asker, things, read, sql):
    things("(id int PRIMARY KEY, note text)")
    sql("INSERT INTO things SELECT n, repeat('x', 500) FROM generate_series(1, 3000) AS n")

    replies = [asker.get()]
    while not replies[-1].is_up_to_date:
        replies.append(read.on(replies[-1]))

    offsets = [reply.offset for reply in replies]
    assert offsets == [*(f"0_{n}" for n in range(len(replies) - 1)), "0_inf"]
    assert len(replies) > 3
    found = [each["value"]["id"] for reply in replies for each in reply.changes]
    assert sorted(map(int, found)) == list(range(1, 3001))
    assert [reply.controls for reply in replies[-2:]] == [["snapshot-end"], ["up-to-date"]]


def test_a_large_transaction_comes_in_chunks_without_a_moment_between(
    small_chunks, asker, things, read, after, sql
):
    things("(id int PRIMARY KEY, note text)")
    start = read(asker.get())
    sql("INSERT INTO things SELECT n, repeat('x', 2000) FROM generate_series(1, 1000) AS n")

    replies = [after(start)]
    while not replies[-1].is_up_to_date:
        replies.append(read.on(replies[-1]))

    assert len(replies) > 2
    changes = [each for reply in replies for each in reply.changes]
    assert [each["value"]["id"] for each in changes] == [str(n) for n in range(1, 1001)]
    assert [n for n, each in enumerate(changes) if "last" in each["headers"]] == [999]
    inside = read.on(replies[0])  # the same answer again
    assert inside.body == replies[1].body


def test_reading_can_begin_inside_a_transaction(asker, things, read, after, sql):
    things("(id int PRIMARY KEY)")
    start = read(asker.get())
    sql("INSERT INTO things SELECT generate_series(1, 5)")
    lsn = after(start).changes[0]["headers"]["lsn"]

    reply = asker.get(handle=start.handle, offset=f"{lsn}_4")

    assert [each["value"]["id"] for each in reply.changes] == ["4", "5"]


def test_a_transaction_too_large_for_memory_is_told_whole(asker, things, read, after, sql):
    things("(id int PRIMARY KEY, note text)")
    sql("INSERT INTO things SELECT n, 'a' FROM generate_series(1, 12000) AS n")
    start = read(asker.get(where="note = 'b'"), where="note = 'b'")

    sql("UPDATE things SET note = CASE WHEN id % 2 = 0 THEN 'b' END")

    reply = after(start, where="note = 'b'")
    assert len(reply.changes) == 6_000
    assert {each["headers"]["operation"] for each in reply.changes} == {"insert"}


# ----------------------------------------------------------------- now, changes only


def test_from_now_on_a_client_gets_changes_alone(asker, things, after, sql):
    things("(id int PRIMARY KEY)")
    sql("INSERT INTO things VALUES (1)")

    now = asker.get(offset="now")
    sql("INSERT INTO things VALUES (2)")

    assert now.controls == ["up-to-date"]
    assert now.headers["electric-has-data"] == "false"
    assert [each["value"]["id"] for each in after(now).changes] == ["2"]


def test_a_log_of_changes_has_no_rows_to_begin_with(asker, things, read, after, sql):
    things("(id int PRIMARY KEY, note text)")
    sql("INSERT INTO things VALUES (1)")

    first = asker.get(log="changes_only")
    start = read(first, log="changes_only")
    sql("UPDATE things SET note = 'x'")

    assert first.controls == ["snapshot-end"]
    assert first.changes == []
    assert operations(after(start, log="changes_only")) == [
        ("update", key("1"), {"id": "1", "note": "x"})
    ]


# -------------------------------------------------------------------- must-refetch


def test_a_truncated_table_is_fetched_anew(asker, things, read, sql):
    things("(id int PRIMARY KEY)")
    sql("INSERT INTO things VALUES (1)")
    start = read(asker.get())
    waiting = asker.later({"handle": start.handle, "offset": start.offset, "live": "true"})

    sql("TRUNCATE things")

    cut = waiting()
    assert (cut.status, cut.json) == (409, [{"headers": {"control": "must-refetch"}}])
    assert "electric-handle" not in cut.headers
    reply = read.on(start)
    assert reply.status == 409
    assert reply.handle != start.handle
    assert asker.get().handle == reply.handle
    assert asker.get().changes == []


def test_a_handle_that_is_not_the_shape_s_is_told_the_right_one(asker, things):
    things("(id int PRIMARY KEY)")
    right = asker.get().handle

    for live in ({}, {"live": "true"}, {"live": "true", "live_sse": "true"}):
        reply = asker.get(handle="1-1", offset="0_inf", **live)

        assert reply.status == 409
        assert reply.handle == right
        assert reply.headers["etag"] == f'"{right}::"'
        assert reply.headers["cache-control"] == "public, max-age=60, must-revalidate"


def test_a_client_without_anything_may_name_any_handle(asker, things):
    things("(id int PRIMARY KEY)")

    assert asker.get(handle="1-1", offset="-1").status == 200
