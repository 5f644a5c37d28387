"""What templates of pages and fragments share: icons, people's colours, cells.

Nothing here knows the viewer or the request, so all of it may stand in a live fragment.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from workspaces import avatars, deeds
from workspaces.access import appointing, signing_out
from workspaces.models import AuditLog, Membership, Role
from workspaces.pages.sheet import ColumnView

register = template.Library()
register.filter(avatars.initials)
register.filter(avatars.colour)

SHEETS = ("tokens", "base", "layout", "component", "grid", "utility")


@register.simple_tag
def product_name() -> str:
    """Return what this installation calls itself."""
    return str(settings.PRODUCT_NAME)


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw an icon of the sprite. It says nothing to a screen reader: name what it stands on."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', sprite(), name
    )


@register.simple_tag
def sprite() -> str:
    """Return the address of the icon sprite."""
    return static("plainrow/icons.svg")


@register.filter
def id_of(prefix: str, thing: Any) -> str:
    """Return an id for the element that shows this, so that morphing keeps it."""
    return f"{prefix}-{thing.pk}"


@register.filter
def utc_text(moment: datetime) -> str:
    """Write a moment for `<time datetime>`. The browser shows it in the viewer's zone."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@register.filter
def at(things: dict[Any, Any], key: Any) -> Any:
    """Find what belongs to a key; None when there is nothing."""
    return things.get(key)


@register.simple_tag
def role_choices(viewer: str, member: Membership, only_owner: UUID | None) -> list[Role]:
    """Return the roles that a viewer of this role may give to somebody: none, if no other."""
    last_owner = only_owner == member.pk
    free = [role for role in Role if appointing(viewer, member.role, role, last_owner=last_owner)]
    return free if len(free) > 1 else []


@register.simple_tag
def here(devices: Iterable[Any]) -> int:
    """Count the devices that are connected right now."""
    return sum(each.is_here for each in devices)


@register.simple_tag
def may_remove(viewer: str, member: Membership, only_owner: UUID | None) -> bool:
    """Whether a viewer of this role may take somebody out of the company."""
    return bool(appointing(viewer, member.role, None, last_owner=only_owner == member.pk))


@register.simple_tag
def may_sign_out(viewer: str, member: Membership) -> bool:
    """Whether a viewer of this role may end somebody's sign-ins."""
    return bool(signing_out(viewer, member.role))


@register.filter
def raw(value: Any) -> str:
    """Show a value that its column cannot read: text as it is, all else as JSON."""
    return value if isinstance(value, str) else as_json(value)


@register.filter
def deed(entry: AuditLog) -> str:
    """Say what was done."""
    return deeds.say(entry)


@register.filter
def as_json(value: Any) -> str:
    """Write a value as JSON, for an attribute that a script reads. The template escapes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@register.simple_tag
def cells(
    columns: list[ColumnView], row: Any, people: dict[str, Any], can_edit: bool
) -> SafeString:
    """Draw all cells of a row. A page has thousands: a template for each would take its time."""
    return SafeString(
        "".join(column.cell(row, people=people, can_edit=can_edit) for column in columns)
    )


@register.simple_tag
def stylesheets() -> SafeString:
    """Link the style sheets, in the order of their layers."""
    addresses = ((static(f"plainrow/css/{name}.css"),) for name in SHEETS)
    return format_html_join("\n", '<link rel="stylesheet" href="{}">', addresses)
