"""Asking browsers to drop what they show and fetch it anew, without signing anybody out.

A request is a row. Every process follows that table by the same stream as any other and tells the
pages concerned, so it does not matter where it is written: in a command, the admin or psql.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from electric_sync.models import LiveSocket, ResyncRequest
from electric_sync.signals import resync_requested


def request(
    *,
    tenant: Any = None,
    user: Any = None,
    params: Mapping[str, Any] | None = None,
    reason: str,
    requested_by: str,
) -> ResyncRequest:
    """Let the pages concerned fetch anew, once the transaction is committed.

    ``tenant`` and ``user`` are keys; None: everybody's. With ``params`` only live views that have
    these parameters are concerned, otherwise everything that is live on those pages.
    """
    with transaction.atomic():
        made = ResyncRequest.objects.create(
            tenant=None if tenant is None else str(tenant),
            user=None if user is None else str(user),
            params={name: str(value) for name, value in (params or {}).items()},
            reason=reason,
            requested_by=requested_by,
        )
        resync_requested.send(sender=ResyncRequest, request=made)
    return made


def pages(*, tenant: Any = None, user: Any = None) -> QuerySet[LiveSocket]:
    """The connected pages that a request with the same arguments concerns."""
    found = LiveSocket.objects.alive().select_related("session__user")
    if tenant is not None:
        found = found.filter(tenant=str(tenant))
    if user is not None:
        found = found.filter(session__user_id=user)
    return found
