"""``manage.py import_table``: a CSV file becomes a table."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from workspaces.access import Actor
from workspaces.actions.imports import import_table
from workspaces.errors import ActionError
from workspaces.files.encodings import UnreadableFile
from workspaces.files.incoming import MAX_BYTES, How, Incoming, read
from workspaces.management.places import find_workspace

SHOWN_FAULTS = 20
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
HEADER = {"yes": True, "no": False}


class Command(BaseCommand):
    """Import a file into a new table."""

    help = (
        "Make a table from a CSV file. Encoding, delimiter, line of names and types are found; say "
        "where you know better. All or nothing: if a line does not fit, each is named with its "
        "reason, and nothing is imported."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, where it goes, and what is known about it."""
        parser.add_argument("file", help="the CSV file, or - for standard input")
        parser.add_argument("--workspace", metavar="NAME", required=True, help="name or id")
        parser.add_argument("--company", metavar="NAME", help="name or id of its company")
        parser.add_argument("--name", help="what to call the table; if left out, as the file")
        parser.add_argument("--encoding", metavar="NAME", help="such as utf-8 or cp1250")
        parser.add_argument("--delimiter", choices=DELIMITERS, help="what is between two fields")
        parser.add_argument("--header", choices=HEADER, help="whether there is a line of names")
        parser.add_argument(
            "--type",
            action="append",
            default=[],
            metavar="COLUMN=TYPE",
            help="text, number, checkbox, date or select, for one column; may be repeated",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be imported, and stop"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, say what was found, and import."""
        workspace = find_workspace(options["workspace"], options["company"])
        name, data = self._file(options["file"])
        called = options["name"] or Path(name).stem
        if workspace.tables.filter(name=called, trashed_at=None).exists():
            raise CommandError(
                f"There is a table called {called} in {workspace.name} already. "
                "Give the new one another --name."
            )
        how = How(
            encoding=options["encoding"],
            delimiter=DELIMITERS.get(options["delimiter"] or ""),
            header=HEADER.get(options["header"] or ""),
            types=dict(self._type(given) for given in options["type"]),
        )
        try:
            incoming = read(data, how)
        except UnreadableFile as error:
            raise CommandError(f"{name}: {error}") from error
        self._describe(name, incoming)
        if incoming.fault_count:
            raise CommandError(self._faults(incoming))
        if options["dry_run"]:
            self.stdout.write("Nothing was imported: this was a dry run.")
            return
        try:
            table = import_table(
                Actor(user_id=None, company_id=workspace.company_id, via="command"),
                workspace,
                called,
                columns=incoming.columns,
                rows=incoming.rows,
                source=name,
            )
        except ActionError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Imported {len(incoming.rows):,} rows into the table {table.name} ({table.pk}) "
            f"in {workspace.name}, {workspace.company.name}."
        )

    def _file(self, given: str) -> tuple[str, bytes]:
        """The file's name and content, not more of it than can be imported."""
        if given == "-":
            return "standard input", sys.stdin.buffer.read(MAX_BYTES + 1)
        path = Path(given)
        try:
            with path.open("rb") as file:
                return path.name, file.read(MAX_BYTES + 1)
        except OSError as error:
            raise CommandError(f"{given} cannot be read: {error.strerror}.") from error

    def _type(self, given: str) -> tuple[str, str]:
        name, equals, type_ = given.rpartition("=")
        if not equals:
            raise CommandError(f"--type {given}: write it like --type 'Amount=number'.")
        return name, type_.strip().lower()

    def _describe(self, name: str, incoming: Incoming) -> None:
        self.stdout.write(f"{name}: {incoming.describe()}.")
        if incoming.layout.skipped:
            self.stdout.write(f"  {incoming.layout.skipped} lines before the table are left out.")
        for index, column in enumerate(incoming.columns):
            values = incoming.layout.values(index)
            first = "; ".join(" ".join(value.split())[:24] for value in islice(values, 3))
            self.stdout.write(f"  {column.name}: {column.type} ({first or 'empty'})")

    def _faults(self, incoming: Incoming) -> str:
        lines = [
            f"  line {fault.line:,}{f', {fault.column}' if fault.column else ''}: {fault.reason}"
            for fault in incoming.faults[:SHOWN_FAULTS]
        ]
        more = incoming.fault_count - len(lines)
        if more > 0:
            lines.append(f"  and {more:,} more")
        do_not = "does not" if incoming.fault_count == 1 else "do not"
        return "\n".join(
            (
                f"Nothing was imported: {incoming.fault_count:,} {do_not} fit.",
                *lines,
                "Mend the file, or give the column another type: --type 'COLUMN=text'.",
            )
        )
