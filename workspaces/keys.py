"""Keys as people and programs give them."""

from __future__ import annotations

from uuid import UUID


def uuid_of(given: object) -> UUID | None:
    """The key that something is or says; None: it is none."""
    if isinstance(given, UUID):
        return given
    try:
        return UUID(str(given))
    except ValueError:
        return None
