"""Commit in psql → fragment received by a websocket client."""

from __future__ import annotations

import argparse
import asyncio
import time

from bench.installation import PEER, installation, made_table, served, sign_in, token_of
from bench.sockets import LiveSocket
from bench.tables import percentile, show

#: The peer is told by a notification; for ours it is a wasted word.
CHANGE = """
    WITH changed AS (
        UPDATE data_table_rows SET cells = jsonb_set(cells, ARRAY[%s], %s::jsonb)
         WHERE id = %s RETURNING id
    ) SELECT pg_notify('bench_rows', id::text) FROM changed
"""


async def measure(port: int, changes: int, table, *, is_peer: bool = False) -> list[float]:
    """Milliseconds for each change."""
    import psycopg

    from electric_sync import conf

    ((cookie, session),) = sign_in(1)
    socket = await LiveSocket.open(port, cookie)
    await socket.hear("welcome")
    if not is_peer:
        socket.send(type="subscribe", sub="s", token=token_of(table, session), etag=None, size=100)
        await socket.hear("frame")
    column = table.columns.filter(type="number").first() or table.columns.first()
    keys = [key for (key,) in table.rows.order_by("position", "id").values_list("pk")[:100]]
    taken = []
    with psycopg.connect(conf.conninfo(), autocommit=True) as writer:
        for number in range(changes):
            writer.execute(
                CHANGE, [str(column.pk), str(1_000_000 + number), keys[number * 37 % len(keys)]]
            )
            committed = time.perf_counter()
            await socket.hear_of(str(1_000_000 + number))
            taken.append((time.perf_counter() - committed) * 1000)
            await asyncio.sleep(0.02)
    socket.close()
    return taken


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=500)
    options = parser.parse_args()
    lines = []
    with installation() as server, served(PEER, server.port + 1) as peer:
        for rows in (100, 100_000):
            table = made_table(f"Latency {rows}", rows)
            for name, port in (("Plainrow", server.port), ("notify and group_send", peer.port)):
                is_peer = port == peer.port
                taken = asyncio.run(measure(port, options.changes, table, is_peer=is_peer))
                line = [percentile(taken, 0.5), percentile(taken, 0.99), max(taken)]
                lines.append([f"{rows:,}", name, *line])
    show(
        "latency: commit returned → fragment received, ms",
        ["rows in the table", "", "median", "p99", "max"],
        lines,
    )


if __name__ == "__main__":
    main()
