"""Signing in and out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.forms import AuthenticationForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from workspaces.models import Membership, Role, User, WorkspaceGrant

BACKEND = "django.contrib.auth.backends.ModelBackend"
LOCAL_HOSTS = {"127.0.0.1": "localhost", "localhost": "127.0.0.1"}
ROLE_ORDER = list(Role.values)


class SignInForm(AuthenticationForm):
    """E-mail address and password, in our words."""

    error_messages = {
        "invalid_login": "This address and this password do not belong together.",
        "inactive": "This person may not sign in any more. An admin can change that.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, kind in (("username", "email"), ("password", "password")):
            self.fields[name].widget.attrs["class"] = "input"
            self.fields[name].widget.input_type = kind


@dataclass
class DemoPerson:
    """A sample person, whom the demo lets anybody be."""

    user_id: UUID
    name: str
    place: str
    role: str


@sensitive_post_parameters("password")
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask who somebody is. In the demo, a button for each sample person answers that."""
    if request.method == "POST" and settings.DEMO and "demo" in request.POST:
        return _enter(request, _demo_user(request.POST["demo"]))
    form = SignInForm(request, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _enter(request, form.get_user())
    people = _demo_people() if settings.DEMO else []
    context = {"form": form, "people": people, "other_host": _other_host(request)}
    status = 422 if form.is_bound else 200
    return TemplateResponse(request, "pages/sign_in.html", context, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return HttpResponseRedirect(resolve_url(settings.LOGIN_URL))


def _enter(request: HttpRequest, user: Any) -> HttpResponse:
    login(request, user, backend=BACKEND)
    wanted = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return HttpResponseRedirect(wanted if safe else resolve_url(settings.LOGIN_REDIRECT_URL))


def _demo_user(key: str) -> User:
    person = next((each for each in _demo_people() if str(each.user_id) == key), None)
    if person is None:
        raise Http404
    return User.objects.get(pk=person.user_id)


def _demo_people() -> list[DemoPerson]:
    """Everybody with a membership, in the order of their first company's roles."""
    memberships = Membership.objects.select_related("company").filter(user__is_active=True)
    people: dict[UUID, DemoPerson] = {}
    given = _workspaces_given()
    for each in sorted(memberships, key=lambda m: (m.created_at, ROLE_ORDER.index(m.role), m.name)):
        known = people.get(each.user_id)
        if known:
            known.place += f"; {each.get_role_display().lower()} at {each.company.name}"
            continue
        place = ", ".join([each.company.name, *given.get((each.user_id, each.company_id), [])])
        people[each.user_id] = DemoPerson(each.user_id, each.name, place, each.get_role_display())
    return list(people.values())


def _workspaces_given() -> dict[tuple[UUID, UUID], list[str]]:
    given: dict[tuple[UUID, UUID], list[str]] = {}
    grants = WorkspaceGrant.objects.select_related("workspace").order_by("workspace__position")
    for grant in grants:
        given.setdefault((grant.user_id, grant.company_id), []).append(grant.workspace.name)
    return given


def _other_host(request: HttpRequest) -> str | None:
    """The second name of this machine: its cookies are others, so a second person fits in."""
    name, _, port = request.get_host().partition(":")
    other = LOCAL_HOSTS.get(name)
    return other and (f"{other}:{port}" if port else other)
