"""What is still to be read: which rows, and of which transactions; both within bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from electric_sync.live import pending
from electric_sync.live.pending import MAX_KEYS, Changed, Pending, wait_for_visibility
from electric_sync.values import Snapshot
from tests.electric_sync.examples import one_in

NOBODY = Snapshot(1, 1, frozenset())
"""Sees nothing that the tests write."""


def everything_up_to(xid: int) -> Snapshot:
    return Snapshot(xid + 1, xid + 1, frozenset())


class TestChanged:
    def test_begins_with_nothing(self):
        assert not Changed()
        assert Changed().keys == frozenset()

    def test_collects_keys(self):
        changed = Changed(["1"])
        changed.add(["2", "1"])

        assert changed.keys == {"1", "2"}

    def test_adding_no_keys_changes_nothing(self):
        changed = Changed()
        changed.add([])

        assert not changed

    def test_becomes_everything_when_it_is_told_so(self):
        changed = Changed(["1"])
        changed.add(None)

        assert changed
        assert changed.keys is None

    def test_stays_everything(self):
        changed = Changed(everything=True)
        changed.add(["1"])

        assert changed.keys is None

    def test_invariant_6_is_everything_beyond_the_bound(self):
        changed = Changed(map(str, range(MAX_KEYS)))
        assert changed.keys is not None

        changed.add(["one more"])

        assert changed.keys is None


class TestPending:
    def test_is_left_as_long_as_its_transaction_is_not_seen(self):
        waiting = Pending()
        waiting.add(["1"], 100, committed_at=5.0)

        left = waiting.unseen(Snapshot(90, 110, frozenset({100})))

        assert left.changed.keys == {"1"}
        assert left.committed_at == 5.0
        assert not waiting.unseen(everything_up_to(100))

    def test_is_read_anyway_if_it_belongs_to_no_transaction(self):
        waiting = Pending()
        waiting.add(None, None)

        assert waiting
        assert not waiting.unseen(NOBODY)

    def test_all_rows_are_left_while_one_transaction_is_unseen(self):
        """Which rows are whose is not remembered: reading too many is no mistake."""
        waiting = Pending()
        waiting.add(["1"], 100)
        waiting.add(["2"], 101)

        assert waiting.unseen(Snapshot(100, 102, frozenset({101}))).changed.keys == {"1", "2"}

    def test_the_newest_commit_counts_for_the_lag(self):
        waiting = Pending()
        for at in (1.0, 3.0, 2.0):
            waiting.add(["1"], 100, committed_at=at)

        assert waiting.committed_at == 3.0

    def test_two_are_one(self):
        one, two = Pending(), Pending()
        one.add(["1"], 100, committed_at=1.0)
        two.add(["2"], 200, committed_at=2.0)

        one.merge(two)

        assert one.changed.keys == {"1", "2"}
        assert one.committed_at == 2.0
        assert one.unseen(everything_up_to(100))
        assert not one.unseen(everything_up_to(200))

    @pytest.mark.parametrize(
        "order", [[100, 101, 102, 103], [103, 102, 101, 100], [103, 100, 101, 102]]
    )
    def test_invariant_6_of_too_many_the_newest_is_waited_for(self, monkeypatch, order):
        """Found: the last one that was told is not the newest; commits come in any order."""
        monkeypatch.setattr(pending, "MAX_TRANSACTIONS", 3)
        waiting = Pending()
        for xid in order:
            waiting.add([str(xid)], xid)

        assert waiting.unseen(Snapshot(103, 104, frozenset({103}))).changed.keys == {
            *map(str, order)
        }
        assert not waiting.unseen(everything_up_to(103))

    def test_invariant_6_an_older_one_does_not_end_the_wait_for_a_newer(self, monkeypatch):
        """Found: putting back what a run had taken replaced the newer one that came meanwhile."""
        monkeypatch.setattr(pending, "MAX_TRANSACTIONS", 1)
        newer, older = Pending(), Pending()
        for xid in (200, 201):
            newer.add(["2"], xid)
        for xid in (100, 101):
            older.add(["1"], xid)

        newer.merge(older)

        assert newer.unseen(everything_up_to(150))
        assert not newer.unseen(everything_up_to(201))

    def test_invariant_6_merging_keeps_the_bound(self, monkeypatch):
        monkeypatch.setattr(pending, "MAX_TRANSACTIONS", 10)
        one, two = Pending(), Pending()
        for xid in range(10):
            one.add(["1"], 100 + xid)
            two.add(["1"], 200 + xid)

        one.merge(two)

        assert len(one._xids) <= 10
        assert one.unseen(everything_up_to(208))
        assert not one.unseen(everything_up_to(209))

    def test_the_newest_is_found_where_numbers_begin_again(self, monkeypatch):
        """The stream's transaction ids have 32 bits, a snapshot's 64."""
        monkeypatch.setattr(pending, "MAX_TRANSACTIONS", 2)
        waiting = Pending()
        epoch = 1 << 32
        for xid in (epoch - 2, epoch - 1, 3):  # and the last one is 3 of the next round
            waiting.add(["1"], xid)

        assert waiting.unseen(Snapshot(epoch + 3, epoch + 4, frozenset({epoch + 3})))
        assert not waiting.unseen(everything_up_to(epoch + 3))


@one_in(1)
@given(
    told=st.lists(st.integers(100, 140), max_size=12, unique=True),
    running=st.frozensets(st.integers(100, 140)),
    cut=st.integers(0, 12),
)
def test_invariant_8_nothing_is_dropped_that_was_not_seen(told, running, cut):
    one, two = Pending(), Pending()
    for number, xid in enumerate(told):
        (one if number < cut else two).add([str(xid)], xid)
    one.merge(two)
    snapshot = Snapshot(min(running, default=141), 141, running)

    unseen = {str(xid) for xid in told if not snapshot.sees(xid)}

    left = one.unseen(snapshot)
    assert bool(left) is bool(unseen)
    assert left.changed.keys is None or left.changed.keys >= unseen


def test_waiting_for_visibility_grows_and_stays_short():
    waits = [wait_for_visibility(runs) for runs in (0, 1, 2, 3, 7, 10**6)]

    assert waits == [0.001, 0.002, 0.004, 0.008, 0.1, 0.1]


# ------------------------------------------------------------------------- snapshots


@pytest.mark.parametrize(
    ("text", "xid", "sees"),
    [
        ("100:100:", 99, True),
        ("100:100:", 100, False),
        ("100:105:101,103", 100, True),
        ("100:105:101,103", 101, False),
        ("100:105:101,103", 102, True),
        ("100:105:101,103", 105, False),
        (f"{(5 << 32) + 100}:{(5 << 32) + 105}:{(5 << 32) + 101}", 100, True),
        (f"{(5 << 32) + 100}:{(5 << 32) + 105}:{(5 << 32) + 101}", 101, False),
        (f"{(5 << 32) + 2}:{(5 << 32) + 2}:", (1 << 32) - 1, True),  # of the round before
        (f"{(5 << 32) - 2}:{(5 << 32) - 1}:", 3, False),  # of the round to come
        (f"{(5 << 32) + 2}:{(5 << 32) + 2}:", (5 << 32) + 1, True),
    ],
)
def test_a_snapshot_knows_transactions_by_32_bits_and_by_64(text, xid, sees):
    assert Snapshot.parse(text).sees(xid) is sees
