"""Who tries passwords is slowed down: five wrong ones for an account from an address, then a pause.

django-axes counts. This says what it counts by, and answers whoever has to wait. The answer is the
same for an account that is there and one that is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

MAX_ACCOUNT = 254  # characters of what is typed that tell accounts apart
TOO_MANY = 429


def account(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """The account that somebody tries to enter, as signing in finds it: in lower case."""
    typed = (credentials or {}).get("username") or request.POST.get("username", "")
    return str(typed).strip().lower()[:MAX_ACCOUNT]


def address(request: HttpRequest) -> str | None:
    """Where a request comes from: what our proxy saw, or who connected to us.

    A proxy adds the address that it sees at the end; what stands before that anybody may write.
    Of IPv6 everybody has 2⁶⁴ addresses to come from, so there the network is what counts.
    """
    seen = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        seen = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2] or seen
    try:
        found = ip_address(seen.strip().partition("%")[0])
    except ValueError:
        return None  # a socket in the file system has none
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is None:
            return str(ip_network((found, 64), strict=False).network_address)
        found = found.ipv4_mapped
    return str(found)


def answer(request: HttpRequest, *_: object) -> HttpResponse:
    """Ask somebody to wait, and say how long."""
    wait = _wait(request)
    response = render(
        request, "429.html", {"minutes": ceil(wait / timedelta(minutes=1))}, status=TOO_MANY
    )
    response["Retry-After"] = str(ceil(wait.total_seconds()))
    return response


def _wait(request: HttpRequest) -> timedelta:
    pause: timedelta = settings.AXES_COOLOFF_TIME
    credentials = getattr(request, "axes_credentials", None)
    attempts = AxesProxyHandler.get_implementation().get_user_attempts(request, credentials)
    latest = [each.aggregate(at=Max("attempt_time"))["at"] for each in attempts]
    until = max((at + pause for at in latest if at), default=timezone.now() + pause)
    return max(until - timezone.now(), timedelta(seconds=1))
