"""The app's settings, read from ``settings.ELECTRIC_SYNC``.

==============  ==========================================================  ============
key             what it says                                                default
==============  ==========================================================  ============
``ACCESS``      dotted path of the project's :class:`~electric_sync.Access`  required
``TENANT``      the column that says whose a row is, as models name it      required
``SOCKET``      path of the live socket                                     ``/live/``
``THREADS``     connections that refresh live views                         ``2``
==============  ==========================================================  ============
"""

from __future__ import annotations

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

DEFAULTS: dict[str, object] = {"SOCKET": "/live/", "THREADS": 2}


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


def conninfo() -> str:
    """Django's default database, in libpq's words."""
    params = {"connect_timeout": CONNECT_SECONDS, **connection.get_connection_params()}
    return make_conninfo(**{key: value for key, value in params.items() if key not in NOT_LIBPQ})
