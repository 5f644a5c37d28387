"""``manage.py sign_out``: end somebody's sign-ins."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from electric_sync.models import UserSession
from workspaces.access import Actor
from workspaces.actions import people
from workspaces.management.places import find_company, find_person
from workspaces.models import AuditLog


class Command(BaseCommand):
    """Sign somebody out, from outside."""

    help = (
        "Sign somebody out on all devices, or on those on which one company is open. Pages that "
        "are open are cleared at once, those of a device that is offline when it returns. They may "
        "sign in again: to keep somebody out untick “active” in Django's admin. It is written into "
        "the audit log of each company concerned. The admin's list of sign-ins has the same as an "
        "action."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Whom, and where."""
        parser.add_argument("email", help="the person's e-mail address")
        parser.add_argument("--company", metavar="NAME", help="only where this company is open")

    def handle(self, *args: Any, **options: Any) -> None:
        """End them, and say how many there were."""
        person = find_person(options["email"])
        members = person.memberships.all()
        if options["company"] is not None:
            company = find_company(options["company"])
            members = members.filter(company=company)
            if not members:
                raise CommandError(f"{person} does not belong to {company}.")
        with transaction.atomic():
            ended = sum(
                people.end_devices(
                    Actor(None, member.company_id, AuditLog.Via.COMMAND.value), member
                )
                for member in members
            )
            if options["company"] is None:  # and where no company of theirs is open
                ended += UserSession.objects.filter(user=person).end()
        self.stdout.write(f"{person} was signed out on {ended} device(s).")
