"""Actions on tables. Whoever may edit a workspace may make, rename and delete its tables."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from workspaces.access import Actor
from workspaces.errors import Invalid
from workspaces.models import DataTable, DataTableColumn, Workspace
from workspaces.positions import between

from .audit import record
from .finding import clean_name, hold_workspaces, key_of, lock_table, lock_workspace
from .permission import require_editing

MAX_TABLES = 500  # in a workspace, the trash included


@transaction.atomic
def create_table(actor: Actor, workspace: Workspace | UUID, name: str) -> DataTable:
    """Make a table with one text column, "Name", at the end of the workspace's."""
    table = add_table(actor, workspace, name)
    DataTableColumn.objects.create(table_id=table.pk, name="Name", type="text", width=14)
    _record(actor, "table.created", table)
    return table


def add_table(actor: Actor, workspace: Workspace | UUID, name: str) -> DataTable:
    """A table without columns, as part of an action that gives it some and writes the audit log."""
    # Held, so that two people who make one at once get two places.
    place = lock_workspace(actor, workspace)
    require_editing(actor, place.pk, "workspace")
    name = clean_name(name)
    _require_room(place.pk)
    table = DataTable.objects.create(company_id=place.company_id, workspace_id=place.pk, name=name)
    table.refresh_from_db()
    return table


@transaction.atomic
def rename_table(actor: Actor, table: DataTable | UUID, name: str) -> DataTable:
    """Give a table another name."""
    found = lock_table(actor, table)
    require_editing(actor, found.workspace_id, "table")
    name, before = clean_name(name), found.name
    if name != before:
        found.name = name
        found.save(update_fields=["name"])
        _record(actor, "table.renamed", found, {"from": before, "to": name})
    return found


@transaction.atomic
def move_table(actor: Actor, table: DataTable | UUID, workspace: Workspace | UUID) -> DataTable:
    """Move a table to another workspace. Who may not see that one loses the table."""
    target = key_of(workspace)
    found = lock_table(actor, table)
    before = found.workspace_id
    # Held, so that two tables that come at once get two places.
    hold_workspaces(actor, before, target)
    require_editing(actor, before, "table")
    require_editing(actor, target, "workspace")
    if target != before:
        _require_room(target)
        # Its columns, views and rows follow: the database's foreign keys take them along.
        last = DataTable.objects.filter(workspace_id=target).aggregate(last=Max("position"))["last"]
        found.workspace_id, found.position = target, between(last, None)
        found.save(update_fields=["workspace", "position"])
        names = dict(Workspace.objects.filter(pk__in=[before, target]).values_list("pk", "name"))
        details = {
            "from": {"id": str(before), "name": names[before]},
            "to": {"id": str(target), "name": names[target]},
        }
        _record(actor, "table.moved", found, details)
    return found


@transaction.atomic
def delete_table(actor: Actor, table: DataTable | UUID) -> DataTable:
    """Put a table in the trash."""
    found = lock_table(actor, table)
    require_editing(actor, found.workspace_id, "table")
    found.trashed_at = Now()
    found.save(update_fields=["trashed_at"])
    _record(actor, "table.deleted", found)
    return found


@transaction.atomic
def restore_table(actor: Actor, table: DataTable | UUID) -> DataTable:
    """Take a table out of the trash."""
    found = lock_table(actor, table, trashed=True)
    require_editing(actor, found.workspace_id, "table")
    found.trashed_at = None
    found.save(update_fields=["trashed_at"])
    _record(actor, "table.restored", found)
    return found


def _require_room(workspace_id: UUID) -> None:
    if DataTable.objects.filter(workspace_id=workspace_id).count() >= MAX_TABLES:
        raise Invalid({"name": f"A workspace has at most {MAX_TABLES} tables."})


def _record(
    actor: Actor, action: str, table: DataTable, details: dict[str, Any] | None = None
) -> None:
    record(
        actor,
        action,
        target_id=table.pk,
        target_name=table.name,
        workspace_id=table.workspace_id,
        table_id=table.pk,
        details=details,
    )
