"""Reading in one snapshot: the only way in which live views and pages read.

Inside :func:`read_snapshot` every query sees the same state of the database, and the caller
knows which transactions that state holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from electric_sync.values import Snapshot


@contextmanager
def read_snapshot() -> Iterator[Snapshot]:
    """A ``REPEATABLE READ READ ONLY`` transaction on the thread's connection.

    Raises:
        RuntimeError: a transaction is open already; its snapshot could be an older one.
    """
    if connection.in_atomic_block:
        raise RuntimeError("A page must be read in a transaction of its own; end the open one.")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_current_snapshot()::text")
        (text,) = cursor.fetchone()
        yield Snapshot.parse(text)
