"""Somebody at a browser."""

import re
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, expect

#: What a browser says by itself when a request fails, which some tests are about.
EXPECTED = re.compile(
    r"Failed to load resource|WebSocket connection to|htmx:(afterRequest|sendError)"
    r"|Response Status Error Code 40[34]"
)


@dataclass
class Table:
    """A table of the sample company, as a test knows it."""

    id: str
    name: str
    columns: dict[str, str]

    @property
    def path(self) -> str:
        """Its address."""
        return f"/t/{self.id}/"


@dataclass
class Person:
    """Signs in, opens tables, and notes whatever the browser complains about."""

    name: str
    context: BrowserContext
    page: Page
    has_script: bool = True
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def another_tab(self) -> "Person":
        """Open a second tab of the same browser."""
        page = self.context.new_page()
        return Person(self.name, self.context, page, self.has_script, self.complaints)

    def sign_in(self) -> None:
        """Press the demo's button with one's name."""
        self.page.goto("/sign-in")
        self.page.get_by_role("button", name=self.name).click()
        expect(self.page.locator("#sidebar")).to_be_attached()
        if self.has_script:
            self.wait_until_live()

    def open(self, table: Table) -> None:
        """Go to a table, and wait until it is live."""
        self.page.goto(table.path)
        self.wait_until_live()

    def wait_until_live(self) -> None:
        """Wait for the dot."""
        expect(self.page.locator(".connection")).to_have_attribute("data-connection", "live")

    def expect_saved(self, cell: Locator, text: str) -> None:
        """Wait until a cell shows something and the server has it."""
        expect(cell).to_have_text(text)
        expect(self.page.locator(".is-saving")).to_have_count(0)
        expect(self.savebar).to_be_hidden()

    def row(self, item: str) -> Locator:
        """Find the row with this name."""
        named = self.page.locator(".cell-primary", has_text=re.compile(f"^{re.escape(item)}$"))
        return self.page.locator(".grid tbody tr", has=named)

    def cell(self, table: Table, item: str, column: str) -> Locator:
        """Find a cell by the name of its row and of its column."""
        return self.row(item).locator(f'[data-column="{table.columns[column]}"]')

    def type(self, text: str, *then: str) -> None:
        """Type, then press keys."""
        self.page.keyboard.type(text)
        self.press(*then)

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def button(self, name: str) -> Locator:
        """Find a button by its name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def choose(self, menu: str, item: str) -> None:
        """Open a menu and choose from it."""
        self.button(menu).click()
        self.page.get_by_role("menuitem", name=item).click()

    @property
    def dialog(self) -> Locator:
        """The dialog that is open."""
        return self.page.locator("dialog[open]")

    @property
    def savebar(self) -> Locator:
        """What waits to be saved."""
        return self.page.locator("#savebar")

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not EXPECTED.search(message.text):
            self.complaints.append(message.text)
