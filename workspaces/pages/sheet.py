"""A table as it is drawn: its columns in order, and one cell at a time.

Shared by the page and by live fragments, so it knows neither viewer nor request.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.template import Context, Template
from django.template.loader import get_template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from workspaces.columns import TYPES
from workspaces.columns.number import precision_of
from workspaces.columns.select import options_of
from workspaces.models import DataTableColumn

INVALID = "workspaces/cells/_invalid.html"
#: An empty cell shows nothing, but for a box that can be ticked.
DRAWN_EMPTY = {DataTableColumn.Type.CHECKBOX}

#: A page holds thousands of these: in a table with role=grid they need no role of their own.
CELL = '{} class="{}" data-column="{}" tabindex="-1"{}>{}{}'
ROW_NAME = SafeString('<th scope="row"'), SafeString("</th>")
PLAIN = SafeString("<td"), SafeString("</td>")


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


@dataclass(frozen=True)
class CellView:
    """One cell: a column's value in a row."""

    column: ColumnView
    row: Any
    value: Any

    @classmethod
    def of(cls, column: ColumnView, row: Any) -> CellView:
        """Find the cell of a row. An empty one has no key."""
        return cls(column, row, row.cells.get(column.id))

    def render(self, **context: Any) -> SafeString:
        """Draw the cell, as valid or as something that its type cannot read."""
        invalid = self.value is not None and self.column.kind.invalid(
            self.value, self.column.column
        )
        if self.value is None and self.column.type not in DRAWN_EMPTY:
            content = SafeString("")
        else:
            template = _template(INVALID if invalid else self.column.kind.template)
            text = self.column.kind.edit_text(self.value)
            values = {"column": self.column, "row": self.row, "value": self.value, "text": text}
            content = template.render(Context({**values, **context}))
        opening, closing = ROW_NAME if self.column.is_primary else PLAIN
        return format_html(
            CELL,
            opening,
            self.column.css + (" cell-invalid" if invalid else ""),
            self.column.id,
            SafeString(' aria-invalid="true"' if invalid else ""),
            content,
            closing,
        )


@cache
def _template(name: str) -> Template:
    return get_template(name).template  # type: ignore[attr-defined]
