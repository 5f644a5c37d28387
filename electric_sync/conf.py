"""The app's settings, read from ``settings.ELECTRIC_SYNC``.

==============  ==========================================================  ============
key             what it says                                                default
==============  ==========================================================  ============
``ACCESS``      dotted path of the project's :class:`~electric_sync.Access`  required
``TENANT``      the column that says whose a row is, as models name it      required
``SOCKET``      path of the live socket                                     ``/live/``
``THREADS``     connections that refresh live views                         ``2``
==============  ==========================================================  ============

``OFFLINE_MAX_AGE`` is a ``timedelta``, 7 days by default: so long after the server last confirmed
it a browser may keep what it holds. What it is told of later it has deleted by then.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from psycopg.conninfo import make_conninfo

NOT_LIBPQ = {
    "assume_role",
    "context",
    "cursor_factory",
    "isolation_level",
    "pool",
    "prepare_threshold",
    "server_side_binding",
}
"""What Django hands to psycopg rather than to libpq."""

CONNECT_SECONDS = 10
"""A server that does not answer within this counts as away, unless the settings say otherwise."""

DEFAULTS: dict[str, object] = {
    "SOCKET": "/live/",
    "THREADS": 2,
    "OFFLINE_MAX_AGE": timedelta(days=7),
}


def _get(key: str) -> object:
    values = {**DEFAULTS, **getattr(settings, "ELECTRIC_SYNC", {})}
    if key not in values:
        raise ImproperlyConfigured(f"settings.ELECTRIC_SYNC needs {key!r}.")
    return values[key]


def access_path() -> str:
    """Dotted path of the access provider."""
    return str(_get("ACCESS"))


def tenant_column() -> str:
    """Attribute name of the tenant's foreign key, for example ``company_id``."""
    return str(_get("TENANT"))


def socket_path() -> str:
    """Where the live socket is, with slashes at both ends."""
    return str(_get("SOCKET"))


def threads() -> int:
    """How many connections may refresh live views at once."""
    return int(str(_get("THREADS")))


def offline_max_age() -> timedelta:
    """How long a browser may keep what the server has not confirmed again.

    Raises:
        ImproperlyConfigured: it is no duration.
    """
    found = _get("OFFLINE_MAX_AGE")
    if not isinstance(found, timedelta) or found <= timedelta(0):
        raise ImproperlyConfigured(
            "settings.ELECTRIC_SYNC['OFFLINE_MAX_AGE'] is a positive datetime.timedelta."
        )
    return found


def conninfo() -> str:
    """Django's default database, in libpq's words."""
    params = {"connect_timeout": CONNECT_SECONDS, **connection.get_connection_params()}
    return make_conninfo(**{key: value for key, value in params.items() if key not in NOT_LIBPQ})
