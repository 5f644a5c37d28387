"""What is a person's own: name, password, devices."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.person import Person
from workspaces.sample.load import PASSWORD


def test_another_name_is_seen_by_colleagues_at_once(
    tom: Person, visit: Callable[..., Person]
) -> None:
    ruth = visit("Ruth Adeyemi")
    tom.page.goto("/people/")
    tom.wait_until_live()
    ruth.choose("Ruth Adeyemi Editor", "Your account and devices")
    for name in ("Ruth Adeyemi-Hall", "Ruth Adeyemi"):
        ruth.page.get_by_label("Name", exact=True).fill(name)
        ruth.button("Save name").click()
        expect(ruth.page.get_by_text("Your name was changed.").first).to_be_visible()
        expect(ruth.page.locator(".sidebar-foot")).to_contain_text(name)
        expect(tom.page.get_by_role("link", name=name, exact=True)).to_be_visible()


def test_another_password_signs_out_other_devices_and_this_one_stays(
    visit: Callable[..., Person],
) -> None:
    here, there = visit("Ellis Brandt"), visit("Ellis Brandt")
    here.page.goto("/account")
    here.wait_until_live()
    expect(here.page.get_by_text("This device")).to_be_visible()
    for present, said in (("not it", "incorrectly"), (PASSWORD, "Your password was changed.")):
        here.page.get_by_label("Present password").fill(present)
        here.page.get_by_label("New password").fill("tulips in the rain")
        here.page.get_by_label("Once more").fill("tulips in the rain")
        here.button("Change password").click()
        expect(here.page.locator("body")).to_contain_text(said)
    expect(there.page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    here.page.reload()
    here.wait_until_live()
    expect(here.page.get_by_text("This device")).to_be_visible()


def test_one_signs_out_on_another_device_of_one_s_own(visit: Callable[..., Person]) -> None:
    here, there = visit("Ellis Brandt"), visit("Ellis Brandt")
    here.page.goto("/account")
    here.wait_until_live()
    here.button("Sign out all others").click()
    expect(there.page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    expect(here.page.get_by_text("This device")).to_be_visible()
    expect(here.page.get_by_role("button", name="Sign out Chrome")).to_have_count(0)
