"""What every page of a signed-in person has around it, and how pages answer forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme

from electric_sync.live import live_page
from workspaces.access import Actor, Decision, WorkspaceAccess
from workspaces.api.problems import problem
from workspaces.errors import ActionError, Forbidden, Invalid, NotFound, NotSignedIn
from workspaces.pages.finding import access_in
from workspaces.sample.presence import are_at_work

#: The answer to a form in a dialog: where the page would have gone. The script decides
#: whether it must go there; see static/plainrow/js/dialogs.js.
NEXT_HEADER = "Plainrow-Next"


def page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> TemplateResponse:
    """Show a template inside the shell. Only within a `live_page`.

    Whatever differs between those who may open the page belongs into its live views.
    """
    simulated = settings.DEMO and are_at_work()
    return TemplateResponse(
        request, template, {"colleagues_at_work": simulated, **context}, status=status
    )


@dataclass(frozen=True)
class FormPage:
    """A form with a page of its own, which a script may show as a dialog instead."""

    title: str
    submit: str
    back: str
    back_name: str
    lead: str = ""
    destroys: bool = False
    workspace_id: UUID | None = None
    """What one must be able to edit; None: one must manage the company."""


def answer_form(
    request: HttpRequest,
    form: forms.Form,
    describe: Callable[[WorkspaceAccess], FormPage],
    act: Callable[[Actor, dict[str, Any]], str],
) -> HttpResponse:
    """Show the form, or do what it asks for and go where `act` says.

    What an action refuses is shown at its field, with everything that was typed. `describe`
    runs in the page's transaction: it finds what the form is about and refuses whoever may
    not do that.
    """
    if request.method == "POST" and form.is_valid():
        try:
            with answering(request):
                address = act(Actor.of(request), form.cleaned_data)
            return go(request, address)
        except Invalid as error:
            _add_errors(form, error)
    return _show_form(request, form, describe)


@live_page
def _show_form(
    request: HttpRequest, form: forms.Form, describe: Callable[[WorkspaceAccess], FormPage]
) -> TemplateResponse:
    described = describe(access_in(request))
    status = 422 if form.is_bound and form.errors else 200
    return page(request, "pages/form.html", {"form": form, **vars(described)}, status=status)


def answer_button(
    request: HttpRequest, act: Callable[[Actor], str], *, otherwise: str
) -> HttpResponse:
    """Do what a button or a choice asks for, and say so: `act` returns the sentence.

    A script is told in JSON and stays where it is, see static/plainrow/js/sending.js. A browser
    without one goes back to the page that it came from, or to the address `otherwise`.
    """
    quiet = request.headers.get("Accept") == "application/json"
    try:
        sentence = act(Actor.of(request))
    except ActionError as error:
        if quiet:
            return problem(error.status, error.title, str(error))
        if not isinstance(error, Invalid):
            with answering(request):
                raise
        messages.warning(request, str(error))
    else:
        if quiet:
            return JsonResponse({"done": sentence})
        messages.success(request, sentence)
    page = request.POST.get("page", "")
    is_ours = url_has_allowed_host_and_scheme(page, allowed_hosts=None)
    return HttpResponseRedirect(page if is_ours else otherwise, status=303)


def go(request: HttpRequest, address: str) -> HttpResponse:
    """Send the browser to an address after a form was accepted."""
    if request.headers.get("HX-Target") == "dialog":
        return HttpResponse(status=204, headers={NEXT_HEADER: address})
    return HttpResponseRedirect(address, status=303)


def require(decision: Decision) -> None:
    """Refuse with the reason. Only for what the viewer can see: else it is a 404."""
    if not decision:
        raise PermissionDenied(decision.reason)


@contextmanager
def answering(request: HttpRequest) -> Iterator[None]:
    """Answer an action's refusals as pages do. `Invalid` is the form's business."""
    try:
        yield
    except NotFound as error:
        raise Http404(str(error)) from error
    except (Forbidden, NotSignedIn) as error:
        raise PermissionDenied(str(error)) from error


def _add_errors(form: forms.Form, error: Invalid) -> None:
    for field, sentence in error.errors.items():
        form.add_error(field if field in form.fields else None, sentence)
