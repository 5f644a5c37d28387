"""``/api/data-tables``."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Status

from workspaces.actions import tables as actions
from workspaces.errors import Invalid
from workspaces.models import DataTable

from .acting import actor_of
from .reading import reading, table_of, workspace_of
from .schemas import REFUSALS, WRITE_REFUSALS, Name, TableIn, TableOut

router = Router(tags=["Tables"])


@router.get("/workspaces/{workspace_id}/data-tables", response={200: list[TableOut], **REFUSALS})
def list_tables(request: HttpRequest, workspace_id: UUID) -> list[DataTable]:
    """The tables of a workspace."""
    with reading(request) as access:
        return list(access.tables().filter(workspace=workspace_of(access, workspace_id)))


@router.post("/workspaces/{workspace_id}/data-tables", response={201: TableOut, **WRITE_REFUSALS})
def create_table(request: HttpRequest, workspace_id: UUID, body: Name) -> Status[DataTable]:
    """Make a table with one text column, "Name"."""
    return Status(201, actions.create_table(actor_of(request), workspace_id, body.name))


@router.get("/data-tables/{table_id}", response={200: TableOut, **REFUSALS})
def get_table(request: HttpRequest, table_id: UUID) -> DataTable:
    """One table."""
    with reading(request) as access:
        return table_of(access, table_id)


@router.put("/data-tables/{table_id}", response={200: TableOut, **WRITE_REFUSALS})
def change_table(request: HttpRequest, table_id: UUID, body: TableIn) -> DataTable:
    """Give a table another name, or move it to another workspace.

    To move it you must be able to edit both. Who does not see the new one loses it at once.
    """
    actor = actor_of(request)
    table = None
    with transaction.atomic():
        if body.name is not None:
            table = actions.rename_table(actor, table_id, body.name)
        if body.workspace_id is not None:
            table = actions.move_table(actor, table_id, body.workspace_id)
    if table is None:
        raise Invalid({"name": "Give the new name, or the workspace to move to."})
    return table


@router.delete("/data-tables/{table_id}", response={204: None, **WRITE_REFUSALS})
def delete_table(request: HttpRequest, table_id: UUID) -> Status[None]:
    """Put a table in the trash."""
    actions.delete_table(actor_of(request), table_id)
    return Status(204, None)


@router.post("/data-tables/{table_id}/restore", response={200: TableOut, **WRITE_REFUSALS})
def restore_table(request: HttpRequest, table_id: UUID) -> DataTable:
    """Take a table out of the trash."""
    return actions.restore_table(actor_of(request), table_id)
