"""What the audit log tells, in words. psql can write any details: what is not as it should be is
left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workspaces.models import AuditLog

CELLS_NAMED = 3  # of a row that was changed
WORKSPACES_NAMED = 5  # of somebody who was removed


def say(entry: AuditLog) -> str:
    """What was done: "Table renamed: Plants is now Trees"."""
    details = entry.details if isinstance(entry.details, dict) else {}
    tell = TOLD.get(entry.action)
    return (tell and tell(entry.target_name, details)) or _generally(entry, details)


def _generally(entry: AuditLog, details: dict[str, Any]) -> str:
    """From the name of the action: "table.renamed" is "Table renamed"."""
    done = entry.action.replace(".", " ").replace("_", " ").capitalize()
    before, after = _text(details, "from"), _text(details, "to")
    if entry.action.endswith(".renamed") and before and after:
        return f"{done}: {before} is now {after}"
    # Rows have no names: an entry about them names their table.
    join = " in " if entry.action.startswith("row") else ": "
    return f"{done}{join}{entry.target_name}" if entry.target_name else done


def _moved(table: str, details: dict[str, Any]) -> str | None:
    before, after = _text(details, "from", "name"), _text(details, "to", "name")
    return f"Table moved: {table} from {before} to {after}" if before and after else None


def _changed_row(table: str, details: dict[str, Any]) -> str | None:
    changes = details.get("said")
    if not isinstance(changes, list):
        return None
    parts = [
        f"{change['column']}: {_cell(change.get('from'))} → {_cell(change.get('to'))}"
        for change in changes
        if isinstance(change, dict) and _text(change, "column")
    ]
    if not parts:
        return None
    more = len(parts) - CELLS_NAMED
    rest = f"; and {more} more" if more > 0 else ""
    return f"Row changed in {table}: {'; '.join(parts[:CELLS_NAMED])}{rest}"


def _cell(text: object) -> str:
    return f"“{text}”" if isinstance(text, str) and text else "empty"


def _given(workspace: str, details: dict[str, Any]) -> str | None:
    person, level = _text(details, "person", "name"), _text(details, "level", "to")
    return f"{person} may {level} {workspace}" if person and level else None


def _regiven(workspace: str, details: dict[str, Any]) -> str | None:
    person, level = _text(details, "person", "name"), _text(details, "level", "to")
    before = _text(details, "level", "from")
    if not (person and level and before):
        return None
    return f"{person} may {level} {workspace}, before: {before}"


def _taken(workspace: str, details: dict[str, Any]) -> str | None:
    person, level = _text(details, "person", "name"), _text(details, "level", "from")
    return f"{person} may no longer {level} {workspace}" if person and level else None


def _added(person: str, details: dict[str, Any]) -> str | None:
    role = _text(details, "role", "to")
    return f"{person} added as {role}" if role else None


def _new_role(person: str, details: dict[str, Any]) -> str | None:
    before, after = _text(details, "role", "from"), _text(details, "role", "to")
    return f"{person} is {after} now, before: {before}" if before and after else None


def _removed(person: str, details: dict[str, Any]) -> str | None:
    role, had = _text(details, "role", "from"), details.get("workspaces")
    if not role:
        return None
    names = [name for name in had if isinstance(name, str)] if isinstance(had, list) else []
    rest = ", …" if len(names) > WORKSPACES_NAMED else ""
    lost = f", and no longer sees {', '.join(names[:WORKSPACES_NAMED])}{rest}" if names else ""
    return f"{person} removed, who was {role}{lost}"


def _signed_out(person: str, details: dict[str, Any]) -> str | None:
    devices = details.get("devices")
    if not isinstance(devices, int):
        return None
    return f"{person} signed out on {devices} device{'' if devices == 1 else 's'}"


def _cleared(device: str, details: dict[str, Any]) -> str | None:
    seconds, devices = details.get("seconds"), details.get("devices")
    if not isinstance(seconds, int | float):
        return None
    if isinstance(devices, int):
        return f"{devices:,} devices cleared after {duration(seconds)} at most"
    return f"{device} cleared after {duration(seconds)}"


def _resync(target: str, details: dict[str, Any]) -> str:
    person, reason = _text(details, "person"), _text(details, "reason")
    what = " ".join(filter(None, (target, f"of {person}" if person else "")))
    why = f" ({reason})" if reason else ""
    return f"Pages fetch anew{f': {what}' if what else ''}{why}"


def duration(seconds: float) -> str:
    """A duration as people say it: "0.1 s", "12 s", "3 min", "5 h", "2 days"."""
    if seconds < 9.95:
        return f"{max(seconds, 0.1):.1f} s"
    for limit, unit, name in ((90, 1, "s"), (90 * 60, 60, "min"), (48 * 3_600, 3_600, "h")):
        if seconds < limit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds / 86_400:.0f} days"


TOLD: dict[str, Callable[[str, dict[str, Any]], str | None]] = {
    "table.moved": _moved,
    "row.changed": _changed_row,
    "access.given": _given,
    "access.changed": _regiven,
    "access.taken": _taken,
    "person.added": _added,
    "person.role_changed": _new_role,
    "person.removed": _removed,
    "person.signed_out": _signed_out,
    "person.locked_out": lambda person, details: f"{person} locked out",
    "person.let_in": lambda person, details: f"{person} let in again",
    "access.cleared": _cleared,
    "resync.requested": _resync,
    "person.password_changed": lambda person, details: f"{person} has a new password",
}
"""How an action is told; what gives nothing is told in general."""


def _text(details: Any, *path: str) -> str | None:
    """A text somewhere inside; None if there is none."""
    for key in path:
        details = details.get(key) if isinstance(details, dict) else None
    return details if isinstance(details, str) and details else None
