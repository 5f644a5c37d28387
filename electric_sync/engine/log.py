"""The log of one shape: what readers get, by offset.

Two files. The first holds the snapshot, cut into chunks of ``CHUNK`` bytes; the second the
changes, transaction by transaction. Both hold messages as lines: JSON, a comma, a line feed. A
piece of a file is an answer's body but for its brackets.

Changes are appended first and published as a whole, so that a transaction is seen entirely or
not at all. Only three numbers a piece are kept in memory.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from electric_sync.engine.errors import ShapeEnded
from electric_sync.values import AFTER_SNAPSHOT, BEFORE_ALL, Offset

CHUNK = 10 * 1024 * 1024
"""Bytes after which an answer ends."""
PIECE = 256 * 1024
"""Bytes that are read, or kept before they are written, at a time."""
RECENT = 32 * 1024
"""Bytes of the newest changes that are kept in memory: most readers ask for those."""
SEPARATOR = b",\n"
"""What ends a message in the files."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes after an offset: a piece of a file, where it leads, and whether it is all."""

    log: ShapeLog
    path: Path
    start: int
    end: int
    offset: Offset
    up_to_date: bool
    first: bytes = b""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing but the news that nothing is new."""
        return self.start == self.end and not self.first

    def pieces(self) -> Iterator[bytes]:
        """The messages, each with its separator.

        Raises:
            ShapeEnded: with the first piece; what has begun comes whole.
        """
        if self.first:
            yield self.first
        if self.start == self.end:
            return
        recent = self.log.recent(self.path, self.start, self.end)
        if recent is not None:
            yield recent
            return
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            raise ShapeEnded from None
        with file:
            file.seek(self.start)
            left = self.end - self.start
            while left:
                piece = file.read(min(PIECE, left))
                if not piece:
                    raise EOFError(f"{self.path} is shorter than it was")
                left -= len(piece)
                yield piece


class ShapeLog:
    """The files of one shape. ``close`` removes them."""

    def __init__(self, folder: Path, handle: str) -> None:
        self._snapshot = folder / f"{handle}.snapshot"
        self._changes = folder / f"{handle}.changes"
        self._chunks = [0]  # where chunks of the snapshot begin, and where it ends at last
        self._written = 0
        self.is_written = False
        self.is_begun = False
        """Whether what came while the snapshot was taken has been added."""
        # The pieces of the changes: position, last operation, end in the file.
        self._lsns = array("Q")
        self._operations = array("Q")
        self._ends = array("Q")
        self._published = 0  # how many of them readers may see
        self._breaks = array("Q")  # where answers end, because they are large enough
        self._waiting: list[bytes] = []
        self._waiting_size = 0
        self._appended = 0
        self._recent = b""

    # ── writing ──────────────────────────────────────────────────────────

    def write_snapshot(self, data: bytes) -> bool:
        """Add lines to the snapshot; whether another chunk is complete."""
        with self._snapshot.open("ab") as file:
            file.write(data)
        self._written += len(data)
        if self._written - self._chunks[-1] < CHUNK:
            return False
        self._chunks.append(self._written)
        return True

    def end_snapshot(self, data: bytes) -> None:
        """Add the last line."""
        self.write_snapshot(data)
        if self._chunks[-1] != self._written:
            self._chunks.append(self._written)
        self.is_written = True

    def append(self, lsn: int, operation: int, data: bytes) -> None:
        """Add messages up to an operation of a transaction; nobody sees them yet."""
        self._waiting.append(data)
        self._waiting_size += len(data)
        self._appended += len(data)
        self._lsns.append(lsn)
        self._operations.append(operation)
        self._ends.append(self._appended)
        if self._appended - (self._breaks[-1] if self._breaks else 0) >= CHUNK:
            self._breaks.append(self._appended)
        if self._waiting_size >= PIECE:
            self._flush()

    def publish(self) -> None:
        """Let readers see what was appended."""
        self._flush()
        self._published = len(self._ends)

    def _flush(self) -> None:
        if not self._waiting:
            return
        data = b"".join(self._waiting)
        self._waiting.clear()
        self._waiting_size = 0
        with self._changes.open("ab") as file:
            file.write(data)
        self._recent = (self._recent + data)[-RECENT:]

    def close(self) -> None:
        """Remove the files; answers that are being read keep theirs open."""
        self._snapshot.unlink(missing_ok=True)
        self._changes.unlink(missing_ok=True)

    # ── reading ──────────────────────────────────────────────────────────

    @property
    def size(self) -> int:
        """Bytes on disk and in memory."""
        return self._written + self._appended + 24 * len(self._ends) + RECENT

    @property
    def complete(self) -> bool:
        """Whether the changes can be read."""
        return self.is_written and self.is_begun

    @property
    def end(self) -> Offset:
        """The offset behind everything that can be read."""
        if not self._published:
            return AFTER_SNAPSHOT
        last = self._published - 1
        return Offset(self._lsns[last], self._operations[last])

    def after(self, offset: Offset) -> Answer | None:
        """What comes after ``offset``; ``None``: it is being written."""
        if offset == BEFORE_ALL:
            return self._chunk(0)
        if offset.lsn == 0 and offset < AFTER_SNAPSHOT:
            following = offset.operation + 1
            if following < len(self._chunks) - 1 or not self.is_written:
                return self._chunk(following)
            offset = AFTER_SNAPSHOT
        return self._changes_after(offset) if self.complete else None

    def recent(self, path: Path, start: int, end: int) -> bytes | None:
        """A part of the changes, if it is in memory."""
        first = self._appended - self._waiting_size - len(self._recent)
        if path != self._changes or start < first or end > first + len(self._recent):
            return None
        return self._recent[start - first : end - first]

    def _chunk(self, number: int) -> Answer | None:
        if number >= len(self._chunks) - 1:
            return None
        start, end = self._chunks[number : number + 2]
        return Answer(self, self._snapshot, start, end, Offset(0, number), up_to_date=False)

    def _changes_after(self, offset: Offset) -> Answer:
        published = self._published
        first = bisect_left(self._lsns, max(offset.lsn, 0), 0, published)
        # Pieces of one transaction: the first whose last operation is behind the offset.
        last_of_lsn = (
            bisect_right(self._lsns, offset.lsn, first, published) if offset.lsn else first
        )
        first = bisect_right(
            self._operations, min(offset.operation, (1 << 64) - 1), first, last_of_lsn
        )
        start = self._ends[first - 1] if first else 0
        end = self._ends[published - 1] if published else 0
        beginning = b""
        if first < published and self._lsns[first] == offset.lsn:
            beginning = self._behind(offset.operation, start, self._ends[first])
            if beginning is not None:
                start = self._ends[first]
        place = bisect_right(self._breaks, start)
        if place < len(self._breaks) and self._breaks[place] < end:
            end = self._breaks[place]
        if start == end and not beginning:
            return Answer(
                self, self._changes, start, end, max(offset, AFTER_SNAPSHOT), up_to_date=True
            )
        at = bisect_left(self._ends, end, 0, published)
        return Answer(
            self,
            self._changes,
            start,
            end,
            Offset(self._lsns[at], self._operations[at]),
            up_to_date=end == self._ends[published - 1],
            first=beginning,
        )

    def _behind(self, operation: int, start: int, end: int) -> bytes:
        """The messages of a piece behind an operation."""
        with self._changes.open("rb") as file:
            file.seek(start)
            lines = file.read(end - start).split(SEPARATOR)[:-1]
        kept = [line for line in lines if json.loads(line)["headers"]["op_position"] > operation]
        return b"".join(line + SEPARATOR for line in kept)
