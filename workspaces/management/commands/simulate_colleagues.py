"""``manage.py simulate_colleagues``: life in the sample company."""

from __future__ import annotations

import signal
from argparse import ArgumentTypeError
from random import Random
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from workspaces.sample.colleagues import Colleagues, NoSample
from workspaces.sample.presence import at_work


def seconds(text: str) -> float:
    """A time from the command line."""
    try:
        value = float(text)
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is not a number of seconds") from None
    if value <= 0:
        raise ArgumentTypeError("seconds are more than 0")
    return value


class Command(BaseCommand):
    """Let simulated colleagues work."""

    help = (
        "Let simulated colleagues change rows of the sample company, one small thing every few "
        "seconds, so that somebody who looks at it alone sees life. Ctrl-C stops them, and so does "
        "a button on every page of the demo; the rows that they added are taken away again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """For how long."""
        time = parser.add_mutually_exclusive_group()
        time.add_argument("--seconds", type=seconds, metavar="N", help="stop after N seconds")
        time.add_argument(
            "--forever", action="store_true", help="go on until stopped (as without options)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until told to stop."""
        stop = Event()
        before = {
            number: signal.signal(number, lambda *_: stop.set())
            for number in (signal.SIGINT, signal.SIGTERM)
        }

        def say(sentence: str) -> None:
            if options["verbosity"] > 1:
                self.stdout.write(sentence)

        try:
            colleagues = Colleagues(Random(), say)  # noqa: S311 - chance, not secrecy
            with at_work(stop):
                self.stdout.write("Colleagues are at work. Ctrl-C stops them.")
                done = colleagues.work(stop, options["seconds"])
        except NoSample as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(f"The colleagues stopped, the database said: {error}") from error
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        self.stdout.write(f"The colleagues have stopped. They did {done:,} things.")
