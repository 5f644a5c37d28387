"""Values that no person types: refused in words, or shown as not valid; nothing breaks on them."""

from __future__ import annotations

import json
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from workspaces.actions import rows
from workspaces.columns import TYPES, CellError
from workspaces.models import DataTable, DataTableColumn, DataTableRow, Membership, User

from .conftest import Firm, make_firm

# Reads open a snapshot of their own, so these tests cannot run inside a transaction.
pytestmark = pytest.mark.django_db(transaction=True)

LONG_NUMBER = "9" * 5_000  # Python reads at most 4,300 digits
DEEP = "[" * 100_000 + "]" * 100_000

#: JSON that psql can write into any cell.
WRITTEN = [
    "null",
    "true",
    '"text"',
    '""',
    '"2026-02-31"',
    '"0000-00-00"',
    '"٢٠٢٦-١١-٢٤"',
    '"not-a-person"',
    '"{12345678-1234-5678-1234-567812345678}"',
    "[]",
    '{"a": [1, {"b": null}]}',
    "-0",
    "0.1",
    "1e308",
    "1e400",
    "1e-400",
    LONG_NUMBER,
    LONG_NUMBER + ".5",
    "1" + "0" * 400 + ".5",
    '"<script>alert(1)</script>"',
    '"\'\\" onfocus=alert(1) x="',
    '"\\u202egnp.exe\\u200b"',
]
#: JSON objects that psql can write as a column's options.
OPTIONS = [
    '{"options": 5}',
    '{"options": [1, {"id": 5}, {"id": "s", "name": 7}, {"id": "x"}]}',
    '{"options": [{"id": "s", "name": {"a": 1}, "hue": "\\"><b>"}]}',
    '{"precision": "many"}',
    '{"precision": [1]}',
    '{"precision": -5}',
    '{"precision": 1e999}',
    f'{{"precision": {LONG_NUMBER}}}',
    f'{{"precision": {LONG_NUMBER}.5}}',
]


@pytest.fixture
def firm() -> Firm:
    """A company that is committed, whose owner may open the admin."""
    made = make_firm()
    User.objects.filter(pk=made.people["owner"].pk).update(is_staff=True, is_superuser=True)
    return made


@pytest.fixture
def owner(firm: Firm) -> Client:
    client = Client()
    client.force_login(firm.people["owner"])
    return client


