"""A shape's rows, kept from a stream."""

import asyncio
from collections.abc import Callable

import pytest

from electric_sync.client import (
    BadAnswer,
    Difference,
    ElectricError,
    Refused,
    Rows,
    ShapeStream,
    Stuck,
)
from tests.client.electric import (
    Electric,
    changed,
    first,
    in_turn,
    inserted,
    key,
    refusing,
    up_to_date,
)
from tests.client.server import Request, Server, Wire

pytestmark = pytest.mark.anyio

ONE = {"id": "1", "name": "one"}
TWO = {"id": "2", "name": "two"}
THREE = {"id": "3", "name": "three"}


async def until(rows: Rows, condition: Callable[[], object]) -> None:
    """Wait for the rows to be in a state."""
    with rows.subscribe() as differences:
        async with asyncio.timeout(20):
            while not condition():
                await anext(differences)


# ── the rows


async def test_all_rows_are_there_when_they_are_current(server: Server) -> None:
    async with Rows(ShapeStream(server.url)) as rows:
        assert not rows.is_current
        await rows.wait_until_current()
        assert rows.is_current
        assert rows == {key(1): ONE, key(2): TWO}


async def test_changes_are_applied_as_they_come(server: Server, electric: Electric) -> None:
    async with Rows(ShapeStream(server.url)) as rows:
        await rows.wait_until_current()
        await electric.commit(
            ("update", 1, {"name": "uno"}), ("delete", 2, {}), ("insert", 3, {"name": "three"})
        )
        await until(rows, lambda: key(3) in rows)
        assert rows == {key(1): {"id": "1", "name": "uno"}, key(3): THREE}


async def test_an_update_leaves_alone_what_it_does_not_tell(
    server: Server, electric: Electric
) -> None:
    async with Rows(ShapeStream(server.url)) as rows:
        await rows.wait_until_current()
        await electric.commit(("update", 1, {"size": "5"}))
        await until(rows, lambda: "size" in rows[key(1)])
        assert rows[key(1)] == {**ONE, "size": "5"}


async def test_a_row_that_somebody_holds_does_not_change(
    server: Server, electric: Electric
) -> None:
    async with Rows(ShapeStream(server.url)) as rows:
        await rows.wait_until_current()
        held = rows[key(1)]
        await electric.commit(("update", 1, {"name": "uno"}))
        await until(rows, lambda: rows[key(1)]["name"] == "uno")
        assert held == ONE


async def test_a_row_may_be_changed_many_times_in_one_transaction(
    server: Server, electric: Electric
) -> None:
    async with Rows(ShapeStream(server.url)) as rows:
        await rows.wait_until_current()
        await electric.commit(
            ("delete", 1, {}),
            ("insert", 1, {"name": "a"}),
            ("update", 1, {"name": "b"}),
            ("insert", 5, {"name": "c"}),
            ("delete", 5, {}),
        )
        await until(rows, lambda: rows[key(1)]["name"] == "b")
        assert rows.keys() == {key(1), key(2)}


async def test_a_transaction_in_several_answers_is_shown_at_once(
    server: Server, electric: Electric
) -> None:
    electric.chunk = 2
    async with Rows(ShapeStream(server.url)) as rows:
        await rows.wait_until_current()
        with rows.subscribe() as differences:
            await electric.commit(*(("insert", number, {"name": "x"}) for number in range(3, 12)))
            async with asyncio.timeout(20):
                difference = await anext(differences)
        assert len(difference.inserted) == 9


async def half(request: Request, wire: Wire) -> None:
    """The first of two changes of a transaction."""
    items = [changed("insert", 3, lsn=101, place=0, last=False, name="half")]
    await wire.answer(200, Electric().headers("101_0", False, schema=False), items)


async def test_half_a_transaction_is_not_shown(server: Server, electric: Electric) -> None:
    server.play = in_turn(electric.play, electric.play, half, then=refusing(503))
    async with Rows(ShapeStream(server.url)) as rows:
        await server.until(
            lambda: server.requests and server.requests[-1].query["offset"] == "101_0"
        )
        assert rows.keys() == {key(1), key(2)}
        await electric.commit(("insert", 3, {"name": "half"}), ("insert", 4, {"name": "whole"}))
        server.play = electric.play
        await until(rows, lambda: len(rows) == 4)


async def test_the_place_of_rows_is_never_in_the_middle_of_a_transaction(
    server: Server, electric: Electric
) -> None:
    server.play = in_turn(electric.play, electric.play, half, then=refusing(503))
    async with Rows(ShapeStream(server.url)) as rows:
        await server.until(
            lambda: server.requests and server.requests[-1].query["offset"] == "101_0"
        )
        assert rows.stream.offset == "101_0"
        assert (rows.handle, rows.offset) == (electric.handle, "0_inf")


# ── beginning anew


