"""Groups: live views that depend on the same shapes are read together.

An *instance* is one rendering (a :class:`~electric_sync.live.views.Scene`) and the
subscriptions that show it. A *group* holds all instances that depend on the same shapes; it
listens to the hub, collects what changed, and is the unit in which the refresher reads again:

    session and access of everybody concerned, and the rows, in one snapshot;
    first the window test says which lists a change concerns at all;
    then each instance concerned is updated, and the fragments that lead from its last state
    to the new one go to its members. Who has just joined is compared by etag, and gets
    nothing, the rows that are missing, or everything.

What a snapshot did not see yet stays pending, and is read again.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from django.db import DatabaseError, InterfaceError, connection, transaction

from electric_sync.access import HeldAccess, Reset, read_again
from electric_sync.live import fragments, window_test
from electric_sync.live.pending import Changed, Pending, wait_for_visibility
from electric_sync.live.views import (
    LiveList,
    LiveView,
    Rendering,
    Scene,
    SharedContexts,
    live_views,
)
from electric_sync.live.window import STEP, Rendered
from electric_sync.live.window_test import Question
from electric_sync.values import Key, ShapeDefinition, Snapshot

if TYPE_CHECKING:
    from electric_sync.hub import Hub
    from electric_sync.live.refresher import Refresher

logger = logging.getLogger(__name__)

PIECE = 150_000
"""Characters of a frame's content that go into one websocket message. JSON may write a character
as six bytes, and daphne refuses messages over 1 MiB."""

RUN_SECONDS = 0.1
"""A run that took longer leaves the rest of its instances to the next one."""


class Socket(Protocol):
    """Where subscriptions come from and frames go to; the consumer is one."""

    held: HeldAccess

    def deliver(self, subscription: Subscription, kind: str, bodies: Sequence[str]) -> bool:
        """Send a message, or one in pieces; a body is a JSON object's text without its brace.

        Returns whether it was sent. If it was not, the subscription has left its group.
        """

    def refuse(self, subscription: Subscription, reason: str) -> None:
        """The subscription ends."""

    def learn(self, present: HeldAccess | Reset, snapshot: Snapshot) -> None:
        """What its access was in a snapshot, which need not be the newest that it heard of.

        Afterwards only such subscriptions are in a group that may be shown what that snapshot
        held. Told to all sockets before anything of the reading is delivered to any.
        """


class Subscription:
    """One live view on somebody's page."""

    __slots__ = ("definitions", "etag", "id", "instance", "scene", "socket")

    def __init__(
        self,
        id_: str,
        socket: Socket,
        *,
        etag: str | None,
        scene: Scene,
        definitions: tuple[ShapeDefinition, ...],
    ) -> None:
        self.id = id_
        self.socket = socket
        self.scene = scene
        self.definitions = definitions
        self.etag = etag
        """What its page shows, as far as that was told."""
        self.instance: Instance | None = None
        """What it is told of; None: nothing at the moment."""


class Instance:
    """One rendering and who shows it."""

    __slots__ = (
        "_question",
        "behind",
        "group",
        "joiners",
        "members",
        "rendered",
        "scene",
        "view",
    )

    def __init__(self, group: Group, scene: Scene) -> None:
        self.group = group
        self.scene = scene
        self.view: LiveView = live_views.get(scene.view)
        self.rendered: Rendered | None = None
        self.members: set[Subscription] = set()
        self.joiners: set[Subscription] = set()
        self.behind = Changed()
        """Changes that its last run left to the next one."""
        self._question: tuple[Question | None] | None = None

    def question(self, view: LiveList, shared: SharedContexts) -> Question | None:
        """What the window test asks about this list; compiled once."""
        if self._question is None:
            self._question = (window_test.question_of(view.rows(self.scene, shared)),)
        return self._question[0]

    def forget_question(self) -> None:
        """Something else than rows changed: the queryset may be another one."""
        self._question = None


