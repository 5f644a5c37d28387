"""Names and other short texts that people give."""

from __future__ import annotations


def one_line(given: object) -> str:
    """What can be shown of a text, blanks run together.

    Left out is what PostgreSQL cannot store (NUL, halves of surrogate pairs) and what would make a
    name look like another one: invisible characters, and those that turn the direction of writing.
    """
    return " ".join("".join(c for c in str(given) if c.isprintable() or c.isspace()).split())
