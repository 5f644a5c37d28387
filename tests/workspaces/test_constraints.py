"""What no road may break, tried by the shortest one: SQL."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from workspaces.models import (
    AuditLog,
    Company,
    DataTable,
    DataTableColumn,
    DataTableRow,
    DataTableView,
    Membership,
    TrashedRow,
    User,
    Workspace,
    WorkspaceGrant,
)

from .conftest import Firm, make_firm


def run(sql: str, **params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def refuses(sql: str, **params: Any) -> str:
    """Run SQL that PostgreSQL must refuse, also what it would refuse at the end."""
    try:
        with transaction.atomic():
            run(sql, **params)
            connection.check_constraints()
    except IntegrityError as error:
        return str(error)
    pytest.fail(f"PostgreSQL let this pass: {sql}")


@pytest.fixture
def ids(firm: Firm) -> dict[str, Any]:
    other = Company.objects.get(name="Elsewhere")
    return {
        "company": firm.company.pk,
        "other": other.pk,
        "others_workspace": Workspace.objects.create(company=other, name="Theirs").pk,
        "workspace": firm.workspace.pk,
        "shed": Workspace.objects.create(company=firm.company, name="Shed").pk,
        "table": firm.table.pk,
        "row": firm.row.pk,
        "column": firm.columns["text"].pk,
        "owner": firm.people["owner"].pk,
        "editor": firm.people["editor"].pk,
        "outsider": firm.people["outsider"].pk,
    }


PLACES = [
    "update data_table_rows set company_id = %(other)s",
    "update data_table_rows set workspace_id = %(shed)s where id = %(row)s",
    "update data_table_rows set table_id = gen_random_uuid()",
    "update data_table_columns set company_id = %(other)s",
    "update data_table_columns set workspace_id = %(others_workspace)s",
    "update data_tables set company_id = %(other)s",
    "update data_tables set workspace_id = %(others_workspace)s",
    "update workspaces set company_id = %(other)s where id = %(workspace)s",
    "insert into data_table_rows (table_id, company_id) values (%(table)s, %(other)s)",
    "insert into data_table_rows (table_id, workspace_id) values (%(table)s, %(shed)s)",
    "insert into data_table_columns (table_id, name, type, workspace_id)"
    " values (%(table)s, 'x', 'text', %(others_workspace)s)",
    "insert into data_table_views (table_id, name, kind, company_id)"
    " values (%(table)s, 'x', 'grid', %(other)s)",
    "insert into data_tables (workspace_id, company_id, name)"
    " values (%(workspace)s, %(other)s, 'x')",
    "insert into workspace_grants (workspace_id, company_id, user_id, level)"
    " values (%(workspace)s, %(other)s, %(outsider)s, 'view')",
    "insert into workspace_grants (workspace_id, user_id, level)"
    " values (%(workspace)s, %(outsider)s, 'view')",
]


@pytest.mark.parametrize("sql", PLACES)
def test_no_row_can_lie_about_its_place(ids: dict[str, Any], sql: str) -> None:
    refuses(sql, **ids)


WRONG_VALUES = [
    "update memberships set role = 'king'",
    "update workspace_grants set level = 'own'",
    "update data_table_columns set type = 'colour'",
    "update data_table_columns set width = 200",
    "update data_table_columns set name = 'Same'",
    "update data_table_columns set options = '[]'",
    "update data_table_rows set cells = '[]'",
    "update data_table_rows set cells = 'null'",
    "update data_table_rows set position = 'b0'",
    "update data_table_rows set position = 'a00'",
    "update data_table_rows set position = ''",
    "update data_tables set position = 'é0'",
    "update data_tables set name = ''",
    "update workspaces set name = ''",
    "update companies set name = ''",
    "update users set email = 'Upper@Case.example' where id = %(owner)s",
    "update audit_logs set via = 'door'",
    "insert into memberships (company_id, user_id, role) values (%(company)s, %(editor)s, 'admin')",
]


@pytest.mark.parametrize("sql", WRONG_VALUES)
def test_values_that_are_none_are_refused(ids: dict[str, Any], sql: str) -> None:
    refuses(sql, **ids)


class TestFillingIn:
    def test_psql_needs_to_say_only_what_it_knows(self, firm: Firm) -> None:
        run(
            "insert into data_tables (workspace_id, name) values (%(w)s, 'Trees')",
            w=firm.workspace.pk,
        )
        run(
            "insert into data_table_columns (table_id, name, type)"
            " select id, 'Height', 'number' from data_tables where name = 'Trees'"
        )
        run(
            "insert into data_table_rows (table_id)"
            " select id from data_tables, generate_series(1, 3) where name = 'Trees'"
        )
        table = DataTable.objects.get(name="Trees")
        assert [table.company_id, table.position] == [firm.company.pk, "a1"]
        assert [column.position for column in table.columns.all()] == ["a0"]
        rows = list(table.rows.values_list("company_id", "workspace_id", "position", "cells"))
        place = (firm.company.pk, firm.workspace.pk)
        assert rows == [(*place, "a0", {}), (*place, "a1", {}), (*place, "a2", {})]

    def test_a_row_knows_when_it_was_changed_whoever_changed_it(self, firm: Firm) -> None:
        DataTableRow.objects.update(updated_at="2020-01-01T00:00Z")
        run("update data_table_rows set updated_by = null")
        assert DataTableRow.objects.get().updated_at.year == 2020
        run("update data_table_rows set cells = '{}'")
        assert DataTableRow.objects.get().updated_at.year > 2020


class TestMoving:
    def test_rows_follow_their_table_in_the_same_statement(
        self, firm: Firm, ids: dict[str, Any]
    ) -> None:
        DataTableView.objects.create(table=firm.table, name="All")
        TrashedRow.objects.create(
            table=firm.table, company=firm.company, workspace=firm.workspace, position="a0"
        )
        run("update data_tables set workspace_id = %(shed)s where id = %(table)s", **ids)
        for model in (DataTableRow, DataTableColumn, DataTableView, TrashedRow):
            places = model._default_manager.filter(table=firm.table).values_list(
                "workspace_id", flat=True
            )
            assert set(places) == {ids["shed"]}


class TestOwners:
    LAST_OWNER = (
        "update memberships set role = 'admin' where user_id = %(owner)s",
        "delete from memberships where user_id = %(owner)s",
        "delete from memberships where company_id = %(company)s",
        "delete from users where id = %(owner)s",
        "update memberships set company_id = %(other)s where user_id = %(owner)s",
    )

    @pytest.mark.parametrize("sql", LAST_OWNER)
    def test_the_last_owner_stays(self, ids: dict[str, Any], sql: str) -> None:
        WorkspaceGrant.objects.all().delete()
        assert "A company needs at least one owner." in refuses(sql, **ids)

    def test_ownership_can_change_hands_within_a_transaction(self, ids: dict[str, Any]) -> None:
        run("update memberships set role = 'admin' where user_id = %(owner)s", **ids)
        run("update memberships set role = 'owner' where user_id = %(editor)s", **ids)
        connection.check_constraints()

    def test_a_company_can_be_deleted_with_all_that_is_its(self, firm: Firm) -> None:
        run("delete from companies where id = %(id)s", id=firm.company.pk)
        connection.check_constraints()
        for model in (Workspace, DataTable, DataTableColumn, DataTableRow, Membership, AuditLog):
            assert not model._default_manager.filter(company_id=firm.company.pk).exists()

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("isolation", ["read committed", "repeatable read"])
    def test_two_owners_cannot_remove_each_other_at_once(self, isolation: str) -> None:
        firm = make_firm()
        Membership.objects.filter(user=firm.people["admin"]).update(role="owner")
        both_have_changed = threading.Barrier(2, timeout=20)
        outcomes: list[str] = []

        def leave(who: str) -> None:
            try:
                with transaction.atomic():
                    run(f"set transaction isolation level {isolation}")
                    Membership.objects.filter(user=firm.people[who]).update(role="editor")
                    both_have_changed.wait()
            except DatabaseError:
                outcomes.append("refused")
            else:
                outcomes.append("done")
            finally:
                connection.close()

        threads = [threading.Thread(target=leave, args=[who]) for who in ("owner", "admin")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["done", "refused"]
        assert Membership.objects.filter(company=firm.company, role="owner").count() == 1


class TestPeople:
    def test_memberships_carry_the_present_name_and_address(self, firm: Firm) -> None:
        User.objects.filter(pk=firm.people["editor"].pk).update(name="Edda", email="edda@x.example")
        run("update memberships set name = 'Nobody', email = 'no@no.example'")
        member = Membership.objects.get(user=firm.people["editor"])
        assert (member.name, member.email) == ("Edda", "edda@x.example")

    def test_a_grant_goes_when_the_membership_goes(self, firm: Firm) -> None:
        Membership.objects.filter(user=firm.people["editor"]).delete()
        assert not WorkspaceGrant.objects.filter(user=firm.people["editor"]).exists()


class TestAuditLog:
    @pytest.mark.parametrize(
        "sql",
        ["update audit_logs set user_name = 'Somebody'", "delete from audit_logs"],
    )
    def test_it_is_never_changed(self, firm: Firm, sql: str) -> None:
        assert "The audit log is not changed." in refuses(sql)

    def test_it_names_who_it_was_also_when_they_have_gone(self, firm: Firm) -> None:
        AuditLog.objects.create(
            company=firm.company, user_id=firm.people["editor"].pk, via="page", action="x"
        )
        User.objects.filter(pk=firm.people["editor"].pk).delete()
        assert AuditLog.objects.get(action="x").user_name == "Editor"


def test_positions_are_compared_byte_by_byte(firm: Firm) -> None:
    DataTableRow.objects.all().delete()
    for position in ("Zz", "a0", "aZ", "aa", "b00"):
        DataTableRow.objects.create(table=firm.table, position=position)
    found = firm.table.rows.order_by("position").values_list("position", flat=True)
    assert list(found) == ["Zz", "a0", "aZ", "aa", "b00"]
