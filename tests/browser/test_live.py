"""The main job: whoever has a table open sees each change, whatever road it took."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.api import Api
from tests.browser.installation import Installation
from tests.browser.person import Person, Table


def test_a_row_changed_in_psql_appears_in_two_browsers(
    site: Installation, api: Api, stock: Table, tom: Person, mira: Person
) -> None:
    tom.open(stock)
    mira.open(stock)
    site.psql(
        "UPDATE data_table_rows SET cells = cells || jsonb_build_object(%s::text, 4711)"
        " WHERE id = %s",
        stock.columns["On hand"],
        api.row(stock, "Trivet")["id"],
    )
    for person in (tom, mira):
        expect(person.cell(stock, "Trivet", "On hand")).to_have_text("4,711")


def test_what_one_types_the_other_sees(stock: Table, tom: Person, mira: Person) -> None:
    tom.open(stock)
    mira.open(stock)
    mira.cell(stock, "Apron", "On hand").click()
    mira.type("51", "Enter")
    expect(tom.cell(stock, "Apron", "On hand")).to_have_text("51")
    expect(mira.cell(stock, "Apron", "On hand")).to_have_text("51")


def test_a_table_renamed_by_the_api_is_renamed_on_every_open_page(
    api: Api, stock: Table, tom: Person, mira: Person
) -> None:
    tom.open(stock)
    mira.page.goto("/")
    api.ask("PUT", f"data-tables/{stock.id}", {"name": f"{stock.name} of today"})
    expect(tom.page.get_by_role("heading", name=f"{stock.name} of today")).to_be_visible()
    expect(tom.page).to_have_title(f"{stock.name} of today · Plainrow")
    for person in (tom, mira):
        link = person.page.locator("#sidebar").get_by_role("link", name=f"{stock.name} of today")
        expect(link).to_be_visible()
    expect(mira.page.locator("main").get_by_role("link", name=stock.name)).to_have_text(
        f"{stock.name} of today"
    )


def test_rows_that_are_added_and_deleted_come_and_go(api: Api, stock: Table, tom: Person) -> None:
    tom.open(stock)
    row = api.add_row(stock, Name="Lantern", **{"On hand": 7})
    expect(tom.cell(stock, "Lantern", "On hand")).to_have_text("7")
    api.ask("DELETE", f"rows/{row}")
    expect(tom.row("Lantern")).to_have_count(0)


def test_a_new_column_gets_its_head_and_its_cells(api: Api, stock: Table, tom: Person) -> None:
    tom.open(stock)
    api.ask("POST", f"data-tables/{stock.id}/columns", {"name": "Shelf", "type": "text"})
    expect(tom.page.locator("thead th", has_text="Shelf")).to_be_visible()
    expect(tom.row("Mug").locator("[data-column]")).to_have_count(len(stock.columns) + 1)


def test_values_are_in_the_viewers_language(
    api: Api, stock: Table, visit: Callable[..., Person], tom: Person
) -> None:
    api.set_cell(stock, "Mug", "On hand", 1280)
    api.set_cell(stock, "Mug", "Due", "2026-12-09")
    german = visit("Mira Lindqvist", locale="de-DE")
    for person, number, date in ((tom, "1,280", "9 Dec 2026"), (german, "1.280", "09.12.2026")):
        person.open(stock)
        expect(person.cell(stock, "Mug", "On hand")).to_have_text(number)
        expect(person.cell(stock, "Mug", "Due")).to_have_text(date)
        api.set_cell(stock, "Mug", "Active", person is tom)
        expect(person.cell(stock, "Mug", "Active").locator("input")).to_be_checked(
            checked=person is tom
        )
        expect(person.cell(stock, "Mug", "On hand")).to_have_text(number)


def test_the_panel_says_how_fresh_the_page_is(api: Api, stock: Table, tom: Person) -> None:
    tom.open(stock)
    api.set_cell(stock, "Mug", "On hand", 3)
    expect(tom.cell(stock, "Mug", "On hand")).to_have_text("3")
    tom.page.locator(".connection").click()
    panel = tom.page.get_by_role("dialog", name="Connection")
    expect(panel).to_contain_text("ms after it was saved")
    expect(panel).to_contain_text(f"{stock.name}, sidebar")
