"""Pages of tables."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from electric_sync.live import live_page
from workspaces.access import Actor, WorkspaceAccess, editing
from workspaces.actions import tables as actions
from workspaces.pages.finding import access_in, table_of, workspace_of
from workspaces.pages.forms import EmptyForm, MoveForm, NameForm, sent
from workspaces.pages.shell import FormPage, answer_button, answer_form, page, require

#: Rows that one page holds before a script asks for more.
WINDOW = 100
MAX_DIGITS = 15  # of a row's number: as many as JavaScript counts with


@live_page
def show(request: HttpRequest, table_id: UUID) -> TemplateResponse:
    """The grid. `?after=` begins behind a row, `?first=` says which number the next one has."""
    table = table_of(access_in(request), table_id)
    first = _number(request.GET.get("first"))
    context = {"table": table, "first": first, "next_first": first + WINDOW}
    return page(request, "pages/table.html", context)


def new(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Make a table."""

    def describe(access: WorkspaceAccess) -> FormPage:
        workspace = workspace_of(access, workspace_id)
        require_editing(access, workspace_id)
        back = reverse("pages:workspace", args=[workspace_id])
        return FormPage(
            f"New table in {workspace.name}",
            "Make table",
            back,
            workspace.name,
            workspace_id=workspace_id,
        )

    def act(actor: Actor, given: dict[str, Any]) -> str:
        table = actions.create_table(actor, workspace_id, given["name"])
        return reverse("pages:table", args=[table.pk])

    return answer_form(request, NameForm(sent(request)), describe, act)


def rename(request: HttpRequest, table_id: UUID) -> HttpResponse:
    """Give a table another name."""
    form = NameForm(sent(request))
    here = reverse("pages:table", args=[table_id])

    def describe(access: WorkspaceAccess) -> FormPage:
        table = table_of(access, table_id)
        require_editing(access, table.workspace_id)
        form.initial["name"] = table.name
        return FormPage("Rename table", "Rename", here, table.name, workspace_id=table.workspace_id)

    def act(actor: Actor, given: dict[str, Any]) -> str:
        actions.rename_table(actor, table_id, given["name"])
        return here

    return answer_form(request, form, describe, act)


def delete(request: HttpRequest, table_id: UUID) -> HttpResponse:
    """Put a table in the trash, once the person has said so."""

    def describe(access: WorkspaceAccess) -> FormPage:
        table = table_of(access, table_id)
        require_editing(access, table.workspace_id)
        return FormPage(
            f"Delete {table.name}?",
            "Delete table",
            reverse("pages:table", args=[table_id]),
            table.name,
            lead="It disappears for everybody at once. You can take that back afterwards.",
            destroys=True,
            workspace_id=table.workspace_id,
        )

    def act(actor: Actor, given: dict[str, Any]) -> str:
        table = actions.delete_table(actor, table_id)
        undo = reverse("pages:restore-table", args=[table_id])
        messages.success(request, f"{table.name} was deleted.", extra_tags=undo)
        return reverse("pages:workspace", args=[table.workspace_id])

    return answer_form(request, EmptyForm(sent(request)), describe, act)


def move(request: HttpRequest, table_id: UUID) -> HttpResponse:
    """Move a table to another workspace. Who does not see that one loses the table."""
    form = MoveForm(sent(request))

    def describe(access: WorkspaceAccess) -> FormPage:
        table = table_of(access, table_id)
        require_editing(access, table.workspace_id)
        others = access.workspaces().exclude(pk=table.workspace_id).order_by("position", "id")
        form.offer(each for each in others if access.may_edit(each.pk))
        return FormPage(
            f"Move {table.name}",
            "Move table",
            reverse("pages:table", args=[table_id]),
            table.name,
            lead=f"Whoever sees {table.workspace.name} and not the other workspace loses it at"
            " once. Everybody who sees the other one gets it.",
            workspace_id=table.workspace_id,
        )

    def act(actor: Actor, given: dict[str, Any]) -> str:
        table = actions.move_table(actor, table_id, given["workspace"])
        # Not to its page: what is live there is about the place that it has left.
        return reverse("pages:workspace", args=[table.workspace_id])

    return answer_form(request, form, describe, act)


@require_POST
def restore(request: HttpRequest, table_id: UUID) -> HttpResponse:
    """Take a table out of the trash."""

    def act(actor: Actor) -> str:
        return f"{actions.restore_table(actor, table_id).name} is back."

    return answer_button(request, act, otherwise=reverse("pages:table", args=[table_id]))


def require_editing(access: WorkspaceAccess, workspace_id: UUID) -> None:
    """Refuse whoever may only look."""
    require(editing(access.role, access.grant(workspace_id)))


def _number(text: str | None) -> int:
    if not text or not text.isascii() or not text.isdigit() or len(text) > MAX_DIGITS:
        return 1
    return max(1, int(text))
