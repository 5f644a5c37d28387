"""Two middlewares: both come after Django's ``AuthenticationMiddleware``."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from electric_sync import problems, sessions

Answer = Callable[[HttpRequest], HttpResponse]


class SignedOutMiddleware:
    """A browser that was signed out while it could not reach us is signed out before all else.

    Its script has left a mark, a cookie without data. Whatever it asks for, it asks as nobody.
    """

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        if sessions.SIGNED_OUT_MARK not in request.COOKIES:
            return self._get_response(request)
        logout(request)
        response = self._get_response(request)
        response.delete_cookie(sessions.SIGNED_OUT_MARK, samesite="Lax")
        return response


READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class FollowedSessionMiddleware:
    """Keeps our row of a sign-in in step with Django's session: its key, its password, its end.

    What is read is read together with the sign-in, in one snapshot. What is written may wait for
    others between the two, and its answer tells what it found: so whoever was signed out meanwhile
    gets none.
    """

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        before = request.session.session_key
        if settings.SECRET_KEY_FALLBACKS and request.user.is_authenticated:
            # Who was signed in under an older secret has got another key by now.
            sessions.follow(request, before)
            before = request.session.session_key
        writes = request.method not in READING and sessions.session_of(request) is not None
        response = self._get_response(request)
        sessions.follow(request, before)
        tells = writes and not response.streaming and response.content
        if tells and sessions.key_of(request) and sessions.session_of(request) is None:
            return problems.signed_out()
        return response
