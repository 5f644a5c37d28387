"""A commit that the stream tells and no snapshot sees yet.

PostgreSQL writes a commit to the WAL first and makes it visible afterwards. In between it waits
for synchronous standbys. The test server has a standby that never comes, for sessions that ask
for it, so that a test can hold a commit there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.electric_sync.database import connect, execute, wait_for
from tests.electric_sync.loop import PATIENCE


class SuspendedCommit:
    """A transaction between WAL and visibility."""

    def __init__(self, statement: str, *params: Any) -> None:
        self._session = connect(autocommit=False)
        self._session.execute("SET synchronous_commit = on")
        self._session.execute(statement, params)
        self._pid = self._session.info.backend_pid
        self._committing = threading.Thread(target=self._session.commit, daemon=True)
        self._committing.start()
        wait_for(self._is_waiting, "the commit's wait for a standby")

    def release(self) -> None:
        """Make it visible; returns when it is."""
        if self._committing.is_alive():
            execute("SELECT pg_cancel_backend(%s)", self._pid)
            self._committing.join(PATIENCE)
            assert not self._committing.is_alive()
            self._session.close()

    def _is_waiting(self) -> bool:
        return execute("SELECT wait_event FROM pg_stat_activity WHERE pid = %s", self._pid) == [
            ("SyncRep",)
        ]


@contextmanager
def suspended(statement: str, *params: Any) -> Iterator[SuspendedCommit]:
    """Execute the statement and suspend its commit; it is released at the end at the latest."""
    commit = SuspendedCommit(statement, *params)
    try:
        yield commit
    finally:
        commit.release()
