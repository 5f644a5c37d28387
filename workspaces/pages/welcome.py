"""Coming in with an invitation: somebody who is new chooses a password."""

from __future__ import annotations

from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from workspaces.actions import account as actions
from workspaces.invitations import invited
from workspaces.pages.forms import FirstPasswordForm, sent
from workspaces.pages.sessions import BACKEND


@sensitive_post_parameters()
@never_cache
def choose_password(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Choose a first password, and be signed in. The link works once, and not for long."""
    person = invited(uid, token)
    if person is None:
        return TemplateResponse(request, "pages/welcome_ended.html", {}, status=404)
    form = FirstPasswordForm(person, sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            with_password = actions.choose_first_password(
                uid, token, form.cleaned_data["new_password1"]
            )
        except LookupError as error:  # used in another window meanwhile
            raise Http404 from error
        login(request, with_password, backend=BACKEND)
        return HttpResponseRedirect(resolve_url("pages:home"), status=303)
    context = {"form": form, "person": person}
    status = 422 if form.is_bound else 200
    return TemplateResponse(request, "pages/welcome.html", context, status=status)
