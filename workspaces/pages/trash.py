"""The trash: what was deleted and can be brought back."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.response import TemplateResponse

from electric_sync.live import live_page
from workspaces.pages.shell import page


@live_page
def show(request: HttpRequest) -> TemplateResponse:
    """Whatever the viewer may bring back."""
    return page(request, "pages/trash.html", {})
