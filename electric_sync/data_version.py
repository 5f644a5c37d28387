"""``/api/auth/data-version``: what a browser may keep of what it shows.

GET says which version of access holds now. POST is asked with the tokens of the live views on a
page, and says which may stay; it is the same answer that a live socket gets unasked.
"""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_http_methods

from electric_sync import problems
from electric_sync.access import Reset, Viewer, data_version, look_up
from electric_sync.live.reconcile import Named, Refused, named, reconcile
from electric_sync.problems import kept_by_nobody
from electric_sync.sessions import key_of
from electric_sync.snapshots import read_snapshot

MAX_BODY = 65_536
"""Bytes that a browser may send."""


class Malformed(ValueError):
    """The body is not what was agreed; the argument says why."""


@require_http_methods(["GET", "HEAD", "POST"])
def view(request: HttpRequest) -> HttpResponse:
    """Answer for the request's session, read in one snapshot."""
    key = key_of(request)
    with read_snapshot():
        viewer = look_up(key) if key else Reset.SIGNED_OUT
    if viewer is Reset.NO_ACCESS:
        return problems.no_access()
    if isinstance(viewer, Reset):
        return problems.signed_out()
    answer = {
        "version": data_version(viewer),
        "user": str(viewer.user_id),
        "company": viewer.access.tenant,
    }
    if request.method == "POST":
        try:
            answer.update(_reconciled(viewer, _asked(request)))
        except Malformed as error:
            return problems.malformed(str(error))
    return kept_by_nobody(JsonResponse(answer))


def _reconciled(viewer: Viewer, asked: dict[str, Any]) -> dict[str, Any]:
    if (str(asked["user"]), str(asked["company"])) != (str(viewer.user_id), viewer.access.tenant):
        return {"reset": True, "keep": [], "drop": asked["held"]}
    held: dict[str, tuple[Named, None]] = {}
    for token in asked["held"]:
        try:
            held[token] = (named(viewer, token), None)
        except Refused:
            continue
    allowed = reconcile(viewer, held).change
    return {
        "reset": False,
        "keep": [token for token in asked["held"] if token in allowed],
        "drop": [token for token in asked["held"] if token not in allowed],
    }


def _asked(request: HttpRequest) -> dict[str, Any]:
    if len(request.body) > MAX_BODY:
        raise Malformed(f"This is more than {MAX_BODY} bytes.")
    try:
        asked = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise Malformed("This is no JSON.") from error
    if not isinstance(asked, dict) or not {"user", "company", "version", "held"} <= asked.keys():
        raise Malformed("Say user, company, version and held.")
    held = asked["held"]
    if not isinstance(held, list) or not all(isinstance(token, str) for token in held):
        raise Malformed("held is a list of tokens.")
    return asked
