"""Streams in tests: asyncio, quick to try again, and no waiting on the clock."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from electric_sync.client import backoff, stream
from tests.client.electric import Electric, inserted
from tests.client.server import Server


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every wait that a client decided on; none of them takes time."""
    waits: list[float] = []

    async def pause(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0)

    monkeypatch.setattr(backoff, "pause", pause)
    monkeypatch.setattr(stream, "pause", pause)
    return waits


@pytest.fixture
async def electric() -> Electric:
    """Two rows, 1 and 2."""
    return Electric(inserted(1, "one"), inserted(2, "two"))


@pytest.fixture
async def server(electric: Electric) -> AsyncIterator[Server]:
    """Serves them."""
    async with Server(electric.play) as server:
        yield server
