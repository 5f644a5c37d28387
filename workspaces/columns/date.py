"""Dates: days, without a time of day."""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Mapping
from typing import Any

from django.db.models.expressions import RawSQL
from django.utils.html import format_html
from django.utils.safestring import SafeString

from workspaces.models import DataTableColumn

from .base import CellError, ColumnType, quoted, string_of

MONTHS = {name.casefold(): number for number, name in enumerate(calendar.month_abbr) if name}
ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")  # 2026-11-24
DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")  # 24.11.2026
SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")  # 24/11/2026 or 11/24/2026
NAMED = re.compile(r"(\d{1,2})\.? ([A-Za-z]{3})[a-z]*\.? (\d{4})")  # 24 November 2026
HOW = "Write it like 2026-11-24."


class Date(ColumnType):
    """A day of the calendar."""

    name = "date"
    label = "Date"
    icon = "t-date"
    width = 7

    def read(self, given: object, column: DataTableColumn) -> str:
        """As 2026-11-24, 24.11.2026, 24 Nov 2026, or with slashes where it can only be one day."""
        text = " ".join(string_of(given).split())
        year, month, day = _parts(text)
        if year == 0:
            raise CellError(f"{quoted(text)} is not a date: there is no year 0.")
        if not 1 <= month <= 12:
            raise CellError(f"{quoted(text)} is not a date: there is no month {month}. {HOW}")
        days = calendar.monthrange(year, month)[1]
        if not 1 <= day <= days:
            name = f"{calendar.month_name[month]} {year}"
            raise CellError(f"{quoted(text)} is not a date: {name} has {days} days.")
        return datetime.date(year, month, day).isoformat()

    def invalid(self, value: Any, column: DataTableColumn) -> bool:
        """Only real days, as they are stored."""
        if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return True
        try:
            datetime.date.fromisoformat(value)
        except ValueError:
            return True
        return False

    def draw(
        self, value: Any, column: DataTableColumn, *, people: Mapping[str, Any], can_edit: bool
    ) -> SafeString:
        """The browser writes it as the viewer does."""
        return format_html('<time datetime="{}">{}</time>', value, value)

    def sql(self, column: DataTableColumn) -> RawSQL:
        """As text that sorts like the dates. A cast could fail on the 31st of November."""
        key = str(column.pk)
        return RawSQL(
            "case when jsonb_typeof(cells -> %s) = 'string'"
            r" and cells ->> %s ~ '^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$'"
            ' then (cells ->> %s) collate "C" end',
            [key, key, key],
        )


def _parts(text: str) -> tuple[int, int, int]:
    """Year, month and day, not checked against the calendar."""
    if match := ISO.fullmatch(text):
        year, month, day = match.groups()
        return int(year), int(month), int(day)
    if match := DOTTED.fullmatch(text):
        day, month, year = match.groups()
        return int(year), int(month), int(day)
    if match := NAMED.fullmatch(text):
        day, name, year = match.groups()
        if name.casefold() in MONTHS:
            return int(year), MONTHS[name.casefold()], int(day)
    if match := SLASHED.fullmatch(text):
        first, second, year = match.groups()
        return int(year), *_month_and_day(int(first), int(second), text)
    raise CellError(f"{quoted(text)} is not a date. {HOW}")


def _month_and_day(first: int, second: int, text: str) -> tuple[int, int]:
    if first > 12 or first == second:
        return second, first
    if second > 12:
        return first, second
    raise CellError(f"{quoted(text)} can be two different days. {HOW}")
