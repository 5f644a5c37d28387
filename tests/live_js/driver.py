"""One browser page with the live module, as a test sees it."""

from typing import Any

from playwright.sync_api import Page

from tests.live_js.server import LiveServer
from tests.live_js.site import Site, page

CLEAN = """(selector) => {
  const copy = document.querySelector(selector).cloneNode(true);
  for (const part of copy.querySelectorAll("*")) {
    part.classList.remove("is-changed");
    if (!part.classList.length) part.removeAttribute("class");
  }
  return copy.innerHTML;
}"""


class Live:
    """Opens pages and asks them what they show."""

    def __init__(self, page: Page, site: Site, server: LiveServer) -> None:
        self.page = page
        self.site = site
        self.server = server

    def open(self, *parts: str, path: str = "/", subscribed: bool = True) -> None:
        """Show a page of these parts, and wait until its areas are subscribed."""
        self.site.pages[path] = page("".join(parts))
        before = len(self.server.of("subscribe"))
        self.page.goto(path)
        self.page.wait_for_function("window.live")
        expected = "".join(parts).count("data-live=") if subscribed else 0
        self.server.until(lambda: len(self.server.of("subscribe")) >= before + expected)

    def html(self, selector: str = "#list") -> str:
        """Return what an element holds, without highlights."""
        return self.page.evaluate(CLEAN, selector)

    def ids(self, selector: str = "#list") -> list[str]:
        """Return the ids of its children, without their prefix."""
        script = "(s) => [...document.querySelector(s).children].map((row) => row.id)"
        return [name.removeprefix("row-") for name in self.page.evaluate(script, selector)]

    def js(self, script: str, argument: object = None) -> Any:
        """Evaluate something in the page."""
        return self.page.evaluate(script, argument)

    def hold(self, selector: str) -> None:
        """Take an element in hand."""
        self.js("(s) => live.hold(document.querySelector(s))", selector)

    def release(self, selector: str) -> dict[str, bool]:
        """Give an element back."""
        return self.js("(s) => live.release(document.querySelector(s))", selector)

    def state(self) -> dict[str, Any]:
        """Return what the page says of its connection."""
        return self.js("live.state()")

    def until(self, condition: str, argument: object = None) -> None:
        """Wait for a condition in the page."""
        self.page.wait_for_function(condition, arg=argument)

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the events of one name; elements in their details became ids."""
        script = """(name) => window.events.filter((event) => event.name === name).map((event) =>
          JSON.parse(JSON.stringify(event, (_, value) =>
            value instanceof Element ? value.id || value.outerHTML : value)))"""
        return self.js(script, name)


def cell(key: str, column: str = "name") -> str:
    """Return the selector of a cell."""
    return f"#row-{key} [data-column={column}]"
