"""Who may see what: the project's access, loaded from the database, and the fence.

A project declares one :class:`Access` class. It is always loaded whole, in one snapshot, for
a *session* (a sign-in) and its active tenant. :func:`load_viewer` does that in the current
transaction, so that session, access and rows can be read in one snapshot.

The fence
    A cached access that was loaded in snapshot S0 is valid in a later snapshot S unless S sees
    a row of the access log whose transaction S0 did not see. :func:`outdated` asks that, for
    any number of cached ones at once. Time running out counts as a change, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, ClassVar, Self
from uuid import UUID

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.module_loading import import_string

from electric_sync import conf
from electric_sync.models import UserSession
from electric_sync.values import Snapshot

LOG_KEPT = timedelta(hours=1)
"""How long rows of the access log are kept."""
TRUSTED_FOR = timedelta(minutes=30)
"""How long a cached access counts without having been loaded again; under ``LOG_KEPT``."""


@dataclass(frozen=True)
class Raises:
    """Changes of this model's rows change somebody's access.

    ``users`` and ``tenant`` are the columns that say whose; None means everybody's, and all
    tenants'. With ``columns`` an update counts only if it changes one of them.
    """

    model: type[models.Model]
    users: str | None
    tenant: str | None = "tenant"
    columns: Sequence[str] = ()


@dataclass(frozen=True)
class Access:
    """What a user may do in a tenant. Subclass it, frozen, with your own hashable fields."""

    user_id: Any
    tenant: str
    role: str

    raised_by: ClassVar[Sequence[Raises]] = ()
    """The tables that :meth:`load` reads: their triggers are installed by ``migrate``."""

    @classmethod
    def load(cls, user: Any, tenant: str) -> Self | None:
        """Read it in the current transaction; None refuses.

        ``tenant`` is the text of the active tenant's key as PostgreSQL writes it, or empty when
        there is none.
        """
        raise NotImplementedError

    @classmethod
    def default_tenant(cls, user: Any) -> str | None:
        """The tenant that a new sign-in starts in; None: none."""
        return None


@dataclass(frozen=True)
class Viewer:
    """A session and its access, as one snapshot had them."""

    session_id: UUID
    key_hash: str
    user_id: Any
    access: Access
    valid_until: datetime


@dataclass(slots=True, eq=False)
class HeldAccess:
    """A viewer that a process keeps, and the snapshot in which it was last known to be true."""

    viewer: Viewer
    snapshot: Snapshot
    loaded_at: datetime


@cache
def provider() -> type[Access]:
    """The project's access class."""
    found = import_string(conf.access_path())
    if not (isinstance(found, type) and issubclass(found, Access)):
        raise TypeError(f"{conf.access_path()} is no subclass of electric_sync.access.Access.")
    return found


def hash_key(session_key: str) -> str:
    """What is stored of a session key: who reads the table cannot sign in with it."""
    return hashlib.sha256(session_key.encode()).hexdigest()


def load_viewer(session_key_hash: str) -> Viewer | None:
    """Session and access, read in the current transaction. None: signed out, ended or refused."""
    session = open_session(session_key_hash)
    if session is None:
        return None
    tenant = _canonical(session.tenant)
    access = None if tenant is None else provider().load(session.user, tenant)
    if access is None:
        return None
    return Viewer(
        session_id=session.pk,
        key_hash=session_key_hash,
        user_id=session.user_id,
        access=access,
        valid_until=session.expires_at,
    )


def open_session(session_key_hash: str) -> UserSession | None:
    """The session behind a cookie, if it has not ended, expired or lost its user."""
    session = (
        UserSession.objects.select_related("user")
        .filter(key_hash=session_key_hash, ended_at=None, expires_at__gt=timezone.now())
        .first()
    )
    if session is None or not session.user.is_active:
        return None
    if not constant_time_compare(session.auth_hash, auth_hash(session.user)):
        return None
    return session


def auth_hash(user: AbstractBaseUser) -> str:
    """Changes with the password, so that a new one ends the sessions of the old."""
    return user.get_session_auth_hash()


def _canonical(tenant: str) -> str | None:
    """The key as PostgreSQL writes it, so that it equals what the log says; None: no key at all.

    Somebody may have switched to ``07`` or to a UUID in capitals.
    """
    field = _tenant_key()
    if field is None or not tenant:
        return tenant
    try:
        return str(field.to_python(tenant))
    except ValidationError:
        return None


