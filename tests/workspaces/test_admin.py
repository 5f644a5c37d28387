"""Django's admin: every page opens, what it does is audited, what the database refuses is said."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

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

from .conftest import Firm

MODELS = (
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
READ_ONLY = (AuditLog, TrashedRow)


@pytest.fixture
def keeper(firm: Firm) -> Client:
    """Somebody who may open the admin and belongs to no company."""
    client = Client()
    client.force_login(User.objects.create_superuser("keeper@plainrow.example", "pass"))
    return client


def address(model: type[Any], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def fields_of(response: Any) -> dict[str, Any]:
    """What a browser would send back if nothing was changed in a form."""
    context = response.context
    forms = [context["adminform"].form]
    for each in context["inline_admin_formsets"]:
        forms += [each.formset.management_form, *each.formset.forms]
    values: dict[str, Any] = {}
    for form in forms:
        for name, field in form.fields.items():
            bound = form[name]
            value = field.prepare_value(bound.initial)
            if field.show_hidden_initial:
                values[bound.html_initial_name] = value
            if hasattr(bound.field.widget, "widgets"):
                parts = bound.field.widget.decompress(value)
                values |= {f"{bound.html_name}_{n}": part for n, part in enumerate(parts)}
            else:
                values[bound.html_name] = value
    return {
        name: value for name, value in values.items() if value is not None and value is not False
    }


def save(client: Client, address: str, **changes: Any) -> tuple[Any, list[str]]:
    """Open a form, change fields in it and send it. Returns the answer and what it says."""
    response = client.post(address, {**fields_of(client.get(address)), **changes})
    return response, said(response)


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def actions_of(firm: Firm) -> list[tuple[str, str, dict[str, Any]]]:
    log = AuditLog.objects.filter(company=firm.company, via="admin").order_by("created_at")
    return list(log.values_list("action", "user_name", "details"))


def test_every_model_is_there() -> None:
    ours = {model for model in admin.site._registry if model._meta.app_label == "workspaces"}
    assert ours == set(MODELS)


@pytest.mark.parametrize("model", MODELS)
def test_every_page_opens(firm: Firm, keeper: Client, model: type[Any]) -> None:
    DataTableView.objects.create(table=firm.table, name="All")
    place = {"company": firm.company, "workspace": firm.workspace, "table": firm.table}
    TrashedRow.objects.create(**place, position="a0", cells={firm.key("text"): "Gone"})
    thing = model._default_manager.order_by("pk").first()
    pages = [
        (address(model, "changelist"), 200),
        (f"{address(model, 'changelist')}?q=fern", 200),
        (address(model, "change", thing.pk), 200),
        (address(model, "add"), 403 if model in READ_ONLY else 200),
        (address(model, "delete", thing.pk), 403 if model in READ_ONLY else 200),
    ]
    assert [keeper.get(path).status_code for path, _ in pages] == [status for _, status in pages]


def test_it_has_the_icon(keeper: Client) -> None:
    page = keeper.get("/admin/").content.decode()
    assert '/icon.svg" type="image/svg+xml">' in page


class TestTables:
    def test_a_new_name_is_given_by_the_action(self, firm: Firm, keeper: Client) -> None:
        save(keeper, address(DataTable, "change", firm.table.pk), name="Trees")
        assert DataTable.objects.get().name == "Trees"
        assert actions_of(firm) == [
            ("table.renamed", "keeper", {"from": "Plants", "to": "Trees"}),
        ]

    def test_another_workspace_moves_all_that_is_in_it(self, firm: Firm, keeper: Client) -> None:
        shed = Workspace.objects.create(company=firm.company, name="Shed")
        column = firm.table.columns.first()
        assert column is not None
        path = address(DataTable, "change", firm.table.pk)
        save(keeper, path, workspace=str(shed.pk), **{"columns-0-name": "Species"})
        assert DataTableRow.objects.get().workspace == shed
        column.refresh_from_db()
        assert (column.name, column.workspace) == ("Species", shed)
        assert [action for action, _, _ in actions_of(firm)] == ["table.moved", "column.changed"]

    def test_another_company_s_workspace_is_refused(self, firm: Firm, keeper: Client) -> None:
        other = Workspace.objects.create(
            company=Company.objects.get(name="Elsewhere"), name="Theirs"
        )
        path = address(DataTable, "change", firm.table.pk)
        response, _ = save(keeper, path, workspace=str(other.pk))
        assert "This workspace is another company&#x27;s." in response.content.decode()

    def test_a_deleted_column_takes_its_cells_along(self, firm: Firm, keeper: Client) -> None:
        path = address(DataTableColumn, "delete", firm.columns["text"].pk)
        keeper.post(path, {"post": "yes"})
        assert DataTableRow.objects.get().cells == {}
        assert [action for action, _, _ in actions_of(firm)] == ["column.deleted"]

    def test_a_table_can_be_deleted_for_good(self, firm: Firm, keeper: Client) -> None:
        keeper.post(address(DataTable, "delete", firm.table.pk), {"post": "yes"})
        assert not DataTableRow.objects.exists()
        assert [action for action, _, _ in actions_of(firm)] == ["table.deleted"]


class TestRows:
    def test_cells_are_edited_as_what_they_are(self, firm: Firm, keeper: Client) -> None:
        person = str(firm.people["viewer"].pk)
        changes = {
            firm.key("number"): "1,204.50",
            firm.key("date"): "24.11.2026",
            firm.key("checkbox"): "true",
            firm.key("select"): "s",
            firm.key("person"): person,
        }
        save(keeper, address(DataTableRow, "change", firm.row.pk), **changes)
        assert DataTableRow.objects.get().cells == {
            firm.key("text"): "Fern",
            firm.key("number"): 1204.5,
            firm.key("date"): "2026-11-24",
            firm.key("checkbox"): True,
            firm.key("select"): "s",
            firm.key("person"): person,
        }
        assert [action for action, _, _ in actions_of(firm)] == ["row.changed"]

    def test_what_does_not_fit_is_said_at_the_cell(self, firm: Firm, keeper: Client) -> None:
        path = address(DataTableRow, "change", firm.row.pk)
        response, _ = save(keeper, path, **{firm.key("number"): "12,-"})
        assert "“12,-” is not a number. Write it like 12.50." in response.content.decode()

    def test_an_invalid_cell_is_kept_until_somebody_changes_it(
        self, firm: Firm, keeper: Client
    ) -> None:
        DataTableRow.objects.update(cells={firm.key("select"): "gone"})
        path = address(DataTableRow, "change", firm.row.pk)
        assert "gone (not valid)" in keeper.get(path).content.decode()
        save(keeper, path, **{firm.key("text"): "Moss"})
        assert DataTableRow.objects.get().cells == {
            firm.key("select"): "gone",
            firm.key("text"): "Moss",
        }

    def test_a_row_is_added_to_a_table_and_deleted_into_the_trash(
        self, firm: Firm, keeper: Client
    ) -> None:
        save(keeper, address(DataTableRow, "add"), table=str(firm.table.pk))
        assert DataTableRow.objects.count() == 2
        chosen = [str(row.pk) for row in DataTableRow.objects.all()]
        keeper.post(
            address(DataTableRow, "changelist"),
            {"action": "delete_selected", "_selected_action": chosen, "post": "yes"},
        )
        assert (DataTableRow.objects.count(), TrashedRow.objects.count()) == (0, 2)


class TestRefusals:
    LAST_OWNER = "A company needs at least one owner. Make somebody else an owner first."

    def test_the_last_owner_keeps_the_role(self, firm: Firm, keeper: Client) -> None:
        member = Membership.objects.get(user=firm.people["owner"])
        path = address(Membership, "change", member.pk)
        _, messages = save(keeper, path, role="viewer")
        assert messages == [self.LAST_OWNER]
        response = keeper.post(address(Membership, "delete", member.pk), {"post": "yes"})
        assert said(response)[-1:] == [self.LAST_OWNER]
        assert Membership.objects.get(pk=member.pk).role == "owner"
        assert actions_of(firm) == []

    def test_of_several_none_is_deleted_if_one_cannot_be(self, firm: Firm, keeper: Client) -> None:
        members = Membership.objects.filter(company=firm.company)
        before = members.count()
        response = keeper.post(
            address(Membership, "changelist"),
            {
                "action": "delete_selected",
                "_selected_action": [str(member.pk) for member in members],
                "post": "yes",
            },
        )
        assert (said(response), members.count()) == ([self.LAST_OWNER], before)

    def test_a_company_is_made_with_an_owner(self, firm: Firm, keeper: Client) -> None:
        member = {"memberships-0-user": str(firm.people["admin"].pk)}
        path = address(Company, "add")
        response, _ = save(keeper, path, name="New", **member, **{"memberships-0-role": "viewer"})
        assert "A company needs at least one owner." in response.content.decode()
        save(keeper, path, name="New", **member, **{"memberships-0-role": "owner"})
        company = Company.objects.get(name="New")
        assert company.memberships.get().user == firm.people["admin"]
        log = AuditLog.objects.filter(company=company).values_list("action", flat=True)
        assert set(log) == {"company.created", "person.added"}
        keeper.post(address(Company, "delete", company.pk), {"post": "yes"})
        assert not Company.objects.filter(name="New").exists()

    def test_a_workspace_is_given_to_members_only(self, firm: Firm, keeper: Client) -> None:
        changes = {"workspace": str(firm.workspace.pk), "user": str(firm.people["outsider"].pk)}
        response, _ = save(keeper, address(WorkspaceGrant, "add"), **changes)
        assert "is not in Fern &amp; Co." in response.content.decode()
        changes["user"] = str(firm.people["editor-without-grant"].pk)
        save(keeper, address(WorkspaceGrant, "add"), **changes)
        assert actions_of(firm)[0][0] == "access.given"


class TestPeople:
    def test_a_role_is_changed_and_somebody_removed_by_the_actions(
        self, firm: Firm, keeper: Client
    ) -> None:
        member = Membership.objects.get(user=firm.people["editor"])
        path = address(Membership, "change", member.pk)
        save(keeper, path, role="viewer")
        keeper.post(address(Membership, "delete", member.pk), {"post": "yes"})
        assert [(action, details["role"]) for action, _, details in actions_of(firm)] == [
            ("person.role_changed", {"from": "editor", "to": "viewer"}),
            ("person.removed", {"from": "viewer", "to": None}),
        ]

    def test_somebody_is_added_by_the_action(self, firm: Firm, keeper: Client) -> None:
        person = firm.people["outsider"]
        given = {"company": str(firm.company.pk), "user": str(person.pk), "role": "editor"}
        save(keeper, address(Membership, "add"), **given)
        assert Membership.objects.get(company=firm.company, user=person).role == "editor"
        assert [action for action, _, _ in actions_of(firm)] == ["person.added"]

    def test_an_owner_is_exchanged_in_one_go_on_the_company_s_page(
        self, firm: Firm, keeper: Client
    ) -> None:
        path = address(Company, "change", firm.company.pk)
        forms = fields_of(keeper.get(path))
        number = {
            value: name.split("-")[1]
            for name, value in forms.items()
            if name.startswith("memberships-") and name.endswith("-user")
        }
        of = {who: number[person.pk] for who, person in firm.people.items() if person.pk in number}
        outsider = str(firm.people["outsider"].pk)
        changes = {
            f"memberships-{of['owner']}-role": "viewer",
            f"memberships-{of['editor']}-role": "owner",
            f"memberships-{of['viewer']}-DELETE": "on",
            f"memberships-{of['admin']}-user": outsider,
        }
        _, messages = save(keeper, path, **changes)
        assert "was changed successfully" in messages[0]
        roles = dict(firm.company.memberships.values_list("user_id", "role"))
        assert roles[firm.people["owner"].pk] == "viewer"
        assert roles[firm.people["editor"].pk] == "owner"
        assert roles[firm.people["outsider"].pk] == "admin"
        assert not {firm.people["viewer"].pk, firm.people["admin"].pk} & set(roles)
        assert sorted(action for action, _, _ in actions_of(firm)) == [
            "person.added",
            *["person.removed"] * 2,
            *["person.role_changed"] * 2,
        ]

    def test_grants_are_given_changed_and_taken_on_the_workspace_s_page(
        self, firm: Firm, keeper: Client
    ) -> None:
        path = address(Workspace, "change", firm.workspace.pk)
        forms = fields_of(keeper.get(path))
        number = {
            value: name.split("-")[1]
            for name, value in forms.items()
            if name.startswith("grants-") and name.endswith("-user")
        }
        of = {who: number[person.pk] for who, person in firm.people.items() if person.pk in number}
        changes = {
            f"grants-{of['editor']}-level": "view",
            f"grants-{of['viewer']}-DELETE": "on",
            f"grants-{of['viewer-who-may-edit']}-user": str(firm.people["editor-without-grant"].pk),
        }
        save(keeper, path, **changes)
        levels = dict(WorkspaceGrant.objects.values_list("user__name", "level"))
        assert levels == {
            "Editor": "view",
            "Editor-who-may-view": "view",
            "Editor-without-grant": "edit",
        }
        assert sorted(action for action, _, _ in actions_of(firm)) == [
            "access.changed",
            "access.given",
            "access.taken",
            "access.taken",
        ]

    def test_who_sees_everything_already_is_given_nothing(self, firm: Firm, keeper: Client) -> None:
        changes = {"workspace": str(firm.workspace.pk), "user": str(firm.people["admin"].pk)}
        _, messages = save(keeper, address(WorkspaceGrant, "add"), **changes)
        assert messages == ["Owners and admins see every workspace already."]

    def test_who_is_locked_out_or_deleted_is_read_of_in_the_audit_log(
        self, firm: Firm, keeper: Client
    ) -> None:
        person = firm.people["editor"]
        path = address(User, "change", person.pk)
        save(keeper, path, is_active="")
        member = Membership.objects.get(user=person)
        assert member.active is False
        save(keeper, path, is_active="on")
        keeper.post(address(User, "delete", person.pk), {"post": "yes"})
        assert not User.objects.filter(pk=person.pk).exists()
        log = AuditLog.objects.filter(company=firm.company, via="admin").order_by("created_at")
        assert list(log.values_list("action", "target_name")) == [
            ("person.locked_out", "Editor"),
            ("person.let_in", "Editor"),
            ("person.removed", "Editor"),
        ]

    def test_the_last_owner_of_a_company_is_not_deleted(self, firm: Firm, keeper: Client) -> None:
        response = keeper.post(address(User, "delete", firm.people["owner"].pk), {"post": "yes"})
        assert said(response)[-1:] == [TestRefusals.LAST_OWNER]
        assert User.objects.filter(pk=firm.people["owner"].pk).exists()

    def test_what_somebody_sees_and_why_is_on_their_pages(self, firm: Firm, keeper: Client) -> None:
        member = Membership.objects.get(user=firm.people["viewer-who-may-edit"])
        said = "<b>Garden</b>: may view. Was given this workspace for editing, but viewers only"
        for path in (
            address(Membership, "change", member.pk),
            address(User, "change", member.user_id),
        ):
            assert said in keeper.get(path).content.decode()
        keeper_page = address(User, "change", User.objects.get(email="keeper@plainrow.example").pk)
        assert "they belong to no company" in keeper.get(keeper_page).content.decode()


def test_a_workspace_is_renamed_by_the_action(firm: Firm, keeper: Client) -> None:
    save(keeper, address(Workspace, "change", firm.workspace.pk), name="Park")
    assert actions_of(firm) == [("workspace.renamed", "keeper", {"from": "Garden", "to": "Park"})]


def test_who_has_no_business_there_does_not_get_in(firm: Firm) -> None:
    client = Client()
    client.force_login(firm.people["owner"])
    response: HttpResponse = client.get(address(Company, "changelist"))
    assert response.status_code == 302
