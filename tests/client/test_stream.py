"""A shape's messages, over a real socket, when all goes well."""

import asyncio

import httpx
import pytest

from electric_sync.client import (
    BadAnswer,
    Change,
    MustRefetch,
    Operation,
    ShapeStream,
    SnapshotEnd,
    State,
    UpToDate,
)
from electric_sync.values import Snapshot, TableName
from tests.client.electric import JSON, Electric, first, inserted, key, up_to_date
from tests.client.reading import names, whole
from tests.client.server import Request, Server, Wire

pytestmark = pytest.mark.anyio

ITEMS = TableName("public", "items")


# ── messages


async def test_a_snapshot_is_inserts_then_its_end_then_up_to_date(server: Server) -> None:
    async with ShapeStream(server.url, table="items") as stream:
        messages = await whole(stream)
    assert messages == [
        Change(Operation.INSERT, key(1), {"id": "1", "name": "one"}, table=ITEMS),
        Change(Operation.INSERT, key(2), {"id": "2", "name": "two"}, table=ITEMS),
        SnapshotEnd(Snapshot(5, 7, frozenset({6}))),
        UpToDate(100),
    ]


async def test_a_change_arrives_while_the_stream_waits(server: Server, electric: Electric) -> None:
    async with ShapeStream(server.url, table="items") as stream:
        await whole(stream)
        waiting = asyncio.ensure_future(whole(stream))
        await server.until(lambda: server.requests[-1].is_live)
        await electric.commit(("update", 1, {"name": "uno"}), ("delete", 2, {}))
        messages = await waiting
    place = {"table": ITEMS, "txids": (101,), "lsn": 101}
    assert messages == [
        Change(Operation.UPDATE, key(1), {"id": "1", "name": "uno"}, op_position=0, **place),
        Change(Operation.DELETE, key(2), {"id": "2"}, op_position=2, is_last=True, **place),
        UpToDate(101),
    ]


async def test_a_large_shape_comes_in_several_answers(server: Server, electric: Electric) -> None:
    electric.chunk = 3
    await electric.rotate(*(inserted(number) for number in range(10)))
    async with ShapeStream(server.url, table="items") as stream:
        messages = await whole(stream)
    assert len(names(messages)) == 10
    assert [request.query["offset"] for request in server.requests] == [
        "-1",
        "0_0",
        "0_1",
        "0_2",
        "0_3",
    ]


async def test_full_replicas_bring_old_values_and_changed_keys() -> None:
    def about(operation: str, **headers: object) -> dict[str, object]:
        return {"operation": operation, "relation": ["public", "items"], "lsn": "7"} | headers

    old = {"key": key(1), "value": {"id": "1"}, "headers": about("delete", key_change_to=key(9))}
    new = {"key": key(9), "value": {"id": "9"}, "headers": about("insert", key_change_from=key(1))}
    update = {
        "key": key(2),
        "value": {"id": "2", "name": "b"},
        "old_value": {"name": "a"},
        "headers": about("update"),
    }

    async def play(request: Request, wire: Wire) -> None:
        headers = Electric().headers("7_2", True, schema=True)
        await wire.answer(200, headers, [old, new, update, up_to_date(7)])

    async with Server(play) as server, ShapeStream(server.url, table="items") as stream:
        gone, come, changed, _ = await whole(stream)
    assert isinstance(gone, Change)
    assert isinstance(come, Change)
    assert isinstance(changed, Change)
    assert (gone.key_change_to, come.key_change_from) == (key(9), key(1))
    assert changed.old_value == {"name": "a"}


async def test_marks_of_an_unknown_kind_are_left_out() -> None:
    mark = {"headers": {"control": "subset-end"}}

    async def play(request: Request, wire: Wire) -> None:
        await wire.answer(200, Electric().headers("0_inf", True, schema=True), [mark, up_to_date()])

    async with Server(play) as server, ShapeStream(server.url) as stream:
        assert await whole(stream) == [UpToDate(1)]


async def test_changes_of_an_unknown_kind_end_the_stream() -> None:
    async def play(request: Request, wire: Wire) -> None:
        strange = {"headers": {"event": "sideways"}}
        await wire.answer(200, Electric().headers("0_inf", True, schema=True), [strange])

    async with Server(play) as server, ShapeStream(server.url) as stream:
        with pytest.raises(BadAnswer, match="unknown kind"):
            await whole(stream)


async def test_an_answer_without_content_is_up_to_date(electric: Electric) -> None:
    async def play(request: Request, wire: Wire) -> None:
        headers = electric.headers("0_inf", True, schema=True)
        await wire.raw(
            b"HTTP/1.1 204 No Content\r\n"
            + "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
            + b"\r\n"
        )

    async with Server(play) as server, ShapeStream(server.url) as stream:
        assert await whole(stream) == [UpToDate()]


