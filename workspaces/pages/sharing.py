"""Who sees a workspace: for owners and admins."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from electric_sync.live import live_page
from workspaces.access import Actor, managing
from workspaces.actions import sharing as actions
from workspaces.errors import NotFound
from workspaces.models import Membership, Workspace, WorkspaceGrant
from workspaces.pages.finding import access_in, workspace_of
from workspaces.pages.shell import answer_button, page, require


@live_page
def show(request: HttpRequest, workspace_id: UUID) -> TemplateResponse:
    """Everybody of the company: whether they see this workspace, and why."""
    access = access_in(request)
    workspace = workspace_of(access, workspace_id)
    require(managing(access.role))
    return page(request, "pages/sharing.html", {"workspace": workspace})


@require_POST
def share(request: HttpRequest, workspace_id: UUID, user_id: UUID) -> HttpResponse:
    """Give somebody the workspace at the level that was chosen, or take it back.

    The choice is named after the workspace on a person's page, after the person on a workspace's.
    """

    # The names are read while the action still holds what permits it: none is of later.
    @transaction.atomic
    def act(actor: Actor) -> str:
        names = (f"level-{user_id}", f"level-{workspace_id}")
        level = next((request.POST[name] for name in names if name in request.POST), "")
        if level:
            actions.share_workspace(actor, workspace_id, user_id, level)
            verb = "may edit" if level == WorkspaceGrant.Level.EDIT else "may view"
        else:
            actions.unshare_workspace(actor, workspace_id, user_id)
            verb = "no longer sees"
        return f"{_person(actor, user_id)} {verb} {_place(actor, workspace_id)}."

    return answer_button(request, act, otherwise=reverse("pages:sharing", args=[workspace_id]))


def _person(actor: Actor, user_id: UUID) -> str:
    found = Membership.objects.filter(company_id=actor.company_id, user_id=user_id).first()
    if found is None:
        raise NotFound("person")
    return found.name


def _place(actor: Actor, workspace_id: UUID) -> str:
    found = Workspace.objects.filter(company_id=actor.company_id, pk=workspace_id).first()
    if found is None:
        raise NotFound("workspace")
    return found.name
