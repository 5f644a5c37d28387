"""Checkboxes: yes or no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models.expressions import RawSQL
from django.utils.html import format_html
from django.utils.safestring import SafeString

from workspaces.models import DataTableColumn

from .base import CellError, ColumnType, quoted

YES = frozenset({"true", "yes", "y", "on", "1", "x", "✓", "✔", "ja", "oui", "sí", "si", "wahr"})
NO = frozenset({"false", "no", "n", "off", "0", "-", "nein", "non", "falsch"})
CHECKED, DISABLED = SafeString(" checked"), SafeString(" disabled")


class Checkbox(ColumnType):
    """Ticked or not. An empty cell is not ticked."""

    name = "checkbox"
    label = "Checkbox"
    icon = "t-check"
    width = 5

    def read(self, given: object, column: DataTableColumn) -> bool:
        """Also as words: yes and no, on and off, 1 and 0."""
        if isinstance(given, bool):
            return given
        word = str(given).strip().casefold()
        if word in YES:
            return True
        if word in NO:
            return False
        raise CellError(f"{quoted(given)} is neither yes nor no.")

    def invalid(self, value: Any, column: DataTableColumn) -> bool:
        """Only true and false."""
        return not isinstance(value, bool)

    def draw(
        self, value: Any, column: DataTableColumn, *, people: Mapping[str, Any], can_edit: bool
    ) -> SafeString:
        """A box, also where nothing is stored."""
        return format_html(
            '<input type="checkbox"{}{} aria-label="{}" tabindex="-1">',
            CHECKED if value else "",
            "" if can_edit else DISABLED,
            column.name,
        )

    def sql(self, column: DataTableColumn) -> RawSQL:
        """True or false, never NULL: a cell that is not ticked is not ticked."""
        return RawSQL("coalesce(cells -> %s = 'true', false)", [str(column.pk)])

    def edit_text(self, value: Any) -> str:
        """As JSON has it."""
        return "true" if value is True else ""

    def same(self, one: Any, other: Any) -> bool:
        """Empty and false look the same."""
        return super().same(False if one is None else one, False if other is None else other)
