"""Who gets which answer: every address and every operation, for everybody there is.

What is new is not in the matrix, and fails here until somebody has said who may do it. Nobody
is told whether something is there that they may not see: that is always a 404.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from electric_sync.live.views import Scene, SharedContexts, live_views
from electric_sync.live.window import Window
from electric_sync.models import UserSession
from electric_sync.shapes import shapes
from electric_sync.snapshots import read_snapshot
from workspaces.access import WorkspaceAccess
from workspaces.actions import columns, people, rows, sharing, tables, workspaces
from workspaces.actions.companies import create_company
from workspaces.api import api
from workspaces.invitations import invitation_link
from workspaces.models import (
    AuditLog,
    Company,
    DataTable,
    DataTableColumn,
    DataTableRow,
    Membership,
    User,
    Workspace,
    WorkspaceGrant,
)

from .conftest import ROLES, Firm, make_firm

# Reads open a snapshot of their own, so these tests cannot run inside a transaction.
pytestmark = pytest.mark.django_db(transaction=True)

NOBODY = "nobody"  # has not signed in
LOCKED_OUT = "locked-out"  # was an owner, and is not active any more
#: From the least to the most powerful, so that refusals come before anything changes.
PEOPLE = (NOBODY, LOCKED_OUT, "outsider", "editor-without-grant", *reversed(ROLES))
MANAGERS = ("owner", "admin")
EDITORS = (*MANAGERS, "editor")
SEEING = (*EDITORS, "editor-who-may-view", "viewer", "viewer-who-may-edit")

TO_SIGN_IN = 302
Expected = dict[str, int]


def page(allowed: int, who: tuple[str, ...], *, seen_by: tuple[str, ...] = SEEING) -> Expected:
    """Statuses of a page: whoever is not signed in is sent to sign in."""
    return {**_refused(seen_by), NOBODY: TO_SIGN_IN, LOCKED_OUT: TO_SIGN_IN} | _given(who, allowed)


def form(allowed: int, who: tuple[str, ...], *, seen_by: tuple[str, ...] = SEEING) -> Expected:
    """Statuses of what a form sends."""
    return {**_refused(seen_by), NOBODY: 403, LOCKED_OUT: 403} | _given(who, allowed)


def operation(allowed: int, who: tuple[str, ...], *, seen_by: tuple[str, ...] = SEEING) -> Expected:
    """Statuses of an operation of the API."""
    return {**_refused(seen_by), NOBODY: 401, LOCKED_OUT: 401} | _given(who, allowed)


def _refused(seen_by: tuple[str, ...]) -> Expected:
    return {who: 403 if who in seen_by else 404 for who in PEOPLE}


def _given(who: tuple[str, ...], status: int) -> Expected:
    return dict.fromkeys(who, status)


#: Things of the company, not of a workspace: members see that they are there. The outsider owns
#: a company, and is answered about that one.
COLLEAGUES = (*SEEING, "editor-without-grant")
IN_COMPANY = (*COLLEAGUES, "outsider")


@dataclass(frozen=True)
class Things:
    """What one request is about, fresh and untouched."""

    company: Company
    workspace: Workspace
    table: DataTable
    column: DataTableColumn
    row: DataTableRow
    trashed_workspace: Workspace
    trashed_table: DataTable
    trashed_row: UUID
    member: Membership
    """Somebody who was given the workspace to look at."""
    session_id: UUID
    """A device of theirs, which has this company open."""

    @property
    def keys(self) -> dict[str, Any]:
        """What addresses name."""
        return {
            "workspace_id": self.workspace.pk,
            "table_id": self.table.pk,
            "column_id": self.column.pk,
            "row_id": self.row.pk,
            "member_id": self.member.pk,
            "user_id": self.member.user_id,
            "session_id": self.session_id,
            **invitation_of(self.member),
        }


def make_things(firm: Firm) -> Things:
    """Write them, with the same people allowed as in the firm's own workspace."""
    owner = firm.actor()
    number = Workspace.objects.count()
    workspace, trashed_workspace = (
        workspaces.create_workspace(owner, f"Hidden {kind} {number}") for kind in ("one", "two")
    )
    for grant in WorkspaceGrant.objects.filter(workspace=firm.workspace):
        for given in (workspace, trashed_workspace):
            WorkspaceGrant.objects.create(workspace=given, user=grant.user, level=grant.level)
    table = tables.create_table(owner, workspace, "Hidden table")
    trashed = tables.create_table(owner, workspace, "Hidden trash")
    column = columns.create_column(owner, table, name="Hidden column")
    kept, gone = (rows.add_row(owner, table, {str(column.pk): "Hidden cell"}) for _ in range(2))
    rows.delete_rows(owner, table, [gone.pk])
    member, _ = people.add_person(owner, some_address(), "Fresh person", "viewer")
    sharing.share_workspace(owner, workspace, member.user_id, "view")
    return Things(
        company=firm.company,
        workspace=workspace,
        table=table,
        column=column,
        row=kept,
        trashed_workspace=workspaces.delete_workspace(owner, trashed_workspace),
        trashed_table=tables.delete_table(owner, trashed),
        trashed_row=gone.pk,
        member=member,
        session_id=device_of(member).pk,
    )


