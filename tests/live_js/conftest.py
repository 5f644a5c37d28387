"""A real Chromium, a small site, and a live server that the test plays."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.chromium import ARGUMENTS, find_chromium
from tests.live_js.driver import Live
from tests.live_js.server import PATIENCE, LiveServer
from tests.live_js.site import Site


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    program = find_chromium()
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
    only_site.answers.clear()
    only_site.requested.clear()
    return only_site


@pytest.fixture(scope="package")
def context(browser: Browser, only_site: Site) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=only_site.address)
    yield context
    context.close()


@contextmanager
def opened(context: BrowserContext, site: Site) -> Iterator[Live]:
    """Give a new page, and see to it that nothing went wrong in it."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    errors: list[object] = []
    page.on("pageerror", lambda error: errors.append(error))
    yield Live(page, site, LiveServer(page))
    page.close()
    assert errors == []


@pytest.fixture
def live(context: BrowserContext, site: Site) -> Iterator[Live]:
    with opened(context, site) as live:
        yield live


@pytest.fixture
def clocked(browser: Browser, site: Site) -> Iterator[Live]:
    """A page whose clock the test moves."""
    context = browser.new_context(base_url=site.address)
    context.clock.install()
    with opened(context, site) as live:
        yield live
    context.close()
