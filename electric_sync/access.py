"""Who may see what: the project's access, loaded from the database, and the fence.

A project declares one :class:`Access` class. It is always loaded whole, in one snapshot, for
a *session* (a sign-in) and its active tenant. :func:`load_viewer` does that in the current
transaction, so that session, access and rows can be read in one snapshot.

The fence
    A cached access that was true in snapshot S0 is true in a later snapshot S unless S sees a
    row of the access log whose transaction S0 did not see. :func:`read_again` asks that, for any
    number of cached ones at once, and reads those anew of which it is not certain. Time running
    out counts as a change, too.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, ClassVar, Self
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.module_loading import import_string

from electric_sync import conf
from electric_sync.models import UserSession
from electric_sync.sessions import key_of, open_sessions, open_sessions_by_id
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
    def load_all(cls, users: Collection[Any], tenant: str) -> Mapping[Any, Self]:
        """The same for many users at once, by their key; who is refused is left out.

        After a change that concerns hundreds, hundreds are loaded: say here how that is done in
        fewer queries than one by one.
        """
        loaded = {user.pk: cls.load(user, tenant) for user in users}
        return {key: access for key, access in loaded.items() if access is not None}

    @classmethod
    def default_tenant(cls, user: Any) -> str | None:
        """The tenant that a new sign-in starts in; None: none."""
        return None


@dataclass(frozen=True)
class Viewer:
    """A session and its access, as one snapshot had them."""

    session_id: UUID
    user_id: Any
    access: Access
    valid_until: datetime = dataclasses.field(compare=False)


class Reset(Enum):
    """Why somebody sees nothing of what they saw, and not merely something else."""

    SIGNED_OUT = "signed-out"
    """The session ended or expired, the password is another one, the user is locked out."""
    TENANT = "tenant"
    """The session works in another tenant now."""
    NO_ACCESS = "no-access"
    """Signed in, and without access in the tenant."""


@dataclass(frozen=True, slots=True, eq=False)
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


def load_viewer(session_key: str) -> Viewer | None:
    """Session and access, read in the current transaction. None: signed out, ended or refused."""
    found = look_up(session_key)
    return found if isinstance(found, Viewer) else None


def look_up(session_key: str) -> Viewer | Reset:
    """The same, and why there is none."""
    return look_up_all([session_key])[session_key]


def look_up_all(session_keys: Collection[str]) -> dict[str, Viewer | Reset]:
    """The same for many at once."""
    sessions = open_sessions(session_keys)
    viewers = _viewers(sessions.values())
    return {
        key: viewers[sessions[key].pk] if key in sessions else Reset.SIGNED_OUT
        for key in session_keys
    }


def _viewers(sessions: Collection[UserSession]) -> dict[UUID, Viewer | Reset]:
    """By session. Those who work in one tenant are loaded together."""
    together: dict[str, list[UserSession]] = {}
    found: dict[UUID, Viewer | Reset] = {}
    for session in sessions:
        found[session.pk] = Reset.NO_ACCESS
        tenant = _canonical(session.tenant)
        if tenant is not None:
            together.setdefault(tenant, []).append(session)
    for tenant, there in together.items():
        users = {session.user_id: session.user for session in there}
        loaded = provider().load_all(list(users.values()), tenant)
        for session in there:
            access = loaded.get(session.user_id)
            if access is not None:
                found[session.pk] = Viewer(
                    session_id=session.pk,
                    user_id=session.user_id,
                    access=access,
                    valid_until=session.expires_at,
                )
    return found


def data_version(viewer: Viewer) -> str:
    """A name for what somebody may see: equal if and only if user, tenant and access are.

    It says nothing of when or by which sign-in it was read.
    """
    state = _state([viewer.user_id, viewer.access])
    return hashlib.blake2b(repr(state).encode(), digest_size=16).hexdigest()


def _state(value: Any) -> Any:
    """The same text in every process: sets have no order that could be told."""
    if is_dataclass(value):
        return [
            type(value).__qualname__,
            [_state(getattr(value, f.name)) for f in dataclasses.fields(value)],
        ]
    if isinstance(value, frozenset):
        return sorted((_state(each) for each in value), key=repr)
    if isinstance(value, tuple | list):
        return [_state(each) for each in value]
    return None if value is None else str(value)


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


def read_again(
    held: Collection[HeldAccess], snapshot: Snapshot
) -> dict[HeldAccess, HeldAccess | Reset]:
    """What each of them is in the current transaction, which reads ``snapshot``.

    One statement for all whose access stayed as it is; the others are loaded.
    """
    if not held:
        return {}
    now = timezone.now()
    raised = _raised_since(min(each.snapshot.xmin for each in held))
    found: dict[HeldAccess, HeldAccess | Reset] = {}
    doubtful = []
    for each in held:
        is_certain = (
            each.viewer.valid_until > now
            and each.loaded_at >= now - TRUSTED_FOR
            # Another thread may have looked in a later snapshot, when it was given back already.
            and snapshot.sees_all_of(each.snapshot)
            and all(each.snapshot.sees(xid) for xid in _concerning(raised, each.viewer))
        )
        if is_certain:
            found[each] = replace(each, snapshot=snapshot)
        else:
            doubtful.append(each)
    return {**found, **_load_again(doubtful, snapshot, now)}


Raised = Mapping[tuple[str | None, str | None], Sequence[int]]
"""Transactions that changed access, by tenant and user; None: all of them."""


def _raised_since(xmin: int) -> Raised:
    raised: dict[tuple[str | None, str | None], list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT tenant, "user", xid FROM electric_sync_accesslog WHERE xid >= %s', [xmin]
        )
        for tenant, user, xid in cursor.fetchall():
            raised.setdefault((tenant, user), []).append(xid)
    return raised


def _concerning(raised: Raised, viewer: Viewer) -> Iterator[int]:
    for tenant in (viewer.access.tenant, None):
        for user in (str(viewer.user_id), None):
            yield from raised.get((tenant, user), ())


def _load_again(
    held: Collection[HeldAccess], snapshot: Snapshot, now: datetime
) -> dict[HeldAccess, HeldAccess | Reset]:
    sessions = open_sessions_by_id({each.viewer.session_id for each in held}) if held else {}
    viewers = _viewers(sessions.values())
    found: dict[HeldAccess, HeldAccess | Reset] = {}
    for each in held:
        before, session = each.viewer, sessions.get(each.viewer.session_id)
        if session is None or session.user_id != before.user_id:
            found[each] = Reset.SIGNED_OUT
        elif _canonical(session.tenant) != before.access.tenant:
            found[each] = Reset.TENANT
        else:
            viewer = viewers[session.pk]
            found[each] = viewer if isinstance(viewer, Reset) else HeldAccess(viewer, snapshot, now)
    return found


# ------------------------------------------------------------------ requests


def viewer_of(request: HttpRequest) -> Viewer | None:
    """The request's session and access, read in the current transaction."""
    key = key_of(request)
    return load_viewer(key) if key else None


def access_of(request: HttpRequest) -> Access | None:
    """The request's access, read in the current transaction. None: refuse."""
    viewer = viewer_of(request)
    return viewer.access if viewer else None


# ------------------------------------------------------------------- triggers


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
