"""Start, stop and look at the embedded PostgreSQL."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.postgres import PostgresError
from config.postgres.actions import ACTIONS


class Command(BaseCommand):
    """`manage.py postgres start | stop | status | psql`."""

    help = "Starts, stops or shows the embedded PostgreSQL, or opens psql on its database."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=list(ACTIONS))

    def handle(self, *, action: str, **options: Any) -> None:
        try:
            answer = ACTIONS[action](settings.PLAINROW_DATA, settings.POSTGRES_BIN)
        except PostgresError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(answer)
