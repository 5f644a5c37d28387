"""The window of a list: its first rows from some position, rendered, remembered, updated.

What is remembered of a window is each row's key and a digest of its HTML; the HTML itself is
not kept. :func:`read` reads it anew. :func:`update` takes the keys of changed rows and finds
the new window without reading the whole list:

    A row that did not change keeps its place among those that did not change either. So the
    new window is among the old window's rows, the one behind them and the changed ones, as
    long as an unchanged one of the old rows has more than ``size`` rows up to and including
    it: everything else was behind it and still is. PostgreSQL filters and sorts those few
    rows by key. Only when rows left and must be replaced from below is the window read anew.

Which rows match and in which order is PostgreSQL's answer, always.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.core import signing
from django.db.models import Expression, F, Model, OrderBy, Q, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.template.backends.django import Template
from django.template.context import Context
from django.template.loader import get_template

from electric_sync.live import fragments
from electric_sync.live.fragments import Container

STEP = 100
"""Windows grow by so many rows, so that people share them."""
MAX_SIZE = 500
"""Rows of the largest window."""
CURSOR_SALT = "electric_sync.cursor"


class BadWindow(ValueError):
    """A cursor that was not made here, or for another list."""


@dataclass(frozen=True, slots=True)
class Window:
    """``size`` rows from the cursor ``after``, or from the top."""

    size: int = STEP
    after: str | None = None

    @classmethod
    def of(cls, size: object, after: object) -> Window:
        """From what a client says: sizes are rounded up to steps and held within the bound.

        Raises:
            BadWindow: one of them is no size, or no cursor.
        """
        if not isinstance(size, int) or not (after is None or isinstance(after, str)):
            raise BadWindow("A window is a number of rows and a cursor.")
        steps = -(-min(max(size, 1), MAX_SIZE) // STEP)
        return cls(steps * STEP, after)


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """What is remembered of something that was rendered. Equal if the pages are.

    ``digests`` has one entry a row, in order. ``behind`` is the key of the first row behind
    the window; None: there is none. ``cursors[i]`` is the position before the row
    ``STEP * (i + 1)``.
    """

    digests: dict[str, bytes]
    behind: str | None = None
    cursors: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rendered):
            return NotImplemented
        return (
            # Equal dictionaries may have another order, and the order is what a list is about.
            [*self.digests.items()] == [*other.digests.items()]
            and self.more == other.more
            and self.cursors == other.cursors
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def more(self) -> bool:
        """Whether there are rows behind the window."""
        return self.behind is not None

    @property
    def keys(self) -> tuple[str, ...]:
        """The rows' keys in order."""
        return tuple(self.digests)

    @property
    def last(self) -> str | None:
        """The key of the last row that is known, in the window or behind it; None: none is."""
        return self.behind if self.more else next(reversed(self.digests), None)

    @property
    def etag(self) -> str:
        """Equal for equal pages."""
        return self.etag_of(len(self.digests), self.more)

    def etag_of(self, size: int, more: bool) -> str:
        """The etag that the first ``size`` rows alone would have."""
        digest = hashlib.blake2b(b"more" if more else b"all", digest_size=12)
        for key in self.keys[:size]:
            digest.update(key.encode())
            digest.update(self.digests[key])
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Rows:
    """Where a window's rows come from and how they look.

    ``queryset`` is filtered and ordered, for one tenant, without the window. ``context`` gives
    the variables that all rows' templates share; it may read.
    """

    queryset: QuerySet[Any]
    template: str
    context: Callable[[], Mapping[str, Any]]
    container: Container
    window: Window


def read(rows: Rows) -> tuple[Rendered, dict[str, str]]:
    """The window now, with the HTML of all its rows by key."""
    found = list(rows_behind_cursor(rows)[: rows.window.size + 1])
    shown = found[: rows.window.size]
    html = _render(rows, shown)
    rendered = Rendered(
        digests={key: digest(row) for key, row in html.items()},
        behind=str(found[-1].pk) if len(found) > rows.window.size else None,
        cursors=_cursors(rows, list(html)),
    )
    return rendered, html


