"""What an admin sees of the devices of somebody whose access has changed, in real browsers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.api import Api
from tests.browser.person import Person

CLEARED = re.compile(r"Chrome on \w+.*cleared after \d+\.\d s", re.DOTALL)


@pytest.fixture(autouse=True)
def sana_s_office(api: Api) -> Iterator[None]:
    """Sana is signed in nowhere at first, and has Office again at the end."""
    api.end_devices("Sana Rahman")
    yield
    api.give("Sana Rahman", "Office", "view")


def latest_change(admin: Person) -> Locator:
    return admin.page.locator(".receipt").first


def test_a_revocation_is_told_as_cleared(api: Api, tom: Person, sana: Person) -> None:
    tom.page.goto("/people")
    tom.wait_until_live()

    api.take("Sana Rahman", "Office")

    change = latest_change(tom)
    expect(change).to_contain_text("Sana Rahman may no longer view Office")
    expect(change).to_contain_text("by Ines Okafor")
    expect(change.locator("li")).to_have_class("is-done")
    expect(change.locator("li")).to_have_text(CLEARED)
    tom.page.goto("/audit-log")
    expect(tom.page.locator("tbody tr").first).to_contain_text("Chrome on Linux cleared after")


def test_a_device_that_is_offline_is_waited_for(api: Api, tom: Person, sana: Person) -> None:
    tom.page.goto("/people")
    tom.wait_until_live()
    sana.page.goto("about:blank")  # nobody of hers is connected any more

    api.take("Sana Rahman", "Office")

    change = latest_change(tom)
    expect(change.locator("li.is-waiting")).to_contain_text(
        "will be cleared when it returns, at the latest on"
    )
    sana.page.goto("/")
    expect(change.locator("li")).to_have_class("is-done")


def test_a_device_that_was_signed_out_is_told_as_cleared(
    api: Api, tom: Person, sana: Person
) -> None:
    tom.page.goto("/people")
    tom.wait_until_live()

    api.end_devices("Sana Rahman")

    change = latest_change(tom)
    expect(change).to_contain_text("Sana Rahman signed out on")
    expect(change.locator("li.is-done")).to_have_count(1)
