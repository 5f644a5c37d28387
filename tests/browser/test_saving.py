"""Typing is sacred: nothing that arrives, fails or restarts takes away what somebody typed."""

import re

from playwright.sync_api import expect

from tests.browser.api import Api
from tests.browser.installation import Installation
from tests.browser.person import Person, Table

CHANGED = re.compile(r"\bis-changed\b")


def test_typing_survives_a_change_of_the_row(api: Api, stock: Table, tom: Person) -> None:
    tom.open(stock)
    tom.cell(stock, "Mug", "Name").dblclick()
    tom.type(", half typ")
    api.set_cell(stock, "Mug", "On hand", 55)
    on_hand = tom.page.locator(f'[data-column="{stock.columns["On hand"]}"]').first
    expect(on_hand).to_have_text("55")
    expect(on_hand).to_have_class(CHANGED)
    tom.type("ed", "Enter")
    expect(tom.row("Mug, half typed")).to_be_visible()


def test_who_types_is_told_of_another_value_and_chooses(
    api: Api, stock: Table, tom: Person
) -> None:
    tom.open(stock)
    cell = tom.cell(stock, "Apron", "On hand")
    cell.click()
    tom.type("60")
    api.set_cell(stock, "Apron", "On hand", 80)
    expect(cell).to_contain_text("Somebody saved 80")
    tom.press("Enter")
    expect(tom.dialog).to_contain_text("On hand of Apron. It was 20 when you began.")
    expect(tom.dialog.get_by_text("Ines Okafor, ")).to_have_text(
        re.compile(r"^Ines Okafor, (now|\d+ sec\. ago)$")
    )
    tom.button("Save 60").click()
    tom.expect_saved(cell, "60")
    assert api.row(stock, "Apron")["On hand"] == 60


def test_who_chooses_the_other_value_keeps_it(api: Api, stock: Table, tom: Person) -> None:
    tom.open(stock)
    cell = tom.cell(stock, "Apron", "On hand")
    cell.click()
    tom.type("60")
    api.set_cell(stock, "Apron", "On hand", 80)
    tom.press("Enter")
    tom.dialog.get_by_text("Ines Okafor, ").click()
    tom.button("Keep 80").click()
    expect(cell).to_have_text("80")
    assert api.row(stock, "Apron")["On hand"] == 80
    expect(tom.savebar).to_be_hidden()


def test_a_choice_can_wait(api: Api, stock: Table, tom: Person) -> None:
    tom.open(stock)
    cell = tom.cell(stock, "Apron", "On hand")
    cell.click()
    tom.type("60")
    api.set_cell(stock, "Apron", "On hand", 80)
    tom.press("Enter")
    tom.button("Decide later").click()
    expect(cell).to_contain_text("Two values")
    tom.button("Choose a value").click()
    expect(tom.dialog).to_contain_text("Ines Okafor")


def test_whoever_changed_it_in_psql_is_somebody(
    site: Installation, stock: Table, tom: Person
) -> None:
    tom.open(stock)
    cell = tom.cell(stock, "Apron", "On hand")
    cell.click()
    tom.type("60")
    site.psql(
        "update data_table_rows set cells = jsonb_set(cells, array[%s], '80') where table_id = %s",
        stock.columns["On hand"],
        stock.id,
    )
    tom.press("Enter")
    expect(tom.dialog).to_contain_text("Saved by somebody else")


def test_what_cannot_be_sent_waits_until_the_person_says_so(
    api: Api, stock: Table, tom: Person
) -> None:
    tom.open(stock)
    tom.context.set_offline(True)
    tom.cell(stock, "Mug", "On hand").click()
    tom.type("11", "Enter")
    tom.type("12", "Enter")
    for item in ("Mug", "Trivet"):
        expect(tom.cell(stock, item, "On hand")).to_contain_text("Not saved")
    expect(tom.savebar).to_contain_text("2 changes are not saved.")
    tom.context.set_offline(False)
    tom.wait_until_live()
    expect(tom.cell(stock, "Mug", "On hand")).to_contain_text("Not saved")
    assert api.row(stock, "Mug")["On hand"] == 0
    tom.button("Save 2 changes").click()
    tom.expect_saved(tom.cell(stock, "Mug", "On hand"), "11")
    assert [api.row(stock, item)["On hand"] for item in ("Mug", "Trivet")] == [11, 12]


def test_a_change_that_waits_can_be_given_up(api: Api, stock: Table, tom: Person) -> None:
    tom.open(stock)
    tom.context.set_offline(True)
    tom.cell(stock, "Fork", "On hand").click()
    tom.type("11", "Enter")
    tom.button("Discard").click()
    expect(tom.cell(stock, "Fork", "On hand")).to_have_text("40")
    expect(tom.savebar).to_be_hidden()
    tom.context.set_offline(False)
    tom.wait_until_live()
    assert api.row(stock, "Fork")["On hand"] == 40


def test_a_change_that_waits_survives_going_to_another_page_and_back(
    api: Api, stock: Table, tom: Person
) -> None:
    tom.open(stock)
    tom.context.set_offline(True)
    tom.cell(stock, "Fork", "On hand").click()
    tom.type("11", "Enter")
    expect(tom.savebar).to_be_visible()
    tom.context.set_offline(False)
    tom.wait_until_live()
    tom.page.locator("#sidebar").get_by_role("link", name="Home").click()
    expect(tom.page.get_by_role("heading", name="Home")).to_be_visible()
    expect(tom.savebar).to_contain_text("1 change is not saved.")
    tom.page.go_back()
    expect(tom.cell(stock, "Fork", "On hand")).to_contain_text("Not saved")
    tom.button("Save 1 change").click()
    expect(tom.cell(stock, "Fork", "On hand")).to_have_text("11")


def test_leaving_with_a_change_that_waits_asks_first(stock: Table, tom: Person) -> None:
    tom.open(stock)
    tom.context.set_offline(True)
    tom.cell(stock, "Fork", "On hand").click()
    tom.type("11", "Enter")
    expect(tom.savebar).to_be_visible()
    with tom.page.expect_event("dialog") as asked:
        tom.page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.accept()


def test_a_row_that_is_deleted_under_one_s_hands_stays_until_they_are_off(
    api: Api, stock: Table, tom: Person
) -> None:
    tom.open(stock)
    tom.cell(stock, "Towel", "Name").dblclick()
    tom.type(", harbour stripe")
    api.ask("DELETE", f"rows/{api.row(stock, 'Towel')['id']}")
    expect(tom.page.get_by_text("The row was deleted.")).to_be_visible()
    tom.press("Enter")
    expect(tom.page.locator(".grid tbody .cell-primary")).to_have_text(
        ["Mug", "Trivet", "Apron", "Fork"]
    )
    tom.button("Copy what you typed").click()
    expect(tom.page.get_by_text("Copied.")).to_be_visible()
    text = tom.page.evaluate("navigator.clipboard.readText()")
    assert text == "Towel, harbour stripe"


def test_typing_survives_a_restart_of_the_server(
    site: Installation, api: Api, stock: Table, tom: Person
) -> None:
    tom.open(stock)
    tom.cell(stock, "Mug", "Name").dblclick()
    tom.type(", before")
    site.stop()
    expect(tom.page.locator(".connection")).not_to_have_attribute("data-connection", "live")
    tom.type(" and after")
    site.start()
    tom.wait_until_live()
    tom.press("Enter")
    tom.expect_saved(
        tom.row("Mug, before and after").locator(".cell-primary"), "Mug, before and after"
    )
    assert api.row(stock, "Mug, before and after")["On hand"] == 0
