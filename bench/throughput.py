"""20,000 rows written as fast as they go, over 1,000 open lists: until every page is right."""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

from bench.installation import Server, installation, made_table, owner, sign_in, token_of
from bench.sockets import LiveSocket, opened
from bench.tables import show


@dataclass
class Page:
    """One open list, which waits for its last change."""

    socket: LiveSocket
    last: str
    frames: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self) -> None:
        """Receive until the connection goes."""
        while True:
            message = await self.socket.hear("frame")
            self.frames += 1
            if self.last in message["content"]:
                self.done.set()


@dataclass(frozen=True)
class Place:
    """A list: its table, where its window begins, and a row in it."""

    table: Any
    row: Any
    column: str
    after: str | None = None


def different_tables(count: int) -> list[Place]:
    """Each list is another table's: another filter."""
    from workspaces.access import Actor
    from workspaces.actions.tables import create_table
    from workspaces.bulk import copy_rows
    from workspaces.models import Workspace

    first = owner()
    # A workspace has at most 500 tables.
    workspaces = list(Workspace.objects.filter(company_id=first.company_id).order_by("name"))
    actor = Actor(first.user_id, first.company_id, "command")
    places = []
    for number in range(count):
        workspace = workspaces[number % len(workspaces)]
        table = create_table(actor, workspace, name=f"Throughput {number}")
        column = str(table.columns.get().pk)
        copy_rows(table, [{column: f"row {each}"} for each in range(20)])
        places.append(Place(table, table.rows.order_by("position", "id")[3].pk, column))
    return places


def places_in_one_table(count: int) -> list[Place]:
    """All lists are of one table of 100,000 rows, each begins somewhere else."""
    from electric_sync.live.views import Scene, SharedContexts, live_views
    from electric_sync.live.window import Window, cursors_of
    from workspaces.access import WorkspaceAccess

    table = made_table("Throughput", 100_000)
    column = str(table.columns.order_by("position").first().pk)
    view = live_views.get("table_rows")
    params = view.clean({"workspace_id": table.workspace_id, "table_id": table.pk})
    access = WorkspaceAccess.load(owner().user, str(table.company_id))
    scene = Scene(view.name, access.tenant, params, view.admit(access, params), Window())
    rows = view.rows(scene, SharedContexts())
    keys = [str(key) for key in rows.queryset.values_list("pk", flat=True)]
    step = len(keys) // count
    starts = [keys[number * step] for number in range(count)]
    return [
        Place(table, keys[number * step + 3], column, cursor)
        for number, cursor in enumerate(cursors_of(rows.queryset, rows.container.id, starts))
    ]


async def measure(server: Server, places: list[Place], per_transaction: int, total: int) -> list:
    """One line of the table."""
    import psycopg

    from electric_sync import conf

    last = f"last of {per_transaction} a transaction"  # new to the pages, else none is sent
    signed_in = sign_in(len(places))
    sockets = await opened(server.port, [cookie for cookie, _ in signed_in])
    pages = [Page(socket, last) for socket in sockets]
    for page, place, (_, session) in zip(pages, places, signed_in, strict=True):
        page.socket.send(
            type="subscribe",
            sub="s",
            token=token_of(place.table, session),
            etag=None,
            size=100,
            after=place.after,
        )
    await asyncio.gather(*(page.socket.hear("frame") for page in pages))
    following = [asyncio.ensure_future(page.follow()) for page in pages]
    used = server.cpu_seconds
    started = time.perf_counter()

    def write() -> float:
        statement = (
            "UPDATE data_table_rows SET cells = jsonb_set(cells, ARRAY[%s], %s::jsonb)"
            " WHERE id = %s"
        )
        with psycopg.connect(conf.conninfo()) as writer:
            for number in range(total):
                place = places[number % len(places)]
                value = last if number >= total - len(places) else f"change {number}"
                writer.execute(statement, [place.column, json.dumps(value), place.row])
                if (number + 1) % per_transaction == 0:
                    writer.commit()
        return time.perf_counter() - started

    written = await asyncio.to_thread(write)
    await asyncio.gather(*(page.done.wait() for page in pages))
    right = time.perf_counter() - started
    for task in following:
        task.cancel()
    for page in pages:
        page.socket.close()
    frames = sum(page.frames for page in pages)
    return [
        per_transaction,
        written,
        right,
        round(total / right),
        frames,
        server.cpu_seconds - used,
    ]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--lists", type=int, default=1_000)
    options = parser.parse_args()
    with installation() as server:
        for title, make in [
            ("each list another table", different_tables),
            ("all lists in one table of 100,000 rows", places_in_one_table),
        ]:
            places = make(options.lists)
            lines = [asyncio.run(measure(server, places, each, options.rows)) for each in (1, 100)]
            show(
                f"throughput: {options.rows:,} rows over {options.lists:,} lists, {title}",
                [
                    "rows a transaction",
                    "written after, s",
                    "all pages right after, s",
                    "rows/s",
                    "frames",
                    "server CPU, s",
                ],
                lines,
            )


if __name__ == "__main__":
    main()
