"""From PostgreSQL's text to Python, by type.

Values are text as the service sends it, unless a stream is given ``parsers``. PostgreSQL has
more than one text for some values (a boolean is ``true`` in a snapshot and ``t`` in the log);
parsers make them equal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from electric_sync.client.errors import BadAnswer
from electric_sync.client.messages import ReadRow, Row

Parse = Callable[[str], Any]


def _boolean(text: str) -> bool:
    if text not in ("t", "true", "f", "false"):
        raise ValueError(f"{text!r} is no boolean")
    return text in ("t", "true")


PYTHON: Mapping[str, Parse] = MappingProxyType(
    {
        "bool": _boolean,
        "int2": int,
        "int4": int,
        "int8": int,
        "oid": int,
        "float4": float,
        "float8": float,
        "numeric": Decimal,
        "json": json.loads,
        "jsonb": json.loads,
    }
)
"""Parsers for the types that have one obvious counterpart in Python.

Dates and times are not among them: PostgreSQL has ``infinity`` and years that Python has not.
To add one: ``PYTHON | {"uuid": uuid.UUID}``.
"""


def row_reader(schema: Mapping[str, Mapping[str, Any]], parsers: Mapping[str, Parse]) -> ReadRow:
    """What makes rows of a shape with this schema (the header ``electric-schema``, decoded)."""
    by_column = {
        column: _list_parser(parse) if described.get("dims") else parse
        for column, described in schema.items()
        if (parse := parsers.get(described.get("type", ""))) is not None
    }
    if not by_column:
        return _as_sent

    def read(sent: Mapping[str, str | None]) -> Row:
        row: dict[str, Any] = dict(sent)
        for column in row.keys() & by_column.keys():
            if (text := row[column]) is not None:
                try:
                    row[column] = by_column[column](text)
                except (ValueError, ArithmeticError) as error:
                    raise BadAnswer(
                        f"The parser for {schema[column]['type']} cannot read the column "
                        f"{column!r}: {error}."
                    ) from error
        return row

    return read


def _as_sent(sent: Mapping[str, str | None]) -> Row:
    if not isinstance(sent, dict):
        raise TypeError("a row is an object")
    return sent


# ── arrays

_ARRAY_TOKEN = re.compile(r'([{},])|"((?:[^"\\]|\\.)*)"|([^{},"]+)', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def _list_parser(parse: Parse) -> Parse:
    return lambda text: read_array(text, parse)


def read_array(text: str, parse: Parse) -> list[Any]:
    """PostgreSQL's text of an array (``{1,NULL,"a b"}``) as a list, lists in it for dimensions.

    Lower bounds other than 1 (``[0:1]={a,b}``) are left out.

    Raises:
        ValueError: that is no array.
    """
    if text.startswith("["):
        text = text.partition("=")[2]
    root: list[Any] = []
    open_lists = [root]
    end = 0
    for token in _ARRAY_TOKEN.finditer(text):
        if token.start() != end:
            break
        end = token.end()
        mark, quoted, bare = token.groups()
        if mark == "{":
            inner: list[Any] = []
            open_lists[-1].append(inner)
            open_lists.append(inner)
        elif mark == "}":
            open_lists.pop()
            if not open_lists:
                break
        elif quoted is not None:
            open_lists[-1].append(parse(_ESCAPED.sub(r"\1", quoted)))
        elif bare is not None:
            open_lists[-1].append(None if bare == "NULL" else parse(bare))
    if end != len(text) or len(open_lists) != 1 or len(root) != 1 or not isinstance(root[0], list):
        raise ValueError(f"{text[:40]!r} is no array")
    return root[0]