# ── what is asked


async def test_the_parameters_say_which_rows(server: Server) -> None:
    stream = ShapeStream(
        f"{server.url}?source=other",
        table='public."Items"',
        where="size > $1 AND is_new = $2",
        params=[3, True],
        columns=["id", "Name", 'a"b'],
        replica="full",
        log="changes_only",
    )
    async with stream:
        await whole(stream)
    assert server.requests[0].query == {
        "source": "other",
        "table": 'public."Items"',
        "where": "size > $1 AND is_new = $2",
        "params[1]": "3",
        "params[2]": "true",
        "columns": 'id,"Name","a""b"',
        "replica": "full",
        "log": "changes_only",
        "offset": "-1",
    }


async def test_a_parameter_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="IS NULL"):
        ShapeStream("http://localhost/v1/shape", where="a = $1", params=[None])


async def test_live_requests_repeat_the_cursor(server: Server, electric: Electric) -> None:
    async with ShapeStream(server.url, table="items") as stream:
        await whole(stream)
        for number in (3, 4):
            waiting = asyncio.ensure_future(whole(stream))
            await server.until(lambda: server.requests[-1].is_live)
            await electric.commit(("insert", number, {"name": "new"}))
            await waiting
    live = [request.query.get("cursor") for request in server.requests if request.is_live]
    assert live == [None, "12345"]


async def test_the_same_question_has_the_same_address(server: Server) -> None:
    for columns in (["id", "name"], ["id", "name"]):
        async with ShapeStream(server.url, table="items", columns=columns, where="id > 0") as each:
            await whole(each)
    first_one, second = (request for request in server.requests if request.query["offset"] == "-1")
    assert (
        list(first_one.query.items()) == list(second.query.items()) == sorted(second.query.items())
    )


async def test_from_now_on_only_changes_come(server: Server, electric: Electric) -> None:
    async with ShapeStream(server.url, table="items", offset="now") as stream:
        assert await whole(stream) == [UpToDate(1)]
        waiting = asyncio.ensure_future(whole(stream))
        await server.until(lambda: server.requests[-1].is_live)
        await electric.commit(("insert", 3, {"name": "three"}))
        assert names(await waiting) == [("insert", "three")]


async def test_headers_may_be_renewed_for_each_request(server: Server) -> None:
    tokens = iter(["first", "second"])

    async def headers() -> dict[str, str]:
        return {"authorization": f"Bearer {next(tokens)}"}

    async with ShapeStream(server.url, table="items", headers=headers) as stream:
        await whole(stream)
    sent = [request.headers["authorization"] for request in server.requests]
    assert sent == ["Bearer first", "Bearer second"]


async def test_a_given_client_is_used_and_left_open(server: Server) -> None:
    async with httpx.AsyncClient(headers={"x-from": "me"}) as client:
        async with ShapeStream(server.url, table="items", client=client) as stream:
            await whole(stream)
        assert server.requests[0].headers["x-from"] == "me"
        assert not client.is_closed


@pytest.mark.parametrize(
    "url", ["/v1/shape", "localhost:3000/v1/shape", "ftp://host/v1/shape", "http://host:port/"]
)
def test_an_address_that_is_not_whole_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="whole address"):
        ShapeStream(url)


# ── where it is


async def test_states_are_told_as_they_come(server: Server) -> None:
    states: list[State] = []
    async with ShapeStream(server.url, table="items", on_state=states.append) as stream:
        assert stream.state is State.NEW
        await whole(stream)
        assert stream.state is State.LIVE
    assert states == [State.SYNCING, State.LIVE, State.CLOSED]


async def test_without_live_mode_it_ends_when_everything_was_read(server: Server) -> None:
    async with ShapeStream(server.url, table="items", live_mode=None) as stream:
        messages = [message async for message in stream]
    assert isinstance(messages[-1], UpToDate)
    assert not any(request.is_live for request in server.requests)


async def test_a_closed_stream_has_ended(server: Server) -> None:
    async with ShapeStream(server.url, table="items") as stream:
        await whole(stream)
    assert [message async for message in stream] == []


async def test_a_stream_has_one_reader(server: Server) -> None:
    async with ShapeStream(server.url, table="items") as stream:
        await whole(stream)
        waiting = asyncio.ensure_future(anext(stream))
        await server.until(lambda: server.requests[-1].is_live)
        with pytest.raises(RuntimeError, match="one reader"):
            await anext(stream)
        waiting.cancel()


