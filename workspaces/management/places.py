"""Finding what a command's arguments name."""

from __future__ import annotations

from django.core.management.base import CommandError

from workspaces.keys import uuid_of
from workspaces.models import Company, DataTable, User, Workspace
from workspaces.sample.people import HARBOUR, key


def find_workspace(name: str | None, company: str | None = None) -> Workspace:
    """A workspace by id, or by name, within a company if need be. The sample's if left out.

    Raises:
        CommandError: there is none, or more than one.
    """
    found = Workspace.objects.select_related("company").filter(trashed_at=None)
    if name is None:
        found = found.filter(pk=key(HARBOUR, "Warehouse"))
    elif (workspace_id := uuid_of(name)) is not None:
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
    key_given = uuid_of(name)
    found = Company.objects.filter(pk=key_given) if key_given else Company.objects.filter(name=name)
    companies = list(found[:2])
    if len(companies) == 1:
        return companies[0]
    if companies:
        raise CommandError(f"There is more than one company “{name}”. Give its id.")
    raise CommandError(f"There is no company “{name}”.")


def find_table(
    name: str, *, workspace: Workspace | None = None, company: Company | None = None
) -> DataTable:
    """A table by id or by name, within a workspace or a company if need be.

    Raises:
        CommandError: there is none, or more than one.
    """
    found = DataTable.objects.select_related("workspace", "company").filter(trashed_at=None)
    table_id = uuid_of(name)
    found = found.filter(name__iexact=name) if table_id is None else found.filter(pk=table_id)
    if workspace is not None:
        found = found.filter(workspace=workspace)
    if company is not None:
        found = found.filter(company=company)
    tables = list(found.order_by("company__name", "workspace__name", "name")[:10])
    if len(tables) == 1:
        return tables[0]
    if not tables:
        raise CommandError(f"There is no table “{name}”.")
    names = "\n".join(
        f"  {table.pk}  {table.name}, {table.workspace.name}, {table.company.name}"
        for table in tables
    )
    raise CommandError(f"There is more than one table “{name}”. Give its id:\n{names}")


def find_person(email: str) -> User:
    """Somebody by e-mail address.

    Raises:
        CommandError: nobody has it.
    """
    person = User.objects.filter(email=email.strip().lower()).first()
    if person is None:
        raise CommandError(f"Nobody has the e-mail address {email}.")
    return person
