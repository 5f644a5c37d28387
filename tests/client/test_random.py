"""Random logs, cut anywhere, and clients that stop and go on: rows end as the log does."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from electric_sync.client import Key, Row, Rows, ShapeStream, backoff, stream
from tests.client.electric import Electric, Item, inserted, key
from tests.client.server import Cut, Request, Server, Wire


@dataclass
class Database:
    """What a table holds, and the shape that follows it."""

    electric: Electric
    rows: dict[int, dict[str, str]] = field(default_factory=dict)

    def expected(self) -> dict[str, dict[str, str]]:
        return {key(number): {"id": str(number), **row} for number, row in self.rows.items()}

    def items(self) -> list[Item]:
        return [inserted(number, row["name"]) for number, row in self.rows.items()]

    async def transaction(self, steps: list[tuple[int, str | None]]) -> None:
        """Set names of rows, or delete those whose name is None."""
        changes = []
        for number, name in steps:
            if name is None:
                if self.rows.pop(number, None) is not None:
                    changes.append(("delete", number, {}))
            else:
                operation = "update" if number in self.rows else "insert"
                self.rows[number] = {"name": name}
                changes.append((operation, number, {"name": name}))
        if changes:
            await self.electric.commit(*changes)

    async def begin_anew(self) -> None:
        await self.electric.rotate(*self.items())


STEPS = st.lists(
    st.tuples(st.integers(1, 5), st.one_of(st.none(), st.sampled_from("abcdef"))), max_size=6
)
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), STEPS),
        st.tuples(st.just("begin anew"), st.none()),
        st.tuples(st.just("client goes on"), st.none()),
        st.tuples(st.just("client starts from nothing"), st.none()),
        st.tuples(st.just("look"), st.none()),
    ),
    max_size=12,
)
FAULTS = st.lists(
    st.one_of(
        st.none(),
        st.integers(0, 1_500),  # bytes of the body after which it is cut
        st.sampled_from(["unavailable", "no handle", "hang up"]),
    ),
    max_size=30,
)


class Unreliable:
    """Goes wrong as it is told, one answer after another, and then works."""

    def __init__(self, electric: Electric, faults: list[int | str | None]) -> None:
        self._electric = electric
        self._faults: Iterator[int | str | None] = iter(faults)

    async def play(self, request: Request, wire: Wire) -> None:
        match next(self._faults, None):
            case "unavailable":
                await wire.answer(503, {"retry-after": "1"})
            case "hang up":
                raise Cut
            case "no handle" if request.query.get("handle") is not None:
                await self._electric.conflict(wire, None)
            case int(limit):
                wire.limit = limit
                await self._electric.play(request, wire)
            case _:
                await self._electric.play(request, wire)


@settings(max_examples=40 if settings.default.max_examples < 1_000 else 2_000)
@given(
    rows=STEPS,
    events=EVENTS,
    faults=FAULTS,
    chunk=st.sampled_from([1, 2, 3, 1_000]),
    live_mode=st.sampled_from(["long-poll", "sse"]),
)
def test_rows_end_as_the_log_does(rows, events, faults, chunk, live_mode) -> None:  # type: ignore[no-untyped-def]
    asyncio.run(_play(rows, events, faults, chunk, live_mode))


async def _play(rows, events, faults, chunk, live_mode) -> None:  # type: ignore[no-untyped-def]
    electric = Electric()
    electric.chunk = chunk
    database = Database(electric)
    await database.transaction(rows)
    states = [database.expected()]
    unreliable = Unreliable(electric, faults)
    with pytest.MonkeyPatch.context() as patch:
        for module in (backoff, stream):
            patch.setattr(module, "pause", _no_pause)
        # Nothing but the faults themselves may end it.
        patch.setattr(stream, "REFETCH_LIMIT", 100)
        async with Server(unreliable.play) as server:
            followed = _Followed(server.url, live_mode)
            await followed.start()
            try:
                for what, steps in events:
                    if what == "write":
                        await database.transaction(steps)
                        states.append(database.expected())
                    elif what == "begin anew":
                        await database.begin_anew()
                    elif what == "client goes on":
                        await followed.go_on()
                    elif what == "client starts from nothing":
                        await followed.start()
                    else:
                        await followed.look(states)
                await followed.reach(database.expected())
            finally:
                await followed.stop()


async def _no_pause(seconds: float) -> None:
    await asyncio.sleep(0)


class _Followed:
    """Rows that may be stopped and go on."""

    def __init__(self, url: str, live_mode: str) -> None:
        self._url = url
        self._live_mode = live_mode
        self._rows: Rows | None = None

    async def start(self) -> None:
        await self._begin(None, None, None)

    async def go_on(self) -> None:
        assert self._rows is not None
        await self.stop()
        await self._begin(self._rows.handle, self._rows.offset, dict(self._rows))

    async def _begin(
        self, handle: str | None, offset: str | None, rows: dict[Key, Row] | None
    ) -> None:
        await self.stop()
        stream = ShapeStream(
            self._url,
            live_mode=self._live_mode,
            handle=handle,
            offset=offset,  # type: ignore[arg-type]
        )
        self._rows = Rows(stream, rows)
        await self._rows.__aenter__()

    async def look(self, states: list[dict[str, dict[str, str]]]) -> None:
        """Whatever is shown is what the table held after some transaction."""
        assert self._rows is not None
        async with asyncio.timeout(20):
            await self._rows.wait_until_current()
        assert self._rows in states

    async def reach(self, expected: dict[str, dict[str, str]]) -> None:
        assert self._rows is not None
        with self._rows.subscribe() as differences:
            async with asyncio.timeout(20):
                await self._rows.wait_until_current()
                while self._rows != expected:
                    await anext(differences)

    async def stop(self) -> None:
        if self._rows is not None:
            await self._rows.__aexit__(None, None, None)