def update(rows: Rows, old: Rendered, changed: frozenset[str]) -> tuple[Rendered, str] | None:
    """The window after rows with the keys ``changed`` did, and the fragments that lead there.

    None: only :func:`read` can tell.
    """
    keys = _known_order(rows, old, changed)
    if keys is None:
        return None
    shown, behind = keys[: rows.window.size], keys[rows.window.size :]
    affected = [key for key in shown if key in changed]
    html = _render(rows, list(rows.queryset.filter(pk__in=affected))) if affected else {}
    digests = {key: digest(html[key]) if key in html else old.digests[key] for key in shown}
    moved_cursor = (
        any(
            shown[at - 1 : at] != list(old.keys[at - 1 : at]) or shown[at - 1] in changed
            for at in range(STEP, len(shown) + 1, STEP)
        )
        or len(shown) // STEP != len(old.keys) // STEP
    )
    new = Rendered(
        digests=digests,
        behind=behind[0] if behind else None,
        cursors=_cursors(rows, shown) if moved_cursor else old.cursors,
    )
    return new, difference(rows.container, old, new, html)


def difference(container: Container, old: Rendered, new: Rendered, html: Mapping[str, str]) -> str:
    """The fragments that lead from one state to another; ``html`` has what is new or changed."""
    return fragments.difference(
        container,
        old.keys,
        new.keys,
        html,
        {
            key
            for key, value in new.digests.items()
            if key in old.digests and old.digests[key] != value
        },
    )


def digest(html: str) -> bytes:
    """What is remembered instead of HTML."""
    return hashlib.blake2b(html.encode(), digest_size=8).digest()


def _known_order(rows: Rows, old: Rendered, changed: frozenset[str]) -> list[str] | None:
    """The keys of the new window and those known behind it, or None if the window is not known."""
    candidates = {*old.digests, *changed}
    if old.behind is not None:
        candidates.add(old.behind)
    order = [
        str(key)
        for key in rows_behind_cursor(rows).filter(pk__in=candidates).values_list("pk", flat=True)
    ]
    if not old.more:
        return order  # the window held the whole list
    there = set(order) - changed
    last = next((key for key in (old.behind, *reversed(old.keys)) if key in there), None)
    if last is None:
        return None
    known = order[: order.index(last) + 1]
    return known if len(known) > rows.window.size else None


def _render(rows: Rows, objects: Sequence[Model]) -> dict[str, str]:
    template = get_template(rows.template)
    if not isinstance(template, Template):
        raise TypeError(f"{rows.template} is no Django template.")
    shared = rows.context() if objects else {}
    html = {}
    for row in objects:
        key = str(row.pk)
        context = Context({**shared, "row": row, "row_id": rows.container.row_id(key)})
        html[key] = template.template.render(context).strip()
    return html


# ------------------------------------------------------------------- cursors


def order_of(queryset: QuerySet[Any]) -> list[OrderBy]:
    """The queryset's order as expressions.

    Raises:
        ValueError: it has none, so that no window of it means anything.
    """
    given = queryset.query.order_by or queryset.model._meta.ordering
    if not given:
        raise ValueError(f"Order the queryset of {queryset.model.__name__} by its key at least.")
    order = []
    for each in given:
        if isinstance(each, OrderBy):
            order.append(each)
        elif isinstance(each, str):
            order.append(OrderBy(F(each.lstrip("-+")), descending=each.startswith("-")))
        else:
            order.append(OrderBy(cast(Expression, each)))
    return order


