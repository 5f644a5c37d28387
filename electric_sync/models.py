"""Rows that control the sync: who is signed in, and when anybody's access changed.

Control is data: a trigger, a form, the admin or psql writes these rows, and every process
learns of them by the same stream as of any other row.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Func
from django.db.models.functions import Cast, Now


class CurrentTransaction(Func):
    """The id of the writing transaction, which PostgreSQL gives out."""

    function = "pg_current_xact_id"
    output_field = models.TextField()


class AccessLog(models.Model):
    """Somebody's access changed in transaction ``xid``.

    Triggers insert it (see :mod:`electric_sync.triggers`), in the transaction that changes the
    access. ``tenant`` null: in all tenants; ``user`` null: everybody's. Insert only, without
    foreign keys and without a counter, so that no two transactions ever wait for each other.
    """

    id = models.BigAutoField(primary_key=True)
    tenant = models.TextField(null=True)
    user = models.TextField(null=True)
    xid = models.BigIntegerField(
        db_index=True,
        db_default=Cast(Cast(CurrentTransaction(), models.TextField()), models.BigIntegerField()),
    )
    at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        verbose_name = "change of access"
        verbose_name_plural = "changes of access"

    def __str__(self) -> str:
        return f"{self.user or 'everybody'} in {self.tenant or 'every tenant'}"


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

    class Meta:
        ordering = ("-created_at",)
        indexes = (models.Index(fields=["user", "ended_at"], name="user_session_open"),)

    def __str__(self) -> str:
        return f"{self.user}, since {self.created_at:%Y-%m-%d %H:%M}"
