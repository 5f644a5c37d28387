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
# A backslash before a quotation mark that does not end the field: it escapes. Else marks are
# doubled.
ESCAPED_QUOTE = re.compile(r'\\"[^,;\t|\r\n]')
COMMENT = "#"
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
    comments, records = _without_comments(records)
    width = _width(records[:LOOKED_AT])
    if header is not False and comments and len(comments[-1].fields) >= max(width, 2):
        records.insert(0, comments.pop())
        header, width = True, len(records[0].fields)
    first = _first_of_width(records, width)
    skipped, records = [*comments, *records[:first]], records[first:]
    if header is None:
        header = _has_names(records)
    names_line = records[0].line if header else None
    records, wrong = _of_width(records, width)
    names = [field.strip() for field in records[0].fields] if header else [""] * width
    body = records[1:] if header else records
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
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        escapechar="\\" if ESCAPED_QUOTE.search(text) else None,
        skipinitialspace=True,
        strict=True,
    )
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
            if any(record.fields) and not record.fields[0].startswith(COMMENT):
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


def _without_comments(records: list[Record]) -> tuple[list[Record], list[Record]]:
    """The lines at the beginning that are comments, and the rest without any further ones.

    The last comment may hold the names, as in "#codes coordinates comments".
    """
    comments: list[Record] = []
    for record in records:
        if not record.fields[0].startswith(COMMENT):
            break
        fields = [record.fields[0].removeprefix(COMMENT), *record.fields[1:]]
        comments.append(Record(record.line, fields))
    if not comments or len(comments) == len(records):
        return [], records
    rest = records[len(comments) :]
    return comments, [each for each in rest if not each.fields[0].startswith(COMMENT)]


def _width(records: Sequence[Record]) -> int:
    """How many fields most records have; of two equally many, the larger number."""
    counts = Counter(len(record.fields) for record in records)
    return max(counts, key=lambda width: (counts[width], width))


def _first_of_width(records: Sequence[Record], width: int) -> int:
    """The first record that is part of the table: those before it are a title or the like."""
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
    """Records with as many fields as there are columns, and what is wrong with others.

    Programs leave out empty fields at the end, so a line is filled up if half of it is there.
    """
    right, faults = [], []
    for record in records:
        fields = list(record.fields)
        if width > len(fields) >= width / 2:
            fields += [""] * (width - len(fields))
        if len(fields) >= width and not any(fields[width:]):
            right.append(Record(record.line, fields[:width]))
        else:
            reason = f"The line has {len(fields)} fields, the table has {width} columns."
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
