"""From column values to whoever wants rows with them: one dictionary a set of columns."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Generic, TypeVar

from electric_sync.values import Relation, Row

T = TypeVar("T", bound=Hashable)

Values = tuple[bytes, ...]
"""The text of some columns, in their order."""


class NoSuchColumn(LookupError):
    """The table has been altered since somebody asked for one of its columns."""


class Index(Generic[T]):
    """Finds by a row's values. Whoever has no columns is found by every row."""

    def __init__(self) -> None:
        self._by_columns: dict[tuple[str, ...], dict[Values, set[T]]] = {}

    def __bool__(self) -> bool:
        return bool(self._by_columns)

    def __iter__(self) -> Iterator[T]:
        found = {
            each
            for by_values in self._by_columns.values()
            for members in by_values.values()
            for each in members
        }
        return iter(found)

    def add(self, member: T, columns: tuple[str, ...], keys: Iterable[Values]) -> None:
        """Find ``member`` by rows that have one of ``keys`` in ``columns``."""
        by_values = self._by_columns.setdefault(columns, {})
        for values in keys:
            by_values.setdefault(values, set()).add(member)

    def remove(self, member: T, columns: tuple[str, ...], keys: Iterable[Values]) -> None:
        """Find it no longer."""
        by_values = self._by_columns.get(columns, {})
        for values in keys:
            members = by_values.get(values, set())
            members.discard(member)
            if not members:
                by_values.pop(values, None)
        if not by_values:
            self._by_columns.pop(columns, None)

    def find(self, relation: Relation, row: Row) -> Iterator[T]:
        """Everybody who wants this row.

        Raises:
            NoSuchColumn: somebody compares a column that the relation does not have.
        """
        for columns, by_values in self._by_columns.items():
            values = tuple(row[_place(relation, column)] for column in columns)
            # NULL equals nothing, and is in no key.
            yield from by_values.get(values, ())  # type: ignore[arg-type]


def _place(relation: Relation, column: str) -> int:
    try:
        return relation.columns.index(column)
    except ValueError:
        raise NoSuchColumn(column) from None
