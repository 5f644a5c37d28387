"""How a person is shown without a picture: initials on one of six colours."""

from __future__ import annotations

from uuid import UUID
from zlib import crc32

COLOURS = 6
"""`data-person` 1 to 6. Two people may share one: initials tell them apart."""


def initials(name: str) -> str:
    """Return the first letters of the first and the last word: "Mira Lindqvist" is ML."""
    words = [word for word in name.split() if word[0].isalnum()] or ["?"]
    return "".join(word[0] for word in dict.fromkeys([words[0], words[-1]])).upper()


def colour(key: UUID | str) -> int:
    """Return the number of a person's colour, the same everywhere."""
    return crc32(UUID(str(key)).bytes) % COLOURS + 1
