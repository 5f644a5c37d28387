"""Signed tokens: a client names a live view, and cannot define one.

A page gives each of its live views a token that binds session, tenant, view and parameters.
It says nothing about access, which is read again at every subscription, so it has no need to
expire before its session does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core import signing

SALT = "electric_sync.live"


class BadToken(ValueError):
    """Tampered with, or not a token."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a token binds. ``params`` are text."""

    view: str
    session: str
    tenant: str
    params: dict[str, str]


def dump(view: str, session: object, tenant: str, params: dict[str, Any]) -> str:
    """Sign one."""
    values = {name: str(value) for name, value in sorted(params.items())}
    return signing.dumps([view, str(session), tenant, values], salt=SALT)


def load(text: str) -> Token:
    """Read one.

    Raises:
        BadToken: it was not made here.
    """
    try:
        return Token(*signing.loads(text, salt=SALT))
    except (signing.BadSignature, TypeError, ValueError) as error:
        raise BadToken("This is no token of ours.") from error
