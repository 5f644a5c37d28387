"""The demo: from a fresh clone to a page in the browser, and back to nothing on Ctrl-C."""

import argparse
import fcntl
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

from config.postgres.actions import RAN_ALREADY
from config.processes import is_alive
from workshop.packages import browser_packages, python_packages
from workshop.places import BASE, BIN, DATA, LOGS, clean_environment, left_out
from workshop.steps import Stop, run, step, writable_folder

DAPHNE: list[str | Path] = [BIN / "daphne", "--verbosity", "0", "--bind", "127.0.0.1"]
APPLICATION = "config.asgi:application"
PATIENCE = 60  # seconds for the server to answer
STOP_PATIENCE = 10  # seconds for a program to end by itself
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


def main() -> int:
    """Run the demo; return the exit status."""
    options = _parse()
    for signum in ENDING:
        signal.signal(signum, _interrupt)
    try:
        _demo(options)
    except Stop as stop:
        print(f"\n{stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Everything is stopped. Your data is kept; bin/demo goes on with it.")
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/demo",
        description="Installs what is needed, starts PostgreSQL and the server with a sample "
        "company, and prints the addresses. Ctrl-C stops everything. Started again, it goes on "
        "with the same data.",
    )
    parser.add_argument("--port", type=int, default=8000, help="default: 8000")
    parser.add_argument("--reset", action="store_true", help="begin with the sample data anew")
    parser.add_argument("--rows", type=int, metavar="N", help="add a table of N rows")
    parser.add_argument("--busy", action="store_true", help="simulated colleagues edit as you look")
    return parser.parse_args()


def _demo(options: argparse.Namespace) -> None:
    print("Plainrow's demo")
    writable_folder(DATA)
    with _undisturbed_end() as running:
        running.enter_context(_only_one_here(options.port))
        was_killed = _end_leftovers(running)
        _check_port(options.port)
        if left_out():
            print(f"  Not used by the demo, though set here: {', '.join(left_out())}")
        python_packages("requirements-demo.txt")
        browser_packages()
        _start_postgres(running, reset=options.reset, ours=was_killed)
        _fill(options.rows)
        server = _start_server(running, options.port)
        colleagues = _start_colleagues(running) if options.busy else None
        _say_ready(options)
        _watch(server, colleagues)


@contextmanager
def _undisturbed_end() -> Iterator[ExitStack]:
    """Undo at the end what was started; a second Ctrl-C does not leave half of it running."""
    with ExitStack() as running:
        try:
            yield running
        finally:
            for signum in ENDING:
                signal.signal(signum, signal.SIG_IGN)


# ── before anything starts ──────────────────────────────────────────────────


@contextmanager
def _only_one_here(port: int) -> Iterator[None]:
    """Hold the lock of this clone's data. It ends with this process, so it is never stale."""
    path = DATA / "demo.lock"
    try:
        lock = path.open("a+")
    except PermissionError as error:
        raise Stop(
            f"{path} is not writable for you. If another user ran bin/demo here before, go on "
            "as that user, or clone into a folder of yours."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Stop(_already_running(lock)) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()} {port}\n")
        lock.flush()
        yield


def _already_running(lock: IO[str]) -> str:
    lock.seek(0)
    process, _, port = lock.read().strip().partition(" ")
    return (
        f"bin/demo is running already in this clone (process {process}), at "
        f"http://127.0.0.1:{port}. Use it there, or stop it first: Ctrl-C in its terminal, or "
        f"kill {process}"
    )


def _check_port(port: int) -> None:
    problem = _problem_with_port(port)
    if problem:
        free = next(
            (other for other in range(port + 1, port + 50) if not _problem_with_port(other)), 0
        )
        raise Stop(f"{problem} Use another: bin/demo --port {free or 8000}")


def _problem_with_port(port: int) -> str:
    if not 0 < port < 65536:
        return f"{port} is not a port."
    for family, host in LOOPBACK.items():
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except PermissionError:
                return f"Port {port} is reserved for root."
            except OSError:
                if family == socket.AF_INET or _listens(host, port):
                    return f"Port {port} is taken by another program."
    return ""


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


# ── the database ────────────────────────────────────────────────────────────


def _manage(*words: str) -> list[str | Path]:
    return [BIN / "python", BASE / "manage.py", *words]


def _environment() -> dict[str, str]:
    return clean_environment(DEMO="1")


def _run_manage(*words: str) -> str:
    return run(_manage(*words), log=LOGS / f"{words[0]}.log", env=_environment())


def _postgres(action: str) -> str:
    command: list[str | Path] = [BIN / "python", "-m", "config.postgres", action]
    return run(command, log=LOGS / "postgres.log", env=_environment())


