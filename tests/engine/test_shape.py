"""A shape, and those who wait for what happens to it."""

import asyncio
from pathlib import Path

import pytest

from electric_sync.engine.catalog import Table
from electric_sync.engine.log import ShapeLog
from electric_sync.engine.shape import Shape
from electric_sync.engine.where import EVERYTHING
from electric_sync.values import ShapeQuery, TableName

TABLE = TableName("public", "things")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_what_happens_before_a_task_begins_to_wait_is_not_missed(tmp_path: Path) -> None:
    table = Table(
        oid=1,
        name=TABLE,
        is_partitioned=False,
        members=(),
        columns=(),
        key=(),
        has_primary_key=False,
    )
    log = ShapeLog(tmp_path, "handle")
    shape = Shape("handle", ShapeQuery(TABLE), table, EVERYTHING, log, lsn=0)
    waiting = asyncio.create_task(shape.change.wait())
    shape.tell()
    async with asyncio.timeout(10):
        await waiting
