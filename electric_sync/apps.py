"""Set-up: signals, triggers, and the projects' own declarations."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import post_migrate
from django.http import HttpRequest
from django.utils.module_loading import autodiscover_modules


class ElectricSyncConfig(AppConfig):
    """Live, permission-checked views of tables."""

    name = "electric_sync"
    verbose_name = "Live sync"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Find the declarations of all apps, as the admin does."""
        from electric_sync import (
            checks,  # noqa: F401 they register themselves
            invalidation,
        )

        autodiscover_modules("shapes", "live")
        invalidation.connect()
        user_logged_in.connect(_signed_in, dispatch_uid="electric_sync.begin")
        user_logged_out.connect(_signed_out, dispatch_uid="electric_sync.end")
        post_migrate.connect(_install_triggers, sender=self, dispatch_uid="electric_sync.triggers")


def _signed_in(sender: object, request: HttpRequest, user: Any, **kwargs: object) -> None:
    from electric_sync import access, sessions

    sessions.begin(request, user, access.provider().default_tenant(user) or "")


def _signed_out(sender: object, request: HttpRequest, **kwargs: object) -> None:
    from electric_sync import sessions

    if request.session.session_key:
        sessions.end(request.session.session_key)


def _install_triggers(app_config: AppConfig, using: str, **kwargs: object) -> None:
    from electric_sync import triggers

    triggers.install()
