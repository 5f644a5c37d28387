"""For every test: a PostgreSQL server, the right settings, and one of hypothesis's profiles.

There are two Django projects here, and one process can hold one. `tests/electric_sync`, and the
engine that Electric's own clients read from in `tests/official`, are tested inside `tests/project`,
a project that knows nothing of the product; everything else inside the product. So each is a run
of its own; bin/test does both.

All this happens while pytest imports this file, before the conftests below it, which may
import models.
"""

import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

import django
import pytest
from django.conf import settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests.postgres import database_url, test_server

SYNC_LAYER = {"electric_sync", "official"}
LONG = os.environ.get("PLAINROW_LONG") == "1"

_running = ExitStack()


def _settings_for(arguments: list[str]) -> str:
    """Return the settings module that the tests named on the command line need."""
    places = [Path(argument.partition("::")[0]).parts for argument in arguments]
    named = [parts for parts in places if "tests" in parts]
    of_sync_layer = [not SYNC_LAYER.isdisjoint(parts) for parts in named]
    if any(of_sync_layer) and all(of_sync_layer):
        return "tests.project.settings"
    return "tests.settings"


def _prepare() -> None:
    if settings.configured:
        raise pytest.UsageError(
            "Django settings were loaded before the tests' database was there. Unset "
            "DJANGO_SETTINGS_MODULE and leave out --ds; tests/conftest.py chooses the settings."
        )
    server = _running.enter_context(test_server())
    os.environ["DATABASE_URL"] = database_url(server)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", _settings_for(sys.argv[1:]))
    django.setup()


def _choose_hypothesis_profile() -> None:
    shared = {
        "deadline": None,  # a real database and a real clock: slow is not wrong
        "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
        "print_blob": True,
    }
    hypothesis_settings.register_profile("suite", max_examples=300, **shared)
    hypothesis_settings.register_profile("long", max_examples=10_000, **shared)
    hypothesis_settings.load_profile("long" if LONG else "suite")


def _terminated(signum: int, frame: FrameType | None) -> None:
    """End the run in order, so that the server is stopped, when somebody ends the process."""
    pytest.exit("ended from outside", returncode=128 + signum)


_choose_hypothesis_profile()
_prepare()
signal.signal(signal.SIGTERM, _terminated)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out the suite that belongs to the other Django project, its conftest included."""
    tests = Path(__file__).parent
    if tests not in collection_path.parents:
        return None
    suite = collection_path.relative_to(tests).parts[0]
    runs_sync_layer = os.environ["DJANGO_SETTINGS_MODULE"] == "tests.project.settings"
    return True if (suite in SYNC_LAYER) is not runs_sync_layer else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the tests marked as long to `bin/test --long`."""
    if LONG:
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="full counts: bin/test --long"))


def pytest_unconfigure() -> None:
    """Stop the server, unless another run uses it."""
    _running.close()