def invitation_of(member: Membership) -> dict[str, str]:
    """What the address of an invitation names."""
    owners = Membership.objects.filter(company_id=member.company_id, role="owner", active=True)
    link = invitation_link(member.user, owners[0].user_id)
    return dict(zip(("uid", "token"), link.split("/")[-2:], strict=True))


def device_of(member: Membership) -> UserSession:
    """A sign-in somewhere else."""
    return UserSession.objects.create(
        key_hash=uuid4().hex,
        user=member.user,
        auth_hash="",
        tenant=str(member.company_id),
        expires_at=timezone.now() + timedelta(days=1),
    )


def some_address() -> str:
    """An e-mail address that nobody has."""
    return f"{uuid4().hex}@fern.example"


# ── The matrix of pages ─────────────────────────────────────────────────────

Body = Callable[[Things], dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """A request, and what everybody gets."""

    method: str
    address: str
    """A page's name or an operation's path."""
    expected: Expected
    body: Body = lambda things: {}
    is_json: bool = False
    in_trash: bool = False
    """Whether it is about what is in the trash."""

    def __str__(self) -> str:
        return f"{self.method} {self.address}"


EVERYBODY = tuple(PEOPLE)
SIGNED_IN = tuple(set(PEOPLE) - {NOBODY, LOCKED_OUT})


def _named(things: Things) -> dict[str, Any]:
    return {"name": "Anew"}


def _form(name: str, who: tuple[str, ...], body: Body = _named, **more: Any) -> list[Case]:
    """A form, and what it sends."""
    return [
        Case("get", name, page(200, who, **more)),
        Case("post", name, form(303, who, **more), body),
    ]


PAGES: list[Case] = [
    Case("get", "home", page(200, SIGNED_IN)),
    Case("get", "sign-in", page(200, EVERYBODY)),
    Case("post", "sign-in", form(422, EVERYBODY), lambda things: {"username": "x"}),
    Case("post", "sign-out", form(302, EVERYBODY)),
    # A member opens their own company anew; for the others it is not there.
    Case(
        "post",
        "switch-company",
        form(303, (*SEEING, "editor-without-grant")) | {NOBODY: 302, LOCKED_OUT: 302},
        lambda things: {"company": str(things.company.pk)},
    ),
    # In the demo anybody sends the simulated colleagues home; who has not signed in signs in first.
    Case("post", "stop-colleagues", form(303, EVERYBODY)),
    # Whoever holds an invitation chooses a password: the link is the secret.
    Case("get", "welcome", page(200, EVERYBODY)),
    Case("post", "welcome", form(422, EVERYBODY), lambda things: {}),
    Case("get", "account", page(200, SIGNED_IN)),
    Case("post", "rename-self", form(303, SIGNED_IN), _named),
    Case(
        "post",
        "change-password",
        form(422, SIGNED_IN) | {NOBODY: 302, LOCKED_OUT: 302},
        lambda things: {},
    ),
    Case("post", "end-own-devices", form(303, SIGNED_IN)),
    # The device is a new person's, so it is there for nobody here.
    Case("post", "end-own-device", form(404, SIGNED_IN)),
    Case("get", "people", page(200, (*MANAGERS, "outsider"), seen_by=IN_COMPANY)),
    *_form(
        "add-person",
        (*MANAGERS, "outsider"),
        lambda things: {"email": some_address(), "name": "New", "role": "viewer"},
        seen_by=IN_COMPANY,
    ),
    Case("get", "person", page(200, MANAGERS, seen_by=COLLEAGUES)),
    Case("get", "invitation", page(200, MANAGERS, seen_by=COLLEAGUES)),
    Case(
        "post",
        "change-role",
        form(303, MANAGERS, seen_by=COLLEAGUES),
        lambda things: {f"role-{things.member.pk}": "editor"},
    ),
    *_form("remove-person", MANAGERS, seen_by=COLLEAGUES),
    Case("post", "end-devices", form(303, MANAGERS, seen_by=COLLEAGUES)),
    Case("post", "end-device", form(303, MANAGERS, seen_by=COLLEAGUES)),
    Case("get", "sharing", page(200, MANAGERS)),
    Case(
        "post",
        "share",
        form(303, MANAGERS),
        lambda things: {f"level-{things.member.user_id}": "edit"},
    ),
    Case("get", "trash", page(200, SIGNED_IN)),
    Case("get", "audit-log", page(200, (*MANAGERS, "outsider"), seen_by=IN_COMPANY)),
    *_form("new-workspace", (*MANAGERS, "outsider"), seen_by=IN_COMPANY),
    Case("get", "workspace", page(200, SEEING)),
    *_form("rename-workspace", MANAGERS),
    *_form("delete-workspace", MANAGERS),
    Case("post", "restore-workspace", form(303, MANAGERS), in_trash=True),
    *_form("new-table", EDITORS),
    Case("get", "table", page(200, SEEING)),
    *_form("rename-table", EDITORS),
    *_form("delete-table", EDITORS),
    *_form("move-table", EDITORS, lambda things: {"workspace": str(things.workspace.pk)}),
    Case("post", "restore-table", form(303, EDITORS), in_trash=True),
    Case("post", "new-row", form(303, EDITORS)),
    Case(
        "post",
        "delete-rows",
        operation(200, EDITORS),
        lambda things: {"ids": [str(things.row.pk)]},
        is_json=True,
    ),
    *_form("new-column", EDITORS, lambda things: {"name": "Anew", "type": "text"}),
    *_form("edit-column", EDITORS),
    *_form("delete-column", EDITORS),
]

# ── The matrix of the API ───────────────────────────────────────────────────

ROOT = "/api/workspaces"
WORKSPACE = "/api/workspaces/{workspace_id}"
TABLE = "/api/data-tables/{table_id}"
COLUMN = "/api/columns/{column_id}"
ROW = "/api/rows/{row_id}"
MEMBERS = "/api/members"
MEMBER = "/api/members/{member_id}"
GRANTS = WORKSPACE + "/grants"
GRANT = GRANTS + "/{user_id}"


def _op(
    method: str, address: str, expected: Expected, body: Body = _named, *, in_trash: bool = False
) -> Case:
    return Case(method, address, expected, body, is_json=True, in_trash=in_trash)


OPERATIONS: list[Case] = [
    _op("get", ROOT, operation(200, SIGNED_IN)),
    _op("post", ROOT, operation(201, (*MANAGERS, "outsider"), seen_by=IN_COMPANY)),
    _op("get", WORKSPACE, operation(200, SEEING)),
    _op("put", WORKSPACE, operation(200, MANAGERS)),
    _op("delete", WORKSPACE, operation(204, MANAGERS)),
    _op("get", WORKSPACE + "/data-tables", operation(200, SEEING)),
    _op("post", WORKSPACE + "/data-tables", operation(201, EDITORS)),
    _op("get", TABLE, operation(200, SEEING)),
    _op("put", TABLE, operation(200, EDITORS)),
    _op("delete", TABLE, operation(204, EDITORS)),
    _op("get", TABLE + "/columns", operation(200, SEEING)),
    _op("post", TABLE + "/columns", operation(201, EDITORS)),
    _op("put", COLUMN, operation(200, EDITORS)),
    _op("delete", COLUMN, operation(204, EDITORS)),
    _op("get", TABLE + "/rows", operation(200, SEEING)),
    _op("post", TABLE + "/rows", operation(201, EDITORS), lambda things: {}),
    _op(
        "post",
        TABLE + "/rows/restore",
        operation(200, EDITORS),
        lambda things: {"ids": [str(things.trashed_row)]},
    ),
    _op("get", ROW, operation(200, SEEING)),
    _op(
        "patch",
        ROW,
        operation(200, EDITORS),
        lambda things: {"cells": {str(things.column.pk): "Anew"}},
    ),
    _op("delete", ROW, operation(204, EDITORS)),
    _op("post", WORKSPACE + "/restore", operation(200, MANAGERS), in_trash=True),
    _op("post", TABLE + "/restore", operation(200, EDITORS), in_trash=True),
    _op("get", MEMBERS, operation(200, (*MANAGERS, "outsider"), seen_by=IN_COMPANY)),
    _op(
        "post",
        MEMBERS,
        operation(201, (*MANAGERS, "outsider"), seen_by=IN_COMPANY),
        lambda things: {"email": some_address(), "name": "Anew"},
    ),
    _op("get", MEMBER, operation(200, MANAGERS, seen_by=COLLEAGUES)),
    _op(
        "put",
        MEMBER,
        operation(200, MANAGERS, seen_by=COLLEAGUES),
        lambda things: {"role": "editor"},
    ),
    _op("delete", MEMBER, operation(204, MANAGERS, seen_by=COLLEAGUES)),
    _op("post", MEMBER + "/end-devices", operation(200, MANAGERS, seen_by=COLLEAGUES)),
    _op("get", GRANTS, operation(200, MANAGERS)),
    _op("put", GRANT, operation(200, MANAGERS), lambda things: {"level": "edit"}),
    _op("delete", GRANT, operation(204, MANAGERS)),
]

#: What the sync layer asks for: everybody about themselves.
OF_THE_SYNC_LAYER: list[Case] = [
    _op("get", "/api/auth/data-version", operation(200, SIGNED_IN)),
    _op(
        "post",
        "/api/auth/data-version",
        operation(200, SIGNED_IN),
        lambda things: {"user": "", "company": "", "version": "", "held": []},
    ),
]

#: Addresses that say nothing of anybody's data: a description of the API.
OF_THE_API_ITSELF = {"openapi-json", "openapi-view", "api-root"}


# ── Nothing is missing from it ──────────────────────────────────────────────


def leaves(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address of the project, with its pattern."""
    for each in resolver.url_patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from leaves(each, route)
        else:
            yield route, each


def test_every_address_is_in_the_matrix() -> None:
    named = {case.address for case in PAGES}
    operations = {case.address for case in (*OPERATIONS, *OF_THE_SYNC_LAYER)}
    for route, pattern in leaves(get_resolver()):
        if route.startswith("admin/"):
            continue  # all of it has one rule, tested below
        if route.startswith("api/"):
            path = "/" + route.replace("<uuid:", "{").replace("<", "{").replace(">", "}")
            assert pattern.name in OF_THE_API_ITSELF or path in operations, path
            continue
        assert pattern.name in named, f"Say in PAGES who gets what at {route}."


def test_every_operation_of_the_api_is_in_the_matrix() -> None:
    said = {(case.address, case.method) for case in OPERATIONS}
    there = {
        (path, method)
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method in methods
    }
    assert there == said


def test_everybody_is_in_every_case() -> None:
    for case in (*PAGES, *OPERATIONS, *OF_THE_SYNC_LAYER):
        assert set(case.expected) == set(PEOPLE), case


# ── Everybody tries everything ──────────────────────────────────────────────


@pytest.fixture
def firm() -> Firm:
    """A company that is committed, with one more person, who may not come in any more."""
    made = make_firm()
    made.people[LOCKED_OUT] = User.objects.create_user("locked@fern.example", name="Locked")
    made.company.memberships.create(user=made.people[LOCKED_OUT], role="owner")
    return made


def browser_of(firm: Firm, who: str, **more: Any) -> Client:
    """Somebody's browser, signed in as far as they can be."""
    client = Client(**more)
    if who != NOBODY:
        client.force_login(firm.people[who])
    if who == LOCKED_OUT:
        User.objects.filter(pk=firm.people[who].pk).update(is_active=False)
    return client


def address_of(case: Case, things: Things | _Nothing) -> str:
    """Where the request goes."""
    keys: dict[str, Any] = things.keys
    if case.in_trash:
        keys = keys | {
            "workspace_id": things.trashed_workspace.pk,
            "table_id": things.trashed_table.pk,
        }
    if case.address.startswith("/"):
        return case.address.format(**keys)
    pattern = next(p for _, p in leaves(get_resolver()) if p.name == case.address)
    wanted = pattern.pattern.converters
    return reverse(f"pages:{case.address}", kwargs={name: keys[name] for name in wanted})


def send(client: Client, case: Case, address: str, body: dict[str, Any]) -> Any:
    """The request."""
    if case.method == "get":
        return client.get(address)
    if case.is_json:
        return client.generic(case.method, address, json.dumps(body), "application/json")
    return client.post(address, body)


@pytest.mark.parametrize("case", [*PAGES, *OPERATIONS, *OF_THE_SYNC_LAYER], ids=str)
def test_everybody_gets_what_they_should(firm: Firm, case: Case) -> None:
    things, written = make_things(firm), AuditLog.objects.count()
    got = {}
    for who in PEOPLE:
        client = browser_of(firm, who)
        response = send(client, case, address_of(case, things), case.body(things))
        got[who] = response.status_code
        if response.status_code >= 400:
            assert "Hidden" not in response.content.decode() or who in SEEING, who
            assert AuditLog.objects.count() == written, f"{who} was refused, and wrote"
        elif case.method != "get":
            things, written = make_things(firm), AuditLog.objects.count()
    assert got == case.expected


def test_what_is_not_there_is_answered_like_what_may_not_be_seen(firm: Firm) -> None:
    """Neither status nor words tell the two apart."""
    things, nothing = make_things(firm), _Nothing()
    for case in (*PAGES, *OPERATIONS, *OF_THE_SYNC_LAYER):
        if address_of(case, things) == address_of(case, nothing):
            continue  # it is about nothing that could be missing
        if case.address == "welcome":
            continue  # an invitation tells those who hold it that it is one
        for who in (NOBODY, LOCKED_OUT, "outsider", "editor-without-grant"):
            there, missing = (
                send(browser_of(firm, who), case, address_of(case, which), case.body(things))
                for which in (things, nothing)
            )
            assert there.status_code == missing.status_code, (case, who)
            if there.status_code >= 400:
                assert _without_tokens(there) == _without_tokens(missing), (case, who)


class _Nothing:
    """Keys of what was never there."""

    def __init__(self) -> None:
        names = ("workspace_id", "table_id", "column_id", "row_id", "member_id", "user_id")
        self.keys: dict[str, Any] = {name: uuid4() for name in (*names, "session_id")}
        self.keys |= {"uid": "nobody", "token": "none"}
        self.trashed_workspace = Workspace(pk=uuid4())
        self.trashed_table = DataTable(pk=uuid4())


def _without_tokens(response: Any) -> Any:
    if "json" in response["Content-Type"]:
        return response.json()
    return [
        line
        for line in response.content.decode().splitlines()
        if "csrf" not in line.lower() and "nonce" not in line
    ]


def test_nothing_is_written_without_the_csrf_token(firm: Firm) -> None:
    things = make_things(firm)
    client = browser_of(firm, "owner", enforce_csrf_checks=True)
    written = AuditLog.objects.count()
    for case in (*PAGES, *OPERATIONS, *OF_THE_SYNC_LAYER):
        if case.method != "get":
            response = send(client, case, address_of(case, things), case.body(things))
            assert response.status_code == 403, case
    assert AuditLog.objects.count() == written
    assert client.get(reverse("pages:home")).status_code == 200, "still signed in"


def test_no_get_writes(firm: Firm) -> None:
    things = make_things(firm)
    client = browser_of(firm, "owner")
    written = AuditLog.objects.count()
    forms = {case.address for case in PAGES if case.method == "get"}
    for case in PAGES:
        response = client.get(address_of(case, things), case.body(things))
        assert response.status_code == (200 if case.address in forms else 405), case
    assert AuditLog.objects.count() == written
    assert client.get(reverse("pages:home")).status_code == 200, "still signed in"


# ── Django's admin ──────────────────────────────────────────────────────────


def test_the_admin_is_for_its_staff_alone(firm: Firm) -> None:
    things = make_things(firm)
    owner, nobody = browser_of(firm, "owner"), Client()
    open_to_all = {"login", "logout"}
    for pattern in (p for _, p in _of_the_admin()):
        if pattern.name is None or pattern.name in open_to_all:
            continue
        arguments = {
            name: {"app_label": "workspaces", "content_type_id": 1}.get(name, things.row.pk)
            for name in pattern.pattern.regex.groupindex or pattern.pattern.converters
        }
        address = reverse(f"admin:{pattern.name}", kwargs=arguments)
        for client in (owner, nobody):
            for response in (client.get(address), client.post(address)):
                assert response.status_code == 302, address
                assert response["Location"].startswith(reverse("admin:login")), address


def _of_the_admin() -> Iterator[tuple[str, URLPattern]]:
    for each in admin.site.get_urls():
        if isinstance(each, URLResolver):
            yield from leaves(each)
        else:
            yield "", each


# ── Live views and shapes ───────────────────────────────────────────────────

#: Who is let in with the keys of the firm's things. What has no keys shows the outsider their own.
LIVE = {
    "companies": ("owner",),
    "me": ("owner",),
    "whom_to_ask": (*COLLEAGUES, "outsider"),
    "editing_guard": EDITORS,
    "managing_guard": (*MANAGERS, "outsider"),
    "table_rows": SEEING,
    "table_head": SEEING,
    "table_count": SEEING,
    "table_title": SEEING,
    "table_toolbar": SEEING,
    "table_end": SEEING,
    "table_people": (*COLLEAGUES, "outsider"),
    "sidebar": (*COLLEAGUES, "outsider"),
    "home_workspaces": (*COLLEAGUES, "outsider"),
    "workspace_title": SEEING,
    "workspace_empty": SEEING,
    "workspace_tables": SEEING,
    "audit_entries": (*MANAGERS, "outsider"),
    "audit_entries_of_person": (*MANAGERS, "outsider"),
    "trash": (*COLLEAGUES, "outsider"),
    "members": (*MANAGERS, "outsider"),
    "person_title": MANAGERS,
    "person": MANAGERS,
    "person_devices": MANAGERS,
    "person_receipts": MANAGERS,
    "receipts": (*MANAGERS, "outsider"),
    "workspace_sharing": MANAGERS,
    "sharing_title": MANAGERS,
    "own_device_list": ("owner",),
}
SHAPES = {
    "own_company": (*COLLEAGUES, "outsider"),
    "own_memberships": ("owner",),
    "workspaces": (*COLLEAGUES, "outsider"),
    "data_tables": (*COLLEAGUES, "outsider"),
    "people": (*COLLEAGUES, "outsider"),
    "tables_of_workspace": SEEING,
    "data_table_columns": SEEING,
    "data_table_views": SEEING,
    "data_table_rows": SEEING,
    "users": (*MANAGERS, "outsider"),
    "workspace_grants": (*MANAGERS, "outsider"),
    "devices": (*MANAGERS, "outsider"),
    "connected_pages": (*MANAGERS, "outsider"),
    "access_receipts": (*MANAGERS, "outsider"),
    "own_devices": ("owner",),
    "audit_logs": (*MANAGERS, "outsider"),
    "audit_logs_of_person": (*MANAGERS, "outsider"),
}


#: Those who manage a company may be written to by its members, and see everybody's.
WITH_ADDRESSES = {"whom_to_ask", "members", "person"}


def _keys(firm: Firm, things: Things) -> dict[str, UUID]:
    """Everything that live views and shapes are about. What is one person's is the owner's."""
    return things.keys | {"user_id": firm.people["owner"].pk}


def access_of(firm: Firm, who: str) -> WorkspaceAccess:
    """What somebody's access is in the company that they have open."""
    person = firm.people[who]
    found = WorkspaceAccess.load(person, WorkspaceAccess.default_tenant(person) or "")
    assert found is not None
    return found


def test_every_live_view_and_shape_is_in_the_matrix() -> None:
    assert {view.name for view in live_views} == set(LIVE)
    assert {shape.name for shape in shapes} == set(SHAPES)


@pytest.mark.parametrize("name", LIVE)
def test_a_live_view_shows_nothing_that_its_viewer_may_not_see(firm: Firm, name: str) -> None:
    things, view = make_things(firm), live_views.get(name)
    params = view.clean({param: _keys(firm, things)[param] for param in view.parameters()})
    for who in (*COLLEAGUES, "outsider"):
        access = access_of(firm, who)
        audience = view.admit(access, params)
        # Who sees all of a company is let in with any key; another company's things have none.
        is_let_in = who == "outsider" and "user_id" not in view.parameters()
        assert (audience is not None) == (who in LIVE[name] or is_let_in), who
        if audience is None:
            continue
        with read_snapshot():
            scene = Scene(view.name, access.tenant, params, audience, Window())
            content = view.render(scene, SharedContexts()).content
        assert "@" not in content or name in WITH_ADDRESSES, "an e-mail address"
        assert "Hidden" not in content or who in SEEING, who
        if who == "outsider":
            assert "Garden" not in content
            assert "Editor-who" not in content
            assert "fern.example" not in content


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_is_followed_by_whom_it_is_for(firm: Firm, name: str) -> None:
    things, shape = make_things(firm), shapes.get(name)
    params = {param: _keys(firm, things)[param] for param in shape.params}
    for who in (*COLLEAGUES, "outsider"):
        access = access_of(firm, who)
        allowed = shape.allows(access, **params)
        # Who sees all of a company is let in with any key, and the company is joined: no rows.
        is_let_in = who == "outsider" and "user_id" not in shape.params
        assert allowed == (who in SHAPES[name] or is_let_in), who
        if not allowed:
            continue
        definition, own = shape.definition(access, params), firm.people[who].pk
        if shape.tenant_attname is not None:
            assert (shape.tenant_attname, access.tenant) in definition.equals
        else:  # what is in no company is one person's own
            assert ("user_id", str(own)) in definition.equals


def test_other_companies_stay_others_after_a_switch(firm: Firm) -> None:
    """Somebody in two companies sees one at a time: the one that they have open."""
    other = create_company("Third", owner_email="owner@fern.example")
    client, things = browser_of(firm, "owner"), make_things(firm)
    table = reverse("pages:table", args=[things.table.pk])
    assert client.get(table).status_code == 200
    client.post(reverse("pages:switch-company"), {"company": str(other.pk)})
    assert client.get(table).status_code == 404
    assert client.get(f"/api/rows/{things.row.pk}").status_code == 404
