"""The parts of tables that may be followed, and by whom.

The library joins the company to every shape. A shape below a workspace has ``workspace_id`` among
its parameters, and ``allows`` is asked about that one: so a table that moves away leaves the shape
by itself, and a table of another workspace answers nothing.

``Workspaces``, ``DataTables`` and ``People`` have no parameters: they tell *that* something changed
in the company's outline, to sidebars, titles and person cells. What is then shown is read with the
viewer's audience. Before their rows are sent as they are to somebody who does not see every
workspace, their where clause must say which ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from electric_sync.access import Access
from electric_sync.models import LiveSocket, Receipt, UserSession
from electric_sync.shapes import Shape, register

from .access import WorkspaceAccess
from .models import (
    AuditLog,
    Company,
    DataTable,
    DataTableColumn,
    DataTableRow,
    DataTableView,
    Membership,
    Workspace,
    WorkspaceGrant,
)


@register
class Workspaces(Shape):
    """The workspaces of the company."""

    model = Workspace
    columns = ("id", "company_id", "name", "position", "trashed_at")
    params = ()

    def allows(self, access: Access, **params: Any) -> bool:
        """Every member: see above."""
        return isinstance(access, WorkspaceAccess)


@register
class OwnCompany(Shape):
    """The company that is open."""

    model = Company
    columns = ("id", "name")
    params = ()
    tenant = "id"

    def allows(self, access: Access, **params: Any) -> bool:
        """Every member."""
        return isinstance(access, WorkspaceAccess)


@register
class OwnMemberships(Shape):
    """A person's memberships, in every company of theirs: for that very person."""

    model = Membership
    columns = ("id", "company_id", "user_id", "role", "name")
    params = ("user_id",)
    tenant = None

    def allows(self, access: Access, **params: Any) -> bool:
        """Nobody else's."""
        return bool(access.user_id == params["user_id"])


@register
class DataTables(Shape):
    """The tables of the company."""

    model = DataTable
    columns = ("id", "company_id", "workspace_id", "name", "position", "trashed_at")
    params = ()

    def allows(self, access: Access, **params: Any) -> bool:
        """Every member: see above."""
        return isinstance(access, WorkspaceAccess)


@register
class People(Shape):
    """The people of the company, by name: for person cells."""

    model = Membership
    columns = ("id", "company_id", "user_id", "name")
    params = ()

    def allows(self, access: Access, **params: Any) -> bool:
        """Every member."""
        return isinstance(access, WorkspaceAccess)


class OfWorkspace(Shape):
    """What is seen by whoever sees the workspace."""

    def allows(self, access: Access, **params: Any) -> bool:
        """Those who see the workspace. The other parameters only narrow its rows."""
        return cast(WorkspaceAccess, access).may_view(params["workspace_id"])


@register
class TablesOfWorkspace(OfWorkspace):
    """The tables of one workspace."""

    model = DataTable
    columns = ("id", "company_id", "workspace_id", "name", "position", "trashed_at")
    params = ("workspace_id",)


@register
class DataTableColumns(OfWorkspace):
    """The columns of a table."""

    model = DataTableColumn
    columns = (
        "id",
        "company_id",
        "workspace_id",
        "table_id",
        "name",
        "type",
        "options",
        "position",
        "width",
    )
    params = ("workspace_id", "table_id")


@register
class DataTableViews(OfWorkspace):
    """The saved views of a table."""

    model = DataTableView
    columns = (
        "id",
        "company_id",
        "workspace_id",
        "table_id",
        "name",
        "kind",
        "filters",
        "sorts",
        "hidden_columns",
        "position",
    )
    params = ("workspace_id", "table_id")


@register
class DataTableRows(OfWorkspace):
    """The rows of a table."""

    model = DataTableRow
    columns = (
        "id",
        "company_id",
        "workspace_id",
        "table_id",
        "position",
        "cells",
        "created_at",
        "updated_at",
        "updated_by",
    )
    params = ("workspace_id", "table_id")


class OfManagers(Shape):
    """What only owners and admins see."""

    params: ClassVar[Sequence[str]] = ()

    def allows(self, access: Access, **params: Any) -> bool:
        """Owners and admins."""
        return cast(WorkspaceAccess, access).may_manage()


@register
class Users(OfManagers):
    """The members of the company with role and e-mail address."""

    model = Membership
    columns = ("id", "company_id", "user_id", "name", "email", "role", "created_at")


@register
class WorkspaceGrants(OfManagers):
    """Who was given which workspace."""

    model = WorkspaceGrant
    columns = ("id", "company_id", "workspace_id", "user_id", "level", "created_at")


@register
class Devices(OfManagers):
    """The sign-ins that have this company open."""

    model = UserSession
    tenant = "tenant"
    columns = ("id", "user_id", "tenant", "user_agent", "created_at", "ended_at", "last_seen_at")


@register
class ConnectedPages(OfManagers):
    """The pages of this company that are connected right now."""

    model = LiveSocket
    tenant = "tenant"
    columns = ("id", "session_id", "tenant", "since", "seen_at")


@register
class AccessReceipts(OfManagers):
    """Which devices had to be cleared after a change of access, and which are."""

    model = Receipt
    tenant = "tenant"
    columns = ("id", "tenant", "user", "session_id", "user_agent", "raised_at", "cleared_at")


@register
class OwnDevices(Shape):
    """A person's own sign-ins, whichever company they have open."""

    model = UserSession
    tenant = None
    columns = ("id", "user_id", "user_agent", "created_at", "ended_at", "last_seen_at")
    params = ("user_id",)

    def allows(self, access: Access, **params: Any) -> bool:
        """Nobody else's."""
        return bool(access.user_id == params["user_id"])


@register
class AuditLogs(OfManagers):
    """What was done in the company."""

    model = AuditLog
    columns = (
        "id",
        "company_id",
        "workspace_id",
        "table_id",
        "target_id",
        "target_name",
        "action",
        "user_id",
        "user_name",
        "via",
        "details",
        "created_at",
    )


@register
class AuditLogsOfPerson(AuditLogs):
    """What one person did."""

    params = ("user_id",)
