"""What goes in and out, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Field, Schema
from pydantic import ConfigDict

Cells = Annotated[dict[str, Any], Field(max_length=100)]
"""Values by column id. What the type of a column stores is in ``workspaces.columns``."""


class Strict(Schema):
    """A body that has no other fields than these: a field that is misspelt is not passed over."""

    model_config = ConfigDict(extra="forbid")


class Name(Strict):
    """A name."""

    name: str


class WorkspaceOut(Schema):
    """A workspace."""

    id: UUID
    name: str
    created_at: datetime


class TableIn(Strict):
    """What is changed of a table; what is left out stays."""

    name: str | None = None
    workspace_id: UUID | None = Field(None, description="Move the table to this workspace.")


class TableOut(Schema):
    """A table."""

    id: UUID
    workspace_id: UUID
    name: str
    created_at: datetime


class ColumnIn(Strict):
    """A new column."""

    name: str
    type: str = "text"
    options: dict[str, Any] | None = None
    width: int | None = None


class ColumnChange(Strict):
    """What is changed of a column; what is left out stays."""

    name: str | None = None
    options: dict[str, Any] | None = None
    width: int | None = None


class ColumnOut(Schema):
    """A column."""

    id: UUID
    table_id: UUID
    name: str
    type: str
    options: dict[str, Any]
    width: int


class RowIn(Strict):
    """A new row."""

    cells: Cells = {}
    after: UUID | None = Field(None, description="The row to put it behind; else it is the last.")


class CellsIn(Strict):
    """Cells to write. `was` is what they held when they were read: if that has changed, 409."""

    cells: Cells
    was: Cells | None = None


class RowOut(Schema):
    """A row. An empty cell is left out."""

    id: UUID
    table_id: UUID
    cells: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    updated_by: UUID | None


class RowPage(Schema):
    """Some rows, and the cursor of the next ones if there are more."""

    rows: list[RowOut]
    next: str | None


class RowKeys(Strict):
    """Rows by their ids."""

    ids: Annotated[list[UUID], Field(max_length=1000)]


class RestoredRows(Schema):
    """Those that were in the trash and are back."""

    ids: list[UUID]


class Problem(Schema):
    """What went wrong."""

    type: str
    title: str
    status: int
    detail: str


class InvalidProblem(Problem):
    """What does not fit, a sentence for each field, or for each cell by column id."""

    errors: dict[str, str]


class Conflict(Schema):
    """A cell that somebody changed meanwhile."""

    column: str
    stored: Any
    wanted: Any
    was: Any
    by: str | None = Field(description="Who stored it, where that is known.")
    at: datetime | None


class ConflictProblem(Problem):
    """Cells that somebody changed meanwhile; nothing was written."""

    conflicts: list[Conflict]


REFUSALS = {401: Problem, 404: Problem}
"""What any operation may answer."""
WRITE_REFUSALS = {**REFUSALS, 403: Problem, 422: InvalidProblem}
"""What any operation may answer that changes something."""
