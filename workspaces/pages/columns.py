"""Pages of columns: forms over a table."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from workspaces.access import Actor, WorkspaceAccess
from workspaces.actions import columns as actions
from workspaces.columns.select import options_of
from workspaces.models import DataTableColumn
from workspaces.pages.finding import column_of, table_of
from workspaces.pages.forms import ColumnForm, EmptyForm, NewColumnForm, sent
from workspaces.pages.shell import FormPage, answer_form
from workspaces.pages.tables import require_editing


def new(request: HttpRequest, table_id: UUID) -> HttpResponse:
    """Add a column."""
    here = reverse("pages:table", args=[table_id])

    def describe(access: WorkspaceAccess) -> FormPage:
        table = table_of(access, table_id)
        require_editing(access, table.workspace_id)
        return FormPage(
            "New column", "Add column", here, table.name, workspace_id=table.workspace_id
        )

    def act(actor: Actor, given: dict[str, Any]) -> str:
        options = ColumnForm.options_of(given, given["type"], [])
        actions.create_column(
            actor, table_id, name=given["name"], type=given["type"], options=options
        )
        return here

    return answer_form(request, NewColumnForm(sent(request)), describe, act)


def edit(request: HttpRequest, column_id: UUID) -> HttpResponse:
    """Rename a column, or tell its type something else."""
    column = _any_column(column_id)
    here = reverse("pages:table", args=[column.table_id])
    form = ColumnForm(sent(request))
    form.keep_only_fields_of(column.type)

    def describe(access: WorkspaceAccess) -> FormPage:
        found = column_of(access, column_id)
        require_editing(access, found.workspace_id)
        form.fill_from(found)
        return FormPage(
            f"Column {found.name}", "Save", here, found.table.name, workspace_id=found.workspace_id
        )

    @transaction.atomic
    def act(actor: Actor, given: dict[str, Any]) -> str:
        changed = actions.rename_column(actor, column_id, given["name"])
        if ColumnForm.has_options(column.type):
            options = ColumnForm.options_of(given, column.type, options_of(changed))
            actions.change_column(actor, column_id, options=options)
        return here

    return answer_form(request, form, describe, act)


def delete(request: HttpRequest, column_id: UUID) -> HttpResponse:
    """Delete a column for good, once the person has said so."""
    column = _any_column(column_id)
    here = reverse("pages:table", args=[column.table_id])

    def describe(access: WorkspaceAccess) -> FormPage:
        found = column_of(access, column_id)
        require_editing(access, found.workspace_id)
        return FormPage(
            f"Delete {found.name}?",
            "Delete column",
            here,
            found.table.name,
            lead="What its cells hold is deleted for good, in every row. This cannot be undone.",
            destroys=True,
            workspace_id=found.workspace_id,
        )

    def act(actor: Actor, given: dict[str, Any]) -> str:
        actions.delete_column(actor, column_id)
        return here

    return answer_form(request, EmptyForm(sent(request)), describe, act)


def _any_column(key: UUID) -> DataTableColumn:
    """A column, whoever may see it: for the shape of its form alone.

    That there is none is said where it is asked who may see it, in the same way.
    """
    return DataTableColumn.objects.filter(pk=key).first() or DataTableColumn(
        pk=key, table_id=key, type=DataTableColumn.Type.TEXT
    )
