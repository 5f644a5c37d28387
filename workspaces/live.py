"""What is live on the product's pages: whatever depends on who looks, and what others change.

A rendering depends on its parameters and its audience alone. An audience carries no more
than the template or the query needs, so that people share renderings: whether they may edit,
and which workspaces they see (`None`: all of them). Outside of live views a page is the same
for all who may open it, so a change of somebody's role or grants never needs a reload.

Owners and admins may view any workspace of theirs, whatever its id: so what is not read through
a list, where the library joins the company, is read with the company of the audience.
"""

# Views name their parameters, which the library passes by name: that is their declaration.
# mypy: disable-error-code="override"

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, QuerySet

from electric_sync.live import Audience, LiveList, LiveRegion
from electric_sync.shapes import register
from workspaces.access import SEES_ALL, WorkspaceAccess
from workspaces.models import (
    AuditLog,
    Company,
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
    OwnCompany,
    OwnMemberships,
    People,
    TablesOfWorkspace,
    Workspaces,
)

MOST_TO_ASK = 4
"""So many of those who manage a company are named to somebody who has lost access."""


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
            Exists(_table(audience, workspace_id, table_id)),
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
        table = _table(audience, workspace_id, table_id).select_related("workspace").first()
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
        return _workspace_audience(access, workspace_id)

    def context(self, audience: Audience, workspace_id: UUID, table_id: UUID) -> dict[str, Any]:
        """The number."""
        rows = DataTableRow.objects.filter(
            company_id=audience.company, workspace_id=workspace_id, table_id=table_id
        )
        return {"count": rows.count()}


# ── Forms ───────────────────────────────────────────────────────────────────


@register
class EditingGuard(LiveRegion):
    """Empty. It is withdrawn from a form, and the form with it, once its viewer may not edit."""

    shapes = ()
    params = {"workspace_id": UUID}
    template = "workspaces/_guard.html"

    def audience(self, access: WorkspaceAccess, workspace_id: UUID) -> Audience | None:
        """Editors of the workspace."""
        return Audience() if access.may_edit(workspace_id) else None


@register
class ManagingGuard(LiveRegion):
    """The same for the forms of owners and admins."""

    shapes = ()
    template = "workspaces/_guard.html"

    def audience(self, access: WorkspaceAccess) -> Audience | None:
        """Owners and admins."""
        return Audience() if access.may_manage() else None


# ── Workspaces and what is in them ──────────────────────────────────────────


@register
class Companies(LiveRegion):
    """The company that is open, and the viewer's others, to switch to."""

    shapes = (OwnMemberships, OwnCompany)
    template = "workspaces/_companies.html"

    def audience(self, access: WorkspaceAccess, user_id: UUID) -> Audience | None:
        """The viewer alone."""
        return Audience(company=access.tenant)

    def context(self, audience: Audience, user_id: UUID) -> dict[str, Any]:
        """The companies, in the order in which they were joined."""
        theirs = Membership.objects.filter(user_id=user_id).select_related("company")
        companies = [each.company for each in theirs.order_by("created_at", "id")]
        return {
            "companies": companies,
            "open": next((each for each in companies if str(each.pk) == audience.company), None),
        }


@register
class Me(LiveRegion):
    """The viewer's name and role."""

    shapes = (OwnMemberships,)
    template = "workspaces/_me.html"

    def audience(self, access: WorkspaceAccess, user_id: UUID) -> Audience | None:
        """The viewer alone."""
        return Audience(company=access.tenant)

    def context(self, audience: Audience, user_id: UUID) -> dict[str, Any]:
        """The viewer as a member of the company."""
        return {
            "member": Membership.objects.filter(
                user_id=user_id, company_id=audience.company
            ).first()
        }


@register
class WhomToAsk(LiveRegion):
    """Who can give access, for whoever has lost some. A script shows it then."""

    shapes = (People,)
    template = "workspaces/_whom_to_ask.html"

    def audience(self, access: WorkspaceAccess) -> Audience | None:
        """Every member may write to those who manage the company."""
        return Audience(company=access.tenant)

    def context(self, audience: Audience) -> dict[str, Any]:
        """The first few of them, owners first."""
        managers = Membership.objects.filter(
            company_id=audience.company, role__in=SEES_ALL, active=True
        )
        return {"people": managers.order_by("-role", "created_at", "id")[:MOST_TO_ASK]}


