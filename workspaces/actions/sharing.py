"""Actions on who was given which workspace. Owners and admins share and take back."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from workspaces.access import Actor, sharing
from workspaces.errors import Invalid, NotFound
from workspaces.models import Membership, Workspace, WorkspaceGrant

from .audit import record
from .finding import hold_member, key_of
from .permission import require_sharing


@transaction.atomic
def share_workspace(
    actor: Actor, workspace: Workspace | UUID, user_id: UUID, level: str
) -> WorkspaceGrant:
    """Give somebody a workspace, to view or to edit, or another level of one that they have."""
    key = key_of(workspace)
    require_sharing(actor, key)
    member = hold_member(actor, user_id=user_id)
    if level not in WorkspaceGrant.Level.values:
        raise Invalid({"level": "Choose whether they may view or edit."})
    decision = sharing(member.role)
    if not decision:
        raise Invalid({"user": decision.reason})
    # Waits for whoever gives them the same workspace right now.
    grant, is_new = WorkspaceGrant.objects.select_for_update(no_key=True).get_or_create(
        workspace_id=key,
        user_id=member.user_id,
        defaults={"company_id": actor.company_id, "level": level},
    )
    before = None if is_new else grant.level
    if level != before:
        grant.level = level
        if not is_new:
            grant.save(update_fields=["level"])
        action = "access.given" if is_new else "access.changed"
        _record(actor, action, key, member, before, level)
    return grant


@transaction.atomic
def unshare_workspace(actor: Actor, workspace: Workspace | UUID, user_id: UUID) -> None:
    """Take a workspace back from somebody."""
    key = key_of(workspace)
    require_sharing(actor, key)
    member = hold_member(actor, user_id=user_id)
    grants = WorkspaceGrant.objects.filter(workspace_id=key, user_id=member.user_id)
    grant = grants.order_by().select_for_update().first()  # ordered, it would lock the workspace
    if grant is None:
        raise NotFound("grant")
    grants.delete()
    _record(actor, "access.taken", key, member, grant.level, None)


def _record(
    actor: Actor,
    action: str,
    workspace_id: UUID,
    member: Membership,
    before: str | None,
    after: str | None,
) -> None:
    name = Workspace.objects.values_list("name", flat=True).get(pk=workspace_id)
    record(
        actor,
        action,
        target_id=workspace_id,
        target_name=name,
        workspace_id=workspace_id,
        details={
            "person": {"id": str(member.user_id), "name": member.name},
            "level": {"from": before, "to": after},
        },
    )
