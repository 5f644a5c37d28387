"""A file that is to become a table: what was found in it, what it becomes, and what does not
fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from workspaces.actions.columns import MAX_COLUMNS
from workspaces.actions.imports import NewColumn
from workspaces.columns import TYPES, CellError

from .encodings import UnreadableFile, decode
from .guessing import guess, way_of_type
from .layout import DELIMITERS, Fault, Layout, lay_out
from .ways import Way

MAX_BYTES = 50_000_000
MAX_ROWS = 500_000
MAX_FAULTS = 1_000  # that are kept; they are counted all the same


@dataclass(frozen=True)
class How:
    """What somebody knows about a file; ``None`` and what is left out is found."""

    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    types: Mapping[str, str] | None = None
    """Types by the name of the column."""


@dataclass(frozen=True)
class Incoming:
    """A file as it would be imported."""

    encoding: str
    layout: Layout
    ways: list[Way]
    rows: list[list[Any]]
    """The values of each row in the order of the columns; faulty rows are left out."""
    faults: list[Fault]
    fault_count: int

    @property
    def columns(self) -> list[NewColumn]:
        """The columns of the table to be."""
        return [
            NewColumn(name, way.type, way.options)
            for name, way in zip(self.layout.names, self.ways, strict=True)
        ]

    def describe(self) -> str:
        """What was found, in a sentence: "4,812 rows, Windows-1252, semicolons, names in line
        1"."""
        line = self.layout.names_line
        count = len(self.layout.records)
        return ", ".join(
            (
                f"{count:,} row{'' if count == 1 else 's'}",
                self.encoding,
                DELIMITERS.get(self.layout.delimiter, f"“{self.layout.delimiter}” between fields"),
                "no line of names" if line is None else f"names in line {line:,}",
            )
        )


def read(data: bytes, how: How) -> Incoming:
    """Find out what a file holds.

    Raises:
        UnreadableFile: it is no table, or too large a one.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableFile(f"The file is larger than {MAX_BYTES // 1_000_000} MB. Split it.")
    decoded = decode(data, how.encoding)
    layout = lay_out(decoded.text, delimiter=how.delimiter, header=how.header, limit=MAX_ROWS)
    if len(layout.names) > MAX_COLUMNS:
        raise UnreadableFile(
            f"The file has {len(layout.names)} columns. A table has at most {MAX_COLUMNS}."
        )
    ways = list(_ways(layout, how.types or {}))
    rows, faults = [], list(layout.faults)
    count = len(faults)
    for record in layout.records:
        values, wrong = _read_record(layout, ways, record.line, record.fields)
        if wrong:
            count += len(wrong)
            faults.extend(islice(wrong, max(0, MAX_FAULTS - len(faults))))
        else:
            rows.append(values)
    faults.sort(key=lambda fault: fault.line)
    return Incoming(decoded.encoding, layout, ways, rows, faults, count)


def _ways(layout: Layout, types: Mapping[str, str]) -> Iterator[Way]:
    known = {name.casefold(): type_ for name, type_ in types.items()}
    unknown = set(known) - {name.casefold() for name in layout.names}
    if unknown:
        names = ", ".join(layout.names)
        raise UnreadableFile(f"There is no column “{min(unknown)}”. There are: {names}.")
    for type_ in known.values():
        if type_ not in TYPES or type_ == "person":
            choices = ", ".join(name for name in TYPES if name != "person")
            raise UnreadableFile(f"“{type_}” is no type to import. Choose one of: {choices}.")
    comma_first = layout.delimiter == ";"
    for index, name in enumerate(layout.names):
        values = list(layout.values(index))
        type_given = known.get(name.casefold())
        if type_given is None:
            yield guess(values, comma_first=comma_first)
        else:
            yield way_of_type(type_given, values, comma_first=comma_first)


def _read_record(
    layout: Layout, ways: list[Way], line: int, fields: Any
) -> tuple[list[Any], list[Fault]]:
    values, faults = [], []
    for name, way, given in zip(layout.names, ways, fields, strict=True):
        text = given.strip()
        try:
            values.append(way.read(text) if text else None)
        except CellError as error:
            faults.append(Fault(line, str(error), name, text))
    return values, faults
