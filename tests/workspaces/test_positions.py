"""Positions: keys with room between any two of them."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from workspaces.positions import between, spread

COUNTING = (None, "a0", "az", "bzz", "Zz", "Yzz", "Z5", "a0V", "czzzV", "A" + "z" * 26)


@given(st.lists(st.floats(0, 1), max_size=200))
def test_keys_stay_in_order_wherever_they_are_put_in(places: list[float]) -> None:
    keys: list[str] = []
    for place in places:
        at = round(place * len(keys))
        key = between(keys[at - 1] if at else None, keys[at] if at < len(keys) else None)
        keys.insert(at, key)
    assert keys == sorted(set(keys))


@given(st.integers(1, 300), st.integers(1, 300))
def test_spread_keys_are_in_order_and_between_their_neighbours(first: int, count: int) -> None:
    before, after = spread(None, None, first)[-1], between(spread(None, None, first)[-1], None)
    keys = [before, *spread(before, after, count), after]
    assert keys == sorted(set(keys))


def test_appending_a_hundred_thousand_times_keeps_keys_short() -> None:
    assert max(map(len, spread(None, None, 100_000))) == 4


def test_putting_in_at_the_same_place_grows_a_key_by_one_character_in_five() -> None:
    low, high = "a0", "a1"
    for _ in range(100):
        high = between(low, high)
    assert len(high) <= 25


def test_always_at_the_front_counts_down() -> None:
    key = "a0"
    for _ in range(10_000):
        earlier = between(None, key)
        assert earlier < key
        key = earlier
    assert len(key) <= 4


@pytest.mark.parametrize(("before", "after"), [("a1", "a1"), ("a2", "a1")])
def test_there_is_nothing_between_keys_in_the_wrong_order(before: str, after: str) -> None:
    with pytest.raises(ValueError, match="There is no position between"):
        between(before, after)


@pytest.mark.django_db
@pytest.mark.parametrize("last", COUNTING)
def test_the_database_counts_as_python_does(last: str | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select workspaces_position_after(%s)", [last])
        assert cursor.fetchone() == (between(last, None),)
