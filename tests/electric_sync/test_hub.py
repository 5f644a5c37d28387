"""The hub: one subscription upstream for all who listen, and a memory of unseen commits."""

from __future__ import annotations

import asyncio

import pytest

from electric_sync import hub as hub_module
from electric_sync.engine.publication import TableBusy
from electric_sync.hub import Hub
from electric_sync.values import ShapeChanges, ShapeDefinition, Snapshot, TableName

ORDERS, OTHERS = TableName("public", "orders"), TableName("public", "others")
ONE, TWO = ShapeDefinition(ORDERS, (("a", "1"),)), ShapeDefinition(ORDERS, (("a", "2"),))


class Engine:
    """Subscribes when it is told to, or fails."""

    def __init__(self) -> None:
        self.asked: list[ShapeDefinition] = []
        self.left: list[ShapeDefinition] = []
        self.ready = asyncio.Event()
        self.ready.set()
        self.was_left = asyncio.Event()
        self.error: Exception | None = None

    async def subscribe(self, definition: ShapeDefinition) -> None:
        self.asked.append(definition)
        await self.ready.wait()
        if self.error is not None:
            raise self.error

    def unsubscribe(self, definition: ShapeDefinition) -> None:
        self.left.append(definition)
        self.was_left.set()

    async def stop(self) -> None:
        pass


class Listener:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def changed(self, definition, keys, xid, committed_at) -> None:
        self.told.append((definition, keys, xid))

    def reset(self) -> None:
        self.told.append("reset")


class Fixture:
    """A hub with an engine that does nothing by itself."""

    def __init__(self) -> None:
        self.crowded = 0
        self.hub = Hub("", on_crowded=self._crowded)
        self.engine = self.hub._engine = Engine()

    def _crowded(self) -> None:
        self.crowded += 1

    def tell(self, xid: int, changed=None, table: TableName = ORDERS) -> None:
        """As the engine tells of a transaction."""
        self.hub._on_changes(ShapeChanges(xid, 0.0, frozenset({table}), changed or {}))


def run(story) -> None:
    """A test's story, in an event loop of its own."""

    async def told() -> None:
        there = Fixture()
        await story(there)
        await there.hub.close()

    asyncio.run(told())


@pytest.fixture
def brief(monkeypatch):
    monkeypatch.setattr(hub_module, "LINGER_SECONDS", 0)


def test_listeners_share_one_subscription():
    async def story(there: Fixture) -> None:
        one, two = Listener(), Listener()
        await asyncio.gather(there.hub.watch(ONE, one), there.hub.watch(ONE, two))

        there.tell(7, {ONE: frozenset({("1",)}), TWO: None})

        assert there.engine.asked == [ONE]
        assert one.told == two.told == [(ONE, frozenset({("1",)}), 7)]

    run(story)


def test_a_shape_stays_subscribed_for_a_while_after_its_last_listener_left():
    async def story(there: Fixture) -> None:
        listener = Listener()
        await there.hub.watch(ONE, listener)
        there.hub.unwatch(ONE, listener)
        await there.hub.watch(ONE, listener)

        assert there.engine.asked == [ONE]
        assert there.engine.left == []

    run(story)


def test_a_shape_is_left_when_nobody_came_back(brief):
    async def story(there: Fixture) -> None:
        listener = Listener()
        await there.hub.watch(ONE, listener)
        there.hub.unwatch(ONE, listener)
        await there.engine.was_left.wait()
        there.tell(7, {ONE: None})
        await there.hub.watch(ONE, listener)

        assert there.engine.asked == [ONE, ONE]
        assert listener.told == []

    run(story)


def test_whoever_stays_keeps_the_subscription(brief):
    async def story(there: Fixture) -> None:
        one, two = Listener(), Listener()
        await there.hub.watch(ONE, one)
        await there.hub.watch(ONE, two)
        there.hub.unwatch(ONE, one)
        for _ in range(5):
            await asyncio.sleep(0)
        there.tell(7, {ONE: None})

        assert there.engine.left == []
        assert (one.told, two.told) == ([], [(ONE, None, 7)])

    run(story)


def test_a_subscription_that_failed_can_be_tried_again():
    async def story(there: Fixture) -> None:
        one, two = Listener(), Listener()
        there.engine.error = TableBusy("busy")
        outcomes = await asyncio.gather(
            there.hub.watch(ONE, one), there.hub.watch(ONE, two), return_exceptions=True
        )
        assert [type(each) for each in outcomes] == [TableBusy, TableBusy]
        there.engine.error = None
        await there.hub.watch(ONE, one)
        there.tell(7, {ONE: None})

        assert there.engine.asked == [ONE, ONE]
        assert (one.told, two.told) == ([(ONE, None, 7)], [])

    run(story)


def test_one_who_gives_up_waiting_does_not_end_it_for_others():
    async def story(there: Fixture) -> None:
        one, two = Listener(), Listener()
        there.engine.ready.clear()
        first = asyncio.create_task(there.hub.watch(ONE, one))
        second = asyncio.create_task(there.hub.watch(ONE, two))
        await asyncio.sleep(0)
        first.cancel()
        there.engine.ready.set()
        await second

        there.tell(7, {ONE: None})
        assert two.told == [(ONE, None, 7)]

    run(story)


def test_a_reset_is_told_to_each_listener_once():
    async def story(there: Fixture) -> None:
        listener = Listener()
        await there.hub.watch(ONE, listener)
        await there.hub.watch(TWO, listener)
        there.hub._on_reset()

        assert listener.told == ["reset"]

    run(story)


def test_a_listener_may_leave_while_it_is_told(brief):
    async def story(there: Fixture) -> None:
        one, two = Listener(), Listener()
        one.changed = lambda *args: there.hub.unwatch(ONE, one)
        await there.hub.watch(ONE, one)
        await there.hub.watch(ONE, two)
        there.tell(7, {ONE: None})

        assert two.told == [(ONE, None, 7)]

    run(story)


class TestCommitsThatWereToldAndPerhapsNotSeen:
    def test_are_remembered_by_table(self):
        async def story(there: Fixture) -> None:
            there.tell(7, table=ORDERS)
            there.tell(8, table=OTHERS)

            assert there.hub.unseen(frozenset({ORDERS})) == [7]
            assert there.hub.unseen(frozenset({ORDERS, OTHERS})) == [7, 8]

        run(story)

    def test_are_forgotten_once_a_snapshot_saw_them(self):
        async def story(there: Fixture) -> None:
            there.tell(7)
            there.tell(8)
            there.hub.saw(Snapshot(7, 9, frozenset({8})))

            assert there.hub.unseen(frozenset({ORDERS})) == [8]

        run(story)

    def test_invariant_6_make_somebody_look_when_there_are_many(self, monkeypatch):
        monkeypatch.setattr(hub_module, "RECENT_MAX", 10)

        async def story(there: Fixture) -> None:
            for xid in range(25):
                there.tell(xid)

            assert there.crowded == 2

        run(story)


def test_closing_ends_what_was_being_subscribed():
    async def story(there: Fixture) -> None:
        there.engine.ready.clear()
        waiting = asyncio.create_task(there.hub.watch(ONE, Listener()))
        await asyncio.sleep(0)
        await there.hub.close()

        with pytest.raises(asyncio.CancelledError):
            await waiting

    run(story)
