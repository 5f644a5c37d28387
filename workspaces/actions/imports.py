"""Importing: a new table with all its rows in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from workspaces.access import Actor
from workspaces.bulk import copy_rows
from workspaces.columns import TYPES
from workspaces.errors import Invalid
from workspaces.models import DataTable, DataTableColumn, Workspace
from workspaces.positions import spread

from .audit import record
from .columns import MAX_COLUMNS, type_named
from .finding import clean_name
from .tables import add_table


@dataclass(frozen=True)
class NewColumn:
    """A column to be."""

    name: str
    type: str
    options: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def import_table(
    actor: Actor,
    workspace: Workspace | UUID,
    name: str,
    *,
    columns: Sequence[NewColumn],
    rows: Iterable[Sequence[Any]],
    source: str,
) -> DataTable:
    """Make a table from rows of values that the columns' types have read, in the columns' order.

    ``source`` says in the audit log where they are from.
    """
    table = add_table(actor, workspace, name)
    if not 1 <= len(columns) <= MAX_COLUMNS:
        raise Invalid({"columns": f"A table has from 1 to {MAX_COLUMNS} columns."})
    made = [
        DataTableColumn(
            company_id=table.company_id,
            workspace_id=table.workspace_id,
            table=table,
            name=clean_name(column.name),
            type=type_named(column.type).name,
            options=TYPES[column.type].clean_options(column.options),
            width=TYPES[column.type].width,
            position=position,
        )
        for column, position in zip(columns, spread(None, None, len(columns)), strict=True)
    ]
    DataTableColumn.objects.bulk_create(made)
    keys = [str(column.pk) for column in made]
    count = copy_rows(
        table,
        (
            {key: value for key, value in zip(keys, row, strict=True) if value is not None}
            for row in rows
        ),
    )
    record(
        actor,
        "table.imported",
        target_id=table.pk,
        target_name=table.name,
        workspace_id=table.workspace_id,
        table_id=table.pk,
        details={"rows": count, "from": source},
    )
    return table
