"""The people of the company, for owners and admins."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from electric_sync.live import live_page
from workspaces.access import Actor, WorkspaceAccess, appointing, managing
from workspaces.actions import people as actions
from workspaces.invitations import DAYS, invitation_link, may_invite
from workspaces.models import Membership, Role
from workspaces.pages.finding import access_in, member_of
from workspaces.pages.forms import EmptyForm, PersonForm, sent
from workspaces.pages.shell import (
    FormPage,
    answer_button,
    answer_form,
    page,
    require,
)


@live_page
def everybody(request: HttpRequest) -> TemplateResponse:
    """Who belongs to the company, in which role, and where they are signed in."""
    require(managing(access_in(request).role))
    return page(request, "pages/people.html", {})


@live_page
def show(request: HttpRequest, member_id: UUID) -> TemplateResponse:
    """What one person sees and why, and their devices."""
    access = access_in(request)
    require(managing(access.role))
    return page(request, "pages/person.html", {"member": member_of(access, member_id)})


def add(request: HttpRequest) -> HttpResponse:
    """Let somebody into the company. Who is new is given an invitation to pass on."""
    form = PersonForm(sent(request))
    here = reverse("pages:people")

    def describe(access: WorkspaceAccess) -> FormPage:
        require(managing(access.role))
        return FormPage(
            "Add a person",
            "Add person",
            here,
            "People",
            lead="Editors and viewers see the workspaces that you give them afterwards.",
        )

    def act(actor: Actor, given: dict[str, Any]) -> str:
        member, is_new = actions.add_person(actor, given["email"], given["name"], given["role"])
        to = "pages:invitation" if is_new else "pages:person"
        return reverse(to, args=[member.pk])

    return answer_form(request, form, describe, act)


@live_page
def invitation(request: HttpRequest, member_id: UUID) -> TemplateResponse:
    """The link with which somebody who is new chooses a password."""
    access = access_in(request)
    require(managing(access.role))
    member = member_of(access, member_id)
    decision, link = may_invite(access.role, member), None
    if decision:
        link = request.build_absolute_uri(invitation_link(member.user, access.user_id))
    context = {"member": member, "link": link, "days": DAYS, "reason": decision.reason}
    return page(request, "pages/invitation.html", context)


@require_POST
def change_role(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Give somebody the role that was chosen in their row."""

    def act(actor: Actor) -> str:
        chosen = request.POST.get(f"role-{member_id}", "")
        member = actions.change_role(actor, member_id, chosen)
        return f"{member.name} is {WITH_ARTICLE[Role(member.role)]} now."

    return answer_button(request, act, otherwise=reverse("pages:people"))


def remove(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """Take somebody out of the company, once the person at the page has said so."""
    here = reverse("pages:people")

    def describe(access: WorkspaceAccess) -> FormPage:
        require(managing(access.role))
        member = member_of(access, member_id)
        require(appointing(access.role, member.role, None, last_owner=_is_last_owner(member)))
        return FormPage(
            f"Remove {member.name}?",
            f"Remove {member.name}",
            here,
            "People",
            lead="They lose everything in this company at once, on every device. What they wrote"
            " stays. You can add them again, without what they were given.",
            destroys=True,
        )

    def act(actor: Actor, given: dict[str, Any]) -> str:
        actions.remove_person(actor, member_id)
        return here

    return answer_form(request, EmptyForm(sent(request)), describe, act)


@require_POST
def end_devices(
    request: HttpRequest, member_id: UUID, session_id: UUID | None = None
) -> HttpResponse:
    """Sign somebody out on one device, or on all on which they have this company open."""

    def act(actor: Actor) -> str:
        ended = actions.end_devices(actor, member_id, session_id)
        return f"{ended} device{'' if ended == 1 else 's'} signed out."

    return answer_button(request, act, otherwise=reverse("pages:person", args=[member_id]))


#: "is … now"
WITH_ARTICLE = {
    Role.OWNER: "an owner",
    Role.ADMIN: "an admin",
    Role.EDITOR: "an editor",
    Role.VIEWER: "a viewer",
}


def _is_last_owner(member: Membership) -> bool:
    owners = Membership.objects.filter(company_id=member.company_id, role=Role.OWNER)
    return not owners.exclude(pk=member.pk).exists()
