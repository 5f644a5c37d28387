"""When it does not go smoothly: refusals, outages, cuts, new beginnings, confused caches."""

import asyncio
import gzip
import json
import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from electric_sync.client import (
    MustRefetch,
    Refused,
    ShapeStream,
    State,
    Stuck,
    Unavailable,
    UpToDate,
)
from electric_sync.client import (
    stream as stream_module,
)
from tests.client.electric import Electric, first, in_turn, inserted, refusing, up_to_date
from tests.client.reading import names, whole
from tests.client.server import Cut, Play, Request, Server, Wire
from tests.client.trouble import repeating

pytestmark = pytest.mark.anyio

ONE_AND_TWO = [("insert", "one"), ("insert", "two")]


async def cut(request: Request, wire: Wire) -> None:
    raise Cut


def cut_after(size: int, play: Play) -> Play:
    async def playing(request: Request, wire: Wire) -> None:
        wire.limit = size
        await play(request, wire)

    return playing


# ── refusals


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_refusal_ends_the_stream_with_the_services_message(status: int) -> None:
    body = {"message": "Invalid request", "errors": {"table": ["can't be blank"]}}
    async with Server(refusing(status, body)) as server, ShapeStream(server.url) as stream:
        with pytest.raises(Refused, match="Invalid request: table: can't be blank") as refused:
            await whole(stream)
        assert stream.state is State.FAILED
        assert stream.fault is refused.value
    assert refused.value.status == status
    assert refused.value.errors == {"table": ["can't be blank"]}
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"no", "no"),
        (b"", "Whatever"),
        ({"error": "Invalid JSON", "details": "position 1"}, "Invalid JSON: position 1"),
        ({"errors": {"subset": {"where": ["nope"]}}}, "subset: where: nope"),
        ([1], r"\[1\]"),
        (b"\xff" * 9_000, "�"),
    ],
)
async def test_a_refusal_of_any_form_is_understood(body: object, reason: str) -> None:
    async with Server(refusing(403, body)) as server, ShapeStream(server.url) as stream:
        with pytest.raises(Refused, match=reason) as refused:
            await whole(stream)
    assert len(str(refused.value)) < 3_000


async def test_a_redirection_is_not_followed_but_named(electric: Electric) -> None:
    play = refusing(301, location="https://elsewhere.example/v1/shape?secret=abc")
    async with Server(play) as server, httpx.AsyncClient(follow_redirects=True) as client:
        with pytest.raises(Refused, match=r"https://elsewhere.example/v1/shape;"):
            await whole(ShapeStream(server.url, client=client))


# ── outages


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_what_is_not_available_now_is_asked_again(status: int, electric: Electric) -> None:
    play = first(refusing(status, {"message": "later"}), electric.play)
    async with Server(play) as server, ShapeStream(server.url) as stream:
        assert names(await whole(stream)) == ONE_AND_TWO


async def test_waits_grow_at_random_up_to_a_bound(electric: Electric, pauses: list[float]) -> None:
    play = in_turn(*[refusing(500)] * 40, then=electric.play)
    async with Server(play) as server, ShapeStream(server.url, backoff=(1, 8)) as stream:
        await whole(stream)
    bounds = [1, 2, 4] + [8] * 37
    assert len(pauses) == 40
    assert all(0 <= wait <= bound for wait, bound in zip(pauses, bounds, strict=True))
    assert len(set(pauses)) == 40


async def test_waits_are_short_again_after_something_came(
    electric: Electric, pauses: list[float]
) -> None:
    failing = [refusing(500)] * 10
    play = in_turn(*failing, electric.play, electric.play, refusing(500), then=electric.play)
    async with Server(play) as server, ShapeStream(server.url, backoff=(0.001, 100)) as stream:
        await whole(stream)
        waiting = asyncio.ensure_future(whole(stream))
        await server.until(lambda: len(server.requests) == 14)
        await electric.commit(("insert", 3, {"name": "three"}))
        await waiting
    assert len(pauses) == 11
    assert pauses[-1] <= 0.001


