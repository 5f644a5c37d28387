"""``/api/data-tables/…/rows`` and ``/api/rows``."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status

from workspaces.access import WorkspaceAccess
from workspaces.actions import rows as actions
from workspaces.errors import Invalid, NotFound
from workspaces.filters import Order
from workspaces.models import DataTable, DataTableRow

from .acting import actor_of
from .reading import reading, table_of
from .schemas import (
    REFUSALS,
    WRITE_REFUSALS,
    CellsIn,
    ConflictProblem,
    InvalidProblem,
    RestoredRows,
    RowIn,
    RowKeys,
    RowOut,
    RowPage,
)

MAX_PAGE = 500  # rows in one answer

router = Router(tags=["Rows"])

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="How many rows at most.")]
After = Annotated[str | None, Query(description="The `next` of the page before.")]
Sort = Annotated[
    str | None, Query(description="A column id to sort by, with a leading minus for descending.")
]


@router.get(
    "/data-tables/{table_id}/rows", response={200: RowPage, 422: InvalidProblem, **REFUSALS}
)
def list_rows(
    request: HttpRequest,
    table_id: UUID,
    limit: Limit = 100,
    after: After = None,
    sort: Sort = None,
) -> RowPage:
    """The rows of a table, a page at a time, in their own order or sorted by a column."""
    with reading(request) as access:
        table = table_of(access, table_id)
        rows, cursor = _order(table, sort).page(table.rows.all(), limit, after)
        return RowPage(rows=[RowOut.from_orm(row) for row in rows], next=cursor)


@router.post("/data-tables/{table_id}/rows", response={201: RowOut, **WRITE_REFUSALS})
def add_row(request: HttpRequest, table_id: UUID, body: RowIn) -> Status[DataTableRow]:
    """Add a row."""
    actor = actor_of(request)
    return Status(201, actions.add_row(actor, table_id, cells=body.cells, after=body.after))


@router.post("/data-tables/{table_id}/rows/restore", response={200: RestoredRows, **WRITE_REFUSALS})
def restore_rows(request: HttpRequest, table_id: UUID, body: RowKeys) -> RestoredRows:
    """Undo the deletion of rows, for 30 days."""
    return RestoredRows(ids=actions.restore_rows(actor_of(request), table_id, body.ids))


@router.get("/rows/{row_id}", response={200: RowOut, **REFUSALS})
def get_row(request: HttpRequest, row_id: UUID) -> DataTableRow:
    """One row."""
    with reading(request) as access:
        return _row_of(access, row_id)


@router.patch("/rows/{row_id}", response={200: RowOut, 409: ConflictProblem, **WRITE_REFUSALS})
def set_cells(request: HttpRequest, row_id: UUID, body: CellsIn) -> DataTableRow:
    """Write cells. Those that are left out stay; `null` empties a cell."""
    return actions.set_cells(actor_of(request), row_id, cells=body.cells, was=body.was)


@router.delete("/rows/{row_id}", response={204: None, **WRITE_REFUSALS})
def delete_row(request: HttpRequest, row_id: UUID) -> Status[None]:
    """Delete a row. It can be restored for 30 days."""
    actor = actor_of(request)
    with reading(request) as access:
        row = _row_of(access, row_id)
    if not actions.delete_rows(actor, row.table_id, [row.pk]):
        raise NotFound("row")
    return Status(204, None)


def _order(table: DataTable, sort: str | None) -> Order:
    if not sort:
        return Order()
    key = sort.removeprefix("-")
    for column in table.columns.all():
        if str(column.pk) == key:
            return Order(column, descending=sort.startswith("-"))
    raise Invalid({"sort": "The table has no such column."})


def _row_of(access: WorkspaceAccess, key: UUID) -> DataTableRow:
    found = DataTableRow.objects.filter(pk=key, table__in=access.tables()).first()
    if found is None:
        raise NotFound("row")
    return found
