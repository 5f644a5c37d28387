"""Sending simulated colleagues home: in the demo and nowhere else."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from electric_sync.sessions import session_of
from workspaces.sample import presence


@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """Stop them, and go back to the page where the button was."""
    if not settings.DEMO:
        raise Http404
    if session_of(request) is None:
        return HttpResponseRedirect(reverse("pages:sign-in"), status=303)
    presence.send_home()
    page = request.POST.get("page", "")
    is_ours = url_has_allowed_host_and_scheme(page, allowed_hosts=None)
    return HttpResponseRedirect(page if is_ours else reverse("pages:home"), status=303)
