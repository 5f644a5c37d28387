"""Who runs the server. PostgreSQL refuses to run as root, so root runs it as somebody else.

That account must be able to read the programs and to reach the data. Programs in a private
place (a virtual environment below /root) are copied beside the data; data in a private place
is refused with a message, because nothing of ours opens other people's folders.
"""

import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from config.paths import reachable_by_all
from config.postgres.binaries import Binaries
from config.postgres.errors import PostgresError

CANDIDATES = ("postgres", "nobody")
PRIVATE = 0o700


@dataclass(frozen=True)
class Account:
    """The user whose processes and files the server's are."""

    name: str
    uid: int
    gid: int

    @property
    def is_current(self) -> bool:
        """Whether that is the user that this program runs as."""
        return self.uid == os.geteuid()

    def as_subprocess(self) -> dict[str, Any]:
        """Return the arguments that make `subprocess` run a program as this user."""
        if self.is_current:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def make_private_folder(self, folder: Path) -> None:
        """Make a folder that this user alone can enter; refuse one that is somebody else's.

        A name below /tmp can be taken by anybody first, also by a link to elsewhere.
        """
        try:
            folder.mkdir(mode=PRIVATE)
        except FileExistsError:
            self._check_owner(folder)
        except PermissionError as error:
            raise PostgresError(
                f"{folder} cannot be made: {folder.parent} is not writable for you. "
                "Change its owner, or set PLAINROW_DATA to a folder of yours."
            ) from error
        if not self.is_current:
            os.chown(folder, self.uid, self.gid, follow_symlinks=False)
        folder.chmod(PRIVATE)

    def _check_owner(self, folder: Path) -> None:
        found = folder.lstat()
        ours = found.st_uid in {self.uid, os.geteuid()}
        if not (stat.S_ISDIR(found.st_mode) and ours):
            raise PostgresError(
                f"{folder} belongs to somebody else (user {found.st_uid}). If you ran this as "
                "another user before, go on as that user, or remove it; or set PLAINROW_DATA "
                "to a folder of yours."
            )


def server_account() -> Account:
    """Return the account for the server: the present one, or an unprivileged one for root."""
    if os.geteuid() != 0:
        me = pwd.getpwuid(os.geteuid())
        return Account(me.pw_name, me.pw_uid, me.pw_gid)
    for name in CANDIDATES:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(found.pw_name, found.pw_uid, found.pw_gid)
    raise PostgresError(
        "PostgreSQL does not run as root, and this system has none of the users "
        f"{' and '.join(CANDIDATES)} to run it as. Run this as an ordinary user."
    )


def check_reachable(data: Path, account: Account) -> None:
    """Refuse a data folder that the account could not get to."""
    if not account.is_current and not reachable_by_all(data.parent):
        raise PostgresError(
            f"PostgreSQL does not run as root; it runs as {account.name}, who cannot reach "
            f"{data.parent}. Set PLAINROW_DATA to a folder outside private homes, for example "
            "/var/lib/plainrow, or run this as an ordinary user."
        )


def readable_binaries(binaries: Binaries, account: Account, beside: Path) -> Binaries:
    """Return programs that the account can run: these, or a copy made in `beside` once."""
    if account.is_current or reachable_by_all(binaries.folder):
        return binaries
    if not binaries.in_wheel:
        raise PostgresError(
            f"{account.name}, who runs PostgreSQL for root, cannot reach {binaries.folder}. "
            "Set POSTGRES_BIN to a folder outside private homes."
        )
    mark = (binaries.folder / "postgres").stat()
    copy = beside / f"postgresql-{binaries.major}-{mark.st_size}-{int(mark.st_mtime)}"
    package = binaries.folder.parent.parent
    if not copy.exists():
        _copy_wheel(package, copy)
    return replace(binaries, folder=copy / package.name / "pginstall" / "bin")


def _copy_wheel(package: Path, copy: Path) -> None:
    """Copy as site-packages lays it out: programs find their libraries by relative path."""
    half = Path(tempfile.mkdtemp(dir=copy.parent, prefix=f"{copy.name}."))
    unneeded = shutil.ignore_patterns("include", "*.a", "pgxs", "__pycache__")
    libraries = package.with_name(package.name + ".libs")
    shutil.copytree(package / "pginstall", half / package.name / "pginstall", ignore=unneeded)
    if libraries.is_dir():
        shutil.copytree(libraries, half / libraries.name)
    for place in [half, *half.rglob("*")]:
        mode = place.stat().st_mode
        readable = mode | stat.S_IRGRP | stat.S_IROTH
        executable = stat.S_IXGRP | stat.S_IXOTH if mode & stat.S_IXUSR else 0
        place.chmod(readable | executable)
    half.rename(copy)
