"""What was deleted and can be brought back."""

# Views name their parameters, which the library passes by name: that is their declaration.
# mypy: disable-error-code="override"

from __future__ import annotations

from typing import Any

from electric_sync.live import Audience, LiveRegion
from electric_sync.shapes import register
from workspaces.access import WorkspaceAccess
from workspaces.live.places import editable_by
from workspaces.models import DataTable, Workspace
from workspaces.shapes import DataTables, Workspaces

MOST = 200
"""So many of each are shown, the latest first."""


@register
class Trash(LiveRegion):
    """Tables, for those who edit their workspace; workspaces, for those who manage the company."""

    shapes = (Workspaces, DataTables)
    template = "workspaces/_trash.html"

    def audience(self, access: WorkspaceAccess) -> Audience | None:
        """Every member; most may bring back nothing."""
        return Audience(
            company=access.tenant, manages=access.may_manage(), editable=editable_by(access)
        )

    def context(self, audience: Audience) -> dict[str, Any]:
        """What is in the trash. Tables that went with their workspace come back with it."""
        trashed = {"company_id": audience.company, "trashed_at__isnull": False}
        workspaces = Workspace.objects.filter(**trashed)
        tables = DataTable.objects.filter(workspace__trashed_at=None, **trashed)
        if audience.editable is not None:
            tables = tables.filter(workspace_id__in=audience.editable)
        order = ("-trashed_at", "id")
        return {
            "workspaces": workspaces.order_by(*order)[:MOST] if audience.manages else [],
            "tables": tables.select_related("workspace").order_by(*order)[:MOST],
        }
