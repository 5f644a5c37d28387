"""``manage.py unlock_sign_in``: let somebody try passwords again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from workspaces.front_door import unlock


class Command(BaseCommand):
    """Take back what too many wrong passwords did."""

    help = (
        "Let people sign in again whom five wrong passwords keep out, without waiting for the "
        "15 minutes to pass. It counts at once, from everywhere. The list of people in Django's "
        "admin has the same as an action. Who is locked out by “active” being unticked stays so."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Whom."""
        parser.add_argument("email", nargs="+", help="e-mail addresses, as typed when signing in")

    def handle(self, *args: Any, **options: Any) -> None:
        """Unlock them, and say what there was."""
        for email in options["email"]:
            places = unlock(email)
            done = f"may try again from {places} place(s)" if places else "was not waiting anywhere"
            self.stdout.write(f"{email} {done}.")
