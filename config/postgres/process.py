"""Is that process alive, and is it the server of that folder?

`pg_ctl status` only asks whether a process with the noted number exists. After a kill or a
reboot that may be a dead process that nobody has collected, or an unrelated one.
"""

import subprocess
from pathlib import Path

PROC = Path("/proc")
DEAD_STATES = "ZX"


def postmaster_of(data: Path) -> int | None:
    """Return the process number of the running server of this data folder, if there is one."""
    number = noted_postmaster(data)
    if number is None or not _is_postmaster(number, data):
        return None
    return number


def noted_postmaster(data: Path) -> int | None:
    """Return the process number that the server noted when it started, whatever became of it."""
    try:
        first_line = (data / "postmaster.pid").read_text().partition("\n")[0]
    except (FileNotFoundError, NotADirectoryError):
        return None
    return int(first_line) if first_line.isdecimal() else None


def _is_postmaster(number: int, data: Path) -> bool:
    state, command = _look_at(number)
    return bool(state) and state[0] not in DEAD_STATES and str(data) in command


def _look_at(number: int) -> tuple[str, str]:
    """Return a process's state letter and command line; both empty if there is no such process."""
    if (PROC / "self" / "stat").exists():
        try:
            # The name in brackets may hold anything, brackets and spaces too.
            state = (PROC / str(number) / "stat").read_text().rpartition(")")[2].split()[0]
            words = (PROC / str(number) / "cmdline").read_text(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return "", ""
        return state, words.replace("\0", " ")
    answer = subprocess.run(
        ["ps", "-ww", "-o", "stat=,command=", "-p", str(number)], capture_output=True, text=True
    )
    state, _, command = answer.stdout.strip().partition(" ")
    return state, command
