"""Rows that control the sync: who is signed in and connected, when anybody's access changed and
what was cleared then, and what is to be fetched anew.

Control is data: a trigger, a form, the admin or psql writes these rows, and every process
learns of them by the same stream as of any other row.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models import Func
from django.db.models.functions import Cast, Now
from django.utils import timezone

from electric_sync.device import device_of

DEAD_AFTER = timedelta(seconds=150)
"""A process that has not written for so long that its pages are connected is gone."""


class CurrentTransaction(Func):
    """The id of the writing transaction, which PostgreSQL gives out."""

    function = "pg_current_xact_id"
    output_field = models.TextField()


class Clock(Func):
    """The time at this very moment: later than the transaction's and the statement's."""

    function = "clock_timestamp"
    output_field = models.DateTimeField()


def _current_transaction() -> Cast:
    return Cast(Cast(CurrentTransaction(), models.TextField()), models.BigIntegerField())


def transaction_id(*, null: bool = False) -> models.BigIntegerField[Any, Any]:
    """The writing transaction as a plain number; null: rows from before may have none."""
    return models.BigIntegerField(
        "transaction",
        null=null,
        db_index=True,
        db_default=_current_transaction(),
    )


class AccessLog(models.Model):
    """Somebody's access changed in transaction ``xid``.

    Triggers insert it (see :mod:`electric_sync.triggers`), in the transaction that changes the
    access. ``tenant`` null: in all tenants; ``user`` null: everybody's. Insert only, without
    foreign keys and without a counter, so that no two transactions ever wait for each other.
    """

    id = models.BigAutoField(primary_key=True)
    tenant = models.TextField(null=True)
    user = models.TextField(null=True)
    xid = transaction_id()
    at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        verbose_name = "change of access"
        verbose_name_plural = "changes of access"

    def __str__(self) -> str:
        return f"{self.user or 'everybody'} in {self.tenant or 'every tenant'}"


class UserSessions(models.QuerySet["UserSession"]):
    """Sign-ins."""

    def open(self) -> UserSessions:
        """Those that have neither ended nor expired."""
        return self.filter(ended_at=None, expires_at__gt=timezone.now())

    def end(self) -> int:
        """Sign them out from outside, with a receipt for each; returns how many.

        Their pages are cleared at once, those of a device that is offline when it returns.
        Whoever signs out in their own browser needs no receipt: it is empty before it asks.
        """
        with transaction.atomic():
            ending = list(self.open().order_by("pk").select_for_update(of=("self",), no_key=True))
            keys = [each.pk for each in ending]
            # A trigger may have written one already: another password, say.
            told = Receipt.objects.filter(session_id__in=keys, xid=_current_transaction())
            known = set(told.values_list("session_id", flat=True))
            Receipt.objects.bulk_create(Receipt.of(each) for each in ending if each.pk not in known)
            self.model._default_manager.filter(pk__in=keys).update(ended_at=timezone.now())
        return len(ending)


class UserSession(models.Model):
    """One sign-in: a browser, its user and the tenant it works in.

    The active tenant is here and not in Django's session data, so that a query can read session,
    access and rows in one snapshot.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    key_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the cookie.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="live_sessions"
    )
    auth_hash = models.CharField(
        max_length=128, help_text="Django's session hash: another password, another hash."
    )
    tenant = models.TextField(blank=True, help_text="Key of the active tenant; empty: none.")
    user_agent = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    last_seen_at = models.DateTimeField(
        "last seen", null=True, blank=True, help_text="When one of its pages was last connected."
    )
    refused = models.IntegerField(
        default=0,
        db_default=0,
        help_text="Subscriptions with a token that was tampered with, or somebody else's.",
    )

    objects = UserSessions.as_manager()

    class Meta:
        ordering = ("-created_at",)
        indexes = (
            models.Index(fields=["user", "ended_at"], name="user_session_open"),
            models.Index(
                fields=["tenant"], condition=models.Q(ended_at=None), name="user_session_tenant"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user}, since {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def device(self) -> str:
        """What its browser is called: "Chrome on Linux"."""
        return device_of(self.user_agent)


class LiveSockets(models.QuerySet["LiveSocket"]):
    """Pages that are connected."""

    def alive(self) -> LiveSockets:
        """Those whose process is there still."""
        return self.filter(seen_at__gt=timezone.now() - DEAD_AFTER)


class LiveSocket(models.Model):
    """A page that is connected, as its web process tells.

    A process writes its own rows only (see :mod:`electric_sync.live.connections`). One that dies
    writes no more, and after a while anybody removes what it left.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    # Without a constraint in the database: a page that connects while its session is deleted
    # would break whoever deletes it.
    session = models.ForeignKey(
        UserSession, on_delete=models.CASCADE, db_constraint=False, related_name="sockets"
    )
    tenant = models.TextField(blank=True)
    process = models.TextField(db_index=True, help_text="Machine, process and a random end.")
    since = models.DateTimeField()
    seen_at = models.DateTimeField("last seen", help_text="When its process last wrote this row.")
    subscriptions = models.IntegerField(default=0, help_text="Live views on the page.")
    last_event = models.TextField(blank=True)
    last_event_at = models.DateTimeField(null=True, blank=True)
    version = models.TextField(blank=True, help_text="Data version of what the page may show.")
    confirmed = models.TextField(
        null=True,
        blank=True,
        help_text="Snapshot up to which the page has said that it shows nothing else.",
    )
    refused = models.IntegerField(default=0)

    objects = LiveSockets.as_manager()

    class Meta:
        ordering = ("-since",)
        verbose_name = "connected page"

    def __str__(self) -> str:
        return f"{self.session.device}, {self.session.user}"


class Receipt(models.Model):
    """One device, one change of access: when its pages were cleared.

    Triggers insert it for each session that was open, in the transaction that changes the access,
    without a foreign key and insert only, like the access log. It is cleared when every connected
    page of that session has confirmed a snapshot that sees ``xid``: what that change forbids is
    gone from them. A session without a connected page clears when one returns.
    """

    id = models.BigAutoField(primary_key=True)
    tenant = models.TextField(blank=True)
    user = models.TextField(help_text="Key of the person.")
    session_id = models.UUIDField()
    user_agent = models.TextField(blank=True)
    xid = transaction_id()
    raised_at = models.DateTimeField("changed at", db_default=Clock(), db_index=True)
    cleared_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=["session_id"],
                condition=models.Q(cleared_at=None),
                name="receipt_waiting",
            ),
            models.Index(fields=["tenant", "-id"], name="receipt_of_tenant"),
            models.Index(fields=["tenant", "user", "-id"], name="receipt_of_user"),
        )

    def __str__(self) -> str:
        return f"{self.device}: {'cleared' if self.cleared_at else 'not cleared yet'}"

    @classmethod
    def of(cls, session: UserSession) -> Receipt:
        """One for this session, not saved yet."""
        return cls(
            tenant=session.tenant,
            user=str(session.user_id),
            session_id=session.pk,
            user_agent=session.user_agent,
        )

    @property
    def device(self) -> str:
        """What the browser is called: "Chrome on Linux"."""
        return device_of(self.user_agent)

    @property
    def seconds(self) -> float | None:
        """How long it took; None: it is not cleared yet."""
        return (self.cleared_at - self.raised_at).total_seconds() if self.cleared_at else None


class ResyncRequest(models.Model):
    """Pages are to empty what is named here and fetch it anew. Nobody is signed out.

    ``tenant`` and ``user`` null: everybody's. ``params``: live views with these parameters; empty:
    all of them. Insert only; see :mod:`electric_sync.resync`.
    """

    id = models.BigAutoField(primary_key=True)
    tenant = models.TextField(null=True, blank=True)
    user = models.TextField(null=True, blank=True)
    params = models.JSONField(
        default=dict,
        blank=True,
        encoder=DjangoJSONEncoder,
        db_default=models.Value({}, models.JSONField()),
    )
    reason = models.TextField()
    requested_by = models.TextField(db_default="")
    xid = transaction_id()
    at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.reason
