"""The engine in a process of its own, over a database of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx

SECRET = "the secret of the tests"
PATIENCE = 60.0
ROOT = Path(__file__).parent.parent.parent


class EngineProcess:
    """``manage.py sync_engine``, which may be killed and started again at its address."""

    def __init__(self, database: str, folder: Path) -> None:
        self._database = database
        self._folder = folder
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{self._port}/v1/shape"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = ["manage.py", "sync_engine", "--port", str(self._port)]
        with (self._folder / "engine.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "ignore", *command, "--folder", str(self._folder)],
                cwd=ROOT,
                env={
                    **os.environ,
                    "DATABASE_URL": self._database,
                    "SYNC_SECRET": SECRET,
                    "DJANGO_SETTINGS_MODULE": "tests.settings",
                },
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + PATIENCE
        while not self._answers():
            assert self._process.poll() is None, self.log
            assert time.monotonic() < end, self.log
            time.sleep(0.05)

    def stop(self) -> None:
        """End it in order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    @property
    def log(self) -> str:
        return (self._folder / "engine.log").read_text()

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE)
            self._process = None

    def _answers(self) -> bool:
        try:
            answer = httpx.get(self.url.replace("/v1/shape", "/v1/health"), timeout=PATIENCE)
        except httpx.TransportError:
            return False
        return answer.status_code in (200, 202)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def database_named(name: str) -> str:
    """The address of another database of the tests' server."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
