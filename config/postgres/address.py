"""Where an embedded server listens: computed from its data folder, nothing is looked up."""

import hashlib
from pathlib import Path
from urllib.parse import quote

DATABASE = "plainrow"
ROLE = "app"

#: Not the system's temporary folder: that may differ from shell to shell, and the path of a
#: socket is limited to 108 bytes (104 on macOS).
SOCKETS = Path("/tmp")  # noqa: S108  (the folder below it is checked to be ours alone)


def data_of(folder: Path) -> Path:
    """Return the data folder of the demo's server below the project's data folder."""
    return folder / "postgres"


def socket_folder(data: Path) -> Path:
    """Return the folder of the socket: short, and the same for whoever asks."""
    name = hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:16]
    return SOCKETS / f"plainrow-{name}"


def url(data: Path, database: str = DATABASE) -> str:
    """Return the address of a database of the server with this data folder."""
    host = quote(str(socket_folder(data)), safe="/")
    return f"postgresql://{ROLE}@/{database}?host={host}"


def embedded_url(folder: Path) -> str:
    """Return the address of the demo's database, for settings."""
    return url(data_of(folder))
