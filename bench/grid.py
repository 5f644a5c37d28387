"""A table's page: time and size at 1,000, 100,000 and 1,000,000 rows."""

from __future__ import annotations

import argparse
import time
import urllib.request

from bench.installation import Server, installation, made_table, sign_in
from bench.tables import percentile, show


def measure(server: Server, table, address: str, times: int) -> list[object]:
    """Median and worst milliseconds, and the page's size."""
    ((cookie, _),) = sign_in(1)
    taken, size = [], 0
    for _ in range(times):
        started = time.perf_counter()
        request = urllib.request.Request(
            f"http://127.0.0.1:{server.port}{address}", headers={"Cookie": cookie}
        )
        with urllib.request.urlopen(request) as response:
            body = response.read()
        assert b"data-row" in body, "the page is no table"
        size = len(body)
        taken.append((time.perf_counter() - started) * 1000)
    return [percentile(taken, 0.5), max(taken), size // 1000]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    options = parser.parse_args()
    lines = []
    with installation() as server:
        for rows in (1_000, 100_000, 1_000_000):
            table = made_table(f"Grid {rows}", rows)
            lines.append([rows, *measure(server, table, f"/t/{table.pk}/", options.times)])
    show(
        "grid: the first page of a table, in position order",
        ["rows", "median ms", "worst ms", "page, kB"],
        lines,
    )


if __name__ == "__main__":
    main()
