"""Set-up: signals, triggers, and the projects' own declarations."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class ElectricSyncConfig(AppConfig):
    """Live, permission-checked views of tables."""

    name = "electric_sync"
    verbose_name = "Live sync"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Find the declarations of all apps, as the admin does."""
        from electric_sync import access, checks  # noqa: F401 checks register themselves

        autodiscover_modules("shapes", "live")
        user_logged_in.connect(access.begin_session, dispatch_uid="electric_sync.begin")
        user_logged_out.connect(access.end_session, dispatch_uid="electric_sync.end")
        post_migrate.connect(_install_triggers, sender=self, dispatch_uid="electric_sync.triggers")


def _install_triggers(app_config: AppConfig, using: str, **kwargs: object) -> None:
    from electric_sync import triggers

    triggers.install()
