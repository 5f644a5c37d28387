"""Actions on columns. Whoever may edit a workspace may change the columns of its tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from workspaces.access import Actor
from workspaces.columns import TYPES, ColumnType
from workspaces.errors import Invalid
from workspaces.models import DataTable, DataTableColumn, DataTableRow, TrashedRow
from workspaces.models.columns import WIDTHS
from workspaces.models.rows import RowPlace

from .audit import record
from .finding import clean_name, lock_column, lock_table
from .permission import require_editing

MAX_COLUMNS = 100  # in a table

REMOVE_CELLS = """
    update {table} set cells = cells - %(key)s where table_id = %(table)s and cells ? %(key)s
"""


@transaction.atomic
def create_column(
    actor: Actor,
    table: DataTable | UUID,
    *,
    name: str,
    type: str = "text",  # noqa: A002 - what a column's type is called everywhere
    options: Mapping[str, Any] | None = None,
    width: int | None = None,
) -> DataTableColumn:
    """Add a column behind the last one."""
    place = lock_table(actor, table)  # also: two people who add one at once get two places
    require_editing(actor, place.workspace_id, "table")
    if place.columns.count() >= MAX_COLUMNS:
        raise Invalid({"name": f"A table has at most {MAX_COLUMNS} columns."})
    column_type = type_named(type)
    column = DataTableColumn.objects.create(
        company_id=place.company_id,
        workspace_id=place.workspace_id,
        table_id=place.pk,
        name=free_name(place, name),
        type=column_type.name,
        options=column_type.clean_options(options or {}),
        width=_clean_width(column_type.width if width is None else width),
    )
    column.refresh_from_db()
    _record(actor, "column.created", column, {"type": column.type})
    return column


@transaction.atomic
def rename_column(actor: Actor, column: DataTableColumn | UUID, name: str) -> DataTableColumn:
    """Give a column another name."""
    found = lock_column(actor, column)
    table = lock_table(actor, found.table_id)  # so that no other column gets the name meanwhile
    require_editing(actor, found.workspace_id, "column")
    name, before = free_name(table, name, besides=found.pk), found.name
    if name != before:
        found.name = name
        found.save(update_fields=["name"])
        _record(actor, "column.renamed", found, {"from": before, "to": name})
    return found


@transaction.atomic
def change_column(
    actor: Actor,
    column: DataTableColumn | UUID,
    *,
    options: Mapping[str, Any] | None = None,
    width: int | None = None,
) -> DataTableColumn:
    """Change a column's options or width. Cells keep what they hold; what no longer fits shows
    so."""
    found = lock_column(actor, column)
    require_editing(actor, found.workspace_id, "column")
    before = {"options": found.options, "width": found.width}
    if options is not None:
        found.options = TYPES[found.type].clean_options(options)
    if width is not None:
        found.width = _clean_width(width)
    after = {"options": found.options, "width": found.width}
    if after != before:
        found.save(update_fields=["options", "width"])
        _record(actor, "column.changed", found, {"from": before, "to": after})
    return found


@transaction.atomic
def delete_column(actor: Actor, column: DataTableColumn | UUID) -> None:
    """Delete a column and what its cells hold, for good."""
    found = lock_column(actor, column, going=True)
    require_editing(actor, found.workspace_id, "column")
    _remove_cells(TrashedRow, found)
    emptied = _remove_cells(DataTableRow, found)
    DataTableColumn.objects.filter(pk=found.pk).delete()
    _record(actor, "column.deleted", found, {"type": found.type, "cells": emptied})


def type_named(name: str) -> ColumnType:
    """A type of columns by its name.

    Raises:
        Invalid: there is none.
    """
    if name not in TYPES:
        raise Invalid({"type": f"There is no such type. Choose one of: {', '.join(TYPES)}."})
    return TYPES[name]


def free_name(table: DataTable, name: str, besides: UUID | None = None) -> str:
    """A name that no other column of the table has.

    Raises:
        Invalid: one has it, whatever the case.
    """
    name = clean_name(name)
    taken = DataTableColumn.objects.filter(table_id=table.pk, name__iexact=name)
    if taken.exclude(pk__in=[besides] if besides else []).exists():
        raise Invalid({"name": f"{table.name} has a column “{name}” already."})
    return name


def _remove_cells(rows: type[RowPlace], column: DataTableColumn) -> int:
    """Take a column's cells out of all rows that have one. Returns how many had."""
    with connection.cursor() as cursor:
        cursor.execute(
            REMOVE_CELLS.format(table=rows._meta.db_table),
            {"key": str(column.pk), "table": column.table_id},
        )
        return cursor.rowcount


def _clean_width(width: int) -> int:
    """The step of widths that is nearest."""
    return min(WIDTHS, key=lambda step: abs(step - width))


def _record(
    actor: Actor, action: str, column: DataTableColumn, details: dict[str, Any] | None = None
) -> None:
    record(
        actor,
        action,
        target_id=column.pk,
        target_name=column.name,
        workspace_id=column.workspace_id,
        table_id=column.table_id,
        details=details,
    )
