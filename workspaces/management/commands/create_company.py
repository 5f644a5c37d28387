"""``manage.py create_company``: the first company of a real installation."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from workspaces.actions.companies import create_company
from workspaces.errors import Invalid
from workspaces.models import Company


class Command(BaseCommand):
    """Make a company with its owner."""

    help = (
        "Make a company with its first owner. If nobody has the owner's e-mail address yet, the "
        "person is made as well; give them a password with: manage.py changepassword EMAIL"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Name and owner."""
        parser.add_argument("name", help="what the company is called")
        parser.add_argument(
            "--owner", required=True, metavar="EMAIL", help="the owner's e-mail address"
        )
        parser.add_argument("--owner-name", default="", help="the owner's name, if they are new")
        parser.add_argument(
            "--same-name", action="store_true", help="make it although there is one of that name"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, and say what to do next."""
        name = options["name"].strip()
        if not options["same_name"] and Company.objects.filter(name=name).exists():
            raise CommandError(
                f"There is a company called {name} already. Add --same-name to make another one."
            )
        try:
            company = create_company(
                options["name"], owner_email=options["owner"], owner_name=options["owner_name"]
            )
        except Invalid as error:
            raise CommandError(str(error)) from error
        owner = company.memberships.get().user
        self.stdout.write(f"Made the company {company.name} ({company.pk}), owned by {owner}.")
        if not owner.has_usable_password():
            self.stdout.write(f"{owner} cannot sign in yet: manage.py changepassword {owner.email}")
