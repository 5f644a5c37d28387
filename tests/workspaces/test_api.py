"""The JSON API: statuses, bodies and problems, by the road that a browser takes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from workspaces.actions import rows, tables
from workspaces.models import (
    AuditLog,
    DataTable,
    DataTableRow,
    Membership,
    Workspace,
    WorkspaceGrant,
)

from .conftest import Firm, make_firm

# Reads open a snapshot of their own, so these tests cannot run inside a transaction.
pytestmark = pytest.mark.django_db(transaction=True)

Send = Callable[..., HttpResponse]


@pytest.fixture
def fern() -> Firm:
    """A company that is committed."""
    return make_firm()


def browser_of(firm: Firm, who: str) -> Client:
    client = Client()
    client.force_login(firm.people[who])
    return client


@pytest.fixture
def owner(fern: Firm) -> Client:
    return browser_of(fern, "owner")


def send(client: Client, method: str, path: str, body: Any = None) -> Any:
    """A request to the API → (status, body). Problems must be ones."""
    response = getattr(client, method)(f"/api{path}", body, content_type="application/json")
    if response.status_code >= 400:
        assert response["Content-Type"] == "application/problem+json"
        problem = response.json()
        assert problem["status"] == response.status_code
        assert problem["type"].startswith("urn:plainrow:problem:")
        assert problem["title"]
        assert problem["detail"]
        return response.status_code, problem
    return response.status_code, response.json() if response.content else None


def get(client: Client, path: str, **query: Any) -> Any:
    response = client.get(f"/api{path}", query)
    return response.status_code, response.json()


def test_workspaces_tables_columns_and_rows_from_nothing(owner: Client) -> None:
    status, garden = send(owner, "post", "/workspaces", {"name": "Orchard"})
    assert (status, garden["name"]) == (201, "Orchard")
    place = f"/workspaces/{garden['id']}"
    assert send(owner, "put", place, {"name": "Grove"}) == (200, {**garden, "name": "Grove"})
    assert get(owner, place) == (200, {**garden, "name": "Grove"})

    status, table = send(owner, "post", f"{place}/data-tables", {"name": "Trees"})
    assert (status, table["workspace_id"]) == (201, garden["id"])
    assert get(owner, f"{place}/data-tables") == (200, [table])
    sheet = f"/data-tables/{table['id']}"
    assert get(owner, sheet) == (200, table)

    status, height = send(
        owner,
        "post",
        f"{sheet}/columns",
        {"name": "Height", "type": "number", "options": {"precision": 1}},
    )
    assert (status, height["options"], height["table_id"]) == (201, {"precision": 1}, table["id"])
    column = f"/columns/{height['id']}"
    changed = {**height, "name": "Height, m", "width": 12}
    assert send(owner, "put", column, {"name": "Height, m", "width": 12}) == (200, changed)
    assert [each["name"] for each in get(owner, f"{sheet}/columns")[1]] == ["Name", "Height, m"]

    status, row = send(owner, "post", f"{sheet}/rows", {"cells": {height["id"]: "12,5"}})
    assert (status, row["cells"]) == (201, {height["id"]: 12.5})
    status, first = send(owner, "post", f"{sheet}/rows", {"after": row["id"]})
    assert status == 201
    assert get(owner, f"/rows/{row['id']}") == (200, row)
    assert get(owner, f"{sheet}/rows") == (200, {"rows": [row, first], "next": None})

    assert send(owner, "delete", f"/rows/{row['id']}") == (204, None)
    restored = send(owner, "post", f"{sheet}/rows/restore", {"ids": [row["id"]]})
    assert restored == (200, {"ids": [row["id"]]})
    assert send(owner, "delete", column) == (204, None)
    assert get(owner, f"/rows/{row['id']}")[1]["cells"] == {}
    assert send(owner, "delete", sheet) == (204, None)
    assert send(owner, "delete", place) == (204, None)
    assert get(owner, sheet)[0] == 404


def test_a_table_is_renamed_and_the_audit_log_says_by_whom(fern: Firm, owner: Client) -> None:
    status, body = send(owner, "put", f"/data-tables/{fern.table.pk}", {"name": "Ferns"})
    assert (status, body["name"]) == (200, "Ferns")
    entry = AuditLog.objects.filter(action="table.renamed").get()
    assert (entry.user_name, entry.via, entry.details) == (
        "owner",
        "api",
        {"from": "Plants", "to": "Ferns"},
    )


@pytest.mark.parametrize(
    ("said", "via"), [("page", "page"), ("command", "api"), ("admin", "api"), ("", "api")]
)
def test_our_own_pages_say_that_it_is_them_and_nobody_says_more(
    fern: Firm, owner: Client, said: str, via: str
) -> None:
    body = {"cells": {fern.key("text"): "Moss"}}
    path = f"/api/rows/{fern.row.pk}"
    headers = {"Plainrow-Via": said}
    answer = owner.patch(path, body, content_type="application/json", headers=headers)
    assert answer.status_code == 200
    assert AuditLog.objects.get(action="row.changed").via == via


def test_a_table_is_moved_with_a_new_name_or_not_at_all(fern: Firm, owner: Client) -> None:
    path = f"/data-tables/{fern.table.pk}"
    shed = Workspace.objects.create(company=fern.company, name="Shed")
    status, body = send(owner, "put", path, {"name": "Ferns", "workspace_id": str(shed.pk)})
    assert (status, body["name"], body["workspace_id"]) == (200, "Ferns", str(shed.pk))
    status, _ = send(owner, "put", path, {"name": "Lost", "workspace_id": str(uuid4())})
    assert (status, DataTable.objects.get().name) == (404, "Ferns")
    assert send(owner, "put", path, {})[0] == 422


class TestCells:
    def test_a_conflict_answers_with_both_values(self, fern: Firm, owner: Client) -> None:
        key = fern.key("number")
        rows.set_cells(fern.actor("admin"), fern.row, {key: 7})
        status, problem = send(
            owner, "patch", f"/rows/{fern.row.pk}", {"cells": {key: "8"}, "was": {key: None}}
        )
        assert (status, problem["conflicts"]) == (
            409,
            [
                {
                    "column": key,
                    "stored": 7,
                    "wanted": 8,
                    "was": None,
                    "by": "Admin",
                    "at": problem["conflicts"][0]["at"],
                }
            ],
        )
        fern.row.refresh_from_db()
        at = datetime.fromisoformat(problem["conflicts"][0]["at"])
        assert abs(at - fern.row.updated_at) < timedelta(seconds=5)
        assert problem["type"] == "urn:plainrow:problem:changed-meanwhile"
        status, row = send(
            owner, "patch", f"/rows/{fern.row.pk}", {"cells": {key: "8"}, "was": {key: 7}}
        )
        assert (status, row["cells"][key]) == (200, 8)

    def test_a_conflict_names_who_changed_that_cell_or_nobody(
        self, fern: Firm, owner: Client
    ) -> None:
        number, text = fern.key("number"), fern.key("text")

        def named() -> Any:
            body = {"cells": {number: 8}, "was": {number: None}}
            _, problem = send(owner, "patch", f"/rows/{fern.row.pk}", body)
            return problem["conflicts"][0]["by"]

        rows.set_cells(fern.actor("admin"), fern.row, {number: 7})
        rows.set_cells(fern.actor("editor"), fern.row, {text: "Moss"})
        assert named() == "Admin"
        DataTableRow.objects.update(cells={number: 9})  # past the actions: nobody knows who
        assert named() is None

    def test_what_does_not_fit_is_said_for_each_cell(self, fern: Firm, owner: Client) -> None:
        cells = {fern.key("number"): "12,-", fern.key("date"): "soon", fern.key("text"): "Moss"}
        status, problem = send(owner, "patch", f"/rows/{fern.row.pk}", {"cells": cells})
        assert (status, problem["errors"]) == (
            422,
            {
                fern.key("number"): "“12,-” is not a number. Write it like 12.50.",
                fern.key("date"): "“soon” is not a date. Write it like 2026-11-24.",
            },
        )

    def test_a_hundred_cells_at_once_are_the_most(self, fern: Firm, owner: Client) -> None:
        cells = {str(number): "x" for number in range(101)}
        assert send(owner, "patch", f"/rows/{fern.row.pk}", {"cells": cells})[0] == 422


class TestPages:
    def test_a_table_is_read_page_by_page_in_its_order_or_sorted(
        self, fern: Firm, owner: Client
    ) -> None:
        key = fern.key("number")
        for number in (3, 1, None, 2):
            rows.add_row(fern.actor(), fern.table, {key: number})
        path = f"/data-tables/{fern.table.pk}/rows"
        assert self._all(owner, path, key) == [None, 3, 1, None, 2]
        assert self._all(owner, path, key, sort=key) == [1, 2, 3, None, None]
        assert self._all(owner, path, key, sort=f"-{key}") == [3, 2, 1, None, None]

    def _all(self, client: Client, path: str, key: str, **query: Any) -> list[Any]:
        values, cursor = [], None
        while True:
            more = {} if cursor is None else {"after": cursor}
            status, page = get(client, path, limit=2, **query, **more)
            assert status == 200
            assert len(page["rows"]) <= 2
            values += [row["cells"].get(key) for row in page["rows"]]
            cursor = page["next"]
            if cursor is None:
                return values

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"limit": 0}, "limit"),
            ({"limit": 501}, "limit"),
            ({"limit": "many"}, "limit"),
            ({"after": "forged"}, "after"),
            ({"sort": "no-column"}, "sort"),
        ],
    )
    def test_what_cannot_be_asked_is_refused(
        self, fern: Firm, owner: Client, query: dict[str, Any], field: str
    ) -> None:
        status, problem = get(owner, f"/data-tables/{fern.table.pk}/rows", **query)
        assert (status, list(problem["errors"])) == (422, [field])


def addresses(firm: Firm) -> list[tuple[str, str, Any]]:
    """Every operation that names something of the company."""
    workspace, table = f"/workspaces/{firm.workspace.pk}", f"/data-tables/{firm.table.pk}"
    column, row = f"/columns/{firm.columns['date'].pk}", f"/rows/{firm.row.pk}"
    return [
        ("get", workspace, None),
        ("put", workspace, {"name": "New"}),
        ("get", f"{workspace}/data-tables", None),
        ("post", f"{workspace}/data-tables", {"name": "New"}),
        ("get", table, None),
        ("put", table, {"name": "New"}),
        ("get", f"{table}/columns", None),
        ("post", f"{table}/columns", {"name": "New"}),
        ("put", column, {"name": "New"}),
        ("get", f"{table}/rows", None),
        ("post", f"{table}/rows", {}),
        ("post", f"{table}/rows/restore", {"ids": []}),
        ("get", row, None),
        ("patch", row, {"cells": {firm.key("text"): "New"}}),
        ("delete", column, None),
        ("delete", row, None),
        ("delete", table, None),
        ("delete", workspace, None),
    ]


def status_of(client: Client, method: str, path: str, body: Any) -> int:
    if method == "get":
        return int(client.get(f"/api{path}").status_code)
    return int(send(client, method, path, body)[0])


@pytest.mark.parametrize("who", ["outsider", "editor-without-grant"])
def test_what_they_may_not_see_is_not_there(fern: Firm, who: str) -> None:
    client = browser_of(fern, who)
    assert {status_of(client, *each) for each in addresses(fern)} == {404}
    assert get(client, "/workspaces") == (200, [])


@pytest.mark.parametrize("who", ["viewer", "viewer-who-may-edit", "editor-who-may-view"])
def test_who_may_look_is_told_why_they_may_not_change(fern: Firm, who: str) -> None:
    client = browser_of(fern, who)
    for method, path, body in addresses(fern):
        assert status_of(client, method, path, body) == (200 if method == "get" else 403), path
    _, problem = send(client, "put", f"/data-tables/{fern.table.pk}", {"name": "New"})
    assert "Ask an admin" in problem["detail"]


def test_nobody_is_answered_who_is_not_signed_in(fern: Firm) -> None:
    for address in (*addresses(fern), ("get", "/workspaces", None)):
        assert status_of(Client(), *address) == 401
    _, problem = get(Client(), "/workspaces")
    assert problem == {
        "type": "urn:plainrow:problem:not-signed-in",
        "title": "Not signed in",
        "status": 401,
        "detail": "Sign in first.",
    }


def test_what_is_taken_away_is_gone_with_the_next_request(fern: Firm) -> None:
    client = browser_of(fern, "editor")
    path = f"/rows/{fern.row.pk}"
    assert get(client, path)[0] == 200
    WorkspaceGrant.objects.filter(user=fern.people["editor"]).delete()
    assert get(client, path)[0] == 404
    Membership.objects.filter(user=fern.people["editor"]).delete()
    assert get(client, path)[0] == 403


def test_a_request_without_the_csrf_token_changes_nothing(fern: Firm) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(fern.people["owner"])
    status, problem = send(client, "put", f"/data-tables/{fern.table.pk}", {"name": "Forged"})
    assert (status, problem["type"]) == (403, "urn:plainrow:problem:forbidden")
    assert DataTable.objects.get().name == "Plants"


class TestOddRequests:
    @pytest.mark.parametrize("path", ["/rows/nonsense", "/data-tables/0", f"/rows/{uuid4()}"])
    def test_a_key_that_is_none_is_not_found(self, owner: Client, path: str) -> None:
        assert get(owner, path)[0] == 404

    def test_a_body_that_is_no_json_is_a_bad_request(self, owner: Client) -> None:
        response = owner.post("/api/workspaces", "{", content_type="application/json")
        assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")

    def test_a_misspelt_field_is_not_passed_over(self, fern: Firm, owner: Client) -> None:
        status, problem = send(owner, "put", f"/data-tables/{fern.table.pk}", {"nmae": "Ferns"})
        assert (status, list(problem["errors"])) == (422, ["nmae"])

    def test_a_body_beyond_the_bound_is_refused(self, fern: Firm, owner: Client) -> None:
        body = {"cells": {fern.key("text"): "x" * 3_000_000}}
        assert send(owner, "patch", f"/rows/{fern.row.pk}", body)[0] in {400, 413}

    def test_a_row_of_a_trashed_table_is_not_there(self, fern: Firm, owner: Client) -> None:
        tables.delete_table(fern.actor(), fern.table)
        assert get(owner, f"/rows/{fern.row.pk}")[0] == 404
        assert DataTableRow.objects.filter(pk=fern.row.pk).exists()


def test_the_api_describes_itself(owner: Client) -> None:
    status, schema = get(owner, "/openapi.json")
    assert (status, schema["info"]["title"]) == (200, "Plainrow API")
    paths = schema["paths"].values()
    operations = [(method, each) for path in paths for method, each in path.items()]
    for method, each in operations:
        assert each["description"]
        assert {"401", "404"} <= set(each["responses"])
        assert method == "get" or "403" in each["responses"]
    page = owner.get("/api/docs")
    assert page.status_code == 200
    assert "https://" not in page.content.decode()


def test_people_are_added_changed_explained_and_removed(fern: Firm, owner: Client) -> None:
    given = {"email": "nell@fern.example", "name": "Nell", "role": "editor"}
    status, added = send(owner, "post", "/members", given)
    member = added["member"]
    assert (status, added["is_new"]) == (201, True)
    assert {name: member[name] for name in given} == given
    assert member["active"] is True
    person = f"/members/{member['id']}"
    place = f"/workspaces/{fern.workspace.pk}/grants"
    status, grant = send(owner, "put", f"{place}/{member['user_id']}", {"level": "view"})
    assert (status, grant["level"]) == (200, "view")
    sees = {
        "workspace_id": str(fern.workspace.pk),
        "workspace": "Garden",
        "level": "view",
        "reason": "Was given this workspace to look at.",
    }
    assert get(owner, person) == (200, {**member, "workspaces": [sees]})
    status, seen = get(owner, place)
    assert next(each for each in seen if each["name"] == "Nell") == {
        "user_id": member["user_id"],
        "name": "Nell",
        "role": "editor",
        "grant": "view",
        "level": "view",
        "reason": "Was given this workspace to look at.",
    }
    assert len(seen) == Membership.objects.filter(company=fern.company).count()
    assert send(owner, "put", person, {"role": "viewer"}) == (200, {**member, "role": "viewer"})
    assert send(owner, "post", f"{person}/end-devices") == (200, {"ended": 0})
    assert send(owner, "delete", f"{place}/{member['user_id']}") == (204, None)
    assert send(owner, "delete", f"{place}/{member['user_id']}")[0] == 404
    assert send(owner, "delete", person) == (204, None)
    assert send(owner, "delete", person)[0] == 404
    assert member["id"] not in [each["id"] for each in get(owner, "/members")[1]]


def test_a_refusal_about_people_says_why(fern: Firm, owner: Client) -> None:
    of = {each.user_id: each.pk for each in Membership.objects.filter(company=fern.company)}
    own = f"/members/{of[fern.people['owner'].pk]}"
    _, problem = send(owner, "put", own, {"role": "admin"})
    assert problem == {
        "type": "urn:plainrow:problem:not-allowed",
        "title": "Not allowed",
        "status": 403,
        "detail": "A company needs at least one owner. Make somebody else an owner first.",
    }
    assert send(browser_of(fern, "admin"), "delete", own)[1]["detail"].startswith("Only owners")
    editor = browser_of(fern, "editor")
    for method, path in (("get", "/members"), ("get", own), ("delete", own)):
        status, problem = send(editor, method, path)
        assert (status, problem["detail"]) == (403, "Only owners and admins may do this.")
    place = f"/workspaces/{fern.workspace.pk}/grants/{fern.people['admin'].pk}"
    status, problem = send(owner, "put", place, {"level": "view"})
    assert (status, list(problem["errors"])) == (422, ["user"])


def test_what_is_in_the_trash_comes_back(fern: Firm, owner: Client) -> None:
    for place in (f"/data-tables/{fern.table.pk}", f"/workspaces/{fern.workspace.pk}"):
        before = get(owner, place)
        assert send(owner, "delete", place) == (204, None)
        assert get(owner, place)[0] == 404
        assert send(owner, "post", f"{place}/restore") == before
        assert get(owner, place) == before


def test_who_is_signed_in_and_has_left_is_told_so(fern: Firm) -> None:
    editor = browser_of(fern, "editor")
    Membership.objects.filter(user=fern.people["editor"]).delete()
    for method, path, body in (
        ("get", "/workspaces", None),
        ("patch", f"/rows/{fern.row.pk}", {"cells": {}}),
    ):
        status, problem = send(editor, method, path, body)
        assert (status, problem["type"]) == (403, "urn:plainrow:problem:no-access")
    assert send(Client(), "get", "/workspaces")[1]["type"] == "urn:plainrow:problem:not-signed-in"
