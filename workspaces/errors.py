"""What actions refuse, and how it is said: pages and the API answer with the same sentences."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar


class ActionError(Exception):
    """Something was refused, and nothing was changed. The text is for the person who asked."""

    status: ClassVar[int]
    """The HTTP status that pages and the API answer with."""
    title: ClassVar[str]
    """The kind of refusal, in a word or two."""


class NotSignedIn(ActionError):
    """Nobody is signed in, or the sign-in has ended."""

    status = 401
    title = "Not signed in"

    def __init__(self, detail: str = "Sign in first.") -> None:
        super().__init__(detail)


class NotFound(ActionError):
    """There is no such thing for this person. What they may not see is not there for them."""

    status = 404
    title = "Not found"

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no such {what}.")


class Forbidden(ActionError):
    """They may see it, but not do this. The text says why."""

    status = 403
    title = "Not allowed"


class NoAccess(Forbidden):
    """They are signed in, and nothing in the company that they have open."""

    title = "No access"

    def __init__(self) -> None:
        super().__init__("You have no access here any more. Ask an owner or admin of the company.")


class Invalid(ActionError):
    """What was sent does not fit: a sentence for each field, or for each cell by column id."""

    status = 422
    title = "Not valid"

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


class CellConflict(ActionError):
    """Cells hold another value than the one that was read before editing. Nothing was written."""

    status = 409
    title = "Changed meanwhile"

    def __init__(
        self,
        stored: Mapping[str, Any],
        wanted: Mapping[str, Any],
        was: Mapping[str, Any],
        changes: Mapping[str, tuple[str, datetime]],
    ) -> None:
        super().__init__("Somebody changed this meanwhile. Choose which value stays.")
        self.stored = dict(stored)
        self.wanted = dict(wanted)
        self.was = dict(was)
        self.changes = dict(changes)  # who stored it and when, where that is known

    @property
    def conflicts(self) -> list[dict[str, Any]]:
        """One entry a cell, for JSON."""
        return [
            {
                "column": column,
                "stored": stored,
                "wanted": self.wanted.get(column),
                "was": self.was.get(column),
                "by": by,
                "at": at,
            }
            for column, stored in self.stored.items()
            for by, at in [self.changes.get(column, (None, None))]
        ]
