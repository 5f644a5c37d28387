"""Text: any characters, several lines if need be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.db.models.expressions import RawSQL
from django.utils.html import escape
from django.utils.safestring import SafeString

from workspaces.models import DataTableColumn

from .base import CellError, ColumnType, quoted

MAX_LENGTH = 10_000  # characters in a cell
# What PostgreSQL cannot store (NUL, halves of surrogate pairs), and control characters that show
# nothing.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Text(ColumnType):
    """Kept as it is, but for blanks at its ends and characters that cannot be shown."""

    name = "text"
    label = "Text"
    icon = "t-text"
    width = 12

    def read(self, given: object, column: DataTableColumn) -> str | None:
        """Numbers are taken as they are written; lists and objects are refused."""
        if isinstance(given, bool) or not isinstance(given, str | int | float):
            raise CellError(f"{quoted(given)} is not text.")
        text = UNPRINTABLE.sub("", str(given).replace("\r\n", "\n").replace("\r", "\n")).strip()
        if len(text) > MAX_LENGTH:
            raise CellError(
                f"This has {len(text):,} characters. A cell holds at most {MAX_LENGTH:,}."
            )
        return text or None

    def invalid(self, value: Any, column: DataTableColumn) -> bool:
        """Only strings are text."""
        return not isinstance(value, str)

    def draw(
        self, value: Any, column: DataTableColumn, *, people: Mapping[str, Any], can_edit: bool
    ) -> SafeString:
        """As it is."""
        return escape(value)

    def sql(self, column: DataTableColumn) -> RawSQL:
        """Without regard to case."""
        key = str(column.pk)
        return RawSQL(
            "case when jsonb_typeof(cells -> %s) = 'string' then lower(cells ->> %s) end",
            [key, key],
        )
