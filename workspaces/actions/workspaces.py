"""Actions on workspaces. Owners and admins make, rename and delete them."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from workspaces.access import Actor
from workspaces.errors import Invalid
from workspaces.models import Workspace

from .audit import record
from .finding import clean_name, lock_company, lock_workspace
from .permission import require_managing

MAX_WORKSPACES = 200  # in a company, the trash included


@transaction.atomic
def create_workspace(actor: Actor, name: str) -> Workspace:
    """Make a workspace at the end of the company's."""
    lock_company(actor)  # also: two people who make one at once get two places
    require_managing(actor)
    name = clean_name(name)
    if Workspace.objects.filter(company_id=actor.company_id).count() >= MAX_WORKSPACES:
        raise Invalid({"name": f"A company has at most {MAX_WORKSPACES} workspaces."})
    workspace = Workspace.objects.create(company_id=actor.company_id, name=name)
    workspace.refresh_from_db()
    _record(actor, "workspace.created", workspace)
    return workspace


@transaction.atomic
def rename_workspace(actor: Actor, workspace: Workspace | UUID, name: str) -> Workspace:
    """Give a workspace another name."""
    found = lock_workspace(actor, workspace)
    require_managing(actor, found.pk)
    name, before = clean_name(name), found.name
    if name != before:
        found.name = name
        found.save(update_fields=["name"])
        _record(actor, "workspace.renamed", found, {"from": before, "to": name})
    return found


@transaction.atomic
def delete_workspace(actor: Actor, workspace: Workspace | UUID) -> Workspace:
    """Put a workspace and all that is in it in the trash, where nobody sees it."""
    found = lock_workspace(actor, workspace)
    require_managing(actor, found.pk)
    found.trashed_at = Now()
    found.save(update_fields=["trashed_at"])
    _record(actor, "workspace.deleted", found)
    return found


@transaction.atomic
def restore_workspace(actor: Actor, workspace: Workspace | UUID) -> Workspace:
    """Take a workspace out of the trash."""
    found = lock_workspace(actor, workspace, trashed=True)
    require_managing(actor, found.pk)
    found.trashed_at = None
    found.save(update_fields=["trashed_at"])
    _record(actor, "workspace.restored", found)
    return found


def _record(
    actor: Actor, action: str, workspace: Workspace, details: dict[str, str] | None = None
) -> None:
    record(
        actor,
        action,
        target_id=workspace.pk,
        target_name=workspace.name,
        workspace_id=workspace.pk,
        details=details,
    )