async def test_old_rows_stay_until_the_new_ones_are_complete(
    server: Server, electric: Electric
) -> None:
    let_go = asyncio.Event()

    async def later(request: Request, wire: Wire) -> None:
        await let_go.wait()
        await electric.play(request, wire)

    async with Rows(ShapeStream(server.url)) as rows:
        await rows.wait_until_current()
        server.play = in_turn(electric.play, electric.play, then=later)
        await electric.rotate(inserted(2, "two"), inserted(3, "three"))
        await server.until(lambda: server.requests[-1].query["offset"] == "0_0")
        assert rows == {key(1): ONE, key(2): TWO}
        with rows.subscribe() as differences:
            let_go.set()
            async with asyncio.timeout(20):
                difference = await anext(differences)
        assert rows == {key(2): TWO, key(3): THREE}
        assert difference == Difference({key(3): THREE}, {}, {key(1): ONE})


async def test_while_it_begins_anew_it_is_not_current(server: Server, electric: Electric) -> None:
    async def silent(request: Request, wire: Wire) -> None:
        await asyncio.sleep(3600)

    async with Rows(ShapeStream(server.url)) as rows:
        await rows.wait_until_current()
        server.play = first(electric.play, silent)
        await electric.rotate()
        await server.until(lambda: server.requests[-1].query["offset"] == "-1")
        assert not rows.is_current


async def test_an_update_of_a_row_that_never_came_begins_anew(
    server: Server, electric: Electric
) -> None:
    async def lost(request: Request, wire: Wire) -> None:
        items = [changed("update", 9, lsn=101, name="x"), up_to_date()]
        await wire.answer(200, electric.headers("101_0", True, schema=False), items)

    async with Rows(ShapeStream(server.url)) as rows:
        await rows.wait_until_current()
        server.play = in_turn(electric.play, lost, then=electric.play)
        await electric.commit(("insert", 3, {"name": "three"}))
        await until(rows, lambda: key(3) in rows)
        await electric.commit(("insert", 4, {"name": "four"}))
        await until(rows, lambda: key(4) in rows)
        assert key(9) not in rows
    assert sum(request.query["offset"] == "-1" for request in server.requests) == 2


async def test_what_was_there_before_a_new_beginning_is_not_updated(
    server: Server, electric: Electric
) -> None:
    async def update(request: Request, wire: Wire) -> None:
        items = [changed("update", 1, lsn=200, name="x"), up_to_date()]
        await wire.answer(200, electric.headers("200_0", True, schema=True), items)

    async with Rows(ShapeStream(server.url)) as rows:
        await rows.wait_until_current()
        await server.until(lambda: server.requests[-1].is_live)
        server.play = first(update, electric.play)
        await electric.rotate(inserted(2, "two"))
        await until(rows, lambda: len(rows) == 1)
        assert rows == {key(2): TWO}
    assert sum(request.query["offset"] == "-1" for request in server.requests) == 3


async def test_a_service_that_always_loses_rows_ends_it(electric: Electric) -> None:
    async def lost(request: Request, wire: Wire) -> None:
        items = [changed("update", 9, lsn=101, name="x"), up_to_date()]
        await wire.answer(200, electric.headers("101_0", True, schema=True), items)

    async with Server(lost) as server, Rows(ShapeStream(server.url)) as rows:
        with pytest.raises(Stuck):
            await rows.wait_until_current()


async def test_with_changes_only_other_rows_are_left_out(
    server: Server, electric: Electric
) -> None:
    async with Rows(ShapeStream(server.url, offset="now", log="changes_only")) as rows:
        await rows.wait_until_current()
        await electric.commit(("update", 1, {"name": "uno"}), ("insert", 3, {"name": "three"}))
        await until(rows, lambda: rows)
        assert rows == {key(3): THREE}


# ── going on


async def test_rows_go_on_where_others_were(server: Server, electric: Electric) -> None:
    async with Rows(ShapeStream(server.url)) as rows:
        await rows.wait_until_current()
    await electric.commit(("update", 1, {"name": "uno"}))
    stream = ShapeStream(server.url, handle=rows.handle, offset=rows.offset)
    async with Rows(stream, rows) as others:
        await others.wait_until_current()
        assert others == {key(1): {"id": "1", "name": "uno"}, key(2): TWO}
    assert rows[key(1)] == ONE


async def test_to_go_on_without_the_rows_is_refused() -> None:
    stream = ShapeStream("http://localhost/v1/shape", handle="h", offset="5_0")
    with pytest.raises(ValueError, match="rows that were kept"):
        Rows(stream)


# ── differences


async def test_differences_tell_what_is_other_than_before(
    server: Server, electric: Electric
) -> None:
    async with Rows(ShapeStream(server.url)) as rows:
        await rows.wait_until_current()
        with rows.subscribe() as differences:
            await electric.commit(
                ("insert", 3, {"name": "three"}), ("update", 1, {"name": "uno"}), ("delete", 2, {})
            )
            async with asyncio.timeout(20):
                assert await anext(differences) == Difference(
                    inserted={key(3): THREE},
                    updated={key(1): {"id": "1", "name": "uno"}},
                    deleted={key(2): TWO},
                )


