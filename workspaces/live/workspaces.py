"""A workspace and its tables."""

# Views name their parameters, which the library passes by name: that is their declaration.
# mypy: disable-error-code="override"

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Exists, QuerySet

from electric_sync.live import Audience, LiveList, LiveRegion
from electric_sync.shapes import register
from workspaces.access import WorkspaceAccess
from workspaces.live.places import workspace_in
from workspaces.models import DataTable
from workspaces.shapes import TablesOfWorkspace, Workspaces


class OfWorkspace(LiveRegion):
    """What a workspace's page shows beside its tables."""

    shapes = (Workspaces,)
    params = {"workspace_id": UUID}

    def audience(self, access: WorkspaceAccess, workspace_id: UUID) -> Audience | None:
        """Whoever sees it; editors may make tables, owners and admins manage it."""
        if not access.may_view(workspace_id):
            return None
        return Audience(
            company=access.tenant,
            can_edit=access.may_edit(workspace_id),
            manages=access.may_manage(),
        )

    def context(self, audience: Audience, workspace_id: UUID) -> dict[str, Any]:
        """The workspace; none, once it was deleted."""
        return {"workspace": workspace_in(audience, workspace_id).first()}


@register
class WorkspaceTitle(OfWorkspace):
    """What a workspace is called, and its menu."""

    template = "workspaces/_workspace_title.html"


@register
class WorkspaceEmpty(OfWorkspace):
    """What stands where no tables are."""

    template = "workspaces/_workspace_empty.html"


@register
class WorkspaceTables(LiveList):
    """The tables of a workspace."""

    shape = TablesOfWorkspace
    also = (Workspaces,)
    template = "workspaces/_table_item.html"
    tag = "tbody"

    def audience(self, access: WorkspaceAccess, workspace_id: UUID) -> Audience | None:
        """Whoever sees it."""
        return _workspace_audience(access, workspace_id)

    def queryset(self, audience: Audience, workspace_id: UUID) -> QuerySet[DataTable]:
        """Those that are not in the trash, alone or with the workspace."""
        return DataTable.objects.filter(
            Exists(workspace_in(audience, workspace_id)), workspace_id=workspace_id, trashed_at=None
        ).order_by("position", "id")


def _workspace_audience(access: WorkspaceAccess, workspace_id: UUID) -> Audience | None:
    return Audience(company=access.tenant) if access.may_view(workspace_id) else None
