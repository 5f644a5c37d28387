"""Pages of workspaces."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from electric_sync.live import live_page
from workspaces.access import Actor, WorkspaceAccess, managing
from workspaces.actions import workspaces as actions
from workspaces.pages.finding import access_in, workspace_of
from workspaces.pages.forms import EmptyForm, NameForm, sent
from workspaces.pages.shell import FormPage, answer_button, answer_form, page, require


@live_page
def show(request: HttpRequest, workspace_id: UUID) -> TemplateResponse:
    """A workspace and its tables."""
    workspace = workspace_of(access_in(request), workspace_id)
    return page(request, "pages/workspace.html", {"workspace": workspace})


def new(request: HttpRequest) -> HttpResponse:
    """Make a workspace."""

    def describe(access: WorkspaceAccess) -> FormPage:
        require(managing(access.role))
        return FormPage("New workspace", "Make workspace", reverse("pages:home"), "Home")

    def act(actor: Actor, given: dict[str, Any]) -> str:
        workspace = actions.create_workspace(actor, given["name"])
        return reverse("pages:workspace", args=[workspace.pk])

    return answer_form(request, NameForm(sent(request)), describe, act)


def rename(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Give a workspace another name."""
    form = NameForm(sent(request))
    here = reverse("pages:workspace", args=[workspace_id])

    def describe(access: WorkspaceAccess) -> FormPage:
        workspace = workspace_of(access, workspace_id)
        require(managing(access.role))
        form.initial["name"] = workspace.name
        return FormPage("Rename workspace", "Rename", here, workspace.name)

    def act(actor: Actor, given: dict[str, Any]) -> str:
        actions.rename_workspace(actor, workspace_id, given["name"])
        return here

    return answer_form(request, form, describe, act)


def delete(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Put a workspace in the trash, once the person has said so."""

    def describe(access: WorkspaceAccess) -> FormPage:
        workspace = workspace_of(access, workspace_id)
        require(managing(access.role))
        return FormPage(
            f"Delete {workspace.name}?",
            "Delete workspace",
            reverse("pages:workspace", args=[workspace_id]),
            workspace.name,
            lead="Its tables disappear for everybody at once. You can take that back afterwards.",
            destroys=True,
        )

    def act(actor: Actor, given: dict[str, Any]) -> str:
        workspace = actions.delete_workspace(actor, workspace_id)
        undo = reverse("pages:restore-workspace", args=[workspace_id])
        messages.success(request, f"{workspace.name} was deleted.", extra_tags=undo)
        return reverse("pages:home")

    return answer_form(request, EmptyForm(sent(request)), describe, act)


@require_POST
def restore(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Take a workspace out of the trash."""

    def act(actor: Actor) -> str:
        return f"{actions.restore_workspace(actor, workspace_id).name} is back."

    return answer_button(request, act, otherwise=reverse("pages:workspace", args=[workspace_id]))
