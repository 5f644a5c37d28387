"""Every action and every read, by everybody: who may, who is told why not, who is told nothing."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from electric_sync.access import raised_by
from electric_sync.models import UserSession
from workspaces import actions
from workspaces.access import Actor, WorkspaceAccess, editing, seeing
from workspaces.actions import columns, imports, people, rows, sharing, tables, workspaces
from workspaces.errors import ActionError, Forbidden, NotFound
from workspaces.models import (
    AuditLog,
    DataTable,
    DataTableColumn,
    DataTableRow,
    Membership,
    TrashedRow,
    User,
    Workspace,
    WorkspaceGrant,
)

from .conftest import Firm, make_firm

Action = Callable[[Firm, Actor], Any]

EDITING: dict[str, Action] = {
    "create_table": lambda firm, actor: tables.create_table(actor, firm.workspace, "New"),
    "rename_table": lambda firm, actor: tables.rename_table(actor, firm.table, "New"),
    "move_table": lambda firm, actor: _move_table(firm, actor),
    "delete_table": lambda firm, actor: tables.delete_table(actor, firm.table),
    "restore_table": lambda firm, actor: _restore_table(firm, actor),
    "create_column": lambda firm, actor: columns.create_column(
        actor, firm.table, name="New", type="date"
    ),
    "rename_column": lambda firm, actor: columns.rename_column(actor, firm.columns["date"], "New"),
    "change_column": lambda firm, actor: columns.change_column(
        actor, firm.columns["date"], width=20
    ),
    "delete_column": lambda firm, actor: columns.delete_column(actor, firm.columns["date"]),
    "add_row": lambda firm, actor: rows.add_row(actor, firm.table),
    "set_cells": lambda firm, actor: rows.set_cells(actor, firm.row, {firm.key("text"): "Moss"}),
    "delete_rows": lambda firm, actor: rows.delete_rows(actor, firm.table, [firm.row]),
    "restore_rows": lambda firm, actor: _restore_rows(firm, actor),
    "import_table": lambda firm, actor: imports.import_table(
        actor,
        firm.workspace,
        "New",
        columns=[imports.NewColumn("A", "text")],
        rows=[["a"]],
        source="a test",
    ),
}
MANAGING: dict[str, Action] = {
    "create_workspace": lambda firm, actor: workspaces.create_workspace(actor, "New"),
    "rename_workspace": lambda firm, actor: workspaces.rename_workspace(
        actor, firm.workspace, "New"
    ),
    "delete_workspace": lambda firm, actor: workspaces.delete_workspace(actor, firm.workspace),
    "restore_workspace": lambda firm, actor: _restore_workspace(firm, actor),
    "share_workspace": lambda firm, actor: sharing.share_workspace(
        actor, firm.workspace, firm.people["editor-without-grant"].pk, "view"
    ),
    "unshare_workspace": lambda firm, actor: sharing.unshare_workspace(
        actor, firm.workspace, firm.people["viewer"].pk
    ),
}
#: What is about people: members know that they are there.
PEOPLE: dict[str, Action] = {
    "add_person": lambda firm, actor: people.add_person(actor, "new@x.example", "New", "viewer"),
    "change_role": lambda firm, actor: people.change_role(actor, _member(firm, "viewer"), "editor"),
    "remove_person": lambda firm, actor: people.remove_person(actor, _member(firm, "viewer")),
    "end_devices": lambda firm, actor: _end_devices(firm, actor),
}
EDITORS = {
    "owner": None,
    "admin": None,
    "editor": None,
    "editor-who-may-view": Forbidden,
    "viewer": Forbidden,
    "viewer-who-may-edit": Forbidden,
    "editor-without-grant": NotFound,
    "outsider": NotFound,
}
MANAGERS = {**EDITORS, "editor": Forbidden}
MANAGERS_OF_PEOPLE = {**MANAGERS, "editor-without-grant": Forbidden}


#: Modules that actions are made of.
HELPERS = {"audit", "finding", "permission"}
#: What is a person's own, and needs no role.
OWN = {"rename_self", "change_password", "end_own_devices"}
#: A part of other actions, and the first of all.
PARTS = {"add_table"}


def test_every_action_is_in_the_matrix() -> None:
    there = {
        name
        for module in pkgutil.iter_modules(actions.__path__, f"{actions.__name__}.")
        if module.name.rpartition(".")[2] not in HELPERS
        for name, function in inspect.getmembers(
            importlib.import_module(module.name), inspect.isfunction
        )
        if function.__module__ == module.name
        and not name.startswith("_")
        and "actor" in inspect.signature(function).parameters
    }
    assert there - OWN - PARTS == {*EDITING, *MANAGING, *PEOPLE}


def _member(firm: Firm, who: str) -> Membership:
    return Membership.objects.get(company=firm.company, user=firm.people[who])


def _end_devices(firm: Firm, actor: Actor) -> None:
    UserSession.objects.create(
        key_hash="x",
        user=firm.people["viewer"],
        tenant=str(firm.company.pk),
        expires_at=timezone.now() + timedelta(hours=1),
    )
    people.end_devices(actor, _member(firm, "viewer"))


def _move_table(firm: Firm, actor: Actor) -> None:
    shed = Workspace.objects.create(company=firm.company, name="Shed")
    WorkspaceGrant.objects.create(workspace=shed, user=firm.people["editor"], level="edit")
    tables.move_table(actor, firm.table, shed)


def _restore_table(firm: Firm, actor: Actor) -> None:
    DataTable.objects.filter(pk=firm.table.pk).update(trashed_at="2026-01-01T00:00Z")
    tables.restore_table(actor, firm.table)


def _restore_workspace(firm: Firm, actor: Actor) -> None:
    Workspace.objects.filter(pk=firm.workspace.pk).update(trashed_at="2026-01-01T00:00Z")
    workspaces.restore_workspace(actor, firm.workspace)


def _restore_rows(firm: Firm, actor: Actor) -> None:
    rows.delete_rows(firm.actor(), firm.table, [firm.row])
    rows.restore_rows(actor, firm.table, [firm.row])


def _everything() -> list[list[dict[str, Any]]]:
    """All that an action could have written."""
    models = (
        *(Workspace, DataTable, DataTableColumn, DataTableRow, TrashedRow, AuditLog),
        *(Membership, WorkspaceGrant),
    )
    return [list(model._default_manager.order_by("pk").values()) for model in models]


@pytest.mark.parametrize("who", EDITORS)
@pytest.mark.parametrize("name", EDITING)
def test_who_may_change_what_is_in_a_workspace(firm: Firm, name: str, who: str) -> None:
    _try(firm, EDITING[name], who, EDITORS[who])


@pytest.mark.parametrize("who", MANAGERS)
@pytest.mark.parametrize("name", MANAGING)
def test_who_may_make_and_change_workspaces(firm: Firm, name: str, who: str) -> None:
    refusal = MANAGERS[who]
    if name == "create_workspace" and who in {"editor-without-grant", "outsider"}:
        refusal = Forbidden  # there is no workspace yet that they might not see
    _try(firm, MANAGING[name], who, refusal)


@pytest.mark.parametrize("who", MANAGERS_OF_PEOPLE)
@pytest.mark.parametrize("name", PEOPLE)
def test_who_may_manage_people(firm: Firm, name: str, who: str) -> None:
    _try(firm, PEOPLE[name], who, MANAGERS_OF_PEOPLE[who])


def _try(firm: Firm, action: Action, who: str, refusal: type[ActionError] | None) -> None:
    actor = firm.actor(who)
    if refusal is None:
        action(firm, actor)
        assert AuditLog.objects.filter(user_id=actor.user_id, via="page").exists()
        return
    # As an outsider who says to be in this company, and as one in their own.
    for company_id in {actor.company_id, firm.company.pk}:
        with pytest.raises(refusal) as error:
            action(firm, Actor(actor.user_id, company_id, "page"))
        assert str(error.value)
    assert not AuditLog.objects.filter(user_id=actor.user_id).exists()


@pytest.mark.parametrize(
    "name",
    [
        *EDITING,
        *(n for n in MANAGING if n != "create_workspace"),
        *(n for n in PEOPLE if n != "add_person"),
    ],
)
def test_nothing_of_another_company_can_be_named(firm: Firm, name: str) -> None:
    own = Membership.objects.get(user=firm.people["outsider"])
    prepares = name.startswith(("restore", "move"))
    before = None if prepares else _everything()
    with pytest.raises(NotFound):
        {**EDITING, **MANAGING, **PEOPLE}[name](firm, Actor(own.user_id, own.company_id, "page"))
    assert before is None or _everything() == before


@pytest.mark.parametrize("name", [name for name in EDITING if name != "restore_rows"])
def test_somebody_who_is_locked_out_finds_nothing(firm: Firm, name: str) -> None:
    User.objects.filter(pk=firm.people["editor"].pk).update(is_active=False)
    with pytest.raises(NotFound):
        EDITING[name](firm, firm.actor("editor"))


@pytest.mark.parametrize("name", EDITING)
def test_what_is_in_a_trashed_workspace_is_there_for_nobody(firm: Firm, name: str) -> None:
    Workspace.objects.filter(pk=firm.workspace.pk).update(trashed_at="2026-01-01T00:00Z")
    with pytest.raises(NotFound):
        EDITING[name](firm, firm.actor("owner"))


@pytest.mark.parametrize(
    "name",
    [n for n in EDITING if n not in {"restore_table", "create_table", "import_table"}],
)
def test_what_is_in_a_trashed_table_cannot_be_changed(firm: Firm, name: str) -> None:
    DataTable.objects.filter(pk=firm.table.pk).update(trashed_at="2026-01-01T00:00Z")
    with pytest.raises(NotFound):
        EDITING[name](firm, firm.actor("owner"))


def test_a_table_is_not_moved_to_where_one_may_not_edit(firm: Firm) -> None:
    other = workspaces.create_workspace(firm.actor(), "Shed")
    with pytest.raises(NotFound):
        tables.move_table(firm.actor("editor"), firm.table, other)
    WorkspaceGrant.objects.create(workspace=other, user=firm.people["editor"], level="view")
    with pytest.raises(Forbidden):
        tables.move_table(firm.actor("editor"), firm.table, other)


def test_django_s_admin_and_commands_stand_above_the_roles(firm: Firm) -> None:
    for actor in (
        Actor(None, firm.company.pk, "command"),
        Actor(firm.people["outsider"].pk, firm.company.pk, "admin"),
    ):
        assert tables.rename_table(actor, firm.table, f"By {actor.via}").name == f"By {actor.via}"


REVOCATIONS = (
    "update users set is_active = false where id = %s",
    "update workspaces set trashed_at = now() where %s is not null",
    "update memberships set role = 'viewer' where user_id = %s",
    "delete from workspace_grants where user_id = %s",
)


@pytest.mark.django_db(transaction=True)
def test_a_revocation_waits_until_the_action_has_committed() -> None:
    firm = make_firm()
    editor = firm.actor("editor")
    waited: list[str] = []

    def revoke() -> None:
        with connection.cursor() as cursor:
            cursor.execute("set lock_timeout = '50ms'")
            for sql in REVOCATIONS:
                try:
                    cursor.execute(sql, [editor.user_id])
                except OperationalError:
                    waited.append(sql)
        connection.close()

    with transaction.atomic():
        rows.set_cells(editor, firm.row, {firm.key("text"): "Moss"})
        thread = threading.Thread(target=revoke)
        thread.start()
        thread.join()
    assert tuple(waited) == REVOCATIONS


class TestAccess:
    """What pages, live views and the API ask."""

    @pytest.mark.parametrize("who", EDITORS)
    def test_access_says_the_same_as_actions_do(self, firm: Firm, who: str) -> None:
        access = WorkspaceAccess.load(firm.people[who], str(firm.company.pk))
        if who == "outsider":
            assert access is None
            return
        assert access is not None
        assert access.may_view(firm.workspace.pk) is (EDITORS[who] is not NotFound)
        assert access.may_edit(str(firm.workspace.pk)) is (EDITORS[who] is None)
        assert access.may_manage() is (MANAGERS[who] is None)
        assert list(access.tables()) == ([firm.table] if access.may_view(firm.workspace.pk) else [])
        assert list(access.workspaces()) == (
            [firm.workspace] if access.may_view(firm.workspace.pk) else []
        )
        assert hash(access)

    def test_access_is_read_from_tables_whose_changes_raise_it_alone(self, firm: Firm) -> None:
        raising = {raises.model._meta.db_table for raises in raised_by()}
        with CaptureQueriesContext(connection) as queries:
            WorkspaceAccess.load(firm.people["editor"], str(firm.company.pk))
        read = set()
        with connection.cursor() as cursor:
            for query in queries.captured_queries:
                cursor.execute(f"explain (format json) {query['sql']}")
                read |= _tables_of(cursor.fetchone()[0])
        assert read == {"memberships", "users", "workspace_grants", "workspaces"}
        assert read <= raising

    @pytest.mark.parametrize("tenant", ["", "nonsense", str(uuid4())])
    def test_no_company_is_no_access(self, firm: Firm, tenant: str) -> None:
        assert WorkspaceAccess.load(firm.people["owner"], tenant) is None

    def test_who_is_locked_out_has_none(self, firm: Firm) -> None:
        User.objects.filter(pk=firm.people["owner"].pk).update(is_active=False)
        assert WorkspaceAccess.load(firm.people["owner"], str(firm.company.pk)) is None

    def test_a_grant_of_a_trashed_workspace_gives_nothing(self, firm: Firm) -> None:
        workspaces.delete_workspace(firm.actor(), firm.workspace)
        access = WorkspaceAccess.load(firm.people["editor"], str(firm.company.pk))
        assert access is not None
        assert (access.grants, access.may_view(firm.workspace.pk)) == ((), False)

    def test_somebody_starts_in_the_company_that_they_joined_first(self, firm: Firm) -> None:
        person = firm.people["outsider"]
        first = Membership.objects.get(user=person).company_id
        Membership.objects.create(company=firm.company, user=person, role="viewer")
        Membership.objects.filter(user=person, company_id=first).update(
            created_at="2020-01-01T00:00Z"
        )
        assert WorkspaceAccess.default_tenant(person) == str(first)
        newcomer = User.objects.create_user("newcomer@fern.example", name="Newcomer")
        assert WorkspaceAccess.default_tenant(newcomer) is None

    @pytest.mark.parametrize("grant", [None, "view", "edit"])
    @pytest.mark.parametrize("role", ["owner", "admin", "editor", "viewer", "unheard-of"])
    def test_each_decision_has_a_reason_and_editing_needs_seeing(
        self, role: str, grant: str | None
    ) -> None:
        assert seeing(role, grant).reason
        assert editing(role, grant).reason
        assert seeing(role, grant) or not editing(role, grant)


def _tables_of(plan: Any) -> set[str]:
    if isinstance(plan, list):
        return set().union(*map(_tables_of, plan))
    if isinstance(plan, dict):
        inner = set().union(*map(_tables_of, plan.values())) if plan else set()
        return inner | ({plan["Relation Name"]} if "Relation Name" in plan else set())
    return set()
