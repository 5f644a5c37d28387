"""Who is connected, written down: for receipts, for admins and for other processes.

A page's :class:`Connection` is what its socket keeps true, in the event loop, at no cost. What is
new of them is written together, by one thread, so that neither a frame nor the loop ever waits
for it; while a batch is written the next one collects. Every ``SEEN_SECONDS`` all rows of the
process are written anew, and those of it that should not be there are removed: so whatever was
lost, by an error or over the bound, is right again then. Rows of a process that has not written
for ``DEAD_AFTER`` are removed by any other.

Receipts
    A receipt is cleared when a page of its session is empty or has confirmed a snapshot that sees
    the receipt's transaction, and so have all that are connected. First what was confirmed is
    committed, then it is looked in a new snapshot who has confirmed: of two processes that do so
    at the same time the later one sees both, and nobody locks anything for it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils import timezone

from electric_sync import tasks
from electric_sync.models import DEAD_AFTER, LiveSocket, Receipt, ResyncRequest, UserSession
from electric_sync.signals import receipts_cleared
from electric_sync.values import Snapshot

logger = logging.getLogger(__name__)

SEEN_SECONDS = 30.0
"""How often a process says that its pages are connected still."""
RETRY_SECONDS = (0.5, 30.0)
"""Shortest and longest wait after an error."""
MAX_WAITING = 10_000
"""News of pages that wait to be written. What is more is written with the next ``seen``."""
KEPT = timedelta(days=8)
"""How long receipts, resync requests and sign-ins that ended are kept: a day longer than a device
keeps anything."""
PURGE_SECONDS = 3_600.0
"""How often older ones are deleted."""


@dataclass(slots=True, eq=False)
class Connection:
    """A connected page. Its socket keeps the numbers true, and says when there is news."""

    session_id: UUID
    tenant: str
    version: str = ""
    id: UUID = field(default_factory=uuid4)
    since: datetime = field(default_factory=timezone.now)
    heard_at: datetime = field(default_factory=timezone.now)
    subscriptions: int = 0
    refused: int = 0
    last_event: str = ""
    last_event_at: datetime | None = None
    confirmed: Snapshot | None = None
    """The newest snapshot of which it is known that the page shows nothing that it forbids."""

    def heard(self, event: str = "") -> None:
        """The browser said something; without a name, no more than that it is there."""
        self.heard_at = timezone.now()
        if event:
            self.last_event, self.last_event_at = event, self.heard_at

    def told(self, event: str) -> None:
        """The browser was told something."""
        self.last_event_at = timezone.now()
        self.last_event = event


class Connections:
    """The connected pages of one process. Lives in one event loop."""

    def __init__(self) -> None:
        self.process = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._open: dict[UUID, Connection] = {}
        self._news = _News()
        self._wake = asyncio.Event()
        self._written = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "live-connections")
        self._keeper = asyncio.create_task(self._keep(), name="live-connections")

    def opened(self, session_id: UUID, tenant: str, version: str = "") -> Connection:
        """A page of this session is connected from now on."""
        opened = Connection(session_id, tenant, version)
        self._open[opened.id] = opened
        self._news.changed[opened.id] = opened
        self._news_came()
        return opened

    def confirmed(self, connection: Connection, snapshot: Snapshot) -> None:
        """The page shows nothing that ``snapshot`` forbids. Nothing is awaited for it."""
        if connection.id in self._open:
            connection.confirmed = snapshot
            self._news.changed[connection.id] = connection
            self._news.sessions.add(connection.session_id)
            self._news_came()

    def emptied(self, key_hash: str) -> None:
        """A page that was sent away has confirmed that it is empty, and is not connected now.

        Of a session that had ended when it came no more than the hash of its key is known.
        """
        if len(self._news.emptied) < MAX_WAITING:
            self._news.emptied.add(key_hash)
            self._news_came()

    def closed(self, connection: Connection) -> None:
        """The page is not connected any more. Saying it twice changes nothing."""
        if self._open.pop(connection.id, None) is not None:
            self._news.changed.pop(connection.id, None)
            self._news.closed[connection.id] = connection
            self._news_came()

    def going_down(self) -> None:
        """The process ends soon: its pages will be another's, which nobody should wait for here."""
        for each in tuple(self._open.values()):
            self.closed(each)

    async def written(self) -> None:
        """Wait until all that is known by now is in the database. Nothing live needs that."""
        while self._news or not self._written.is_set():
            self._written.clear()
            self._wake.set()
            await self._written.wait()

    async def close(self) -> None:
        """Write that all pages are gone, if the database lets us, and stop."""
        await tasks.end([self._keeper])
        self.going_down()
        await self._write(self._take())
        await asyncio.get_running_loop().run_in_executor(self._thread, _close_connection)
        self._thread.shutdown()

    def _news_came(self) -> None:
        if len(self._news.changed) + len(self._news.closed) > MAX_WAITING:
            self._news = _News(emptied=self._news.emptied)  # the next `seen` tells all the rest
        self._written.clear()
        self._wake.set()

    def _take(self) -> _News:
        news, self._news = self._news, _News()
        self._wake.clear()
        return news

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        seen_at, purged_at, failures = loop.time(), loop.time(), 0
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), seen_at + SEEN_SECONDS - loop.time())
            news = self._take()
            if loop.time() >= seen_at + SEEN_SECONDS:
                seen_at = loop.time()
                news.tell_all(self._open)
            if loop.time() >= purged_at + PURGE_SECONDS:
                purged_at = loop.time()
                news.purges = True
            if await self._write(news):
                failures = 0
                if not self._news:
                    self._written.set()
            else:
                self._news.come_after(news)
                failures += 1
                shortest, longest = RETRY_SECONDS
                await asyncio.sleep(min(shortest * 2 ** (failures - 1), longest))
                self._wake.set()

    async def _write(self, news: _News) -> bool:
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, _write, self.process, news)
        except Exception as error:  # noqa: BLE001 the database, or a project's receiver of the signal
            logger.warning("Who is connected was not written; it will be tried again: %s", error)
            return False
        return True


