"""Writing the sample companies: all of it in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from faker import Faker

from workspaces.access import Actor
from workspaces.actions.audit import record
from workspaces.bulk import copy_rows
from workspaces.models import (
    Company,
    DataTable,
    DataTableColumn,
    Membership,
    User,
    Workspace,
    WorkspaceGrant,
)
from workspaces.positions import spread

from .harbour import HarbourAndHill
from .northgate import workspaces as northgate
from .people import HARBOUR, INES, NORTHGATE, PEOPLE, Person, key
from .sheets import Sheet

SEED = 1851
PASSWORD = "demo"  # noqa: S105 - of the sample people, and only where settings.DEMO is true


@transaction.atomic
def load(today: date) -> int:
    """Write what is missing of the sample. Returns how many rows were written, 0 if all was
    there."""
    random, fake = Random(SEED), Faker("en_GB")  # noqa: S311 - chance, not secrecy
    fake.seed_instance(SEED)
    _people()
    rows = 0
    if not Company.objects.filter(pk=key(HARBOUR)).exists():
        rows += _company(HARBOUR, HarbourAndHill(random, fake, today).workspaces())
    if not Company.objects.filter(pk=key(NORTHGATE)).exists():
        rows += _company(NORTHGATE, northgate(random, fake, today))
    return rows


def _people() -> None:
    """In the demo they have a password, and the owner may open Django's admin."""
    password = make_password(PASSWORD if settings.DEMO else None)
    for person in PEOPLE:
        rules = settings.DEMO and person is INES
        User.objects.get_or_create(
            pk=person.user_id,
            defaults={
                "email": person.email,
                "name": person.name,
                "password": password,
                "is_staff": rules,
                "is_superuser": rules,
            },
        )


def _company(name: str, workspaces: dict[str, list[Sheet]]) -> int:
    company = Company.objects.create(pk=key(name), name=name)
    members = [person for person in PEOPLE if name in person.roles]
    joined = timezone.now()  # before those of the next company: people start in their first
    Membership.objects.bulk_create(
        Membership(
            pk=key(name, "member", person.email),
            company=company,
            user_id=person.user_id,
            role=person.roles[name],
            created_at=joined,
        )
        for person in members
    )
    rows = 0
    for title, position in zip(workspaces, spread(None, None, len(workspaces)), strict=True):
        place = Workspace.objects.create(
            pk=key(name, title), company=company, name=title, position=position
        )
        _grant(place, [person for person in members if title in person.grants])
        rows += sum(_table(place, name, sheet) for sheet in workspaces[title])
    return rows


def _grant(workspace: Workspace, people: list[Person]) -> None:
    WorkspaceGrant.objects.bulk_create(
        WorkspaceGrant(
            pk=key("grant", str(workspace.pk), person.email),
            company_id=workspace.company_id,
            workspace=workspace,
            user_id=person.user_id,
            level=person.grants[workspace.name],
        )
        for person in people
    )


def _table(workspace: Workspace, company: str, sheet: Sheet) -> int:
    path = (company, workspace.name, sheet.name)
    table = DataTable.objects.create(
        pk=key(*path), company_id=workspace.company_id, workspace=workspace, name=sheet.name
    )
    DataTableColumn.objects.bulk_create(
        DataTableColumn(
            pk=key(*path, "column", column.name),
            company_id=workspace.company_id,
            workspace=workspace,
            table=table,
            name=column.name,
            type=column.type,
            width=column.width,
            options=column.options,
            position=position,
        )
        for column, position in zip(
            sheet.columns, spread(None, None, len(sheet.columns)), strict=True
        )
    )
    ids = (key(*path, "row", str(index)) for index in range(len(sheet.rows)))
    count = copy_rows(table, _cells(path, sheet), ids)
    record(
        Actor(user_id=None, company_id=workspace.company_id, via="command"),
        "table.imported",
        target_id=table.pk,
        target_name=table.name,
        workspace_id=workspace.pk,
        table_id=table.pk,
        details={"rows": count, "from": "the sample"},
    )
    return count


def _cells(path: tuple[str, ...], sheet: Sheet) -> Iterator[dict[str, Any]]:
    keys: list[UUID] = [key(*path, "column", column.name) for column in sheet.columns]
    for row in sheet.rows:
        yield {
            str(column): value for column, value in zip(keys, row, strict=True) if value is not None
        }
