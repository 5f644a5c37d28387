"""Pictures of the running demo for docs/images: two people at once, dark, a phone, the sign-in."""

import argparse
import base64
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, ViewportSize, sync_playwright

from tests.chromium import ARGUMENTS, find_chromium
from workshop.places import BASE

IMAGES = BASE / "docs" / "images"
LARGEST = 300_000  # bytes of a picture
HALF: ViewportSize = {"width": 720, "height": 500}
WHOLE: ViewportSize = {"width": 1280, "height": 760}
PHONE: ViewportSize = {"width": 390, "height": 844}
#: Two pictures side by side, each in a frame with a name over it.
PAIR = """<!doctype html><style>
body { margin: 0; padding: 20px 24px 24px; display: flex; gap: 24px; background: #e4e7e3; }
figure { margin: 0; } figcaption { font: 600 15px/1 system-ui, sans-serif; margin: 0 0 12px; }
img { display: block; width: 720px; border-radius: 8px; box-shadow: 0 1px 12px #0003; }
</style>"""


def main() -> int:
    """Take all pictures; return the exit status."""
    parser = argparse.ArgumentParser(prog="bin/screenshots", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="of the running demo")
    address = f"http://localhost:{parser.parse_args().port}"
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        program = find_chromium()
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        _two_people(browser, address)
        with _person(browser, address, "Ines Okafor", viewport=WHOLE, color_scheme="dark") as ines:
            _open(ines, "Tasks")
            _take(ines, "grid-dark")
        with _person(browser, address, "Mira", viewport=PHONE, has_touch=True) as mira:
            _open(mira, "Inventory")
            _take(mira, "phone")
        page = browser.new_page(viewport=WHOLE)
        page.goto(f"{address}/sign-in")
        _take(page, "sign-in")
        browser.close()
    return 1 if _too_large() else 0


def _two_people(browser: Browser, address: str) -> None:
    """Mira types in one row, while what she saved in another one lights up on Tom's page."""
    with (
        _person(browser, address, "Mira", viewport=HALF) as mira,
        _person(browser, address, "Tom", viewport=HALF) as tom,
    ):
        for page in (mira, tom):
            _open(page, "Inventory")
        cell, other = _cell(mira, 3, "On hand"), _cell(mira, 6, "On hand")
        cell.click()
        mira.keyboard.type("52" if cell.inner_text() != "52" else "48")
        mira.keyboard.press("Enter")
        _cell(tom, 3, "On hand").and_(tom.locator(".is-changed")).wait_for()
        theirs = tom.screenshot(animations="allow")
        other.click()
        mira.keyboard.type("120")
        mine = mira.screenshot()
        mira.keyboard.press("Escape")
    page = browser.new_page(viewport={"width": 1512, "height": 572})
    page.set_content(
        PAIR + _figure("Mira is typing", mine) + _figure("Tom sees what she saved", theirs)
    )
    _take(page, "two-people")


def _figure(caption: str, picture: bytes) -> str:
    data = base64.b64encode(picture).decode()
    image = f'<img src="data:image/png;base64,{data}">'
    return f"<figure><figcaption>{caption}</figcaption>{image}</figure>"


@contextmanager
def _person(browser: Browser, address: str, name: str, **options: Any) -> Iterator[Page]:
    """Somebody who has signed in, in a browser of their own."""
    context = browser.new_context(base_url=address, locale="en-GB", **options)
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_role("button", name=name).click()
    page.locator("#sidebar").wait_for(state="attached")
    yield page
    context.close()


def _open(page: Page, table: str) -> None:
    link = page.locator("#sidebar a", has_text=re.compile(f"^{table}")).first
    page.goto(link.get_attribute("href") or "/")
    page.locator('[data-connection="live"]').wait_for()


def _cell(page: Page, row: int, column: str) -> Locator:
    key = page.locator(f'[data-name="{column}"]').get_attribute("data-head")
    return page.locator(f'.grid tbody tr:nth-child({row}) [data-column="{key}"]')


def _take(page: Page, name: str) -> None:
    page.screenshot(path=IMAGES / f"{name}.png")


def _too_large() -> list[Path]:
    found = [path for path in IMAGES.glob("*.png") if path.stat().st_size > LARGEST]
    for path in found:
        print(f"{path} is larger than {LARGEST:,} bytes.", file=sys.stderr)
    return found