async def test_where_asking_works_and_waiting_does_not_waits_grow(
    electric: Electric, pauses: list[float]
) -> None:
    """A proxy that ends whatever takes long, say."""

    async def play(request: Request, wire: Wire) -> None:
        await (cut if request.is_live else electric.play)(request, wire)

    async with Server(play) as server, ShapeStream(server.url, backoff=(0.001, 100)) as stream:
        for _ in range(15):
            await whole(stream)
    assert max(pauses) > 0.1


async def test_an_outage_is_one_line_in_the_log(
    electric: Electric, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "electric_sync.client")
    play = in_turn(*[refusing(503, {"message": "starting"})] * 5, then=electric.play)
    async with Server(play) as server, ShapeStream(server.url) as stream:
        await whole(stream)
    said = [each.message for each in caplog.records if each.name == "electric_sync.client"]
    assert len(said) == 2
    assert "starting" in said[0]
    assert "answers again" in said[1]


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_kept_to(status: int, electric: Electric, pauses: list[float]) -> None:
    play = first(refusing(status, retry_after="50"), electric.play)
    async with Server(play) as server, ShapeStream(server.url) as stream:
        await whole(stream)
    assert 50 <= pauses[0] <= 50 * 1.25


async def test_retry_after_may_be_a_date(electric: Electric, pauses: list[float]) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    play = first(refusing(503, retry_after=date), electric.play)
    async with Server(play) as server, ShapeStream(server.url) as stream:
        await whole(stream)
    assert 80 <= pauses[0] <= 100 * 1.25


@pytest.mark.parametrize("value", ["soon", "-5", "nan", "inf", ""])
async def test_a_retry_after_of_no_meaning_is_none(
    value: str, electric: Electric, pauses: list[float]
) -> None:
    play = first(refusing(503, retry_after=value), electric.play)
    async with Server(play) as server, ShapeStream(server.url) as stream:
        await whole(stream)
    assert pauses[0] <= 0.2


async def test_nobody_is_left_alone_for_days(electric: Electric, pauses: list[float]) -> None:
    play = first(refusing(503, retry_after="9999999"), electric.play)
    async with Server(play) as server, ShapeStream(server.url) as stream:
        await whole(stream)
    assert pauses[0] <= 3600 * 1.25


async def test_an_outage_shows_in_the_state_until_there_is_an_answer(electric: Electric) -> None:
    seen: list[tuple[State, str | None]] = []
    play = in_turn(refusing(503, {"message": "starting"}), cut, then=electric.play)

    def note(state: State) -> None:
        seen.append((state, str(stream.fault) if stream.fault else None))

    async with Server(play) as server, ShapeStream(server.url, on_state=note) as stream:
        await whole(stream)
    states = [state for state, _ in seen]
    assert states == [State.SYNCING, State.WAITING, State.SYNCING, State.LIVE, State.CLOSED]
    assert "starting" in str(seen[1][1])
    assert seen[2][1] is None


async def test_after_an_outage_the_first_answer_does_not_wait_for_news(
    electric: Electric,
) -> None:
    async with Server(electric.play) as server, ShapeStream(server.url) as stream:
        await whole(stream)
        server.play = first(cut, electric.play)
        waiting = asyncio.ensure_future(whole(stream))
        await waiting
        assert [request.is_live for request in server.requests[-2:]] == [True, False]
        assert stream.state is State.LIVE


async def test_patience_has_an_end(pauses: list[float]) -> None:
    async with (
        Server(refusing(503, {"message": "starting"})) as server,
        ShapeStream(server.url, patience=0) as stream,
    ):
        with pytest.raises(Unavailable, match="starting"):
            await whole(stream)
        assert stream.state is State.FAILED
    assert pauses == []


async def test_nobody_there_is_an_outage(pauses: list[float]) -> None:
    async with Server(refusing(500)) as server:
        pass
    async with ShapeStream(server.url, patience=0) as stream:
        with pytest.raises(Unavailable, match="ConnectError"):
            await whole(stream)


