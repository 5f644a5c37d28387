"""Errors as ``application/problem+json`` (RFC 9457).

``type`` says the kind, ``title`` the same in words, ``detail`` what happened and what to do. By the
``type`` a client knows that an answer is ours, and not a proxy's or a captive portal's.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, JsonResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from workspaces.errors import ActionError, CellConflict, Invalid, NotFound, NotSignedIn

TYPE = "urn:plainrow:problem:{}"  # with the title in lower case and dashes


def problem(status: int, title: str, detail: str, **more: Any) -> JsonResponse:
    """An answer that says what went wrong."""
    body = {
        "type": TYPE.format(title.lower().replace(" ", "-")),
        "title": title,
        "status": status,
        "detail": detail,
        **more,
    }
    response = JsonResponse(body, encoder=DjangoJSONEncoder, status=status)
    response["Content-Type"] = "application/problem+json"
    return response


def answer_errors_of(api: NinjaAPI) -> None:
    """Make an API answer every error as a problem."""
    api.exception_handler(ActionError)(_refused)
    api.exception_handler(ValidationError)(_malformed)
    api.exception_handler(HttpError)(_http_error)
    api.exception_handler(RequestDataTooBig)(_too_big)


def _refused(request: HttpRequest, error: ActionError) -> JsonResponse:
    more: dict[str, Any] = {}
    if isinstance(error, CellConflict):
        more["conflicts"] = error.conflicts
    if isinstance(error, Invalid):
        more["errors"] = error.errors
    return problem(error.status, error.title, str(error), **more)


def _malformed(request: HttpRequest, error: ValidationError) -> JsonResponse:
    """A body or query of another form than the operation takes; a key that is none is nowhere."""
    if any(each["loc"][0] == "path" for each in error.errors):
        return _refused(request, NotFound("address"))
    errors = {str(each["loc"][-1]): f"{each['msg']}." for each in error.errors}
    return _refused(request, Invalid(errors))


def _http_error(request: HttpRequest, error: HttpError) -> JsonResponse:
    if error.status_code == HTTPStatus.UNAUTHORIZED:
        return _refused(request, NotSignedIn())
    return problem(error.status_code, HTTPStatus(error.status_code).phrase.capitalize(), str(error))


def _too_big(request: HttpRequest, error: RequestDataTooBig) -> JsonResponse:
    return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Too large", "Send less at once.")
