"""Which browser the browser tests drive: the machine's own Chromium, or Chrome.

Nothing is downloaded for it. Standard library only: bin/test asks before it installs anything.
"""

import shutil

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)

#: No sandbox, because it refuses root; and no talk with anybody but our own server.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str | None:
    """Return the program, or None if there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)
