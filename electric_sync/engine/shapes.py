"""All shapes that are served: made on demand, fed by one stream, bounded.

A shape is registered before its snapshot is taken, so that no transaction falls between them;
what arrives meanwhile is kept and applied unless the snapshot sees it. A commit can be in the
stream before a snapshot sees it: a snapshot that does not see what was applied before the shape
was registered is taken again.

Transactions are applied in order, some at a time, by one task. The index says which shapes a
row can be in; PostgreSQL says so for all others, in one query for all that is at hand.

Whatever may have been missed ends the shapes it concerns, and clients fetch them anew.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import shutil
import time
import zlib
from collections import defaultdict, deque
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psycopg

from electric_sync.engine.catalog import Member, Table, describe
from electric_sync.engine.connections import Connections
from electric_sync.engine.engine import Engine
from electric_sync.engine.errors import (
    ClauseRefused,
    RequestRefused,
    ShapeEnded,
    ShapeUnavailable,
)
from electric_sync.engine.identifiers import parse_columns, parse_table
from electric_sync.engine.index import Index, NoSuchColumn
from electric_sync.engine.log import ShapeLog
from electric_sync.engine.publication import TableBusy, TableRefused
from electric_sync.engine.residual import evaluate
from electric_sync.engine.shape import Shape
from electric_sync.engine.snapshot import rows_sql, take
from electric_sync.engine.where import EVERYTHING, Clause, accept
from electric_sync.values import (
    LSN,
    Relation,
    Row,
    RowChange,
    ShapeQuery,
    Snapshot,
    TableName,
    Transaction,
)

T = TypeVar("T")

logger = logging.getLogger(__name__)

MAX_BYTES = 2 * 1024**3
"""What all logs together may take on disk, unless the settings say otherwise."""
SHAPES_MAX = 10_000
"""Shapes that are served at once; the least recently used ones go first."""
ASKED_MAX = 5 * SHAPES_MAX
"""Wordings of requests that are remembered."""
AWAY_SECONDS = 5.0
"""How long a request waits for PostgreSQL to come back."""
CHECK_SECONDS = 1.0
"""How often it is looked whether tables are still as they were, and whether there is room."""
ROUND = 2_000
"""Row changes that are decided together."""
WAITING_BYTES = 64 * 1024 * 1024
"""Roughly what may wait to be applied before the stream is read no further."""
AGAIN_SECONDS = 0.01
"""How long to wait before a snapshot is taken again."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A shape in the client's words."""

    table: str
    where: str = ""
    params: tuple[tuple[int, str], ...] = ()
    columns: str = ""
    full: bool = False
    changes_only: bool = False


@dataclass(frozen=True, slots=True)
class _Begin:
    """A snapshot is there: apply what was kept for it."""

    shape: Shape
    snapshot: Snapshot


