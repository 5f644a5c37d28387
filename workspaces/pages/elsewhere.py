"""What is not here, but in another company of the viewer's own.

Who belongs to several companies has one open at a time. A link to something in another of theirs
is answered with an offer to open that, if they may see it there. For everybody else the page is
the one that says nothing.
"""

from __future__ import annotations

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from electric_sync.sessions import session_of
from electric_sync.snapshots import read_snapshot
from workspaces.access import WorkspaceAccess
from workspaces.models import Company, DataTable, DataTableColumn, Workspace

#: What an address may name, and where the workspace is written that decides who sees it.
NAMED: dict[str, tuple[type[Model], str]] = {
    "workspace_id": (Workspace, "pk"),
    "table_id": (DataTable, "workspace_id"),
    "column_id": (DataTableColumn, "workspace_id"),
}


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what is not there."""
    context = {"elsewhere": _elsewhere(request) if request.method == "GET" else None}
    return TemplateResponse(request, "404.html", context, status=404).render()


def _elsewhere(request: HttpRequest) -> Company | None:
    """The company of the viewer's that shows them what this address names."""
    match = request.resolver_match
    named = [] if match is None else [name for name in NAMED if name in match.kwargs]
    if match is None or not named:
        return None
    model, place = NAMED[named[0]]
    with read_snapshot():
        session = session_of(request)
        thing = model._default_manager.filter(pk=match.kwargs[named[0]]).first()
        if session is None or thing is None:
            return None
        company_id = thing.company_id  # type: ignore[attr-defined]
        if str(company_id) == session.tenant:
            return None
        access = WorkspaceAccess.load(session.user, str(company_id))
        if access is None or not access.workspaces().filter(pk=getattr(thing, place)).exists():
            return None
        if isinstance(thing, DataTable) and not access.tables().filter(pk=thing.pk).exists():
            return None
        return Company.objects.get(pk=company_id)
