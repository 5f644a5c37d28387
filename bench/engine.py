"""The engine behind Electric's HTTP protocol: initial sync, latency, many shapes, many readers.

What is measured is what was measured of Electric itself: see bench/RESULTS.md.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from bench.installation import Server, engine
from bench.shapes import Shape, Waiting, answer, catch_up_all, send
from bench.tables import percentile, show

SETTLED_SECONDS = 0.03
"""After so long a request waits for sure."""
LIMIT_SECONDS = 600.0
EQUALITY, UNINDEXED = "tenant_id = $1", "tenant_id + 0 = $1"


@dataclass
class Peak:
    """The most memory that was seen, in MB."""

    megabytes: float = 0


@contextmanager
def peak_memory(server: Server) -> Iterator[Peak]:
    """Watch the process's memory."""
    peak, is_over = Peak(), threading.Event()

    def watch() -> None:
        while True:
            peak.megabytes = max(peak.megabytes, server.memory / 1e6)
            if is_over.wait(0.05):
                return

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield peak
    finally:
        is_over.set()
        watching.join()


# ── initial sync ────────────────────────────────────────────────────────────


def initial(rows: int) -> None:
    """A table of about 420 bytes of JSON a row, read as a whole: for the first time, and again."""
    lines = []
    with engine() as (server, database), psycopg.connect(database, autocommit=True) as session:
        session.execute("CREATE TABLE wide (id int PRIMARY KEY, a text, b text, j jsonb)")
        session.execute(
            "INSERT INTO wide SELECT n, md5(n::text) || left(md5((n + 1)::text), 18),"
            " md5((n + 2)::text) || md5((n + 3)::text), jsonb_build_object('id', n, 'name',"
            " md5((n + 4)::text), 'tags', jsonb_build_array('x', 'y'), 'note', repeat('n', 40))"
            f" FROM generate_series(1, {rows}) n"
        )
        session.execute("VACUUM ANALYZE wide")
        for name in ("first", "repeated", "repeated"):
            shape = Shape(server, {"table": "wide"})
            with peak_memory(server) as peak:
                started = time.perf_counter()
                shape.catch_up()
                taken = time.perf_counter() - started
            assert shape.rows == rows, f"{shape.rows} rows came"
            lines.append([name, taken, round(rows / taken), shape.size / 1e6, peak.megabytes])
    show(
        f"initial sync of {rows:,} rows",
        ["", "s", "rows/s", "MB of JSON", "memory at the peak, MB"],
        lines,
    )


# ── latency ─────────────────────────────────────────────────────────────────


def latency(changes: int) -> None:
    """One row inserted, and one reader who waits."""
    taken = []
    with engine() as (server, database), psycopg.connect(database, autocommit=True) as session:
        session.execute("CREATE TABLE one (id int PRIMARY KEY, tenant_id int, v text)")
        shape = Shape(server, {"table": "one"})
        shape.catch_up()
        for number in range(changes + 20):
            send(server, shape.target(live="true"))
            time.sleep(SETTLED_SECONDS)
            session.execute("INSERT INTO one VALUES (%s, 1, repeat('x', 32))", [number])
            committed = time.perf_counter()
            response = answer()
            shape.take(response)
            if number >= 20:  # the first are slower, and say nothing
                taken.append((time.perf_counter() - committed) * 1000)
    assert shape.rows == changes + 20, f"{shape.rows} rows came"
    show(
        f"latency of {changes:,} single rows: commit returned → long-poll answered, ms",
        ["median", "p90", "p99", "max"],
        [[*(percentile(taken, share) for share in (0.5, 0.9, 0.99)), max(taken)]],
    )


# ── many shapes ─────────────────────────────────────────────────────────────


