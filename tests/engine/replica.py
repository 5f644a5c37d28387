"""A client that materialises a shape, and does not tolerate what it did not expect."""

from __future__ import annotations

import time
from typing import Any

from tests.electric_sync.loop import PATIENCE
from tests.engine.asking import Asker, Reply

Rows = dict[str, dict[str, Any]]


class Replica:
    """The rows of a shape, as the messages say."""

    def __init__(self, asker: Asker, **query: Any) -> None:
        self._asker = asker
        self.query = query
        self.is_full = query.get("replica") == "full"
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.rows: Rows = {}
        self.handle = ""
        self.offset = "-1"
        self.seen = 0

    def copy(self) -> Replica:
        """Another client that is as far as this one."""
        other = Replica(self._asker, **self.query)
        other.rows = {key: dict(row) for key, row in self.rows.items()}
        other.handle, other.offset, other.seen = self.handle, self.offset, self.seen
        return other

    def catch_up(self) -> bool:
        """Read until up to date. Returns whether the shape can still be served."""
        while True:
            reply = self._ask()
            if reply.status == 400:
                return False
            if reply.status == 409:
                self.forget()
                continue
            assert reply.status == 200, reply.body
            for message in reply.json:
                self._take(message)
            self.handle, self.offset = reply.handle, reply.offset
            if reply.is_up_to_date:
                return True

    def _ask(self) -> Reply:
        handle = {"handle": self.handle} if self.handle else {}
        deadline = time.monotonic() + PATIENCE
        while True:
            reply = self._asker.ask("GET", {**self.query, **handle, "offset": self.offset})
            if reply.status != 503 or time.monotonic() > deadline:
                return reply

    def _take(self, message: dict[str, Any]) -> None:
        headers = message["headers"]
        if headers.get("control") == "up-to-date":
            self.seen = int(headers["global_last_seen_lsn"])
            return
        if "key" not in message:
            return
        key, value = message["key"], {k: _as_streamed(v) for k, v in message["value"].items()}
        if headers["operation"] == "insert":
            assert key not in self.rows, f"{key} comes twice"
            self.rows[key] = value
        elif headers["operation"] == "update":
            self._check_old(message, key)
            self.rows[key].update(value)
        else:
            if self.is_full:
                assert value == self.rows[key]
            del self.rows[key]

    def _check_old(self, message: dict[str, Any], key: str) -> None:
        if self.is_full:
            for column, value in message["old_value"].items():
                assert self.rows[key][column] == value


def _as_streamed(value: Any) -> Any:
    """Snapshots write booleans out."""
    return {"true": "t", "false": "f"}.get(value, value)
