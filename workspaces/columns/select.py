"""Selects: one of the options that the column has."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from django.db.models.expressions import RawSQL
from django.utils.html import format_html
from django.utils.safestring import SafeString

from workspaces.errors import Invalid
from workspaces.models import DataTableColumn
from workspaces.text import one_line

from .base import CellError, ColumnType, quoted

HUES = ("grey", "red", "orange", "yellow", "green", "teal", "blue", "purple")
MAX_OPTIONS = 100  # in one column
MAX_OPTION_NAME = 60  # characters
MAX_OPTION_ID = 36  # characters
NAMED = 5  # options that a message lists
CHIP = '<span class="chip" data-value="{}" data-hue="{}">{}</span>'


class Select(ColumnType):
    """The id of an option. Options have a name and a hue, and sort in the column's order."""

    name = "select"
    label = "Select"
    icon = "t-select"
    width = 8

    def read(self, given: object, column: DataTableColumn) -> str:
        """By the option's id, or by its name whatever the case."""
        options = options_of(column)
        text = str(given).strip()
        for option in options:
            if option["id"] == text:
                return str(option["id"])
        for option in options:
            if str(option["name"]).casefold() == text.casefold():
                return str(option["id"])
        names = [str(option["name"]) for option in options]
        known = ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")
        choose = f"Choose one of: {known}." if names else "The column has no options yet."
        raise CellError(f"{quoted(given)} is not an option of {column.name}. {choose}")

    def invalid(self, value: Any, column: DataTableColumn) -> bool:
        """Only options that the column still has."""
        return all(option["id"] != value for option in options_of(column))

    def draw(
        self, value: Any, column: DataTableColumn, *, people: Mapping[str, Any], can_edit: bool
    ) -> SafeString:
        """A chip."""
        for option in options_of(column):
            if option["id"] == value:
                hue = option.get("hue") or HUES[0]
                return format_html(CHIP, value, hue, option["name"])
        return SafeString("")

    def sql(self, column: DataTableColumn) -> RawSQL:
        """The place of the option among the column's, from 1."""
        return RawSQL(
            "array_position(%s::text[], cells ->> %s)",
            [[option["id"] for option in options_of(column)], str(column.pk)],
        )

    def clean_options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """``options``: a list of ``{"id", "name", "hue"}``; id and hue are found where left out."""
        given = options.get("options", [])
        if set(options) - {"options"} or not isinstance(given, list):
            raise Invalid({"options": "A select column has a list of options, nothing else."})
        if len(given) > MAX_OPTIONS:
            raise Invalid({"options": f"A select column has at most {MAX_OPTIONS} options."})
        cleaned = [_clean(option, number) for number, option in enumerate(given)]
        for key, what in (("id", "ids"), ("name", "names")):
            if len({option[key].casefold() for option in cleaned}) < len(cleaned):
                raise Invalid({"options": f"The {what} of options differ from one another."})
        return {"options": cleaned}


def options_of(column: DataTableColumn) -> list[dict[str, Any]]:
    """The column's options, well-formed ones only: psql can write others."""
    options = column.options.get("options")
    if not isinstance(options, list):
        return []
    return [
        option
        for option in options
        if isinstance(option, dict)
        and isinstance(option.get("id"), str)
        and isinstance(option.get("name"), str)
    ]


def _clean(option: object, number: int) -> dict[str, str]:
    if isinstance(option, str):
        option = {"name": option}
    if not isinstance(option, dict):
        raise Invalid({"options": "Each option has a name."})
    name = one_line(option.get("name") or "")
    if not name or len(name) > MAX_OPTION_NAME:
        raise Invalid({"options": f"Each option has a name of 1 to {MAX_OPTION_NAME} characters."})
    hue = option.get("hue") or HUES[(number + 1) % len(HUES)]
    if hue not in HUES:
        raise Invalid({"options": f"{quoted(hue)} is not a hue. Choose one of: {', '.join(HUES)}."})
    key = one_line(option.get("id") or "") or secrets.token_hex(4)
    if len(key) > MAX_OPTION_ID:
        raise Invalid({"options": f"An option's id has at most {MAX_OPTION_ID} characters."})
    return {"id": key, "name": name, "hue": hue}
