"""Everything live of one process: made when the first socket connects, one an event loop.

The server that runs the application is not asked for anything: background work starts on the
loop that the first socket came in on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from channels.db import database_sync_to_async
from django.db import DatabaseError, connection
from django.utils import timezone

from electric_sync import conf, tasks
from electric_sync.access import LOG_KEPT, HeldAccess, Reset
from electric_sync.engine.publication import TableBusy, TableRefused
from electric_sync.hub import Hub
from electric_sync.live.connections import Connections
from electric_sync.live.groups import Group, Socket, Subscription, drop
from electric_sync.live.invalidations import Invalidations
from electric_sync.live.refresher import Refresher
from electric_sync.live.resyncs import ResyncWatch
from electric_sync.live.shutdown import before_shutdown
from electric_sync.live.views import live_views
from electric_sync.live.watch import AccessWatch, Arrivals
from electric_sync.models import AccessLog
from electric_sync.values import ShapeDefinition

logger = logging.getLogger(__name__)

EXPIRY_SECONDS = 30.0
"""How often sessions are looked at whose time may have run out, and sockets that fell silent."""

_runtimes: WeakKeyDictionary[asyncio.AbstractEventLoop, Runtime] = WeakKeyDictionary()


class NotFollowed(Exception):
    """A live view's tables cannot be followed now; it was logged why."""


def runtime() -> Runtime:
    """The running loop's."""
    loop = asyncio.get_running_loop()
    found = _runtimes.get(loop)
    if found is None:
        found = _runtimes[loop] = Runtime()
    return found


class Runtime:
    """Hub, refresher, groups and sockets, and what is written down of them."""

    def __init__(self) -> None:
        self.sockets: set[Any] = set()
        self.connections = Connections()
        self._refresher = Refresher(conf.threads())
        self._hub = Hub(conf.conninfo(), on_crowded=self.look)
        self._groups: dict[tuple[tuple[ShapeDefinition, ...], float], Group] = {}
        self._ready: dict[Group, asyncio.Task[None]] = {}
        self._arrivals = Arrivals(self._refresher)
        self._watch = AccessWatch(self._hub, self._refresher, self.sockets)
        self._resyncs = ResyncWatch(self._hub, self._refresher, self.sockets)
        self._watching: asyncio.Task[None] | None = None
        self._invalidations = Invalidations(self.sockets, self.look)
        self._chores = asyncio.create_task(self._do_chores(), name="live-chores")
        before_shutdown(self.say_going_down)

    async def admit(self, socket: Socket, session_key: str) -> HeldAccess | Reset:
        """The access behind a session cookie, read now, or why there is none.

        Who has one is told from now on when it becomes another one.

        Raises:
            NotFollowed: changes of access cannot be followed.
        """
        if self._watching is None:
            self._watching = asyncio.create_task(self._follow())
        try:
            # First the log is followed, then access is read: no change falls between.
            await asyncio.shield(self._watching)
        except (TableBusy, TableRefused, psycopg.Error) as error:
            self._watching = None
            logger.warning("Changes of access cannot be followed: %s", error)
            raise NotFollowed from error
        ended = self._watch.ended
        found = await self._arrivals.admit(session_key)
        if not isinstance(found, Reset):
            socket.held = found
            self.sockets.add(socket)
            self._invalidations.arrived()
            if self._watch.begun != ended:
                self.look()  # a reading that began without this socket may have seen more than it
        return found

    async def _follow(self) -> None:
        """What is said to sockets besides what they subscribe."""
        await self._watch.watch()
        await self._resyncs.watch()

    async def join(self, subscription: Subscription) -> None:
        """Show its scene to this subscription from the next reading on.

        Raises:
            NotFollowed: its tables cannot be followed.
        """
        definitions, scene = subscription.definitions, subscription.scene
        key = (definitions, live_views.get(scene.view).pause)
        group = self._groups.get(key)
        if group is None:
            group = Group(definitions, scene.tenant, self._hub, self._refresher, key[1])
            self._groups[key] = group
            self._ready[group] = asyncio.create_task(group.watch())
        subscription.instance = group.instance(scene)
        subscription.instance.joiners.add(subscription)
        try:
            await asyncio.shield(self._ready[group])
        except (TableBusy, TableRefused, psycopg.Error) as error:
            logger.warning("%s cannot be followed: %s", scene.view, error)
            self.leave([subscription])
            raise NotFollowed from error
        if subscription.instance is not None:
            self._refresher.mark(group)

    def leave(self, subscriptions: Iterable[Subscription]) -> None:
        """End them."""
        for group in drop(subscriptions):
            key = (group.definitions, group.pause)
            if self._groups.get(key) is group:
                del self._groups[key]
                self._ready.pop(group).cancel()  # it may be taking tables in still
                group.unwatch()

    async def close(self) -> None:
        """Stop everything that runs in the background."""
        running = [self._chores, *self._ready.values()]
        if self._watching is not None:
            running.append(self._watching)
        await tasks.end(running)
        await self._invalidations.close()
        await self.connections.close()
        await self._hub.close()
        await self._refresher.close()
        _runtimes.pop(asyncio.get_running_loop(), None)

    def say_going_down(self) -> None:
        """Tell every socket that this process is about to end."""
        for socket in tuple(self.sockets):
            socket.going_down()
        self.connections.going_down()

    def look(self) -> None:
        """Somebody's access may be another one: read it."""
        self._watch.reset()

    async def _do_chores(self) -> None:
        """Time runs out without a change in the database."""
        purged, ended = timezone.now() - LOG_KEPT, 0
        while True:
            await asyncio.sleep(EXPIRY_SECONDS)
            for socket in tuple(self.sockets):
                socket.close_if_silent()
            if self.sockets:
                self.look()
            if timezone.now() - purged > LOG_KEPT:
                purged = timezone.now()
                try:
                    ended = await database_sync_to_async(purge_access_log)(ended)
                except DatabaseError as error:
                    logger.warning("Old changes of access were not deleted: %s", error)


def purge_access_log(ended: int) -> int:
    """Delete changes by transactions before ``ended``; returns before which all have ended by now.

    Called every ``LOG_KEPT`` with what it returned the last time, it deletes what no cached
    access can need any more. How old a row is says nothing: a transaction may commit late.
    """
    AccessLog.objects.filter(xid__lt=ended).delete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        (now,) = cursor.fetchone()
    return int(now)
