"""What may be wrong with a request, or with the moment; each message says what to do."""

from __future__ import annotations


class RequestRefused(Exception):
    """The request cannot be served as it is: ``errors`` says what is wrong with which parameter."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class ClauseRefused(Exception):
    """A where clause or an order that PostgreSQL, or we, do not take; says why and where."""


class ShapeUnavailable(Exception):
    """It would work at another time: try again after ``retry_after`` seconds."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ShapeEnded(Exception):
    """The shape's log has ended: the client starts anew."""
