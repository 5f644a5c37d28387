"""bin/demo says what to do, before it installs or starts anything."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from config.paths import BASE


def demo(data: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, BASE / "bin" / "demo", *options],
        env={**os.environ, "PLAINROW_DATA": str(data)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_taken_port_names_a_free_one(place):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = demo(place, "--port", str(port))

    assert answer.returncode == 1
    assert f"Port {port} is taken by another program. Use another: bin/demo --port" in answer.stderr


def test_a_second_demo_in_one_clone_is_told_of_the_first(place):
    import fcntl

    with (place / "demo.lock").open("w") as lock:
        lock.write("4711 8000\n")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        answer = demo(place)

    assert answer.returncode == 1
    assert "running already in this clone (process 4711), at http://127.0.0.1:8000" in answer.stderr


def test_a_lock_that_nobody_holds_is_in_nobodys_way(place):
    (place / "demo.lock").write_text("4711 8000\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = demo(place, "--port", str(taken.getsockname()[1]))

    assert "is taken by another program" in answer.stderr


def test_a_data_folder_that_is_a_file_says_so(place):
    (place / "data").write_text("")

    answer = demo(place / "data")

    assert answer.returncode == 1
    assert "cannot be made" in answer.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_data_folder_of_somebody_else_says_so(place):
    place.chmod(0o500)
    answer = demo(place)
    place.chmod(0o700)

    assert "not writable for you" in answer.stderr


def test_an_old_python_is_told_which_it_needs():
    code = "import sys; sys.version_info = (3, 9, 6); sys.path.insert(0, 'bin');" \
           "from workshop.python import use_a_recent_one; use_a_recent_one()"  # fmt: skip
    env = {**os.environ, "PATH": "/nonexistent"}
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=BASE, env=env, capture_output=True, text=True
    )

    assert answer.returncode == 1
    assert "Python 3.11 or newer is needed" in answer.stderr


def test_what_was_set_for_another_project_does_not_reach_the_demo():
    code = (
        "import sys; sys.path.insert(0, 'bin'); from workshop.places import *;"
        "print(left_out(), 'DATABASE_URL' in clean_environment())"
    )
    env = {"DATABASE_URL": "postgresql://db.example/payroll", "PATH": os.environ["PATH"]}
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=BASE, env=env, capture_output=True, text=True
    )

    assert answer.stdout == "['DATABASE_URL'] False\n"
