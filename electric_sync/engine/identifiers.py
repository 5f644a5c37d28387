"""Names of tables and columns as clients write them, in PostgreSQL's way.

Unquoted names are folded to lower case; a quoted one is taken as it is, ``""`` being a quote.
"""

from __future__ import annotations

import re

from electric_sync.values import TableName

DEFAULT_SCHEMA = "public"
"""The schema of a table that is named without one."""

_PIECE = re.compile(r'"(?:[^"]|"")*"|[^"]')
_UNQUOTED = re.compile(r"[^\W\d][\w$]*")


def parse_table(text: str) -> TableName:
    """``orders``, ``"Mixed Case"`` or ``shop."Order lines"``.

    Raises:
        ValueError: it is no name of a table; the message says why.
    """
    parts = [_parse_name(part) for part in _split(text, ".")]
    if len(parts) > 2:
        raise ValueError(f"{text} has {len(parts)} parts; a table is named as schema.table")
    schema, name = [DEFAULT_SCHEMA, *parts][-2:]
    return TableName(schema, name)


def parse_columns(text: str) -> list[str]:
    """A list of columns, separated by commas.

    Raises:
        ValueError: one is no name; the message says which.
    """
    return [_parse_name(part.strip()) for part in _split(text, ",")]


def quote(name: str) -> str:
    """For pasting into SQL."""
    return '"' + name.replace('"', '""') + '"'


def _split(text: str, separator: str) -> list[str]:
    """The parts between separators that stand outside of quotes."""
    parts = [""]
    at = 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        taken = piece.group() if piece else text[at:]  # a quote without its end
        at += len(taken)
        if taken == separator:
            parts.append("")
        else:
            parts[-1] += taken
    return parts


def _parse_name(text: str) -> str:
    if len(text) > 1 and text.startswith('"') and text.endswith('"'):
        name = text[1:-1].replace('""', '"')
        if not name:
            raise ValueError('"" is no name')
        return name
    if not text:
        raise ValueError("a name is missing: there is nothing before or after a separator")
    if not _UNQUOTED.fullmatch(text):
        raise ValueError(f"{text} has characters that only a quoted name may have: quote it")
    return text.lower()
