"""Reading for an answer: access and data in the same snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.http import HttpRequest

from electric_sync.snapshots import read_snapshot
from workspaces.access import WorkspaceAccess, access_behind, managing
from workspaces.errors import Forbidden, NotFound
from workspaces.models import DataTable, Membership, Workspace


@contextmanager
def reading(request: HttpRequest) -> Iterator[WorkspaceAccess]:
    """A snapshot, with what the person behind the request may see in it.

    The answer must be complete when it ends: nothing may be read later.
    """
    with read_snapshot():
        yield access_behind(request)


@contextmanager
def managing_reader(
    request: HttpRequest, workspace_id: UUID | None = None
) -> Iterator[WorkspaceAccess]:
    """The same for what only owners and admins see. A workspace that is not there comes first."""
    with reading(request) as access:
        if workspace_id is not None:
            workspace_of(access, workspace_id)
        decision = managing(access.role)
        if not decision:
            raise Forbidden(decision.reason)
        yield access


def member_of(access: WorkspaceAccess, key: UUID) -> Membership:
    """Somebody of the company."""
    found = Membership.objects.filter(company_id=access.company_id, pk=key).first()
    if found is None:
        raise NotFound("person")
    return found


def workspace_of(access: WorkspaceAccess, key: UUID) -> Workspace:
    """A workspace that is there for them."""
    found = access.workspaces().filter(pk=key).first()
    if found is None:
        raise NotFound("workspace")
    return found


def table_of(access: WorkspaceAccess, key: UUID) -> DataTable:
    """A table that is there for them."""
    found = access.tables().filter(pk=key).first()
    if found is None:
        raise NotFound("table")
    return found
