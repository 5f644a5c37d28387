"""Sign-ins: who is behind a cookie, and in which tenant they work.

Each sign-in is a row of ours, a :class:`~electric_sync.models.UserSession`, beside Django's own
session. Ours says whose it is and where they work, so that a query can read that together with
access and rows; Django's says that the cookie is worth something. Both have to be there: a session
that Django has forgotten, by whatever road, is nobody's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from importlib import import_module
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import transaction
from django.db.models import DateTimeField, Func, OuterRef, QuerySet, Subquery, TextField
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from electric_sync.models import UserSession

SIGNED_OUT_MARK = "electric_sync_signed_out"
"""The cookie of a browser that was signed out while it could not reach us."""
LATE = timedelta(minutes=5)
"""How much later Django's session may end than what we know of it, at most."""


def hash_key(session_key: str) -> str:
    """What is stored of a session key: who reads the table cannot sign in with it."""
    return hashlib.sha256(session_key.encode()).hexdigest()


def open_session(session_key: str) -> UserSession | None:
    """The session behind a cookie, if it has not ended, expired or lost its user.

    Read in the current transaction. ``expires_at`` is the earlier of ours and Django's.
    """
    return open_sessions([session_key]).get(session_key)


def open_sessions(session_keys: Iterable[str]) -> dict[str, UserSession]:
    """Those of many cookies, in one query."""
    keys = {hash_key(key): key for key in session_keys}
    found = _open(UserSession.objects.filter(key_hash__in=list(keys)))
    return {keys[session.key_hash]: session for session in found}


def open_sessions_by_id(ids: Iterable[UUID]) -> dict[UUID, UserSession]:
    """The same ones later, when a key may be another: Django gives a new one now and then."""
    return {session.pk: session for session in _open(UserSession.objects.filter(pk__in=list(ids)))}


def _open(found: QuerySet[UserSession]) -> Iterator[UserSession]:
    found = found.select_related("user").filter(ended_at=None)
    stored = stored_sessions()
    if stored is not None:
        there = stored._default_manager.alias(hash=HashedKey("session_key")).filter(
            hash=OuterRef("key_hash")
        )
        until = Subquery(there.values("expire_date"), output_field=DateTimeField())
        found = found.annotate(until=until).filter(until__isnull=False)
    now = timezone.now()
    for session in found.order_by():
        session.expires_at = min(session.expires_at, getattr(session, "until", session.expires_at))
        if session.user.is_active and session.expires_at > now and _has_password(session):
            yield session


class HashedKey(Func):
    """:func:`hash_key` in SQL, of what an index can be made."""

    template = r"encode(sha256(replace(%(expressions)s, '\', '\\')::bytea), 'hex')"
    output_field = TextField()


def auth_hash(user: AbstractBaseUser) -> str:
    """Changes with the password, so that a new one ends the sessions of the old."""
    return user.get_session_auth_hash()


def _has_password(session: UserSession) -> bool:
    """Whether the password is still the one that was signed in with, by any of our secrets."""
    user = session.user
    hashes = [auth_hash(user), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(session.auth_hash, each) for each in hashes)


@cache
def stored_sessions() -> type[AbstractBaseSession] | None:
    """The model of Django's sessions; None if they are not kept in the database."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    return store.get_model_class() if issubclass(store, DatabaseSessions) else None


# ------------------------------------------------------------------ requests


def session_of(request: HttpRequest) -> UserSession | None:
    """The request's session row, read in the current transaction."""
    key = key_of(request)
    return open_session(key) if key else None


def key_of(request: HttpRequest) -> str | None:
    """The key of the request's session, if somebody has signed in with it."""
    # The key alone is only what the cookie says; Django's session may have been deleted.
    return request.session.session_key if SESSION_KEY in request.session else None


def switch_tenant(request: HttpRequest, tenant: str) -> None:
    """Make ``tenant`` the session's active one. Whether that is allowed, ``Access.load`` says.

    Raises:
        UserSession.DoesNotExist: nobody is signed in.
    """
    session = session_of(request)
    if session is None:
        raise UserSession.DoesNotExist("Nobody is signed in.")
    UserSession.objects.filter(pk=session.pk).update(tenant=tenant)


# ------------------------------------------------------------------- sign-in


def begin(request: HttpRequest, user: Any, tenant: str) -> None:
    """Write the row of a sign-in that has just happened.

    Who signs in over another session, their own or somebody else's, ends that. Django leaves the
    key of whoever signs in again as the same person: a copy of the cookie, of a sign-in that was
    ended for it, would be worth something again.
    """
    before = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if not request.session.session_key:
        request.session.save()
    elif request.session.session_key == before:
        request.session.cycle_key()
    key = request.session.session_key
    if key is None:
        raise RuntimeError("electric_sync needs sessions that the server keeps.")
    if before and before != key:
        end(before)
    UserSession.objects.update_or_create(
        key_hash=hash_key(key),
        defaults={
            "user": user,
            "auth_hash": auth_hash(user),
            "tenant": tenant,
            "user_agent": request.headers.get("user-agent", "")[:300],
            "expires_at": request.session.get_expiry_date(),
            "ended_at": None,
        },
    )


def end(session_key: str) -> None:
    """End the sign-in behind a cookie."""
    UserSession.objects.filter(key_hash=hash_key(session_key), ended_at=None).update(
        ended_at=timezone.now()
    )


def sign_out(session_key: str) -> None:
    """End the sign-in behind a cookie, and Django's session with it."""
    end(session_key)
    import_module(settings.SESSION_ENGINE).SessionStore(session_key).delete()


@contextmanager
def followed(request: HttpRequest) -> Iterator[None]:
    """A transaction in which the session may get another key, and stays the same sign-in.

    For a change of one's own password: ``with followed(request): user.save();
    update_session_auth_hash(request, user)``. Others' sign-ins end, this one goes on, and none
    of its pages sees the moment between.
    """
    before = request.session.session_key
    with transaction.atomic():
        yield
        follow(request, before)


def follow(request: HttpRequest, before: str | None) -> None:
    """Keep the sign-in's row in step with Django's session, whose key was ``before``.

    Django gives it another key when the password or the secret is another one, and a later end
    whenever it is saved.
    """
    session = request.session
    is_saved = session.modified or settings.SESSION_SAVE_EVERY_REQUEST
    key = key_of(request) if session.accessed or is_saved else None
    if key is None or before is None:
        return
    ours = UserSession.objects.filter(key_hash=hash_key(before), ended_at=None)
    until = session.get_expiry_date()
    if key != before:
        ours.filter(user_id=session[SESSION_KEY]).update(
            key_hash=hash_key(key), auth_hash=session[HASH_SESSION_KEY], expires_at=until
        )
    elif is_saved:
        late = min(LATE, timedelta(seconds=session.get_expiry_age()) / 20)
        ours.exclude(expires_at__range=(until - late, until)).update(expires_at=until)
