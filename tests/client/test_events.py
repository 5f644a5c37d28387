"""Server-sent events: their form, and streams that live on them."""

import asyncio
import itertools
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from electric_sync.client import BadAnswer, MustRefetch, ShapeStream, State
from electric_sync.client import stream as stream_module
from electric_sync.client.events import EventReader
from tests.client.electric import Electric, changed, event, in_turn, inserted, up_to_date
from tests.client.reading import names, whole
from tests.client.server import Cut, Request, Server, Wire

TEXT = st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])

# ── their form


@given(st.data())
def test_events_are_whole_however_the_bytes_come(data: st.DataObject) -> None:
    texts = data.draw(st.lists(st.text(TEXT, min_size=1)))
    content = b"".join(b": keep-alive\n\ndata: %b\r\n\r\n" % text.encode() for text in texts)
    cuts = data.draw(st.lists(st.integers(0, len(content))))
    places = [0, *sorted(cuts), len(content)]
    reader = EventReader()
    read = [
        each
        for begin, end in itertools.pairwise(places)
        for each in reader.feed(content[begin:end])
    ]
    assert [each.decode() for each in read] == texts


@pytest.mark.parametrize(
    ("content", "events"),
    [
        (b"data: a\ndata: b\n\n", [b"a\nb"]),
        (b"event: x\nid: 5\nretry: 9\ndata:a\n\n", [b"a"]),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b"data: a\n", []),
        (b"data: a", []),
        (b"\n\n\n", []),
        (b"datum: a\n\n", []),
        ("data: \u2028\x85\n\n".encode(), ["\u2028\x85".encode()]),
    ],
)
def test_the_form_of_events(content: bytes, events: list[bytes]) -> None:
    assert EventReader().feed(content) == events


def test_an_event_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("electric_sync.client.events.LARGEST_EVENT", 100)
    reader = EventReader()
    reader.feed(b"data: " + b"x" * 80)
    with pytest.raises(BadAnswer, match="100 bytes"):
        reader.feed(b"x" * 80)


# ── streams on them


async def following(server: Server) -> ShapeStream:
    """A stream that has read everything and waits for events."""
    stream = ShapeStream(server.url, live_mode="sse")
    await whole(stream)
    return stream


@pytest.mark.anyio
async def test_changes_arrive_on_one_connection(server: Server, electric: Electric) -> None:
    async with await following(server) as stream:
        for number in (3, 4, 5):
            waiting = asyncio.ensure_future(whole(stream))
            await server.until(lambda: server.requests[-1].is_for_events)
            await electric.commit(("insert", number, {"name": f"n{number}"}))
            assert names(await waiting) == [("insert", f"n{number}")]
    assert [request.is_for_events for request in server.requests] == [False, False, True]
    assert server.requests[-1].headers["accept"] == "text/event-stream"
    assert server.requests[-1].headers["accept-encoding"] == "identity"


@pytest.mark.anyio
async def test_the_last_changes_place_is_where_to_go_on(server: Server, electric: Electric) -> None:
    async with await following(server) as stream:
        await electric.commit(("insert", 3, {"name": "x"}), ("insert", 4, {"name": "y"}))
        await whole(stream)
        assert (stream.handle, stream.offset) == (electric.handle, "101_2")


@pytest.mark.anyio
async def test_a_cut_in_the_middle_of_a_transaction_shows_none_of_it(
    server: Server, electric: Electric
) -> None:
    async def half(request: Request, wire: Wire) -> None:
        headers = electric.headers(electric.end, True, schema=False)
        await wire.head(200, headers | {"content-type": "text/event-stream"})
        await wire.part(event(changed("insert", 3, lsn=101, last=False, name="x")))
        raise Cut

    async with await following(server) as stream:
        await electric.commit(("insert", 3, {"name": "x"}), ("insert", 4, {"name": "y"}))
        server.play = in_turn(half, then=electric.play)
        assert names(await whole(stream)) == [("insert", "x"), ("insert", "y")]
    assert server.requests[-1].query["offset"] == "0_inf"


