"""Sessions that end, companies that change: every tab follows at once, nothing comes back."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Dialog, expect

from tests.browser.api import Api
from tests.browser.installation import Installation
from tests.browser.person import Person, Table

MIRA = "Mira Lindqvist"
USER = "UPDATE users SET {} WHERE name = %s"


@pytest.fixture
def tabs(stock: Table, mira: Person) -> tuple[Person, Person]:
    """Two tabs of one browser, both with the table open."""
    other = mira.another_tab()
    for tab in (mira, other):
        tab.open(stock)
    return mira, other


@pytest.fixture
def account(site: Installation) -> Iterator[Callable[[str], None]]:
    """Change Mira's account behind the application's back; it is put right afterwards."""
    undoing: list[str] = []
    undo = {
        "is_active = false": "is_active = true",
        "password = password || 'x'": "password = left(password, -1)",
    }

    def change(what: str) -> None:
        undoing.append(undo[what])
        site.psql(USER.format(what), MIRA)

    yield change
    for each in undoing:
        site.psql(USER.format(each), MIRA)


def sign_out(person: Person) -> None:
    """Choose it from the menu."""
    person.page.locator("#sidebar .sidebar-foot button").click()
    person.page.get_by_role("menuitem", name="Sign out").click()


def expect_signed_out(*tabs: Person) -> None:
    """Wait until each tab shows the sign-in and nothing else."""
    for tab in tabs:
        expect(tab.page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()


def test_signing_out_ends_all_tabs(stock: Table, tabs: tuple[Person, Person]) -> None:
    sign_out(tabs[0])
    expect_signed_out(*tabs)
    tabs[0].page.goto(stock.path)
    expect_signed_out(tabs[0])


@pytest.mark.parametrize("change", ["is_active = false", "password = password || 'x'"])
def test_an_account_that_was_changed_elsewhere_ends_all_tabs(
    tabs: tuple[Person, Person], account: Callable[[str], None], change: str
) -> None:
    account(change)
    expect_signed_out(*tabs)


def test_an_admin_ends_all_devices(api: Api, tabs: tuple[Person, Person]) -> None:
    api.end_devices(MIRA)
    expect_signed_out(*tabs)


def test_the_way_back_leads_to_where_one_was(
    api: Api, stock: Table, tabs: tuple[Person, Person]
) -> None:
    api.end_devices(MIRA)
    expect_signed_out(*tabs)
    tabs[1].page.get_by_role("button", name=MIRA).click()
    tabs[1].page.wait_for_url(f"**{stock.path}")
    expect(tabs[1].cell(stock, "Mug", "On hand")).to_have_text("0")


def test_going_back_after_a_sign_out_shows_nothing(stock: Table, mira: Person) -> None:
    mira.open(stock)
    mira.page.goto("/")
    mira.wait_until_live()
    sign_out(mira)
    expect_signed_out(mira)
    mira.page.go_back()
    expect_signed_out(mira)
    assert stock.name not in mira.page.content()


def test_signing_out_works_offline(
    site: Installation, stock: Table, tabs: tuple[Person, Person]
) -> None:
    mira, _ = tabs
    cookies = mira.context.cookies()
    mira.context.set_offline(True)
    sign_out(mira)
    for tab in tabs:
        expect(
            tab.page.get_by_role("heading", name="You are signed out on this device")
        ).to_be_visible()
        assert stock.name not in tab.page.content()
    mira.context.set_offline(False)
    expect_signed_out(*tabs)
    # The server has ended the session: its cookie is worth nothing any more.
    mira.context.add_cookies(
        [
            {"name": each["name"], "value": each["value"], "url": site.address}
            for each in cookies
            if each["name"] == "sessionid"
        ]
    )
    mira.page.goto(stock.path)
    expect_signed_out(mira)


def test_somebody_who_has_not_saved_is_asked_before_signing_out(stock: Table, mira: Person) -> None:
    mira.open(stock)
    mira.cell(stock, "Mug", "On hand").click()
    mira.type("many", "Enter")
    expect(mira.page.locator(".cell-note")).to_have_text("Not saved")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    mira.page.once("dialog", stay)
    sign_out(mira)
    assert asked == ["Something that you typed is not saved. Leave all the same?"]
    expect(mira.cell(stock, "Mug", "On hand")).to_contain_text("many")
    mira.page.once("dialog", lambda dialog: dialog.accept())
    sign_out(mira)
    expect_signed_out(mira)


def test_a_page_without_a_socket_notices_when_one_comes_back_to_it(
    api: Api, stock: Table, mira: Person
) -> None:
    mira.page.route_web_socket("**/live/", lambda socket: socket.close())
    mira.page.goto(stock.path)
    expect(mira.cell(stock, "Mug", "On hand")).to_have_text("0")
    api.end_devices(MIRA)
    mira.page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect_signed_out(mira)


def test_another_company_opens_in_all_tabs(visit: Callable[..., Person], stock: Table) -> None:
    ruth = visit("Ruth Adeyemi")
    other = ruth.another_tab()
    for tab in (ruth, other):
        tab.open(stock)
    ruth.page.locator(".company").click()
    ruth.page.get_by_role("menuitemradio", name="Northgate Tea").click()
    for tab in (ruth, other):
        expect(tab.page.get_by_role("heading", name="Northgate Tea")).to_be_visible()
        assert stock.name not in tab.page.content()


def test_a_company_that_cannot_be_opened_leaves_the_page_as_it_was(
    visit: Callable[..., Person], stock: Table
) -> None:
    ruth = visit("Ruth Adeyemi")
    ruth.open(stock)
    ruth.page.route("**/switch-company", lambda route: route.abort())
    ruth.page.locator(".company").click()
    ruth.page.get_by_role("menuitemradio", name="Northgate Tea").click()
    expect(ruth.page.locator(".toast")).to_contain_text("The company that you see is still open")
    expect(ruth.cell(stock, "Mug", "On hand")).to_be_visible()


@pytest.fixture
def sana_stays(api: Api) -> Iterator[None]:
    """Whatever happens to Sana, afterwards she is there again, with what she had."""
    sana = api.member("Sana Rahman")
    had = [
        (workspace["name"], seen["grant"])
        for workspace in api.ask("GET", "workspaces")
        for seen in api.ask("GET", f"workspaces/{workspace['id']}/grants")
        if seen["user_id"] == sana["user_id"] and seen["grant"]
    ]
    yield
    api.ask("POST", "members", {key: sana[key] for key in ("email", "name", "role")})
    for workspace, level in had:
        api.give("Sana Rahman", workspace, level)


@pytest.mark.usefixtures("sana_stays")
def test_somebody_who_is_removed_from_the_company_sees_nothing_of_it(
    api: Api, stock: Table, sana: Person
) -> None:
    sana.open(stock)
    api.ask("DELETE", f"members/{api.member('Sana Rahman')['id']}")
    expect(sana.page.locator("[data-live]")).to_have_count(0)
    assert stock.name not in sana.page.content()
    assert sana.page.get_by_role("heading").count() == 1
