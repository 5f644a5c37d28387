"""Refusals that our own script can tell from a proxy's or a captive portal's: problem+json."""

from __future__ import annotations

from typing import TypeVar

from django.http import HttpResponse, JsonResponse
from django.utils.cache import patch_cache_control, patch_vary_headers

R = TypeVar("R", bound=HttpResponse)


def signed_out() -> JsonResponse:
    """Nobody is signed in, or the sign-in has ended."""
    return problem(401, "signed-out", "You are signed out. Sign in again.")


def no_access() -> JsonResponse:
    """Signed in, and without access in the tenant that is active."""
    return problem(403, "no-access", "You have no access here any more. Ask an administrator.")


def malformed(detail: str) -> JsonResponse:
    """What was sent makes no sense."""
    return problem(400, "malformed", detail)


def problem(status: int, kind: str, detail: str) -> JsonResponse:
    """An answer of RFC 9457."""
    return kept_by_nobody(
        JsonResponse(
            {"type": f"urn:electric-sync:problem:{kind}", "status": status, "detail": detail},
            status=status,
            content_type="application/problem+json",
        )
    )


def kept_by_nobody(response: R) -> R:
    """The answer is one person's: neither a browser nor anything before it may keep it."""
    patch_cache_control(response, private=True, no_store=True)
    patch_vary_headers(response, ["Cookie"])
    return response
