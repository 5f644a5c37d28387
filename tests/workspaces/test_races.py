"""Two people at once: whoever comes second waits, and then sees what the first one did."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Thread

import pytest
from django.db import connection, transaction

from workspaces.actions import columns, rows, tables
from workspaces.errors import CellConflict, Invalid, NotFound
from workspaces.models import DataTable, DataTableColumn, DataTableRow

from .conftest import Firm, make_firm

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def firm() -> Firm:
    """A company that is committed."""
    return make_firm()


class Second(Thread):
    """Somebody else's action, at the same time."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__()
        self._act, self.error = act, None
        self.start()

    error: BaseException | None

    def run(self) -> None:
        try:
            self._act()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self.error = error
        finally:
            connection.close()

    def waits(self) -> bool:
        """Whether it is held up by somebody's lock, once it is that or over."""
        deadline = time.monotonic() + 10
        while self.is_alive() and time.monotonic() < deadline:
            with connection.cursor() as cursor:
                cursor.execute(
                    "select exists (select from pg_locks where not granted and pid in"
                    " (select pid from pg_stat_activity where datname = current_database()))"
                )
                if cursor.fetchone()[0]:
                    return True
        return False

    def ended(self) -> BaseException | None:
        """What it was refused with, if it was."""
        self.join(10)
        assert not self.is_alive()
        return self.error


def test_of_two_who_save_a_cell_the_second_is_told(firm: Firm) -> None:
    key = firm.key("text")
    with transaction.atomic():
        rows.set_cells(firm.actor(), firm.row, {key: "first"}, {key: "Fern"})
        second = Second(
            lambda: rows.set_cells(firm.actor("editor"), firm.row, {key: "second"}, {key: "Fern"})
        )
        assert second.waits()
    error = second.ended()
    assert isinstance(error, CellConflict)
    assert error.stored == {key: "first"}


def test_two_who_save_different_cells_of_a_row_both_do(firm: Firm) -> None:
    with transaction.atomic():
        rows.set_cells(firm.actor(), firm.row, {firm.key("text"): "first"})
        second = Second(
            lambda: rows.set_cells(firm.actor("editor"), firm.row, {firm.key("number"): 2})
        )
        assert second.waits()
    assert second.ended() is None
    cells = DataTableRow.objects.get().cells
    assert cells == {firm.key("text"): "first", firm.key("number"): 2}


def test_two_rows_added_at_once_get_two_places(firm: Firm) -> None:
    with transaction.atomic():
        rows.add_row(firm.actor(), firm.table, after=firm.row.pk)
        second = Second(lambda: rows.add_row(firm.actor("editor"), firm.table, after=firm.row.pk))
        assert second.waits()
    assert second.ended() is None
    assert len(set(DataTableRow.objects.values_list("position", flat=True))) == 3


def test_a_table_that_was_deleted_first_is_not_renamed(firm: Firm) -> None:
    with transaction.atomic():
        tables.delete_table(firm.actor(), firm.table)
        second = Second(lambda: tables.rename_table(firm.actor("editor"), firm.table.pk, "Late"))
        assert second.waits()
    assert isinstance(second.ended(), NotFound)
    assert DataTable.objects.get().name == "Plants"


def test_a_cell_of_a_column_that_is_being_deleted_is_not_left_behind(firm: Firm) -> None:
    key = firm.key("number")
    with transaction.atomic():
        columns.delete_column(firm.actor(), firm.columns["number"])
        second = Second(lambda: rows.set_cells(firm.actor("editor"), firm.row, {key: 5}))
        assert second.waits()
    assert isinstance(second.ended(), Invalid)
    assert key not in DataTableRow.objects.get().cells


def test_a_column_deleted_while_a_cell_is_saved_takes_the_cell_along(firm: Firm) -> None:
    key = firm.key("number")
    with transaction.atomic():
        rows.set_cells(firm.actor(), firm.row, {key: 5})
        rows.add_row(firm.actor(), firm.table, {key: 6})
        second = Second(
            lambda: columns.delete_column(firm.actor("editor"), firm.columns["number"].pk)
        )
        assert second.waits()
    assert second.ended() is None
    assert not DataTableColumn.objects.filter(pk=key).exists()
    assert all(key not in row.cells for row in DataTableRow.objects.all())


def test_what_psql_wrote_beside_a_cell_is_kept_digit_for_digit(firm: Firm) -> None:
    """Saving one cell does not write the others again, which Python would round."""
    digits = "0.1234567890123456789012345"
    with connection.cursor() as cursor:
        cursor.execute(
            "update data_table_rows set cells = cells || jsonb_build_object(%s, %s::numeric)",
            [firm.key("number"), digits],
        )
        rows.set_cells(firm.actor(), firm.row, {firm.key("text"): "Moss"})
        cursor.execute("select cells ->> %s from data_table_rows", [firm.key("number")])
        assert cursor.fetchone() == (digits,)
