"""The Django application of the product."""

from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    """Companies, people, workspaces, tables and everything that writes them."""

    name = "workspaces"
    verbose_name = "Plainrow"

    def ready(self) -> None:
        """Write into the audit log what the sync layer tells."""
        from electric_sync.signals import receipts_cleared, resync_requested
        from workspaces import receipts

        receipts_cleared.connect(receipts.write_cleared, dispatch_uid="workspaces.cleared")
        resync_requested.connect(receipts.write_resync, dispatch_uid="workspaces.resync")
