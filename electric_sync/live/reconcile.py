"""The one answer to a change of access: what stays, what goes, what is to be shown anew.

Whoever holds something that was shown to somebody (a live socket its subscriptions, a browser
its page) asks :func:`reconcile` what becomes of it under the access of now. It decides from
values alone and reads nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from electric_sync.access import Viewer
from electric_sync.live import tokens
from electric_sync.live.audience import Audience
from electric_sync.live.views import LiveView, Params, live_views
from electric_sync.registry import UnknownName
from electric_sync.shapes import BadParameters

logger = logging.getLogger(__name__)

K = TypeVar("K")


class Refused(Exception):
    """What a token names is not given out; the argument is the reason that the browser gets."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a token names: a live view with its parameters, in the viewer's tenant."""

    view: LiveView
    params: Params


@dataclass(frozen=True, slots=True)
class Reconciled(Generic[K]):
    """``keep`` stays as it is, ``drop`` may not be seen, ``change`` is shown to another audience.

    Who held something without being shown it is told so by ``change``, if it may be seen now.
    """

    keep: frozenset[K]
    drop: frozenset[K]
    change: Mapping[K, Audience]


def named(viewer: Viewer, text: str) -> Named:
    """What a token of this viewer's names. Whether they may see it, is another question.

    Raises:
        Refused: it was tampered with, is somebody else's, or of a session that has ended.
    """
    try:
        token = tokens.load(text)
        view = live_views.get(token.view)
        params = view.clean(token.params)
    except (tokens.BadToken, BadParameters) as error:
        raise Refused("malformed") from error
    except UnknownName as error:
        raise Refused("unknown") from error
    if token.session != str(viewer.session_id) or token.tenant != viewer.access.tenant:
        raise Refused("expired")
    return Named(view, params)


def reconcile(viewer: Viewer, held: Mapping[K, tuple[Named, Audience | None]]) -> Reconciled[K]:
    """``held``: what was named, and the audience that it is shown to; None: it is not shown."""
    keep, drop, change = set(), set(), {}
    for key, (what, before) in held.items():
        audience = _audience(viewer, what)
        if audience is None:
            drop.add(key)
        elif audience == before:
            keep.add(key)
        else:
            change[key] = audience
    return Reconciled(frozenset(keep), frozenset(drop), change)


def _audience(viewer: Viewer, what: Named) -> Audience | None:
    try:
        return what.view.admit(viewer.access, what.params)
    except Exception:  # a project's declaration may raise anything; in doubt nobody sees it
        logger.exception("%s does not say to whom it may be shown.", what.view.name)
        return None
