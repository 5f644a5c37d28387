"""Actions on rows and cells. Whoever may edit a workspace may change the rows of its tables.

A cell is saved with the value that it was read with (``was``). If the stored value is another one,
nothing is written and the answer is ``CellConflict`` with both: no one's change is overwritten
unseen. A cell that already holds what is wanted is no conflict.

Deleted rows are kept in the trash for ``KEPT``, so that deleting can be undone.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models.expressions import RawSQL
from django.utils import timezone

from workspaces.access import Actor
from workspaces.columns import TYPES, CellError
from workspaces.errors import CellConflict, Invalid, NotFound
from workspaces.models import DataTable, DataTableColumn, DataTableRow, TrashedRow
from workspaces.positions import between

from .audit import in_words, kept, last_change, record
from .finding import hold_columns, key_of, lock_row, lock_table
from .permission import require_editing

KEPT = timedelta(days=30)  # how long deleted rows can be restored
MAX_AT_ONCE = 1_000  # rows that one action deletes or restores

TO_TRASH = """
    with gone as (
        delete from data_table_rows where table_id = %(table)s and id = any(%(ids)s)
        returning id, company_id, workspace_id, table_id, position, cells, created_at)
    insert into data_table_trashed_rows
        (id, company_id, workspace_id, table_id, position, cells, created_at, trashed_by)
    select *, %(user)s::uuid from gone returning id
"""
FROM_TRASH = """
    with back as (
        delete from data_table_trashed_rows where table_id = %(table)s and id = any(%(ids)s)
        returning id, company_id, workspace_id, table_id, position, cells, created_at)
    insert into data_table_rows
        (id, company_id, workspace_id, table_id, position, cells, created_at, updated_by)
    select *, %(user)s::uuid from back on conflict (id) do nothing returning id