@dataclass(slots=True, eq=False)
class _Item:
    """One instance in one run: what is asked of it, and the outcome."""

    instance: Instance
    changed: frozenset[str] | None
    joiners: tuple[Subscription, ...]
    old: Rendered | None
    waited: bool = False
    """The last run had no time for it."""
    done: bool = False
    error: Exception | None = None
    new: Rendered | None = None
    content: str = ""
    whole: Rendering | None = None

    @property
    def needs_everything(self) -> bool:
        """Whether somebody must be sent rows that no difference holds."""
        return self.old is None or any(each.etag != self.old.etag for each in self.joiners)


class Group:
    """Instances that depend on the same shapes: a listener of the hub, a job of the refresher."""

    def __init__(
        self,
        definitions: tuple[ShapeDefinition, ...],
        tenant: str,
        hub: Hub,
        refresher: Refresher,
        pause: float = 0.0,
    ) -> None:
        """The rows of the first definition are followed by key, those of the others as a whole."""
        self.tenant = tenant
        self.pause = pause
        self.definitions = definitions
        self.instances: dict[Scene, Instance] = {}
        self._hub = hub
        self._refresher = refresher
        self._pending = Pending()
        self._unseen_runs = 0
        self._careful = False
        self._rests_until = 0.0

    async def watch(self) -> None:
        """Listen to the hub.

        Raises:
            TableBusy, TableRefused, psycopg.Error: a shape cannot be followed.
        """
        for definition in self.definitions:
            await self._hub.watch(definition, self)

    def unwatch(self) -> None:
        """Listen no longer."""
        for definition in self.definitions:
            self._hub.unwatch(definition, self)

    def instance(self, scene: Scene) -> Instance:
        """The rendering of this scene."""
        found = self.instances.get(scene)
        if found is None:
            found = self.instances[scene] = Instance(self, scene)
        return found

    def changed(
        self,
        definition: ShapeDefinition,
        keys: frozenset[Key] | None,
        xid: int,
        committed_at: float,
    ) -> None:
        """From the hub."""
        by_key = keys is not None and definition == self.definitions[0]
        rows = (key[0] for key in keys) if by_key and keys is not None else None
        self._pending.add(rows, xid, committed_at)
        self._mark()

    def reset(self) -> None:
        """From the hub: changes may have been missed."""
        self._pending.add(None, None)
        self._mark()

    def _mark(self) -> None:
        """Read again, when the pause after the last reading is over."""
        wait = self._rests_until - time.monotonic()
        if wait > 0:
            self._refresher.mark_later(self, wait)
        else:
            self._refresher.mark(self)

    def begin(self) -> GroupRun | None:
        """What is pending becomes a run."""
        taken, self._pending = self._pending, Pending()
        items = []
        for instance in self.instances.values():
            changed = instance.behind
            waited = bool(changed)
            if taken:
                changed.add(taken.changed.keys)
            if changed or instance.joiners or instance.rendered is None:
                instance.behind = Changed()
                items.append(
                    _Item(
                        instance,
                        changed.keys,
                        tuple(instance.joiners),
                        instance.rendered,
                        waited,
                    )
                )
        if not items:
            return None
        told = []
        if any(item.old is None for item in items):
            # A new instance has not heard of what was told before it came. Asked now, before
            # the snapshot is taken: afterwards others may have seen it, in later snapshots.
            told = self._hub.unseen(frozenset(each.table for each in self.definitions))
        held = {
            subscription.socket: subscription.socket.held
            for item in items
            for subscription in (*item.instance.members, *item.joiners)
        }
        return GroupRun(self, taken, told, items, held, self._careful)

    def failed(self, run: GroupRun) -> None:
        """Nothing of the run counts; the refresher marks the group again.

        If one instance broke the transaction for all, the next run finds out which.
        """
        self._careful = True
        self._pending.merge(run.taken)
        for item in run.items:
            item.instance.behind.add(item.changed)

    def finish(self, run: GroupRun, snapshot: Snapshot) -> None:
        """Send what the run found, and keep what it could not see."""
        for socket, held in run.held.items():
            socket.learn(run.present[held], snapshot)
        self._careful = any(item.error for item in run.items)
        self._rests_until = time.monotonic() + self.pause
        unfinished = False
        # What may be late says nothing of how quick the others are.
        lag = None if self.pause else _milliseconds_since(run.taken.committed_at)
        for item in run.items:
            if self.instances.get(item.instance.scene) is not item.instance:
                continue
            if item.error is not None:
                _refuse(item)
            elif item.done:
                _send(item, lag)
            else:
                item.instance.behind.add(item.changed)
                unfinished = True
        left = run.taken.unseen(snapshot)
        for xid in run.told:
            if not snapshot.sees(xid):
                left.add(None, xid)
        self._hub.saw(snapshot)
        self._keep(left)
        if unfinished or any(each.joiners for each in self.instances.values()):
            self._refresher.mark(self)

    def _keep(self, left: Pending) -> None:
        if not left:
            self._unseen_runs = 0
            return
        self._pending.merge(left)
        self._refresher.mark_later(self, wait_for_visibility(self._unseen_runs))
        self._unseen_runs += 1


