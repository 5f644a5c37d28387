"""A table: its rows, its head, and what stands around them."""

# Views name their parameters, which the library passes by name: that is their declaration.
# mypy: disable-error-code="override"

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Exists, QuerySet

from electric_sync.live import Audience, LiveList, LiveRegion
from electric_sync.shapes import register
from workspaces.access import WorkspaceAccess
from workspaces.live.places import table_in
from workspaces.models import DataTableColumn, DataTableRow, Membership
from workspaces.pages.sheet import ColumnView
from workspaces.shapes import (
    DataTableColumns,
    DataTableRows,
    People,
    TablesOfWorkspace,
    Workspaces,
)


@register
class TableRows(LiveList):
    """The rows of a table, in their order."""

    shape = DataTableRows
    also = (DataTableColumns, People, TablesOfWorkspace, Workspaces)
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
        """All of them, unless the table or its workspace is in the trash."""
        return DataTableRow.objects.filter(
            Exists(table_in(audience, workspace_id, table_id)),
            table_id=table_id,
            workspace_id=workspace_id,
        ).order_by("position", "id")

    def context(self, audience: Audience, workspace_id: UUID, table_id: UUID) -> dict[str, Any]:
        """The columns, and the people that cells may name."""
        columns = _columns(audience, workspace_id, table_id)
        return {"columns": columns, "people": _people_named_by(columns)}


@register
class TableHead(LiveRegion):
    """The column heads, with their menus for those who may edit."""

    shapes = (DataTableColumns, TablesOfWorkspace, Workspaces)
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


class OfTable(LiveRegion):
    """What a table's page shows beside its cells."""

    shapes = (Workspaces, TablesOfWorkspace)
    params = {"table_id": UUID}

    def audience(
        self, access: WorkspaceAccess, workspace_id: UUID, table_id: UUID
    ) -> Audience | None:
        """Whoever sees the workspace; editors get buttons."""
        return _table_audience(access, workspace_id)

    def context(self, audience: Audience, workspace_id: UUID, table_id: UUID) -> dict[str, Any]:
        """The table and its workspace; none, once it was deleted or moved away."""
        table = table_in(audience, workspace_id, table_id).select_related("workspace").first()
        return {"table": table, "workspace": table and table.workspace}


@register
class TableTitle(OfTable):
    """Where a table is, what it is called, its menu. The script takes the page's title from it."""

    template = "workspaces/_table_title.html"


@register
class TableToolbar(OfTable):
    """What can be done with rows, or that nothing can, and why."""

    template = "workspaces/_table_toolbar.html"


@register
class TableEnd(OfTable):
    """What stands under the last row, or instead of rows."""

    template = "workspaces/_table_end.html"


@register
class TableCount(LiveRegion):
    """How many rows there are. Counting many takes its time, so it is done every few seconds."""

    shapes = (DataTableRows,)
    template = "workspaces/_table_count.html"
    tag = "span"
    pause = 2.0

    def audience(
        self, access: WorkspaceAccess, workspace_id: UUID, table_id: UUID
    ) -> Audience | None:
        """Whoever sees the workspace."""
        return Audience(company=access.tenant) if access.may_view(workspace_id) else None

    def context(self, audience: Audience, workspace_id: UUID, table_id: UUID) -> dict[str, Any]:
        """The number."""
        rows = DataTableRow.objects.filter(
            company_id=audience.company, workspace_id=workspace_id, table_id=table_id
        )
        return {"count": rows.count()}


def _table_audience(access: WorkspaceAccess, workspace_id: UUID) -> Audience | None:
    if not access.may_view(workspace_id):
        return None
    return Audience(company=access.tenant, can_edit=access.may_edit(workspace_id))


def _columns(audience: Audience, workspace_id: UUID, table_id: UUID) -> list[ColumnView]:
    found = DataTableColumn.objects.filter(
        table__in=table_in(audience, workspace_id, table_id), workspace_id=workspace_id
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
