"""An installation to measure: PostgreSQL, a database, and a server process of its own."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from config.paths import BASE, data_folder
from config.postgres import PostgresServer, find_binaries

PEER = "bench.peer_server:application"
SERVER = [sys.executable, "-m", "daphne", "-v", "0", "-b", "127.0.0.1"]
APPLICATION = "config.asgi:application"
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Server:
    """The web process."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def cpu_seconds(self) -> float:
        """Processor time used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS

    @property
    def memory(self) -> int:
        """Resident bytes."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * PAGE_SIZE


@contextmanager
def installation(port: int = 8765) -> Iterator[Server]:
    """PostgreSQL with the sample company, Django set up in this process, and a server."""
    with _database():
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("load_sample", stdout=io.StringIO())
        with served(APPLICATION, port) as server:
            yield server


@contextmanager
def engine(port: int = 8767) -> Iterator[tuple[Server, str]]:
    """PostgreSQL with an empty database, and the engine in a process of its own; and the
    database's address."""
    command = [sys.executable, "manage.py", "sync_engine", "--port", str(port)]
    with _database() as address, _process(command, port, "/v1/health") as server:
        yield server, address


@contextmanager
def _database() -> Iterator[str]:
    """PostgreSQL with an empty database, and settings that lead there; gives its address."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # else nothing below would stop
    folder = data_folder() / "bench"
    shutil.rmtree(folder, ignore_errors=True)
    os.environ.update(
        DEMO="1",
        DJANGO_SETTINGS_MODULE="config.settings",
        PLAINROW_DATA=str(folder),
        # A benchmark has its loop to itself: it may ask the database in between.
        DJANGO_ALLOW_ASYNC_UNSAFE="1",
    )
    os.environ.pop("DATABASE_URL", None)
    folder.mkdir(parents=True)
    postgres = PostgresServer(
        folder / "postgres", find_binaries(os.environ.get("POSTGRES_BIN", ""))
    )
    postgres.start()
    try:
        postgres.create_database()
        yield postgres.url()
    finally:
        postgres.stop()


@contextmanager
def served(application: str, port: int) -> Iterator[Server]:
    """A web process with this application."""
    with _process([*SERVER, "-p", str(port), application], port, "/sign-in") as server:
        yield server


@contextmanager
def _process(command: Sequence[str], port: int, page: str) -> Iterator[Server]:
    """A server process, from when it answers for a page of its."""
    process = subprocess.Popen(command, cwd=BASE)
    try:
        _wait_for(f"http://127.0.0.1:{port}{page}")
        yield Server(port, process)
    finally:
        process.terminate()
        process.wait()


def sign_in(count: int) -> list[tuple[str, str]]:
    """``count`` sessions of the sample company's owner: cookie and session id."""
    return sign_in_as([owner().user] * count)


def owner():
    """The membership of the sample company's owner."""
    from workspaces.models import Membership

    return (
        Membership.objects.filter(role="owner", company__name="Harbour & Hill")
        .select_related("user")
        .order_by("pk")
        .first()
    )


def sign_in_as(people: Sequence[Any]) -> list[tuple[str, str]]:
    """A session in the sample company for each of these users: cookie and session id."""
    from django.conf import settings
    from django.utils import timezone

    from electric_sync.models import UserSession
    from electric_sync.sessions import auth_hash, hash_key

    tenant = str(owner().company_id)
    made = []
    for person in people:
        key = _django_session(person)
        made.append(
            UserSession(
                key_hash=hash_key(key),
                user=person,
                auth_hash=auth_hash(person),
                tenant=tenant,
                expires_at=timezone.now() + timedelta(hours=1),
            )
        )
        made[-1].cookie = f"{settings.SESSION_COOKIE_NAME}={key}"
    UserSession.objects.bulk_create(made)
    return [(each.cookie, str(each.pk)) for each in made]


def _django_session(user) -> str:
    """Django's own side of a sign-in; returns the key."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def token_of(table, session_id: str) -> str:
    """The token that a table's page has for its rows."""
    from electric_sync.live import tokens

    return tokens.dump(
        "table_rows",
        session_id,
        str(table.company_id),
        {"workspace_id": table.workspace_id, "table_id": table.pk},
    )


def made_table(name: str, rows: int):
    """A table of made-up rows."""
    from django.core.management import call_command

    from workspaces.models import DataTable

    call_command(
        "add_rows_table",
        "--rows",
        str(rows),
        "--name",
        name,
        stdout=io.StringIO(),
    )
    return DataTable.objects.get(name=name)


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as response:
                if response.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError):
            pass
        if time.monotonic() > deadline:
            raise TimeoutError(f"{address} does not answer")
        time.sleep(0.1)
