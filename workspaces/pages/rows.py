"""Rows: what the page asks for beyond the API."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from workspaces.access import Actor
from workspaces.actions import rows as actions
from workspaces.api.parsing import read_json
from workspaces.api.problems import problem
from workspaces.errors import ActionError, Invalid
from workspaces.pages.shell import answering, go


@require_POST
def new(request: HttpRequest, table_id: UUID) -> HttpResponse:
    """Add an empty row at the end: the way of a browser without script."""
    with answering(request):
        actions.add_row(Actor.of(request), table_id)
    return go(request, reverse("pages:table", args=[table_id]))


@require_POST
def delete(request: HttpRequest, table_id: UUID) -> HttpResponse:
    """Delete the rows whose ids come as JSON, all in one transaction."""
    try:
        gone = actions.delete_rows(Actor.of(request), table_id, _ids(request))
    except ActionError as error:
        return problem(error.status, error.title, str(error))
    return JsonResponse({"ids": [str(key) for key in gone]})


def _ids(request: HttpRequest) -> list[UUID]:
    try:
        return [UUID(text) for text in read_json(request.body)["ids"]]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Invalid({"ids": "Give the ids of rows."}) from None
