"""The window test: which of many open lists does a change concern at all?

One statement asks PostgreSQL for every list whether a changed row matches its filter, and
where it sorts beside the row behind the window. A list needs nothing if none of the changed
rows is in its window or that row, and none that matches sorts before it. It is exact, it needs
no old row images, and it reads the changed rows by their key only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models.expressions import RawSQL

from electric_sync.live.window import Rendered, Rows, rows_behind_cursor

BATCH = 200
"""Lists asked about in one statement."""

_KEYS: list[str] = []
"""Stands in a question's parameters for the keys that are asked about."""


@dataclass(frozen=True, slots=True)
class Question:
    """A list's part of the statement: its rows with given keys, in its order."""

    select: str
    params: tuple[Any, ...]

    def about(self, keys: Sequence[str]) -> list[Any]:
        """The parameters that ask about these keys."""
        return [keys if each is _KEYS else each for each in self.params]


def question_of(rows: Rows) -> Question | None:
    """Compile a list's question once; None: the list is empty whatever changes."""
    kind = rows.queryset.model._meta.pk.db_type(connection)
    wanted = RawSQL(f"SELECT unnest(%s::text[]::{kind}[])", [_KEYS])  # noqa: S611
    asked = rows_behind_cursor(rows).filter(pk__in=wanted).values_list("pk", flat=True)
    try:
        text, params = asked.query.sql_with_params()
    except EmptyResultSet:
        return None
    # ARRAY(subquery) keeps the subquery's order; that is documented.
    return Question(f"SELECT %s::int, ARRAY({text})::text[]", tuple(params))


def concerned(
    lists: Mapping[int, tuple[Question | None, Rendered]], changed: frozenset[str]
) -> set[int]:
    """Those of ``lists`` (by any number) whose window the changed rows may alter."""
    found = set()
    asked = []
    for number, (question, rendered) in lists.items():
        if rendered.behind in changed or not changed.isdisjoint(rendered.digests):
            found.add(number)
        elif question is not None:
            asked.append((number, question, rendered))
    for start in range(0, len(asked), BATCH):
        for number, order in _ask(asked[start : start + BATCH], changed):
            rendered = lists[number][1]
            # A window that holds the whole list takes in whatever matches; another one only
            # what sorts before the row behind it.
            known = [] if rendered.last is None else [rendered.last]
            if (order[:1] if rendered.more else order) != known:
                found.add(number)
    return found


def _ask(
    lists: Sequence[tuple[int, Question, Rendered]], changed: frozenset[str]
) -> list[tuple[int, list[str]]]:
    """For each list the changed rows that match, and its last row, in the list's order."""
    params: list[Any] = []
    for number, question, rendered in lists:
        keys = [*changed, rendered.last] if rendered.last else [*changed]
        params.extend([number, *question.about(keys)])
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(question.select for _, question, _ in lists), params)
        return cursor.fetchall()
