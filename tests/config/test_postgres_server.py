"""The runner of the embedded PostgreSQL, with a real server."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from config.paths import BASE
from config.postgres import PostgresError, PostgresServer, Start, State, find_binaries
from config.postgres.account import Account, check_reachable
from config.postgres.process import noted_postmaster, postmaster_of
from tests.config.conftest import OPTIONS

START = """
import sys
from pathlib import Path
from config.postgres import PostgresServer, find_binaries
print(PostgresServer(Path(sys.argv[1]), find_binaries()).start().name)
"""


def rows(server: PostgresServer, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.url("postgres")) as connection:
        return connection.execute(query).fetchall()


def test_a_server_goes_from_nothing_to_running_to_stopped(server):
    assert server.state() is State.ABSENT
    assert server.start() is Start.CREATED
    assert server.state() is State.RUNNING
    assert server.stop() is True
    assert server.state() is State.STOPPED
    assert server.start() is Start.STARTED


def test_a_second_start_changes_nothing(server):
    server.start()
    process = postmaster_of(server.data)

    assert server.start() is Start.RAN_ALREADY
    assert postmaster_of(server.data) == process


def test_a_stop_of_a_stopped_server_changes_nothing(server):
    assert server.stop() is False


def test_of_four_starts_at_once_exactly_one_starts_the_server(server):
    command = [sys.executable, "-c", START, str(server.data)]
    starts = [
        subprocess.Popen(command, cwd=BASE, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    outcomes = [start.communicate(timeout=60)[0].strip() for start in starts]

    assert sorted(outcomes) == ["CREATED", "RAN_ALREADY", "RAN_ALREADY", "RAN_ALREADY"]


def test_a_killed_server_starts_again_with_its_rows(server):
    server.start()
    with psycopg.connect(server.url("postgres")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    process = postmaster_of(server.data)
    assert process is not None
    os.kill(process, signal.SIGKILL)

    assert server.start() is Start.STARTED
    assert rows(server, "SELECT number FROM kept") == [(7,)]


def test_a_note_that_names_an_unrelated_process_is_not_believed(server):
    server.start()
    server.stop()
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n")

    assert noted_postmaster(server.data) == os.getpid()
    assert server.state() is State.STOPPED
    assert server.start() is Start.STARTED


def test_the_server_listens_on_a_socket_alone_and_decodes_its_log(server):
    server.start()

    assert rows(server, "SHOW listen_addresses") == [("",)]
    assert rows(server, "SHOW wal_level") == [("logical",)]
    assert rows(server, "SELECT upper('höhe') || ('É' ILIKE 'é')::text") == [("HÖHEtrue",)]
    assert server.socket.stat().st_mode & 0o077 == 0


def test_a_database_is_made_once(server):
    server.start()

    assert server.create_database("shop") is True
    assert server.create_database("shop") is False


def test_a_server_that_does_not_start_says_what_its_log_says(place):
    server = PostgresServer(
        place / "postgres", find_binaries(), options={**OPTIONS, "wal_level": "nonsense"}
    )
    with pytest.raises(PostgresError, match="wal_level"):
        server.start()


def test_data_of_another_major_version_says_what_to_do(server):
    server.start()
    server.stop()
    (server.data / "PG_VERSION").write_text("12\n")

    with pytest.raises(PostgresError, match="another major version"):
        server.start()


def test_a_socket_folder_that_was_taken_by_a_link_is_refused(server, tmp_path):
    server.socket.symlink_to(tmp_path)
    try:
        with pytest.raises(PostgresError, match="belongs to somebody else"):
            server.start()
    finally:
        server.socket.unlink()


def test_an_account_that_cannot_reach_the_data_is_told_where_to_put_it(place):
    private = place / "home"
    private.mkdir(mode=0o700)
    other = Account("somebody", os.geteuid() + 1, 1)

    with pytest.raises(PostgresError, match="Set PLAINROW_DATA to a folder outside"):
        check_reachable(private / "postgres", other)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_permission_says_whose_turn_it_is(place):
    place.chmod(0o500)
    try:
        with pytest.raises(PostgresError, match="go on as that user"):
            PostgresServer(place / "deeper" / "postgres", find_binaries()).start()
    finally:
        place.chmod(0o700)


def test_the_command_line_works_without_django(place):
    env = {**os.environ, "PLAINROW_DATA": str(place)}

    def said(action: str) -> str:
        command = [sys.executable, "-m", "config.postgres", action]
        return subprocess.run(
            command, cwd=BASE, env=env, capture_output=True, text=True, check=True
        ).stdout

    assert said("start").startswith("PostgreSQL made its data folder and started.")
    assert "postgresql://app@/plainrow?host=" in said("status")
    assert said("start").startswith("PostgreSQL was running already.")
    assert said("stop") == "PostgreSQL stopped.\n"
    assert said("stop") == "PostgreSQL was not running.\n"


def test_a_folder_of_programs_that_was_chosen_must_hold_them(tmp_path):
    with pytest.raises(PostgresError, match="does not hold working PostgreSQL programs"):
        find_binaries(str(tmp_path))


@pytest.mark.parametrize(
    ("major", "works"), [(13, False), (14, False), (15, True), (16, True), (18, True)]
)
def test_programs_older_than_15_are_refused(tmp_path: Path, major: int, works: bool):
    for name in ("postgres", "initdb", "pg_ctl"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {major}.3'\n")
        program.chmod(0o755)

    if works:
        assert find_binaries(str(tmp_path)).major == major
    else:
        with pytest.raises(PostgresError, match=f"PostgreSQL {major} .* is too old"):
            find_binaries(str(tmp_path))
