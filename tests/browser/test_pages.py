"""Signing in, going around, and the forms of workspaces, tables and columns."""

from collections.abc import Callable

from playwright.sync_api import Browser, WebSocket, expect

from tests.browser.api import Api
from tests.browser.installation import Installation
from tests.browser.person import Person, Table


def test_nobody_sees_a_page_without_signing_in(
    site: Installation, stock: Table, chromium: Browser
) -> None:
    page = chromium.new_context(base_url=site.address).new_page()
    page.goto(stock.path)
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    page.get_by_role("button", name="Tom Hargreave").click()
    expect(page.get_by_role("heading", name=stock.name)).to_be_visible()
    page.context.close()


def test_a_wrong_password_says_so_and_keeps_the_address(
    site: Installation, chromium: Browser
) -> None:
    page = chromium.new_context(base_url=site.address).new_page()
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill("tom@harbour.example")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    expect(page.get_by_label("E-mail")).to_have_value("tom@harbour.example")
    page.context.close()


def test_signing_out_ends_the_session(stock: Table, tom: Person) -> None:
    tom.open(stock)
    tom.choose("Tom Hargreave Admin", "Sign out")
    expect(tom.page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    tom.page.go_back()
    expect(tom.page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()


def test_links_keep_one_socket_and_the_back_button_is_right(
    api: Api, stock: Table, tom: Person
) -> None:
    sockets: list[WebSocket] = []
    tom.page.on("websocket", lambda socket: sockets.append(socket))
    tom.page.goto("/")
    tom.wait_until_live()
    sidebar = tom.page.locator("#sidebar")
    sidebar.get_by_role("link", name=stock.name, exact=True).click()
    expect(tom.row("Mug")).to_be_visible()
    expect(tom.page).to_have_title(f"{stock.name} · Plainrow")
    expect(sidebar.get_by_role("link", name=stock.name, exact=True)).to_have_attribute(
        "aria-current", "page"
    )
    sidebar.get_by_role("link", name="Home").click()
    expect(tom.page.get_by_role("heading", name="Home")).to_be_visible()
    tom.page.go_back()
    api.set_cell(stock, "Mug", "On hand", 8)
    expect(tom.cell(stock, "Mug", "On hand")).to_have_text("8")
    assert len(sockets) == 1
    assert tom.page.evaluate("sessionStorage.getItem('htmx-history-cache')") is None


def test_a_table_is_made_renamed_deleted_and_brought_back(
    api: Api, tom: Person, mira: Person
) -> None:
    tom.page.locator("#sidebar").get_by_role("link", name="Office").click()
    tom.page.get_by_role("link", name="New table").click()
    tom.dialog.get_by_label("Name").fill("Ideas")
    tom.button("Make table").click()
    expect(tom.page.get_by_role("heading", name="Ideas")).to_be_visible()
    expect(tom.page.get_by_text("No rows yet")).to_be_visible()
    link = mira.page.locator("#sidebar").get_by_role("link")
    expect(link.filter(has_text="Ideas")).to_be_visible()
    tom.choose("This table", "Rename table")
    tom.dialog.get_by_label("Name").fill("Better ideas")
    tom.press("Enter")
    expect(tom.page.get_by_role("heading", name="Better ideas")).to_be_visible()
    tom.choose("This table", "Delete table")
    expect(tom.dialog).to_contain_text("Delete Better ideas?")
    tom.button("Delete table").click()
    expect(tom.page.get_by_text("Better ideas was deleted.")).to_be_visible()
    expect(link.filter(has_text="Better ideas")).to_have_count(0)
    tom.button("Undo").click()
    expect(tom.page.get_by_role("heading", name="Better ideas")).to_be_visible()
    expect(link.filter(has_text="Better ideas")).to_be_visible()


def test_a_form_keeps_what_was_typed_when_it_is_refused(stock: Table, tom: Person) -> None:
    tom.open(stock)
    tom.choose("This table", "New column")
    tom.dialog.get_by_label("Name").fill("on HAND")
    tom.dialog.get_by_label("Type").select_option("select")
    tom.dialog.get_by_label("Options").fill("A\nB")
    tom.button("Add column").click()
    expect(tom.dialog).to_contain_text("already")
    expect(tom.dialog.get_by_label("Name")).to_have_value("on HAND")
    expect(tom.dialog.get_by_label("Options")).to_have_value("A\nB")
    tom.dialog.get_by_label("Name").fill("Shelf")
    tom.button("Add column").click()
    expect(tom.page.locator("thead th", has_text="Shelf")).to_be_attached()
    expect(tom.dialog).to_have_count(0)


def test_a_column_is_renamed_and_deleted(stock: Table, tom: Person, mira: Person) -> None:
    tom.open(stock)
    mira.open(stock)
    tom.page.locator("thead th", has_text="On hand").hover()
    tom.choose("Column On hand", "Rename or change")
    tom.dialog.get_by_label("Name").fill("In stock")
    tom.button("Save").click()
    for person in (tom, mira):
        expect(person.page.locator("thead th", has_text="In stock")).to_be_visible()
    tom.page.locator("thead th", has_text="In stock").hover()
    tom.choose("Column In stock", "Delete column")
    tom.button("Delete column").click()
    for person in (tom, mira):
        expect(person.page.locator("thead th", has_text="In stock")).to_have_count(0)
        expect(person.row("Mug").locator("[data-column]")).to_have_count(len(stock.columns) - 1)


def test_a_workspace_is_made_renamed_deleted_and_brought_back(tom: Person) -> None:
    tom.page.get_by_role("link", name="New workspace").click()
    tom.dialog.get_by_label("Name").fill("Events")
    tom.button("Make workspace").click()
    expect(tom.page.locator("h1")).to_have_text("Events")
    expect(tom.page.get_by_text("No tables yet")).to_be_visible()
    tom.page.locator(".empty").get_by_role("link", name="New table").click()
    expect(tom.button("Make table")).to_be_visible()
    tom.press("Escape")
    tom.choose("This workspace", "Rename workspace")
    tom.dialog.get_by_label("Name").fill("Fairs")
    tom.press("Enter")
    expect(tom.page.locator("h1")).to_have_text("Fairs")
    tom.choose("This workspace", "Delete workspace")
    tom.button("Delete workspace").click()
    expect(tom.page.get_by_text("Fairs was deleted.")).to_be_visible()
    tom.button("Undo").click()
    expect(tom.page.locator("h1")).to_have_text("Fairs")


def test_forms_have_pages_of_their_own_without_script(
    stock: Table, visit: Callable[..., Person]
) -> None:
    tom = visit("Tom Hargreave", java_script_enabled=False)
    tom.page.goto(f"{stock.path}rename")
    tom.page.locator("#form").get_by_label("Name").fill(f"{stock.name} plain")
    tom.button("Rename").click()
    expect(tom.page.get_by_role("heading", name=f"{stock.name} plain")).to_be_visible()
    expect(tom.page.locator(".connection")).to_contain_text("Not live")


def test_a_long_table_has_a_way_on_without_script(api: Api, visit: Callable[..., Person]) -> None:
    long = api.make_table("Office", "Long", [f"Item {number}" for number in range(1, 131)])
    tom = visit("Tom Hargreave", java_script_enabled=False)
    tom.page.goto(long.path)
    # Chromium leaves it empty when only a test turned scripts off
    assert "<noscript><p" in tom.page.request.get(long.path).text()
    expect(tom.page.locator(".grid tbody tr")).to_have_count(100)
    tom.page.get_by_role("link", name="Next rows").click()
    expect(tom.page.locator(".grid tbody .cell-primary").first).to_have_text("Item 101")
    expect(tom.page.locator(".grid tbody tr")).to_have_count(30)
    tom.page.get_by_role("link", name="First rows").click()
    expect(tom.page.locator(".grid tbody .cell-primary").first).to_have_text("Item 1")


def test_a_table_in_the_trash_leaves_open_pages_and_comes_back_to_them(
    stock: Table, tom: Person, mira: Person
) -> None:
    mira.open(stock)
    tom.open(stock)
    tom.choose("This table", "Delete table")
    tom.button("Delete table").click()
    expect(tom.page.get_by_text(f"{stock.name} was deleted.")).to_be_visible()
    expect(mira.page.get_by_text("This table is not here any more")).to_be_visible()
    expect(mira.row("Mug")).to_have_count(0)
    expect(mira.button("New row")).to_have_count(0)
    tom.page.locator("#sidebar").get_by_role("link", name="Trash").click()
    tom.button(f"Restore {stock.name}").click()
    expect(tom.page.get_by_text(f"{stock.name} is back.")).to_be_visible()
    expect(tom.button(f"Restore {stock.name}")).to_have_count(0)
    expect(mira.row("Mug")).to_be_visible()
    expect(mira.button("New row").first).to_be_visible()
