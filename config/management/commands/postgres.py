"""Start, stop and look at the embedded PostgreSQL."""

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.postgres import PostgresError, PostgresServer, State, find_binaries
from config.postgres.address import data_of


class Command(BaseCommand):
    """`manage.py postgres start | stop | status | psql`."""

    help = "Starts, stops or shows the embedded PostgreSQL, or opens psql on its database."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["start", "stop", "status", "psql"])

    def handle(self, *, action: str, **options: Any) -> None:
        try:
            server = PostgresServer(
                data_of(settings.PLAINROW_DATA), find_binaries(settings.POSTGRES_BIN)
            )
            getattr(self, f"_{action}")(server)
        except PostgresError as error:
            raise CommandError(str(error)) from error

    def _start(self, server: PostgresServer) -> None:
        outcome = server.start()
        server.create_database()
        self.stdout.write(f"PostgreSQL {outcome.value}. Its data is in {server.data}.")

    def _stop(self, server: PostgresServer) -> None:
        self.stdout.write("PostgreSQL stopped." if server.stop() else "PostgreSQL was not running.")

    def _status(self, server: PostgresServer) -> None:
        state = server.state()
        self.stdout.write(f"PostgreSQL {state.value}. Its data folder is {server.data}.")
        if state is State.RUNNING:
            self.stdout.write(f"Its address is {server.url()}")

    def _psql(self, server: PostgresServer) -> None:
        if server.state() is not State.RUNNING:
            raise CommandError("PostgreSQL is not running. Start it: manage.py postgres start")
        psql = find_binaries(settings.POSTGRES_BIN).folder / "psql"
        if not psql.exists():
            raise CommandError(f"There is no psql beside {psql.parent}.")
        os.execv(psql, [str(psql), server.url()])  # noqa: S606  (takes over this terminal)
