"""Whether simulated colleagues are at work, and sending them home.

While they work they hold an advisory lock, which PostgreSQL takes back however they end, and listen
on a channel. So no process has to know another one, and no note is left that is not true.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from django.db import OperationalError, connection, transaction

LOCK = (0x706C6169, 1)  # two numbers of ours, in this database
CHANNEL = "plainrow_colleagues"
LOOK = 0.2  # seconds between two looks whether they have stopped for another reason
PATIENCE = "5s"  # for them to put away what they have begun


@contextmanager
def at_work(stop: Event) -> Iterator[None]:
    """Be seen to be at work. ``stop`` is set when somebody sends them home."""
    here, gone = Event(), Event()
    thread = Thread(target=_stay, args=[stop, here, gone], name="presence")
    thread.start()
    here.wait()
    try:
        yield
    finally:
        gone.set()
        thread.join()


def are_at_work() -> bool:
    """Whether some are at work."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select exists (
                select from pg_locks join pg_database on pg_database.oid = pg_locks.database
                where datname = current_database() and locktype = 'advisory' and granted
                and mode = 'ShareLock' and (classid, objid, objsubid) = (%s, %s, 2))
            """,
            LOCK,
        )
        return bool(cursor.fetchone()[0])


def send_home() -> None:
    """Tell them to stop, and wait until they have, for a few seconds at most."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, '')", [CHANNEL])
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select set_config('lock_timeout', %s, true)", [PATIENCE])
            cursor.execute("select pg_advisory_xact_lock(%s, %s)", LOCK)
    except OperationalError:
        return  # still at it: the page will say so


def _stay(stop: Event, here: Event, gone: Event) -> None:
    """Hold the lock and listen, on a connection of this thread's own."""
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            cursor.execute(f"listen {CHANNEL}")
            cursor.execute("select pg_advisory_lock_shared(%s, %s)", LOCK)
        here.set()
        while not gone.is_set():
            for _ in own.connection.notifies(timeout=LOOK, stop_after=1):
                stop.set()
        with own.cursor() as cursor:  # closing alone would let go of it a moment later
            cursor.execute("select pg_advisory_unlock_shared(%s, %s)", LOCK)
    finally:
        here.set()
        stop.set()  # a lost connection ends their work as well
        own.close()
