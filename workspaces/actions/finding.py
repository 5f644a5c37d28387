"""Finding and locking what an action changes. What belongs to another company is not there."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_email
from django.db import connection
from django.db.models import Model

from workspaces.access import Actor
from workspaces.errors import Invalid, NotFound
from workspaces.keys import uuid_of
from workspaces.models import (
    Company,
    DataTable,
    DataTableColumn,
    DataTableRow,
    Membership,
    Workspace,
)
from workspaces.models.fields import MAX_NAME
from workspaces.text import one_line

Found = TypeVar("Found", bound=Model)

MAX_EMAIL = 254  # characters of an address

HOLD_COLUMNS = """
    select from data_table_columns where company_id = %s and id = any(%s) order by id for key share
"""

HOLD_WORKSPACES = """
    select from workspaces where company_id = %s and id = any(%s) order by id for no key update
"""


def key_of(thing: Model | UUID) -> UUID:
    """The key of something that was given as an object or by its key."""
    return thing if isinstance(thing, UUID) else UUID(str(thing.pk))


def lock_company(actor: Actor) -> Company:
    """The company, held against other changes of its people and of how many workspaces it has."""
    found = Company.objects.select_for_update(no_key=True).filter(pk=actor.company_id).first()
    if found is None:
        raise NotFound("company")
    return found


def hold_workspaces(actor: Actor, *ids: UUID) -> None:
    """Hold several workspaces against other changes, always in the same order."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD_WORKSPACES, [actor.company_id, list(ids)])


def hold_member(actor: Actor, **which: UUID) -> Membership:
    """Somebody of the company, by ``pk`` or ``user_id``, who stays what they are until the
    transaction ends."""
    found = Membership.objects.filter(company_id=actor.company_id, **which).order_by()
    sql, params = found.query.sql_with_params()
    member = next(iter(Membership.objects.raw(f"{sql} for share", params)), None)
    if member is None:
        raise NotFound("person")
    return member


def lock_workspace(
    actor: Actor, workspace: Workspace | UUID, *, trashed: bool = False
) -> Workspace:
    """A workspace, held against other changes."""
    return _lock(Workspace, actor, workspace, "workspace", trashed_at__isnull=not trashed)


def lock_table(actor: Actor, table: DataTable | UUID, *, trashed: bool = False) -> DataTable:
    """A table, held against other changes of it and of the order of its rows."""
    return _lock(DataTable, actor, table, "table", trashed_at__isnull=not trashed)


def lock_column(
    actor: Actor, column: DataTableColumn | UUID, *, going: bool = False
) -> DataTableColumn:
    """A column of a table that is not in the trash, held against other changes.

    One that is ``going`` is held against cells that are written, too (``hold_columns``).
    """
    return _lock(DataTableColumn, actor, column, "column", no_key=not going, table__trashed_at=None)


def hold_columns(actor: Actor, keys: Collection[str]) -> None:
    """Keep columns from being deleted while cells are written: no cell outlives its column.

    Like deleting, this comes before the rows: so the two wait for one another and never deadlock.
    """
    ids = [key for key in map(uuid_of, keys) if key is not None]
    with connection.cursor() as cursor:
        cursor.execute(HOLD_COLUMNS, [actor.company_id, ids])


def lock_row(actor: Actor, row: DataTableRow | UUID) -> DataTableRow:
    """A row of a table that is not in the trash, held against other changes."""
    return _lock(DataTableRow, actor, row, "row", table__trashed_at=None)


def clean_name(given: object) -> str:
    """A name as it is stored.

    Raises:
        Invalid: it is empty or too long.
    """
    name = one_line(given or "")
    if not name:
        raise Invalid({"name": "Give it a name."})
    if len(name) > MAX_NAME:
        raise Invalid({"name": f"A name has at most {MAX_NAME} characters."})
    return name


def clean_email(given: str, field: str = "email") -> str:
    """An e-mail address as it is stored.

    Raises:
        Invalid: it is none.
    """
    email = given.strip().lower()
    try:
        validate_email(email)
        MaxLengthValidator(MAX_EMAIL)(email)
    except ValidationError:
        raise Invalid({field: f"“{given[:60]}” is not an e-mail address."}) from None
    return email


def _lock(
    model: type[Found],
    actor: Actor,
    thing: Model | UUID,
    what: str,
    *,
    no_key: bool = True,
    **conditions: object,
) -> Found:
    found: Found | None = (
        model._default_manager.select_for_update(no_key=no_key, of=("self",))
        .filter(pk=key_of(thing), company_id=actor.company_id, **conditions)
        .first()
    )
    if found is None:
        raise NotFound(what)
    return found
