"""The same product in a hand."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.api import Api
from tests.browser.person import Person, Table

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}


@pytest.fixture
def jonas(visit: Callable[..., Person]) -> Person:
    """An editor with a phone."""
    return visit("Jonas Petit", **PHONE)


def test_the_sidebar_is_a_drawer(stock: Table, jonas: Person) -> None:
    sidebar = jonas.page.locator("#sidebar")
    expect(sidebar).to_be_hidden()
    jonas.button("Open menu").tap()
    expect(sidebar).to_be_visible()
    sidebar.get_by_role("link", name=stock.name, exact=True).tap()
    expect(jonas.page.get_by_role("heading", name=stock.name)).to_be_visible()
    expect(sidebar).to_be_hidden()


def test_a_second_tap_edits(api: Api, stock: Table, jonas: Person) -> None:
    jonas.open(stock)
    cell = jonas.cell(stock, "Mug", "Name")
    cell.tap()
    expect(jonas.page.locator(".cell-input")).to_have_count(0)
    cell.tap()
    expect(jonas.page.locator(".cell-input")).to_be_focused()
    jonas.type(", blue", "Enter")
    expect(jonas.row("Mug, blue")).to_be_visible()


def test_why_something_is_not_saved_is_inside_the_screen(stock: Table, jonas: Person) -> None:
    jonas.open(stock)
    for column in ("On hand", "Due"):
        cell = jonas.cell(stock, "Mug", column)
        cell.tap()
        jonas.type("a dozen", "Enter")
        sentence = cell.get_by_role("alert")
        expect(sentence).to_contain_text("is not a")
        expect(cell).to_be_focused()
        box = sentence.bounding_box()
        frozen = jonas.cell(stock, "Mug", "Name").bounding_box()
        assert box
        assert frozen
        assert box["x"] + 1 >= frozen["x"] + frozen["width"]  # the cell's line
        assert box["x"] + box["width"] <= PHONE["viewport"]["width"]
        # Not under the head, and not over what is below it once one goes on
        note = cell.locator(".cell-note").bounding_box()
        head = jonas.page.locator(".grid thead").bounding_box()
        assert note
        assert head
        assert note["y"] >= head["y"] + head["height"]
        jonas.cell(stock, "Fork", "Name").tap()
        expect(sentence).to_be_hidden()


def test_nothing_is_wider_than_the_screen(stock: Table, jonas: Person) -> None:
    for path in ("/", stock.path, f"{stock.path}rename"):
        jonas.page.goto(path)
        width = jonas.page.evaluate("document.documentElement.scrollWidth")
        assert width == PHONE["viewport"]["width"], path


def test_what_a_finger_hits_is_large_enough(stock: Table, jonas: Person) -> None:
    jonas.open(stock)
    small = jonas.page.evaluate(
        """() => [...document.querySelectorAll(
            "#page button, #page a, .grid tbody label")]
          .filter((part) => part.checkVisibility())
          .filter((part) => part.getBoundingClientRect().height < 24)
          .map((part) => part.outerHTML.slice(0, 80))"""
    )
    assert small == []


def test_the_connection_opens_from_below(stock: Table, jonas: Person) -> None:
    jonas.open(stock)
    jonas.page.locator(".connection").tap()
    panel = jonas.page.get_by_role("dialog", name="Connection")
    expect(panel).to_contain_text("Changes arrive here as they are saved.")
    box = panel.bounding_box()
    assert box
    assert round(box["y"] + box["height"]) == PHONE["viewport"]["height"]
