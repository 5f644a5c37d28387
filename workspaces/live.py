"""What is live on the product's pages.

A rendering depends on its parameters and its audience alone. An audience carries no more
than the template or the query needs, so that people share renderings: whether they may edit,
and which workspaces they see (`None`: all of them).
"""

# Views name their parameters, which the library passes by name: that is their declaration.
# mypy: disable-error-code="override"

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from electric_sync.live import Audience, LiveList, LiveRegion
from electric_sync.shapes import register
from workspaces.access import WorkspaceAccess
from workspaces.models import (
    AuditLog,
    DataTable,
    DataTableColumn,
    DataTableRow,
    Membership,
    Workspace,
)
from workspaces.pages.sheet import ColumnView
from workspaces.shapes import (
    AuditLogs,
    DataTableColumns,
    DataTableRows,
    DataTables,
    People,
    TablesOfWorkspace,
    Workspaces,
)


@dataclass(frozen=True)
class Place:
    """A workspace with those of its tables that are not in the trash."""

    workspace: Workspace
    tables: list[DataTable]
    can_edit: bool = False


# ── A table ─────────────────────────────────────────────────────────────────


@register
class TableRows(LiveList):
    """The rows of a table, in their order."""

    shape = DataTableRows
    also = (DataTableColumns, People)
    template = "workspaces/_row.html"
    tag = "tbody"

    def audience(
        self, access: WorkspaceAccess, workspace_id: UUID, table_id: UUID
    ) -> Audience | None:
        """Editors get boxes to select and to tick."""
        return _table_audience(access, workspace_id)

    def queryset(
        self, audience: Audience, workspace_id: UUID, table_id: UUID
    ) -> QuerySet[DataTableRow]:
        """All of them."""
        return DataTableRow.objects.filter(table_id=table_id, workspace_id=workspace_id).order_by(
            "position", "id"
        )

    def context(self, audience: Audience, workspace_id: UUID, table_id: UUID) -> dict[str, Any]:
        """The columns, and the people that cells may name."""
        columns = _columns(audience, workspace_id, table_id)
        return {"columns": columns, "people": _people_named_by(columns)}


@register
class TableHead(LiveRegion):
    """The column heads, with their menus for those who may edit."""

    shapes = (DataTableColumns,)
    template = "workspaces/_table_head.html"
    tag = "thead"

    def audience(
        self, access: WorkspaceAccess, workspace_id: UUID, table_id: UUID
    ) -> Audience | None:
        """Editors get menus."""
        return _table_audience(access, workspace_id)

    def context(self, audience: Audience, workspace_id: UUID, table_id: UUID) -> dict[str, Any]:
        """The columns."""
        return {"columns": _columns(audience, workspace_id, table_id)}


@register
class TablePeople(LiveRegion):
    """Whom a person column may name. Not shown: the editor of such a cell reads it."""

    shapes = (People,)
    template = "workspaces/_people.html"

    def audience(self, access: WorkspaceAccess) -> Audience | None:
        """Everybody of the company."""
        return Audience(company=access.tenant)

    def context(self, audience: Audience) -> dict[str, Any]:
        """Everybody, by name."""
        return {"people": Membership.objects.filter(company_id=audience.company)}


@register
class TableTitle(LiveRegion):
    """Where a table is and what it is called. The script takes the page's title from it."""

    # The columns bring the table's id along: a view has the parameters of its shapes.
    shapes = (Workspaces, TablesOfWorkspace, DataTableColumns)
    template = "workspaces/_table_title.html"

    def audience(
        self, access: WorkspaceAccess, workspace_id: UUID, table_id: UUID
    ) -> Audience | None:
        """Whoever sees the workspace."""
        return _workspace_audience(access, workspace_id)

    def context(self, audience: Audience, workspace_id: UUID, table_id: UUID) -> dict[str, Any]:
        """The table and its workspace."""
        table = (
            DataTable.objects.select_related("workspace")
            .filter(pk=table_id, workspace_id=workspace_id, company_id=audience.company)
            .first()
        )
        return {"table": table, "workspace": table and table.workspace}


