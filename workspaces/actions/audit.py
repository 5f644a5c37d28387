"""Writing the audit log. The database adds the actor's name (migration 0002)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from workspaces.access import Actor
from workspaces.models import AuditLog
from workspaces.models.fields import MAX_NAME


def record(
    actor: Actor,
    action: str,
    *,
    target_id: UUID,
    target_name: str = "",
    workspace_id: UUID | None = None,
    table_id: UUID | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Say in the audit log what the current transaction does."""
    AuditLog.objects.create(
        company_id=actor.company_id,
        user_id=actor.user_id,
        via=actor.via,
        action=action,
        target_id=target_id,
        target_name=target_name[:MAX_NAME],
        workspace_id=workspace_id,
        table_id=table_id,
        details=details or {},
    )
