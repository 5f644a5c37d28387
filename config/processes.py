"""Is a process that somebody noted still the one that they meant, and alive?

A number alone says little: after a kill or a reboot it may be a dead process that nobody has
collected, or an unrelated one. So its command line is looked at, too. Standard library only.
"""

import subprocess
from pathlib import Path

PROC = Path("/proc")
DEAD_STATES = "ZX"


def is_alive(number: int, mention: str) -> bool:
    """Tell whether there is a live process with this number and this text in its command."""
    state, command = _look_at(number)
    return bool(state) and state[0] not in DEAD_STATES and mention in command


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
