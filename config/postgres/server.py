"""Starting and stopping one embedded PostgreSQL server.

Whoever starts or stops takes a lock beside the data folder, so of several that start at once
exactly one does it and the others find it running. The lock ends with its process: nothing
stale is ever left. A note of a server that was killed is recognised and removed.
"""

import fcntl
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

from config.postgres import address
from config.postgres.account import (
    Account,
    check_reachable,
    readable_binaries,
    server_account,
)
from config.postgres.binaries import Binaries
from config.postgres.errors import PostgresError
from config.postgres.process import postmaster_of

PATIENCE = 60  # seconds for a start; recovery after a kill took up to 7
STOP_PATIENCE = 20  # seconds for a stop, before clients are cut off
LOOK_AGAIN = 0.1  # seconds between two looks at a server that is coming up
LOG_SHOWN = 2000  # characters of the server's log in an error

#: What the sync layer needs of a server, and limits that suit one machine.
OPTIONS: Mapping[str, str] = {
    "listen_addresses": "",
    "wal_level": "logical",
    "max_connections": "200",
    "max_wal_senders": "20",
    "max_replication_slots": "20",
    "max_slot_wal_keep_size": "2GB",
    "shared_buffers": "128MB",
}

#: Initialises a cluster that sorts and compares alike on every machine. From 17 on PostgreSQL
#: brings its own Unicode rules; before, the C library's for characters, bytes for order.
INITDB = ("--username", address.ROLE, "--auth", "trust", "--encoding", "UTF8", "--no-sync")
LOCALE = ("--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
LOCALE_BEFORE_17 = ("--no-locale", "--lc-ctype=C.UTF-8")


class State(Enum):
    """How the server of a data folder is doing."""

    ABSENT = "has no data yet"
    STOPPED = "is stopped"
    STARTING = "runs, but does not answer yet"
    RUNNING = "is running"


class Start(Enum):
    """What a start came to."""

    CREATED = "made its data folder and started"
    STARTED = "started"
    RAN_ALREADY = "was running already"


class PostgresServer:
    """The server of one data folder, run by this user, or for root by an unprivileged one."""

    def __init__(
        self, data: Path, binaries: Binaries, *, options: Mapping[str, str] | None = None
    ) -> None:
        self.data = data.resolve()
        self.socket = address.socket_folder(self.data)
        self.log = self.data / "server.log"
        self._options = {**OPTIONS, **(options or {})}
        self._account: Account = server_account()
        self._found = binaries

    def url(self, database: str = address.DATABASE) -> str:
        """Return the address of one of the server's databases."""
        return address.url(self.data, database)

    def state(self) -> State:
        """Look at the data folder, the process and the socket."""
        if not self._has_data():
            return State.ABSENT
        if postmaster_of(self.data) is None:
            return State.STOPPED
        return State.RUNNING if self._answers() else State.STARTING

    def start(self) -> Start:
        """Start the server unless it runs; return when it answers."""
        with self._alone():
            if self._wait_if_it_runs():
                return Start.RAN_ALREADY
            self._account.make_private_folder(self.data)
            self._account.make_private_folder(self.socket)
            is_new = not self._has_data()
            if is_new:
                self._create()
            self._remove_stale_notes()
            self._start()
            return Start.CREATED if is_new else Start.STARTED

    def stop(self) -> bool:
        """Stop the server; tell whether it was running.

        A client that reads its replication stream no more would hold up an orderly stop,
        so after a while the server is stopped at once. It recovers at its next start.
        """
        with self._alone():
            if postmaster_of(self.data) is None:
                return False
            stop = ("stop", "-w", "-t", str(STOP_PATIENCE), "-D", str(self.data))
            if self._run("pg_ctl", *stop, "-m", "fast").failed:
                self._run("pg_ctl", *stop, "-m", "immediate").check()
            return True

    def create_database(self, name: str = address.DATABASE) -> bool:
        """Create a database unless it exists; tell whether it was made."""
        import psycopg
        from psycopg import sql

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            try:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                return False
        return True

    # ── one step each ───────────────────────────────────────────────────────

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock of this data folder."""
        lock = self.data.with_name(self.data.name + ".lock")
        try:
            self.data.parent.mkdir(parents=True, exist_ok=True)
            check_reachable(self.data, self._account)
            handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        except PermissionError as error:
            raise PostgresError(
                f"{lock} cannot be written by you. If another user made {lock.parent}, go on "
                "as that user, or set PLAINROW_DATA to a folder of yours."
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _has_data(self) -> bool:
        return (self.data / "PG_VERSION").exists()

    def _wait_if_it_runs(self) -> bool:
        """Tell whether the server runs, and wait until one that is coming up answers."""
        deadline = time.monotonic() + PATIENCE
        while postmaster_of(self.data) is not None:
            if self._answers():
                return True
            if time.monotonic() > deadline:
                raise PostgresError(
                    f"The PostgreSQL of {self.data} runs but has not answered for {PATIENCE} "
                    f"seconds. Its log ends with:\n{self._end_of_log()}"
                )
            time.sleep(LOOK_AGAIN)
        return False

    def _create(self) -> None:
        locale = LOCALE if self._binaries.major >= 17 else LOCALE_BEFORE_17
        self._run("initdb", "--pgdata", str(self.data), *INITDB, *locale).check()

    def _remove_stale_notes(self) -> None:
        """Remove what a killed server noted: no process of this data folder is alive.

        PostgreSQL does so itself only once the process number is free, which takes for ever
        where nobody collects dead processes, or where it was given to another one.
        """
        for note in [self.data / "postmaster.pid", *self.socket.glob(".s.PGSQL.*")]:
            note.unlink(missing_ok=True)

    def _start(self) -> None:
        options = {**self._options, "unix_socket_directories": str(self.socket)}
        words = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        command = ("start", "-w", "-t", str(PATIENCE), "-D", str(self.data), "-l", str(self.log))
        deadline = time.monotonic() + PATIENCE
        while True:
            shown = self.log.stat().st_size if self.log.exists() else 0
            result = self._run("pg_ctl", *command, "-o", words)
            if not result.failed:
                return
            said = self._end_of_log(since=shown)
            # Children of a killed server need a moment to notice and leave.
            if "shared memory block" not in said or time.monotonic() > deadline:
                raise PostgresError(
                    f"PostgreSQL did not start in {self.data}. {_advice(said)}\n"
                    f"{said or result.output}"
                )
            time.sleep(LOOK_AGAIN)

    def _answers(self) -> bool:
        """Tell whether the server takes connections; any answer but "starting up" will do."""
        import psycopg

        try:
            psycopg.connect(self.url("postgres"), connect_timeout=3).close()
        except psycopg.OperationalError as error:
            return "too many clients" in str(error) or "remaining connection slots" in str(error)
        return True

    def _end_of_log(self, since: int = 0) -> str:
        try:
            with self.log.open("rb") as file:
                file.seek(since)
                return file.read().decode(errors="replace")[-LOG_SHOWN:].strip()
        except FileNotFoundError:
            return ""

    @property
    def _binaries(self) -> Binaries:
        return readable_binaries(self._found, self._account, self.data.parent)

    def _run(self, program: str, *arguments: str) -> "_Result":
        # Output goes to a file: the server inherits it, and a pipe would never end.
        with tempfile.TemporaryFile("w+") as output:
            ended = subprocess.run(
                [self._binaries.folder / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True,  # Ctrl-C in the terminal is not for the server
                **self._account.as_subprocess(),
            )
            output.seek(0)
            return _Result(program, ended.returncode, output.read().strip())


class _Result:
    """How one of PostgreSQL's programs ended."""

    def __init__(self, program: str, code: int, output: str) -> None:
        self.program = program
        self.failed = code != 0
        self.output = output

    def check(self) -> None:
        """Raise what the program said if it failed."""
        if self.failed:
            raise PostgresError(f"{self.program} failed: {self.output}")


def _advice(log: str) -> str:
    """Say what to do about the causes that are known."""
    if "incompatible with server" in log:
        return (
            "The data was made by another major version of PostgreSQL. Set POSTGRES_BIN to "
            "that version's programs, or start afresh with bin/demo --reset."
        )
    if "No space left" in log:
        return "The disk is full."
    return "Its log says:"
