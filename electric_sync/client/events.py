"""Server-sent events: bytes as they arrive → the data of whole events."""

from __future__ import annotations

from electric_sync.client.errors import BadAnswer

LARGEST_EVENT = 256 * 1024 * 1024
"""Bytes; a single row is a single event."""


class EventReader:
    """Cuts the stream into events. Bytes may come in any portions; text is never cut in two.

    Comments (keep-alives) and fields other than ``data`` are left out. What is not ended by an
    empty line is no event, so whatever a cut connection left unfinished is never seen. Lines end
    with a line feed, with or without a carriage return.
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self._searched = 0
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, portion: bytes) -> list[bytes]:
        """The data of the events that are whole now.

        Raises:
            BadAnswer: an event is larger than anything can be.
        """
        self._rest += portion
        if self._size + len(self._rest) > LARGEST_EVENT:
            raise BadAnswer(f"The service sent an event of more than {LARGEST_EVENT} bytes.")
        events: list[bytes] = []
        start = 0
        while (end := self._rest.find(b"\n", max(start, self._searched))) >= 0:
            self._line(bytes(self._rest[start:end]).removesuffix(b"\r"), events)
            start = end + 1
        del self._rest[:start]
        self._searched = len(self._rest)
        return events

    def _line(self, line: bytes, events: list[bytes]) -> None:
        if not line:
            if self._data:
                events.append(b"\n".join(self._data))
            self._data, self._size = [], 0
            return
        field, _, value = line.partition(b":")
        if field.removeprefix(b"\xef\xbb\xbf") == b"data":
            self._data.append(value.removeprefix(b" "))
            self._size += len(value)
