"""Fragments lead from one list to the next, with as few operations as it takes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from electric_sync.live import fragments
from electric_sync.live.fragments import Container
from tests.electric_sync.examples import one_in
from tests.electric_sync.page import LiveElement

LIST = Container("live-x", "tbody")

keys = st.lists(st.integers(0, 12).map(str), unique=True, max_size=13)


def row(key: str, text: object = "", container: Container = LIST) -> str:
    tag = container.row_tag
    return f'<{tag} id="{container.row_id(key)}"><b>{text}</b></{tag}>'


def page(rows: list[str], container: Container = LIST) -> LiveElement:
    return LiveElement(container.id, container.tag, "", etag="", content="".join(rows))


def apply(element: LiveElement, content: str) -> str:
    element.apply({"etag": "", "more": False, "cursors": [], "content": content})
    return element.content


@one_in(1)
@given(old=keys, new=keys, changed=st.sets(st.integers(0, 12).map(str)))
def test_invariant_5_the_old_list_with_the_difference_is_the_new_list(old, new, changed):
    changed &= set(old) & set(new)
    before = {key: row(key, "old") for key in old}
    html = {key: row(key, "new") for key in new if key in changed or key not in old}

    content = fragments.difference(LIST, old, new, html, changed)

    after = [html.get(key) or before[key] for key in new]
    assert apply(page([*before.values()]), content) == "".join(after)


@one_in(1)
@given(old=keys, new=keys)
def test_no_more_rows_move_than_have_to(old, new):
    html = {key: row(key) for key in new}

    content = fragments.difference(LIST, old, new, html, ())

    moved = re.findall(r'id="live-x-(\d+)" data-live-move', content)
    common = [key for key in new if key in old]
    assert len(moved) == len(common) - longest_increasing([old.index(key) for key in common])
    assert len(set(moved)) == len(moved)
    assert sorted(re.findall(r'id="live-x-(\d+)" hx-swap-oob="delete"', content)) == sorted(
        set(old) - set(new)
    )


def longest_increasing(places: list[int]) -> int:
    """Its length, by the book."""
    best: list[int] = []
    for at, place in enumerate(places):
        best.append(1 + max((best[i] for i in range(at) if places[i] < place), default=0))
    return max(best, default=0)


@pytest.mark.parametrize(
    ("old", "new", "moved"),
    [
        ("abcdef", "abcdef", ""),
        ("abcdef", "bcdefa", "a"),
        ("abcdef", "fabcde", "f"),
        ("abcdef", "acbdef", "c"),
        ("abcdef", "abdef", ""),
        ("abcdef", "xabcdef", ""),
        ("abc", "cba", "cb"),
    ],
)
def test_rows_that_keep_their_order_are_not_moved(old, new, moved):
    html = {key: row(key) for key in new}

    content = fragments.difference(LIST, list(old), list(new), html, ())

    assert re.findall(r'id="live-x-(.)" data-live-move', content) == list(moved)


def test_nothing_is_said_where_nothing_changed():
    assert fragments.difference(LIST, ["1", "2"], ["1", "2"], {}, ()) == ""


def test_invariant_9_rows_that_go_or_move_are_named_by_their_id_alone():
    html = {"1": row("1", "secret"), "3": row("3", "new")}

    content = fragments.difference(LIST, ["1", "2", "4"], ["4", "1", "3"], html, ())

    assert "secret" not in content
    assert "new" in content


@pytest.mark.parametrize("tag", ["tbody", "ul", "ol", "div", "section"])
def test_every_kind_of_list(tag):
    container = Container("live-x", tag)
    before = [row(key, "old", container) for key in "abc"]
    html = {key: row(key, "new", container) for key in "cd"}

    content = fragments.difference(container, list("abc"), list("dca"), html, {"c"})

    assert apply(page(before, container), content) == html["d"] + html["c"] + before[0]


@pytest.mark.parametrize("kept", [0, 1, 3])
def test_rows_that_a_window_gains_follow_in_their_order(kept):
    rows = [row(key) for key in "abcdef"]
    last = "abcdef"[kept - 1] if kept else None

    content = fragments.added(LIST, last, rows[kept:])

    assert apply(page(rows[:kept]), content) == "".join(rows)


def test_a_whole_list_replaces_whatever_was_there():
    content = fragments.whole(LIST, row("b"))

    assert apply(page([row("a")]), content) == row("b")


@pytest.mark.parametrize(
    "start",
    [
        '<tr id="live-x-1">',
        '<tr\n  id="live-x-1">',
        '<tr\tclass="a b" id="live-x-1">',
        "<tr id='live-x-1' >",
    ],
)
def test_a_row_s_element_may_be_written_in_many_ways(start):
    """Found: with a line break behind the tag's name, the attribute landed in another one."""
    changed = f"{start}<td>new</td></tr>"

    content = fragments.difference(LIST, ["1"], ["1"], {"1": changed}, {"1"})

    assert apply(page([row("1")]), content) == changed


@pytest.mark.parametrize("text", ["", "text", "<!-- a comment --><tr></tr>", "</tr>"])
def test_a_row_without_an_element_is_a_mistake_that_is_named(text):
    with pytest.raises(ValueError, match="one element"):
        fragments.difference(LIST, ["1"], ["1"], {"1": text}, {"1"})


def test_a_key_is_escaped_in_ids():
    content = fragments.difference(LIST, ['"><script>'], [], {}, ())

    assert "<script>" not in content
