"""Pages that hold live views: read in one snapshot, like the fragments that follow."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import SimpleTemplateResponse

from electric_sync import problems
from electric_sync.access import provider, viewer_of
from electric_sync.problems import kept_by_nobody
from electric_sync.sessions import session_of, switch_tenant
from electric_sync.snapshots import read_snapshot

View = Callable[..., HttpResponse]


def live_page(view: View) -> View:
    """A page whose session, access and rows are read, and rendered, in one snapshot.

    The view finds ``request.access`` and ``request.viewer``. Who is not signed in is sent to
    ``LOGIN_URL``. Who has lost the tenant that was active is moved to another of theirs, or
    gets a 403. Our own script, which asks for a piece of a page, gets a problem that it can tell
    from a proxy's answer. What middleware read before does not count. A ``TemplateResponse`` is
    rendered inside the snapshot, so nothing is read after it.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with read_snapshot():
            viewer = viewer_of(request)
            if viewer is not None:
                request.viewer = viewer  # type: ignore[attr-defined]
                request.access = viewer.access  # type: ignore[attr-defined]
                response = view(request, *args, **kwargs)
                if isinstance(response, SimpleTemplateResponse):
                    response.render()
                return kept_by_nobody(response)
        return kept_by_nobody(_turn_away(request))

    return wrapped


def _turn_away(request: HttpRequest) -> HttpResponse:
    session = session_of(request)
    if request.headers.get("HX-Request") == "true":
        return problems.signed_out() if session is None else problems.no_access()
    if session is None:
        return redirect_to_login(request.get_full_path())
    tenant = provider().default_tenant(session.user)
    if tenant is None or tenant == session.tenant:
        raise PermissionDenied("You have no access here any more. Ask an administrator for it.")
    switch_tenant(request, tenant)
    return HttpResponseRedirect("/")