@pytest.mark.anyio
async def test_a_stream_that_ends_goes_on_with_the_next(server: Server, electric: Electric) -> None:
    async def one_change(request: Request, wire: Wire) -> None:
        headers = electric.headers(electric.end, True, schema=False)
        await wire.head(200, headers | {"content-type": "text/event-stream"})
        await wire.part(event(changed("insert", 3, lsn=101, name="x"), up_to_date(101)))
        await wire.end()

    async with await following(server) as stream:
        await electric.commit(("insert", 3, {"name": "x"}))
        await electric.commit(("insert", 4, {"name": "y"}))
        server.play = in_turn(one_change, then=electric.play)
        assert names(await whole(stream)) == [("insert", "x")]
        assert names(await whole(stream)) == [("insert", "y")]
    assert [request.query["offset"] for request in server.requests[-2:]] == ["0_inf", "101_0"]


@pytest.mark.anyio
async def test_a_shape_that_is_gone_begins_anew(server: Server, electric: Electric) -> None:
    async with await following(server) as stream:
        waiting = asyncio.ensure_future(whole(stream))
        await server.until(lambda: server.requests[-1].is_for_events)
        await electric.rotate(inserted(9, "nine"))
        messages = await waiting
    assert messages[0] == MustRefetch()
    assert names(messages) == [("insert", "nine")]


@pytest.mark.anyio
async def test_taking_a_message_may_be_cancelled(server: Server, electric: Electric) -> None:
    async with await following(server) as stream:
        waiting = asyncio.ensure_future(anext(stream))
        await server.until(lambda: server.requests[-1].is_for_events)
        waiting.cancel()
        await asyncio.wait([waiting])
        await electric.commit(("insert", 3, {"name": "three"}))
        assert names(await whole(stream)) == [("insert", "three")]


@pytest.mark.anyio
async def test_leaving_hangs_up(server: Server, electric: Electric) -> None:
    async with await following(server) as stream:
        await electric.commit(("insert", 3, {"name": "three"}))
        await whole(stream)
        assert server.requests[-1].is_for_events
    await server.until(lambda: server.open_connections == 0)


@pytest.mark.anyio
async def test_very_many_changes_come_before_they_are_complete(
    server: Server, electric: Electric, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_module, "EVENTS_BATCH", 3)

    async def many(request: Request, wire: Wire) -> None:
        headers = electric.headers(electric.end, True, schema=False)
        await wire.head(200, headers | {"content-type": "text/event-stream"})
        for place in range(4):
            await wire.part(
                event(changed("insert", place, lsn=101, place=place, last=False, name="x"))
            )
        raise Cut

    async with await following(server) as stream:
        server.play = many
        async with asyncio.timeout(20):
            for _ in range(3):
                await anext(stream)
        assert stream.offset == "101_2"


@pytest.mark.anyio
async def test_an_event_that_is_no_json_ends_the_stream(server: Server, electric: Electric) -> None:
    async def nonsense(request: Request, wire: Wire) -> None:
        headers = electric.headers(electric.end, True, schema=False)
        await wire.head(200, headers | {"content-type": "text/event-stream"})
        await wire.part(b"data: {nope\n\n")
        await asyncio.sleep(3600)

    async with await following(server) as stream:
        server.play = nonsense
        with pytest.raises(BadAnswer, match="no JSON"):
            await whole(stream)
        assert stream.state is State.FAILED


# ── where events do not work


async def ends_at_once(request: Request, wire: Wire) -> None:
    headers = Electric().headers("0_inf", True, schema=False)
    await wire.head(200, headers | {"content-type": "text/event-stream"})
    await wire.end()


async def is_cut_at_once(request: Request, wire: Wire) -> None:
    headers = Electric().headers("0_inf", True, schema=False)
    await wire.head(200, headers | {"content-type": "text/event-stream"})
    raise Cut


async def is_held_back(request: Request, wire: Wire) -> None:
    await asyncio.sleep(3600)


async def is_silent(request: Request, wire: Wire) -> None:
    headers = Electric().headers("0_inf", True, schema=False)
    await wire.head(200, headers | {"content-type": "text/event-stream"})
    await asyncio.sleep(3600)


