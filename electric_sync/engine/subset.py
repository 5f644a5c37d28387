"""Subset snapshots: some rows of a shape, read now, with what a client needs to fit them into
the log: the snapshot they were read in, and a mark that they carry."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

import psycopg

from electric_sync.engine.errors import ClauseRefused, RequestRefused, ShapeUnavailable
from electric_sync.engine.identifiers import parse_columns, quote
from electric_sync.engine.request import Subset
from electric_sync.engine.shape import Shape
from electric_sync.engine.snapshot import copied, rows_sql
from electric_sync.engine.tokens import Kind, Token, tokenize
from electric_sync.engine.where import accept
from electric_sync.values import Snapshot

MEMORY = 1024 * 1024
"""Bytes of an answer that are kept in memory; the rest goes to a file."""


@dataclass(frozen=True, slots=True)
class SubsetRows:
    """The metadata, as JSON, and the rows, each with a comma and a line feed."""

    metadata: bytes
    rows: IO[bytes]

    def pieces(self) -> Iterator[bytes]:
        """The answer's body."""
        yield b'{"metadata":' + self.metadata + b', "data": ['
        self.rows.seek(0)
        kept = b""
        while piece := self.rows.read(256 * 1024):
            yield kept + piece[:-2]
            kept = piece[-2:]
        yield b"]}"
        self.rows.close()


def read(connection: psycopg.Connection, shape: Shape, subset: Subset) -> SubsetRows:
    """Read the rows.

    Raises:
        RequestRefused: the clause or the order is not acceptable.
    """
    where = _where(connection, shape, subset)
    order = _order(shape, subset.order_by)
    if subset.limit is not None:
        order += f" LIMIT {subset.limit}"
    if subset.offset is not None:
        order += f" OFFSET {subset.offset}"
    mark = random.getrandbits(31)
    sql = rows_sql(
        shape.table, shape.columns, where, headers=f',"snapshot_mark":{mark}', order=order
    )
    rows = tempfile.SpooledTemporaryFile(MEMORY)  # noqa: SIM115 the answer closes it
    try:
        return SubsetRows(_copy(connection, sql, rows, mark), rows)
    except BaseException:
        rows.close()
        raise


def _copy(connection: psycopg.Connection, sql: str, rows: IO[bytes], mark: int) -> bytes:
    """Copy the query's rows; the metadata."""
    try:
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            found = connection.execute(
                "SELECT pg_current_snapshot()::text, (pg_current_wal_lsn() - '0/0')::text"
            ).fetchone()
            for piece in copied(connection, sql):
                rows.write(piece)
    except psycopg.errors.QueryCanceled as error:
        message = "The rows could not be read in time: ask for fewer."
        raise ShapeUnavailable(message, retry_after=5) from error
    except psycopg.OperationalError:
        raise
    except psycopg.Error as error:
        message = error.diag.message_primary or str(error)
        raise RequestRefused("subset.where", f"{message}.") from error
    text, lsn = found or ("", "")
    return _metadata(Snapshot.parse(text), lsn, mark)


def _metadata(snapshot: Snapshot, lsn: str, mark: int) -> bytes:
    return json.dumps(
        {
            "snapshot_mark": mark,
            "database_lsn": lsn,
            "xmin": str(snapshot.xmin),
            "xmax": str(snapshot.xmax),
            "xip_list": [str(xid) for xid in sorted(snapshot.running)],
        },
        separators=(",", ":"),
    ).encode()


def _where(connection: psycopg.Connection, shape: Shape, subset: Subset) -> str:
    try:
        # By the rules of a shape's own clause: nothing but the row is read.
        chosen = accept(connection, shape.table, subset.where, subset.params)
    except ClauseRefused as error:
        raise RequestRefused("subset.where", str(error)) from error
    return f"({shape.clause.sql}) AND ({chosen.sql})"


def _order(shape: Shape, text: str) -> str:
    """Columns, each with a direction: nothing else, so that it can be pasted into SQL."""
    if not text.strip():
        return ""
    try:
        tokens = tokenize(text)
        parts = [_one(shape, part) for part in _split(tokens)]
    except ClauseRefused as error:
        raise RequestRefused("subset.order_by", str(error)) from error
    return "ORDER BY " + ", ".join(parts)


def _split(tokens: Sequence[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.text == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


_DIRECTIONS = {"", "ASC", "DESC"}
_NULLS = {"", "NULLS FIRST", "NULLS LAST"}


def _one(shape: Shape, tokens: Sequence[Token]) -> str:
    if not tokens or tokens[0].kind not in {Kind.WORD, Kind.QUOTED}:
        place = tokens[0].start if tokens else 0
        raise ClauseRefused(f"At character {place}: a column is missing.")
    words = [token.text.upper() for token in tokens[1:]]
    direction = words.pop(0) if words and words[0] in _DIRECTIONS else ""
    nulls = " ".join(words)
    if nulls not in _NULLS:
        raise ClauseRefused(
            f"At character {tokens[1].start}: an order names columns, each with ASC or DESC and"
            " NULLS FIRST or LAST; expressions are not taken."
        )
    try:
        (column,) = parse_columns(tokens[0].text)
    except ValueError as error:
        raise ClauseRefused(f"At character {tokens[0].start}: {error}.") from error
    if column not in shape.table.by_name:
        raise ClauseRefused(f"At character {tokens[0].start}: there is no column {column}.")
    return f"{quote(column)} {direction} {nulls}".strip()
