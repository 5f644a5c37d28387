"""Changes of rows as messages of a shape's log, in Electric's JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from json.encoder import encode_basestring

from electric_sync.engine.catalog import Table
from electric_sync.values import Relation, Row, RowChange


@dataclass(frozen=True, slots=True)
class Message:
    """A message, but for the mark that it is the last of its transaction."""

    operation: int
    before: str
    after: str

    def encode(self, *, last: bool) -> bytes:
        """As a line of the log."""
        return (self.before + ('"last":true,' if last else "") + self.after + ",\n").encode()


class Projection:
    """Writes the messages of one table for one choice of columns and mode."""

    def __init__(
        self, table: Table, relation: Relation, columns: tuple[str, ...], *, full: bool
    ) -> None:
        places = {name: place for place, name in enumerate(relation.columns)}
        self._full = full
        self._columns = [
            (places[name], json.dumps(name, ensure_ascii=False) + ":") for name in columns
        ]
        self._key_columns = [
            (places[name], json.dumps(name, ensure_ascii=False) + ":")
            for name in columns
            if name in table.key
        ]
        self._key = [places[name] for name in table.key]
        self._prefix = f'"{table.name.schema}"."{table.name.name}"'
        self._relation = '"relation":' + json.dumps(
            [table.name.schema, table.name.name], ensure_ascii=False, separators=(",", ":")
        )

    def messages(
        self, old: Row | None, new: Row | None, *, lsn: int, xid: int, operation: int
    ) -> list[Message]:
        """What happened to the shape: ``old`` was in it, ``new`` is.

        A row that changes its key goes and comes; an update that changes nothing that is
        selected says nothing.
        """
        tail = f',"lsn":"{lsn}","txids":[{xid}]'
        if old is None:
            return [] if new is None else [self._insert(new, operation, tail)]
        if new is None:
            return [self._delete(old, operation, tail)]
        old_key, new_key = self._key_of(old), self._key_of(new)
        if old_key != new_key:
            to, came = encode_basestring(new_key), encode_basestring(old_key)
            return [
                self._delete(old, operation, f'{tail},"key_change_to":{to}'),
                self._insert(new, operation + 1, f'{tail},"key_change_from":{came}'),
            ]
        changed = [place for place, _ in self._columns if old[place] != new[place]]
        if not changed:
            return []
        return [self._update(old, new, changed, operation, tail)]

    def _insert(self, row: Row, operation: int, tail: str) -> Message:
        value = _object(row, self._columns)
        return self._message(self._key_of(row), value, "insert", operation, tail)

    def _delete(self, row: Row, operation: int, tail: str) -> Message:
        value = _object(row, self._columns if self._full else self._key_columns)
        return self._message(self._key_of(row), value, "delete", operation, tail)

    def _update(self, old: Row, new: Row, changed: list[int], operation: int, tail: str) -> Message:
        key = self._key_of(new)
        differing = [each for each in self._columns if each[0] in changed]
        if self._full:
            before = f',"old_value":{_object(old, differing)}'
            value = _object(new, self._columns)
            return self._message(key, value, "update", operation, tail, end=before)
        shown = [each for each in self._columns if each[0] in changed or each in self._key_columns]
        return self._message(key, _object(new, shown), "update", operation, tail)

    def _message(
        self, key: str, value: str, kind: str, operation: int, tail: str, *, end: str = ""
    ) -> Message:
        return Message(
            operation,
            f'{{"key":{encode_basestring(key)},"value":{value},"headers":{{',
            f'{self._relation},"operation":"{kind}","op_position":{operation}{tail}}}{end}}}',
        )

    def _key_of(self, row: Row) -> str:
        parts = [self._prefix]
        for place in self._key:
            value = row[place]
            parts.append("_" if value is None else f'"{value.decode().replace("/", "//")}"')
        return "/".join(parts)


def projected(change: RowChange, *, was_in: bool, is_in: bool) -> tuple[Row | None, Row | None]:
    """The change as the shape sees it: a row that moves in comes, one that moves out goes."""
    return (change.old if was_in else None, change.new if is_in else None)


def _object(row: Row, columns: list[tuple[int, str]]) -> str:
    pieces = []
    for place, name in columns:
        value = row[place]
        pieces.append(name + ("null" if value is None else encode_basestring(value.decode())))
    return "{" + ",".join(pieces) + "}"
