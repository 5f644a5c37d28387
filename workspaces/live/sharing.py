"""Who sees a workspace, and why."""

# Views name their parameters, which the library passes by name: that is their declaration.
# mypy: disable-error-code="override"

from __future__ import annotations

from typing import Any
from uuid import UUID

from electric_sync.live import Audience, LiveRegion
from electric_sync.shapes import register
from workspaces.access import SEES_ALL, WorkspaceAccess, who_sees
from workspaces.live.people import audience_of_managers
from workspaces.live.places import workspace_in
from workspaces.models import Membership, WorkspaceGrant
from workspaces.shapes import Users, WorkspaceGrants, Workspaces


@register
class SharingTitle(LiveRegion):
    """Of which workspace."""

    shapes = (Workspaces,)
    params = {"workspace_id": UUID}
    template = "workspaces/_sharing_title.html"

    def audience(self, access: WorkspaceAccess, workspace_id: UUID) -> Audience | None:
        """Owners and admins."""
        return Audience(company=access.tenant) if access.may_manage() else None

    def context(self, audience: Audience, workspace_id: UUID) -> dict[str, Any]:
        """The workspace; none, once it was deleted."""
        return {"workspace": workspace_in(audience, workspace_id).first()}


@register
class WorkspaceSharing(LiveRegion):
    """Everybody of the company: those who see the workspace, then the others."""

    shapes = (Users, WorkspaceGrants, Workspaces)
    params = {"workspace_id": UUID}
    template = "workspaces/_sharing.html"

    def audience(self, access: WorkspaceAccess, workspace_id: UUID) -> Audience | None:
        """Owners and admins."""
        return audience_of_managers(access)

    def context(self, audience: Audience, workspace_id: UUID) -> dict[str, Any]:
        """The people, with what they see and what they were given."""
        workspace = workspace_in(audience, workspace_id).first()
        if workspace is None:
            return {"workspace": None}
        members = Membership.objects.filter(company_id=audience.company).order_by("name", "id")
        grants = list(WorkspaceGrant.objects.filter(workspace_id=workspace_id))
        seen = who_sees(workspace_id, members, grants)
        return {
            "workspace": workspace,
            "levels": {grant.user_id: grant.level for grant in grants},
            "see": [pair for pair in seen if pair[1]],
            "others": [pair for pair in seen if not pair[1]],
            "sees_all": SEES_ALL,
        }
