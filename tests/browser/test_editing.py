"""Editing a table in place, by keyboard and by mouse."""

import pytest
from playwright.sync_api import expect

from tests.browser.api import Api
from tests.browser.installation import Installation
from tests.browser.person import Person, Table


@pytest.fixture
def tom(tom: Person, stock: Table) -> Person:
    """An admin who has the table open."""
    tom.open(stock)
    return tom


def test_typing_begins_to_edit_and_enter_saves_and_goes_down(
    api: Api, stock: Table, tom: Person
) -> None:
    tom.cell(stock, "Mug", "On hand").click()
    tom.type("12", "Enter")
    expect(tom.cell(stock, "Trivet", "On hand")).to_be_focused()
    expect(tom.cell(stock, "Mug", "On hand")).to_have_text("12")
    tom.type("13", "Enter")
    tom.expect_saved(tom.cell(stock, "Trivet", "On hand"), "13")
    assert [api.row(stock, item)["On hand"] for item in ("Mug", "Trivet")] == [12, 13]


def test_tab_saves_and_goes_on_and_shift_tab_goes_back(stock: Table, tom: Person) -> None:
    tom.cell(stock, "Mug", "Name").click()
    tom.type("Big mug", "Tab")
    expect(tom.cell(stock, "Big mug", "On hand")).to_be_focused()
    tom.press("Shift+Tab")
    expect(tom.cell(stock, "Big mug", "Name")).to_be_focused()


def test_escape_leaves_the_cell_as_it_was(api: Api, stock: Table, tom: Person) -> None:
    tom.cell(stock, "Mug", "On hand").click()
    tom.type("99", "Escape")
    expect(tom.cell(stock, "Mug", "On hand")).to_have_text("0")
    expect(tom.cell(stock, "Mug", "On hand")).to_be_focused()
    assert api.row(stock, "Mug")["On hand"] == 0


def test_enter_edits_what_is_there(stock: Table, tom: Person) -> None:
    tom.cell(stock, "Mug", "Name").click()
    tom.press("Enter")
    tom.type(", navy", "Enter")
    expect(tom.row("Mug, navy")).to_be_visible()


def test_arrows_home_and_end_go_from_cell_to_cell(stock: Table, tom: Person) -> None:
    tom.cell(stock, "Mug", "Name").click()
    tom.press("ArrowDown", "ArrowRight")
    expect(tom.cell(stock, "Trivet", "On hand")).to_be_focused()
    tom.press("End")
    expect(tom.cell(stock, "Trivet", "Active")).to_be_focused()
    tom.press("Home")
    expect(tom.cell(stock, "Trivet", "Name")).to_be_focused()
    tom.press("Control+End")
    expect(tom.cell(stock, "Fork", "Active")).to_be_focused()
    tom.press("Control+Home")
    expect(tom.cell(stock, "Mug", "Name")).to_be_focused()


def test_one_cell_of_the_grid_is_in_the_tab_order(stock: Table, tom: Person) -> None:
    in_order = tom.page.locator(".grid [tabindex='0']")
    expect(in_order).to_have_count(1)
    tom.cell(stock, "Apron", "Due").click()
    expect(in_order).to_have_count(1)
    expect(tom.cell(stock, "Apron", "Due")).to_have_attribute("tabindex", "0")


def test_escape_and_tab_leave_the_grid(stock: Table, tom: Person) -> None:
    tom.cell(stock, "Mug", "Name").click()
    tom.press("Escape", "Tab")
    expect(tom.page.locator(".grid :focus")).to_have_count(0)


def test_space_ticks_a_box(api: Api, stock: Table, tom: Person) -> None:
    box = tom.cell(stock, "Mug", "Active").locator("input")
    tom.cell(stock, "Mug", "On hand").click()
    tom.press("End", "Space")
    expect(box).to_be_checked()
    tom.press("Space")
    expect(box).not_to_be_checked()
    tom.expect_saved(tom.cell(stock, "Mug", "Active"), "")


def test_a_click_ticks_a_box(api: Api, stock: Table, tom: Person) -> None:
    box = tom.cell(stock, "Fork", "Active").locator("input")
    box.click()
    expect(box).to_be_checked()
    tom.expect_saved(tom.cell(stock, "Fork", "Active"), "")
    tom.page.reload()
    expect(box).to_be_checked()


