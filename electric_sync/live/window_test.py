"""The window test: which of many open lists does a change concern at all?

One statement asks PostgreSQL for every list whether a changed row matches its filter, and
where it sorts beside the window's last row. A list needs nothing if none of the changed rows
is in its window, and none that matches sorts before the window's end. It is exact, it needs
no old row images, and it reads the changed rows by their key only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models.expressions import RawSQL

from electric_sync.live.window import Rendered, Rows, rows_behind_cursor

BATCH = 200
"""Lists asked about in one statement: prepared once, and far from PostgreSQL's limits."""


def concerned(lists: Mapping[int, tuple[Rows, Rendered]], changed: frozenset[str]) -> set[int]:
    """Those of ``lists`` (by any number) whose window the changed rows may alter."""
    found = set()
    asked = []
    for number, (_, rendered) in lists.items():
        if not changed.isdisjoint(rendered.digests):
            found.add(number)
        else:
            asked.append(number)
    for start in range(0, len(asked), BATCH):
        batch = asked[start : start + BATCH]
        for number, order in _ask([(each, *lists[each]) for each in batch], changed):
            rendered = lists[number][1]
            # A window that holds the whole list takes in whatever matches; another one only
            # what sorts before its last row.
            known = [] if rendered.last is None else [rendered.last]
            if (order[:1] if rendered.more else order) != known:
                found.add(number)
    return found


def _ask(
    lists: Sequence[tuple[int, Rows, Rendered]], changed: frozenset[str]
) -> list[tuple[int, list[str]]]:
    """For each list the changed rows that match, and its last row, in the list's order."""
    selects, params = [], []
    for number, rows, rendered in lists:
        keys = sorted(changed | {rendered.last} if rendered.last else changed)
        try:
            text, values = _by_key(rows, keys).query.sql_with_params()
        except EmptyResultSet:
            continue
        # ARRAY(subquery) keeps the subquery's order; that is documented.
        selects.append(f"SELECT %s::int, ARRAY({text})::text[]")
        params.extend([number, *values])
    if not selects:
        return []
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(selects), params)
        return cursor.fetchall()


def _by_key(rows: Rows, keys: Sequence[str]) -> Any:
    """The list's rows with these keys. One parameter, so that the statement stays the same."""
    kind = rows.queryset.model._meta.pk.db_type(connection)
    wanted = RawSQL(f"SELECT unnest(%s::text[]::{kind}[])", [list(keys)])  # noqa: S611
    return rows_behind_cursor(rows).filter(pk__in=wanted).values_list("pk", flat=True)
