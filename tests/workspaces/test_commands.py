"""The commands: what they write, what they say, and how they refuse."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from random import Random
from threading import Event
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from electric_sync.conf import conninfo
from workspaces import demo
from workspaces.access import Actor, WorkspaceAccess
from workspaces.columns import TYPES
from workspaces.errors import NotFound
from workspaces.models import (
    AuditLog,
    Company,
    DataTable,
    DataTableColumn,
    DataTableRow,
    Membership,
    User,
    Workspace,
)
from workspaces.sample import colleagues, presence
from workspaces.sample.colleagues import Colleagues
from workspaces.sample.load import load
from workspaces.sample.people import HARBOUR, INES, NORTHGATE, PEOPLE, RUTH, SANA, key

from .conftest import Firm

TODAY = date(2026, 11, 25)


def say(command: str, *args: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(command, *args, stdout=out, **options)
    return out.getvalue()


class TestImportTable:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        path = tmp_path / "orders-november.csv"
        path.write_text("Nr;Kunde;Betrag\n1;Möller;1.204,50\n2;Fenwick;88,00\n", "cp1252")
        return path

    def test_a_file_becomes_a_table(self, firm: Firm, file: Path) -> None:
        said = say("import_table", str(file), workspace="garden")
        table = DataTable.objects.get(name="orders-november")
        assert said.splitlines() == [
            "orders-november.csv: 2 rows, Windows-1252, semicolons, names in line 1.",
            "  Nr: number (1; 2)",
            "  Kunde: text (Möller; Fenwick)",
            "  Betrag: number (1.204,50; 88,00)",
            f"Imported 2 rows into the table orders-november ({table.pk}) in Garden, Fern & Co.",
        ]
        keys = [str(column.pk) for column in table.columns.all()]
        assert [[row.cells[key] for key in keys] for row in table.rows.all()] == [
            [1, "Möller", 1204.5],
            [2, "Fenwick", 88],
        ]
        entry = AuditLog.objects.get(action="table.imported")
        assert (entry.via, entry.user_id, entry.details) == (
            "command",
            None,
            {"rows": 2, "from": "orders-november.csv"},
        )

    def test_a_second_table_of_a_name_is_refused(self, firm: Firm, file: Path) -> None:
        say("import_table", str(file), workspace="garden")
        with pytest.raises(CommandError, match="Give the new one another --name"):
            say("import_table", str(file), workspace="garden")

    def test_a_dry_run_writes_nothing(self, firm: Firm, file: Path) -> None:
        said = say("import_table", str(file), workspace="Garden", dry_run=True, name="Orders")
        assert said.endswith("Nothing was imported: this was a dry run.\n")
        assert DataTable.objects.count() == 1

    def test_one_bad_line_keeps_all_out(self, firm: Firm, file: Path) -> None:
        file.write_text("Name,Due\nFern,2026-11-31\nMoss,2026-11-01\n")
        with pytest.raises(CommandError) as error:
            say("import_table", str(file), "--type", "Due=date", workspace="Garden")
        assert str(error.value).splitlines() == [
            "Nothing was imported: 1 does not fit.",
            "  line 2, Due: “2026-11-31” is not a date: November 2026 has 30 days.",
            "Mend the file, or give the column another type: --type 'COLUMN=text'.",
        ]
        assert DataTable.objects.count() == 1

    def test_many_bad_lines_are_counted_not_listed(self, firm: Firm, file: Path) -> None:
        file.write_text("Name,Due\n" + "Fern,soon\n" * 2_000)
        with pytest.raises(CommandError) as error:
            say("import_table", str(file), "--type", "Due=date", workspace="Garden")
        lines = str(error.value).splitlines()
        assert (lines[0], lines[-2]) == (
            "Nothing was imported: 2,000 do not fit.",
            "  and 1,980 more",
        )

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["nowhere.csv", "--workspace", "Garden"], "nowhere.csv cannot be read: No such file"),
            ([".", "--workspace", "Garden"], ". cannot be read: Is a directory"),
            (["FILE", "--workspace", "Nowhere"], "There is no workspace “Nowhere”"),
            (["FILE", "--workspace", "Garden", "--company", "x"], "There is no company “x”"),
            (["FILE", "--workspace", "Garden", "--type", "Nr"], "write it like --type"),
            (["FILE", "--workspace", "Garden", "--type", "X=text"], "There is no column “x”"),
            (["FILE", "--workspace", "Garden", "--encoding", "x"], "There is no encoding “x”"),
            (["FILE", "--workspace", "Garden", "--name", "x" * 121], "at most 120 characters"),
        ],
    )
    def test_what_cannot_be_done_is_said_in_a_sentence(
        self, firm: Firm, file: Path, arguments: list[str], sentence: str
    ) -> None:
        with pytest.raises(CommandError, match=sentence):
            say("import_table", *(each.replace("FILE", str(file)) for each in arguments))

    def test_of_two_workspaces_with_one_name_the_id_is_asked_for(
        self, firm: Firm, file: Path
    ) -> None:
        other = Company.objects.get(name="Elsewhere")
        place = Workspace.objects.create(company=other, name="Garden")
        with pytest.raises(CommandError, match=f"{place.pk}  Garden, Elsewhere"):
            say("import_table", str(file), workspace="Garden")
        say("import_table", str(file), workspace="Garden", company="Elsewhere")
        say("import_table", str(file), workspace=str(firm.workspace.pk))
        assert DataTable.objects.filter(name="orders-november").count() == 2


class TestCreateCompany:
    def test_it_says_what_to_do_next(self, db: None) -> None:
        said = say("create_company", "Fern & Co", owner="ann@fern.example", owner_name="Ann")
        company = Company.objects.get(name="Fern & Co")
        assert said.splitlines() == [
            f"Made the company Fern & Co ({company.pk}), owned by Ann.",
            "Ann cannot sign in yet: manage.py changepassword ann@fern.example",
        ]

    def test_a_second_company_of_a_name_is_made_only_when_that_is_meant(self, db: None) -> None:
        say("create_company", "Twice", owner="ann@fern.example")
        with pytest.raises(CommandError, match="--same-name"):
            say("create_company", "Twice", owner="ann@fern.example")
        say("create_company", "Twice", owner="ann@fern.example", same_name=True)
        assert Company.objects.filter(name="Twice").count() == 2

    def test_what_is_no_address_is_refused(self, db: None) -> None:
        with pytest.raises(CommandError, match="“ann” is not an e-mail address"):
            say("create_company", "Fern & Co", owner="ann")


class TestAddRowsTable:
    def test_it_makes_the_rows_with_a_column_of_every_type(self, firm: Firm) -> None:
        say("add_rows_table", "--rows", "5_000", workspace="Garden")
        table = DataTable.objects.get(name="5,000 rows")
        assert table.rows.count() == 5_000
        columns = list(table.columns.all())
        assert {column.type for column in columns} == set(TYPES)
        for row in table.rows.all()[:50]:
            for column in columns:
                assert not TYPES[column.type].invalid(row.cells[str(column.pk)], column)
        positions = list(table.rows.values_list("position", flat=True))
        assert positions == sorted(set(positions))

    @pytest.mark.parametrize("rows", ["0", "ten", "10000001"])
    def test_a_number_that_is_none_is_refused(self, firm: Firm, rows: str) -> None:
        with pytest.raises(CommandError):
            say("add_rows_table", "--rows", rows, workspace="Garden")

    def test_without_the_sample_a_workspace_is_asked_for(self, firm: Firm) -> None:
        with pytest.raises(CommandError, match="Say which workspace"):
            say("add_rows_table", "--rows", "5")


class TestSample:
    def test_it_is_loaded_once(self, db: None) -> None:
        assert "4,872 rows" in say("load_sample")
        before = list(DataTableRow.objects.order_by("pk").values())
        assert say("load_sample") == (
            "The sample companies are there already. Nothing was changed.\n"
        )
        assert list(DataTableRow.objects.order_by("pk").values()) == before

    def test_two_loads_are_the_same(self, db: None) -> None:
        load(TODAY)
        first = list(DataTableRow.objects.order_by("pk").values_list("pk", "position", "cells"))
        Company.objects.all().delete()
        load(TODAY)
        again = list(DataTableRow.objects.order_by("pk").values_list("pk", "position", "cells"))
        assert again == first

    def test_every_cell_is_of_its_column_s_type(self, db: None) -> None:
        load(TODAY)
        for table in DataTable.objects.all():
            columns = {str(column.pk): column for column in table.columns.all()}
            for row in table.rows.all():
                for column_key, value in row.cells.items():
                    column = columns[column_key]
                    assert not TYPES[column.type].invalid(value, column), (table, value)
        texts = DataTableColumn.objects.filter(type="number")
        assert all(TYPES["number"].clean_options(each.options) for each in texts)

    def test_its_tables_fit_together(self, db: None) -> None:
        load(TODAY)

        def values(workspace: str, table: str, column: str) -> list[Any]:
            path = (HARBOUR, workspace, table)
            cell = str(key(*path, "column", column))
            return [row.cells.get(cell) for row in DataTable.objects.get(pk=key(*path)).rows.all()]

        assert set(values("Sales", "Orders", "Customer")) <= set(
            values("Sales", "Contacts", "Company")
        )
        assert set(values("Sales", "Orders", "Main item")) <= set(
            values("Warehouse", "Inventory", "Item")
        )
        assert set(values("Sales", "Returns", "Order")) <= set(values("Sales", "Orders", "Order"))
        assert set(values("Warehouse", "Deliveries", "Supplier")) <= set(
            values("Office", "Suppliers", "Supplier")
        )
        assert set(values("Warehouse", "Stock counts", "Location")) <= set(
            values("Warehouse", "Locations", "Location")
        )
        for unique in ("Item", "SKU"):
            items = values("Warehouse", "Inventory", unique)
            assert len(set(items)) == len(items)

    def test_everybody_has_the_place_that_the_sign_in_page_says(self, db: None) -> None:
        load(TODAY)
        harbour, northgate = str(key(HARBOUR)), str(key(NORTHGATE))

        def sees(user_id: object, company: str) -> list[str] | None:
            access = WorkspaceAccess.load(User.objects.get(pk=user_id), company)
            return access and [workspace.name for workspace in access.workspaces()]

        assert sees(INES.user_id, harbour) == ["Warehouse", "Sales", "Office"]
        assert sees(SANA.user_id, harbour) == ["Sales", "Office"]
        assert sees(RUTH.user_id, harbour) == ["Warehouse", "Office"]
        assert sees(RUTH.user_id, northgate) == ["Blending", "Shop"]
        assert sees(INES.user_id, northgate) is None
        assert WorkspaceAccess.default_tenant(User.objects.get(pk=RUTH.user_id)) == harbour


class TestDemo:
    def test_the_page_lists_the_sample_people(self, db: None) -> None:
        assert demo.people() == []
        load(TODAY)
        listed = demo.people()
        assert [person.name for person in listed] == [person.name for person in PEOPLE]
        ruth = next(person for person in listed if person.name == "Ruth Adeyemi")
        assert (ruth.role, ruth.place) == ("Editor", "Harbour & Hill; admin at Northgate Tea")
        assert demo.person(str(ruth.user_id)) == User.objects.get(pk=RUTH.user_id)

    def test_outside_the_demo_nobody_signs_in_so(self, db: None, settings: Any) -> None:
        settings.DEMO = False
        load(TODAY)
        assert demo.people() == []
        with pytest.raises(NotFound):
            demo.person(INES.user_id)
        ines = User.objects.get(pk=INES.user_id)
        assert (ines.has_usable_password(), ines.is_staff, ines.is_superuser) == (
            False,
            False,
            False,
        )
        assert not ines.check_password("demo")

    def test_nobody_but_the_sample_people_signs_in_so(self, firm: Firm) -> None:
        load(TODAY)
        User.objects.filter(pk=SANA.user_id).update(is_active=False)
        for other in (firm.people["owner"].pk, SANA.user_id, "nonsense"):
            with pytest.raises(NotFound):
                demo.person(other)


class Clock(Event):
    """An event that counts how often it was waited for, and is set after some."""

    def __init__(self, waits: int) -> None:
        super().__init__()
        self.left = waits

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.left -= 1
        return self.left < 0


class TestColleagues:
    def test_they_work_through_the_actions_and_leave_nothing_behind(self, db: None) -> None:
        load(TODAY)
        rows = DataTableRow.objects.count()
        said: list[str] = []
        done = Colleagues(Random(1), said.append).work(Clock(120), seconds=None)
        assert done == len(said)
        assert done >= 110
        assert DataTableRow.objects.count() == rows
        log = AuditLog.objects.filter(user_id__isnull=False)
        assert set(log.values_list("action", flat=True)) == {
            "row.changed",
            "row.added",
            "rows.deleted",
        }
        assert set(log.values_list("via", flat=True)) == {"command"}

    def test_they_shrug_at_what_they_may_not_do_any_more(self, db: None) -> None:
        load(TODAY)
        people = Membership.objects.filter(company=key(HARBOUR)).exclude(user=INES.user_id)
        people.update(role="viewer")
        Colleagues(Random(1), lambda sentence: None).work(Clock(40), seconds=None)
        who = AuditLog.objects.filter(user_id__isnull=False).values_list("user_id", flat=True)
        assert set(who) == {INES.user_id}

    def test_they_stop_when_their_time_is_up(self, db: None) -> None:
        load(TODAY)
        assert Colleagues(Random(1), lambda sentence: None).work(Clock(10), seconds=1e-9) == 0

    def test_without_the_sample_they_say_so(self, db: None) -> None:
        with pytest.raises(CommandError, match="Run: manage"):
            say("simulate_colleagues", "--seconds", "1")

    def test_the_command_says_how_much_they_did(
        self, db: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        load(TODAY)
        monkeypatch.setattr(colleagues, "PAUSE", (0.0, 0.0))
        said = say("simulate_colleagues", "--seconds", "0.2", verbosity=2).splitlines()
        assert said[0] == "Colleagues are at work. Ctrl-C stops them."
        assert said[-1] == f"The colleagues have stopped. They did {len(said) - 2:,} things."

    def test_they_are_seen_while_they_work_and_can_be_sent_home(self, db: None) -> None:
        stop = Event()
        assert not presence.are_at_work()
        with presence.at_work(stop):
            assert presence.are_at_work()
            with psycopg.connect(conninfo(), autocommit=True) as elsewhere:
                elsewhere.execute("select pg_notify(%s, '')", [presence.CHANNEL])
            assert stop.wait(timeout=10)
        assert not presence.are_at_work()

    def test_outside_the_demo_nobody_sends_them_home(
        self, firm: Firm, client: Client, settings: Any
    ) -> None:
        client.force_login(firm.people["owner"])
        settings.DEMO = False
        assert client.post("/stop-colleagues").status_code == 404
        settings.DEMO = True
        assert client.get("/stop-colleagues").status_code == 405
        assert client.post("/stop-colleagues", {"page": "//evil.example"})["Location"] == "/"
        client.logout()
        assert client.post("/stop-colleagues")["Location"] == "/sign-in"

    def test_a_forged_request_does_not_send_them_home(self, db: None, settings: Any) -> None:
        settings.DEMO = True
        assert Client(enforce_csrf_checks=True).post("/stop-colleagues").status_code == 403


def test_an_actor_from_a_command_needs_no_membership(firm: Firm) -> None:
    assert Actor(None, firm.company.pk, "command").is_operator
    assert not Actor(firm.people["owner"].pk, firm.company.pk, "command").is_operator
