"""The first thing that runs, on whatever Python there is: it must parse on old ones too."""

import os
import shutil
import sys

OLDEST = (3, 11)
NEWER = ["python3.%d" % minor for minor in range(14, OLDEST[1] - 1, -1)]  # noqa: UP031
ASKED = "PLAINROW_LOOKED_FOR_PYTHON"


def use_a_recent_one() -> None:
    """Go on if this Python will do, else with a newer one from PATH, else say what to do."""
    if os.name != "posix":
        sys.exit("This runs on Linux and macOS. On Windows, use it inside WSL.")
    if sys.version_info[:2] >= OLDEST:
        return
    if ASKED not in os.environ:
        for name in NEWER:
            found = shutil.which(name)
            if found:
                os.environ[ASKED] = "1"
                os.execv(found, [found] + sys.argv)  # noqa: RUF005, S606
    sys.exit(
        "Python 3.11 or newer is needed; this one is %s (%s), and none newer was found on PATH. "  # noqa: UP031
        "Install one, for example with your system's package manager, and run this again."
        % (sys.version.split()[0], sys.executable)
    )
