"""What the browser may do with our answers: content security policy, permissions, keeping them.

Each request gets a nonce, `request.csp_nonce`; a `<script>` runs only if it carries it.
Nothing inline and nothing from elsewhere runs, so markup that got into a page is inert.
Django's admin and the API's documentation are other people's pages, which cannot carry
our nonce; they get policies of their own, by address.
"""

import secrets
from collections.abc import Awaitable, Callable
from typing import cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

#: 128 random bits, so that nobody guesses it.
NONCE_BYTES = 16

_SHARED = (
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PAGES = (
    "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; "
    "style-src 'self' 'nonce-{nonce}'; img-src 'self'; " + _SHARED
)
ADMIN = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " + _SHARED
# Swagger draws with inline styles and data: pictures. Its scripts are files of ours.
API_DOCS = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; " + _SHARED
)
BY_ADDRESS = {"/admin/": ADMIN, "/api/docs": API_DOCS}

PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

Answer = HttpResponseBase | Awaitable[HttpResponseBase]


def policy(path: str, nonce: str) -> str:
    """Return the content security policy for a page at this path."""
    for start, special in BY_ADDRESS.items():
        if path.startswith(start):
            return special
    return PAGES.format(nonce=nonce)


class BrowserPolicyMiddleware:
    """Give the request its nonce, and the answer its policies unless the view set its own."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Answer]) -> None:
        self.get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Answer:
        request.csp_nonce = secrets.token_urlsafe(NONCE_BYTES)  # type: ignore[attr-defined]
        answer = self.get_response(request)
        if self._is_async:
            return self._later(request, cast(Awaitable[HttpResponseBase], answer))
        return _with_policies(request, cast(HttpResponseBase, answer))

    async def _later(
        self, request: HttpRequest, answer: Awaitable[HttpResponseBase]
    ) -> HttpResponseBase:
        return _with_policies(request, await answer)


def _with_policies(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    nonce: str = request.csp_nonce  # type: ignore[attr-defined]
    response.headers.setdefault("Content-Security-Policy", policy(request.path, nonce))
    response.headers.setdefault("Permissions-Policy", PERMISSIONS)
    # Who signs out, or loses a workspace, leaves nothing of it behind in a cache.
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response
