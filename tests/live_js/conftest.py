"""A real Chromium, a small site, and a live server that the test plays."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.live_js.driver import Live
from tests.live_js.server import LiveServer
from tests.live_js.site import Site

ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program, "These tests need Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def only_site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.fixture
def site(only_site: Site) -> Site:
    only_site.pages.clear()
    only_site.requested.clear()
    return only_site


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(base_url=site.address)
    page = context.new_page()
    page.set_default_timeout(10_000)
    errors: list[object] = []
    page.on("pageerror", lambda error: errors.append(error))  # noqa: PLW0108
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def server(page: Page) -> LiveServer:
    return LiveServer(page)


@pytest.fixture
def live(page: Page, site: Site, server: LiveServer) -> Live:
    return Live(page, site, server)
