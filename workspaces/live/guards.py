"""Guards of forms: a form is a page of one moment, about something that may be lost."""

# Views name their parameters, which the library passes by name: that is their declaration.
# mypy: disable-error-code="override"

from __future__ import annotations

from uuid import UUID

from electric_sync.live import Audience, LiveRegion
from electric_sync.shapes import register
from workspaces.access import WorkspaceAccess


@register
class EditingGuard(LiveRegion):
    """Empty. It is withdrawn from a form, and the form with it, once its viewer may not edit."""

    shapes = ()
    params = {"workspace_id": UUID}
    template = "workspaces/_guard.html"

    def audience(self, access: WorkspaceAccess, workspace_id: UUID) -> Audience | None:
        """Editors of the workspace."""
        return Audience() if access.may_edit(workspace_id) else None


@register
class ManagingGuard(LiveRegion):
    """The same for the forms of owners and admins."""

    shapes = ()
    template = "workspaces/_guard.html"

    def audience(self, access: WorkspaceAccess) -> Audience | None:
        """Owners and admins."""
        return Audience() if access.may_manage() else None