@dataclass(slots=True, eq=False)
class GroupRun:
    """One reading of a group; see :class:`~electric_sync.live.refresher.Work`."""

    group: Group
    taken: Pending
    told: list[int]
    """Transactions that new instances may have missed, if the snapshot does not see them."""
    items: list[_Item]
    held: dict[Socket, HeldAccess]
    careful: bool
    """One instance may break the transaction: each reads behind a savepoint of its own."""
    present: dict[HeldAccess, HeldAccess | Reset] = field(default_factory=dict)

    def run(self, snapshot: Snapshot) -> None:
        """Read access and rows."""
        until = time.monotonic() + RUN_SECONDS
        self.present = read_again(self.held.values(), snapshot)
        shared = SharedContexts()
        concerned = None if self.careful else self._concerned(shared)
        # Whoever joins waits for a page; then those that had to wait before.
        for number, item in sorted(
            enumerate(self.items), key=lambda each: (not each[1].joiners, not each[1].waited)
        ):
            self._read(item, shared, is_concerned=concerned is None or number in concerned)
            if time.monotonic() > until:
                break

    def _read(self, item: _Item, shared: SharedContexts, *, is_concerned: bool) -> None:
        """Render or update one instance. What it raises is its own matter alone."""
        view, scene = item.instance.view, item.instance.scene
        try:
            with transaction.atomic() if self.careful else nullcontext():
                if item.old is None or item.needs_everything:
                    item.whole = view.render(scene, shared)
                    item.new = item.whole.rendered
                    if item.old is not None and item.old != item.new:
                        item.content = _whole_difference(item, item.whole)
                elif is_concerned:
                    item.new, item.content = view.update(scene, item.old, item.changed, shared)
                else:
                    item.new = item.old
            item.done = True
        except Exception as error:
            if isinstance(error, DatabaseError | InterfaceError) and not self._can_go_on():
                raise
            logger.exception("%s cannot be shown.", scene.view)
            item.error = error

    def _can_go_on(self) -> bool:
        """Whether the transaction survived an error of the database."""
        return self.careful and not connection.needs_rollback and connection.is_usable()

    def finish(self, snapshot: Snapshot) -> None:
        """In the event loop."""
        self.group.finish(self, snapshot)

    def failed(self) -> None:
        """In the event loop."""
        self.group.failed(self)

    def _concerned(self, shared: SharedContexts) -> set[int]:
        """The items, by number, that a change concerns."""
        concerned = set()
        asked: dict[frozenset[str], dict[int, tuple[Question | None, Rendered]]] = {}
        for number, item in enumerate(self.items):
            view = item.instance.view
            if item.changed is None:
                item.instance.forget_question()
                concerned.add(number)
            elif item.changed and item.old is not None and not item.needs_everything:
                if isinstance(view, LiveList):
                    question = item.instance.question(view, shared)
                    asked.setdefault(item.changed, {})[number] = (question, item.old)
                else:
                    concerned.add(number)
        for changed, lists in asked.items():
            concerned |= window_test.concerned(lists, changed)
        return concerned