def _sortable(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """With its sort values as annotations ``sort_0``, ``sort_1`` …"""
    return queryset.annotate(
        **{f"sort_{at}": each.expression for at, each in enumerate(order_of(queryset))}
    )


def _cursors(rows: Rows, keys: Sequence[str]) -> tuple[str, ...]:
    """The positions behind each full step of rows."""
    ends = [keys[at - 1] for at in range(STEP, len(keys) + 1, STEP)]
    return cursors_of(rows.queryset, rows.container.id, ends)


def cursors_of(queryset: QuerySet[Any], owner: str, keys: Sequence[str]) -> tuple[str, ...]:
    """The positions behind rows of an ordered queryset. ``owner`` names the list they are of."""
    if not keys:
        return ()
    names = [f"sort_{at}" for at in range(len(order_of(queryset)))]
    found = {
        str(key): values
        for key, *values in _sortable(queryset).filter(pk__in=keys).values_list("pk", *names)
    }
    return tuple(
        _signer().sign_object(
            [owner, [None if value is None else str(value) for value in found[key]]]
        )
        for key in keys
    )


def check_cursor(cursor: str, container: Container) -> None:
    """Refuse a cursor that is not that list's.

    Raises:
        BadWindow: it was not made here, or for another list.
    """
    if _load_cursor(cursor)[0] != container.id:
        raise BadWindow("This position belongs to another list.")


def _signer() -> signing.Signer:
    # It signs no time: one position is one cursor, else pages would differ that are the same.
    return signing.Signer(salt=CURSOR_SALT)


def _load_cursor(cursor: str) -> tuple[str, list[str | None]]:
    try:
        container, values = _signer().unsign_object(cursor)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise BadWindow("This position was not given out here.") from error
    return container, values


def rows_behind_cursor(rows: Rows) -> QuerySet[Any]:
    """The rows behind the window's cursor, in the queryset's order.

    Raises:
        BadWindow: the cursor is another list's.
    """
    return rows_behind(rows.queryset, rows.container.id, rows.window.after)


def rows_behind(queryset: QuerySet[Any], owner: str, cursor: str | None) -> QuerySet[Any]:
    """The rows of an ordered queryset behind one of its :func:`cursors_of`; None: all.

    Raises:
        BadWindow: the cursor was not made here, or for another list.
    """
    if cursor is None:
        return queryset
    container, texts = _load_cursor(cursor)
    order = order_of(queryset)
    if container != owner or len(texts) != len(order):
        raise BadWindow("This position belongs to another list.")
    queryset = _sortable(queryset)
    behind, equal = Q(pk__in=[]), Q()
    for at, (each, text) in enumerate(zip(order, texts, strict=True)):
        name = f"sort_{at}"
        field = queryset.query.annotations[name].output_field
        value = None if text is None else field.to_python(text)
        behind |= equal & _behind(each, name, value, may_be_null=_may_be_null(queryset, each))
        equal &= Q(**{name + LOOKUP_SEP + "isnull": True}) if value is None else Q(**{name: value})
    first = order[0]
    if texts[0] is not None:
        # Says nothing new, and lets PostgreSQL begin at the place in an index.
        value = queryset.query.annotations["sort_0"].output_field.to_python(texts[0])
        bound = Q(**{"sort_0" + LOOKUP_SEP + ("lte" if first.descending else "gte"): value})
        if _nulls_last(first) and _may_be_null(queryset, first):
            bound |= Q(**{"sort_0" + LOOKUP_SEP + "isnull": True})
        behind = bound & behind
    return queryset.filter(behind)


def _behind(order: OrderBy, name: str, value: object, *, may_be_null: bool) -> Q:
    """Rows that sort behind ``value`` in this column; where NULLs are is part of the order."""
    if value is None:
        return Q(pk__in=[]) if _nulls_last(order) else Q(**{name + LOOKUP_SEP + "isnull": False})
    comparison = Q(**{name + LOOKUP_SEP + ("lt" if order.descending else "gt"): value})
    if may_be_null and _nulls_last(order):
        comparison |= Q(**{name + LOOKUP_SEP + "isnull": True})
    return comparison


def _may_be_null(queryset: QuerySet[Any], order: OrderBy) -> bool:
    """Whether NULLs must be thought of; asking for them keeps PostgreSQL from using an index."""
    name = getattr(order.expression, "name", None)  # an F has one
    columns = {field.name: field for field in queryset.model._meta.concrete_fields}
    columns["pk"] = queryset.model._meta.pk
    return name not in columns or name in queryset.query.annotations or columns[name].null


def _nulls_last(order: OrderBy) -> bool:
    """PostgreSQL's default: NULL is larger than everything."""
    if order.nulls_first or order.nulls_last:
        return bool(order.nulls_last)
    return not order.descending
