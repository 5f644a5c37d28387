"""What people and programs ask of the demo's server, with the sentence that answers them."""

import os
from pathlib import Path
from typing import NoReturn

from config.postgres.address import data_of
from config.postgres.binaries import find_binaries
from config.postgres.errors import PostgresError
from config.postgres.server import PostgresServer, Start, State

#: What `start` answers if it had nothing to do; bin/demo then leaves the server running.
RAN_ALREADY = f"PostgreSQL {Start.RAN_ALREADY.value}"


def start(folder: Path, binaries: str = "") -> str:
    """Start the server and make its database."""
    server = _server(folder, binaries)
    outcome = server.start()
    server.create_database()
    return f"PostgreSQL {outcome.value}. Its data is in {server.data}."


def stop(folder: Path, binaries: str = "") -> str:
    """Stop the server."""
    stopped = _server(folder, binaries).stop()
    return "PostgreSQL stopped." if stopped else "PostgreSQL was not running."


def status(folder: Path, binaries: str = "") -> str:
    """Say how the server is doing and where it is."""
    server = _server(folder, binaries)
    state = server.state()
    where = f"Its address is {server.url()}" if state is State.RUNNING else ""
    return f"PostgreSQL {state.value}. Its data folder is {server.data}. {where}".strip()


def psql(folder: Path, binaries: str = "") -> NoReturn:
    """Turn this process into psql on the server's database."""
    server = _server(folder, binaries)
    if server.state() is not State.RUNNING:
        raise PostgresError("PostgreSQL is not running. Start it: manage.py postgres start")
    program = find_binaries(binaries).folder / "psql"
    if not program.exists():
        raise PostgresError(f"There is no psql beside the server, in {program.parent}.")
    os.execv(program, [str(program), server.url()])  # noqa: S606  (takes over this terminal)


ACTIONS = {action.__name__: action for action in (start, stop, status, psql)}


def _server(folder: Path, binaries: str) -> PostgresServer:
    return PostgresServer(data_of(folder), find_binaries(binaries))
