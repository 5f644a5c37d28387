"""Where things are, and the environment that the project's programs get."""

import os

from config import paths

BASE = paths.BASE
VENV = BASE / ".venv"
BIN = VENV / "bin"
NODE_MODULES = BASE / "node_modules"
DATA = paths.data_folder()
LOGS = DATA / "logs"

#: What people have set for other projects, or for an installation of this one, is not for the
#: demo and the tests: they must not touch another database or behave differently per machine.
NOT_PASSED_ON = (
    "ALLOWED_HOSTS",
    "BEHIND_PROXY",
    "DATABASE_URL",
    "DJANGO_SETTINGS_MODULE",
    "HTTPS",
    "PYTHONHOME",
    "PYTHONPATH",
    "SECRET_KEY",
    "STATIC_URL",
)


def clean_environment(**more: str) -> dict[str, str]:
    """Return the environment without settings that are meant for something else."""
    kept = {name: value for name, value in os.environ.items() if name not in NOT_PASSED_ON}
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {**kept, "PATH": path, "VIRTUAL_ENV": str(VENV), "PYTHONUNBUFFERED": "1", **more}


def left_out() -> list[str]:
    """Return which of those are set, so that nobody wonders."""
    return [name for name in NOT_PASSED_ON if os.environ.get(name)]
