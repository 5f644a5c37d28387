"""What must not be seen is not seen: not in a repr, a log, an exception."""

import asyncio
import logging
import traceback

import httpx
import pytest

from electric_sync.client import ElectricError, Rows, ShapeStream
from electric_sync.client.service import PrivateURL
from tests.client.electric import Electric, in_turn, refusing
from tests.client.reading import whole
from tests.client.server import Cut, Play, Request, Server, Wire
from tests.client.trouble import repeating

pytestmark = pytest.mark.anyio

SECRET = "s3cret/with+signs"  # not the same when it is quoted


async def cut(request: Request, wire: Wire) -> None:
    raise Cut


async def repeats_the_address(request: Request, wire: Wire) -> None:
    body = {"message": f"no {request.query}", "errors": {"secret": [request.query["secret"]]}}
    await wire.answer(400, {}, body)


async def until_it_fails(stream: ShapeStream) -> None:
    async with asyncio.timeout(20):
        async for _ in stream:
            pass


async def test_the_secret_is_sent(server: Server) -> None:
    async with ShapeStream(server.url, secret=SECRET) as stream:
        await whole(stream)
    assert {request.query["secret"] for request in server.requests} == {SECRET}


@pytest.mark.parametrize(
    "play",
    [
        cut,
        repeats_the_address,
        refusing(401, {"message": "Unauthorized"}),
        refusing(500, b"?secret=s3cret%2Fwith%2Bsigns"),
        refusing(302, location="/elsewhere?secret=s3cret%2Fwith%2Bsigns"),
        refusing(200),
        repeating(Electric(), "never"),
    ],
)
@pytest.mark.parametrize("live_mode", ["long-poll", "sse"])
async def test_it_is_seen_nowhere(
    play: Play, live_mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, "httpcore")  # its DEBUG shows the headers of answers
    async with Server(in_turn(Electric().play, play, then=play)) as server:
        address = server.url.replace("http://", f"http://user:{SECRET.replace('/', '%2F')}@")
        stream = ShapeStream(
            f"{address}?api_secret=s3cret%2Fwith%2Bsigns",
            secret=SECRET,
            patience=0,
            live_mode=live_mode,  # type: ignore[arg-type]
        )
        async with stream:
            with pytest.raises(ElectricError) as raised:
                await until_it_fails(stream)
            shown = [
                repr(stream),
                repr(Rows(ShapeStream(server.url, secret=SECRET))),
                *traceback.format_exception(raised.value),
                repr(raised.value),
                repr(vars(raised.value)),
                caplog.text,
            ]
    assert len(server.requests) > 1
    assert caplog.text
    for text in shown:
        assert "s3cret" not in text


async def test_a_header_that_cannot_be_sent_is_not_shown(server: Server) -> None:
    stream = ShapeStream(server.url, headers={"authorization": f"Bearer {SECRET}\n"})
    async with stream:
        with pytest.raises(ValueError, match="header") as raised:
            await whole(stream)
    assert SECRET not in "".join(traceback.format_exception(raised.value))


def test_an_address_shows_where_it_leads_and_nothing_else() -> None:
    url = PrivateURL("https://user:word@host:8000/v1/shape?secret=abc#part")
    assert f"{url} {url!r}" == "https://host:8000/v1/shape PrivateURL('https://host:8000/v1/shape')"
    assert httpx.URL(url).params["secret"] == "abc"
