"""``manage.py add_rows_table``: a large table to try things with."""

from __future__ import annotations

import time
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from workspaces.access import Actor
from workspaces.errors import ActionError
from workspaces.management.places import find_workspace
from workspaces.sample.large import MAX_ROWS, make


def row_count(text: str) -> int:
    """A number of rows from the command line."""
    try:
        rows = int(text.replace(",", "").replace("_", ""))
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is not a number of rows") from None
    if not 1 <= rows <= MAX_ROWS:
        raise ArgumentTypeError(f"rows are from 1 to {MAX_ROWS:,}")
    return rows


class Command(BaseCommand):
    """Make a table of made-up rows."""

    help = (
        "Add a table of N made-up rows, with a column of every type, to a workspace. PostgreSQL "
        "makes the rows itself: a million take under a minute."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """How many, and where."""
        parser.add_argument("--rows", type=row_count, required=True, metavar="N")
        parser.add_argument(
            "--workspace",
            metavar="NAME",
            help="name or id; if left out, the sample company's Warehouse",
        )
        parser.add_argument("--company", metavar="NAME", help="name or id of its company")
        parser.add_argument("--name", help="what to call the table; if left out, “N rows”")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, and say how long it took."""
        rows = options["rows"]
        workspace = find_workspace(options["workspace"], options["company"])
        actor = Actor(user_id=None, company_id=workspace.company_id, via="command")
        started = time.monotonic()
        try:
            table = make(actor, workspace, options["name"] or f"{rows:,} rows", rows)
        except ActionError as error:
            raise CommandError(str(error)) from error
        with connection.cursor() as cursor:
            cursor.execute("analyze data_table_rows")  # so that the planner knows of them
        self.stdout.write(
            f"Added the table {table.name} ({table.pk}) to {workspace.name}, "
            f"{workspace.company.name}, in {time.monotonic() - started:.1f} s."
        )
