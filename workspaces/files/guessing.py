"""Which way of writing a column's values is.

A type is taken if (nearly) everything in the column fits it: where nearly, the rest is wrong in the
file, and is named line by line instead of making the column text. Whoever knows better says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from workspaces.columns import CellError

from .ways import (
    DATES,
    DAY_FIRST,
    MISSING,
    MONTH_FIRST,
    CheckboxWay,
    NumberWay,
    SelectWay,
    TextWay,
    Way,
)

SAMPLE = 200  # values, one of which must fit a format of dates: most columns are no dates
NEARLY = 0.97  # of the values fit
ENOUGH = 30  # values, for nearly to count
YES_AND_NO = (
    {"true", "false"},
    {"yes", "no"},
    {"y", "n"},
    {"ja", "nein"},
    {"oui", "non"},
    {"wahr", "falsch"},
)
MAX_CHOICES = 20  # different words that make a select
MIN_REPEATED = 5  # times that each is there on average
MAX_WORD = 40  # characters of such a word


def guess(values: Sequence[str], *, comma_first: bool = False) -> Way:
    """The way of writing that a column's values are in. ``comma_first`` decides about 1.204."""
    present = [value for value in values if value.casefold() not in MISSING]
    if not present:
        return TextWay()
    if {value.casefold() for value in present} in YES_AND_NO:
        return CheckboxWay()
    for way in (number_way(present, comma_first=comma_first), date_way(present)):
        if way is not None and _is_enough(_fitting(way, present), len(present)):
            return way
    return _select_way(values) or TextWay()


def way_of_type(name: str, values: Sequence[str], *, comma_first: bool = False) -> Way:
    """The way that fits best for a column that is to be of this type."""
    present = [value for value in values if value.casefold() not in MISSING]
    if name == "number":
        return number_way(present, comma_first=comma_first)
    if name == "date":
        return date_way(present) or DAY_FIRST
    if name == "checkbox":
        return CheckboxWay()
    if name == "select":
        return SelectWay.of(_words(values))
    return TextWay()


def number_way(values: Sequence[str], *, comma_first: bool) -> NumberWay:
    """With a point or with a comma, whichever reads more of them."""
    ways = [NumberWay("."), NumberWay(",")]
    if comma_first:
        ways.reverse()
    return max(ways, key=lambda way: _fitting(way, values))


def date_way(values: Sequence[str]) -> Way | None:
    """The format that reads most of them; ``None`` if two read the same as different days."""
    likely = [way for way in (*DATES, DAY_FIRST, MONTH_FIRST) if _fitting(way, values[:SAMPLE])]
    best = max(likely, key=lambda way: _fitting(way, values), default=None)
    if best is DAY_FIRST and _fitting(MONTH_FIRST, values) == _fitting(DAY_FIRST, values):
        return None
    return best


def _fitting(way: Way, values: Sequence[str]) -> int:
    """How many fit, of those up to where it is clear that far too few do."""
    allowed = SAMPLE + len(values) * (1 - NEARLY)
    fitting = 0
    for seen, value in enumerate(values):
        fitting += _fits(way, value)
        if seen - fitting > allowed:
            break
    return fitting


def _fits(way: Way, value: str) -> bool:
    try:
        way.read(value)
    except CellError:
        return False
    return True


def _is_enough(fitting: int, of: int) -> bool:
    return fitting == of or (of >= ENOUGH and fitting >= of * NEARLY)


def _select_way(values: Sequence[str]) -> SelectWay | None:
    words = _words(values)
    few = len(words) <= MAX_CHOICES and len(values) >= MIN_REPEATED * len(words)
    if len(words) < 2 or not few or max(map(len, words)) > MAX_WORD:
        return None
    if len({word.casefold() for word in words}) < len(words):
        return None
    return SelectWay.of(words)


def _words(values: Sequence[str]) -> list[str]:
    """Each different value once, in the order of appearance."""
    return list(dict.fromkeys(" ".join(value.split()) for value in values))
