"""The engine as somebody else runs it: a process of its own, with a secret, over HTTP."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from config.paths import BASE

PATIENCE = 60
SECRET = "known to the tests & to nobody else"


@dataclass(frozen=True)
class EngineProcess:
    """Where it is, and what it wrote."""

    port: int
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Where shapes are read."""
        return f"http://127.0.0.1:{self.port}/v1/shape"

    def kill(self) -> None:
        """End it as the machine would: at once."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def delete(self, handle: str) -> None:
        """End a shape, as an operator does."""
        query = urlencode({"secret": SECRET, "handle": handle})
        request = urllib.request.Request(f"{self.url}?{query}", method="DELETE")
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            assert response.status == 202


@contextmanager
def engine_process(
    database_url: str, folder: Path, *, port: int | None = None
) -> Iterator[EngineProcess]:
    """Run ``manage.py sync_engine`` in a project that knows nothing of the product."""
    env = os.environ | {
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": "tests.project.settings",
        "SYNC_SECRET": SECRET,
    }
    port = port or _free_port()
    command = [sys.executable, "manage.py", "sync_engine", "--port", str(port), "--allow-delete"]
    log = folder / "engine.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, "--folder", str(folder)], cwd=BASE, env=env, stdout=output, stderr=output
        )
        try:
            _wait_until_active(f"http://127.0.0.1:{port}/v1/health", process, log)
            yield EngineProcess(port, log, process)
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_active(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=PATIENCE) as response:
                if response.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError):
            pass
    raise AssertionError(f"The engine did not start:\n{log.read_text()}")
