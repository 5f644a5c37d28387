"""``/api/data-tables/…/columns`` and ``/api/columns``."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Status

from workspaces.actions import columns as actions
from workspaces.models import DataTableColumn

from .acting import actor_of
from .reading import reading, table_of
from .schemas import REFUSALS, WRITE_REFUSALS, ColumnChange, ColumnIn, ColumnOut

router = Router(tags=["Columns"])


@router.get("/data-tables/{table_id}/columns", response={200: list[ColumnOut], **REFUSALS})
def list_columns(request: HttpRequest, table_id: UUID) -> list[DataTableColumn]:
    """The columns of a table, in order."""
    with reading(request) as access:
        return list(table_of(access, table_id).columns.all())


@router.post("/data-tables/{table_id}/columns", response={201: ColumnOut, **WRITE_REFUSALS})
def create_column(request: HttpRequest, table_id: UUID, body: ColumnIn) -> Status[DataTableColumn]:
    """Add a column: text, number, checkbox, date, select or person."""
    column = actions.create_column(
        actor_of(request),
        table_id,
        name=body.name,
        type=body.type,
        options=body.options,
        width=body.width,
    )
    return Status(201, column)


@router.put("/columns/{column_id}", response={200: ColumnOut, **WRITE_REFUSALS})
def change_column(request: HttpRequest, column_id: UUID, body: ColumnChange) -> DataTableColumn:
    """Change a column's name, options or width."""
    actor = actor_of(request)
    with transaction.atomic():
        if body.name is not None:
            actions.rename_column(actor, column_id, body.name)
        return actions.change_column(actor, column_id, options=body.options, width=body.width)


@router.delete("/columns/{column_id}", response={204: None, **WRITE_REFUSALS})
def delete_column(request: HttpRequest, column_id: UUID) -> Status[None]:
    """Delete a column and what its cells hold, for good."""
    actions.delete_column(actor_of(request), column_id)
    return Status(204, None)
