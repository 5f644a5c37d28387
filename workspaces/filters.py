"""Rows in the order of a column, and the way on from one page of them to the next.

Rows are in the order of their own positions, or sorted by the typed value of a column; what is
empty or of another type comes last. Either order ends with position and key, so it is total, and a
cursor is the place of a row in it, as in live windows. It holds values, not the row: it stays right
when that row is gone.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import OrderBy, QuerySet

from electric_sync.live.window import BadWindow, cursors_of, rows_behind

from .columns import TYPES
from .errors import Invalid
from .models import DataTableColumn, DataTableRow


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
        rows = self._sorted(rows)
        try:
            found: list[DataTableRow] = [*rows_behind(rows, self._name, after)[: limit + 1]]
        except BadWindow as error:
            sentence = "This is no cursor of this list. Start from its beginning."
            raise Invalid({"after": sentence}) from error
        page = found[:limit]
        is_last = len(found) <= limit
        return page, None if is_last else cursors_of(rows, self._name, [str(page[-1].pk)])[0]

    @property
    def _name(self) -> str:
        return f"rows {'-' if self.descending else ''}{self.column.pk if self.column else ''}"

    def _sorted(self, rows: QuerySet[DataTableRow]) -> QuerySet[DataTableRow]:
        if self.column is None:
            return rows.order_by("position", "id")
        value = TYPES[self.column.type].sql(self.column)
        return rows.order_by(
            OrderBy(value, descending=self.descending, nulls_last=True), "position", "id"
        )
