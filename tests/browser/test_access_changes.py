"""Access that changes while somebody looks: gone at once, said clearly, and back without reload."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.api import Api
from tests.browser.person import Person, Table

MIRA = "Mira Lindqvist"


@pytest.fixture
def goods(api: Api) -> Iterator[Table]:
    """A table in Warehouse, which Mira has for editing before and after."""
    api.give(MIRA, "Warehouse", "edit")
    yield api.make_table("Warehouse", "Goods")
    api.set_role(MIRA, "editor")
    api.give(MIRA, "Warehouse", "edit")


def notice(person: Person, scope: str = "Warehouse") -> Locator:
    """What stands on a page that is lost."""
    return person.page.get_by_role("heading", name=f"You no longer have access to {scope}")


def typed(person: Person) -> Locator:
    """What was being typed."""
    return person.page.get_by_role("region", name="What you were typing")


def start_typing(person: Person, table: Table, text: str, column: str = "On hand") -> None:
    """Type into a cell and leave its editor open."""
    person.cell(table, "Mug", column).click()
    person.type(text)
    expect(person.page.locator(".cell-input")).to_have_value(text)


def test_a_workspace_that_is_taken_back_leaves_the_page(
    api: Api, goods: Table, mira: Person
) -> None:
    mira.open(goods)
    api.take(MIRA, "Warehouse")
    expect(notice(mira)).to_be_focused()
    expect(mira.page).to_have_title("Access changed · Plainrow")
    expect(mira.page.locator("#main")).to_contain_text("can give it back")
    expect(mira.page.get_by_role("link", name="Ask Ines Okafor")).to_be_visible()
    expect(mira.page.locator("#sidebar").get_by_text("Warehouse")).to_have_count(0)
    expect(mira.page.locator(".grid tbody tr")).to_have_count(0)
    expect(typed(mira)).to_have_count(0)
    assert goods.name not in mira.page.content()


def test_it_comes_back_without_a_reload(api: Api, goods: Table, mira: Person) -> None:
    mira.open(goods)
    mira.page.evaluate("window.isSame = true")
    api.take(MIRA, "Warehouse")
    expect(notice(mira)).to_be_visible()
    api.set_cell(goods, "Mug", "On hand", 77)
    api.give(MIRA, "Warehouse", "edit")
    expect(mira.cell(goods, "Mug", "On hand")).to_have_text("77")
    expect(notice(mira)).to_have_count(0)
    expect(mira.page).to_have_title(f"{goods.name} · Plainrow")
    mira.cell(goods, "Mug", "On hand").click()
    mira.type("78", "Enter")
    mira.expect_saved(mira.cell(goods, "Mug", "On hand"), "78")
    assert mira.page.evaluate("window.isSame")


def test_what_was_being_typed_can_be_copied(api: Api, goods: Table, mira: Person) -> None:
    mira.open(goods)
    start_typing(mira, goods, "342")
    api.take(MIRA, "Warehouse")
    expect(typed(mira).get_by_role("listitem")).to_have_text(["Number in a cell342Copy"])
    typed(mira).get_by_role("button", name="Copy", exact=True).click()
    expect(mira.page.locator(".toast")).to_have_text("Copied.")
    assert mira.page.evaluate("navigator.clipboard.readText()") == "342"
    typed(mira).get_by_role("button", name="Discard").click()
    expect(typed(mira)).to_have_count(0)
    expect(notice(mira)).to_be_visible()


def test_what_could_not_be_saved_can_be_copied_together(
    api: Api, goods: Table, mira: Person
) -> None:
    mira.open(goods)
    mira.cell(goods, "Mug", "On hand").click()
    mira.type("many", "Enter")
    expect(mira.page.locator(".cell-note")).to_have_text("Not saved")
    mira.cell(goods, "Trivet", "On hand").click()
    mira.type("12")
    api.take(MIRA, "Warehouse")
    expect(typed(mira).get_by_role("listitem")).to_have_count(2)
    typed(mira).get_by_role("button", name="Copy both").click()
    expect(mira.page.locator(".toast")).to_have_text("Copied.")
    assert sorted(mira.page.evaluate("navigator.clipboard.readText()").split("\n")) == [
        "12",
        "many",
    ]
    expect(mira.savebar).to_be_hidden()


def test_a_form_about_it_closes_and_its_words_stay(api: Api, goods: Table, mira: Person) -> None:
    mira.open(goods)
    mira.choose("This table", "Rename table")
    mira.dialog.get_by_role("textbox").fill("A better name")
    api.take(MIRA, "Warehouse")
    expect(notice(mira)).to_be_visible()
    expect(mira.dialog).to_have_count(0)
    expect(typed(mira)).to_contain_text("A better name")


def test_a_form_closes_when_what_it_changes_may_only_be_looked_at(
    api: Api, goods: Table, mira: Person
) -> None:
    mira.open(goods)
    mira.choose("This table", "Rename table")
    mira.dialog.get_by_role("textbox").fill("A better name")
    api.give(MIRA, "Warehouse", "view")
    expect(mira.dialog).to_have_count(0)
    expect(typed(mira)).to_contain_text("A better name")
    expect(mira.row("Mug")).to_be_visible()


def test_a_form_on_a_page_of_its_own_says_nothing_any_more_of_what_it_was_about(
    api: Api, goods: Table, mira: Person
) -> None:
    mira.page.goto(f"{goods.path}delete")
    mira.wait_until_live()
    expect(mira.page.locator("#main")).to_contain_text(goods.name)
    api.take(MIRA, "Warehouse")
    expect(notice(mira, "this form")).to_be_visible()
    expect(mira.page.locator("#sidebar").get_by_role("link", name=goods.name)).to_have_count(0)
    assert goods.name not in mira.page.content()
    api.give(MIRA, "Warehouse", "edit")
    expect(mira.button("Delete table")).to_be_visible()


def test_a_lowered_role_closes_the_editor_and_keeps_the_words(
    api: Api, goods: Table, mira: Person
) -> None:
    mira.open(goods)
    start_typing(mira, goods, "342")
    api.give(MIRA, "Warehouse", "view")
    expect(mira.page.get_by_text("You may look, not change")).to_be_visible()
    expect(mira.page.locator(".cell-input")).to_have_count(0)
    expect(typed(mira)).to_contain_text("342")
    expect(mira.cell(goods, "Mug", "On hand")).to_have_text("0")
    expect(mira.page.get_by_role("button", name="New row")).to_have_count(0)
    mira.cell(goods, "Mug", "On hand").dblclick()
    mira.type("9")
    expect(mira.page.locator(".cell-input")).to_have_count(0)
    assert api.row(goods, "Mug")["On hand"] == 0


def test_a_raised_role_allows_editing_without_a_reload(
    api: Api, goods: Table, mira: Person
) -> None:
    api.give(MIRA, "Warehouse", "view")
    mira.open(goods)
    mira.page.evaluate("window.isSame = true")
    expect(mira.page.get_by_text("You may look, not change")).to_be_visible()
    api.give(MIRA, "Warehouse", "edit")
    expect(mira.page.get_by_role("button", name="New row").first).to_be_visible()
    mira.cell(goods, "Mug", "On hand").click()
    mira.type("5", "Enter")
    mira.expect_saved(mira.cell(goods, "Mug", "On hand"), "5")
    assert mira.page.evaluate("window.isSame")


def test_admins_pages_come_and_go_with_the_role(api: Api, goods: Table, mira: Person) -> None:
    api.set_role(MIRA, "admin")
    mira.page.goto("/audit-log")
    mira.wait_until_live()
    expect(mira.page.locator("tbody tr").first).to_be_visible()
    api.set_role(MIRA, "editor")
    expect(notice(mira, "Audit log")).to_be_visible()
    expect(mira.page.locator("tbody tr")).to_have_count(0)
    expect(mira.page.locator("#sidebar").get_by_role("link", name="Audit log")).to_have_count(0)
    api.set_role(MIRA, "admin")
    expect(mira.page.locator("tbody tr").first).to_be_visible()
    expect(notice(mira, "Audit log")).to_have_count(0)


def test_nothing_that_was_done_there_can_be_undone(api: Api, goods: Table, mira: Person) -> None:
    mira.open(goods)
    mira.cell(goods, "Mug", "On hand").click()
    mira.type("5", "Enter")
    mira.expect_saved(mira.cell(goods, "Mug", "On hand"), "5")
    api.take(MIRA, "Warehouse")
    expect(notice(mira)).to_be_visible()
    api.give(MIRA, "Warehouse", "edit")
    mira.cell(goods, "Mug", "On hand").click()
    mira.press("Control+z")
    expect(mira.page.locator("#announcer")).to_have_text("There is nothing to undo")


def test_a_link_to_what_was_taken_back_says_so(api: Api, goods: Table, mira: Person) -> None:
    mira.open(goods)
    api.take(MIRA, "Warehouse")
    expect(notice(mira)).to_be_visible()
    mira.page.evaluate(
        """(path) => { const link = Object.assign(document.createElement("a"), { href: path });
          link.textContent = "There"; document.querySelector("#main").append(link);
          window.htmx.process(link); }""",
        goods.path,
    )
    mira.page.get_by_role("link", name="There", exact=True).click()
    expect(
        mira.page.get_by_role("heading", name="There is nothing at this address")
    ).to_be_visible()


def test_what_was_on_its_way_to_be_saved_can_be_copied_too(
    api: Api, goods: Table, mira: Person
) -> None:
    mira.open(goods)
    waiting: list[Route] = []
    mira.page.route("**/api/rows/*", lambda route: waiting.append(route))
    mira.cell(goods, "Mug", "On hand").click()
    mira.type("342", "Enter")
    expect(mira.page.locator(".is-saving")).to_have_count(1)
    api.take(MIRA, "Warehouse")
    expect(notice(mira)).to_be_visible()
    expect(typed(mira)).to_have_count(0)
    for route in waiting:
        route.continue_()
    expect(typed(mira)).to_contain_text("342")


def test_a_page_without_a_socket_notices_when_its_answer_is_no(
    api: Api, goods: Table, mira: Person
) -> None:
    """The fourth layer: a refused save asks for the version, and what was lost leaves the page."""
    mira.page.route_web_socket("**/live/", lambda socket: socket.close())
    mira.page.goto(goods.path)
    cell = mira.cell(goods, "Mug", "On hand")
    expect(cell).to_have_text("0")
    api.take(MIRA, "Warehouse")
    cell.click()
    mira.type("5", "Enter")
    expect(mira.page.locator(".cell-note")).to_have_text("Not saved")
    mira.page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(mira.page.locator(".grid tbody tr")).to_have_count(0)
    expect(typed(mira)).to_contain_text("5")
