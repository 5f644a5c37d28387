"""The Django application of the product."""

from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    """Companies, people, workspaces, tables and everything that writes them."""

    name = "workspaces"
    verbose_name = "Plainrow"