@cache
def _tenant_key() -> models.Field[Any, Any] | None:
    for raises in provider().raised_by:
        for field in raises.model._meta.concrete_fields:
            if raises.tenant is not None and raises.tenant in (field.name, field.attname):
                while isinstance(field, models.ForeignKey):
                    field = field.target_field
                return field
    return None


def outdated(held: Collection[HeldAccess], snapshot: Snapshot) -> list[HeldAccess]:
    """Those whose access is another one in the current transaction, which reads ``snapshot``.

    Everybody else's is valid in ``snapshot``; the caller may write that down.
    """
    if not held:
        return []
    now = timezone.now()
    lowest = min(each.snapshot.xmin for each in held)
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT tenant, "user", xid FROM electric_sync_accesslog WHERE xid >= %s', [lowest]
        )
        raised = cursor.fetchall()
    suspects = [
        each
        for each in held
        if each.viewer.valid_until <= now
        or each.loaded_at < now - TRUSTED_FOR
        # Another thread may have looked in a later snapshot, when it was given back already.
        or not snapshot.sees_all_of(each.snapshot)
        or any(_concerns(row, each) for row in raised)
    ]
    changed = []
    for each in suspects:
        viewer = load_viewer(each.viewer.key_hash)
        if viewer == each.viewer:
            each.loaded_at = now
        else:
            changed.append(each)
    return changed


def _concerns(row: tuple[str | None, str | None, int], held: HeldAccess) -> bool:
    tenant, user, xid = row
    return (
        (user is None or user == str(held.viewer.user_id))
        and (tenant is None or tenant == held.viewer.access.tenant)
        and not held.snapshot.sees(xid)
    )


# ------------------------------------------------------------------ requests


def session_of(request: HttpRequest) -> UserSession | None:
    """The request's session row, read in the current transaction."""
    key = _key_of(request)
    return open_session(hash_key(key)) if key else None


def viewer_of(request: HttpRequest) -> Viewer | None:
    """The request's session and access, read in the current transaction."""
    key = _key_of(request)
    return load_viewer(hash_key(key)) if key else None


def _key_of(request: HttpRequest) -> str | None:
    # The key alone is only what the cookie says; Django's session may have been deleted.
    return request.session.session_key if SESSION_KEY in request.session else None


def access_of(request: HttpRequest) -> Access | None:
    """The request's access, read in the current transaction. None: refuse."""
    viewer = viewer_of(request)
    return viewer.access if viewer else None


def switch_tenant(request: HttpRequest, tenant: str) -> None:
    """Make ``tenant`` the session's active one. Whether that is allowed, :meth:`Access.load` says.

    Raises:
        UserSession.DoesNotExist: nobody is signed in.
    """
    session = session_of(request)
    if session is None:
        raise UserSession.DoesNotExist("Nobody is signed in.")
    session.tenant = tenant
    session.save(update_fields=["tenant"])


# ------------------------------------------------------------------- sign-in


def begin_session(sender: object, request: HttpRequest, user: Any, **kwargs: object) -> None:
    """On ``user_logged_in``: write the session's row.

    Who signs in over somebody else's session ends that; Django says nothing of it.
    """
    if not request.session.session_key:
        request.session.save()
    key = request.session.session_key
    if key is None:
        raise RuntimeError("electric_sync needs sessions that the server keeps.")
    before = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if before and before != key:
        _end(before)
    UserSession.objects.update_or_create(
        key_hash=hash_key(key),
        defaults={
            "user": user,
            "auth_hash": auth_hash(user),
            "tenant": provider().default_tenant(user) or "",
            "user_agent": request.headers.get("user-agent", "")[:300],
            "expires_at": request.session.get_expiry_date(),
            "ended_at": None,
        },
    )


def end_session(sender: object, request: HttpRequest, user: Any, **kwargs: object) -> None:
    """On ``user_logged_out``: end the session's row."""
    key = request.session.session_key
    if key:
        _end(key)


def _end(key: str) -> None:
    UserSession.objects.filter(key_hash=hash_key(key), ended_at=None).update(
        ended_at=timezone.now()
    )


def raised_by() -> Sequence[Raises]:
    """Every table that access is computed from: the project's, and the sessions."""
    return (
        *provider().raised_by,
        Raises(
            UserSession,
            users="user_id",
            tenant=None,
            columns=["key_hash", "user_id", "auth_hash", "tenant", "expires_at", "ended_at"],
        ),
    )
