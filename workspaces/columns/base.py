"""What every type of column can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models.expressions import RawSQL
from django.utils.safestring import SafeString

from workspaces.errors import Invalid
from workspaces.models import DataTableColumn

SHOWN = 40  # characters of a refused value that its message repeats


class CellError(ValueError):
    """A value does not fit its column. The text says why and what would fit."""


class ColumnType(ABC):
    """A kind of values. Stateless: a column's own settings are in its ``options``."""

    name: ClassVar[str]
    """What the database calls it."""
    label: ClassVar[str]
    """What people call it."""
    icon: ClassVar[str]
    """Its symbol in the sprite."""
    width: ClassVar[int] = 10
    """How wide a new column is, in rem."""

    def parse(self, given: object, column: DataTableColumn) -> Any:
        """The value to store for what was typed or sent; ``None`` for an empty cell.

        Raises:
            CellError: it does not fit.
        """
        if given is None:
            return None
        if isinstance(given, str) and not given.strip():
            return None
        return self.read(given, column)

    @abstractmethod
    def read(self, given: object, column: DataTableColumn) -> Any:
        """The value for something that is not empty."""

    @abstractmethod
    def invalid(self, value: Any, column: DataTableColumn) -> bool:
        """Whether a stored value is none of this type."""

    @abstractmethod
    def sql(self, column: DataTableColumn) -> RawSQL:
        """The cell as a typed expression over a row, NULL if empty or invalid; never an error."""

    @abstractmethod
    def draw(
        self, value: Any, column: DataTableColumn, *, people: Mapping[str, Any], can_edit: bool
    ) -> SafeString:
        """The inside of a cell with a valid value. ``people`` are the company's, by id."""

    def edit_text(self, value: Any) -> str:
        """A stored value as it stands in an input field."""
        return "" if value is None else str(value)

    def same(self, one: Any, other: Any) -> bool:
        """Whether two stored values are the same to a person."""
        return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)

    def clean_options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The column's settings as they are stored.

        Raises:
            Invalid: with a sentence for the field ``options``.
        """
        if options:
            raise Invalid({"options": f"A {self.label.lower()} column has no options."})
        return {}


def quoted(given: object) -> str:
    """A refused value as its message repeats it."""
    text = " ".join(str(given).split())
    return f"“{text if len(text) <= SHOWN else text[: SHOWN - 1] + '…'}”"


def string_of(given: object) -> str:
    """A given value as text, if it is text at all."""
    if not isinstance(given, str):
        raise CellError(f"{quoted(given)} is not text.")
    return given
