"""Writing the audit log. The database adds the actor's name (migration 0002)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from workspaces.access import Actor
from workspaces.columns import TYPES
from workspaces.models import AuditLog, DataTableColumn, DataTableRow
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


def last_change(row: DataTableRow, column: DataTableColumn) -> tuple[str, datetime] | None:
    """Who stored what a cell holds, and when. None: it was stored past the actions."""
    key = str(column.pk)
    entry = AuditLog.objects.filter(
        target_id=row.pk, action="row.changed", details__cells__has_key=key
    ).first()
    if entry is None:
        return None
    stored = entry.details["cells"][key]["to"]
    is_this = TYPES[column.type].same(stored, row.cells.get(key))
    return (entry.user_name, entry.created_at) if is_this and entry.user_name else None
