"""``/api/workspaces``."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from workspaces.actions import workspaces as actions
from workspaces.models import Workspace

from .acting import actor_of
from .reading import reading, workspace_of
from .schemas import REFUSALS, WRITE_REFUSALS, Name, WorkspaceOut

router = Router(tags=["Workspaces"])


@router.get("/workspaces", response={200: list[WorkspaceOut], **REFUSALS})
def list_workspaces(request: HttpRequest) -> list[Workspace]:
    """The workspaces that you may see."""
    with reading(request) as access:
        return list(access.workspaces())


@router.post("/workspaces", response={201: WorkspaceOut, **WRITE_REFUSALS})
def create_workspace(request: HttpRequest, body: Name) -> Status[Workspace]:
    """Make a workspace. For owners and admins."""
    return Status(201, actions.create_workspace(actor_of(request), body.name))


@router.get("/workspaces/{workspace_id}", response={200: WorkspaceOut, **REFUSALS})
def get_workspace(request: HttpRequest, workspace_id: UUID) -> Workspace:
    """One workspace."""
    with reading(request) as access:
        return workspace_of(access, workspace_id)


@router.put("/workspaces/{workspace_id}", response={200: WorkspaceOut, **WRITE_REFUSALS})
def rename_workspace(request: HttpRequest, workspace_id: UUID, body: Name) -> Workspace:
    """Give a workspace another name. For owners and admins."""
    return actions.rename_workspace(actor_of(request), workspace_id, body.name)


@router.delete("/workspaces/{workspace_id}", response={204: None, **WRITE_REFUSALS})
def delete_workspace(request: HttpRequest, workspace_id: UUID) -> Status[None]:
    """Put a workspace in the trash. For owners and admins."""
    actions.delete_workspace(actor_of(request), workspace_id)
    return Status(204, None)


@router.post("/workspaces/{workspace_id}/restore", response={200: WorkspaceOut, **WRITE_REFUSALS})
def restore_workspace(request: HttpRequest, workspace_id: UUID) -> Workspace:
    """Take a workspace out of the trash. For owners and admins."""
    return actions.restore_workspace(actor_of(request), workspace_id)