class Shapes:
    """The shapes of one database. Lives in one event loop; ``engine`` is set before use."""

    def __init__(self, conninfo: str, folder: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self.lsn = 0
        """How far the stream has been applied."""
        self._folder = folder
        self._max_bytes = max_bytes
        self._requests = Connections(
            conninfo, size=4, name="shape-requests", options="-c statement_timeout=30s"
        )
        self._snapshots = Connections(conninfo, size=4, name="shape-snapshots")
        self._evaluation = Connections(
            conninfo, size=1, name="shape-clauses", options="-c statement_timeout=30s"
        )
        self._engine: Engine | None = None
        self._asked: dict[Asked, Shape] = {}
        self._making: dict[Asked, asyncio.Task[Shape]] = {}
        self._by_query: dict[ShapeQuery, Shape] = {}
        self._by_handle: dict[str, Shape] = {}
        self._indexes: dict[TableName, Index[Shape]] = {}
        self._following: dict[int, asyncio.Task[None]] = {}
        self._waiting: deque[Transaction | _Begin] = deque()
        self._waiting_size = 0
        self._arrived = asyncio.Event()
        self._is_open = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._altered_by: set[int] = set()
        self._recent: dict[int, frozenset[TableName]] = {}
        self._last_stamp = 0
        self._tasks: set[asyncio.Task[None]] = set()

    # ── life ─────────────────────────────────────────────────────────────

    def start(self, engine: Engine) -> None:
        """Begin to apply what the engine tells, from now on."""
        self._engine = engine
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        for work, name in ((self._apply_forever(), "apply"), (self._check_forever(), "check")):
            self._keep(asyncio.create_task(work, name=f"shapes-{name}"))
        engine.start()

    async def stop(self) -> None:
        """End everything; the files are removed."""
        tasks = [*self._tasks, *self._making.values(), *self._following.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self._end_all()
        for connections in (self._requests, self._snapshots, self._evaluation):
            connections.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def is_active(self) -> bool:
        """Whether the stream is open."""
        return self._is_open.is_set()

    # ── what the engine tells ────────────────────────────────────────────

    @property
    def tables(self) -> Iterable[TableName]:
        """The tables whose changes must be in the stream."""
        return self._indexes.keys()

    def opened(self, lsn: LSN) -> None:
        """Another stream: what was between is not known."""
        self._end_all()
        self._recent.clear()
        self._altered_by.clear()
        self.lsn = lsn
        self._is_open.set()

    def closed(self) -> None:
        """Nothing is known any more, until another stream is open."""
        self._is_open.clear()
        self._end_all()

    def missed(self, tables: frozenset[TableName]) -> None:
        """Their shapes may lack something."""
        for table in tables:
            for shape in self._indexes.get(table, ()):
                self._end(shape)

    def received(self, transaction: Transaction) -> None:
        """To be applied in its turn."""
        self._put(transaction)

    async def room(self) -> None:
        """Wait until less waits to be applied."""
        await self._has_room.wait()

    def _put(self, item: Transaction | _Begin) -> None:
        self._waiting.append(item)
        self._waiting_size += _weight(item)
        if self._waiting_size > WAITING_BYTES:
            self._has_room.clear()
        self._arrived.set()

    # ── finding and making shapes ────────────────────────────────────────

    async def get(self, asked: Asked) -> Shape:
        """The shape that was asked for, made if there is none.

        Raises:
            RequestRefused: it cannot be served.
            ShapeUnavailable: not now.
        """
        await self._open()
        shape = self._asked.get(asked)
        if shape is not None and not shape.is_ended:
            return shape
        making = self._making.get(asked)
        if making is None:
            making = asyncio.create_task(self._make(asked), name="shape")
            self._making[asked] = making
            making.add_done_callback(lambda task: self._made(asked, task))
        # Shielded: others may wait for the same shape.
        return await asyncio.shield(making)

    def _made(self, asked: Asked, task: asyncio.Task[Shape]) -> None:
        self._making.pop(asked, None)
        if not task.cancelled():
            task.exception()  # whoever asked is told, unless all have gone

    async def read(self, work: Callable[[psycopg.Connection], T]) -> T:
        """Do some reading with a connection.

        Raises:
            ShapeUnavailable: PostgreSQL is away.
        """
        try:
            return await self._requests.run(work)
        except psycopg.OperationalError as error:
            raise _away() from error

    def find(self, handle: str) -> Shape | None:
        """A shape by its handle."""
        return self._by_handle.get(handle)

    async def known(self, asked: Asked) -> Shape | None:
        """The shape that was asked for, if it is there.

        Raises:
            RequestRefused: it cannot be served.
        """
        query, _, _ = await self.read(lambda connection: resolve(connection, asked))
        return self._by_query.get(query)

    def delete(self, shape: Shape) -> None:
        """End a shape: the next request makes another."""
        self._end(shape)

    async def _open(self) -> None:
        if not self._is_open.is_set():
            try:
                async with asyncio.timeout(AWAY_SECONDS):
                    await self._is_open.wait()
            except TimeoutError:
                raise _away() from None

    async def _make(self, asked: Asked) -> Shape:
        query, table, clause = await self.read(lambda connection: resolve(connection, asked))
        shape = self._by_query.get(query)
        if shape is None or shape.is_ended:
            await self._follow(table)
            shape = self._by_query.get(query)  # somebody else may have been faster
        if shape is None or shape.is_ended:
            shape = self._register(query, self._shared(table), clause)
            self._keep(asyncio.create_task(self._take_snapshot(shape), name="snapshot"))
        if len(self._asked) > ASKED_MAX:
            self._asked.clear()  # there are many ways to write one thing
        self._asked[asked] = shape
        return shape

    async def _follow(self, table: Table) -> None:
        """Take the table in, once for all who want it."""
        if all(map(self._is_followed, table.members)):
            return
        task = self._following.get(table.oid)
        if task is None:
            assert self._engine is not None, "start() comes first"  # noqa: S101
            task = asyncio.create_task(self._engine.follow(table.member_names), name="take in")
            self._following[table.oid] = task
            task.add_done_callback(lambda _: self._following.pop(table.oid, None))
        try:
            await asyncio.shield(task)
        except TableBusy as error:
            raise ShapeUnavailable(str(error), retry_after=10) from error
        except TableRefused as error:
            raise RequestRefused("table", str(error)) from error
        except psycopg.OperationalError as error:
            raise _away() from error

    def _is_followed(self, member: Member) -> bool:
        """Not by its name alone: the table may have been created again."""
        return any(member in shape.table.members for shape in self._indexes.get(member.name, ()))

    def _shared(self, table: Table) -> Table:
        """One object for equal descriptions: shapes are grouped by it."""
        for member in table.members[:1]:
            for shape in self._indexes.get(member.name, ()):
                if shape.table == table:
                    return shape.table
        return table

    def _register(self, query: ShapeQuery, table: Table, clause: Clause) -> Shape:
        self._last_stamp = max(self._last_stamp + 1, time.time_ns() // 1000)
        handle = f"{zlib.crc32(repr(query).encode())}-{self._last_stamp}"
        shape = Shape(handle, query, table, clause, ShapeLog(self._folder, handle), self.lsn)
        self._by_query[query] = shape
        self._by_handle[handle] = shape
        for name in table.member_names:
            index = self._indexes.setdefault(name, Index())
            index.add(shape, clause.columns, clause.keys)
        return shape

    def _end(self, shape: Shape) -> None:
        if shape.is_ended:
            return
        shape.end()
        self._by_handle.pop(shape.handle, None)
        if self._by_query.get(shape.query) is shape:
            del self._by_query[shape.query]
        for name in shape.table.member_names:
            index = self._indexes[name]
            index.remove(shape, shape.clause.columns, shape.clause.keys)
            if not index:
                del self._indexes[name]

    def _end_all(self) -> None:
        for shape in list(self._by_handle.values()):
            self._end(shape)

    # ── snapshots ────────────────────────────────────────────────────────

    async def _take_snapshot(self, shape: Shape) -> None:
        try:
            await self._snapshots.run(_SnapshotWork(shape, self._begin))
        except ShapeEnded:
            self._end(shape)
        except psycopg.OperationalError as error:
            logger.warning("The snapshot of %s was lost: %s", shape.table.name, error)
            self._fail(shape, _away())
        except RequestRefused as error:
            self._fail(shape, error)
        except psycopg.Error as error:
            message = error.diag.message_primary or str(error)
            self._fail(shape, RequestRefused("where", f"{message}."))
        else:
            shape.tell()
            if shape.is_ended:
                shape.log.close()  # what was written meanwhile

    def _fail(self, shape: Shape, failure: Exception) -> None:
        shape.failure = failure
        self._end(shape)

    async def _begin(self, shape: Shape, snapshot: Snapshot) -> bool:
        """Whether the snapshot will do: it must see what was applied before the shape was there."""
        if shape.is_ended:
            raise ShapeEnded
        self._recent = {x: t for x, t in self._recent.items() if not snapshot.sees(x)}
        kept = {transaction.xid for transaction in shape.buffered}
        of_table = shape.table.member_names
        unseen = (xid for xid, touched in self._recent.items() if touched & of_table)
        if any(xid not in kept for xid in unseen):
            return False
        self._put(_Begin(shape, snapshot))
        return True

    # ── applying transactions ────────────────────────────────────────────

    async def _apply_forever(self) -> None:
        while True:
            await self._arrived.wait()
            items = self._next()
            try:
                if isinstance(items, _Begin):
                    await self._apply_kept(items)
                elif items:
                    await self._apply(items, None)
            except psycopg.OperationalError as error:
                logger.warning("Clauses could not be evaluated: %s", error)
                self._end_all()
            except Exception:  # a defect of ours must not leave shapes that lack something
                logger.exception("Changes could not be applied.")
                self._end_all()

    def _next(self) -> list[Transaction] | _Begin:
        """What is applied next: one snapshot's beginning, or some transactions."""
        some: list[Transaction] = []
        changes = 0
        while self._waiting:
            item = self._waiting[0]
            if some and (isinstance(item, _Begin) or changes >= ROUND):
                break
            self._waiting.popleft()
            self._waiting_size -= _weight(item)
            if isinstance(item, _Begin):
                return item
            some.append(item)
            changes += len(item.changes)
        if not self._waiting:
            self._arrived.clear()
        if self._waiting_size < WAITING_BYTES // 2:
            self._has_room.set()
        return some

    async def _apply_kept(self, begin: _Begin) -> None:
        shape = begin.shape
        kept, shape.buffered = shape.buffered, []
        shape.snapshot = begin.snapshot
        await self._apply(kept, shape)
        shape.log.is_begun = True
        shape.tell()

    async def _apply(self, transactions: Sequence[Transaction], only: Shape | None) -> None:
        """Write the transactions to the shapes' logs; ``only`` to this one."""
        for transaction in transactions:
            self._prepare(transaction, only)
        touched: set[Shape] = set()
        for some in _batched(_changes(transactions), ROUND):
            decided = await self._decide(some, only)
            for place, (transaction, operation, change) in enumerate(some):
                if change is None:
                    for shape in touched:
                        shape.finish(transaction)
                    touched.clear()
                    if only is None:
                        await self._notice(transaction)
                        self.lsn = transaction.lsn
                    continue
                was_in, is_in = decided[place]
                for shape in was_in | is_in:
                    if self._wants(shape, transaction):
                        old = change.old if shape in was_in else None
                        new = change.new if shape in is_in else None
                        shape.write(change.relation, old, new, transaction, operation)
                        touched.add(shape)

    async def _notice(self, transaction: Transaction) -> None:
        """If it altered a table, end the shapes of the table before anything later is told."""
        if not transaction.messages:
            return
        self._altered_by.add(transaction.xid)
        for _ in range(int(CHECK_SECONDS / AGAIN_SECONDS)):
            await self._check_tables()
            if transaction.xid not in self._altered_by:
                return
            # The stream was faster than the commit's visibility.
            await asyncio.sleep(AGAIN_SECONDS)

    def _prepare(self, transaction: Transaction, only: Shape | None) -> None:
        """Keep it for shapes that have no snapshot yet; end those whose table was emptied."""
        if only is None and transaction.touched:
            self._recent[transaction.xid] = transaction.touched
        indexes = (self._indexes.get(table, ()) for table in transaction.touched)
        for shape in {only} if only else set(itertools.chain(*indexes)):
            if shape.snapshot is None:
                shape.buffered.append(transaction)
            elif shape.table.member_names.intersection(
                transaction.truncated
            ) and not shape.snapshot.sees(transaction.xid):
                self._end(shape)

    def _wants(self, shape: Shape, transaction: Transaction) -> bool:
        return (
            not shape.is_ended
            and shape.snapshot is not None
            and not shape.snapshot.sees(transaction.xid)
        )

    async def _decide(
        self, some: Sequence[_Step], only: Shape | None
    ) -> list[tuple[set[Shape], set[Shape]]]:
        """For each change, the shapes that the row was in, and those that it is in."""
        found: list[tuple[set[Shape], set[Shape]]] = []
        doubtful: dict[tuple[int, int], _Doubt] = {}
        checked: set[int] = set()
        for transaction, _, change in some:
            if change is None:
                found.append((set(), set()))
                continue
            if id(change.relation) not in checked:
                checked.add(id(change.relation))
                self._check_relation(change.relation, transaction)
            pair = self._candidates(change, only)
            found.append(pair)
            for candidates, row in zip(pair, (change.old, change.new), strict=True):
                for shape in [each for each in candidates if not each.clause.exact]:
                    candidates.discard(shape)
                    if row is not None and self._wants(shape, transaction):
                        key = id(shape.table), id(change.relation)
                        doubt = doubtful.setdefault(key, _Doubt(shape.table, change.relation))
                        doubt.add(row, shape, candidates)
        for doubt in doubtful.values():
            answers = await self._evaluation.run(doubt.ask)
            for shape in doubt.settle(answers):
                logger.warning("A clause of %s failed; its shape ends.", shape.table.name)
                self._end(shape)
        return found

    def _candidates(self, change: RowChange, only: Shape | None) -> tuple[set[Shape], set[Shape]]:
        index = self._indexes.get(change.relation.table)
        if index is None:
            return set(), set()
        try:
            was_in, is_in = (
                set(index.find(change.relation, row)) if row is not None else set()
                for row in (change.old, change.new)
            )
        except NoSuchColumn:
            return set(), set()  # the shape that compares it has ended, or will be told of it
        if only is not None:
            return was_in & {only}, is_in & {only}
        return was_in, is_in

    def _check_relation(self, relation: Relation, transaction: Transaction) -> None:
        """End the shapes whose table is not as it was."""
        for shape in self._indexes.get(relation.table, ()):
            if self._wants(shape, transaction) and not shape.fits(relation):
                self._end(shape)

    # ── what is looked at each second ────────────────────────────────────

    async def _check_forever(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            self._asked = {asked: s for asked, s in self._asked.items() if not s.is_ended}
            try:
                self._evict()
                await self._check_tables()
            except psycopg.Error as error:
                logger.warning("The tables cannot be looked at: %s", error)
            except Exception:  # a defect of ours must not end the looking
                logger.exception("The tables could not be looked at.")

    def _evict(self) -> None:
        """Keep the bounds: the least recently used shapes go first."""
        size = sum(shape.log.size for shape in self._by_handle.values())
        surplus = len(self._by_handle) - SHAPES_MAX
        if size <= self._max_bytes and surplus <= 0:
            return
        for shape in sorted(self._by_handle.values(), key=lambda each: each.last_used):
            if size <= self._max_bytes and surplus <= 0:
                break
            size -= shape.log.size
            surplus -= 1
            if shape.log.size > self._max_bytes and not shape.log.is_written:
                self._fail(shape, _too_large(shape.table.name, self._max_bytes))
            else:
                self._end(shape)

    async def _check_tables(self) -> None:
        """End the shapes whose table was altered, also if nothing has been written since."""
        shapes = defaultdict(list)
        for shape in self._by_handle.values():
            shapes[shape.table.name].append(shape)
        names = list(shapes)
        if not names and not self._recent and not self._altered_by:
            return
        snapshot, tables = await self._evaluation.run(lambda c: _look(c, names))
        self._altered_by = {xid for xid in self._altered_by if not snapshot.sees(xid)}
        self._recent = {x: t for x, t in self._recent.items() if not snapshot.sees(x)}
        for name, table in tables.items():
            for shape in shapes[name]:
                if shape.snapshot is None or not snapshot.sees_all_of(shape.snapshot):
                    continue
                if table is None or not table.means_the_same(shape.table, shape.depends_on):
                    self._end(shape)


_Step = tuple[Transaction, int, RowChange | None]
"""A change with its transaction and operation; no change: the transaction is complete."""


class _Doubt:
    """Rows and clauses of one table that PostgreSQL has to decide."""

    def __init__(self, table: Table, relation: Relation) -> None:
        self._table = table
        self._relation = relation
        self._rows: dict[Row, int] = {}
        self._questions: list[tuple[int, Shape, set[Shape]]] = []

    def add(self, row: Row, shape: Shape, matching: set[Shape]) -> None:
        """Add the shape to ``matching`` if its clause takes the row."""
        place = self._rows.setdefault(row, len(self._rows))
        self._questions.append((place, shape, matching))

    def ask(self, connection: psycopg.Connection) -> Mapping[str, list[bool] | psycopg.Error]:
        """PostgreSQL's answers."""
        clauses = list(dict.fromkeys(shape.clause.sql for _, shape, _ in self._questions))
        return evaluate(connection, self._table, self._relation, list(self._rows), clauses)

    def settle(self, answers: Mapping[str, list[bool] | psycopg.Error]) -> set[Shape]:
        """Use the answers; the shapes whose clause failed."""
        failed: set[Shape] = set()
        for place, shape, matching in self._questions:
            answer = answers[shape.clause.sql]
            if isinstance(answer, psycopg.Error):
                failed.add(shape)
            elif answer[place]:
                matching.add(shape)
        return failed


class _SnapshotWork:
    """Writes the snapshot of a shape into its log, in a thread."""

    def __init__(
        self, shape: Shape, begin: Callable[[Shape, Snapshot], Coroutine[None, None, bool]]
    ) -> None:
        self._shape = shape
        self._begin = begin
        self._loop = asyncio.get_running_loop()
        self._snapshot: Snapshot | None = None

    def __call__(self, connection: psycopg.Connection) -> None:
        """Take snapshots until one will do, and write its rows.

        Raises:
            ShapeEnded: nobody needs it any more, or the table is another one by now.
        """
        shape = self._shape
        where = "false" if shape.query.changes_only else shape.clause.sql
        sql = rows_sql(shape.table, shape.columns, where)

        def on_snapshot(snapshot: Snapshot) -> bool:
            if describe(connection, shape.table.name) != shape.table:
                raise ShapeEnded
            self._snapshot = snapshot
            begun = asyncio.run_coroutine_threadsafe(self._begin(shape, snapshot), self._loop)
            return begun.result()

        while not take(connection, sql, on_snapshot=on_snapshot, on_rows=self._write):
            time.sleep(AGAIN_SECONDS)
        if not shape.is_ended and self._snapshot is not None:
            shape.log.end_snapshot(_snapshot_end(self._snapshot))

    def _write(self, rows: bytes) -> None:
        if self._shape.is_ended:
            raise ShapeEnded
        if self._shape.log.write_snapshot(rows):
            self._loop.call_soon_threadsafe(self._shape.tell)


def resolve(connection: psycopg.Connection, asked: Asked) -> tuple[ShapeQuery, Table, Clause]:
    """What was asked for, in PostgreSQL's terms.

    Raises:
        RequestRefused: the table, the columns or the clause cannot be served.
    """
    try:
        name = parse_table(asked.table)
    except ValueError as error:
        raise RequestRefused("table", f"{error}.") from error
    table = describe(connection, name)
    columns = _columns(table, asked.columns)
    try:
        clause = (
            accept(connection, table, asked.where, dict(asked.params))
            if asked.where or asked.params
            else EVERYTHING
        )
    except ClauseRefused as error:
        raise RequestRefused("where", str(error)) from error
    query = ShapeQuery(
        table=name,
        where=asked.where.strip() or None,
        params=asked.params,
        columns=columns,
        full=asked.full,
        changes_only=asked.changes_only,
    )
    return query, table, clause


def _columns(table: Table, text: str) -> tuple[str, ...] | None:
    """The chosen columns in the table's order; ``None``: all."""
    if not text:
        return None
    try:
        chosen = parse_columns(text)
    except ValueError as error:
        raise RequestRefused("columns", f"{error}.") from error
    unknown = [name for name in chosen if name not in table.by_name]
    if unknown:
        raise RequestRefused(
            "columns", f"{table.name} has no columns of these names: {', '.join(unknown)}."
        )
    missing = [name for name in table.key if name not in chosen]
    if missing:
        raise RequestRefused(
            "columns", f"The columns of the primary key are needed, too: {', '.join(missing)}."
        )
    return tuple(name for name in table.by_name if name in chosen)


def _look(
    connection: psycopg.Connection, names: Sequence[TableName]
) -> tuple[Snapshot, dict[TableName, Table | None]]:
    """The tables as they are now; ``None``: gone, or not to be followed any more."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = connection.execute("SELECT pg_current_snapshot()::text").fetchone()
        tables: dict[TableName, Table | None] = {}
        for name in names:
            try:
                tables[name] = describe(connection, name)
            except RequestRefused:
                tables[name] = None
        return Snapshot.parse(row[0] if row else ""), tables


def _changes(transactions: Iterable[Transaction]) -> Iterator[_Step]:
    """Every change of the transactions, and the end of each."""
    for transaction in transactions:
        changes = transaction.spooled if transaction.spooled is not None else transaction.changes
        for place, change in enumerate(changes):
            yield transaction, 2 * place, change
        yield transaction, 0, None


def _batched(steps: Iterator[_Step], size: int) -> Iterator[list[_Step]]:
    while some := list(itertools.islice(steps, size)):
        yield some


def _weight(item: Transaction | _Begin) -> int:
    """Roughly the bytes that it holds in memory."""
    return 200 + 1_000 * len(item.changes) if isinstance(item, Transaction) else 0


def _snapshot_end(snapshot: Snapshot) -> bytes:
    control = {
        "control": "snapshot-end",
        "xmin": str(snapshot.xmin),
        "xmax": str(snapshot.xmax),
        "xip_list": [str(xid) for xid in sorted(snapshot.running)],
    }
    return json.dumps({"headers": control}, separators=(",", ":")).encode() + b",\n"


def _too_large(table: TableName, limit: int) -> RequestRefused:
    return RequestRefused(
        "table",
        f"The rows of {table} take more than the {limit} bytes that all logs may have: ask for"
        " fewer rows or columns, or raise the engine's bound.",
    )


def _away() -> ShapeUnavailable:
    return ShapeUnavailable("PostgreSQL cannot be reached at the moment.", retry_after=5)
