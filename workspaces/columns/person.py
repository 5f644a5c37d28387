"""People: one of the company."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils.html import format_html
from django.utils.safestring import SafeString

from workspaces.avatars import colour, initials
from workspaces.keys import uuid_of
from workspaces.models import DataTableColumn, Membership
from workspaces.text import one_line

from .base import CellError, ColumnType, quoted, string_of

PERSON = '<span class="person" data-value="{}">{}</span>'
AVATAR = '<span class="avatar" data-person="{}" aria-hidden="true">{}</span><span>{}</span>'
GONE = SafeString('<span class="muted">Somebody who left</span>')


class Person(ColumnType):
    """The id of a user who belongs to the company when it is written."""

    name = "person"
    label = "Person"
    icon = "t-person"
    width = 9

    def read(self, given: object, column: DataTableColumn) -> str:
        """By id, e-mail address or full name."""
        text = one_line(given if isinstance(given, UUID) else string_of(given))
        found = list(
            Membership.objects.filter(_matching(text), company_id=column.company_id)
            .order_by("id")
            .values_list("user_id", flat=True)[:2]
        )
        if not found:
            raise CellError(f"{quoted(given)} is nobody of this company.")
        if len(found) > 1:
            raise CellError(f"There is more than one {quoted(given)}. Give the e-mail address.")
        return str(found[0])

    def invalid(self, value: Any, column: DataTableColumn) -> bool:
        """Only ids. Somebody who has left the company is no mistake."""
        return not isinstance(value, str) or uuid_of(value) is None

    def draw(
        self, value: Any, column: DataTableColumn, *, people: Mapping[str, Any], can_edit: bool
    ) -> SafeString:
        """With the name that they have now."""
        person = people.get(value)
        if person is None:
            return format_html(PERSON, value, GONE)
        avatar = format_html(AVATAR, colour(value), initials(person.name), person.name)
        return format_html(PERSON, value, avatar)

    def sql(self, column: DataTableColumn) -> RawSQL:
        """The id, to compare with."""
        key = str(column.pk)
        return RawSQL(
            "case when jsonb_typeof(cells -> %s) = 'string' then cells ->> %s end", [key, key]
        )


def _matching(text: str) -> Q:
    key = uuid_of(text)
    if key is not None:
        return Q(user_id=key)
    return Q(email=text.lower()) if "@" in text else Q(name__iexact=text)
