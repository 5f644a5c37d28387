"""Who writes through the API: a program, or a person at one of our own pages."""

from __future__ import annotations

from django.http import HttpRequest

from workspaces.access import Actor
from workspaces.models import AuditLog

VIA_HEADER = "Plainrow-Via"  # set by static/plainrow/js/api.js
PAGE, API = AuditLog.Via.PAGE.value, AuditLog.Via.API.value


def actor_of(request: HttpRequest) -> Actor:
    """The person behind a request. The audit log tells what they did on a page from the rest."""
    return Actor.of(request, PAGE if request.headers.get(VIA_HEADER) == PAGE else API)
