"""The admin's front door, and whom too many wrong passwords keep out of either."""

from __future__ import annotations

from typing import Any

from axes.utils import reset
from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse

from electric_sync.sessions import followed, session_of


class Site(admin.AdminSite):
    """Lets in whom Django's own lets in, unless their sign-in was ended.

    Ending a sign-in, in the admin's list of them, is a row of ours: Django's session knows nothing
    of it.
    """

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff, with a sign-in that is open."""
        return super().has_permission(request) and session_of(request) is not None

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Another password of one's own: other sign-ins end, this one goes on."""
        with followed(request):
            return super().password_change(request, extra_context)


def unlock(email: str) -> int:
    """Let somebody try passwords again at once, from everywhere. Returns how many places waited."""
    return int(reset(username=email.strip().lower()))
