"""Writing the audit log. The database adds the actor's name (migration 0002)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from workspaces.access import Actor
from workspaces.columns import TYPES
from workspaces.columns.select import options_of
from workspaces.keys import uuid_of
from workspaces.models import AuditLog, DataTableColumn, DataTableRow, Membership
from workspaces.models.fields import MAX_NAME
from workspaces.text import one_line

CELLS_TOLD = 20  # of one change, in words
VALUE_TOLD = 80  # characters of a value, in words
VALUE_KEPT = 2_000  # characters of a value as it was


def record(
    actor: Actor,
    action: str,
    *,
    target_id: UUID,
    target_name: str = "",
    workspace_id: UUID | None = None,
    table_id: UUID | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Say in the audit log what the current transaction does."""
    AuditLog.objects.create(
        company_id=actor.company_id,
        user_id=actor.user_id,
        via=actor.via,
        action=action,
        target_id=target_id,
        target_name=target_name[:MAX_NAME],
        workspace_id=workspace_id,
        table_id=table_id,
        details=details or {},
    )


def kept(value: Any) -> Any:
    """A cell's value as the audit log keeps it: whole, unless it is very long."""
    text = value if isinstance(value, str) else json.dumps(value)
    return value if len(text) <= VALUE_KEPT else f"{text[:VALUE_KEPT]}…"


def in_words(
    columns: Mapping[str, DataTableColumn], changes: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, str]]:
    """Changed cells as they are read: the column's name, the values before and after, not too
    long. They stay true when the column is renamed or an option goes."""
    people = _people_in(columns, changes)
    return [
        {
            "column": columns[key].name,
            **{when: _value(columns[key], change[when], people) for when in ("from", "to")},
        }
        for key, change in list(changes.items())[:CELLS_TOLD]
    ]


def _value(column: DataTableColumn, value: Any, people: Mapping[str, str]) -> str:
    text = TYPES[column.type].edit_text(value)
    match column.type:
        case "select":
            text = next((str(o["name"]) for o in options_of(column) if o["id"] == value), text)
        case "person":
            text = people.get(text, text)
        case "checkbox":
            text = "yes" if value is True else "no"
    text = one_line(text[: VALUE_TOLD * 10])
    return text if len(text) <= VALUE_TOLD else text[: VALUE_TOLD - 1] + "…"


def _people_in(
    columns: Mapping[str, DataTableColumn], changes: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """The names of those whom the changed cells name."""
    named = [columns[key] for key in changes if columns[key].type == "person"]
    if not named:
        return {}
    found = (changes[str(each.pk)].values() for each in named)
    keys = {key for values in found for value in values if (key := uuid_of(value)) is not None}
    members = Membership.objects.filter(company_id=named[0].company_id, user_id__in=keys)
    return {str(member.user_id): member.name for member in members}


def last_change(row: DataTableRow, column: DataTableColumn) -> tuple[str, datetime] | None:
    """Who stored what a cell holds, and when. None: it was stored past the actions."""
    key = str(column.pk)
    entry = AuditLog.objects.filter(
        target_id=row.pk, action="row.changed", details__cells__has_key=key
    ).first()
    if entry is None:
        return None
    stored = entry.details["cells"][key]["to"]
    is_this = TYPES[column.type].same(stored, kept(row.cells.get(key)))
    return (entry.user_name, entry.created_at) if is_this and entry.user_name else None
