"""A long table is on the page a part at a time."""

import pytest
from playwright.sync_api import expect

from tests.browser.api import Api
from tests.browser.person import Person, Table

ROWS = 1100


@pytest.fixture(scope="module")
def long(api: Api) -> Table:
    """A table that no window holds whole."""
    table = api.make_table("Office", "Long", [])
    for number in range(1, ROWS + 1):
        api.add_row(table, Name=f"Item {number}")
    return table


def scroll(person: Person, by: int) -> None:
    person.page.locator(".grid-wrap").evaluate("(wrap, by) => wrap.scrollBy(0, by)", by)


def scroll_until(person: Person, text: str, by: int) -> None:
    """Scroll on until the window is the wanted one."""
    status = person.page.locator("[data-window-status]")
    for _ in range(100):
        if status.inner_text() == text:
            return
        scroll(person, by)
        person.page.evaluate("() => new Promise((done) => requestIdleCallback(done))")
    expect(status).to_have_text(text)


def test_a_window_grows_at_the_end_of_the_scroll(long: Table, tom: Person) -> None:
    tom.open(long)
    expect(tom.page.locator("[data-window-status]")).to_have_text("First 100 rows")
    scroll(tom, 100_000)
    expect(tom.page.locator("[data-window-status]")).to_have_text("First 200 rows")
    expect(tom.row("Item 200")).to_be_attached()


def test_a_window_slides_to_the_last_row_and_back(long: Table, tom: Person) -> None:
    tom.open(long)
    scroll_until(tom, "Rows 801 to 1,100", 2_000)
    scroll(tom, 100_000)
    expect(tom.row(f"Item {ROWS}")).to_be_in_viewport()
    expect(tom.row(f"Item {ROWS}")).to_have_attribute("aria-rowindex", str(ROWS + 1))
    scroll_until(tom, "First 500 rows", -2_000)
    scroll(tom, -100_000)
    expect(tom.row("Item 1")).to_be_in_viewport()
