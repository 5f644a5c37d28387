"""Two small companies, with somebody in every role."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from workspaces.access import Actor
from workspaces.actions import columns, rows, tables, workspaces
from workspaces.actions.companies import create_company
from workspaces.models import (
    Company,
    DataTable,
    DataTableColumn,
    DataTableRow,
    Membership,
    User,
    Workspace,
    WorkspaceGrant,
)

ROLES = ("owner", "admin", "editor", "editor-who-may-view", "viewer", "viewer-who-may-edit")
STRANGERS = ("editor-without-grant", "outsider")


@dataclass
class Firm:
    """A company with a workspace, a table with a column of every type, and a row.

    Its people are called by what they are: ``owner``, ``admin``, ``editor``, ``viewer``, an
    ``editor-who-may-view`` (given the workspace to look at), a ``viewer-who-may-edit`` (a viewer
    given it for editing all the same), an ``editor-without-grant``, and an ``outsider``, who
    owns another company.
    """

    company: Company
    workspace: Workspace
    table: DataTable
    row: DataTableRow
    people: dict[str, User]
    columns: dict[str, DataTableColumn] = field(default_factory=dict)

    def actor(self, who: str = "owner") -> Actor:
        """Somebody, at work in this company."""
        return Actor(self.people[who].pk, self.company.pk, "page")

    def key(self, column: str) -> str:
        """The key of a column's cells."""
        return str(self.columns[column].pk)


def make_firm() -> Firm:
    """Write a company."""
    company = create_company("Fern & Co", owner_email="owner@fern.example")
    create_company("Elsewhere", owner_email="outsider@else.example")
    people = {
        "owner": User.objects.get(email="owner@fern.example"),
        "outsider": User.objects.get(email="outsider@else.example"),
    }
    owner = Actor(people["owner"].pk, company.pk, "page")
    workspace = workspaces.create_workspace(owner, "Garden")
    for name in (*ROLES[1:], "editor-without-grant"):
        people[name] = User.objects.create_user(f"{name}@fern.example", name=name.capitalize())
        role = name.partition("-")[0]
        Membership.objects.create(company=company, user=people[name], role=role)
    for name, level in (
        ("editor", "edit"),
        ("editor-who-may-view", "view"),
        ("viewer", "view"),
        ("viewer-who-may-edit", "edit"),
    ):
        WorkspaceGrant.objects.create(workspace=workspace, user=people[name], level=level)
    table = tables.create_table(owner, workspace, "Plants")
    made = {"text": table.columns.get()}
    for name, options in (
        ("number", {"precision": 2}),
        ("checkbox", {}),
        ("date", {}),
        ("select", {"options": [{"id": "s", "name": "Sun"}, {"id": "h", "name": "Shade"}]}),
        ("person", {}),
    ):
        made[name] = columns.create_column(
            owner, table, name=name.capitalize(), type=name, options=options
        )
    row = rows.add_row(owner, table, {str(made["text"].pk): "Fern"})
    return Firm(company, workspace, table, row, people, made)


@pytest.fixture
def firm(db: None) -> Firm:
    """A company in a transaction that is rolled back."""
    return make_firm()
