"""Finding what a page is about. What is not there for the viewer is a 404."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.http import Http404, HttpRequest

from workspaces.access import WorkspaceAccess
from workspaces.models import DataTable, DataTableColumn, Membership, Workspace

Found = TypeVar("Found")


def access_in(request: HttpRequest) -> WorkspaceAccess:
    """Return what `live_page` read."""
    access = getattr(request, "access", None)
    if not isinstance(access, WorkspaceAccess):
        raise TypeError("Only within a live_page.")
    return access


def workspace_of(access: WorkspaceAccess, key: UUID) -> Workspace:
    """Find a workspace."""
    return _found(access.workspaces().filter(pk=key).first())


def table_of(access: WorkspaceAccess, key: UUID) -> DataTable:
    """Find a table, with its workspace."""
    return _found(access.tables().select_related("workspace").filter(pk=key).first())


def column_of(access: WorkspaceAccess, key: UUID) -> DataTableColumn:
    """Find a column, with its table."""
    return _found(
        DataTableColumn.objects.select_related("table")
        .filter(pk=key, table__in=access.tables())
        .first()
    )


def member_of(access: WorkspaceAccess, key: UUID) -> Membership:
    """Find somebody of the company, for those who manage it."""
    return _found(
        Membership.objects.select_related("user")
        .filter(pk=key, company_id=access.company_id)
        .first()
    )


def _found(thing: Found | None) -> Found:
    if thing is None:
        raise Http404
    return thing
