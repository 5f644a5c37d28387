"""Sharing a workspace: it appears for whom it is given, and leaves whom it is taken from."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.api import Api
from tests.browser.person import Person, Table


def test_a_workspace_that_is_shared_appears_and_one_that_is_taken_back_goes(
    api: Api, tom: Person, sana: Person
) -> None:
    hidden = api.make_table("Warehouse", "Crates")
    link = sana.page.locator("#sidebar").get_by_role("link", name=hidden.name)
    expect(link).to_have_count(0)
    tom.page.locator("#sidebar").get_by_role("link", name="Warehouse").click()
    tom.choose("This workspace", "Who sees it, and why")
    others = tom.page.locator("#others")
    row = others.locator("tr", has_text="Sana Rahman")
    expect(row).to_contain_text("Was not given this workspace.")
    row.get_by_label("Sana Rahman").select_option("view")
    see = tom.page.locator("#see tr", has_text="Sana Rahman")
    expect(see).to_contain_text("Was given this workspace to look at.")
    link.click()
    expect(sana.row("Mug")).to_be_visible()
    see.get_by_label("Sana Rahman").select_option("")
    expect(row).to_contain_text("Was not given this workspace.")
    expect(link).to_have_count(0)
    expect(sana.page.get_by_text("Mug")).to_have_count(0)


def test_a_level_that_is_raised_on_a_person_s_page_brings_the_controls(
    stock: Table, tom: Person, visit: Callable[..., Person]
) -> None:
    jonas = visit("Jonas Petit")
    tom.page.goto("/people/")
    tom.page.get_by_role("link", name="Jonas Petit").click()
    row = tom.page.locator("#person-workspaces tr", has_text="Office")
    row.get_by_label("Office").select_option("view")
    expect(row).to_contain_text("Was given this workspace to look at.")
    jonas.open(stock)
    expect(jonas.page.get_by_text("You may look, not change")).to_be_visible()
    row.get_by_label("Office").select_option("edit")
    expect(jonas.button("New row").first).to_be_visible()


def test_a_table_that_moves_leaves_whoever_does_not_see_its_new_place(
    api: Api, tom: Person, sana: Person
) -> None:
    table = api.make_table("Office", "Plans")
    sana.open(table)
    tom.open(table)
    tom.choose("This table", "Move to another workspace")
    tom.dialog.get_by_label("Workspace").select_option("Warehouse")
    tom.button("Move table").click()
    expect(tom.page.locator("h1")).to_have_text("Warehouse")
    tom.page.locator("main").get_by_role("link", name=table.name).click()
    expect(tom.row("Mug")).to_be_visible()
    expect(sana.page.get_by_text("This table is not here any more")).to_be_visible()
    expect(sana.row("Mug")).to_have_count(0)
    expect(sana.page.locator("#sidebar").get_by_role("link", name=table.name)).to_have_count(0)


def test_who_stops_being_an_admin_loses_the_page_of_sharing_and_keeps_the_workspace(
    api: Api, mira: Person
) -> None:
    api.set_role("Mira Lindqvist", "admin")
    sidebar = mira.page.locator("#sidebar")
    expect(sidebar.get_by_role("link", name="People")).to_be_visible()
    sidebar.get_by_role("link", name="Office", exact=True).click()
    mira.choose("This workspace", "Who sees it, and why")
    expect(mira.page.locator("#see")).to_contain_text("Sana Rahman")
    api.set_role("Mira Lindqvist", "editor")
    gone = "You no longer have access to the sharing of Office"
    expect(mira.page.get_by_role("heading", name=gone)).to_be_visible()
    expect(mira.page.get_by_text("Sana Rahman")).to_have_count(0)
    expect(sidebar.get_by_role("link", name="Office", exact=True)).to_be_visible()