def test_delete_empties_a_cell(api: Api, stock: Table, tom: Person) -> None:
    tom.cell(stock, "Fork", "On hand").click()
    tom.press("Delete")
    tom.expect_saved(tom.cell(stock, "Fork", "On hand"), "")
    tom.page.reload()
    expect(tom.cell(stock, "Fork", "On hand")).to_have_text("")


def test_a_double_click_edits_and_leaving_the_cell_saves(stock: Table, tom: Person) -> None:
    tom.cell(stock, "Mug", "On hand").dblclick()
    tom.press("Control+A")
    tom.type("21")
    tom.cell(stock, "Fork", "Name").click()
    expect(tom.cell(stock, "Mug", "On hand")).to_have_text("21")
    expect(tom.page.locator(".cell-input")).to_have_count(0)


def test_an_option_is_chosen_by_typing(stock: Table, tom: Person) -> None:
    tom.cell(stock, "Mug", "Kind").click()
    tom.type("gar")
    expect(tom.page.get_by_role("option")).to_have_text(["Garden"])
    tom.press("Enter")
    expect(tom.cell(stock, "Mug", "Kind").locator(".chip")).to_have_text("Garden")


def test_an_option_is_chosen_with_the_mouse(stock: Table, tom: Person) -> None:
    tom.cell(stock, "Mug", "Kind").dblclick()
    tom.page.get_by_role("option", name="Linen").click()
    expect(tom.cell(stock, "Mug", "Kind").locator(".chip")).to_have_text("Linen")


def test_a_person_is_chosen_with_arrows(stock: Table, tom: Person) -> None:
    tom.cell(stock, "Mug", "Buyer").click()
    tom.press("Enter", "ArrowDown", "ArrowDown", "ArrowUp", "Enter")
    expect(tom.cell(stock, "Mug", "Buyer").locator(".person")).to_be_visible()
    expect(tom.page.get_by_role("listbox")).to_have_count(0)


def test_a_date_is_typed(api: Api, stock: Table, tom: Person) -> None:
    tom.cell(stock, "Mug", "Due").click()
    tom.press("Enter")
    tom.type("31.12.2026", "Enter")
    tom.expect_saved(tom.cell(stock, "Mug", "Due"), "31 Dec 2026")
    assert api.row(stock, "Mug")["Due"] == "2026-12-31"


@pytest.mark.parametrize("typed", ["tomorrow", "2026-12", "5/12/2026"])
def test_what_is_no_date_is_refused_and_destroys_nothing(
    api: Api, stock: Table, tom: Person, typed: str
) -> None:
    api.set_cell(stock, "Mug", "Due", "2026-11-24")
    cell = tom.cell(stock, "Mug", "Due")
    expect(cell).to_have_text("24 Nov 2026")
    cell.click()
    tom.type(typed, "Enter")
    expect(cell.get_by_role("alert")).to_contain_text("Write it like 2026-11-24.")
    expect(cell).to_contain_text(typed)
    assert api.row(stock, "Mug")["Due"] == "2026-11-24"
    tom.button("Discard").click()
    expect(cell).to_have_text("24 Nov 2026")


@pytest.mark.parametrize("typed", ["2026-12-25", "25/12/2026", "25 Dec 2026"])
def test_a_date_is_typed_over_the_one_before(
    api: Api, stock: Table, tom: Person, typed: str
) -> None:
    api.set_cell(stock, "Mug", "Due", "2026-11-24")
    cell = tom.cell(stock, "Mug", "Due")
    expect(cell).to_have_text("24 Nov 2026")
    cell.click()
    tom.type(typed, "Enter")
    tom.expect_saved(cell, "25 Dec 2026")
    assert api.row(stock, "Mug")["Due"] == "2026-12-25"


def test_a_date_is_picked_in_the_calendar(api: Api, stock: Table, tom: Person) -> None:
    cell = tom.cell(stock, "Mug", "Due")
    cell.dblclick()
    expect(cell.get_by_role("button", name="Calendar")).to_be_visible()
    cell.locator(".cell-calendar").evaluate(
        """(picker) => {
          picker.value = "2026-12-25";
          picker.dispatchEvent(new Event("change", { bubbles: true }));
        }"""
    )
    tom.press("Enter")
    tom.expect_saved(cell, "25 Dec 2026")


