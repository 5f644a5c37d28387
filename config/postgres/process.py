"""The process of the server: the one that it noted itself, if that is still it.

`pg_ctl status` only asks whether a process with the noted number exists.
"""

from pathlib import Path

from config.processes import is_alive


def postmaster_of(data: Path) -> int | None:
    """Return the process number of the running server of this data folder, if there is one."""
    number = noted_postmaster(data)
    if number is None or not is_alive(number, str(data)):
        return None
    return number


def noted_postmaster(data: Path) -> int | None:
    """Return the process number that the server noted when it started, whatever became of it."""
    try:
        first_line = (data / "postmaster.pid").read_text().partition("\n")[0]
    except (FileNotFoundError, NotADirectoryError):
        return None
    return int(first_line) if first_line.isdecimal() else None
