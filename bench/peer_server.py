"""The usual way to make a Django page live, to compare with: an ASGI application of its own.

A notification names a row; it is read and rendered once, and ``group_send`` hands the fragment to
every socket. There are no windows, no order, no access, no resuming and nothing that is not lost:
the least that a live page can cost.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

import psycopg  # noqa: E402
from channels.db import database_sync_to_async  # noqa: E402
from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.layers import get_channel_layer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.template.loader import render_to_string  # noqa: E402
from django.urls import path  # noqa: E402

from electric_sync import conf  # noqa: E402
from electric_sync.live.audience import Audience  # noqa: E402
from workspaces.models import DataTableRow  # noqa: E402
from workspaces.pages.sheet import ColumnView  # noqa: E402

GROUP = "rows"
CHANNEL = "bench_rows"
_listening: list[asyncio.Task[None]] = []


class RowConsumer(AsyncWebsocketConsumer):
    """Sends whatever comes to the group."""

    async def connect(self) -> None:
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()
        if not _listening:
            _listening.append(asyncio.create_task(_listen()))
            await asyncio.sleep(0.5)
        await self.send(json.dumps({"type": "welcome"}))

    async def row_changed(self, event: dict[str, Any]) -> None:
        """From the group."""
        await self.send(event["text"])


async def _listen() -> None:
    layer = get_channel_layer()
    connection = await psycopg.AsyncConnection.connect(conf.conninfo(), autocommit=True)
    await connection.execute(f"LISTEN {CHANNEL}")
    async for note in connection.notifies():
        html = await database_sync_to_async(_render)(note.payload)
        text = json.dumps({"type": "frame", "content": html})
        await layer.group_send(GROUP, {"type": "row.changed", "text": text})


def _render(key: str) -> str:
    row = DataTableRow.objects.select_related("table").get(pk=key)
    columns = ColumnView.all_of(row.table.columns.order_by("position", "id"))
    context = {
        "row": row,
        "row_id": f"row-{row.pk}",
        "columns": columns,
        "people": {},
        "audience": Audience(can_edit=True),
    }
    return render_to_string("workspaces/_row.html", context)


application = ProtocolTypeRouter(
    {
        "http": get_asgi_application(),
        "websocket": URLRouter([path("live/", RowConsumer.as_asgi())]),
    }
)
