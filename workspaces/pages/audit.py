"""The audit log, for owners and admins."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from django.template.response import TemplateResponse

from electric_sync.live import live_page
from workspaces.access import managing
from workspaces.pages.finding import access_in
from workspaces.pages.shell import page, require


@live_page
def log(request: HttpRequest) -> TemplateResponse:
    """What was done in the company, latest first; with `?person=` what one person did."""
    require(managing(access_in(request).role))
    return page(request, "pages/audit_log.html", {"person": _key(request.GET.get("person", ""))})


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