@dataclass(slots=True)
class _News:
    """What has not been written yet."""

    changed: dict[UUID, Connection] = field(default_factory=dict)
    closed: dict[UUID, Connection] = field(default_factory=dict)
    sessions: set[UUID] = field(default_factory=set)
    """Those one of whose pages has confirmed something."""
    emptied: set[str] = field(default_factory=set)
    """Hashes of the keys of sessions one of whose pages is empty."""
    all: bool = False
    """All connected pages of the process are in ``changed``."""
    purges: bool = False

    def __bool__(self) -> bool:
        return bool(self.changed or self.closed or self.emptied or self.all or self.purges)

    def tell_all(self, connections: dict[UUID, Connection]) -> None:
        """Of every page, whether there is news of it or not."""
        self.all = True
        self.changed = dict(connections)
        self.sessions |= {each.session_id for each in connections.values() if each.confirmed}

    def come_after(self, failed: _News) -> None:
        """Take up what could not be written. What closed meanwhile is not connected again."""
        self.closed = failed.closed | self.closed
        gone = self.closed
        kept = {key: each for key, each in failed.changed.items() if key not in gone}
        self.changed = kept | self.changed
        self.sessions |= failed.sessions
        self.emptied |= failed.emptied
        self.purges |= failed.purges
        # What opened meanwhile was not among all: the next `seen` will say so.

    def reports(self) -> str:
        """What is to be in the database of each page, as JSON.

        Made in the thread, while the event loop goes on: what it changes meanwhile may be told
        already, which is as true, and is told again.
        """
        return json.dumps(
            [
                {
                    "id": each.id,
                    "session_id": each.session_id,
                    "tenant": each.tenant,
                    "since": each.since,
                    "heard_at": each.heard_at,
                    "subscriptions": each.subscriptions,
                    "last_event": each.last_event,
                    "last_event_at": each.last_event_at,
                    "version": each.version,
                    "confirmed": None if each.confirmed is None else str(each.confirmed),
                    "refused": each.refused,
                }
                for each in (*self.changed.values(), *self.closed.values())
            ],
            default=str,
        )


# ---------------------------------------------------------------------- in the thread

_SOCKETS = LiveSocket._meta.db_table
_SESSIONS = UserSession._meta.db_table
_RECEIPTS = Receipt._meta.db_table

