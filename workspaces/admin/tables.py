"""Tables, their columns and views."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from workspaces.actions import columns as column_actions
from workspaces.actions import tables as table_actions
from workspaces.columns import TYPES
from workspaces.errors import Invalid
from workspaces.models import DataTable, DataTableColumn, DataTableView

from .base import InTrash, ProductAdmin, actor_of
from .generic import ModelForm, TabularInline


class TableForm(ModelForm):
    """A table stays in its company."""

    def clean(self) -> dict[str, Any]:
        """Say so before the database does."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        workspace, company_id = cleaned.get("workspace"), self.instance.company_id
        if workspace and company_id and workspace.company_id != company_id:
            raise forms.ValidationError({"workspace": "This workspace is another company's."})
        return cleaned


class ColumnForm(ModelForm):
    """A column's options are what its type says."""

    def clean(self) -> dict[str, Any]:
        """Read the options as the action does."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        type_ = TYPES.get(cleaned.get("type") or self.instance.type)
        if type_ is not None and "options" in cleaned:
            try:
                cleaned["options"] = type_.clean_options(cleaned["options"] or {})
            except Invalid as error:
                raise forms.ValidationError(error.errors) from error
        return cleaned


class ColumnsOfTable(TabularInline):
    """The columns of a table, edited with it."""

    model = DataTableColumn
    form = ColumnForm
    extra = 0
    fields = ("name", "type", "width", "options")
    show_change_link = True
    formfield_overrides: ClassVar = {
        models.JSONField: {"widget": forms.Textarea(attrs={"rows": 2, "cols": 40})}
    }


@admin.register(DataTable)
class DataTableAdmin(ProductAdmin):
    """Tables. Choosing another workspace moves a table with all that is in it."""

    form = TableForm
    list_display = ("name", "workspace", "company", "trashed_at", "created_at")
    list_filter = (InTrash, "company", "workspace")
    list_select_related = ("workspace", "company")
    search_fields = ("name", "workspace__name", "company__name")
    autocomplete_fields = ("workspace",)
    readonly_fields = ("company", "id", "created_at")
    fields = ("name", "workspace", "company", "trashed_at", "id", "created_at")
    inlines = (ColumnsOfTable,)

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """A new name and another workspace are given by the actions."""
        if not change or obj.trashed_at is not None or "trashed_at" in form.changed_data:
            super().save_model(request, obj, form, change)
            return
        actor = actor_of(request, obj.company_id)
        if "name" in form.changed_data:
            table_actions.rename_table(actor, obj, obj.name)
        if "workspace" in form.changed_data:
            table_actions.move_table(actor, obj, obj.workspace_id)

    def save_formset(
        self, request: HttpRequest, form: ModelForm, formset: Any, change: bool
    ) -> None:
        """The columns are by now where the table is."""
        for each in formset.forms:
            each.instance.workspace_id = form.instance.workspace_id
        super().save_formset(request, form, formset, change)


@admin.register(DataTableColumn)
class DataTableColumnAdmin(ProductAdmin):
    """Columns."""

    form = ColumnForm
    list_display = ("name", "type", "table", "workspace", "company")
    list_filter = ("type", "company")
    list_select_related = ("table", "workspace", "company")
    search_fields = ("name", "table__name")
    autocomplete_fields = ("table",)
    readonly_fields = ("id", "created_at")
    fields = ("table", "name", "type", "width", "options", "id", "created_at")
    fixed = ("table", "type")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """By the action, which takes the cells along."""
        column_actions.delete_column(actor_of(request, obj.company_id), obj)


@admin.register(DataTableView)
class DataTableViewAdmin(ProductAdmin):
    """Saved views."""

    list_display = ("name", "kind", "table", "company")
    list_filter = ("kind", "company")
    list_select_related = ("table", "company")
    search_fields = ("name", "table__name")
    autocomplete_fields = ("table",)
    readonly_fields = ("id", "created_at")
    fields = ("table", "name", "kind", "filters", "sorts", "hidden_columns", "id", "created_at")
    fixed = ("table",)
