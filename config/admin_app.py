"""Django's admin as an application of this project."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    """Django's admin, with our front door."""

    default_site = "workspaces.front_door.Site"