def throughput(rows: int, shapes: int) -> None:
    """Rows written as fast as they go, over shapes that each take a part of them."""
    cases = [
        (clause, number, per_transaction)
        for clause, number in [
            *((EQUALITY, number) for number in sorted({1, max(1, shapes // 10), shapes})),
            (UNINDEXED, max(1, shapes // 10)),
        ]
        for per_transaction in (1, 100)
    ]
    show(
        f"throughput: {rows:,} rows over shapes",
        [
            "clause",
            "shapes",
            "made in, s",
            "rows a transaction",
            "written after, s",
            "last row served after, s",
            "rows/s",
            "memory at the peak, MB",
        ],
        [_throughput(rows, *case) for case in cases],
    )


def _throughput(rows: int, clause: str, number: int, per_transaction: int) -> list[object]:
    """One line of the table."""
    with engine() as (server, database):
        with psycopg.connect(database, autocommit=True) as session:
            session.execute("CREATE TABLE parts (id bigserial PRIMARY KEY, tenant_id int, v text)")
        shapes = [
            Shape(server, {"table": "parts", "where": clause, "params[1]": str(tenant)})
            for tenant in range(number)
        ]
        started = time.perf_counter()
        catch_up_all(shapes)
        made = time.perf_counter() - started
        expected = [len(range(tenant, rows, number)) for tenant in range(number)]
        with peak_memory(server) as peak:
            started = time.perf_counter()
            writer = _Writer(database, rows, number, per_transaction)
            last = (rows - 1) % number
            _read_until(shapes[last : last + 1], expected[last : last + 1], started)
            taken = time.perf_counter() - started
            writer.join()
        _read_until(shapes, expected, started)
        return [
            clause,
            number,
            made,
            per_transaction,
            writer.taken,
            taken,
            round(rows / taken),
            peak.megabytes,
        ]


class _Writer(threading.Thread):
    """Writes the rows, tenant after tenant, from inside the database."""

    def __init__(self, database: str, rows: int, tenants: int, per_transaction: int) -> None:
        super().__init__()
        self.taken = 0.0
        self._database = database
        self._statement = f"""
            DO $$ BEGIN FOR i IN 0..{rows // per_transaction - 1} LOOP
                INSERT INTO parts (tenant_id, v)
                SELECT (i * {per_transaction} + k) % {tenants}, md5(k::text)
                  FROM generate_series(0, {per_transaction - 1}) k;
                COMMIT;
            END LOOP; END $$
        """
        self.start()

    def run(self) -> None:
        """Write."""
        started = time.perf_counter()
        with psycopg.connect(self._database, autocommit=True) as session:
            # So Electric was measured, too: the disk's speed is not the question.
            session.execute("SET synchronous_commit = off")
            session.execute(self._statement)
        self.taken = time.perf_counter() - started


def _read_until(shapes: list[Shape], expected: list[int], started: float) -> None:
    """Read shapes again and again until they have their rows."""
    pending = list(zip(shapes, expected, strict=True))
    while pending:
        catch_up_all([shape for shape, _ in pending])
        pending = [(shape, rows) for shape, rows in pending if shape.rows < rows]
        assert time.perf_counter() - started < LIMIT_SECONDS, f"{len(pending)} shapes lack rows"
        if pending:
            time.sleep(0.1)
    for shape, rows in zip(shapes, expected, strict=True):
        assert shape.rows == rows, f"{shape.params}: {shape.rows} rows came, not {rows}"


# ── many readers ────────────────────────────────────────────────────────────


def fanout(numbers: list[int], rounds: int) -> None:
    """One change, and many who wait for it."""
    lines = []
    for number in numbers:
        taken = []
        with engine() as (server, database), psycopg.connect(database, autocommit=True) as session:
            session.execute("CREATE TABLE one (id int PRIMARY KEY, v text)")
            shape = Shape(server, {"table": "one"})
            shape.catch_up()
            waiting = Waiting(server, number)
            for each in range(rounds + 2):
                waiting.send(shape.target(live="true"))
                time.sleep(1)
                started = time.perf_counter()
                session.execute("INSERT INTO one VALUES (%s, 'row')", [each])
                served = waiting.answered()
                if each >= 2:
                    taken.append((served - started) * 1000)
                shape.catch_up()
            waiting.close()
            assert shape.rows == rounds + 2, f"{shape.rows} rows came"
        lines.append([number, percentile(taken, 0.5), max(taken)])
    show(
        "fanout: one change to waiting long-polls, the last served after, ms",
        ["waiting", "median", "worst"],
        lines,
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    measures = ["initial", "latency", "throughput", "fanout"]
    parser.add_argument("--only", nargs="+", choices=measures, default=measures)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the initial sync")
    parser.add_argument("--changes", type=int, default=500, help="whose latency is measured")
    parser.add_argument("--writes", type=int, default=20_000, help="rows over many shapes")
    parser.add_argument("--shapes", type=int, default=1_000)
    parser.add_argument("--waiting", type=int, nargs="+", default=[100, 500])
    parser.add_argument("--rounds", type=int, default=20, help="changes to all who wait")
    options = parser.parse_args()
    if "initial" in options.only:
        initial(options.rows)
    if "latency" in options.only:
        latency(options.changes)
    if "throughput" in options.only:
        throughput(options.writes, options.shapes)
    if "fanout" in options.only:
        fanout(options.waiting, options.rounds)


if __name__ == "__main__":
    main()
