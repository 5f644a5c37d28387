"""Workspaces and tables as live views read them: within a company, and not in the trash."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from electric_sync.live import Audience
from workspaces.access import WorkspaceAccess
from workspaces.models import DataTable, Workspace


@dataclass(frozen=True)
class Place:
    """A workspace with those of its tables that are not in the trash."""

    workspace: Workspace
    tables: list[DataTable]
    can_edit: bool = False


def places_of(
    company: str, visible: tuple[UUID, ...] | None, *, editable: tuple[UUID, ...] | None = ()
) -> list[Place]:
    """The workspaces that are visible, each with its tables."""
    workspaces = Workspace.objects.filter(company_id=company, trashed_at=None)
    tables = DataTable.objects.filter(company_id=company, trashed_at=None)
    if visible is not None:
        workspaces = workspaces.filter(pk__in=visible)
        tables = tables.filter(workspace_id__in=visible)
    of = defaultdict(list)
    for table in tables.order_by("position", "id"):
        of[table.workspace_id].append(table)
    return [
        Place(each, of[each.pk], can_edit=editable is None or each.pk in editable)
        for each in workspaces.order_by("position", "id")
    ]


def editable_by(access: WorkspaceAccess) -> tuple[UUID, ...] | None:
    """The ids of the workspaces that somebody may change; ``None``: all of them."""
    visible = access.visible_workspaces()
    return None if visible is None else tuple(key for key in visible if access.may_edit(key))


def workspace_in(audience: Audience, workspace_id: UUID) -> QuerySet[Workspace]:
    """A workspace of the company."""
    return Workspace.objects.filter(pk=workspace_id, company_id=audience.company, trashed_at=None)


def table_in(audience: Audience, workspace_id: UUID, table_id: UUID) -> QuerySet[DataTable]:
    """A table, as long as it is in the workspace."""
    return DataTable.objects.filter(
        pk=table_id,
        workspace_id=workspace_id,
        company_id=audience.company,
        trashed_at=None,
        workspace__trashed_at=None,
    )