async def is_forbidden(request: Request, wire: Wire) -> None:
    await wire.answer(502, {}, b"no streaming here")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("events", "seconds"),
    [
        (ends_at_once, 10),
        (is_cut_at_once, 10),
        (is_forbidden, 10),
        (is_held_back, 0.2),
        (is_silent, 0.2),
    ],
)
async def test_long_polling_takes_over(
    events: object,
    seconds: float,
    electric: Electric,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream_module, "EVENTS_ANSWER_SECONDS", seconds)
    monkeypatch.setattr("electric_sync.client.service.EVENTS_SILENCE", seconds)
    monkeypatch.setattr(stream_module, "HASTY_SECONDS", 60.0)  # also on a slow machine

    async def play(request: Request, wire: Wire) -> None:
        await (events if request.is_for_events else electric.play)(request, wire)  # type: ignore[operator]

    async with Server(play) as server, ShapeStream(server.url, live_mode="sse") as stream:
        with caplog.at_level(logging.WARNING):
            waiting = asyncio.ensure_future(_until_a_change(stream))
            await server.until(
                lambda: any(each.is_live and not each.is_for_events for each in server.requests)
            )
        await electric.commit(("insert", 3, {"name": "three"}))
        await waiting
    tries = sum(request.is_for_events for request in server.requests)
    # Given little time, a slow machine may give one up before the server has seen it.
    assert tries == 3 if seconds > 1 else 1 <= tries <= 3
    assert "long-polling from now on" in caplog.text


async def _until_a_change(stream: ShapeStream) -> None:
    messages = await whole(stream)
    while ("insert", "three") not in names(messages):
        assert messages, "it has ended"
        messages = await whole(stream)


@pytest.mark.anyio
async def test_a_service_that_knows_no_events_is_asked_by_long_polling(
    server: Server, electric: Electric
) -> None:
    async def play(request: Request, wire: Wire) -> None:
        plain = Request(
            request.method,
            request.path,
            {name: value for name, value in request.query.items() if name != "live_sse"},
            request.headers,
            request.body,
        )
        await electric.play(plain, wire)

    async with await following(server) as stream:
        server.play = play
        await electric.commit(("insert", 3, {"name": "three"}))
        assert names(await whole(stream)) == [("insert", "three")]
        waiting = asyncio.ensure_future(whole(stream))
        await server.until(lambda: "live_sse" not in server.requests[-1].query)
        waiting.cancel()


@pytest.mark.anyio
async def test_streams_that_end_in_order_may_do_so_as_often_as_they_like(
    server: Server, electric: Electric, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_module, "HASTY_SECONDS", 0.0)  # they took long enough
    async with await following(server) as stream:
        server.play = in_turn(*[ends_at_once] * 10, then=electric.play)
        waiting = asyncio.ensure_future(_until_a_change(stream))
        await server.until(lambda: len(server.requests) > 12)
        await electric.commit(("insert", 3, {"name": "three"}))
        await waiting
    assert all(request.is_for_events for request in server.requests if request.is_live)


@pytest.mark.anyio
async def test_connections_that_brought_something_may_break_as_often_as_they_like(
    server: Server, electric: Electric
) -> None:
    async def one_change_and_a_cut(request: Request, wire: Wire) -> None:
        if not request.is_for_events:
            await electric.play(request, wire)
            return
        headers = electric.headers(electric.end, True, schema=False)
        await wire.head(200, headers | {"content-type": "text/event-stream"})
        items = [each.item for each in electric.after(request.query["offset"])]
        await wire.part(event(*items, up_to_date()))
        raise Cut

    async with await following(server) as stream:
        server.play = one_change_and_a_cut
        for number in range(3, 13):
            await electric.commit(("insert", number, {"name": str(number)}))
            changes: list[tuple[str, str | None]] = []
            while not changes:
                changes = names(await whole(stream))
            assert changes == [("insert", str(number))]
    assert sum(request.is_for_events for request in server.requests) > 3
    assert all(request.is_for_events for request in server.requests if request.is_live)