# ── Workspaces and what is in them ──────────────────────────────────────────


@register
class Sidebar(LiveRegion):
    """All that the viewer may open."""

    shapes = (Workspaces, DataTables)
    template = "workspaces/_sidebar.html"

    def audience(self, access: WorkspaceAccess) -> Audience | None:
        """What is shown depends on what may be seen."""
        return Audience(company=access.tenant, visible=access.visible_workspaces())

    def context(self, audience: Audience) -> dict[str, Any]:
        """The workspaces with their tables."""
        return {"places": _places(audience.company, audience.visible)}


@register
class HomeWorkspaces(LiveRegion):
    """The same on the company's home page, with room to say more."""

    shapes = (Workspaces, DataTables)
    template = "workspaces/_home.html"

    def audience(self, access: WorkspaceAccess) -> Audience | None:
        """Who may add tables where is shown, too."""
        visible = access.visible_workspaces()
        return Audience(
            company=access.tenant,
            visible=visible,
            manages=access.may_manage(),
            editable=None
            if visible is None
            else tuple(key for key in visible if access.may_edit(key)),
        )

    def context(self, audience: Audience) -> dict[str, Any]:
        """The workspaces with their tables."""
        return {"places": _places(audience.company, audience.visible, editable=audience.editable)}


@register
class WorkspaceTitle(LiveRegion):
    """What a workspace is called."""

    shapes = (Workspaces, TablesOfWorkspace)
    template = "workspaces/_workspace_title.html"

    def audience(self, access: WorkspaceAccess, workspace_id: UUID) -> Audience | None:
        """Whoever sees it."""
        return _workspace_audience(access, workspace_id)

    def context(self, audience: Audience, workspace_id: UUID) -> dict[str, Any]:
        """The workspace."""
        found = Workspace.objects.filter(pk=workspace_id, company_id=audience.company)
        return {"workspace": found.first()}


@register
class WorkspaceTables(LiveList):
    """The tables of a workspace."""

    shape = TablesOfWorkspace
    template = "workspaces/_table_item.html"
    tag = "tbody"

    def audience(self, access: WorkspaceAccess, workspace_id: UUID) -> Audience | None:
        """Whoever sees it."""
        return _workspace_audience(access, workspace_id)

    def queryset(self, audience: Audience, workspace_id: UUID) -> QuerySet[DataTable]:
        """Those that are not in the trash."""
        return DataTable.objects.filter(workspace_id=workspace_id, trashed_at=None).order_by(
            "position", "id"
        )


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


# Owners and admins may view any workspace of theirs, whatever its id: so what is not read through
# a list, where the library joins the company, is read with the company of the audience.


def _workspace_audience(access: WorkspaceAccess, workspace_id: UUID) -> Audience | None:
    return Audience(company=access.tenant) if access.may_view(workspace_id) else None


def _table_audience(access: WorkspaceAccess, workspace_id: UUID) -> Audience | None:
    if not access.may_view(workspace_id):
        return None
    return Audience(company=access.tenant, can_edit=access.may_edit(workspace_id))


def _columns(audience: Audience, workspace_id: UUID, table_id: UUID) -> list[ColumnView]:
    found = DataTableColumn.objects.filter(
        table_id=table_id, workspace_id=workspace_id, company_id=audience.company
    )
    return ColumnView.all_of(found.order_by("position", "id"))


def _people_named_by(columns: Iterable[ColumnView]) -> dict[str, Membership]:
    for column in columns:
        if column.type == DataTableColumn.Type.PERSON:
            company = column.column.company_id
            return {
                str(member.user_id): member
                for member in Membership.objects.filter(company_id=company)
            }
    return {}


def _places(
    company: str, visible: tuple[UUID, ...] | None, *, editable: tuple[UUID, ...] | None = ()
) -> list[Place]:
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
