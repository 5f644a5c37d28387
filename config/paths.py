"""Where the project keeps what it makes: one folder, found the same way by every program.

Only the standard library is used here, because bin/demo asks before anything is installed.
"""

import hashlib
import os
import stat
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent

#: For root in a clone that lies below a private home; see `data_folder`.
SYSTEM_DATA = Path("/var/lib/plainrow")


def data_folder() -> Path:
    """Return the folder for data: `PLAINROW_DATA`, else `.data` in the clone.

    PostgreSQL refuses to run as root, so root runs it as an unprivileged user. That user
    cannot reach a folder below a private home such as /root; then the data is kept under
    /var/lib, in a folder that belongs to this clone.
    """
    chosen = os.environ.get("PLAINROW_DATA")
    if chosen:
        return Path(chosen).expanduser().resolve()
    if os.geteuid() == 0 and not reachable_by_all(BASE):
        name = hashlib.sha256(str(BASE).encode()).hexdigest()[:8]
        return SYSTEM_DATA / f"{BASE.name}-{name}"
    return BASE / ".data"


def reachable_by_all(folder: Path) -> bool:
    """Tell whether any user can walk to the folder; parts that do not exist yet do not count."""
    folder = folder.resolve()
    return all(
        place.stat().st_mode & stat.S_IXOTH for place in [folder, *folder.parents] if place.is_dir()
    )
