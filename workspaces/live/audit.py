"""The audit log."""

# Views name their parameters, which the library passes by name: that is their declaration.
# mypy: disable-error-code="override"

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from electric_sync.live import Audience, LiveList
from electric_sync.shapes import register
from workspaces.access import WorkspaceAccess
from workspaces.models import AuditLog
from workspaces.shapes import AuditLogs, AuditLogsOfPerson


@register
class AuditEntries(LiveList):
    """What was done in the company, latest first."""

    shape = AuditLogs
    template = "workspaces/_log_entry.html"
    tag = "tbody"

    def audience(self, access: WorkspaceAccess) -> Audience | None:
        """Owners and admins."""
        return Audience(company=access.tenant) if access.may_manage() else None

    def queryset(self, audience: Audience) -> QuerySet[AuditLog]:
        """All of it."""
        return AuditLog.objects.filter(company_id=audience.company).order_by("-created_at", "-id")


@register
class AuditEntriesOfPerson(AuditEntries):
    """What one person did, latest first."""

    shape = AuditLogsOfPerson

    def queryset(self, audience: Audience, user_id: UUID) -> QuerySet[AuditLog]:
        """All of it."""
        return super().queryset(audience).filter(user_id=user_id)

    def audience(self, access: WorkspaceAccess, user_id: UUID) -> Audience | None:
        """Owners and admins."""
        return super().audience(access)
