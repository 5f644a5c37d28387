"""Signing in and out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from workspaces import demo
from workspaces.pages.shell import answering

BACKEND = "django.contrib.auth.backends.ModelBackend"
LOCAL_HOSTS = {"127.0.0.1": "localhost", "localhost": "127.0.0.1"}


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


@sensitive_post_parameters("password")
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask who somebody is. In the demo, a button for each sample person answers that."""
    if request.method == "POST" and settings.DEMO and "demo" in request.POST:
        with answering(request):
            return _enter(request, demo.person(request.POST["demo"]))
    form = SignInForm(request, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _enter(request, form.get_user())
    context = {"form": form, "people": demo.people(), "other_host": _other_host(request)}
    status = 422 if form.is_bound else 200
    return TemplateResponse(request, "pages/sign_in.html", context, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, and let the browser throw away what it has kept of it."""
    logout(request)
    answer = HttpResponseRedirect(resolve_url(settings.LOGIN_URL))
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def _enter(request: HttpRequest, user: Any) -> HttpResponse:
    login(request, user, backend=BACKEND)
    wanted = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return HttpResponseRedirect(wanted if safe else resolve_url(settings.LOGIN_REDIRECT_URL))


def _other_host(request: HttpRequest) -> str | None:
    """The second name of this machine: its cookies are others, so a second person fits in."""
    name, _, port = request.get_host().partition(":")
    other = LOCAL_HOSTS.get(name)
    return other and (f"{other}:{port}" if port else other)