def _whole_difference(item: _Item, whole: Rendering) -> str:
    """For members, when everything was rendered for somebody else's sake."""
    if item.old is None:
        return ""
    view, scene = item.instance.view, item.instance.scene
    container = view.container(scene.tenant, scene.params)
    if not isinstance(view, LiveList):
        return fragments.whole(container, whole.content)
    changed = {
        key
        for key, value in whole.rendered.digests.items()
        if item.old.digests.get(key, value) != value
    }
    return fragments.difference(container, item.old.keys, whole.rendered.keys, whole.parts, changed)


def _refuse(item: _Item) -> None:
    """End the subscriptions of an instance that cannot be rendered."""
    instance = item.instance
    for subscription in (*instance.members, *item.joiners):
        if subscription.instance is instance:
            subscription.socket.refuse(subscription, "error")


def _send(item: _Item, lag: int | None) -> None:
    """The new state goes to the members, then joiners become members."""
    instance, new = item.instance, item.new
    if new is None:
        return
    instance.rendered = new
    joining = [each for each in item.joiners if each in instance.joiners]  # some may have left
    instance.joiners.difference_update(joining)
    if item.old is not None and new != item.old:
        same = {each for each in joining if each.etag == item.old.etag}
        instance.members |= same
        bodies = _bodies(new, item.content, lag)
        for member in tuple(instance.members):
            _deliver(member, new, "frame", bodies)
        joining = [each for each in joining if each not in same]
    encoded: dict[str | None, list[str]] = {}  # many may lack the same
    for joiner in joining:
        instance.members.add(joiner)
        content = _missing(item, joiner)
        if content not in encoded:
            encoded[content] = _bodies(new, content)
        _deliver(joiner, new, "current" if content is None else "frame", encoded[content])


def _deliver(subscription: Subscription, new: Rendered, kind: str, bodies: Sequence[str]) -> None:
    if subscription.socket.deliver(subscription, kind, bodies):
        subscription.etag = new.etag  # else its page still shows what it did


def _missing(item: _Item, joiner: Subscription) -> str | None:
    """What a joiner's page lacks; None: nothing."""
    new, whole = item.new, item.whole
    if new is None or joiner.etag == new.etag or whole is None:
        return None
    view, scene = item.instance.view, item.instance.scene
    container = view.container(scene.tenant, scene.params)
    for size in range(STEP, len(new.digests), STEP):
        if joiner.etag == new.etag_of(size, more=True):  # its window has only grown
            keys = new.keys
            rows = [whole.parts[key] for key in keys[size:]]
            return fragments.added(container, keys[size - 1], rows)
    return fragments.whole(container, whole.content)


def _bodies(rendered: Rendered, content: str | None, lag: int | None = None) -> list[str]:
    """What of a message is the same for everybody. All pieces but the last are ``partial``."""
    told = {"etag": rendered.etag, "more": rendered.more, "cursors": rendered.cursors}
    if content is None:
        return [json.dumps(told)[1:]]
    ends = range(PIECE, len(content), PIECE)
    pieces = [{"partial": True, "content": content[end - PIECE : end]} for end in ends]
    last = {**told, "lag": lag, "content": content[len(pieces) * PIECE :]}
    return [json.dumps(piece)[1:] for piece in (*pieces, last)]


def _milliseconds_since(committed_at: float | None) -> int | None:
    return None if committed_at is None else max(0, round((time.time() - committed_at) * 1000))


def drop(subscriptions: Iterable[Subscription]) -> list[Group]:
    """End subscriptions; returns the groups that nobody shows any more."""
    deserted = []
    for subscription in subscriptions:
        instance, subscription.instance = subscription.instance, None
        if instance is None:
            continue
        instance.members.discard(subscription)
        instance.joiners.discard(subscription)
        if not instance.members and not instance.joiners:
            instance.group.instances.pop(instance.scene, None)
            if not instance.group.instances:
                deserted.append(instance.group)
    return deserted
