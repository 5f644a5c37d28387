"""A shape's rows, kept as the database has them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from electric_sync.client.errors import BadAnswer, ElectricError
from electric_sync.client.messages import (
    Change,
    Key,
    Moved,
    MustRefetch,
    Operation,
    Row,
    UpToDate,
)
from electric_sync.client.progress import NOW
from electric_sync.client.stream import ShapeStream

logger = logging.getLogger("electric_sync.client")


@dataclass(frozen=True, slots=True)
class Difference:
    """What is other than before, by key; ``deleted`` holds the rows as they were."""

    inserted: Mapping[Key, Row]
    updated: Mapping[Key, Row]
    deleted: Mapping[Key, Row]


class Rows(Mapping[Key, Row]):
    """The rows of a stream, by key: a read-only mapping, and an async context manager.

    While it is entered, a task of its own reads the stream. What is shown goes from one
    consistent whole to the next, never half a transaction; when the shape begins anew, the old
    rows stay until the new ones are complete. A row that somebody holds never changes: there is
    a new one instead.

    If the stream ends with an error, rows stay as they are, ``error`` has it, and whoever waits
    gets it raised.
    """

    def __init__(self, stream: ShapeStream, rows: Mapping[Key, Row] | None = None) -> None:
        """Keep the rows of a stream that nobody else reads; it is closed with this.

        A stream that goes on from the ``handle`` and ``offset`` of other Rows needs their
        ``rows``, too.

        Raises:
            ValueError: the stream goes on from a handle, and the rows up to there are missing.
        """
        if stream.handle is not None and rows is None:
            raise ValueError(
                "This stream goes on where another one was; give the rows that were kept there, "
                "or begin without handle and offset."
            )
        self.stream = stream
        self.error: BaseException | None = None
        self._rows: dict[Key, Row] = dict(rows or {})
        self._place = (stream.handle, stream.offset)
        # Whether an update must be of a row that came before.
        self._has_all = stream.shape.log == "full" and stream.offset != NOW
        # What has come since the last whole: a row, or None for one that is gone.
        self._pending: dict[Key, Row | None] = {}
        self._is_anew = False
        self._is_current = False
        self._is_settled = asyncio.Event()
        self._subscriptions: set[Subscription] = set()
        self._task: asyncio.Task[None] | None = None

    # ── the rows

    def __getitem__(self, key: Key) -> Row:
        return self._rows[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        return f"<Rows: {len(self)} of {self.stream!r}>"

    @property
    def is_current(self) -> bool:
        """Whether these are all rows as of the service's last word.

        Not before everything has been read once, and not while a shape that began anew is read.
        Whether the service can be reached right now, ``stream.state`` says.
        """
        return self._is_current

    @property
    def handle(self) -> str | None:
        """With ``offset``, where a stream goes on from exactly these rows.

        The stream's own may be further on, in the middle of a transaction.
        """
        return self._place[0]

    @property
    def offset(self) -> str:
        """See ``handle``."""
        return self._place[1]

    async def wait_until_current(self) -> None:
        """Wait until all rows are there.

        Raises:
            ElectricError: they will not come.
            RuntimeError: this was left before they came.
        """
        await self._is_settled.wait()
        if self.error is not None:
            raise self.error
        if not self._is_current:
            raise RuntimeError("The rows are not followed any more.")

    def subscribe(self) -> Subscription:
        """Hear of every difference from now on."""
        subscription = Subscription(self)
        if self._task is not None and self._task.done():
            subscription.end()
        self._subscriptions.add(subscription)
        return subscription

    # ── reading the stream

    async def __aenter__(self) -> Self:
        await self.stream.__aenter__()
        self._task = asyncio.create_task(self._read(), name=repr(self.stream))
        self._task.add_done_callback(self._end)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self.stream.aclose()

    async def _read(self) -> None:
        async for message in self.stream:
            match message:
                case Change():
                    self._note(message)
                case UpToDate():
                    self._show()
                case MustRefetch():
                    self._begin_anew()
                case Moved():
                    raise BadAnswer(
                        "This shape has a subquery in its where clause. Rows cannot follow "
                        "those; read the stream's messages."
                    )

    def _end(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            trace = None if isinstance(error, ElectricError) else error
            logger.error("%r is not followed any more: %s", self.stream, error, exc_info=trace)
            self.error = error
        self._is_settled.set()
        for subscription in tuple(self._subscriptions):
            subscription.end()

    def _begin_anew(self) -> None:
        self._pending = {}
        self._is_anew = True
        self._is_current = False
        self._is_settled.clear()

    def _note(self, change: Change) -> None:
        if change.operation is Operation.INSERT:
            self._pending[change.key] = change.value
        elif change.operation is Operation.DELETE:
            self._pending[change.key] = None
        elif (before := self._noted(change.key)) is not None:
            self._pending[change.key] = {**before, **change.value}
        elif self._has_all:
            # An update of a row that never came: something is lost, and half a row is no row.
            logger.warning("%r lost a row, and begins anew.", self.stream)
            self.stream.restart()

    def _noted(self, key: Key) -> Row | None:
        """The row as it will be shown next."""
        if key in self._pending:
            return self._pending[key]
        return None if self._is_anew else self._rows.get(key)

    def _show(self) -> None:
        """All that came belongs together now. Nobody sees anything in between: no await here."""
        pending, self._pending = self._pending, {}
        before = self._rows
        if self._is_anew:
            self._is_anew = False
            self._rows = {key: row for key, row in pending.items() if row is not None}
            was = {key: before.get(key) for key in before.keys() | self._rows.keys()}
        else:
            was = {key: before.get(key) for key in pending}
            for key, row in pending.items():
                if row is None:
                    before.pop(key, None)
                else:
                    before[key] = row
        self._place = (self.stream.handle, self.stream.offset)
        for subscription in self._subscriptions:
            subscription.note(was)
        self._is_current = True
        self._is_settled.set()


class Subscription:
    """Differences, one after another: a context manager, and an async iterator.

    Whoever takes them slower than rows change gets several as one. They end with the rows.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._was: dict[Key, Row | None] = {}
        self._is_awake = asyncio.Event()
        self._has_ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hear no more."""
        self._rows._subscriptions.discard(self)
        self.end()

    def note(self, was: Mapping[Key, Row | None]) -> None:
        """These rows may be others now; ``was`` has them as they were."""
        for key, row in was.items():
            self._was.setdefault(key, row)
        self._is_awake.set()

    def end(self) -> None:
        """There will be nothing more to note."""
        self._has_ended = True
        self._is_awake.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Difference:
        """The next difference, from what was taken before to what is now.

        Raises:
            ElectricError: the rows are not followed any more.
        """
        while (difference := self._take()) is None:
            if self._has_ended:
                if self._rows.error is not None:
                    raise self._rows.error
                raise StopAsyncIteration
            self._is_awake.clear()
            await self._is_awake.wait()
        return difference

    def _take(self) -> Difference | None:
        inserted: dict[Key, Row] = {}
        updated: dict[Key, Row] = {}
        deleted: dict[Key, Row] = {}
        for key, before in self._was.items():
            now = self._rows.get(key)
            if now is None:
                if before is not None:
                    deleted[key] = before
            elif before is None:
                inserted[key] = now
            elif now != before:
                updated[key] = now
        self._was = {}
        if not (inserted or updated or deleted):
            return None
        return Difference(inserted, updated, deleted)
