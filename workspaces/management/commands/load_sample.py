"""``manage.py load_sample``: the sample companies, once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone


class Command(BaseCommand):
    """Write the sample companies. What is there stays as it is."""

    help = (
        "Load the sample companies Harbour & Hill and Northgate Tea: seven people, eleven tables, "
        "about 5,000 rows. Loading again changes nothing. The people can sign in only where "
        "DEMO is on."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and say how much."""
        try:
            from workspaces.sample.load import load
        except ModuleNotFoundError as error:
            raise CommandError(
                f"The sample needs the package {error.name}: pip install -r requirements-demo.txt"
            ) from error
        rows = load(timezone.localdate())
        if rows:
            self.stdout.write(f"Loaded Harbour & Hill and Northgate Tea: {rows:,} rows.")
        else:
            self.stdout.write("The sample companies are there already. Nothing was changed.")
