"""The product's tables, one module a noun.

Every synced row carries ``company_id`` and, below a workspace, ``workspace_id``. They are kept true
by composite foreign keys in the database (migration 0002), so that no road, psql included, can make
a row lie about its place: a table that moves to another workspace takes its columns, views and rows
along.

Deletes cascade in the database as well. Django is told ``DO_NOTHING`` and collects no rows, so
deleting a table of a million rows is one statement.
"""

from .audit import AuditLog
from .columns import DataTableColumn
from .companies import Company
from .memberships import Membership, Role, WorkspaceGrant
from .rows import DataTableRow, TrashedRow
from .tables import DataTable
from .users import User
from .views import DataTableView
from .workspaces import Workspace

__all__ = [
    "AuditLog",
    "Company",
    "DataTable",
    "DataTableColumn",
    "DataTableRow",
    "DataTableView",
    "Membership",
    "Role",
    "TrashedRow",
    "User",
    "Workspace",
    "WorkspaceGrant",
]
