"""Telling other processes at once that somebody's access may have changed.

Django's signals send an *invalidate* event through the channel layer, to the group of the user
concerned or of a whole tenant. It says no more than "look": whoever hears it reads the access log.
So it does no harm when it comes twice, late, in another order or for nothing. When it does not
come (a bulk update or psql sends none; the layer may be full, away or not configured), the
database's own stream says the same. That is the guarantee; this only makes it faster.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import models, transaction
from django.db.models.signals import post_delete, post_save

from electric_sync.access import Raises, raised_by

logger = logging.getLogger(__name__)

EVENT = {"type": "electric_sync.invalidate"}
EVERYBODY = "electric_sync.everybody"
SEND_SECONDS = 1.0
"""How long whoever wrote may be held up by the layer."""
SILENT_SECONDS = 10.0
"""How long nothing is sent after an error: others are not held up as well."""

_silent_until = 0.0


def connect() -> None:
    """Listen to the models that access is computed from."""
    for raises in raised_by():
        name = raises.model._meta.label
        for signal in (post_save, post_delete):
            signal.connect(
                partial(_changed, raises),
                sender=raises.model,
                weak=False,
                dispatch_uid=f"electric_sync.invalidate.{name}",
            )


def group_of_user(user_id: Any) -> str:
    """Where events about one person go."""
    return f"electric_sync.user.{_digest(user_id)}"


def group_of_tenant(tenant: Any) -> str:
    """Where events about everybody of a tenant go."""
    return f"electric_sync.tenant.{_digest(tenant)}"


def _digest(key: Any) -> str:
    """Keys may be long, or hold what a group's name may not."""
    return hashlib.sha256(str(key).encode()).hexdigest()[:32]


def _changed(raises: Raises, sender: object, instance: models.Model, **kwargs: object) -> None:
    if raises.users is not None:
        group = group_of_user(getattr(instance, raises.users))
    elif raises.tenant is not None:
        group = group_of_tenant(getattr(instance, raises.tenant))
    else:
        group = EVERYBODY
    transaction.on_commit(partial(send, group))


def send(group: str) -> None:
    """Send the event, if there is a channel layer that takes it."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        layer = get_channel_layer()
        if layer is not None:
            async_to_sync(_send)(layer, group)
    except Exception as error:  # noqa: BLE001 a layer may raise anything; what was written is written
        _silent_until = time.monotonic() + SILENT_SECONDS
        logger.warning("A change of access was not announced; the stream will tell: %s", error)


async def _send(layer: Any, group: str) -> None:
    async with asyncio.timeout(SEND_SECONDS):
        await layer.group_send(group, EVENT)
