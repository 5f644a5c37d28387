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


class MemberIn(Strict):
    """Somebody to add. The name counts only for who is new to the whole installation."""

    email: str
    name: str = ""
    role: str = Field("viewer", description="`owner`, `admin`, `editor` or `viewer`.")


class RoleIn(Strict):
    """Another role."""

    role: str = Field(description="`owner`, `admin`, `editor` or `viewer`.")


class MemberOut(Schema):
    """Somebody of the company."""

    id: UUID
    user_id: UUID = Field(description="What grants and person cells name.")
    name: str
    email: str
    role: str
    active: bool = Field(description="`false`: locked out, may not sign in anywhere.")
    created_at: datetime


class AddedMember(Schema):
    """Who was added, and whether an account was made for them."""

    member: MemberOut
    is_new: bool


class Sees(Schema):
    """What somebody may do in a workspace, and why."""

    workspace_id: UUID
    workspace: str
    level: str | None = Field(description="`edit`, `view`, or `null`: they do not see it.")
    reason: str


class MemberDetail(MemberOut):
    """Somebody of the company, and what they see."""

    workspaces: list[Sees]


class EndedDevices(Schema):
    """How many sign-ins were ended."""

    ended: int


class GrantIn(Strict):
    """The level of a grant."""

    level: str = Field(description="`view` or `edit`. A viewer only looks all the same.")


class GrantOut(Schema):
    """A workspace that somebody was given."""

    workspace_id: UUID
    user_id: UUID
    level: str
    created_at: datetime


class Seen(Schema):
    """What somebody may do in the workspace, and why."""

    user_id: UUID
    name: str
    role: str
    grant: str | None = Field(description="What they were given: `view`, `edit` or nothing.")
    level: str | None = Field(description="`edit`, `view`, or `null`: they do not see it.")
    reason: str


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
