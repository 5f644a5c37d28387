"""What can go wrong. No message holds a query string, a header or a secret."""

from __future__ import annotations

from collections.abc import Mapping


class ElectricError(Exception):
    """Whatever a stream may raise."""


class Unavailable(ElectricError):
    """No answer now; there may be one later.

    A stream tries again by itself, and shows this as its ``fault`` meanwhile. It raises it only
    when its ``patience`` is at an end.
    """

    def __init__(self, message: str, *, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds that the service asked to be left alone."""


class Refused(ElectricError):
    """The service will not answer this, however often it is asked.

    ``reason`` is the service's own message and ``errors`` its list by parameter, if it sent one.
    """

    def __init__(
        self, message: str, *, status: int, reason: str, errors: Mapping[str, object]
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.errors = errors


class BadAnswer(ElectricError):
    """Something answered that does not speak Electric's protocol, or a value cannot be parsed."""


class Stuck(ElectricError):
    """The answers go in circles: the shape is renewed without end, or a cache repeats old ones."""