# The tables' names are our own.
_TELL = f"""
WITH told AS (
  SELECT * FROM jsonb_to_recordset(%(reports)s::jsonb) AS t(
    id uuid, session_id uuid, tenant text, since timestamptz, heard_at timestamptz,
    subscriptions integer, last_event text, last_event_at timestamptz, version text,
    confirmed text, refused integer)
), sockets AS (
  INSERT INTO {_SOCKETS} (
    id, session_id, tenant, process, since, seen_at, subscriptions, last_event, last_event_at,
    version, confirmed, refused)
  SELECT t.id, t.session_id, t.tenant, %(process)s, t.since, now(), t.subscriptions,
         t.last_event, t.last_event_at, t.version, t.confirmed, t.refused
    FROM told AS t JOIN {_SESSIONS} AS s ON s.id = t.session_id
  ON CONFLICT (id) DO UPDATE SET
    tenant = excluded.tenant, seen_at = excluded.seen_at,
    subscriptions = excluded.subscriptions, last_event = excluded.last_event,
    last_event_at = excluded.last_event_at, version = excluded.version,
    confirmed = excluded.confirmed, refused = excluded.refused
)
UPDATE {_SESSIONS} AS s SET last_seen_at = h.at
  FROM (SELECT session_id, max(heard_at) AS at FROM told GROUP BY session_id) AS h
 WHERE s.id = h.session_id AND (s.last_seen_at IS NULL OR s.last_seen_at < h.at)
   AND s.id IN (
     SELECT id FROM {_SESSIONS} WHERE id IN (SELECT session_id FROM told)
        FOR NO KEY UPDATE SKIP LOCKED)
"""  # noqa: S608
"""Somebody who is just signing out, or another process, has the session's row: the next one
writes when it was seen."""

_REMOVE = f"""
WITH gone AS (
  DELETE FROM {_SOCKETS} WHERE id IN (
    SELECT id FROM {_SOCKETS}
     WHERE id = ANY(%(closed)s::uuid[])
        OR (%(all)s AND process = %(process)s AND NOT id = ANY(%(open)s::uuid[]))
        OR (%(all)s AND seen_at < now() - %(dead)s::interval)
     ORDER BY id FOR UPDATE SKIP LOCKED)
  RETURNING session_id, refused
), counted AS (
  UPDATE {_SESSIONS} AS s SET refused = s.refused + g.refused
    FROM (SELECT session_id, sum(refused) AS refused FROM gone GROUP BY 1) AS g
   WHERE s.id = g.session_id AND g.refused > 0
)
SELECT DISTINCT session_id FROM gone
"""  # noqa: S608

_CLEAR = f"""
UPDATE {_RECEIPTS} SET cleared_at = clock_timestamp() WHERE id IN (
  SELECT r.id FROM {_RECEIPTS} AS r
   WHERE r.session_id = ANY(%(sessions)s::uuid[]) AND r.cleared_at IS NULL
     AND (r.session_id = ANY(%(emptied)s::uuid[]) OR EXISTS (
       SELECT FROM {_SOCKETS} AS k WHERE k.session_id = r.session_id AND {{sees}}))
     AND NOT EXISTS (
       SELECT FROM {_SOCKETS} AS k
        WHERE k.session_id = r.session_id AND (k.confirmed IS NULL OR NOT {{sees}}))
   FOR UPDATE SKIP LOCKED)
RETURNING *
""".format(  # noqa: S608
    sees="pg_visible_in_snapshot(r.xid::text::xid8, k.confirmed::pg_snapshot)"
)

_FORGET = f"""
DELETE FROM {_SESSIONS} WHERE ended_at < %(before)s OR expires_at < %(before)s
"""  # noqa: S608
"""In SQL: there may be many, and no signal has to tell of each."""


def _write(process: str, news: _News) -> None:
    try:
        sessions = news.sessions | _write_pages(process, news)
        if sessions or news.emptied:
            _clear(sessions, news.emptied)
        if news.purges:
            purge()
    except Exception:
        connection.close()  # it may be broken; the next batch opens another one
        raise


def _write_pages(process: str, news: _News) -> set[UUID]:
    """Write, add and remove rows; returns the sessions that have a page less.

    Each statement is a transaction: none waits for sessions while it holds some.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TELL, {"reports": news.reports(), "process": process})
        if not (news.closed or news.all):
            return set()
        cursor.execute(
            _REMOVE,
            {
                "closed": list(news.closed),
                "open": list(news.changed),
                "all": news.all,
                "process": process,
                "dead": str(DEAD_AFTER),
            },
        )
        return {session_id for (session_id,) in cursor.fetchall()}


def _clear(sessions: set[UUID], emptied: set[str]) -> None:
    empty = set(
        UserSession.objects.filter(key_hash__in=emptied).values_list("pk", flat=True)
        if emptied
        else ()
    )
    given = {"sessions": list(sessions | empty), "emptied": list(empty)}
    with transaction.atomic():
        cleared = list(Receipt.objects.raw(_CLEAR, given))
        if cleared:
            receipts_cleared.send(sender=Receipt, receipts=cleared)


def purge() -> None:
    """Delete receipts, resync requests and sign-ins that nobody asks for any more."""
    before = timezone.now() - KEPT
    Receipt.objects.filter(raised_at__lt=before).delete()
    ResyncRequest.objects.filter(at__lt=before).delete()
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, {"before": before})


def _close_connection() -> None:
    connection.close()