def execute(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def everything_opens(firm: Firm, client: Client) -> None:
    """Pages, API and admin, with the table's rows in every order."""
    table = firm.table.pk
    addresses = [
        reverse("pages:table", args=[table]),
        reverse("pages:audit-log"),
        f"/api/data-tables/{table}/columns",
        f"/api/data-tables/{table}/rows",
        reverse("admin:workspaces_datatablerow_changelist"),
        reverse("admin:workspaces_datatablerow_change", args=[firm.row.pk]),
        reverse("admin:workspaces_datatable_change", args=[table]),
        reverse("admin:workspaces_auditlog_changelist"),
    ]
    for column in firm.columns.values():
        addresses.append(reverse("pages:edit-column", args=[column.pk]))
        addresses.append(reverse("admin:workspaces_datatablecolumn_change", args=[column.pk]))
        in_order = f"/api/data-tables/{table}/rows?limit=1&sort="
        addresses.extend(f"{in_order}{sign}{column.pk}" for sign in ("", "-"))
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200, address
        content = response.content.decode()
        if not address.startswith("/api"):
            assert "<script>alert" not in content, address
        else:
            answer = json.loads(content, parse_constant=no_json)
            if isinstance(answer, dict) and answer["next"]:
                sort = {"sort": address.partition("sort=")[2]}
                onward = client.get(address, {"after": answer["next"], "limit": 1, **sort})
                assert onward.status_code == 200, address


def no_json(constant: str) -> Any:
    raise AssertionError(f"{constant} is no JSON: a browser cannot read the answer")


def test_whatever_psql_writes_into_cells_everything_opens(firm: Firm, owner: Client) -> None:
    for value in WRITTEN:
        row = rows.add_row(firm.actor(), firm.table)
        execute(
            "update data_table_rows set cells = (select jsonb_object_agg(key, %s::jsonb)"
            " from unnest(%s::text[]) as key) where id = %s",
            value,
            [firm.key(name) for name in firm.columns],
            row.pk,
        )
        address = reverse("admin:workspaces_datatablerow_change", args=[row.pk])
        assert owner.get(address).status_code == 200, value[:40]
    everything_opens(firm, owner)
    # They can be put right, and what was there is in the audit log.
    good = {"number": "7", "text": "Fern", "select": "Sun", "checkbox": "yes", "person": "Editor"}
    cells = {firm.key(name): value for name, value in good.items()}
    for row in DataTableRow.objects.all():
        response = owner.patch(f"/api/rows/{row.pk}", {"cells": cells}, "application/json")
        assert response.status_code == 200
    everything_opens(firm, owner)


def test_whatever_psql_writes_as_options_everything_opens(firm: Firm, owner: Client) -> None:
    cells = {firm.key("number"): 12.5, firm.key("select"): "s"}
    rows.set_cells(firm.actor(), firm.row, cells)
    rows.add_row(firm.actor(), firm.table)
    for options in OPTIONS:
        execute("update data_table_columns set options = %s::jsonb", options)
        everything_opens(firm, owner)
        for name, given in (("number", "7.25"), ("select", "Sun")):
            body = {"cells": {firm.key(name): given}}
            response = owner.patch(f"/api/rows/{firm.row.pk}", body, "application/json")
            assert response.status_code in (200, 422), (name, options[:40])


def test_whatever_psql_writes_into_the_audit_log_it_opens(firm: Firm, owner: Client) -> None:
    for details in ("[]", "5", '{"from": {"a": 1}, "to": []}', LONG_NUMBER):
        execute(
            "insert into audit_logs (company_id, action, via, details)"
            " values (%s, 'table.renamed', 'command', %s::jsonb)",
            firm.company.pk,
            details,
        )
    everything_opens(firm, owner)


#: Bodies for the operations, with %s for a text cell's key.
BODIES = [
    DEEP,
    '{"cells": {"%s": ' + DEEP + "}}",
    '{"cells": {"%s": ' + "[" * 900 + "]" * 900 + "}}",
    '{"cells": {"%s": NaN}}',
    '{"cells": {"%s": Infinity}}',
    '{"cells": {"%s": 1e999}}',
    '{"cells": {"%s": 1}, "was": {"%s": NaN}}',
    '{"cells": {"%s": 1}, "was": {"%s": 1e999}}',
    '{"cells": {"%s": ' + LONG_NUMBER + "}}",
    '{"cells": {"%s": "\\u0000"}}',
    '{"cells": {"%s": "a\\u0000b"}}',
    '{"cells": {"%s": "\\ud800"}}',
    '{"cells": {"%s": "a\\ud800b"}}',
    '{"cells": {"\\ud800": "a"}}',
    '{"cells": {"\\u0000": "a"}}',
    '{"cells": {"%s": {"\\ud800": "\\u0000"}}}',
    '{"cells": {"%s": 1}, "was": {"%s": "\\ud800"}}',
    '{"cells": {"%s": 1}, "company_id": "x", "position": "a0"}',
    '{"cells": []}',
    '{"name": "\\ud800"}',
    '{"name": "\\u0000"}',
    '{"name": "\\u202e\\u200b"}',
    '{"name": "x", "type": "\\u0000"}',
    '{"name": "x", "type": "number", "options": {"precision": NaN}}',
    '{"name": "x", "type": "number", "options": {"\\ud800": 1}}',
    '{"name": "x", "type": "select", "options": {"options": ["a\\u0000b", "\\ud800"]}}',
    '{"name": "x", "type": "select", "options": {"options": [{"name": "a", "id": "\\u0000"}]}}',
    '{"name": "x", "type": "select", "options": {"options": [{"name": "a", "hue": ["red"]}]}}',
    '{"name": "x", "type": "select", "options": {"options": [{"name": "a", "hue": {}}]}}',
    '{"name": "x", "width": 1e308}',
    '{"name": "x", "width": ' + "9" * 400 + "}",
    '{"name": "x", "company_id": "y"}',
    '{"email": "a\\u0000@b.example", "name": "x"}',
    '{"email": "\\ud800@b.example", "name": "x"}',
    '{"email": "' + "x" * 5_000 + '@b.example", "name": "x"}',
    '{"email": "' + "x" * 60 + "@" + ("y" * 60 + ".") * 4 + 'example", "name": "x"}',
    '{"email": "x@%s.example", "name": "\\u0000"}',
    '{"email": "x@%s.example", "name": "' + "y" * 5_000 + '"}',
    '{"email": "x@%s.example", "name": "x", "role": "\\u0000"}',
    '{"role": "\\ud800"}',
    '{"role": ["owner"]}',
    '{"level": "\\u0000"}',
    '{"level": {"edit": 1}}',
    '{"ids": ["%s"]}',
    '{"after": "\\u0000"}',
    "\x00",
    "\ud800",
    "",
    "null",
    "[]",
]


def test_no_body_breaks_an_operation(firm: Firm, owner: Client) -> None:
    sheet = f"/api/data-tables/{firm.table.pk}"
    member = Membership.objects.get(company=firm.company, user=firm.people["viewer"])
    grants = f"/api/workspaces/{firm.workspace.pk}/grants"
    for kind, body in product(firm.columns, BODIES):
        content = body.replace("%s", firm.key(kind)).encode("utf-8", "surrogatepass")
        for method, address in (
            ("patch", f"/api/rows/{firm.row.pk}"),
            ("post", f"{sheet}/rows"),
            ("post", f"{sheet}/columns"),
            ("post", f"{sheet}/rows/restore"),
            ("put", sheet),
            ("put", f"/api/columns/{firm.key(kind)}"),
            ("post", "/api/workspaces"),
            ("post", "/api/members"),
            ("put", f"/api/members/{member.pk}"),
            ("put", f"{grants}/{member.user_id}"),
            ("post", f"/t/{firm.table.pk}/delete-rows"),
        ):
            response = owner.generic(method, address, content, "application/json")
            said = (method, address, body[:80])
            assert response.status_code < 500, said
            if response.content:
                json.loads(response.content.decode(), parse_constant=no_json)
    everything_opens(firm, owner)
    assert DataTable.objects.get(pk=firm.table.pk).company_id == firm.company.pk


def test_a_person_is_not_looked_for_with_what_no_database_takes(firm: Firm, owner: Client) -> None:
    for text in ("a\x00b", "a\x00@b", "\ud800", "x" * 100_000):
        body = json.dumps({"cells": {firm.key("person"): text}})
        response = owner.generic("patch", f"/api/rows/{firm.row.pk}", body, "application/json")
        assert response.status_code == 422, text[:20]


def test_too_much_is_refused_as_that(firm: Firm, owner: Client) -> None:
    row = f"/api/rows/{firm.row.pk}"
    huge = json.dumps({"cells": {firm.key("text"): "x" * 10_000_000}})
    assert owner.generic("patch", row, huge, "application/json").status_code == 413
    ids = [str(uuid4()) for _ in range(100_000)]
    for count, expected in ((1_001, 422), (50_000, 422), (100_000, 413)):
        for address in (
            f"/api/data-tables/{firm.table.pk}/rows/restore",
            f"/t/{firm.table.pk}/delete-rows",
        ):
            body = json.dumps({"ids": ids[:count]})
            response = owner.generic("post", address, body, "application/json")
            # A page's form is refused by Django itself, as a bad request.
            too_much = (400, 413) if expected == 413 else (expected,)
            assert response.status_code in too_much, (count, address)


def test_no_question_breaks_a_page(firm: Firm, owner: Client) -> None:
    table = reverse("pages:table", args=[firm.table.pk])
    for query in ("first=" + "9" * 5_000, "first=%00", "first=-1", "after=%00", "after=x:y:z"):
        assert owner.get(f"{table}?{query}").status_code == 200, query
    for query in ("sort=%00", "after=%00", "after=a:b:c", "limit=1e9", "limit=" + "9" * 5_000):
        response = owner.get(f"/api/data-tables/{firm.table.pk}/rows?{query}")
        assert response.status_code == 422, query
    for field in ("name", "choices", "precision", "type"):
        given = {"name": "x", "type": "select", "choices": "a", field: "a\x00b"}
        response = owner.post(reverse("pages:new-column", args=[firm.table.pk]), given)
        assert response.status_code in (303, 422), field


@pytest.mark.parametrize(
    "given", ["1." + "0" * 31 + "1", "0." + "0" * 40 + "1", LONG_NUMBER, "1e999", "1e-999"]
)
def test_a_number_is_kept_whole_or_not_at_all(given: str) -> None:
    with pytest.raises(CellError, match=r"digits|places"):
        TYPES["number"].parse(given, DataTableColumn(type="number", options={}))


def test_a_number_longer_than_a_browsers_is_no_conflict(firm: Firm, owner: Client) -> None:
    """JavaScript reads 12345678901234567890 as 12345678901234567000 and sends that back."""
    key = firm.key("number")
    execute(
        "update data_table_rows set cells = jsonb_build_object(%s::text, 12345678901234567890)", key
    )
    body = {"cells": {key: 7}, "was": {key: 12345678901234567000}}
    response = owner.patch(f"/api/rows/{firm.row.pk}", body, "application/json")
    assert response.status_code == 200
