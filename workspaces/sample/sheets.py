"""A table of the sample before it is in the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Column:
    """A column: name, type, width in rem and what its type can be told."""

    name: str
    type: str
    width: int = 8
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """A table with its rows: values in the order of the columns, ``None`` for an empty cell."""

    name: str
    columns: tuple[Column, ...]
    rows: list[tuple[Any, ...]]


def text(name: str, width: int = 12) -> Column:
    """A text column."""
    return Column(name, "text", width)


def number(name: str, places: int = 0, width: int = 6) -> Column:
    """A number column."""
    return Column(name, "number", width, {"precision": places})


def date(name: str, width: int = 7) -> Column:
    """A date column."""
    return Column(name, "date", width)


def person(name: str) -> Column:
    """A person column."""
    return Column(name, "person", 9)


def checkbox(name: str, width: int = 5) -> Column:
    """A checkbox column."""
    return Column(name, "checkbox", width)


def select(name: str, width: int = 8, **hues: str) -> Column:
    """A select column. Each option is ``id=hue``; its name is the id with blanks, capitalised."""
    options = [
        {"id": option, "name": option.replace("_", " ").capitalize(), "hue": hue}
        for option, hue in hues.items()
    ]
    return Column(name, "select", width, {"options": options})
