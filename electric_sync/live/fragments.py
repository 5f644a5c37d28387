"""From an old list of rows to a new one, as htmx out-of-band markup.

Operations are applied in document order. Deletes and moves carry a row's id only. Rows of a
table are wrapped in ``<table>``: the HTML parser drops them elsewhere.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.utils.html import escape

_START = re.compile(r"<[a-zA-Z][^\s/>]*")
"""The beginning of a start tag, with its name."""


@dataclass(frozen=True, slots=True)
class Container:
    """The element that holds the rows, or the region: its id and tag."""

    id: str
    tag: str

    @property
    def row_tag(self) -> str:
        """The tag that an empty stand-in for a row has."""
        return {"tbody": "tr", "ul": "li", "ol": "li"}.get(self.tag, "div")

    def row_id(self, key: object) -> str:
        """The id of the row with that primary key."""
        return f"{self.id}-{escape(str(key))}"


def whole(container: Container, content: str) -> str:
    """Everything in the container, anew."""
    tag = container.tag
    return _wrap(container, f'<{tag} id="{container.id}" hx-swap-oob="innerHTML">{content}</{tag}>')


def difference(
    container: Container,
    old: Sequence[str],
    new: Sequence[str],
    html: Mapping[str, str],
    changed: Collection[str],
) -> str:
    """Operations that turn rows with the keys ``old`` into ``new``.

    ``html`` holds the rows that are new or changed; ``changed`` are the keys that are in both
    and look different. Empty if nothing has to be done.
    """
    tag, row_tag = container.tag, container.row_tag
    kept = set(new)
    place = {key: index for index, key in enumerate(old)}
    operations = [
        f'<{tag}><{row_tag} id="{container.row_id(key)}" hx-swap-oob="delete"></{row_tag}></{tag}>'
        for key in old
        if key not in kept
    ]
    still = _longest_increasing([place[key] for key in new if key in place])
    before = f"afterbegin:#{container.id}"
    for key in new:
        row_id = container.row_id(key)
        if key not in place:
            operations.append(f'<{tag} hx-swap-oob="{before}">{html[key]}</{tag}>')
        elif place[key] not in still:
            operations.append(
                f'<{tag} hx-swap-oob="{before}"><{row_tag} id="{row_id}" data-live-move>'
                f"</{row_tag}></{tag}>"
            )
        if key in changed:
            operations.append(f"<{tag}>{_replacing(html[key])}</{tag}>")
        before = f"afterend:#{row_id}"
    return _wrap(container, "".join(operations)) if operations else ""


def added(container: Container, last: str | None, rows: Sequence[str]) -> str:
    """Rows that follow the one with the key ``last``."""
    before = f"afterend:#{container.row_id(last)}" if last else f"afterbegin:#{container.id}"
    tag = container.tag
    # Each goes right behind `last`, so the last one comes first.
    return _wrap(
        container,
        "".join(f'<{tag} hx-swap-oob="{before}">{row}</{tag}>' for row in reversed(rows)),
    )


def _replacing(row: str) -> str:
    """The row with the attribute that makes it replace the one on the page."""
    name = _START.match(row)
    if name is None:
        raise ValueError(
            f"A row's template is one element and nothing before it, not {row[:40]!r}."
        )
    return f'{name[0]} hx-swap-oob="outerHTML"{row[name.end() :]}'


def _wrap(container: Container, operations: str) -> str:
    in_table = container.tag in {"thead", "tbody", "tfoot"}
    return f"<table>{operations}</table>" if in_table else operations


def _longest_increasing(places: Sequence[int]) -> set[int]:
    """The members of a longest increasing subsequence: rows that need not move."""
    tails: list[int] = []
    tail_at: list[int] = []
    before: list[int] = []
    for index, value in enumerate(places):
        length = bisect_left(tails, value)
        before.append(tail_at[length - 1] if length else -1)
        if length == len(tails):
            tails.append(value)
            tail_at.append(index)
        else:
            tails[length] = value
            tail_at[length] = index
    members = set()
    index = tail_at[-1] if tail_at else -1
    while index >= 0:
        members.add(places[index])
        index = before[index]
    return members