@pytest.mark.parametrize("column", ["Due", "On hand"])
def test_an_editor_in_which_nothing_was_typed_saves_nothing(
    api: Api, stock: Table, tom: Person, column: str
) -> None:
    api.set_cell(stock, "Fork", "Due", "2026-11-24")
    cell = tom.cell(stock, "Fork", column)
    sent: list[str] = []
    tom.page.on("request", lambda request: sent.append(request.method))
    cell.click()
    tom.press("Enter", "Enter", "ArrowUp")
    # A key that opened the editor and wrote nothing, as a dead key does
    cell.evaluate(
        """(cell) => cell.dispatchEvent(
          new KeyboardEvent("keydown", { key: "x", bubbles: true, cancelable: true }))"""
    )
    expect(cell.locator(".cell-input")).to_be_focused()
    tom.press("Enter")
    expect(cell).to_have_text({"Due": "24 Nov 2026", "On hand": "40"}[column])
    assert "PATCH" not in sent


def test_a_value_that_does_not_fit_says_so_at_its_cell(api: Api, stock: Table, tom: Person) -> None:
    tom.cell(stock, "Mug", "On hand").click()
    tom.type("a dozen", "Enter")
    cell = tom.cell(stock, "Mug", "On hand")
    expect(cell.get_by_role("alert")).to_contain_text("is not a number")
    expect(cell).to_contain_text("a dozen")
    expect(cell).to_be_focused()
    tom.type("12", "Enter")
    expect(cell).to_have_text("12")
    expect(tom.savebar).to_be_hidden()


def test_why_a_value_does_not_fit_is_in_nobody_s_way(stock: Table, tom: Person) -> None:
    cell = tom.cell(stock, "Mug", "Due")
    cell.click()
    tom.type("tomorrow", "Enter")
    expect(cell.get_by_role("alert")).to_be_visible()
    tom.cell(stock, "Trivet", "Due").click()
    expect(tom.cell(stock, "Trivet", "Due")).to_be_focused()
    expect(cell.locator(".cell-hint")).to_be_hidden()
    expect(cell).to_contain_text("Not saved")


def test_one_s_own_change_does_not_light_up(stock: Table, tom: Person) -> None:
    tom.page.evaluate(
        """() => new MutationObserver((records) => {
          for (const { target } of records)
            if (target.matches(".is-changed")) document.body.dataset.lit = "yes";
        }).observe(document.querySelector(".grid"), {
          subtree: true, attributes: true, attributeFilter: ["class"]})"""
    )
    tom.cell(stock, "Mug", "On hand").click()
    tom.type("77", "Enter")
    tom.type("78", "Enter")
    expect(tom.cell(stock, "Trivet", "On hand")).to_have_text("78")
    tom.press("ArrowUp")
    tom.type("79", "Enter")
    tom.expect_saved(tom.cell(stock, "Trivet", "On hand"), "79")
    assert tom.page.evaluate("document.body.dataset.lit") is None


def test_a_cell_is_copied_and_pasted(stock: Table, tom: Person) -> None:
    tom.cell(stock, "Apron", "On hand").click()
    tom.press("Control+C", "ArrowDown", "Control+V")
    expect(tom.cell(stock, "Towel", "On hand")).to_have_text("20")


def test_a_block_is_pasted_over_the_cells_to_the_right_and_below(
    api: Api, stock: Table, tom: Person
) -> None:
    tom.page.evaluate(r"navigator.clipboard.writeText('7\tLinen\n8\tGarden\n9\tKitchen\n')")
    tom.cell(stock, "Towel", "On hand").click()
    tom.press("Control+V")
    expect(tom.page.get_by_text("4 cells pasted. 2 values found no room")).to_be_visible()
    tom.expect_saved(tom.cell(stock, "Towel", "On hand"), "7")
    tom.expect_saved(tom.cell(stock, "Fork", "Kind"), "Garden")
    assert [api.row(stock, item)["On hand"] for item in ("Towel", "Fork")] == [7, 8]


