"""Text → records: which delimiter, where the names are, and on which line each record begins."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workspaces.models.fields import MAX_NAME

from .encodings import UnreadableFile

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
LOOKED_AT = 200  # records that tell the delimiter
MAX_PREAMBLE = 20  # lines before the names: a title, a date, blank ones
MAX_FIELD = 200_000  # characters; a quote that is never closed swallows the rest of the file
EXCEL_HINT = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
LOOKS_LIKE_DATA = re.compile(r"[-+]?[\d.,/:\s-]*\d[\d.,/:\s-]*%?|true|false", re.IGNORECASE)


@dataclass(frozen=True)
class Record:
    """The fields of a record, and the line that it begins on."""

    line: int
    fields: Sequence[str]


@dataclass(frozen=True)
class Fault:
    """Something that does not fit, where and why."""

    line: int
    reason: str
    column: str = ""
    given: str = ""


@dataclass(frozen=True)
class Layout:
    """A file as a table of text."""

    delimiter: str
    names: list[str]
    names_line: int | None
    """The line of the names, or ``None`` if the file has none."""
    skipped: int
    """Lines before the names that are no part of the table."""
    records: list[Record]
    faults: list[Fault]

    def values(self, index: int) -> Iterator[str]:
        """What a column holds, but for blanks around it and empty fields."""
        for record in self.records:
            value = record.fields[index].strip()
            if value:
                yield value


def lay_out(
    text: str, *, delimiter: str | None = None, header: bool | None = None, limit: int
) -> Layout:
    """Find out how a text is laid out as a table.

    ``delimiter`` and ``header`` (whether there is a line of names) are found where they are
    ``None``.

    Raises:
        UnreadableFile: there is no table in it, or one of more than ``limit`` records.
    """
    if hint := EXCEL_HINT.match(text):
        delimiter = delimiter or hint.group(1)
    delimiter = delimiter or _delimiter(text)
    faults: list[Fault] = []
    records = []
    for record in _records(text, delimiter, faults):
        if hint and record.line == 1:
            continue
        if any(field.strip() for field in record.fields):
            records.append(record)
        if len(records) > limit + MAX_PREAMBLE:
            raise UnreadableFile(f"The file has more than {limit:,} rows. Split it.")
    if not records:
        raise UnreadableFile("There is nothing in the file.")
    width = _width(records[:LOOKED_AT])
    first = _first_of_width(records, width)
    skipped, records = records[:first], records[first:]
    if header is None:
        header = _has_names(records)
    names_line = records[0].line if header else None
    names = [field.strip() for field in records[0].fields] if header else [""] * width
    body = records[1:] if header else records
    body, wrong = _of_width(body, width)
    names, body = _without_empty_columns(names, body)
    return Layout(
        delimiter=delimiter,
        names=_distinct(names),
        names_line=names_line,
        skipped=len(skipped),
        records=body,
        faults=[*faults, *wrong],
    )


def _records(text: str, delimiter: str, faults: list[Fault]) -> Iterator[Record]:
    csv.field_size_limit(MAX_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            faults.append(Fault(line, _reason(error)))
        else:
            yield Record(line, fields)
        line = reader.line_num + 1


def _reason(error: csv.Error) -> str:
    if "unexpected end" in str(error) or "field limit" in str(error):
        return "A quotation mark opens here and is never closed."
    return "The quotation marks do not match."


def _delimiter(text: str) -> str:
    """The one that gives the most records the same number of fields, and more than one."""
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        widths = []
        for record in _records(text[: LOOKED_AT * 2_000], delimiter, []):
            if any(record.fields):
                widths.append(len(record.fields))
            if len(widths) == LOOKED_AT:
                break
        if not widths:
            continue
        width, count = Counter(widths).most_common(1)[0]
        score = (round(count / len(widths), 1), width)
        if width > 1 and score > best_score:
            best, best_score = delimiter, score
    return best


def _width(records: Sequence[Record]) -> int:
    return Counter(len(record.fields) for record in records).most_common(1)[0][0]


def _first_of_width(records: Sequence[Record], width: int) -> int:
    for index, record in enumerate(records[: MAX_PREAMBLE + 1]):
        if len(record.fields) == width and sum(map(bool, record.fields)) > width // 2:
            return index
    return 0


def _has_names(records: Sequence[Record]) -> bool:
    """The first record names columns unless it holds numbers or dates, or names one twice."""
    fields = [field.strip() for field in records[0].fields]
    if len(records) == 1 or any(LOOKS_LIKE_DATA.fullmatch(field) for field in fields if field):
        return False
    return not any(fields == [field.strip() for field in record.fields] for record in records[1:20])


def _of_width(records: Sequence[Record], width: int) -> tuple[list[Record], list[Fault]]:
    """The records that have as many fields as there are columns, and what the others lack."""
    right, faults = [], []
    for record in records:
        if len(record.fields) == width:
            right.append(record)
        elif len(record.fields) > width and not any(record.fields[width:]):
            right.append(Record(record.line, record.fields[:width]))
        else:
            reason = f"The line has {len(record.fields)} fields, the table has {width} columns."
            faults.append(Fault(record.line, reason))
    return right, faults


def _without_empty_columns(
    names: list[str], records: list[Record]
) -> tuple[list[str], list[Record]]:
    """Spreadsheets write columns that nobody filled: neither a name nor a value."""
    kept = [
        index
        for index, name in enumerate(names)
        if name or any(record.fields[index].strip() for record in records)
    ]
    if len(kept) == len(names):
        return names, records
    return [names[index] for index in kept], [
        Record(record.line, [record.fields[index] for index in kept]) for record in records
    ]


def _distinct(names: Sequence[str]) -> list[str]:
    """Names as columns can have them: not empty, not too long, no two alike."""
    taken: set[str] = set()
    distinct = []
    for number, name in enumerate(names, 1):
        printable = "".join(c for c in name if c.isprintable() or c.isspace())
        plain = " ".join(printable.split())[: MAX_NAME - 5] or f"Column {number}"
        candidate, copy = plain, 2
        while candidate.casefold() in taken:
            candidate, copy = f"{plain} {copy}", copy + 1
        taken.add(candidate.casefold())
        distinct.append(candidate)
    return distinct
