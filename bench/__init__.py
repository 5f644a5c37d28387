"""Benchmarks: one command each, a table as output. `bench/RESULTS.md` keeps the last ones.

    .venv/bin/python -m bench.latency
    .venv/bin/python -m bench.fanout
    .venv/bin/python -m bench.throughput
    .venv/bin/python -m bench.grid
    .venv/bin/python -m bench.browser
    .venv/bin/python -m bench.engine

Each starts a PostgreSQL and a server of its own, and stops them. They measure and never judge.
"""
