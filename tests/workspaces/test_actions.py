"""What actions write, where they put it, and what they say in the audit log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from workspaces.actions import columns, rows, tables, workspaces
from workspaces.actions.companies import create_company
from workspaces.errors import CellConflict, Invalid, NotFound
from workspaces.models import (
    AuditLog,
    DataTable,
    DataTableColumn,
    DataTableRow,
    Membership,
    TrashedRow,
    User,
)

from .conftest import Firm


def last_entry() -> tuple[str, str, str, str, dict[str, Any]]:
    entry = AuditLog.objects.order_by("created_at", "id").last()
    assert entry is not None
    return entry.action, entry.target_name, entry.user_name, entry.via, entry.details


def order(firm: Firm) -> list[str]:
    return [row.cells.get(firm.key("text"), "") for row in firm.table.rows.all()]


def entries(firm: Firm) -> int:
    return AuditLog.objects.filter(company=firm.company).count()


class TestCells:
    def test_cells_are_read_stored_and_audited(self, firm: Firm) -> None:
        text, number, date = map(firm.key, ("text", "number", "date"))
        row = rows.set_cells(
            firm.actor("editor"), firm.row, {text: "Moss", number: "1,204.5", date: "24.11.2026"}
        )
        stored = DataTableRow.objects.get(pk=row.pk)
        assert stored.cells == {text: "Moss", number: 1204.5, date: "2026-11-24"}
        assert stored.updated_by == firm.people["editor"].pk
        changes = {
            text: {"from": "Fern", "to": "Moss"},
            number: {"from": None, "to": 1204.5},
            date: {"from": None, "to": "2026-11-24"},
        }
        said = [
            {"column": "Name", "from": "Fern", "to": "Moss"},
            {"column": "Number", "from": "", "to": "1204.5"},
            {"column": "Date", "from": "", "to": "2026-11-24"},
        ]
        details = {"cells": changes, "said": said}
        assert last_entry() == ("row.changed", "Plants", "Editor", "page", details)

    def test_the_audit_log_says_values_as_they_are_read_and_not_too_long(self, firm: Firm) -> None:
        values = {
            "select": "s",
            "person": firm.people["viewer"].email,
            "checkbox": True,
            "text": "x" * 500,
        }
        cells = {firm.key(name): value for name, value in values.items()}
        rows.set_cells(firm.actor(), firm.row, cells)
        said = {each["column"]: (each["from"], each["to"]) for each in last_entry()[4]["said"]}
        assert said == {
            "Select": ("", "Sun"),
            "Person": ("", "Viewer"),
            "Checkbox": ("no", "yes"),
            "Name": ("Fern", "x" * 79 + "…"),
        }

    def test_the_audit_log_keeps_no_more_than_the_beginning_of_a_very_long_text(
        self, firm: Firm
    ) -> None:
        key = firm.key("text")
        row = rows.add_row(firm.actor(), firm.table, {key: "a" * 9_000})
        assert last_entry()[4] == {"cells": {key: "a" * 2_000 + "…"}}
        rows.set_cells(firm.actor(), row, {key: "b" * 9_000})
        change = {"from": "a" * 2_000 + "…", "to": "b" * 2_000 + "…"}
        assert last_entry()[4]["cells"] == {key: change}
        with pytest.raises(CellConflict) as error:
            rows.set_cells(firm.actor("editor"), row, {key: "c"}, {key: "a" * 9_000})
        assert error.value.changes[key][0] == "owner"
        assert error.value.stored == {key: "b" * 9_000}

    def test_an_emptied_cell_has_no_key(self, firm: Firm) -> None:
        assert rows.set_cells(firm.actor(), firm.row, {firm.key("text"): " "}).cells == {}

    def test_one_that_does_not_fit_keeps_all_from_being_written(self, firm: Firm) -> None:
        with pytest.raises(Invalid) as error:
            rows.set_cells(
                firm.actor(),
                firm.row,
                {firm.key("text"): "Moss", firm.key("number"): "12,-", "gone": 1},
            )
        assert error.value.errors == {
            firm.key("number"): "“12,-” is not a number. Write it like 12.50.",
            "gone": "The table has no such column. Somebody may have deleted it.",
        }
        assert DataTableRow.objects.get(pk=firm.row.pk).cells == {firm.key("text"): "Fern"}

    def test_writing_what_is_there_writes_nothing(self, firm: Firm) -> None:
        before = entries(firm)
        rows.set_cells(firm.actor(), firm.row, {firm.key("text"): "Fern"})
        assert entries(firm) == before

    def test_a_value_that_was_changed_meanwhile_is_not_overwritten(self, firm: Firm) -> None:
        text, number = firm.key("text"), firm.key("number")
        rows.set_cells(firm.actor("admin"), firm.row, {text: "Ivy"})
        with pytest.raises(CellConflict) as error:
            rows.set_cells(
                firm.actor(), firm.row, {text: "Moss", number: 1}, {text: "Fern", number: None}
            )
        entry = AuditLog.objects.filter(action="row.changed").latest("created_at")
        assert error.value.conflicts == [
            {
                "column": text,
                "stored": "Ivy",
                "wanted": "Moss",
                "was": "Fern",
                "by": "Admin",
                "at": entry.created_at,
            }
        ]
        assert DataTableRow.objects.get(pk=firm.row.pk).cells == {text: "Ivy"}

    def test_a_value_that_psql_changed_meanwhile_is_not_overwritten_either(
        self, firm: Firm
    ) -> None:
        number = firm.key("number")
        DataTableRow.objects.filter(pk=firm.row.pk).update(cells={number: "odd"})
        with pytest.raises(CellConflict):
            rows.set_cells(firm.actor(), firm.row, {number: 2}, {number: None})

    @pytest.mark.parametrize(
        ("column", "stored", "was"),
        [
            ("text", "Fern", "Fern"),
            ("number", 12, 12.0),
            ("checkbox", False, None),
            ("checkbox", None, False),
            ("date", "2026-01-01", "2026-01-01"),
        ],
    )
    def test_what_looks_the_same_is_no_conflict(
        self, firm: Firm, column: str, stored: Any, was: Any
    ) -> None:
        key = firm.key(column)
        DataTableRow.objects.filter(pk=firm.row.pk).update(
            cells={} if stored is None else {key: stored}
        )
        wanted = {"text": "a", "number": 1, "checkbox": True, "date": "2026-02-02"}[column]
        assert (
            rows.set_cells(firm.actor(), firm.row, {key: wanted}, {key: was}).cells[key] == wanted
        )

    def test_two_who_wanted_the_same_are_both_content(self, firm: Firm) -> None:
        text = firm.key("text")
        rows.set_cells(firm.actor("admin"), firm.row, {text: "Moss"}, {text: "Fern"})
        row = rows.set_cells(firm.actor("editor"), firm.row, {text: "Moss"}, {text: "Fern"})
        assert row.cells[text] == "Moss"

    def test_only_the_cells_named_are_compared(self, firm: Firm) -> None:
        text, number = firm.key("text"), firm.key("number")
        rows.set_cells(firm.actor("admin"), firm.row, {text: "Ivy"})
        row = rows.set_cells(firm.actor(), firm.row, {number: 1}, {number: None, text: "Fern"})
        assert row.cells == {text: "Ivy", number: 1}


class TestRows:
    def test_rows_come_where_they_are_put(self, firm: Firm) -> None:
        text = firm.key("text")
        last = rows.add_row(firm.actor(), firm.table, {text: "Last"})
        rows.add_row(firm.actor(), firm.table, {text: "Second"}, after=firm.row)
        rows.add_row(firm.actor(), firm.table, {text: "Very last"}, after=last.pk)
        assert order(firm) == ["Fern", "Second", "Last", "Very last"]
        action, target, _, _, details = last_entry()
        assert (action, target, details) == ("row.added", "Plants", {"cells": {text: "Very last"}})

    def test_behind_a_row_that_is_gone_there_is_no_place(self, firm: Firm) -> None:
        other = tables.create_table(firm.actor(), firm.workspace, "Other")
        elsewhere = rows.add_row(firm.actor(), other)
        with pytest.raises(NotFound):
            rows.add_row(firm.actor(), firm.table, after=elsewhere)

    def test_deleting_can_be_undone_in_place(self, firm: Firm) -> None:
        text = firm.key("text")
        second = rows.add_row(firm.actor(), firm.table, {text: "Second"})
        third = rows.add_row(firm.actor(), firm.table, {text: "Third"})
        gone = rows.delete_rows(firm.actor(), firm.table, [second, firm.row, third.table_id])
        assert set(gone) == {second.pk, firm.row.pk}
        assert order(firm) == ["Third"]
        assert last_entry()[0] == "rows.deleted"
        assert rows.delete_rows(firm.actor(), firm.table, [second]) == []
        back = rows.restore_rows(firm.actor(), firm.table, [second, firm.row])
        assert set(back) == {second.pk, firm.row.pk}
        assert order(firm) == ["Fern", "Second", "Third"]
        assert rows.restore_rows(firm.actor(), firm.table, [second]) == []

    def test_the_trash_is_emptied_after_thirty_days(self, firm: Firm) -> None:
        second = rows.add_row(firm.actor(), firm.table)
        rows.delete_rows(firm.actor(), firm.table, [firm.row])
        TrashedRow.objects.update(trashed_at=timezone.now() - timedelta(days=31))
        rows.delete_rows(firm.actor(), firm.table, [second])
        assert [row.pk for row in TrashedRow.objects.all()] == [second.pk]

    def test_rows_of_another_table_stay(self, firm: Firm) -> None:
        other = tables.create_table(firm.actor(), firm.workspace, "Other")
        row = rows.add_row(firm.actor(), other)
        assert rows.delete_rows(firm.actor(), firm.table, [row]) == []
        assert DataTableRow.objects.filter(pk=row.pk).exists()

    def test_more_than_a_thousand_at_once_are_refused(self, firm: Firm) -> None:
        with pytest.raises(Invalid, match="At most 1,000 rows at once"):
            rows.delete_rows(firm.actor(), firm.table, [firm.row.pk] * 1_001)


class TestTables:
    def test_a_new_table_has_a_column_for_names(self, firm: Firm) -> None:
        table = tables.create_table(firm.actor("editor"), firm.workspace, "  New \n table ")
        assert (table.name, [(c.name, c.type) for c in table.columns.all()]) == (
            "New table",
            [("Name", "text")],
        )
        assert last_entry() == ("table.created", "New table", "Editor", "page", {})

    def test_renaming_is_audited_and_renaming_to_the_same_is_not(self, firm: Firm) -> None:
        tables.rename_table(firm.actor("editor"), firm.table, "Trees")
        assert last_entry() == (
            "table.renamed",
            "Trees",
            "Editor",
            "page",
            {"from": "Plants", "to": "Trees"},
        )
        before = entries(firm)
        tables.rename_table(firm.actor("editor"), firm.table, "Trees")
        assert entries(firm) == before

    @pytest.mark.parametrize(
        ("name", "sentence"),
        [
            ("", "Give it a name."),
            (" \x00\u200b ", "Give it a name."),
            ("x" * 121, "A name has at most 120 characters."),
        ],
    )
    def test_what_is_no_name_is_refused(self, firm: Firm, name: str, sentence: str) -> None:
        with pytest.raises(Invalid) as error:
            tables.rename_table(firm.actor(), firm.table, name)
        assert error.value.errors == {"name": sentence}

    def test_moving_takes_everything_along_to_the_end(self, firm: Firm) -> None:
        shed = workspaces.create_workspace(firm.actor(), "Shed")
        tables.create_table(firm.actor(), shed, "First")
        rows.delete_rows(firm.actor(), firm.table, [rows.add_row(firm.actor(), firm.table)])
        moved = tables.move_table(firm.actor(), firm.table, shed)
        assert [table.name for table in shed.tables.all()] == ["First", "Plants"]
        for model in (DataTableColumn, DataTableRow, TrashedRow):
            places = set(model.objects.filter(table=moved).values_list("workspace_id", flat=True))
            assert places == {shed.pk}

    def test_a_deleted_table_comes_back_as_it_was(self, firm: Firm) -> None:
        tables.delete_table(firm.actor(), firm.table)
        with pytest.raises(NotFound):
            tables.delete_table(firm.actor(), firm.table)
        assert tables.restore_table(firm.actor(), firm.table).trashed_at is None
        assert order(firm) == ["Fern"]
        assert last_entry()[0] == "table.restored"


class TestColumns:
    def test_names_differ_whatever_the_case(self, firm: Firm) -> None:
        with pytest.raises(Invalid) as error:
            columns.create_column(firm.actor(), firm.table, name="NUMBER", type="text")
        assert error.value.errors == {"name": "Plants has a column “NUMBER” already."}
        with pytest.raises(Invalid):
            columns.rename_column(firm.actor(), firm.columns["date"], "number")
        assert (
            columns.rename_column(firm.actor(), firm.columns["number"], "NUMBER").name == "NUMBER"
        )

    def test_an_unknown_type_is_refused(self, firm: Firm) -> None:
        with pytest.raises(Invalid) as error:
            columns.create_column(firm.actor(), firm.table, name="New", type="colour")
        assert set(error.value.errors) == {"type"}

    def test_there_is_a_bound(self, firm: Firm) -> None:
        for number in range(firm.table.columns.count(), columns.MAX_COLUMNS):
            DataTableColumn.objects.create(table=firm.table, name=f"C{number}", type="text")
        with pytest.raises(Invalid, match="A table has at most 100 columns"):
            columns.create_column(firm.actor(), firm.table, name="One more", type="text")

    def test_widths_come_in_steps(self, firm: Firm) -> None:
        for width, step in ((1, 3), (17, 16), (23, 24), (500, 30)):
            changed = columns.change_column(firm.actor(), firm.columns["date"], width=width)
            assert changed.width == step

    def test_an_option_that_is_taken_away_leaves_an_invalid_cell(self, firm: Firm) -> None:
        column = firm.columns["select"]
        rows.set_cells(firm.actor(), firm.row, {str(column.pk): "Sun"})
        changed = columns.change_column(
            firm.actor(), column, options={"options": [{"id": "h", "name": "Shade"}]}
        )
        assert DataTableRow.objects.get(pk=firm.row.pk).cells[str(column.pk)] == "s"
        assert [option["id"] for option in changed.options["options"]] == ["h"]

    def test_a_deleted_column_takes_its_cells_along(self, firm: Firm) -> None:
        text = firm.key("text")
        trashed = rows.add_row(firm.actor(), firm.table, {text: "In the trash"})
        rows.delete_rows(firm.actor(), firm.table, [trashed])
        columns.delete_column(firm.actor(), firm.columns["text"])
        assert DataTableRow.objects.get(pk=firm.row.pk).cells == {}
        assert TrashedRow.objects.get(pk=trashed.pk).cells == {}
        assert last_entry()[::4] == ("column.deleted", {"type": "text", "cells": 1})


class TestWorkspaces:
    def test_workspaces_stand_in_the_order_of_their_making(self, firm: Firm) -> None:
        for name in ("Zoo", "Attic"):
            workspaces.create_workspace(firm.actor(), name)
        names = [each.name for each in firm.company.workspaces.all()]
        assert names == ["Garden", "Zoo", "Attic"]

    def test_renaming_deleting_and_restoring_are_audited(self, firm: Firm) -> None:
        workspaces.rename_workspace(firm.actor(), firm.workspace, "Park")
        workspaces.delete_workspace(firm.actor(), firm.workspace)
        workspaces.restore_workspace(firm.actor(), firm.workspace)
        log = AuditLog.objects.filter(target_id=firm.workspace.pk)
        assert set(log.values_list("action", flat=True)) == {
            "workspace.created",
            "workspace.renamed",
            "workspace.deleted",
            "workspace.restored",
        }

    def test_there_is_a_bound(self, firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(workspaces, "MAX_WORKSPACES", 1)
        with pytest.raises(Invalid, match="at most 1 workspaces"):
            workspaces.create_workspace(firm.actor(), "One more")
        monkeypatch.setattr(tables, "MAX_TABLES", 1)
        with pytest.raises(Invalid, match="at most 1 tables"):
            tables.create_table(firm.actor(), firm.workspace, "One more")


class TestCompanies:
    def test_a_company_is_made_with_its_owner(self, db: None) -> None:
        company = create_company("  New  Co ", owner_email=" Ann@New.example ")
        owner = Membership.objects.get(company=company)
        assert (company.name, owner.role, owner.email, owner.name) == (
            "New Co",
            "owner",
            "ann@new.example",
            "ann",
        )
        assert not User.objects.get(pk=owner.user_id).has_usable_password()

    def test_somebody_who_is_there_stays_who_they_are(self, db: None) -> None:
        ann = User.objects.create_user("ann@new.example", "pass", name="Ann")
        company = create_company("New Co", owner_email="ANN@new.example", owner_name="Other")
        assert company.memberships.get().user == ann
        assert User.objects.get(pk=ann.pk).name == "Ann"

    @pytest.mark.parametrize(
        ("name", "email", "field"), [("", "a@b.example", "name"), ("A", "ann", "owner")]
    )
    def test_what_does_not_do_is_refused(self, db: None, name: str, email: str, field: str) -> None:
        with pytest.raises(Invalid) as error:
            create_company(name, owner_email=email)
        assert set(error.value.errors) == {field}


def test_tables_can_be_named_by_key_or_given(firm: Firm) -> None:
    assert tables.rename_table(firm.actor(), firm.table.pk, "By key").name == "By key"
    assert tables.rename_table(firm.actor(), DataTable(pk=firm.table.pk), "Given").name == "Given"