async def test_a_connection_that_is_silent_for_too_long_is_left(electric: Electric) -> None:
    async def silent(request: Request, wire: Wire) -> None:
        await asyncio.sleep(3600)

    play = first(silent, electric.play)
    async with Server(play) as server, ShapeStream(server.url, timeout=0.1) as stream:
        assert names(await whole(stream)) == ONE_AND_TWO


async def test_a_pool_without_connections_says_what_to_do(server: Server) -> None:
    limits = httpx.Limits(max_connections=1)
    async with httpx.AsyncClient(limits=limits) as client:
        one = ShapeStream(server.url, client=client)
        await whole(one)
        waiting = asyncio.ensure_future(whole(one))
        await server.until(lambda: server.requests[-1].is_live)
        with pytest.raises(Unavailable, match="larger limits"):
            await whole(ShapeStream(server.url, client=client, timeout=0.1, patience=0))
        waiting.cancel()


# ── cuts


@pytest.mark.parametrize("size", [0, 1, 100, 300])
async def test_a_body_cut_in_the_middle_is_asked_for_again(size: int, electric: Electric) -> None:
    play = first(cut_after(size, electric.play), electric.play)
    async with Server(play) as server, ShapeStream(server.url) as stream:
        messages = await whole(stream)
    assert names(messages) == ONE_AND_TWO
    assert [request.query["offset"] for request in server.requests] == ["-1", "-1", "0_0"]


async def test_a_cut_that_looks_like_an_end_is_seen(electric: Electric) -> None:
    async def play(request: Request, wire: Wire) -> None:
        headers = electric.headers("0_0", False, schema=True)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        # Neither a length nor chunks: the end of the connection is the end of the body.
        await wire.raw(f"HTTP/1.1 200 OK\r\nconnection: close\r\n{lines}\r\n".encode())
        await wire.raw(json.dumps([inserted(1)])[:-20].encode())
        raise Cut

    async with Server(first(play, electric.play)) as server, ShapeStream(server.url) as stream:
        assert names(await whole(stream)) == ONE_AND_TWO


