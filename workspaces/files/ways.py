"""The ways in which people write values: each reads one way of one type.

A file is consistent where people are not: a column that holds ``1.204,50`` means a thousand also by
``1.204``. So a way is chosen for a column, not for a value. Limits and messages are those of the
column type, which gets what the way has made plain.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Protocol

from workspaces.columns import TYPES, CellError
from workspaces.columns.base import quoted
from workspaces.columns.number import MAX_DIGITS, Number
from workspaces.models import DataTableColumn

# What programs write where there is no value. Text columns keep it as it is.
MISSING = frozenset({"na", "n/a", "#n/a", "null", "none", "nan", "nil", "-", "–", "—", "."})
MIDNIGHT = re.compile(r"[T ]00:00(:00(\.0+)?)?(Z|\+00:00)?$")
BLANKS = re.compile("[\\s\u00a0\u2009\u202f'’]")
CURRENCY = re.compile("^([-+]?)[£$€¥]|[£$€¥]$")
NUMBERS = {
    point: re.compile(
        rf"[-+]?(\d+|\d{{1,3}}(\{thousands}\d{{3}})+)?(\{point}\d+)?([eE][-+]?\d{{1,3}})?"
    )
    for point, thousands in ((".", ","), (",", "."))
}
DIGIT = re.compile(r"\d")
# Files are full of 8.3945900000000009, which was a double of 15 good digits once.
ROUNDED = Context(prec=MAX_DIGITS, rounding=ROUND_HALF_EVEN)
NUMBER = Number()
NO_COLUMN = DataTableColumn()  # the table is not there yet; these types ask it only for options
LEADING_ZERO = re.compile(r"[-+]?0\d")


class Way(Protocol):
    """A way of writing values of one type."""

    @property
    def type(self) -> str:
        """The type of column that its values go into."""
        ...

    @property
    def options(self) -> dict[str, Any]:
        """What that column is told."""
        ...

    def read(self, text: str) -> Any:
        """The value to store, ``None`` for a missing one.

        Raises:
            CellError: it is not written this way.
        """
        ...


@dataclass(frozen=True)
class TextWay:
    """As it is."""

    type = "text"
    options: dict[str, Any] = field(default_factory=dict)

    def read(self, text: str) -> Any:
        """The text."""
        return TYPES["text"].parse(text, NO_COLUMN)


@dataclass(frozen=True)
class NumberWay:
    """Numbers with a point or a comma before the decimal places, the other one between
    thousands."""

    point: str = "."
    type = "number"

    @property
    def options(self) -> dict[str, Any]:
        """As many places as were written."""
        return {}

    def read(self, text: str) -> Any:
        """The number. Leading zeros are part of a code, not of a number."""
        if text.casefold() in MISSING:
            return None
        plain = BLANKS.sub("", text).replace("\u2212", "-")
        plain = CURRENCY.sub(r"\1", plain)
        if plain.startswith("(") and plain.endswith(")"):
            plain = "-" + plain[1:-1]  # as accountants write what is owed
        well_formed = NUMBERS[self.point].fullmatch(plain)
        if not well_formed or LEADING_ZERO.match(plain) or not DIGIT.search(plain):
            raise CellError(f"{quoted(text)} is not a number.")
        plain = plain.replace("," if self.point == "." else ".", "").replace(",", ".")
        number = Decimal(plain)
        if "." in plain:
            number = ROUNDED.plus(number)
        return NUMBER.within_limits(number, text)


@dataclass(frozen=True)
class DateWay:
    """Dates of one format of ``strptime``. A midnight behind it is left out."""

    format: str
    called: str
    type = "date"

    @property
    def options(self) -> dict[str, Any]:
        """None."""
        return {}

    def read(self, text: str) -> Any:
        """The date."""
        if text.casefold() in MISSING:
            return None
        plain = MIDNIGHT.sub("", text)
        try:
            day = datetime.datetime.strptime(plain, self.format).date()  # noqa: DTZ007 - no time
        except ValueError:
            TYPES["date"].parse(plain, NO_COLUMN)  # which says more, if it is a date in no way
            raise CellError(f"{quoted(text)} is not written like {self.called}.") from None
        return day.isoformat()


@dataclass(frozen=True)
class CheckboxWay:
    """Two words for yes and no."""

    type = "checkbox"

    @property
    def options(self) -> dict[str, Any]:
        """None."""
        return {}

    def read(self, text: str) -> Any:
        """Yes or no."""
        if text.casefold() in MISSING:
            return None
        return TYPES["checkbox"].parse(text, NO_COLUMN)


@dataclass(frozen=True)
class SelectWay:
    """One of a few words."""

    options: dict[str, Any]
    type = "select"

    @classmethod
    def of(cls, names: list[str]) -> SelectWay:
        """With these options."""
        return cls(TYPES["select"].clean_options({"options": names}))

    def read(self, text: str) -> Any:
        """The option's id."""
        for option in self.options["options"]:
            if option["name"] == " ".join(text.split()):
                return option["id"]
        raise CellError(f"{quoted(text)} is not an option.")


DATES = (
    DateWay("%Y-%m-%d", "2026-11-24"),
    DateWay("%Y/%m/%d", "2026/11/24"),
    DateWay("%d.%m.%Y", "24.11.2026"),
    DateWay("%d-%m-%Y", "24-11-2026"),
    DateWay("%d %b %Y", "24 Nov 2026"),
    DateWay("%d %B %Y", "24 November 2026"),
    DateWay("%b %d %Y", "Nov 24 2026"),
    DateWay("%b %d, %Y", "Nov 24, 2026"),
    DateWay("%B %d, %Y", "November 24, 2026"),
    DateWay("%d-%b-%Y", "24-Nov-2026"),
)
DAY_FIRST = DateWay("%d/%m/%Y", "24/11/2026")
MONTH_FIRST = DateWay("%m/%d/%Y", "11/24/2026")