def test_a_saved_change_is_undone(api: Api, stock: Table, tom: Person) -> None:
    cell = tom.cell(stock, "Apron", "On hand")
    cell.click()
    tom.type("21", "Enter")
    tom.expect_saved(cell, "21")
    tom.type("31", "Enter")
    tom.expect_saved(tom.cell(stock, "Towel", "On hand"), "31")
    tom.press("Control+Z")
    tom.expect_saved(tom.cell(stock, "Towel", "On hand"), "30")
    tom.press("Control+Z")
    tom.expect_saved(cell, "20")
    expect(cell).to_be_focused()
    assert [api.row(stock, item)["On hand"] for item in ("Apron", "Towel")] == [20, 30]


def test_undoing_overwrites_nobody_unseen(api: Api, stock: Table, tom: Person) -> None:
    cell = tom.cell(stock, "Apron", "On hand")
    cell.click()
    tom.type("21", "Enter")
    tom.expect_saved(cell, "21")
    api.set_cell(stock, "Apron", "On hand", 80)
    expect(cell).to_have_text("80")
    tom.press("Control+Z")
    expect(tom.dialog).to_contain_text("Ines Okafor")
    assert api.row(stock, "Apron")["On hand"] == 80


def test_a_new_row_is_where_one_looks_and_ready_to_type_in(stock: Table, tom: Person) -> None:
    tom.cell(stock, "Trivet", "Name").click()
    tom.page.get_by_role("button", name="New row").first.click()
    expect(tom.page.locator(".cell-input")).to_be_focused()
    tom.type("Kettle", "Tab")
    tom.type("5", "Enter")
    expect(tom.page.locator(".grid tbody .cell-primary")).to_have_text(
        ["Mug", "Trivet", "Kettle", "Apron", "Towel", "Fork"]
    )
    expect(tom.cell(stock, "Kettle", "On hand")).to_have_text("5")


def test_selected_rows_are_deleted_and_brought_back(stock: Table, tom: Person) -> None:
    tom.row("Trivet").locator("[data-select]").check()
    tom.row("Towel").locator("[data-select]").click(modifiers=["Shift"])
    expect(tom.page.get_by_text("3 rows selected")).to_be_visible()
    tom.button("Delete").click()
    expect(tom.page.locator(".grid tbody .cell-primary")).to_have_text(["Mug", "Fork"])
    tom.button("Undo").click()
    expect(tom.page.locator(".grid tbody .cell-primary")).to_have_text(
        ["Mug", "Trivet", "Apron", "Towel", "Fork"]
    )


def test_rows_are_selected_by_keyboard(stock: Table, tom: Person) -> None:
    tom.cell(stock, "Mug", "Name").click()
    tom.press("Shift+Space", "ArrowDown", "ArrowLeft", "Space")
    expect(tom.page.get_by_text("2 rows selected")).to_be_visible()


def test_a_column_s_menu_opens_from_the_keyboard(stock: Table, tom: Person) -> None:
    tom.cell(stock, "Mug", "On hand").click()
    tom.press("ArrowUp", "Enter")
    expect(tom.page.get_by_role("menuitem", name="Rename or change")).to_be_focused()
    tom.press("ArrowDown")
    expect(tom.page.get_by_role("menuitem", name="Delete column")).to_be_focused()
    tom.press("Escape")
    expect(tom.page.get_by_role("menu")).to_have_count(0)


def test_a_cell_that_psql_wrote_wrongly_is_shown_and_can_be_mended(
    site: Installation, api: Api, stock: Table, tom: Person
) -> None:
    site.psql(
        "UPDATE data_table_rows SET cells = cells || jsonb_build_object(%s::text, '12,-')"
        " WHERE id = %s",
        stock.columns["On hand"],
        api.row(stock, "Mug")["id"],
    )
    cell = tom.cell(stock, "Mug", "On hand")
    expect(cell).to_have_attribute("aria-invalid", "true")
    expect(cell).to_contain_text("12,-")
    cell.click()
    tom.type("12", "Enter")
    expect(cell).to_have_text("12")
    expect(cell).not_to_have_attribute("aria-invalid", "true")
