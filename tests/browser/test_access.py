"""What a role sees and may do."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.api import Api
from tests.browser.person import Person, Table


def test_a_viewer_cannot_edit(api: Api, stock: Table, sana: Person) -> None:
    sana.open(stock)
    expect(sana.page.get_by_text("You may look, not change")).to_be_visible()
    sana.cell(stock, "Mug", "On hand").dblclick()
    sana.type("99", "Enter")
    expect(sana.page.locator(".cell-input")).to_have_count(0)
    expect(sana.cell(stock, "Mug", "Active").locator("input")).to_be_disabled()
    expect(sana.page.get_by_role("button", name="New row")).to_have_count(0)
    assert api.row(stock, "Mug")["On hand"] == 0


def test_a_viewer_sees_changes_all_the_same(api: Api, stock: Table, sana: Person) -> None:
    sana.open(stock)
    api.set_cell(stock, "Mug", "On hand", 5)
    expect(sana.cell(stock, "Mug", "On hand")).to_have_text("5")


def test_a_workspace_that_was_not_given_is_not_there(api: Api, sana: Person) -> None:
    hidden = api.make_table("Warehouse", "Hidden")
    expect(sana.page.locator("#sidebar").get_by_text("Warehouse")).to_have_count(0)
    answer = sana.page.goto(hidden.path)
    assert answer
    assert answer.status == 404
    expect(
        sana.page.get_by_role("heading", name="There is nothing at this address")
    ).to_be_visible()


def test_another_company_s_table_is_not_there(stock: Table, visit: Callable[..., Person]) -> None:
    stranger = visit("Ellis Brandt")
    answer = stranger.page.goto(stock.path)
    assert answer
    assert answer.status == 404


def test_only_owners_and_admins_see_the_audit_log(tom: Person, mira: Person) -> None:
    expect(tom.page.locator("#sidebar").get_by_role("link", name="Audit log")).to_be_visible()
    expect(mira.page.locator("#sidebar").get_by_role("link", name="Audit log")).to_have_count(0)
    answer = mira.page.goto("/audit-log")
    assert answer
    assert answer.status == 403


def test_the_audit_log_is_live(api: Api, stock: Table, tom: Person) -> None:
    tom.page.goto("/audit-log")
    tom.wait_until_live()
    api.ask("PUT", f"data-tables/{stock.id}", {"name": f"{stock.name} anew"})
    expect(tom.page.locator("tbody tr").first).to_contain_text(
        f"Table renamed: {stock.name} is now {stock.name} anew"
    )


def test_who_belongs_to_two_companies_switches_between_them(
    visit: Callable[..., Person],
) -> None:
    ruth = visit("Ruth Adeyemi")
    expect(ruth.page.get_by_role("heading", name="Harbour & Hill")).to_be_visible()
    ruth.page.locator(".company").click()
    ruth.page.get_by_role("menuitemradio", name="Northgate Tea").click()
    expect(ruth.page.get_by_role("heading", name="Northgate Tea")).to_be_visible()
    expect(ruth.page.locator("#sidebar").get_by_text("Harbour & Hill")).to_have_count(1)


def test_a_link_into_one_s_other_company_offers_to_open_it(
    stock: Table, visit: Callable[..., Person]
) -> None:
    ruth = visit("Ruth Adeyemi")
    ruth.page.locator(".company").click()
    ruth.page.get_by_role("menuitemradio", name="Northgate Tea").click()
    expect(ruth.page.get_by_role("heading", name="Northgate Tea")).to_be_visible()
    answer = ruth.page.goto(stock.path)
    assert answer
    assert answer.status == 404
    ruth.button("Open Harbour & Hill").click()
    expect(ruth.row("Mug")).to_be_visible()
    expect(ruth.page.locator(".company")).to_contain_text("Harbour & Hill")