async def test_others_get_their_turn_while_many_messages_are_taken(
    server: Server, electric: Electric
) -> None:
    electric.chunk = 5_000
    await electric.rotate(*(inserted(number) for number in range(5_000)))
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with ShapeStream(server.url, table="items") as stream:
        await anext(stream)
        taking_turns = asyncio.ensure_future(other())
        for _ in range(4_900):
            await anext(stream)
        taking_turns.cancel()
    assert turns == 4


# ── going on


async def test_another_stream_goes_on_where_one_was(server: Server, electric: Electric) -> None:
    async with ShapeStream(server.url, table="items") as one:
        await whole(one)
    await electric.commit(("insert", 3, {"name": "three"}))
    async with ShapeStream(server.url, table="items", handle=one.handle, offset=one.offset) as two:
        assert names(await whole(two)) == [("insert", "three")]


async def test_the_offset_moves_when_messages_are_taken_not_when_they_come(
    server: Server, electric: Electric
) -> None:
    async with ShapeStream(server.url, table="items") as stream:
        await anext(stream)
        assert (stream.handle, stream.offset) == (None, "-1")
        await anext(stream)
        await anext(stream)
        assert (stream.handle, stream.offset) == (electric.handle, "0_0")


async def test_every_offset_is_one_to_go_on_from(server: Server, electric: Electric) -> None:
    await electric.commit(("update", 1, {"name": "uno"}), ("delete", 2, {}))
    await electric.commit(("insert", 3, {"name": "three"}))
    async with ShapeStream(server.url, table="items", live_mode=None) as stream:
        places = [(stream.handle, stream.offset)]
        expected = []
        async for message in stream:
            expected.append(message)
            places.append((stream.handle, stream.offset))
    for handle, offset in set(places):
        taken = places.index((handle, offset))
        async with ShapeStream(
            server.url, table="items", live_mode=None, handle=handle, offset=offset
        ) as other:
            rest = [message async for message in other]
        assert rest == (expected[taken:] or [UpToDate(102)])


@pytest.mark.parametrize(
    ("handle", "offset"), [("h", None), (None, "0_0"), ("h", "-1"), ("h", "now")]
)
def test_a_handle_and_its_offset_go_together(handle: str | None, offset: str | None) -> None:
    with pytest.raises(ValueError, match="go together"):
        ShapeStream("http://localhost/v1/shape", handle=handle, offset=offset)


async def test_taking_a_message_may_be_cancelled(server: Server, electric: Electric) -> None:
    async with ShapeStream(server.url, table="items") as stream:
        await whole(stream)
        waiting = asyncio.ensure_future(anext(stream))
        await server.until(lambda: server.requests[-1].is_live)
        waiting.cancel()
        await asyncio.wait([waiting])
        await electric.commit(("insert", 3, {"name": "three"}))
        assert names(await whole(stream)) == [("insert", "three")]


async def test_leaving_hangs_up(server: Server) -> None:
    async with ShapeStream(server.url, table="items") as stream:
        await whole(stream)
        assert server.open_connections == 1
    await server.until(lambda: server.open_connections == 0)


async def test_a_restart_brings_everything_again(server: Server) -> None:
    async with ShapeStream(server.url, table="items") as stream:
        await whole(stream)
        stream.restart()
        messages = await whole(stream)
    assert messages[0] == MustRefetch()
    assert names(messages) == [("insert", "one"), ("insert", "two")]


# ── answers that are no answers


async def test_something_else_at_the_address_ends_the_stream() -> None:
    async def play(request: Request, wire: Wire) -> None:
        await wire.answer(200, {"content-type": "text/html"}, b"<h1>Welcome</h1>")

    async with Server(play) as server, ShapeStream(server.url, table="items") as stream:
        with pytest.raises(BadAnswer, match="electric-handle"):
            await whole(stream)
        assert stream.state is State.FAILED


async def test_a_missing_offset_ends_the_stream(electric: Electric) -> None:
    async def play(request: Request, wire: Wire) -> None:
        headers = {"content-type": JSON, "electric-handle": "h"}
        await wire.answer(200, headers, [up_to_date()])

    async with Server(play) as server, ShapeStream(server.url) as stream:
        with pytest.raises(BadAnswer, match="electric-offset"):
            await whole(stream)


async def test_a_failed_stream_raises_its_error_again(electric: Electric) -> None:
    async def play(request: Request, wire: Wire) -> None:
        await wire.answer(200, {}, b"{}")

    async with Server(first(play, electric.play)) as server, ShapeStream(server.url) as stream:
        for _ in range(2):
            with pytest.raises(BadAnswer):
                await anext(stream)
    assert len(server.requests) == 1
