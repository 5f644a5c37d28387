"""Every check of the project, one after another; all of them run, also after one has failed."""

import argparse
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from tests.chromium import find_chromium
from workshop.packages import browser_packages, debian_package, node_for_tests, python_packages
from workshop.places import BASE, BIN, DATA, clean_environment
from workshop.steps import Stop, writable_folder

STOP_PATIENCE = 20  # seconds for a check to end when it is told to
LONG_TEST = 4 * 3600  # seconds that one test of `--long` may take


class Result(Enum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "FAILED"


@dataclass(frozen=True)
class Check:
    """A command that must end well, with what it needs in its environment."""

    title: str
    command: list[str]
    env: dict[str, str] = field(default_factory=dict)

    def run(self) -> Result:
        """Run the command in the clone, its output going where ours goes."""
        command: list[str | Path] = [BIN / self.command[0], *self.command[1:]]
        with subprocess.Popen(command, cwd=BASE, env=clean_environment(**self.env)) as program:
            try:
                status = program.wait()
            except KeyboardInterrupt:
                program.terminate()  # it may have more to end than itself
                program.wait(STOP_PATIENCE)
                raise
        return Result.PASSED if status == 0 else Result.FAILED


def main() -> int:
    """Run what was asked for; return the exit status."""
    options, for_pytest = _parse()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        writable_folder(DATA)
        python_packages("requirements-dev.txt")
        browser_packages(with_tests=True)
        node_for_tests()
        _need_chromium()
    except Stop as stop:
        print(f"\n{stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return _run_all(_checks(for_pytest, long=options.long))


def _parse() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="bin/test",
        usage="bin/test [--long] [what pytest takes]",
        description="Runs lint, types, deployment checks and all tests. With paths or options "
        "for pytest, runs only those tests: bin/test tests/workspaces -k rename",
    )
    parser.add_argument("--long", action="store_true", help="full counts, not the short ones")
    return parser.parse_known_args()


# ── what there is to check ──────────────────────────────────────────────────


def _checks(for_pytest: list[str], *, long: bool) -> list[Check]:
    counts = {"PLAINROW_LONG": "1"} if long else {}
    pytest = ["pytest", "-o", f"faulthandler_timeout={LONG_TEST}"] if long else ["pytest"]
    if for_pytest:
        return [Check("Tests", [*pytest, *for_pytest], counts)]
    return [*_reading(), *_deployment(), *_suites(pytest, counts)]


def _reading() -> list[Check]:
    """Return the checks that only read the code."""
    return [
        Check("Lint", ["ruff", "check"]),
        Check("Format", ["ruff", "format", "--check"]),
        Check("Imports", ["lint-imports", "--no-logo"]),
        Check("Types", ["mypy"]),
    ]


def _deployment() -> list[Check]:
    """Return the checks of production settings and of migrations."""
    production = {"SECRET_KEY": secrets.token_urlsafe(50), "ALLOWED_HOSTS": "plainrow.example"}
    manage = ["python", "-W", "ignore::RuntimeWarning", "manage.py"]
    return [
        Check(
            "Production settings",
            [*manage, "check", "--deploy", "--fail-level", "WARNING"],
            production,
        ),
        Check(
            "Migrations",
            [*manage, "makemigrations", "--check", "--dry-run"],
            {"DEMO": "1"},
        ),
    ]


def _suites(pytest: list[str], counts: dict[str, str]) -> list[Check]:
    """Return the two suites: each has a Django project of its own (see tests/conftest.py)."""
    sync_layer = ["tests/electric_sync", "tests/official"]
    return [
        Check("Tests of the sync layer", [*pytest, *sync_layer], counts),
        Check("Tests of the product", [*pytest, "tests"], counts),
    ]


# ── running ─────────────────────────────────────────────────────────────────


def _run_all(checks: list[Check]) -> int:
    results: dict[str, tuple[Result, float]] = {}
    for check in checks:
        print(f"\n── {check.title} ──", flush=True)
        started = time.monotonic()
        try:
            result = check.run()
        except KeyboardInterrupt:
            print("\nStopped.")
            return 130
        results[check.title] = (result, time.monotonic() - started)
    return _summary(results)


def _summary(results: dict[str, tuple[Result, float]]) -> int:
    print("\n── Summary ──")
    for title, (result, seconds) in results.items():
        print(f"  {result.value:<7} {title} ({seconds:.1f} s)")
    failed = [title for title, (result, _) in results.items() if result is Result.FAILED]
    if failed:
        print(f"\n{len(failed)} of {len(results)} checks failed: {', '.join(failed)}.")
        return 1
    print(f"\nAll is well: {len(results)} of {len(results)} checks passed.")
    return 0


# ── the browser ─────────────────────────────────────────────────────────────


def _need_chromium() -> None:
    if find_chromium():
        return
    if debian_package("chromium", why="which the browser tests drive") and find_chromium():
        return
    raise Stop(
        "The browser tests need Chromium or Chrome, and neither was found. On Debian and "
        "Ubuntu: sudo apt-get install chromium. Elsewhere, install it as you would for yourself."
    )