@register
class Sidebar(LiveRegion):
    """All that the viewer may open."""

    shapes = (Workspaces, DataTables)
    template = "workspaces/_sidebar.html"

    def audience(self, access: WorkspaceAccess) -> Audience | None:
        """What is shown depends on what may be seen."""
        return Audience(
            company=access.tenant,
            visible=access.visible_workspaces(),
            manages=access.may_manage(),
        )

    def context(self, audience: Audience) -> dict[str, Any]:
        """The workspaces with their tables."""
        return {"places": _places(audience.company, audience.visible)}


@register
class HomeWorkspaces(LiveRegion):
    """The same on the company's home page, with room to say more."""

    shapes = (OwnCompany, Workspaces, DataTables)
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
        """The company, and its workspaces with their tables."""
        return {
            "company": Company.objects.filter(pk=audience.company).first(),
            "places": _places(audience.company, audience.visible, editable=audience.editable),
        }


class OfWorkspace(LiveRegion):
    """What a workspace's page shows beside its tables."""

    shapes = (Workspaces,)
    params = {"workspace_id": UUID}

    def audience(self, access: WorkspaceAccess, workspace_id: UUID) -> Audience | None:
        """Whoever sees it; editors may make tables, owners and admins manage it."""
        if not access.may_view(workspace_id):
            return None
        return Audience(
            company=access.tenant,
            can_edit=access.may_edit(workspace_id),
            manages=access.may_manage(),
        )

    def context(self, audience: Audience, workspace_id: UUID) -> dict[str, Any]:
        """The workspace; none, once it was deleted."""
        return {"workspace": _workspace(audience, workspace_id).first()}


@register
class WorkspaceTitle(OfWorkspace):
    """What a workspace is called, and its menu."""

    template = "workspaces/_workspace_title.html"


@register
class WorkspaceEmpty(OfWorkspace):
    """What stands where no tables are."""

    template = "workspaces/_workspace_empty.html"


@register
class WorkspaceTables(LiveList):
    """The tables of a workspace."""

    shape = TablesOfWorkspace
    also = (Workspaces,)
    template = "workspaces/_table_item.html"
    tag = "tbody"

    def audience(self, access: WorkspaceAccess, workspace_id: UUID) -> Audience | None:
        """Whoever sees it."""
        return _workspace_audience(access, workspace_id)

    def queryset(self, audience: Audience, workspace_id: UUID) -> QuerySet[DataTable]:
        """Those that are not in the trash, alone or with the workspace."""
        return DataTable.objects.filter(
            Exists(_workspace(audience, workspace_id)), workspace_id=workspace_id, trashed_at=None
        ).order_by("position", "id")


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


def _workspace_audience(access: WorkspaceAccess, workspace_id: UUID) -> Audience | None:
    return Audience(company=access.tenant) if access.may_view(workspace_id) else None


def _table_audience(access: WorkspaceAccess, workspace_id: UUID) -> Audience | None:
    if not access.may_view(workspace_id):
        return None
    return Audience(company=access.tenant, can_edit=access.may_edit(workspace_id))


def _workspace(audience: Audience, workspace_id: UUID) -> QuerySet[Workspace]:
    return Workspace.objects.filter(pk=workspace_id, company_id=audience.company, trashed_at=None)


def _table(audience: Audience, workspace_id: UUID, table_id: UUID) -> QuerySet[DataTable]:
    return DataTable.objects.filter(
        pk=table_id,
        workspace_id=workspace_id,
        company_id=audience.company,
        trashed_at=None,
        workspace__trashed_at=None,
    )


def _columns(audience: Audience, workspace_id: UUID, table_id: UUID) -> list[ColumnView]:
    found = DataTableColumn.objects.filter(
        table__in=_table(audience, workspace_id, table_id), workspace_id=workspace_id
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
