"""Rows in the order of a column, and the way on from one page of them to the next.

Rows are in the order of their own positions, or sorted by the typed value of a column; what is
empty or of another type comes last. Either order ends with position and key, so it is total, and a
cursor is the place of a row in it. It holds values, not the row: it stays right when that row is
gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import BooleanField, F, QuerySet
from django.db.models.expressions import RawSQL

from .columns import TYPES
from .errors import Invalid
from .models import DataTableColumn, DataTableRow

SALT = "workspaces.filters.cursor"


@dataclass(frozen=True)
class Order:
    """An order of a table's rows."""

    column: DataTableColumn | None = None
    descending: bool = False

    def page(
        self, rows: QuerySet[DataTableRow], limit: int, after: str | None = None
    ) -> tuple[list[DataTableRow], str | None]:
        """At most ``limit`` rows from behind a cursor, and the cursor of the next page if any.

        Raises:
            Invalid: the cursor is not one of this order's.
        """
        rows = rows.annotate(sort_value=self._value())
        if after is not None:
            rows = rows.filter(self._behind(after))
        value = F("sort_value")
        direction = value.desc(nulls_last=True) if self.descending else value.asc(nulls_last=True)
        page: list[DataTableRow] = [*rows.order_by(direction, "position", "id")[: limit + 1]]
        more = len(page) > limit
        return page[:limit], self._cursor(page[limit - 1]) if more else None

    @property
    def _name(self) -> str:
        return f"{'-' if self.descending else ''}{self.column.pk}" if self.column else ""

    def _value(self) -> RawSQL:
        if self.column is None:
            return RawSQL("null::text", [])
        return TYPES[self.column.type].sql(self.column)

    def _cursor(self, row: Any) -> str:
        value = None if row.sort_value is None else str(row.sort_value)
        return signing.dumps([self._name, value, row.position, str(row.pk)], salt=SALT)

    def _place(self, cursor: str) -> tuple[str | None, str, str]:
        """The sorted value, position and key that a cursor holds."""
        try:
            name, value, position, key = signing.loads(cursor, salt=SALT)
        except signing.BadSignature:
            name, value, position, key = None, None, "", ""
        if name != self._name:
            raise Invalid({"after": "This is no cursor of this list. Start from its beginning."})
        return value, position, key

    def _behind(self, cursor: str) -> RawSQL:
        """The condition that a row stands behind the place of a cursor."""
        value, position, key = self._place(cursor)
        expression = self._value()
        sql, params = expression.sql, tuple(expression.params)
        place = "(position, id) > (%s, %s::uuid)"
        if value is None or self.column is None:
            condition, given = f"({sql}) is null and {place}", (*params, position, key)
        else:
            cast = f"%s::{TYPES[self.column.type].sql_type}"
            sign = "<" if self.descending else ">"
            condition = (
                f"(({sql}) {sign} {cast} or ({sql}) is null or (({sql}) = {cast} and {place}))"
            )
            given = (*params, value, *params, *params, value, position, key)
        return RawSQL(  # noqa: S611 - put together from constants, all values are parameters
            condition, given, output_field=BooleanField()
        )
