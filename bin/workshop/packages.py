"""Packages: the virtual environment, the browser's packages, and Debian's where root may.

Each has a mark with a hash of what asked for it, so a second run sees that nothing changed.
"""

import hashlib
import os
import re
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

from workshop.places import BASE, BIN, LOGS, NODE_MODULES, VENV, clean_environment
from workshop.steps import Stop, run, step, writable_folder

MARK = "plainrow-installed"
MACHINES_AUTHORITIES = (
    ssl.get_default_verify_paths().cafile,
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
)
OLDEST_NPM = 7  # the first that reads our lock file's format
OLDEST_NODE = 20  # the first that the tests' programs run on


def python_packages(requirements: str) -> None:
    """Make `.venv` and install a requirements file, unless that was done already."""
    wanted = _hash_of(sorted(BASE.glob("requirements*.txt")), requirements, sys.version)
    mark = VENV / f"{MARK}-{Path(requirements).stem}"
    if _is_marked(mark, wanted) and _works(BIN / "python"):
        return
    writable_folder(BASE)
    if not _works(BIN / "python"):
        _make_venv()
    writable_folder(VENV)
    with step(f"Installing Python packages ({requirements})"):
        run(
            [BIN / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
             "--requirement", BASE / requirements],
            log=LOGS / "pip.log",
            env=clean_environment(),
            advice="Packages come from the place that your pip is set up for. Is it reachable?",
        )  # fmt: skip
    mark.write_text(wanted)


def browser_packages(*, with_tests: bool = False) -> None:
    """Fetch the browser's packages into `node_modules`, unless that was done already.

    Those that only tests need come with them if asked for, and stay when they are there.
    """
    lock = [BASE / "package-lock.json"]
    mark = NODE_MODULES / f".{MARK}"
    wanted = _hash_of(lock, *(["tests"] if with_tests else []))
    if any(_is_marked(mark, enough) for enough in {wanted, _hash_of(lock, "tests")}):
        return
    npm = _npm()
    with step("Fetching the browser's packages"):
        run(
            [npm, "ci", "--ignore-scripts", "--prefix", BASE,
             *([] if with_tests else ["--omit=dev"])],
            log=LOGS / "npm.log",
            env=_npm_environment(),
            advice="Packages come from the place that your npm is set up for. Is it reachable?",
        )  # fmt: skip
    mark.write_text(wanted)


def node_for_tests() -> None:
    """See to a Node that Electric's clients run on: the machine's, or one in `.venv`."""
    found = shutil.which("node")
    if not found or _major_version(found) < OLDEST_NODE:
        python_packages("requirements-node.txt")


def debian_package(name: str, *, why: str) -> bool:
    """Install a Debian package if this is root on Debian; tell whether that could be tried."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return False
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with step(f"Installing Debian's {name}, {why}"):
        for words in (["update"], ["install", "--yes", "--no-install-recommends", name]):
            run([apt, *words], log=LOGS / "apt.log", env=env)
    return True


def _make_venv() -> None:
    if not _can_make_venv():
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        tried = debian_package(f"{version}-venv", why="which Python needs for .venv")
        if not (tried and _can_make_venv()):
            raise Stop(
                f"This Python ({sys.executable}) cannot make virtual environments. On Debian "
                f"and Ubuntu: sudo apt-get install {version}-venv. Then run this again."
            )
    with step("Making .venv"):
        run([sys.executable, "-m", "venv", "--clear", VENV], log=LOGS / "venv.log")


def _can_make_venv() -> bool:
    """Tell whether venv and pip are there; Debian packages them apart from Python."""
    command = [sys.executable, "-c", "import venv, ensurepip"]
    return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0


def _works(python: Path) -> bool:
    """Tell whether a virtual environment's Python runs and is not too old."""
    if not python.exists():
        return False
    question = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([python, "-c", question], stderr=subprocess.DEVNULL).returncode == 0


def _npm() -> Path:
    """Return the machine's npm, or one that pip brings into `.venv`."""
    found = shutil.which("npm")
    if found and _major_version(found) >= OLDEST_NPM:
        return Path(found)
    python_packages("requirements-node.txt")
    return BIN / "npm"


def _major_version(program: str) -> int:
    answer = subprocess.run([program, "--version"], capture_output=True, text=True)
    version = re.match(r"v?(\d+)\.", answer.stdout)
    return int(version[1]) if version else 0


def _npm_environment() -> dict[str, str]:
    """Return an environment in which npm also trusts whom the machine trusts.

    Node brings its own list of authorities, so behind a company's proxy pip would work and
    npm would not. What people have set themselves stands.
    """
    env = clean_environment()
    bundle = next(
        (place for place in MACHINES_AUTHORITIES if place and Path(place).is_file()), None
    )
    if bundle:
        env.setdefault("NODE_EXTRA_CA_CERTS", bundle)
    return env


def _hash_of(files: list[Path], *words: str) -> str:
    digest = hashlib.sha256("\0".join(words).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _is_marked(mark: Path, wanted: str) -> bool:
    try:
        return mark.read_text() == wanted
    except FileNotFoundError:
        return False
