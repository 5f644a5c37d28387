"""Commit in psql → fragment received by a websocket client."""

from __future__ import annotations

import argparse
import asyncio
import time

from bench.installation import installation, made_table, sign_in, token_of
from bench.sockets import LiveSocket
from bench.tables import percentile, show


async def measure(port: int, changes: int, rows: int) -> list[float]:
    """Milliseconds for each change."""
    import psycopg

    from electric_sync import conf

    table = made_table(f"Latency {rows}", rows)
    ((cookie, session),) = sign_in(1)
    socket = await LiveSocket.open(port, cookie)
    socket.send(type="subscribe", sub="s", token=token_of(table, session), etag=None, size=100)
    await socket.hear("frame")
    column = table.columns.filter(type="number").first() or table.columns.first()
    keys = [key for (key,) in table.rows.order_by("position", "id").values_list("pk")[:100]]
    taken = []
    with psycopg.connect(conf.conninfo(), autocommit=True) as writer:
        for number in range(changes):
            writer.execute(
                "UPDATE data_table_rows SET cells = jsonb_set(cells, ARRAY[%s], %s::jsonb)"
                " WHERE id = %s",
                [str(column.pk), str(1_000_000 + number), keys[number * 37 % len(keys)]],
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
    with installation() as server:
        for rows in (100, 100_000):
            taken = asyncio.run(measure(server.port, options.changes, rows))
            lines.append([f"{rows:,}", percentile(taken, 0.5), percentile(taken, 0.99), max(taken)])
    show(
        "latency: commit returned → fragment received, ms",
        ["rows in the table", "median", "p99", "max"],
        lines,
    )


if __name__ == "__main__":
    main()
