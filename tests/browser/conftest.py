"""A running installation, a real Chromium, and people who look at it."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.api import Api
from tests.browser.installation import Installation, installed
from tests.browser.person import Person, Table

ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 10_000  # ms
SIZE = {"width": 1280, "height": 800}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(os.environ["DATABASE_URL"], tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program, "These tests need Chromium: apt-get install chromium"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, site: Installation) -> Iterator[Callable[..., Person]]:
    """Let somebody of the sample companies sign in, each in a browser of their own."""
    people: list[Person] = []

    def sign_in(name: str, **options: object) -> Person:
        context = chromium.new_context(
            **{"base_url": site.address, "viewport": SIZE, "locale": "en-GB", **options}
        )
        context.set_default_timeout(PATIENCE)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        has_script = bool(options.get("java_script_enabled", True))
        person = Person(name, context, context.new_page(), has_script)
        people.append(person)
        person.sign_in()
        return person

    yield sign_in
    for person in people:
        person.context.close()
    for person in people:
        assert person.complaints == []


@pytest.fixture
def tom(visit: Callable[..., Person]) -> Person:
    """An admin."""
    return visit("Tom Hargreave")


@pytest.fixture
def mira(visit: Callable[..., Person]) -> Person:
    """An editor of all workspaces."""
    return visit("Mira Lindqvist")


@pytest.fixture
def sana(visit: Callable[..., Person]) -> Person:
    """A viewer."""
    return visit("Sana Rahman")


@pytest.fixture(scope="package")
def api(site: Installation) -> Iterator[Api]:
    """A program of Ines Okafor's, the owner."""
    with Api(site.address, "Ines Okafor") as api:
        yield api


@pytest.fixture
def stock(api: Api) -> Table:
    """A small table in Office, which everybody sees, for one test alone."""
    return api.make_table("Office", "Stock")
