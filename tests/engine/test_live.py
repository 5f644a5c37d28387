"""Waiting for what comes: long polls and server-sent events."""

from __future__ import annotations

import pytest

from electric_sync.engine import http


@pytest.fixture
def start(asker, things):
    """A client that is up to date with an empty table."""
    things("(id int PRIMARY KEY, note text)")
    return asker.get(handle=asker.get().handle, offset="0_0")


@pytest.fixture
def waiting(asker, start):
    """Begin to wait; the answer, when it is called."""

    def wait(until=lambda reply: False, **query):
        given = {"handle": start.handle, "offset": start.offset, "live": "true", **query}
        return asker.later(given, until=until)

    return wait


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(http, "LIVE_SECONDS", 0.05)
    monkeypatch.setattr(http, "SSE_SECONDS", 0.3)
    monkeypatch.setattr(http, "KEEP_ALIVE_SECONDS", 0.1)


SSE = {"live_sse": "true"}


def test_whoever_waits_is_told_at_once(waiting, sql):
    answers = [waiting() for _ in range(5)]

    sql("INSERT INTO things VALUES (1)")

    replies = [answer() for answer in answers]
    assert {reply.offset for reply in replies} == {replies[0].offset}
    assert [len(reply.changes) for reply in replies] == [1] * 5
    assert {reply.is_up_to_date for reply in replies} == {True}


def test_what_does_not_match_wakes_nobody_up(asker, start, sql):
    shape = asker.get(where="id = 7")
    answer = asker.later(
        {"where": "id = 7", "handle": shape.handle, "offset": "0_inf", "live": "true"}
    )

    sql("INSERT INTO things VALUES (1)")
    sql("INSERT INTO things VALUES (7)")

    assert [each["value"]["id"] for each in answer().changes] == ["7"]


def test_when_nothing_comes_the_answer_says_so(impatient, waiting, start):
    first, second = waiting()(), waiting()()

    assert first.status == 200
    assert first.controls == ["up-to-date"]
    assert first.headers["electric-has-data"] == "false"
    assert first.offset == start.offset
    assert int(first.headers["content-length"]) == len(first.body)
    # A cache must not take one for the other.
    assert first.headers["etag"] != second.headers["etag"]


def test_what_is_there_already_is_not_waited_for(asker, start, waiting, sql):
    sql("INSERT INTO things VALUES (1)")
    assert waiting()().changes

    assert len(waiting()().changes) == 1


def test_the_cursor_is_never_the_one_that_the_client_sent(impatient, waiting):
    cursor = waiting()().headers["electric-cursor"]

    assert waiting(cursor=cursor)().headers["electric-cursor"] != cursor
    assert waiting(cursor="garbage")().headers["electric-cursor"].isdigit()


@pytest.mark.parametrize("live", ["true", "1", "banana", ""])
def test_live_may_be_written_in_many_ways(impatient, waiting, live):
    assert "electric-cursor" in waiting(live=live)().headers


def test_live_false_does_not_wait(asker, start):
    reply = asker.get(handle=start.handle, offset=start.offset, live="false")

    assert "electric-cursor" not in reply.headers


def test_a_client_that_leaves_is_waited_for_no_longer(asker, waiting, start, sql):
    events = waiting(**SSE, until=lambda reply: reply.status == 200)

    assert events().status == 200  # returns although nothing came
    sql("INSERT INTO things VALUES (1)")
    assert len(asker.get(handle=start.handle, offset=start.offset, live="true").changes) == 1


def test_a_shape_that_is_deleted_cuts_those_who_wait(asker, waiting, start):
    answer = waiting()

    asker.ask("DELETE", {"handle": start.handle})

    reply = answer()
    assert (reply.status, reply.json) == (409, [{"headers": {"control": "must-refetch"}}])
    assert reply.headers["cache-control"] == "public, max-age=1, must-revalidate"


# -------------------------------------------------------------------------- events


def has_deletion(reply) -> bool:
    return b'"operation":"delete"' in reply.body and reply.events[-1]["headers"].get("control")


def test_events_come_as_they_happen(waiting, sql):
    stream = waiting(**SSE, until=has_deletion)

    sql("INSERT INTO things VALUES (1), (2)")
    sql("DELETE FROM things WHERE id = 1")

    reply = stream()
    assert reply.headers["content-type"] == "text/event-stream"
    assert reply.headers["cache-control"] == "public, max-age=59"
    rows = [each for each in reply.events if "key" in each]
    assert [each["headers"]["operation"] for each in rows] == ["insert", "insert", "delete"]
    assert reply.events[-1]["headers"]["control"] == "up-to-date"
    assert reply.body.endswith(b"\n\n")


def test_what_is_there_already_is_sent_first(waiting, sql):
    sql("INSERT INTO things VALUES (1)")
    waiting()()

    reply = waiting(**SSE, until=lambda reply: b"up-to-date" in reply.body)()

    assert [each["headers"].get("operation", "-") for each in reply.events] == ["insert", "-"]


def test_a_quiet_stream_is_kept_alive_and_ends(impatient, waiting):
    reply = waiting(**SSE)()

    assert reply.body.replace(b": keep-alive\n\n", b"") == b""
    assert reply.body != b""


def test_a_stream_ends_after_much_so_that_nobody_is_written_to_for_ever(waiting, sql, monkeypatch):
    monkeypatch.setattr(http, "SSE_BYTES", 1_000)
    stream = waiting(**SSE)

    sql("INSERT INTO things SELECT n, repeat('x', 100) FROM generate_series(1, 20) AS n")

    assert len(stream().events) == 21


@pytest.mark.parametrize("statement", ["TRUNCATE things", "DROP TABLE things"])
def test_a_stream_of_a_shape_that_ends_just_ends(waiting, sql, statement):
    stream = waiting(**SSE)

    sql(statement)

    assert stream().events == []
