"""The product as somebody runs it: daphne in a process of its own, on a database of its own."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).parents[2]
LISTENING = "Listening on TCP address"


@dataclass
class Installation:
    """A running server with the sample companies."""

    port: int
    database_url: str
    environment: dict[str, str]
    log: Path
    process: "subprocess.Popen[str] | None" = None
    _reader: Thread | None = None

    @property
    def address(self) -> str:
        """Where browsers find it."""
        return f"http://localhost:{self.port}"

    @property
    def other_address(self) -> str:
        """The same server under another name, with cookies of its own."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the server, and return when it listens."""
        command = ["daphne", "-b", "127.0.0.1", "-p", str(self.port), "config.asgi:application"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        listening = Event()
        self._reader = Thread(target=self._read, args=[self.process, listening])
        self._reader.start()
        assert listening.wait(timeout=30), self.log.read_text()

    def stop(self) -> None:
        """End the server as an operator does."""
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=20)
            self.process = None
        if self._reader:
            self._reader.join()
            self._reader = None

    def manage(self, *arguments: str) -> None:
        """Run a command of manage.py."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def psql(self, statement: str, *values: object) -> None:
        """Change something behind the application's back."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute(statement.encode(), values)

    def _read(self, process: "subprocess.Popen[str]", listening: Event) -> None:
        assert process.stderr
        with process.stderr, self.log.open("a") as log:
            for line in process.stderr:
                log.write(line)
                log.flush()
                if LISTENING in line:
                    listening.set()


@contextmanager
def installed(server_url: str, folder: Path) -> Iterator[Installation]:
    """Make a database with the sample companies and serve it."""
    name = f"{urlsplit(server_url).path.strip('/')}_browser"
    admin, own = _address(server_url, "postgres"), _address(server_url, name)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    environment = {
        **os.environ,
        "DATABASE_URL": own,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DEMO": "1",
        "LOG_LEVEL": "INFO",  # daphne says when it listens
    }
    site = Installation(_free_port(), own, environment, folder / "server.log")
    site.manage("migrate", "--verbosity", "0")
    site.manage("load_sample")
    site.start()
    try:
        yield site
    finally:
        site.stop()
        with psycopg.connect(admin, autocommit=True) as connection:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(name)))


def _address(url: str, database: str) -> str:
    return urlsplit(url)._replace(path=f"/{database}").geturl()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
