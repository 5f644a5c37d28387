"""Electric's own clients in a Node process: what they are told to do, and what they have seen."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from config.paths import BASE

PATIENCE = 60
RUNNER = Path(__file__).with_name("runner.mjs")
EXPECTED_WARNING = "Received 409 response without a shape handle header"
"""Whoever waits when a shape ends is told so at once, by us as by Electric: what comes instead is
not known then."""
ONE_CLIENT = "--import", Path(__file__).with_name("one-client.mjs")
"""Options with which pglite-sync uses the same client as everybody else."""


class Failure(Exception):
    """A command that a client refused; ``error`` is what it said."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.error = error


@dataclass
class Seen:
    """What one stream, or one PGlite, has told of."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] | None = None
    """The last ones."""
    all_rows: list[list[dict[str, Any]]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    error: dict[str, Any] | None = None
    is_held: bool = False
    handle: str = ""
    offset: str = ""

    def add(self, event: dict[str, Any]) -> None:
        """Take in something that was told."""
        if "messages" in event:
            self.messages += event["messages"]
            self.handle, self.offset = event.get("handle", ""), event["offset"]
        if "rows" in event:
            self.rows = event["rows"]
            self.all_rows.append(event["rows"])
        if "request" in event:
            self.requests.append(event["request"])
        self.error = event.get("error", self.error)
        self.is_held = event.get("held", self.is_held)

    @property
    def changes(self) -> list[dict[str, Any]]:
        """The messages that are about rows."""
        return [message for message in self.messages if "key" in message]

    @property
    def controls(self) -> list[str]:
        """The messages that are not, by their names."""
        headers = [message["headers"] for message in self.messages if "key" not in message]
        return [each["control"] for each in headers]

    @property
    def operations(self) -> list[str]:
        """What happened to rows."""
        return [message["headers"]["operation"] for message in self.changes]

    def asked(self, name: str) -> list[str | None]:
        """One parameter of each request."""
        queries = [parse_qs(urlsplit(each["address"]).query) for each in self.requests]
        return [query.get(name, [None])[0] for query in queries]


class Node:
    """The process; it is closed when the test ends."""

    def __init__(self, url: str, secret: str, *, options: Sequence[str | Path] = ()) -> None:
        """Start it; the options are Node's own."""
        self._url = url
        self._secret = secret
        self._process = subprocess.Popen(
            [node_program(), *options, RUNNER],
            cwd=BASE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._ids = count()
        self._seen: dict[str, Seen] = {}
        self._answers: dict[int, dict[str, Any]] = {}
        self._happened = threading.Condition()
        self._is_running = True
        self.warnings: list[str] = []
        """What no client should say: it does when it is answered the same again and again, or
        with a handle that has ended."""
        self._reader = threading.Thread(target=self._read, name="node")
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process, and with it every client."""
        if self._is_running:
            assert self._process.stdin
            self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        finally:
            self._process.kill()  # a no-op, unless it did not end by itself
            self._process.wait()
            self._reader.join()

    # ── what is to be done ───────────────────────────────────────────────

    def call(self, command: str, **given: Any) -> Any:
        """Have something done, and return what came of it."""
        number = next(self._ids)
        line = json.dumps({"id": number, "command": command, **given}) + "\n"
        assert self._process.stdin
        self._process.stdin.write(line.encode())
        self._process.stdin.flush()
        self.wait_until(lambda: number in self._answers, f"{command} has ended")
        answer = self._answers.pop(number)
        if "failure" in answer:
            raise Failure(answer["failure"])
        return answer["result"]

    def open(self, params: dict[str, Any], *, breaks: bool = False, **options: Any) -> Stream:
        """Open a stream of the shape that the parameters describe; if it ``breaks``, its first
        answer with events is held, and then cut before its body."""
        stream = Stream(self, self.name())
        stream.call("open", options=self.shape(params, **options), breaks=breaks)
        return stream

    def pglite(self, folder: Path | None = None) -> PGlite:
        """Create a PGlite; in memory unless it is given a folder."""
        local = PGlite(self, self.name())
        self.call("create", name=local.name, folder=str(folder) if folder else None)
        return local

    def shape(self, params: dict[str, Any], **options: Any) -> dict[str, Any]:
        """A ShapeStream's options."""
        return {"url": self._url, "params": {"secret": self._secret, **params}, **options}

    def name(self) -> str:
        """A name that no client has yet."""
        return f"client {next(self._ids)}"

    # ── what was seen ────────────────────────────────────────────────────

    def seen(self, name: str) -> Seen:
        """What has been told of a client until now."""
        return self._seen.setdefault(name, Seen())

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for the clients to tell of something that makes the condition true."""
        deadline = time.monotonic() + PATIENCE
        with self._happened:
            while not condition():
                left = deadline - time.monotonic()
                assert self._is_running, f"Node has ended before {what}. {self.warnings}"
                assert left > 0, f"not within {PATIENCE} s: {what}. {self.warnings} {self._seen}"
                self._happened.wait(left)

    def _read(self) -> None:
        assert self._process.stdout
        with self._process.stdout as lines:
            for line in lines:
                self._take(json.loads(line))
        with self._happened:
            self._is_running = False
            self._happened.notify_all()

    def _take(self, event: dict[str, Any]) -> None:
        with self._happened:
            if "id" in event:
                self._answers[event["id"]] = event
            elif "warning" in event:
                if EXPECTED_WARNING not in event["warning"]:
                    self.warnings.append(event["warning"])
            else:
                self.seen(event["of"]).add(event)
            self._happened.notify_all()


@dataclass(frozen=True)
class Client:
    """One of the clients in the process."""

    node: Node
    name: str

    @property
    def seen(self) -> Seen:
        """What it has told of."""
        return self.node.seen(self.name)

    def call(self, command: str, **given: Any) -> Any:
        """Have it do something."""
        return self.node.call(command, name=self.name, **given)

    def wait_until(self, condition: Callable[[Seen], bool], what: str) -> None:
        """Wait for something to be told."""
        self.node.wait_until(lambda: condition(self.seen), what)

    def wait_for_rows(self, rows: list[dict[str, Any]]) -> None:
        """Wait until it has exactly these rows, in any order."""
        self.wait_until(lambda seen: in_order(seen.rows) == in_order(rows), f"the rows are {rows}")

    def wait_for_error(self) -> dict[str, Any]:
        """Wait for an error, and return it."""
        self.wait_until(lambda seen: seen.error is not None, "there is an error")
        assert self.seen.error
        return self.seen.error


class Stream(Client):
    """A ShapeStream, and a Shape on it."""

    def wait_for(self, control: str, times: int = 1) -> None:
        """Wait for a control message to come so often."""
        self.wait_until(
            lambda seen: seen.controls.count(control) >= times, f"{control} came {times} times"
        )

    def wait_for_changes(self, number: int) -> None:
        """Wait until so many messages have been about rows."""
        self.wait_until(lambda seen: len(seen.changes) >= number, f"{number} changes came")

    def request_snapshot(self, **options: Any) -> None:
        """Have the Shape fetch some of the rows."""
        self.call("requestSnapshot", options=options)

    def fetch_snapshot(self, **options: Any) -> Any:
        """Fetch some of the rows, beside the stream."""
        return self.call("fetchSnapshot", options=options)

    def close(self) -> None:
        """Read no further."""
        self.call("close")


@dataclass(frozen=True)
class PGlite:
    """A database in the process, into which tables are synced."""

    node: Node
    name: str

    def execute(self, sql: str) -> None:
        """Run statements in it."""
        self.node.call("exec", name=self.name, sql=sql)

    def sync(
        self,
        query: str,
        params: dict[str, Any],
        *,
        stream: dict[str, Any] | None = None,
        **options: Any,
    ) -> Synced:
        """Sync a shape into a table, and watch what a query says of it; ``stream`` are options
        of the ShapeStream."""
        synced = self._watch(query)
        options["shape"] = self.node.shape(params, **stream or {})
        synced.call("syncShapeToTable", local=self.name, options=options)
        return synced

    def sync_together(self, query: str, shapes: dict[str, dict[str, Any]]) -> Synced:
        """Sync several shapes, each into a table of its name."""
        synced = self._watch(query)
        described = {
            table: {"shape": self.node.shape(params), "table": table, "primaryKey": ["id"]}
            for table, params in shapes.items()
        }
        options = {"key": None, "shapes": described}
        synced.call("syncShapesToTables", local=self.name, options=options)
        return synced

    def close(self) -> None:
        """Close the database; its folder can be opened again."""
        self.node.call("shut", name=self.name)

    def _watch(self, query: str) -> Synced:
        synced = Synced(self.node, self.node.name())
        synced.call("watch", local=self.name, sql=query)
        return synced


class Synced(Client):
    """What is synced into a PGlite; its rows are those of the query that is watched."""

    def stop(self) -> None:
        """Sync no further."""
        self.call("unsubscribe")


def in_order(rows: list[dict[str, Any]] | None) -> list[str] | None:
    """Rows in an order that only depends on what they hold."""
    return None if rows is None else sorted(json.dumps(row, sort_keys=True) for row in rows)


def node_program() -> str:
    """Node: the one that bin/test has brought, else the machine's."""
    brought = Path(sys.prefix) / "bin" / "node"
    found = str(brought) if brought.exists() else shutil.which("node")
    assert found, "There is no Node; bin/test brings it."
    return found