async def test_who_is_slow_gets_several_differences_as_one(
    server: Server, electric: Electric
) -> None:
    async with Rows(ShapeStream(server.url)) as rows:
        await rows.wait_until_current()
        with rows.subscribe() as slow:
            for number in range(5):
                await electric.commit(("update", 1, {"name": f"n{number}"}))
                await until(rows, lambda name=f"n{number}": rows[key(1)]["name"] == name)
            await electric.commit(("insert", 3, {"name": "x"}))
            await until(rows, lambda: key(3) in rows)
            await electric.commit(("delete", 3, {}))
            await until(rows, lambda: key(3) not in rows)
            assert await anext(slow) == Difference({}, {key(1): {"id": "1", "name": "n4"}}, {})


async def test_a_change_that_was_taken_back_is_no_difference(
    server: Server, electric: Electric
) -> None:
    async with Rows(ShapeStream(server.url)) as rows:
        await rows.wait_until_current()
        with rows.subscribe() as differences:
            await electric.commit(("update", 1, {"name": "x"}), ("update", 1, {"name": "one"}))
            await electric.commit(("insert", 3, {"name": "three"}))
            async with asyncio.timeout(20):
                assert await anext(differences) == Difference({key(3): THREE}, {}, {})


async def test_differences_end_with_the_rows(server: Server) -> None:
    async with Rows(ShapeStream(server.url)) as rows:
        await rows.wait_until_current()
        reading = asyncio.ensure_future(_all(rows))
        await asyncio.sleep(0)
    async with asyncio.timeout(20):
        assert await reading == []


async def _all(rows: Rows) -> list[Difference]:
    with rows.subscribe() as differences:
        async with asyncio.timeout(20):
            return [difference async for difference in differences]


async def test_a_closed_subscription_hears_no_more(server: Server, electric: Electric) -> None:
    async with Rows(ShapeStream(server.url)) as rows:
        await rows.wait_until_current()
        with rows.subscribe() as closed:
            pass
        await electric.commit(("insert", 3, {"name": "three"}))
        await until(rows, lambda: key(3) in rows)
        assert [difference async for difference in closed] == []


# ── when it ends


async def test_an_error_is_raised_where_somebody_waits(caplog: pytest.LogCaptureFixture) -> None:
    async with (
        Server(refusing(400, {"message": "no such table"})) as server,
        Rows(ShapeStream(server.url)) as rows,
    ):
        with pytest.raises(Refused, match="no such table"):
            await rows.wait_until_current()
        with pytest.raises(ElectricError, match="no such table"):
            await _all(rows)
        assert isinstance(rows.error, Refused)
        assert not rows.is_current
    assert "no such table" in caplog.text


async def test_rows_stay_when_the_stream_ends_with_an_error(
    server: Server, electric: Electric
) -> None:
    async with Rows(ShapeStream(server.url)) as rows:
        await rows.wait_until_current()
        await server.until(lambda: server.requests[-1].is_live)
        server.play = refusing(403)
        await electric.commit(("insert", 3, {"name": "three"}))  # ends the waiting request
        with pytest.raises(Refused):
            await _all(rows)
        assert rows.keys() == {key(1), key(2), key(3)}


async def test_who_waits_hears_that_nothing_will_come(electric: Electric) -> None:
    async def silent(request: Request, wire: Wire) -> None:
        await asyncio.sleep(3600)

    async with Server(silent) as server:
        async with Rows(ShapeStream(server.url)) as rows:
            waiting = asyncio.ensure_future(rows.wait_until_current())
            await server.until(lambda: server.requests)
        with pytest.raises(RuntimeError, match="not followed any more"):
            await waiting


async def test_a_header_function_that_fails_is_heard_of(server: Server) -> None:
    def headers() -> dict[str, str]:
        raise LookupError("no token")

    async with Rows(ShapeStream(server.url, headers=headers)) as rows:
        with pytest.raises(LookupError, match="no token"):
            await rows.wait_until_current()


async def test_shapes_with_a_subquery_are_refused() -> None:
    moved = {"headers": {"event": "move-out", "patterns": [{"pos": 0, "value": "x"}]}}

    async def play(request: Request, wire: Wire) -> None:
        headers = Electric().headers("1_4", True, schema=True)
        await wire.answer(200, headers, [moved, up_to_date()])

    async with Server(play) as server, Rows(ShapeStream(server.url)) as rows:
        with pytest.raises(BadAnswer, match="subquery"):
            await rows.wait_until_current()


async def test_without_live_mode_the_rows_stay(server: Server) -> None:
    async with Rows(ShapeStream(server.url, live_mode=None)) as rows:
        await rows.wait_until_current()
        assert await _all(rows) == []
        assert len(rows) == 2