"""


@transaction.atomic
def add_row(
    actor: Actor,
    table: DataTable | UUID,
    cells: Mapping[str, Any] | None = None,
    after: DataTableRow | UUID | None = None,
) -> DataTableRow:
    """Add a row: behind ``after``, or at the end."""
    place = lock_table(actor, table)  # also: two people who add one at once get two places
    require_editing(actor, place.workspace_id, "table")
    hold_columns(actor, cells or {})
    row = DataTableRow.objects.create(
        company_id=place.company_id,
        workspace_id=place.workspace_id,
        table_id=place.pk,
        position=_position(place, None if after is None else key_of(after)),
        cells={key: value for key, value in parse(place, cells or {}).items() if value is not None},
        updated_by=actor.user_id,
    )
    row.refresh_from_db()
    details = {"cells": {key: kept(value) for key, value in row.cells.items()}}
    _record(actor, "row.added", place, target_id=row.pk, details=details)
    return row


@transaction.atomic
def set_cells(
    actor: Actor,
    row: DataTableRow | UUID,
    cells: Mapping[str, Any],
    was: Mapping[str, Any] | None = None,
) -> DataTableRow:
    """Write cells, by column id. ``None`` empties a cell.

    Raises:
        CellConflict: a cell that ``was`` speaks of holds another value by now.
    """
    hold_columns(actor, cells)
    found = lock_row(actor, row)
    require_editing(actor, found.workspace_id, "row")
    wanted = parse(found.table, cells)
    columns = _columns(found.table, wanted)
    stored = {key: found.cells.get(key) for key in wanted}
    changed = {
        key: value
        for key, value in wanted.items()
        if not TYPES[columns[key].type].same(stored[key], value)
    }
    read = was or {}
    conflicts = {
        key: stored[key]
        for key in changed
        if key in read and not TYPES[columns[key].type].same(stored[key], read[key])
    }
    if conflicts:
        known = {key: last for key in conflicts if (last := last_change(found, columns[key]))}
        raise CellConflict(conflicts, wanted, read, known)
    if changed:
        _write_cells(actor, found, changed)
        changes = {
            key: {"from": kept(stored[key]), "to": kept(value)} for key, value in changed.items()
        }
        details = {"cells": changes, "said": in_words(columns, changes)}
        _record(actor, "row.changed", found.table, target_id=found.pk, details=details)
    return found


@transaction.atomic
def delete_rows(
    actor: Actor, table: DataTable | UUID, ids: Collection[DataTableRow | UUID]
) -> list[UUID]:
    """Put rows in the trash. Those that are gone already are passed over; the others are
    returned."""
    place = lock_table(actor, table)
    require_editing(actor, place.workspace_id, "table")
    TrashedRow.objects.filter(table_id=place.pk, trashed_at__lt=timezone.now() - KEPT).delete()
    return _transfer(actor, place, TO_TRASH, "rows.deleted", ids)


@transaction.atomic
def restore_rows(
    actor: Actor, table: DataTable | UUID, ids: Collection[DataTableRow | UUID]
) -> list[UUID]:
    """Take rows out of the trash, each back to its place. Returns those that were there."""
    place = lock_table(actor, table)
    require_editing(actor, place.workspace_id, "table")
    return _transfer(actor, place, FROM_TRASH, "rows.restored", ids)


def parse(table: DataTable, cells: Mapping[str, Any]) -> dict[str, Any]:
    """Given cells → the values to store, ``None`` for those to empty.

    Raises:
        Invalid: with a sentence for each that does not fit.
    """
    columns = _columns(table, cells)
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for key, given in cells.items():
        column = columns.get(key)
        if column is None:
            errors[key] = "The table has no such column. Somebody may have deleted it."
            continue
        try:
            values[key] = TYPES[column.type].parse(given, column)
        except CellError as error:
            errors[key] = str(error)
    if errors:
        raise Invalid(errors)
    return values


def _write_cells(actor: Actor, row: DataTableRow, changed: Mapping[str, Any]) -> None:
    """Write these cells alone: the others may hold what Python would round."""
    filled = {key: value for key, value in changed.items() if value is not None}
    written = RawSQL(
        "(cells || %s::jsonb) - %s::text[]",
        [json.dumps(filled), [key for key in changed if key not in filled]],
    )
    DataTableRow.objects.filter(pk=row.pk).update(cells=written, updated_by=actor.user_id)
    row.refresh_from_db(fields=["cells", "updated_by", "updated_at"])


def _columns(table: DataTable, keys: Collection[str]) -> dict[str, DataTableColumn]:
    if not keys:
        return {}
    columns = DataTableColumn.objects.filter(table_id=table.pk)
    return {str(column.pk): column for column in columns}


def _position(table: DataTable, after: UUID | None) -> str:
    rows = DataTableRow.objects.filter(table_id=table.pk)
    if after is None:
        last = rows.order_by("-position").values_list("position", flat=True).first()
        return between(last, None)
    before = rows.filter(pk=after).values_list("position", flat=True).first()
    if before is None:
        raise NotFound("row")
    following = rows.filter(position__gt=before).order_by("position")
    return between(before, following.values_list("position", flat=True).first())


def _transfer(
    actor: Actor,
    table: DataTable,
    sql: str,
    action: str,
    things: Collection[DataTableRow | UUID],
) -> list[UUID]:
    if len(things) > MAX_AT_ONCE:
        raise Invalid({"ids": f"At most {MAX_AT_ONCE:,} rows at once."})
    ids = [key_of(thing) for thing in things]
    with connection.cursor() as cursor:
        cursor.execute(sql, {"table": table.pk, "ids": ids, "user": actor.user_id})
        moved = [row[0] for row in cursor.fetchall()]
    if moved:
        details = {"rows": [str(key) for key in moved]}
        _record(actor, action, table, target_id=table.pk, details=details)
    return moved


def _record(
    actor: Actor, action: str, table: DataTable, *, target_id: UUID, details: dict[str, Any]
) -> None:
    record(
        actor,
        action,
        target_id=target_id,
        target_name=table.name,
        workspace_id=table.workspace_id,
        table_id=table.pk,
        details=details,
    )
