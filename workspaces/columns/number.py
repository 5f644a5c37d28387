"""Numbers: exact decimals.

Stored as JSON numbers with at most 15 significant digits. So many survive the way through a double
in JavaScript or Python unchanged, and PostgreSQL reckons with them as ``numeric``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models.expressions import RawSQL
from django.utils.html import format_html
from django.utils.safestring import SafeString

from workspaces.errors import Invalid
from workspaces.models import DataTableColumn

from .base import CellError, ColumnType, quoted

MAX_DIGITS = 15  # significant decimal digits
MAX_PRECISION = 8  # decimal places that a column can be told to keep
MAX_PLACES = 24  # decimal places of a column that was told nothing
BLANKS = re.compile("[\\s\u00a0\u2009\u202f'’_]")  # what people put between groups of digits
CURRENCY = re.compile("^([-+]?)[£$€¥]|[£$€¥]$")
POINT = re.compile(r"[-+]?(\d+|\d{1,3}(,\d{3})+)(\.\d*)?|[-+]?\.\d+")  # 1,204.50
COMMA = re.compile(r"[-+]?(\d+|\d{1,3}(\.\d{3})+),\d{1,2}")  # 1.204,50 and 12,5
EXPONENT = re.compile(r"[-+]?\d+(\.\d+)?[eE][-+]?\d{1,3}")


class Number(ColumnType):
    """A number with at most the column's ``precision``, its decimal places, if it has one."""

    name = "number"
    label = "Number"
    icon = "t-number"
    width = 7

    def read(self, given: object, column: DataTableColumn) -> int | float:
        """Also as people write them: 1,204.50, 1 204,50, £12."""
        return self.within_limits(_decimal(given), given, precision_of(column))

    def within_limits(
        self, number: Decimal, given: object, precision: int | None = None
    ) -> int | float:
        """The number as it is stored, if it has no more digits than a column keeps.

        Raises:
            CellError: it has.
        """
        digits, exponent = _shortest(number)
        if exponent is None or digits + max(exponent, 0) > MAX_DIGITS:
            raise CellError(f"{quoted(given)} has more than {MAX_DIGITS} digits.")
        limit = MAX_PLACES if precision is None else precision
        if -exponent > limit:
            raise CellError(f"{quoted(given)} has more than {_places(limit)}.")
        return int(number) if number == number.to_integral_value() else float(number)

    def invalid(self, value: Any, column: DataTableColumn) -> bool:
        """Only numbers; one with too many places still is one."""
        return isinstance(value, bool) or not isinstance(value, int | float)

    def same(self, one: Any, other: Any) -> bool:
        """As doubles, which is what a browser read: psql can write more digits."""
        column = DataTableColumn()
        if self.invalid(one, column) or self.invalid(other, column):
            return super().same(one, other)
        return float(one) == float(other)

    def draw(
        self, value: Any, column: DataTableColumn, *, people: Mapping[str, Any], can_edit: bool
    ) -> SafeString:
        """The browser groups its digits, and shows as many decimal places as the column has."""
        text = self.edit_text(value)
        precision = precision_of(column)
        if precision is None:
            return format_html('<data value="{}">{}</data>', text, text)
        return format_html('<data value="{}" data-places="{}">{}</data>', text, precision, text)

    def sql(self, column: DataTableColumn) -> RawSQL:
        """As PostgreSQL's ``numeric``."""
        key = str(column.pk)
        return RawSQL(
            "case when jsonb_typeof(cells -> %s) = 'number' then (cells ->> %s)::numeric end",
            [key, key],
        )

    def edit_text(self, value: Any) -> str:
        """Never with an exponent."""
        if self.invalid(value, DataTableColumn()):
            return super().edit_text(value)
        return format(Decimal(repr(value)), "f")

    def clean_options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """``precision``: how many decimal places, 0 to 8; left out, as many as were written."""
        unknown = set(options) - {"precision"}
        if unknown:
            raise Invalid({"options": f"A number column has no option {quoted(min(unknown))}."})
        precision = options.get("precision")
        if precision is None:
            return {}
        whole = isinstance(precision, int) and not isinstance(precision, bool)
        if not whole or not 0 <= precision <= MAX_PRECISION:
            raise Invalid({"options": f"Decimal places are a number from 0 to {MAX_PRECISION}."})
        return {"precision": precision}


def precision_of(column: DataTableColumn) -> int | None:
    """The decimal places that a column was told to keep; psql can write other options."""
    precision = column.options.get("precision")
    whole = isinstance(precision, int) and not isinstance(precision, bool)
    return precision if whole and 0 <= precision <= MAX_PRECISION else None


def _shortest(number: Decimal) -> tuple[int, int | None]:
    """How many significant digits, and the exponent of the last one; None: it is no number.

    ``Decimal.normalize`` would say so too, but rounds to 28 digits first.
    """
    _sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        return 0, None
    if not number:
        return 1, 0
    kept = len(bytes(digits).rstrip(b"\0"))
    return kept, exponent + len(digits) - kept


def _decimal(given: object) -> Decimal:
    if isinstance(given, bool) or not isinstance(given, str | int | float | Decimal):
        raise CellError(f"{quoted(given)} is not a number.")
    if isinstance(given, float):
        # A program's 0.1 + 0.2 is 0.30000000000000004: what is behind the 15th digit is noise.
        return Decimal(f"{given:.{MAX_DIGITS}g}")
    text = _plain(given) if isinstance(given, str) else str(given)
    try:
        return Decimal(text)
    except InvalidOperation:
        raise CellError(f"{quoted(given)} is not a number. Write it like 12.50.") from None


def _plain(text: str) -> str:
    """A number as people write it → as Python does. What is none stays none."""
    text = BLANKS.sub("", text).replace("\u2212", "-")
    text = CURRENCY.sub(lambda match: match.group(1) or "", text)
    if COMMA.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    if POINT.fullmatch(text):
        return text.replace(",", "")
    return text if EXPONENT.fullmatch(text) else "none"


def _places(count: int) -> str:
    if count == 0:
        return "no decimal places, and this column keeps whole numbers"
    return "one decimal place" if count == 1 else f"{count} decimal places"
