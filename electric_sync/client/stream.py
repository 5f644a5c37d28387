"""A shape's messages, one after another, whatever happens on the way."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from types import TracebackType
from typing import Any, Literal, Self

import httpx

from electric_sync.client.backoff import Backoff, pause
from electric_sync.client.errors import BadAnswer, ElectricError, Refused, Stuck, Unavailable
from electric_sync.client.messages import (
    Change,
    Message,
    MustRefetch,
    ReadRow,
    UpToDate,
    read_message,
)
from electric_sync.client.parsers import Parse, row_reader
from electric_sync.client.progress import BEGINNING, NOW, Progress
from electric_sync.client.service import Answer, Events, Headers, Service
from electric_sync.client.shape import Parameters, Shape
from electric_sync.client.subset import Subset, read_subset, subset_body

logger = logging.getLogger("electric_sync.client")

STALE_LIMIT = 3
"""Answers of a cache that are older than what is known already, one after another."""
REFETCH_LIMIT = 10
"""Times that a shape may begin anew without being complete once."""
CALM_SECONDS = 60.0
"""A shape that did not begin anew for so long may do it once without waiting."""
HASTY_SECONDS = 1.0
"""A live answer without news takes 20 seconds, and events a minute. What ends sooner is no
waiting: without a pause, the client would ask without end."""
EVENTS_LIMIT = 3
"""Event streams that failed, one after another, before long-polling takes over."""
EVENTS_ANSWER_SECONDS = 10.0
"""Events begin at once. A proxy that collects the whole answer would keep us waiting."""
EVENTS_BATCH = 10_000
"""Events that are kept back, at most, for the message that says that they are complete."""
TURN = 1_000
"""Messages taken without waiting before other tasks get a turn."""


class State(Enum):
    """Where a stream is."""

    NEW = "new"
    SYNCING = "syncing"
    """Reading what is there already."""
    LIVE = "live"
    """Everything was read; waiting for changes."""
    WAITING = "waiting"
    """The service cannot be reached; ``fault`` says why. It is asked again soon."""
    FAILED = "failed"
    """Ended by an error, which was raised and is the ``fault``."""
    CLOSED = "closed"


class ShapeStream:
    """Follows a shape: an async context manager, and an async iterator of messages.

    ``handle`` and ``offset`` say where to go on after the messages that were taken so far. Stored
    together and given to another stream, it continues there. They are exact after an
    ``UpToDate``; in between they may lag behind, so that some messages would come again.

    Taking a message may be cancelled (``asyncio.timeout``): nothing is lost. A stream has one
    reader.
    """

    def __init__(
        self,
        url: str,
        *,
        table: str | None = None,
        where: str | None = None,
        params: Parameters = (),
        columns: Sequence[str] | None = None,
        replica: Literal["default", "full"] = "default",
        log: Literal["full", "changes_only"] = "full",
        handle: str | None = None,
        offset: str | None = None,
        live_mode: Literal["long-poll", "sse"] | None = "long-poll",
        parsers: Mapping[str, Parse] | None = None,
        headers: Headers | None = None,
        secret: str | None = None,
        client: httpx.AsyncClient | None = None,
        timeout: float = 60.0,
        patience: float | None = None,
        backoff: tuple[float, float] = (0.2, 30.0),
        on_state: Callable[[State], None] | None = None,
    ) -> None:
        """Ask for a shape at ``url``, the whole address: ``http://localhost:3000/v1/shape``.

        ``table`` to ``log`` say which rows: see ``Shape``. ``offset`` is where to begin: the
        beginning, ``"now"`` (only what changes from now on), or with ``handle`` where another
        stream was. ``live_mode`` None ends the iteration when everything has been read once.

        ``parsers`` make Python's values of text, by PostgreSQL's type: see ``parsers.PYTHON``.
        ``secret`` is the service's own; it is in no message, no log and no ``repr``. ``headers``
        may be a function, to renew a token. A given ``client`` is used and not closed.

        ``timeout`` is how many seconds a connection may be silent; the service's long-poll takes
        20. ``patience`` is for how many seconds the service may be unavailable before that is
        raised; None is for ever. ``backoff`` are the shortest and the longest wait between two
        attempts. ``on_state`` is called with each new state.

        Raises:
            ValueError: the parameters do not go together.
        """
        if not _is_whole_address(url):
            raise ValueError("The url is a whole address: http://localhost:3000/v1/shape")
        start = BEGINNING if offset is None else offset
        if (start in (BEGINNING, NOW)) is not (handle is None):
            raise ValueError("A handle and the offset that was read with it go together.")
        self.shape = Shape(table, where, params, columns, replica, log)
        self.state = State.NEW
        self.fault: ElectricError | None = None
        self._on_state = on_state
        self._wanted = self.shape.query()
        self._owns_client = client is None
        self._client = client or httpx.AsyncClient()
        self._service = Service(
            url, client=self._client, secret=secret, headers=headers, silence=timeout
        )
        self._parsers = parsers or {}
        self._read_row: ReadRow = row_reader({}, self._parsers)
        self._follows = live_mode is not None
        self._uses_events = live_mode == "sse"
        self._listening: _Listening | None = None
        # Where the next request begins, what has come before it, and where that begins.
        self._progress = Progress(handle, start)
        self._ready: deque[Message] = deque()
        self._taken = (handle, start)
        self._is_read = False
        self._in_a_row = 0
        self._is_to_restart = False
        # What has gone wrong lately, and how often.
        self._patience = patience
        self._waits = backoff
        self._backoff = Backoff(*backoff)
        self._unanswered_since: float | None = None
        self._stale = 0
        self._refetches = 0
        self._refetched_at = -math.inf
        self._refetch_backoff = Backoff(*backoff)
        self._haste = Backoff(*backoff)
        self._failed_events = 0

    def __repr__(self) -> str:
        table = f" of {self.shape.table}" if self.shape.table else ""
        return f"<ShapeStream{table} at {self._service}: {self.state.value}>"

    @property
    def handle(self) -> str | None:
        """The shape's name at the service; None before the first answer was taken."""
        return self._taken[0]

    @property
    def offset(self) -> str:
        """How far the shape's log was taken."""
        return self._taken[1]

    # ── reading

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Hang up. Another task that is reading must have been cancelled before."""
        await self._hang_up()
        if self._owns_client:
            await self._client.aclose()
        if self.state is not State.FAILED:
            self._be(State.CLOSED)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        """The next message; waits for it as long as it takes.

        Raises:
            Refused, BadAnswer, Stuck, Unavailable: there will be no more messages.
        """
        if self._is_read:
            raise RuntimeError("A stream has one reader. Give each task a stream of its own.")
        self._is_read = True
        try:
            while not self._ready:
                if self._has_ended():
                    raise StopAsyncIteration
                await self._attempt()
            return await self._take()
        except ElectricError as error:
            self.fault = error
            await self._hang_up()
            self._be(State.FAILED)
            raise
        finally:
            self._is_read = False

    def restart(self) -> None:
        """Begin anew with the next message, whatever the service thinks: a ``MustRefetch``."""
        self._ready.clear()
        self._is_to_restart = True

    async def subset(
        self,
        where: str | None = None,
        *,
        params: Parameters = (),
        order_by: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> Subset:
        """Some of the shape's rows as they are now. The messages go on beside it.

        For shapes with ``log="changes_only"``: those that are wanted, when they are wanted.
        ``limit`` and ``offset`` need an ``order_by``. Any task may ask, at any time.

        Raises:
            Refused, BadAnswer, Unavailable: as for messages.
        """
        body = subset_body(where, params, order_by, limit, offset)
        query = self._wanted | {"offset": NOW}
        backoff, since = Backoff(*self._waits), time.monotonic()
        while True:
            try:
                answer = await self._service.ask(query, body=body)
                if answer.is_conflict:
                    raise Unavailable(f"The shape at {self._service} began anew meanwhile.")
            except Unavailable as fault:
                if self._patience is not None and time.monotonic() - since >= self._patience:
                    raise
                await pause(backoff.next(at_least=fault.retry_after))
            else:
                return read_subset(answer.body, self._reader(answer.headers) or self._read_row)

    def _has_ended(self) -> bool:
        if self.state is State.FAILED and self.fault is not None:
            raise self.fault
        has_read_all = self._progress.is_complete and not self._is_to_restart
        return self.state is State.CLOSED or (has_read_all and not self._follows)

    async def _take(self) -> Message:
        self._in_a_row += 1
        if self._in_a_row % TURN == 0:
            await asyncio.sleep(0)
        message = self._ready.popleft()
        if isinstance(message, UpToDate):
            self._refetches = 0
        if not self._ready:
            self._taken = (self._progress.handle, self._progress.offset)
        return message

    # ── one attempt to get on

    async def _attempt(self) -> None:
        """Ask once. Afterwards there are messages, or a reason to ask again."""
        self._in_a_row = 0
        try:
            if self._is_to_restart:
                await self._refetch(None)
            elif self._listening is not None:
                await self._listen(self._listening)
            elif self._progress.is_complete and self._uses_events and self.fault is None:
                await self._open_events()
            else:
                await self._ask()
        except Unavailable as fault:
            await self._wait_out(fault)
        except Refused as refusal:
            # The log is shorter than what we know of it. To have lost something costs a refetch.
            if "offset" not in refusal.errors or self._progress.is_at_start:
                raise
            await self._refetch(None)

    async def _ask(self) -> None:
        # After a failure the first answer is to come at once, not when there is news.
        is_live = self._progress.is_complete and self.fault is None
        if self.fault is None:
            self._be(State.LIVE if is_live else State.SYNCING)
        asked_at = time.monotonic()
        answer = await self._service.ask(self._wanted | self._progress.query(live=is_live))
        await self._accept(answer, is_live=is_live, seconds=time.monotonic() - asked_at)

    async def _accept(self, answer: Answer, *, is_live: bool, seconds: float) -> None:
        """Take over what a whole answer says."""
        self._hear()
        if answer.is_conflict:
            await self._refetch(answer.headers.get("electric-handle"))
            return
        objection = self._progress.objection(answer.headers)
        if objection is None:
            self._read_row = self._reader(answer.headers) or self._read_row
            messages = self._messages(answer.body)
            if answer.status == httpx.codes.NO_CONTENT:
                messages.append(UpToDate())
            offset = answer.headers["electric-offset"]
            if offset != self._progress.offset or _says_something(messages):
                await self._go_on(messages, answer, is_live=is_live, seconds=seconds)
                return
            objection = "brought nothing, and did not say that there is nothing"
        await self._ask_past_caches(objection)

    async def _go_on(
        self, messages: list[Message], answer: Answer, *, is_live: bool, seconds: float
    ) -> None:
        self._take_over(answer.headers)
        has_news = self._progress.advance(answer.headers["electric-offset"])
        if is_live or has_news:
            self._backoff.reset()  # not before: asking may work where waiting does not
        self._deliver(messages)
        if is_live and not has_news and seconds < HASTY_SECONDS:
            await self._slow_down()
        else:
            self._haste.reset()

    def _take_over(self, headers: httpx.Headers) -> None:
        self._progress.take_over(headers)
        self._stale = 0

    def _reader(self, headers: httpx.Headers) -> ReadRow | None:
        """What makes rows of this answer's, if it tells their schema."""
        if (schema := headers.get("electric-schema")) is None:
            return None
        try:
            return row_reader(json.loads(schema), self._parsers)
        except (ValueError, AttributeError) as error:
            raise BadAnswer(f"{self._service} sent an electric-schema of no form.") from error

    def _messages(self, items: Any) -> list[Message]:
        if not isinstance(items, list):
            raise BadAnswer(f"{self._service} answered with something that is no list.")
        read = (read_message(item, self._read_row) for item in items)
        return [message for message in read if message is not None]

    def _deliver(self, messages: list[Message]) -> None:
        """Have messages taken; they lead to where the next request begins."""
        if any(isinstance(each, MustRefetch) for each in messages):
            self.restart()
            return
        self._ready.extend(messages)
        if not messages:
            self._taken = (self._progress.handle, self._progress.offset)
            return
        self._progress.is_complete = isinstance(messages[-1], UpToDate)
        if self._progress.is_complete:
            self._be(State.LIVE)

    # ── server-sent events

    async def _open_events(self) -> None:
        self._be(State.LIVE)
        since = time.monotonic()
        query = self._wanted | self._progress.query(live=True) | {"live_sse": "true"}
        try:
            async with asyncio.timeout(EVENTS_ANSWER_SECONDS):
                answer = await self._service.listen(query)
        except TimeoutError:
            self._count_failed_events()
            raise Unavailable(f"{self._service} does not begin to send events.") from None
        except Unavailable:
            # It may be for events only that it is not available.
            self._count_failed_events()
            raise
        if isinstance(answer, Answer):
            if not answer.is_conflict:
                self._stop_using_events("it has no events")
            await self._accept(answer, is_live=True, seconds=time.monotonic() - since)
            return
        self._hear()
        self._listening = _Listening(answer, since)
        if objection := self._progress.objection(answer.headers):
            await self._hang_up()
            await self._ask_past_caches(objection)
        else:
            self._take_over(answer.headers)

    async def _listen(self, listening: _Listening) -> None:
        """Read the open event stream, up to the next complete whole."""
        try:
            batch = await self._next_batch(listening)
        except Unavailable:
            self._listening = None
            self._count_failed_events()
            raise
        except BaseException:
            self._listening = None  # cancelled, maybe; it has hung up
            raise
        if batch is not None:
            self._take_batch(batch, listening)
            return
        await self._hang_up()
        if time.monotonic() - listening.since >= HASTY_SECONDS:
            self._failed_events = 0
            self._backoff.reset()
        elif not listening.has_news:
            self._count_failed_events()
            await self._slow_down()

    async def _next_batch(self, listening: _Listening) -> list[Message] | None:
        while (batch := listening.batch()) is None:
            items = await listening.events.next()
            if items is None:
                return None
            listening.messages.extend(self._messages(items))
        return batch

    def _take_batch(self, batch: list[Message], listening: _Listening) -> None:
        # Events tell no offset. The last change's own place is one, and the service accepts it.
        places = (each.offset for each in reversed(batch) if isinstance(each, Change))
        offset = next(filter(None, places), None)
        if offset is not None and self._progress.advance(offset):
            listening.has_news = True
            self._failed_events = 0
            self._backoff.reset()
            self._haste.reset()
        self._deliver(batch)

    def _count_failed_events(self) -> None:
        self._failed_events += 1
        if self._failed_events >= EVENTS_LIMIT:
            self._stop_using_events("its event streams end too early, or a proxy holds them back")

    def _stop_using_events(self, why: str) -> None:
        logger.warning("%s is asked by long-polling from now on: %s.", self._service, why)
        self._uses_events = False

    async def _hang_up(self) -> None:
        if self._listening is not None:
            listening, self._listening = self._listening, None
            await listening.events.close()

    # ── when it does not go smoothly

    def _hear(self) -> None:
        """There was an answer."""
        self._unanswered_since = None
        if self.fault is not None:
            logger.info("%s answers again.", self._service)
            self.fault = None
            self._be(State.LIVE if self._progress.is_complete else State.SYNCING)

    async def _wait_out(self, fault: Unavailable) -> None:
        """Wait before the next attempt, or give up."""
        now = time.monotonic()
        if self._unanswered_since is None:
            self._unanswered_since = now
        if self._patience is not None and now - self._unanswered_since >= self._patience:
            raise fault
        seconds = self._backoff.next(at_least=fault.retry_after)
        # That it fails is news; that it goes on failing is not.
        level = logging.WARNING if self.fault is None else logging.DEBUG
        logger.log(level, "%s It is asked again in %.1f s.", fault, seconds)
        self.fault = fault
        self._be(State.WAITING)
        await pause(seconds)

    async def _refetch(self, proposed: str | None) -> None:
        """Begin anew, with the shape that the service proposes if it does."""
        await self._hang_up()
        self._is_to_restart = False
        self._refetches += 1
        if self._refetches > REFETCH_LIMIT:
            raise Stuck(
                f"The shape at {self._service} began anew {REFETCH_LIMIT} times and was never "
                "complete. Either its table is altered all the time, or a cache on the way "
                "repeats an old answer: it must tell all parameters apart, handle and offset "
                "above all."
            )
        logger.info("The shape at %s begins anew.", self._service)
        self._progress.begin_anew(proposed)
        if self._refetches > 1:
            self._progress.ask_past_caches()
        self._read_row = row_reader({}, self._parsers)
        self._ready.append(MustRefetch())
        self._be(State.SYNCING)
        now = time.monotonic()
        is_first = now - self._refetched_at > CALM_SECONDS
        self._refetched_at = now
        if is_first:
            self._refetch_backoff.reset()
        seconds = self._refetch_backoff.next()
        if not is_first:
            await pause(seconds)

    async def _ask_past_caches(self, why: str) -> None:
        """An answer comes from a cache between us and the service, and is an old one."""
        self._stale += 1
        if self._stale > STALE_LIMIT:
            raise Stuck(
                f"An answer of {self._service} {why}, and asking {STALE_LIMIT} times more did "
                "not help. A cache on the way repeats old answers: it must tell all parameters "
                "apart, handle, offset and cache-buster above all."
            )
        logger.warning("An answer of %s %s; it is asked again past caches.", self._service, why)
        self._progress.ask_past_caches()
        await pause(self._backoff.next())

    async def _slow_down(self) -> None:
        """No news, and no waiting for news: something answers in the service's place."""
        if not self._haste.is_fresh:
            self._progress.ask_past_caches()
        await pause(self._haste.next())

    def _be(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            if self._on_state is not None:
                self._on_state(state)


def _is_whole_address(url: str) -> bool:
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return parts.scheme in ("http", "https") and bool(parts.host)


def _says_something(messages: list[Message]) -> bool:
    return any(isinstance(message, UpToDate | MustRefetch) for message in messages)


class _Listening:
    """An open event stream, with what has come of the whole that it is sending."""

    def __init__(self, events: Events, since: float) -> None:
        self.events = events
        self.since = since
        self.messages: list[Message] = []
        self.has_news = False

    def batch(self) -> list[Message] | None:
        """What may be handed on: up to an up-to-date, or everything if it is very much."""
        for place, message in enumerate(self.messages, 1):
            if isinstance(message, UpToDate | MustRefetch):
                batch, self.messages = self.messages[:place], self.messages[place:]
                return batch
        if len(self.messages) < EVENTS_BATCH:
            return None
        batch, self.messages = self.messages, []
        return batch
