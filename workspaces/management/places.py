"""Finding what a command's arguments name."""

from __future__ import annotations

from uuid import UUID

from django.core.management.base import CommandError

from workspaces.models import Company, Workspace
from workspaces.sample.people import HARBOUR, key


def find_workspace(name: str | None, company: str | None = None) -> Workspace:
    """A workspace by id, or by name, within a company if need be. The sample's if left out.

    Raises:
        CommandError: there is none, or more than one.
    """
    found = Workspace.objects.select_related("company").filter(trashed_at=None)
    if name is None:
        found = found.filter(pk=key(HARBOUR, "Warehouse"))
    elif (workspace_id := _uuid(name)) is not None:
        found = found.filter(pk=workspace_id)
    else:
        found = found.filter(name__iexact=name)
    if company is not None:
        found = found.filter(company=find_company(company))
    places = list(found.order_by("company__name", "name")[:10])
    if len(places) == 1:
        return places[0]
    if not places and name is None:
        raise CommandError("Say which workspace, with --workspace NAME.")
    if not places:
        raise CommandError(f"There is no workspace “{name}”.")
    names = "\n".join(f"  {place.pk}  {place.name}, {place.company.name}" for place in places)
    raise CommandError(f"There is more than one workspace “{name}”. Give its id:\n{names}")


def find_company(name: str) -> Company:
    """A company by id or by name.

    Raises:
        CommandError: there is none, or more than one.
    """
    key_given = _uuid(name)
    found = Company.objects.filter(pk=key_given) if key_given else Company.objects.filter(name=name)
    companies = list(found[:2])
    if len(companies) == 1:
        return companies[0]
    if companies:
        raise CommandError(f"There is more than one company “{name}”. Give its id.")
    raise CommandError(f"There is no company “{name}”.")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
