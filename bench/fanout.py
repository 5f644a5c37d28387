"""One change → many websocket sessions on one list: time to the last, CPU, memory."""

from __future__ import annotations

import argparse
import asyncio
import time

from bench.installation import (
    PEER,
    Server,
    installation,
    made_table,
    served,
    sign_in,
    token_of,
)
from bench.latency import CHANGE
from bench.sockets import opened
from bench.tables import percentile, show


async def measure(
    server: Server, table, sessions: int, changes: int, *, is_peer: bool = False
) -> list[object]:
    """One line of the table."""
    import psycopg

    from electric_sync import conf

    before = server.memory
    signed_in = sign_in(sessions)
    sockets = await opened(server.port, [cookie for cookie, _ in signed_in])
    if not is_peer:
        for socket, (_, session) in zip(sockets, signed_in, strict=True):
            token = token_of(table, session)
            socket.send(type="subscribe", sub="s", token=token, etag=None, size=100)
        await asyncio.gather(*(socket.hear("frame") for socket in sockets))
    await asyncio.sleep(2)
    memory = (server.memory - before) / sessions / 1000
    column = table.columns.filter(type="number").first() or table.columns.first()
    key = table.rows.order_by("position", "id").values_list("pk", flat=True)[5]
    taken, cpu = [], []
    with psycopg.connect(conf.conninfo(), autocommit=True) as writer:
        for number in range(changes):
            used = server.cpu_seconds
            text = str(sessions * 1_000_000 + number)
            writer.execute(CHANGE, [str(column.pk), text, key])
            committed = time.perf_counter()
            await asyncio.gather(*(socket.hear_of(text) for socket in sockets))
            taken.append((time.perf_counter() - committed) * 1000)
            await asyncio.sleep(0.5)
            cpu.append((server.cpu_seconds - used) * 1000)
    for socket in sockets:
        socket.close()
    name = "notify and group_send" if is_peer else "Plainrow"
    return [sessions, name, percentile(taken, 0.5), max(taken), percentile(cpu, 0.5), memory]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=20)
    options = parser.parse_args()
    with installation() as server, served(PEER, server.port + 1) as peer:
        table = made_table("Fanout", 1000)
        lines = [
            asyncio.run(measure(each, table, sessions, options.changes, is_peer=each is peer))
            for sessions in (1, 100, 1000)
            for each in (server, peer)
        ]
    show(
        "fanout: one change to many sessions on one list",
        [
            "sessions",
            "",
            "ms to the last, median",
            "worst",
            "server CPU a change, ms",
            "memory a session, kB",
        ],
        lines,
    )


if __name__ == "__main__":
    main()
