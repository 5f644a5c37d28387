"""What was sent to one socket and not acknowledged: a bound, not a queue.

Frames are sent at once while a browser keeps up. Over the bound nothing more is sent; the
lists that would have got a frame are refreshed when it has caught up. So a slow reader costs
the server a few numbers and one later refresh.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

MAX_FRAMES = 256
MAX_BYTES = 2 * 1024 * 1024


class Outbox:
    """Numbers frames and counts those on their way."""

    __slots__ = ("_bytes", "_sent", "_seq")

    def __init__(self) -> None:
        self._seq = 0
        self._sent: deque[tuple[int, int]] = deque()
        self._bytes = 0

    @property
    def full(self) -> bool:
        """Whether the browser is too far behind."""
        return len(self._sent) >= MAX_FRAMES or self._bytes >= MAX_BYTES

    @property
    def calm(self) -> bool:
        """Whether it has caught up enough for what was left out."""
        return len(self._sent) < MAX_FRAMES // 2 and self._bytes < MAX_BYTES // 2

    def number(self, size: int) -> int:
        """The number of a frame of ``size`` characters that is sent now."""
        self._seq += 1
        self._sent.append((self._seq, size))
        self._bytes += size
        return self._seq

    def acknowledge(self, seq: int) -> None:
        """Everything up to ``seq`` is on the page."""
        while self._sent and self._sent[0][0] <= seq:
            self._bytes -= self._sent.popleft()[1]

    def withdraw(self, numbers: Collection[int]) -> None:
        """Frames with these numbers are not sent after all."""
        kept = deque(each for each in self._sent if each[0] not in numbers)
        self._bytes -= sum(size for _, size in self._sent) - sum(size for _, size in kept)
        self._sent = kept
