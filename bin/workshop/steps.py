"""Steps: what is being done, for how long, and, if it fails, what it said and what to do."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from config.paths import BASE

LOG_SHOWN = 25  # lines of a failed command's output


class Stop(Exception):
    """The program cannot go on; the message says why and what to do."""


class Note:
    """A word that a step may add to its line when it is done."""

    text = ""


@contextmanager
def step(title: str) -> Iterator[Note]:
    """Show a step while it runs and how long it took."""
    started = time.monotonic()
    note = Note()
    print(f"  {title} … ", end="", flush=True)
    try:
        yield note
    except BaseException:
        print("stopped" if sys.exc_info()[0] is KeyboardInterrupt else "failed", flush=True)
        raise
    seconds = time.monotonic() - started
    print(f"{note.text or 'done'}, {seconds:.1f} s", flush=True)


def run(
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    advice: str = "",
) -> str:
    """Run a command in the clone and return its output, also kept in a log file.

    If it fails, stop with the end of the output.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        ended = subprocess.run(
            command,
            cwd=BASE,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=env,
        )
    said = log.read_text(errors="replace").strip()
    if ended.returncode == 0:
        return said
    lines = said.splitlines()[-LOG_SHOWN:]
    shown = " ".join(str(word) for word in command)
    raise Stop("\n".join([f"This failed: {shown}", "", *lines, "", advice or f"All of it: {log}"]))


def writable_folder(folder: Path) -> Path:
    """Make a folder if need be, and stop with advice if it cannot be written."""
    advice = (
        "If another user ran this before, go on as that user, remove what they made, or "
        "clone into a folder of yours."
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (PermissionError, FileExistsError, NotADirectoryError) as error:
        raise Stop(f"{folder} cannot be made ({error.strerror}). {advice}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Stop(f"{folder} is not writable for you. {advice}")
    return folder
