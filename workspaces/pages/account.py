"""What is a person's own: their name, their password, where they are signed in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from electric_sync.access import Viewer
from electric_sync.live import live_page
from electric_sync.sessions import followed, session_of
from workspaces.access import Actor
from workspaces.actions import account as actions
from workspaces.errors import Invalid
from workspaces.models import User
from workspaces.pages.forms import NameForm, OwnPasswordForm
from workspaces.pages.shell import answer_button, answering, page


def show(request: HttpRequest) -> HttpResponse:
    """Everything of one's own, on one page."""
    return _show(request, NameForm(), None)


@require_POST
def rename(request: HttpRequest) -> HttpResponse:
    """Take another name. Colleagues see it at once."""
    form = NameForm(request.POST)
    if form.is_valid():
        try:
            with answering(request):
                actions.rename_self(Actor.of(request), form.cleaned_data["name"])
        except Invalid as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, "Your name was changed.")
            return HttpResponseRedirect(reverse("pages:account"), status=303)
    return _show(request, form, None)


@sensitive_post_parameters()
@require_POST
def change_password(request: HttpRequest) -> HttpResponse:
    """Choose another password. This device stays signed in, all others do not."""
    session = session_of(request)
    # Django looks at the password when it is first asked for the user: now, not after the change.
    if session is None or not request.user.is_authenticated:
        return _show(request, NameForm(), None)  # to sign in
    form = OwnPasswordForm(request.user, request.POST, request=request)
    if not form.is_valid():
        return _show(request, NameForm(), form)
    with answering(request), followed(request):
        password = form.cleaned_data["new_password1"]
        user = actions.change_password(Actor.of(request), password, but=session.pk)
        update_session_auth_hash(request, user)
    messages.success(request, "Your password was changed. Your other devices are signed out.")
    return HttpResponseRedirect(reverse("pages:account"), status=303)


@require_POST
def end_device(request: HttpRequest, session_id: UUID | None = None) -> HttpResponse:
    """Sign out on another device of one's own, or on all others."""

    def act(actor: Actor) -> str:
        here = session_of(request)
        ended = actions.end_own_devices(actor, session_id, but=here.pk if here else None)
        return f"{ended} device{'' if ended == 1 else 's'} signed out."

    return answer_button(request, act, otherwise=reverse("pages:account"))


@live_page
def _show(
    request: HttpRequest, name: NameForm, password: OwnPasswordForm | None
) -> TemplateResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    user = User.objects.get(pk=viewer.user_id)
    name.initial["name"] = user.name
    name.fields["name"].widget.attrs.pop("autofocus", None)
    given: list[forms.Form | None] = [name, password]
    refused = any(form is not None and form.is_bound for form in given)
    context: dict[str, Any] = {
        "name_form": name,
        "password_form": password or OwnPasswordForm(user),
        "session_id": viewer.session_id,
    }
    return page(request, "pages/account.html", context, status=422 if refused else 200)
