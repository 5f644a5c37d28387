"""Rows, with a field for each cell."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest

from workspaces.actions import rows as actions
from workspaces.columns import TYPES, CellError
from workspaces.columns.select import options_of
from workspaces.models import DataTableColumn, DataTableRow, Membership, TrashedRow

from .base import ProductAdmin, ReadOnly, actor_of
from .generic import ModelAdmin, ModelForm

SHOWN = 60  # characters of a row in a list

TELLING = {"text", "number", "date"}  # the others are ids, or say nothing without their column


class CellField(forms.CharField):
    """A cell: what is typed is read by the column's type. What is left as it was stays as it is,
    be it valid or not."""

    def __init__(self, column: DataTableColumn, stored: Any) -> None:
        self.column, self.stored = column, stored
        super().__init__(
            label=column.name,
            required=False,
            strip=False,
            widget=_widget(column, stored),
            initial=TYPES[column.type].edit_text(stored),
        )

    def clean(self, value: Any) -> Any:
        """The value to store."""
        if (value or "") == self.initial:
            return self.stored
        try:
            return TYPES[self.column.type].parse(value, self.column)
        except CellError as error:
            raise ValidationError(str(error)) from error


class RowForm(ModelForm):
    """A row with its cells. They are saved with the values that they were read with."""

    class Meta:
        model = DataTableRow
        fields: tuple[str, ...] = ()


def form_of(row: DataTableRow) -> type[RowForm]:
    """A form with the cells of a row's table."""
    columns = row.table.columns.all()
    fields = {str(each.pk): CellField(each, row.cells.get(str(each.pk))) for each in columns}
    return type("CellsForm", (RowForm,), fields)


def _widget(column: DataTableColumn, value: Any) -> forms.Widget:
    """An input for what the column holds; a value that is none of its choices stays choosable."""
    match column.type:
        case "checkbox":
            choices = [("", "no"), ("true", "yes")]
        case "select":
            choices = [("", "")] + [(each["id"], each["name"]) for each in options_of(column)]
        case "person":
            members = Membership.objects.filter(company_id=column.company_id)
            choices = [("", "")] + [(str(each.user_id), each.name) for each in members]
        case "text":
            return forms.Textarea(attrs={"rows": 1, "cols": 60})
        case _:
            return forms.TextInput()
    if value not in (None, True, False) and str(value) not in dict(choices):
        choices.append((str(value), f"{value} (not valid)"))
    return forms.Select(choices=choices)


class RowSummary(ModelAdmin):
    """What stands in a row, in one line."""

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """With the columns, in one query for all rows of a page."""
        found = super().get_queryset(request).select_related("table", "workspace", "company")
        return found.prefetch_related("table__columns")

    @admin.display(description="row")
    def summary(self, row: Any) -> str:
        """Its texts, numbers and dates in the order of the columns."""
        columns = [each for each in row.table.columns.all() if each.type in TELLING]
        cells = (row.cells.get(str(column.pk)) for column in columns)
        text = " · ".join(str(value) for value in cells if value is not None)
        return text[:SHOWN] or "(empty)"


@admin.register(DataTableRow)
class DataTableRowAdmin(RowSummary, ProductAdmin):
    """Rows."""

    list_display = ("summary", "table", "workspace", "company", "updated_at")
    list_filter = ("company", "workspace")
    search_fields = ("table__name",)
    search_help_text = "By the name of the table."
    ordering = ("table", "position", "id")
    autocomplete_fields = ("table",)
    readonly_fields = ("id", "created_at", "updated_at")

    def get_fieldsets(self, request: HttpRequest, obj: DataTableRow | None = None) -> Any:
        """The table first; once the row is there, its cells."""
        if obj is None:
            return [(None, {"fields": ("table",)})]
        cells = [str(column.pk) for column in obj.table.columns.all()]
        return [
            (f"{obj.table.name} in {obj.workspace.name}, {obj.company.name}", {"fields": cells}),
            ("Times", {"fields": ("id", "created_at", "updated_at")}),
        ]

    def get_form(
        self,
        request: HttpRequest,
        obj: DataTableRow | None = None,
        change: bool = False,
        **more: Any,
    ) -> Any:
        """With the cells of the row's table."""
        if obj is None:
            return super().get_form(request, obj, change, **more)
        return form_of(obj)

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """By the actions, cells that somebody else changed meanwhile included."""
        actor = actor_of(request, obj.table.company_id)
        if not change:
            added = actions.add_row(actor, obj.table)
            obj.pk, obj.company_id = added.pk, added.company_id
            return
        changed = form.changed_data
        actions.set_cells(actor, obj, cells={key: form.cleaned_data[key] for key in changed})

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Into the trash."""
        actions.delete_rows(actor_of(request, obj.company_id), obj.table_id, [obj.pk])


@admin.register(TrashedRow)
class TrashedRowAdmin(RowSummary, ReadOnly):
    """Deleted rows, for as long as they can be restored."""

    list_display = ("summary", "table", "workspace", "company", "trashed_at")
    list_filter = ("company",)
    search_fields = ("table__name",)
    ordering = ("-trashed_at", "id")
