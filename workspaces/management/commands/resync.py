"""``manage.py resync``: let browsers drop what they show and fetch it anew."""

from __future__ import annotations

import getpass
from argparse import RawDescriptionHelpFormatter
from dataclasses import dataclass, field
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count, QuerySet

from electric_sync import resync
from electric_sync.models import LiveSocket
from workspaces.management.places import (
    find_company,
    find_person,
    find_table,
    find_workspace,
)
from workspaces.models import Company, User

USAGE = 2  # exit status of a command that does not say what it is about
PEOPLE_NAMED = 20
DEFAULT_REASON = "An operator asked for it."


@dataclass(frozen=True)
class Scope:
    """Whose pages, and what of them. None and empty: all."""

    company: Company | None = None
    person: User | None = None
    params: dict[str, str] = field(default_factory=dict)
    told: str = "Everything"


class Command(BaseCommand):
    """Ask for it, and tell whom it concerns."""

    help = """\
Let browsers drop what they show of something and fetch it anew. Nobody is signed out, nothing that
somebody is typing is lost, and no page is loaded again.

Say what it is about; several narrow it down:
  --user EMAIL         the pages of one person, wherever they are open
  --company NAME       the pages that have this company open
  --workspace NAME     what is shown of one workspace and the tables in it
  --table NAME         what is shown of one table
  --all                everything, everywhere

Examples:
  manage.py resync --table Orders --reason "Prices were corrected in the database"
  manage.py resync --user tom@example.com --dry-run

The request is a row, which every web process follows: this command need not run where they do.
Pages that are not connected get what is right when they connect, as always. It is written into the
audit log of each company concerned.

Exit status: 0 asked for, or told with --dry-run; 1 something that was named is not there; 2 it was
not said what it is about."""

    def create_parser(self, *args: Any, **kwargs: Any) -> CommandParser:
        """Keep the lines of the help as they are."""
        return super().create_parser(*args, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """What it is about, and why."""
        parser.add_argument("--user", metavar="EMAIL", help="whose pages")
        parser.add_argument("--company", metavar="NAME", help="name or id of a company")
        parser.add_argument("--workspace", metavar="NAME", help="name or id of a workspace")
        parser.add_argument("--table", metavar="NAME", help="name or id of a table")
        parser.add_argument("--all", action="store_true", help="everything, everywhere")
        parser.add_argument(
            "--reason", default=DEFAULT_REASON, metavar="TEXT", help="why; for the audit log"
        )
        parser.add_argument("--dry-run", action="store_true", help="only tell who is concerned")

    def handle(self, *args: Any, **options: Any) -> None:
        """Find it, tell, ask."""
        named = [name for name in ("user", "company", "workspace", "table") if options[name]]
        if not named and not options["all"]:
            self.stderr.write(self.help)
            raise CommandError("Nothing was asked for: say what it is about.", returncode=USAGE)
        if named and options["all"]:
            raise CommandError(
                f"Either --all or --{named[0]}: they contradict each other.", returncode=USAGE
            )
        reason = options["reason"].strip()
        if not reason:
            raise CommandError("The reason is empty.", returncode=USAGE)
        scope = _scope(options)
        tenant = scope.company.pk if scope.company else None
        user = scope.person.pk if scope.person else None
        pages = resync.pages(tenant=tenant, user=user)
        self.stdout.write(f"{scope.told}.")
        for line in _concerned(pages, is_part=bool(scope.params)):
            self.stdout.write(line)
        if options["dry_run"]:
            self.stdout.write("Nothing was asked for: this was a dry run.")
            return
        made = resync.request(
            tenant=tenant,
            user=user,
            params=scope.params,
            reason=reason,
            requested_by=f"{getpass.getuser()}, on the command line",
        )
        self.stdout.write(f"Asked for, as number {made.pk}. It reaches all web processes at once.")


def _scope(options: dict[str, Any]) -> Scope:
    company = find_company(options["company"]) if options["company"] else None
    person = find_person(options["user"]) if options["user"] else None
    params, parts = {}, []
    workspace = None
    if options["workspace"]:
        workspace = find_workspace(options["workspace"], str(company.pk) if company else None)
        company = workspace.company
        params["workspace_id"] = str(workspace.pk)
        parts.append(f"the workspace {workspace.name}")
    if options["table"]:
        table = find_table(options["table"], workspace=workspace, company=company)
        company = table.company
        params = {"workspace_id": str(table.workspace_id), "table_id": str(table.pk)}
        parts = [f"the table {table.name} in {table.workspace.name}"]
    if not parts:
        parts.append("everything")
    if company is not None:
        parts.append(f"of {company.name}")
    if person is not None:
        parts.append(f"on the pages of {person.name} ({person.email})")
    told = " ".join(parts)
    return Scope(company, person, params, told[0].upper() + told[1:])


def _concerned(pages: QuerySet[LiveSocket], *, is_part: bool) -> list[str]:
    """Who has pages connected: "3 people, 4 devices, 6 open pages", and their names."""
    people = (
        pages.order_by()
        .values("session__user__name", "session__user__email")
        .annotate(devices=Count("session", distinct=True), pages=Count("id"))
        .order_by("session__user__name", "session__user__email")
    )
    found = list(people)
    if not found:
        return ["Nobody concerned is connected right now."]
    devices, count = sum(each["devices"] for each in found), sum(each["pages"] for each in found)
    lines = [
        f"Connected: {_count(len(found), 'person', 'people')}, {_count(devices, 'device')},"
        f" {_count(count, 'open page')}."
    ]
    lines += [
        f"  {each['session__user__name']} ({each['session__user__email']}):"
        f" {_count(each['devices'], 'device')}, {_count(each['pages'], 'open page')}"
        for each in found[:PEOPLE_NAMED]
    ]
    if len(found) > PEOPLE_NAMED:
        lines.append(f"  and {len(found) - PEOPLE_NAMED:,} more")
    if is_part:
        lines.append("Those of these pages that show it fetch it anew.")
    return lines


def _count(number: int, one: str, several: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else several or one + 's'}"
