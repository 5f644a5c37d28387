"""``/api/workspaces/…/grants``: who sees a workspace, and why."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from workspaces.access import who_sees
from workspaces.actions import sharing as actions
from workspaces.models import Membership, WorkspaceGrant

from .acting import actor_of
from .reading import managing_reader, workspace_of
from .schemas import REFUSALS, WRITE_REFUSALS, GrantIn, GrantOut, Problem, Seen

router = Router(tags=["Sharing"])


@router.get(
    "/workspaces/{workspace_id}/grants", response={200: list[Seen], **REFUSALS, 403: Problem}
)
def list_grants(request: HttpRequest, workspace_id: UUID) -> list[Seen]:
    """Everybody of the company: whether they see this workspace, at which level, and why.

    For owners and admins. `grant` is what they were given; `level` is what they may do.
    """
    with managing_reader(request, workspace_id) as access:
        workspace = workspace_of(access, workspace_id)
        grants = WorkspaceGrant.objects.filter(workspace=workspace)
        levels = {grant.user_id: grant.level for grant in grants}
        members = Membership.objects.filter(company_id=access.company_id)
        return [
            Seen(
                user_id=member.user_id,
                name=member.name,
                role=member.role,
                grant=levels.get(member.user_id),
                level=sight.level,
                reason=sight.reason,
            )
            for member, sight in who_sees(workspace.pk, members, grants)
        ]


@router.put(
    "/workspaces/{workspace_id}/grants/{user_id}", response={200: GrantOut, **WRITE_REFUSALS}
)
def put_grant(
    request: HttpRequest, workspace_id: UUID, user_id: UUID, body: GrantIn
) -> WorkspaceGrant:
    """Give an editor or a viewer a workspace, or change the level at which they have it."""
    return actions.share_workspace(actor_of(request), workspace_id, user_id, body.level)


@router.delete(
    "/workspaces/{workspace_id}/grants/{user_id}", response={204: None, **WRITE_REFUSALS}
)
def delete_grant(request: HttpRequest, workspace_id: UUID, user_id: UUID) -> Status[None]:
    """Take a workspace back from somebody. It leaves their screen at once."""
    actions.unshare_workspace(actor_of(request), workspace_id, user_id)
    return Status(204, None)