async def test_a_compressed_body_cut_in_the_middle_is_asked_for_again(electric: Electric) -> None:
    async def play(request: Request, wire: Wire) -> None:
        headers = electric.headers("0_0", False, schema=True) | {"content-encoding": "gzip"}
        body = gzip.compress(json.dumps([inserted(1)] * 50).encode())
        await wire.answer(200, headers, body[: len(body) // 2])

    async with Server(first(play, electric.play)) as server, ShapeStream(server.url) as stream:
        assert names(await whole(stream)) == ONE_AND_TWO


# ── new beginnings


async def test_a_shape_that_is_gone_begins_anew(server: Server, electric: Electric) -> None:
    async with ShapeStream(server.url) as stream:
        await whole(stream)
        waiting = asyncio.ensure_future(whole(stream))
        await server.until(lambda: server.requests[-1].is_live)
        await electric.rotate(inserted(9, "nine"))  # a 409 without a new handle
        messages = await waiting
        assert messages[0] == MustRefetch()
        assert names(messages) == [("insert", "nine")]
        assert (stream.handle, stream.offset) == (electric.handle, "0_inf")


async def test_a_new_shape_has_no_cursor_yet(server: Server, electric: Electric) -> None:
    async with ShapeStream(server.url) as stream:
        await whole(stream)
        await electric.commit(("insert", 3, {"name": "three"}))
        await whole(stream)
        waiting = asyncio.ensure_future(whole(stream))
        await server.until(lambda: "cursor" in server.requests[-1].query)
        await electric.rotate()
        await waiting
        waiting = asyncio.ensure_future(whole(stream))
        await server.until(lambda: server.requests[-1].is_live)
        waiting.cancel()
    assert "cursor" not in server.requests[-1].query


async def test_the_new_handle_makes_the_address_new_to_caches(
    server: Server, electric: Electric, pauses: list[float]
) -> None:
    old = electric.handle
    async with ShapeStream(server.url) as stream:
        await whole(stream)
    await electric.rotate()
    async with ShapeStream(server.url, handle=old, offset=stream.offset) as stream:
        await whole(stream)
    _, _, refused, again, _ = server.requests
    assert refused.query["handle"] == old
    assert again.query == {"offset": "-1", "handle": electric.handle, "expired_handle": old}
    assert pauses == []


async def test_without_a_new_handle_the_address_is_new_by_chance(electric: Electric) -> None:
    async def conflict(request: Request, wire: Wire) -> None:
        await electric.conflict(wire, None)

    async with (
        Server(first(conflict, electric.play)) as server,
        ShapeStream(server.url, handle="old", offset="5_0") as stream,
    ):
        await whole(stream)
    again = server.requests[1].query
    assert again["expired_handle"] == "old"
    assert len(again["cache-buster"]) == 16
    assert "cache-buster" not in server.requests[2].query


async def test_conflicts_without_end_end_the_stream(electric: Electric) -> None:
    async def conflict(request: Request, wire: Wire) -> None:
        await electric.conflict(wire, f"handle-{len(server.requests)}")

    async with (
        Server(conflict) as server,
        ShapeStream(server.url, handle="h", offset="1_0") as stream,
    ):
        with pytest.raises(Stuck, match="never"):
            await whole(stream)
    assert len(server.requests) == 11
    busters = {request.query.get("cache-buster") for request in server.requests[2:]}
    assert len(busters) == 9


async def test_new_beginnings_one_after_another_are_slowed_down(
    electric: Electric, pauses: list[float]
) -> None:
    """Two engines behind one address, say: each is complete, and knows nothing of the other."""

    async def conflict(request: Request, wire: Wire) -> None:
        if request.is_live:
            await electric.rotate(inserted(1))
            await electric.conflict(wire, electric.handle)
        else:
            await electric.play(request, wire)

    async with Server(conflict) as server, ShapeStream(server.url, backoff=(1, 4)) as stream:
        for _ in range(20):
            await whole(stream)
    assert len(pauses) == 18
    assert max(pauses) > 2


async def test_a_shape_that_began_anew_long_ago_may_do_so_at_once(
    server: Server, electric: Electric, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_module, "CALM_SECONDS", 0.0)
    async with ShapeStream(server.url) as stream:
        for _ in range(3):
            await whole(stream)
            await electric.rotate()
    assert pauses == []


async def test_a_log_that_is_shorter_than_known_begins_anew(electric: Electric) -> None:
    refusal = {"message": "Invalid request", "errors": {"offset": ["out of bounds"]}}
    async with (
        Server(first(refusing(400, refusal), electric.play)) as server,
        ShapeStream(server.url, handle=electric.handle, offset="999_0") as stream,
    ):
        messages = await whole(stream)
    assert messages[0] == MustRefetch()
    assert names(messages) == ONE_AND_TWO


async def test_who_wanted_only_news_wants_them_after_a_new_beginning_too(
    server: Server, electric: Electric
) -> None:
    async with ShapeStream(server.url, offset="now") as stream:
        await whole(stream)
        await electric.rotate(inserted(1))
        assert await whole(stream) == [MustRefetch(), UpToDate(1)]
    assert server.requests[-1].query["offset"] == "now"


async def test_a_must_refetch_among_messages_voids_them(electric: Electric) -> None:
    async def play(request: Request, wire: Wire) -> None:
        items = [inserted(8), {"headers": {"control": "must-refetch"}}]
        await wire.answer(200, electric.headers("0_0", False, schema=True), items)

    async with Server(first(play, electric.play)) as server, ShapeStream(server.url) as stream:
        messages = await whole(stream)
    assert messages[0] == MustRefetch()
    assert names(messages) == ONE_AND_TWO


# ── caches


async def test_an_old_answer_from_a_cache_is_asked_for_again_past_it(electric: Electric) -> None:
    async with (
        Server(electric.play) as server,
        ShapeStream(server.url, handle="gone", offset="0_0") as stream,
    ):
        server.play = first(electric.play, repeating(electric, "cache-buster"))
        messages = await whole(stream)
    assert names(messages) == ONE_AND_TWO


async def test_a_handle_that_the_service_itself_gives_again_is_believed(
    electric: Electric,
) -> None:
    async def conflict(request: Request, wire: Wire) -> None:
        await electric.conflict(wire, None)

    async with (
        Server(in_turn(conflict, then=electric.play)) as server,
        ShapeStream(server.url, handle=electric.handle, offset="0_0") as stream,
    ):
        assert names(await whole(stream)) == ONE_AND_TWO


async def test_a_cache_that_tells_the_age_of_what_it_repeats_is_not_believed(
    electric: Electric,
) -> None:
    async def aged(request: Request, wire: Wire) -> None:
        headers = electric.headers("0_0", False, schema=True) | {"age": "50"}
        await wire.answer(200, headers, [inserted(7, "old")])

    async def conflict(request: Request, wire: Wire) -> None:
        await electric.conflict(wire, None)

    async with (
        Server(first(conflict, aged)) as server,
        ShapeStream(server.url, handle=electric.handle, offset="0_0") as stream,
    ):
        with pytest.raises(Stuck, match="cache-buster"):
            await whole(stream)
    busters = [request.query.get("cache-buster") for request in server.requests[1:]]
    assert len(set(busters)) == len(busters) == 4


async def test_a_cache_that_always_repeats_ends_the_stream(electric: Electric) -> None:
    async with (
        Server(first(electric.play, repeating(electric, "never"))) as server,
        ShapeStream(server.url, handle="gone", offset="0_0") as stream,
    ):
        with pytest.raises(Stuck, match="cache-buster"):
            await whole(stream)
    assert len(server.requests) < 10


async def test_an_answer_about_another_shape_is_not_taken(electric: Electric) -> None:
    async def other(request: Request, wire: Wire) -> None:
        headers = electric.headers("9_0", True, schema=True) | {"electric-handle": "other"}
        await wire.answer(200, headers, [inserted(7, "old"), up_to_date()])

    async with (
        Server(in_turn(electric.play, other, then=electric.play)) as server,
        ShapeStream(server.url) as stream,
    ):
        assert names(await whole(stream)) == ONE_AND_TWO


async def test_an_answer_from_earlier_in_the_log_is_not_taken(electric: Electric) -> None:
    await electric.commit(("insert", 3, {"name": "three"}))

    async def earlier(request: Request, wire: Wire) -> None:
        headers = electric.headers("50_0", True, schema=True)
        await wire.answer(200, headers, [inserted(7, "old"), up_to_date()])

    async with (
        Server(first(earlier, electric.play)) as server,
        ShapeStream(server.url, handle=electric.handle, offset="100_0") as stream,
    ):
        assert names(await whole(stream)) == [("insert", "three")]


async def test_an_answer_that_leads_nowhere_is_asked_for_again(electric: Electric) -> None:
    async def nothing(request: Request, wire: Wire) -> None:
        await wire.answer(200, electric.headers("0_0", False, schema=True), [])

    async with (
        Server(in_turn(electric.play, nothing, then=electric.play)) as server,
        ShapeStream(server.url) as stream,
    ):
        assert names(await whole(stream)) == ONE_AND_TWO


async def test_live_answers_that_do_not_wait_are_slowed_down(
    electric: Electric, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_module, "HASTY_SECONDS", 60.0)  # also on a slow machine
    electric.poll_seconds = 0.0
    async with Server(electric.play) as server, ShapeStream(server.url, backoff=(1, 4)) as stream:
        for _ in range(20):
            await whole(stream)
    assert len(pauses) == 19
    assert max(pauses) > 2
    assert "cache-buster" in server.requests[-1].query
