"""``manage.py sync_engine``: Electric's HTTP interface on an address of its own."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server
from django.core.management.base import BaseCommand, CommandError, CommandParser

from electric_sync import conf
from electric_sync.engine.service import Service
from electric_sync.engine.shapes import MAX_BYTES


class Command(BaseCommand):
    """Serve shapes of the default database, without the rest of the project."""

    help = "Serves Electric's HTTP protocol from the default database. The secret is SYNC_SECRET."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to listen, and what is allowed."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=3000)
        parser.add_argument("--folder", type=Path, help="where the logs go (a temporary folder)")
        parser.add_argument(
            "--max-bytes",
            type=int,
            default=int(os.environ.get("SYNC_LOG_MAX_BYTES", MAX_BYTES)),
            help="what all logs may take (SYNC_LOG_MAX_BYTES)",
        )
        parser.add_argument("--allow-delete", action="store_true", help="answer DELETE requests")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until interrupted."""
        secret = os.environ.get("SYNC_SECRET", "")
        if not secret and options["host"] not in {"127.0.0.1", "::1", "localhost"}:
            raise CommandError("Set SYNC_SECRET before the engine listens for other machines.")
        logging.basicConfig(level=logging.WARNING)
        with TemporaryDirectory(prefix="sync-engine-") as temporary:
            service = Service(
                conf.conninfo(),
                folder=(options["folder"] or Path(temporary)) / "shapes",
                secret=secret or None,
                allow_delete=options["allow_delete"],
                max_bytes=options["max_bytes"],
            )
            listen = build_endpoint_description_strings(host=options["host"], port=options["port"])
            self.stderr.write(f"Serving on http://{options['host']}:{options['port']}")
            Server(service, listen, signal_handlers=True, server_name="").run()