def _start_postgres(running: ExitStack, *, reset: bool, ours: bool) -> None:
    if reset:
        with step("Removing the demo's data"):
            _postgres("stop")
            shutil.rmtree(DATA / "postgres", ignore_errors=True)
    # Promised before it is done, in case Ctrl-C comes in between.
    stop = running.enter_context(ExitStack())
    stop.callback(_stop_postgres)
    with step("Starting PostgreSQL") as note:
        said = _postgres("start")
        if RAN_ALREADY in said and not ours:
            note.text = "was running already, and will go on"
            stop.pop_all()


def _stop_postgres() -> None:
    with step("Stopping PostgreSQL"):
        _postgres("stop")


def _fill(rows: int | None) -> None:
    with step("Bringing the tables up to date"):
        _run_manage("migrate", "--no-input")
    with step("Loading the sample company, if it is not there"):
        _run_manage("load_sample")
    if rows:
        with step(f"Adding a table of {rows:,} rows") as note:
            note.text = _run_manage("add_rows_table", "--rows", str(rows)).rstrip(".")


# ── the programs that run until Ctrl-C ──────────────────────────────────────

PROGRAMS = DATA / "demo.programs"  # a process number a line, in case this one gets killed


def _start(
    running: ExitStack, title: str, command: list[str | Path], output: IO[str] | None = None
) -> subprocess.Popen[bytes]:
    # A session of its own, so that Ctrl-C reaches this program alone, which stops the others
    # one after another.
    program = subprocess.Popen(
        command,
        cwd=BASE,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=output,
        start_new_session=True,
    )
    running.callback(_end, title, program)
    with PROGRAMS.open("a") as noted:
        noted.write(f"{program.pid}\n")
    return program


def _end(title: str, program: subprocess.Popen[bytes]) -> None:
    if program.poll() is not None:
        return
    with step(f"Stopping {title}"):
        program.terminate()
        try:
            program.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


def _end_leftovers(running: ExitStack) -> bool:
    """End what a demo that was killed left running in this clone; tell whether one was."""
    was_killed = PROGRAMS.exists()
    noted = PROGRAMS.read_text().split() if was_killed else []
    left = [int(number) for number in noted if is_alive(int(number), str(BIN))]
    if left:
        with step("Stopping what a demo that was killed left running"):
            for number in left:
                os.kill(number, signal.SIGTERM)
            deadline = time.monotonic() + STOP_PATIENCE
            while any(is_alive(number, str(BIN)) for number in left):
                if time.monotonic() > deadline:
                    raise Stop(f"They do not stop. Try: kill -9 {' '.join(map(str, left))}")
                time.sleep(0.1)
    PROGRAMS.write_text("")
    running.callback(PROGRAMS.unlink)
    return was_killed


def _start_server(running: ExitStack, port: int) -> subprocess.Popen[bytes]:
    with step("Starting the server"):
        server = _start(running, "the server", [*DAPHNE, "--port", str(port), APPLICATION])
        deadline = time.monotonic() + PATIENCE
        while not _answers(port):
            if server.poll() is not None:
                raise Stop("The server ended at once. What it said is above.")
            if time.monotonic() > deadline:
                raise Stop(f"The server has not answered for {PATIENCE} seconds.")
            time.sleep(0.1)
    return server


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/sign-in")
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except OSError:
        return False
    finally:
        connection.close()


def _start_colleagues(running: ExitStack) -> subprocess.Popen[bytes]:
    with (LOGS / "simulate_colleagues.log").open("w") as log:
        return _start(running, "the colleagues", _manage("simulate_colleagues"), log)


def _say_ready(options: argparse.Namespace) -> None:
    busy = "Simulated colleagues are at work in the sample company.\n" if options.busy else ""
    print(
        f"\nReady:  http://127.0.0.1:{options.port}  and  http://localhost:{options.port}\n\n"
        "Open both: to the browser they are two sites, so you can be two people side by side.\n"
        "Change the data from elsewhere, too, and watch both pages:\n"
        f"  {_typed_command()} postgres psql\n{busy}"
        "Ctrl-C stops everything.\n",
        flush=True,
    )


def _typed_command() -> str:
    """Return how somebody in this folder would type manage.py for the demo."""
    data = f"PLAINROW_DATA={DATA} " if os.environ.get("PLAINROW_DATA") else ""
    where = os.path.relpath(BIN / "python")
    return f"{data}DEMO=1 {where} {os.path.relpath(BASE / 'manage.py')}"


def _watch(server: subprocess.Popen[bytes], colleagues: subprocess.Popen[bytes] | None) -> None:
    """Wait until Ctrl-C; a server that ends by itself is an error, colleagues may go home."""
    while server.poll() is None:
        if colleagues is not None and colleagues.poll() is not None:
            print("The simulated colleagues have stopped.", flush=True)
            colleagues = None
        time.sleep(0.5)
    raise Stop(f"The server ended by itself (status {server.returncode}). What it said is above.")


def _interrupt(signum: int, frame: FrameType | None) -> None:
    if signum == signal.SIGHUP:
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115  (the terminal is gone)
    raise KeyboardInterrupt
