"""A shape as Electric serves it, for tests: a log in memory, and answers of the same form."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.client.server import Play, Request, Wire

JSON = "application/json; charset=utf-8"
SCHEMA = {"id": {"type": "int4", "not_null": True, "pk_index": 0}, "name": {"type": "text"}}

Item = dict[str, Any]
_INF = float("inf")


def key(number: int) -> str:
    return f'"public"."items"/"{number}"'


def order(offset: str) -> tuple[float, float]:
    if offset == "-1":
        return (-1, 0)
    transaction, place = offset.split("_")
    return (float(transaction), float(place))


def up_to_date(lsn: int = 1) -> Item:
    return {"headers": {"control": "up-to-date", "global_last_seen_lsn": str(lsn)}}


def snapshot_end() -> Item:
    return {"headers": {"control": "snapshot-end", "xmin": "5", "xmax": "7", "xip_list": ["6"]}}


def inserted(number: int, name: str | None = "a") -> Item:
    """A row of a snapshot."""
    return {
        "key": key(number),
        "value": {"id": str(number), "name": name},
        "headers": {"operation": "insert", "relation": ["public", "items"]},
    }


def changed(
    operation: str, number: int, *, lsn: int, place: int = 0, last: bool = True, **value: str
) -> Item:
    """An entry of the log."""
    headers: Item = {
        "operation": operation,
        "relation": ["public", "items"],
        "lsn": str(lsn),
        "op_position": place,
        "txids": [lsn],
    }
    if last:
        headers["last"] = True
    return {"key": key(number), "value": {"id": str(number), **value}, "headers": headers}


@dataclass(frozen=True)
class Entry:
    offset: str
    item: Item


class Electric:
    """One shape. Changing it answers the live requests that wait."""

    poll_seconds = 20.0
    chunk = 1_000  # entries in an answer

    def __init__(self, *rows: Item, schema: Mapping[str, Any] = SCHEMA) -> None:
        self.schema = dict(schema)
        self.entries: list[Entry] = []
        self.handle = ""
        self.known: set[str] = set()
        self._handles = itertools.count(1)
        self._lsn = 100
        self._moved = asyncio.Condition()
        self._snapshot(list(rows))

    def _snapshot(self, rows: list[Item]) -> None:
        self.handle = f"handle-{next(self._handles)}"
        pages = [rows[start : start + self.chunk] for start in range(0, len(rows), self.chunk)]
        pages = pages or [[]]
        self.entries = [
            Entry(f"0_{number}", item) for number, page in enumerate(pages) for item in page
        ]
        self.entries.append(Entry(f"0_{len(pages) - 1}", snapshot_end()))

    # ── what happens in the database

    async def commit(self, *changes: tuple[str, int, dict[str, str]]) -> None:
        """A transaction: pairs of an operation, a row's number, and its values."""
        self._lsn += 1
        for place, (operation, number, value) in enumerate(changes):
            is_last = place == len(changes) - 1
            item = changed(operation, number, lsn=self._lsn, place=2 * place, last=is_last, **value)
            self.entries.append(Entry(f"{self._lsn}_{2 * place}", item))
        await self._notify()

    async def rotate(self, *rows: Item) -> None:
        """Another shape in its place."""
        self._lsn += 1
        self._snapshot(list(rows))
        await self._notify()

    async def _notify(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    # ── what it answers

    async def play(self, request: Request, wire: Wire) -> None:
        handle, offset = request.query.get("handle"), request.query["offset"]
        if offset not in ("-1", "now") and handle != self.handle:
            await self.conflict(wire, self.handle)
        elif offset == "now":
            await wire.answer(200, self.headers(self.end, True, schema=True), [up_to_date()])
        elif request.is_for_events:
            await self._events(offset, wire)
        elif request.is_live:
            await self._live(offset, wire)
        else:
            await self._page(offset, wire, schema=True)

    async def conflict(self, wire: Wire, handle: str | None) -> None:
        headers = {"content-type": JSON}
        if handle is not None:
            headers["electric-handle"] = handle
        await wire.answer(409, headers, [{"headers": {"control": "must-refetch"}}])

    @property
    def end(self) -> str:
        last = self.entries[-1].offset
        return "0_inf" if last.startswith("0_") else last

    def headers(self, offset: str, is_up_to_date: bool, *, schema: bool) -> dict[str, str]:
        headers = {
            "content-type": JSON,
            "electric-handle": self.handle,
            "electric-offset": offset,
        }
        if schema:
            headers["electric-schema"] = json.dumps(self.schema)
        else:
            headers["electric-cursor"] = "12345"
        if is_up_to_date:
            headers["electric-up-to-date"] = ""
        return headers

    def after(self, offset: str) -> list[Entry]:
        return [each for each in self.entries if order(each.offset) > order(offset)]

    async def _page(self, offset: str, wire: Wire, *, schema: bool) -> None:
        entries = self.after(offset)
        if entries and entries[0].offset.startswith("0_"):  # a page of the snapshot, alone
            page = [each for each in entries if each.offset == entries[0].offset]
            is_all = False
        else:
            page = entries[: self.chunk]
            is_all = len(page) == len(entries)
        items = [each.item for each in page]
        if is_all:
            items.append(up_to_date(self._lsn))
        end = self.end if is_all else page[-1].offset
        await wire.answer(200, self.headers(end, is_all, schema=schema), items)

    async def _live(self, offset: str, wire: Wire) -> None:
        handle = self.handle
        if await self._wait(offset, handle):
            if handle != self.handle:
                await self.conflict(wire, None)
            else:
                await self._page(offset, wire, schema=False)
        else:
            await wire.answer(200, self.headers(offset, True, schema=False), [up_to_date()])

    async def _wait(self, offset: str, handle: str) -> bool:
        """Whether there are news within the time."""

        def has_news() -> bool:
            return handle != self.handle or order(self.end) > order(offset)

        try:
            async with asyncio.timeout(self.poll_seconds), self._moved:
                await self._moved.wait_for(has_news)
        except TimeoutError:
            return False
        return True

    async def _events(self, offset: str, wire: Wire) -> None:
        headers = self.headers(self.end, True, schema=False)
        await wire.head(200, headers | {"content-type": "text/event-stream"})
        handle = self.handle
        while await self._wait(offset, handle) and handle == self.handle:
            items = [each.item for each in self.after(offset)] + [up_to_date(self._lsn)]
            offset = self.end
            await wire.part(event(*items))
        await wire.end()


def event(*items: object) -> bytes:
    return b"".join(b"data: %b\n\n" % json.dumps(item).encode() for item in items)


def first(play: Play, then: Play) -> Play:
    """One answer, and all others."""
    return in_turn(play, then=then)


def in_turn(*plays: Play, then: Play) -> Play:
    """These answers, one a request, and all others."""
    waiting = iter(plays)

    async def play(request: Request, wire: Wire) -> None:
        await next(waiting, then)(request, wire)

    return play


def refusing(status: int, content: object = b"", **headers: str) -> Play:
    async def play(request: Request, wire: Wire) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        await wire.answer(status, {"content-type": JSON} | named, content)

    return play
