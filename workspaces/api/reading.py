"""Reading for an answer: access and data in the same snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast
from uuid import UUID

from django.http import HttpRequest

from electric_sync.access import access_of
from electric_sync.snapshots import read_snapshot
from workspaces.access import WorkspaceAccess
from workspaces.errors import NotFound, NotSignedIn
from workspaces.models import DataTable, Workspace


@contextmanager
def reading(request: HttpRequest) -> Iterator[WorkspaceAccess]:
    """A snapshot, with what the person behind the request may see in it.

    The answer must be complete when it ends: nothing may be read later.
    """
    with read_snapshot():
        access = access_of(request)
        if access is None:
            raise NotSignedIn
        yield cast(WorkspaceAccess, access)


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
