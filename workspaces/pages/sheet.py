"""A table as it is drawn: its columns in order, and one cell at a time.

Shared by the page and by live fragments, so it knows neither viewer nor request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.template.loader import get_template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from workspaces.columns import TYPES
from workspaces.columns.number import precision_of
from workspaces.columns.select import options_of
from workspaces.models import DataTableColumn

#: An empty cell shows nothing, but for a box that can be ticked.
DRAWN_EMPTY = {DataTableColumn.Type.CHECKBOX}

ROW_NAME = SafeString(' scope="row"')
ARIA_INVALID = SafeString(' aria-invalid="true"')
VALID, INVALID, END = range(3)  # of ColumnView._around


@dataclass(frozen=True)
class ColumnView:
    """A column with what drawing it needs. The first one names the row."""

    column: DataTableColumn
    is_primary: bool

    @classmethod
    def all_of(cls, columns: Iterable[DataTableColumn]) -> list[ColumnView]:
        """Take the columns of a table, which come in their order."""
        return [cls(column, is_primary=place == 0) for place, column in enumerate(columns)]

    @property
    def id(self) -> str:
        """The key under which rows keep the cell."""
        return str(self.column.pk)

    @property
    def name(self) -> str:
        """What people call it."""
        return self.column.name

    @property
    def type(self) -> str:
        """The name of its type, of which there is a module in `workspaces.columns`."""
        return self.column.type

    @property
    def kind(self) -> Any:
        """How its type reads, checks and draws values."""
        return TYPES[self.column.type]

    @property
    def options(self) -> dict[str, Any]:
        """What its type was told: the options of a select, the places of a number."""
        # psql can write anything here, and the browser's editors rely on what they get.
        if self.type == DataTableColumn.Type.SELECT:
            return {"options": options_of(self.column)}
        if self.type == DataTableColumn.Type.NUMBER:
            precision = precision_of(self.column)
            return {} if precision is None else {"precision": precision}
        return {}

    @property
    def css(self) -> str:
        """The classes of its cells, head included."""
        name = "cell-" + self.kind.icon.removeprefix("t-")
        return f"{name} cell-primary" if self.is_primary else name

    def cell(self, row: Any, *, people: Mapping[str, Any], can_edit: bool) -> SafeString:
        """Draw this column's cell of a row, as valid or as something that its type cannot read.

        An empty cell has no key in the row.
        """
        value = row.cells.get(self.id)
        if value is None and self.type not in DRAWN_EMPTY:
            return self._around[VALID] + self._around[END]
        if value is not None and self.kind.invalid(value, self.column):
            template = get_template("workspaces/cells/_invalid.html")
            content = SafeString(template.render({"column": self, "value": value}))
            return self._around[INVALID] + content + self._around[END]
        content = self.kind.draw(value, self.column, people=people, can_edit=can_edit)
        return self._around[VALID] + content + self._around[END]

    @cached_property
    def _around(self) -> tuple[SafeString, SafeString, SafeString]:
        """What begins a valid cell and an invalid one, and what ends both: the same in all rows.

        A page holds thousands: in a table with role=grid they need no role of their own.
        """
        tag, scope = ("th", ROW_NAME) if self.is_primary else ("td", "")
        opening = '<{}{} class="{}" data-column="{}" tabindex="-1"{}>'
        return (
            format_html(opening, tag, scope, self.css, self.id, ""),
            format_html(opening, tag, scope, f"{self.css} cell-invalid", self.id, ARIA_INVALID),
            format_html("</{}>", tag),
        )
