"""Refusals that our own script can tell from a proxy's or a captive portal's: problem+json."""

from __future__ import annotations

from django.http import JsonResponse
from django.utils.cache import patch_cache_control, patch_vary_headers


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
    response = JsonResponse(
        {"type": f"urn:electric-sync:problem:{kind}", "status": status, "detail": detail},
        status=status,
        content_type="application/problem+json",
    )
    patch_cache_control(response, private=True, no_store=True)
    patch_vary_headers(response, ["Cookie"])
    return response
