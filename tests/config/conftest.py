import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.paths import data_folder
from config.postgres import PostgresServer, find_binaries

OPTIONS = {"fsync": "off", "max_connections": "20", "shared_buffers": "16MB"}


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty folder that PostgreSQL's user can reach; pytest's own are private to root."""
    data_folder().mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="test-place-", dir=data_folder()))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def server(place: Path) -> Iterator[PostgresServer]:
    """A server with a data folder of its own, not started yet."""
    server = PostgresServer(place / "postgres", find_binaries(), options=OPTIONS)
    yield server
    server.stop()
    shutil.rmtree(server.socket, ignore_errors=True)
