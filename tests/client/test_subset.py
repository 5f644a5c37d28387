"""Some rows of a shape, read beside its log."""

import json

import pytest

from electric_sync.client import PYTHON, BadAnswer, Change, Operation, Refused, ShapeStream
from tests.client.electric import Electric, first, inserted, key, refusing
from tests.client.reading import whole
from tests.client.server import Play, Request, Server, Wire

pytestmark = pytest.mark.anyio

METADATA = {
    "snapshot_mark": 5,
    "database_lsn": "500",
    "xmin": "10",
    "xmax": "20",
    "xip_list": ["12"],
}


def answering(electric: Electric, body: object) -> Play:
    async def play(request: Request, wire: Wire) -> None:
        if request.method == "POST":
            await wire.answer(200, electric.headers("0_inf", False, schema=True), body)
        else:
            await electric.play(request, wire)

    return play


async def test_it_is_asked_for_in_a_body(electric: Electric) -> None:
    play = answering(electric, {"metadata": METADATA, "data": [inserted(9), inserted(7)]})
    async with (
        Server(play) as server,
        ShapeStream(server.url, table="items", log="changes_only", parsers=PYTHON) as stream,
    ):
        subset = await stream.subset(
            "name = $1", params=["a"], order_by="id DESC", limit=2, offset=1
        )
    (request,) = server.requests
    assert request.query == {"table": "items", "log": "changes_only", "offset": "now"}
    assert json.loads(request.body) == {
        "where": "name = $1",
        "params": {"1": "a"},
        "order_by": "id DESC",
        "limit": 2,
        "offset": 1,
    }
    assert list(subset.rows.items()) == [
        (key(9), {"id": 9, "name": "a"}),
        (key(7), {"id": 7, "name": "a"}),
    ]
    assert subset.lsn == 500


async def test_without_conditions_all_rows_are_asked_for(electric: Electric) -> None:
    play = answering(electric, {"metadata": METADATA, "data": []})
    async with Server(play) as server, ShapeStream(server.url) as stream:
        assert (await stream.subset()).rows == {}
    assert json.loads(server.requests[0].body) == {"where": "TRUE"}


async def test_the_messages_go_on_beside_it(electric: Electric) -> None:
    play = answering(electric, {"metadata": METADATA, "data": []})
    async with Server(play) as server, ShapeStream(server.url) as stream:
        await anext(stream)
        await stream.subset("id = 1")
        assert len(await whole(stream)) == 3


@pytest.mark.parametrize(
    ("txids", "is_seen"),
    [((9,), True), ((12,), False), ((25,), False), ((9, 25), False), ((), False)],
)
async def test_a_subset_knows_which_changes_are_in_it(
    txids: tuple[int, ...], is_seen: bool, electric: Electric
) -> None:
    play = answering(electric, {"metadata": METADATA, "data": []})
    async with Server(play) as server, ShapeStream(server.url) as stream:
        subset = await stream.subset()
    change = Change(Operation.INSERT, "key", {}, txids=txids)  # type: ignore[arg-type]
    assert subset.sees(change) is is_seen


@pytest.mark.parametrize("status", [503, 409])
async def test_it_is_asked_for_again_when_it_is_not_available(
    status: int, electric: Electric
) -> None:
    play = answering(electric, {"metadata": METADATA, "data": [inserted(9)]})
    async with Server(first(refusing(status), play)) as server, ShapeStream(server.url) as stream:
        assert len((await stream.subset()).rows) == 1


async def test_a_refused_subset_does_not_end_the_stream(electric: Electric) -> None:
    refusal = {"message": "Invalid request", "errors": {"subset": {"where": ["syntax error"]}}}
    async with (
        Server(first(refusing(400, refusal), electric.play)) as server,
        ShapeStream(server.url) as stream,
    ):
        with pytest.raises(Refused, match="syntax error"):
            await stream.subset("nope")
        assert len(await whole(stream)) == 4


@pytest.mark.parametrize("body", [[], {}, {"metadata": {}, "data": []}, {"metadata": METADATA}])
async def test_what_is_no_subset_is_refused(body: object, electric: Electric) -> None:
    async with Server(answering(electric, body)) as server, ShapeStream(server.url) as stream:
        with pytest.raises(BadAnswer, match="no subset"):
            await stream.subset()
