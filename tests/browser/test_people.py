"""People and roles: an admin changes them, and the page of whom it concerns follows at once."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.api import Api
from tests.browser.person import Person, Table


def test_a_role_that_is_lowered_takes_controls_away_without_a_reload(
    stock: Table, tom: Person, mira: Person
) -> None:
    mira.open(stock)
    mira.page.evaluate("window.isTheSame = true")
    expect(mira.button("New row").first).to_be_visible()
    tom.page.goto("/people/")
    tom.wait_until_live()
    role = tom.page.get_by_label("Role of Mira Lindqvist")
    role.select_option("viewer")
    expect(mira.page.get_by_text("You may look, not change")).to_be_visible()
    expect(mira.button("New row")).to_have_count(0)
    expect(mira.button("This table")).to_have_count(0)
    expect(mira.page.locator(".sidebar-foot")).to_contain_text("Viewer")
    mira.cell(stock, "Mug", "On hand").dblclick()
    expect(mira.page.locator(".cell-input")).to_have_count(0)
    expect(tom.page.get_by_text("Mira Lindqvist is a viewer now.")).to_be_visible()
    tom.button("Undo").click()
    expect(role).to_have_value("editor")
    expect(mira.button("New row").first).to_be_visible()
    assert mira.page.evaluate("window.isTheSame")


def test_who_becomes_an_admin_sees_everything_and_who_stops_being_one_does_not(
    api: Api, tom: Person, sana: Person
) -> None:
    api.make_table("Warehouse", "Pallets")
    sidebar = sana.page.locator("#sidebar")
    expect(sidebar.get_by_role("link", name="Warehouse")).to_have_count(0)
    tom.page.goto("/people/")
    tom.wait_until_live()
    role = tom.page.get_by_label("Role of Sana Rahman")
    role.select_option("admin")
    expect(sidebar.get_by_role("link", name="Warehouse")).to_be_visible()
    expect(sidebar.get_by_role("link", name="Audit log")).to_be_visible()
    expect(sana.page.get_by_role("link", name="New workspace")).to_be_visible()
    sidebar.get_by_role("link", name="People").click()
    expect(sana.page.get_by_text("jonas@harbourandhill.example")).to_be_visible()
    role.select_option("viewer")
    expect(sidebar.get_by_role("link", name="Audit log")).to_have_count(0)
    expect(sidebar.get_by_role("link", name="Warehouse")).to_have_count(0)
    expect(sana.page.get_by_text("jonas@harbourandhill.example")).to_have_count(0)


def test_somebody_new_comes_in_with_an_invitation_and_is_shown_out(
    tom: Person, visit: Callable[..., Person]
) -> None:
    tom.page.goto("/people/")
    tom.wait_until_live()
    tom.page.get_by_role("link", name="Add a person").click()
    tom.dialog.get_by_label("E-mail").fill("nora@harbourandhill.example")
    tom.dialog.get_by_label("Name").fill("Nora Quist")
    tom.dialog.get_by_label("Role").select_option("editor")
    tom.button("Add person").click()
    invitation = tom.page.get_by_label("Invitation").input_value()
    nora = tom.context.browser.new_context().new_page()  # type: ignore[union-attr]
    nora.goto(invitation)
    nora.get_by_label("New password").fill("tulips in the rain")
    nora.get_by_label("Once more").fill("tulips in the rain")
    nora.get_by_role("button", name="Set password").click()
    expect(nora.get_by_text("Nothing is shared with you yet")).to_be_visible()
    nora.goto(invitation)
    expect(nora.get_by_role("heading", name="This invitation has ended")).to_be_visible()
    nora.goto("/".join(invitation.split("/")[:3]))
    expect(nora.locator(".connection")).to_have_attribute("data-connection", "live")
    tom.page.goto("/people/")
    tom.wait_until_live()
    row = tom.page.locator("tbody tr", has_text="Nora Quist")
    expect(row).to_contain_text("1 device")
    row.get_by_role("button", name="More for Nora Quist").click()
    tom.page.get_by_role("menuitem", name="Remove from the company").click()
    expect(tom.dialog).to_contain_text("Remove Nora Quist?")
    tom.button("Remove Nora Quist").click()
    expect(row).to_have_count(0)
    expect(nora.get_by_text("Harbour & Hill")).to_have_count(0)
    nora.context.close()


def test_a_device_is_signed_out_by_an_admin(tom: Person, visit: Callable[..., Person]) -> None:
    jonas = visit("Jonas Petit")
    tom.page.goto("/people/")
    tom.page.get_by_role("link", name="Jonas Petit").click()
    devices = tom.page.locator("#devices")
    expect(devices).to_contain_text("Connected")
    devices.get_by_role("button", name="Sign out Chrome").click()
    expect(jonas.page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    expect(devices).to_contain_text("has this company open nowhere")


def test_nobody_changes_an_owner_but_an_owner(tom: Person, visit: Callable[..., Person]) -> None:
    tom.page.goto("/people/")
    row = tom.page.locator("tbody tr", has_text="Ines Okafor")
    expect(row.get_by_role("combobox")).to_have_count(0)
    row.get_by_role("button", name="More for Ines Okafor").click()
    expect(row.get_by_role("menuitem", name="Remove from the company")).to_have_count(0)
    ines = visit("Ines Okafor")
    ines.page.goto("/people/")
    roles = ines.page.get_by_label("Role of Tom Hargreave").get_by_role("option")
    expect(roles).to_have_text(["Owner", "Admin", "Editor", "Viewer"])


def test_a_role_is_changed_without_script(tom: Person, visit: Callable[..., Person]) -> None:
    ines = visit("Ines Okafor", java_script_enabled=False)
    ines.page.goto("/people/")
    row = ines.page.locator("tbody tr", has_text="Jonas Petit")
    row.get_by_label("Role of Jonas Petit").select_option("viewer")
    row.get_by_role("button", name="Save").click()
    expect(ines.page.get_by_text("Jonas Petit is a viewer now.")).to_be_visible()
    expect(row.get_by_label("Role of Jonas Petit")).to_have_value("viewer")
    row.get_by_label("Role of Jonas Petit").select_option("editor")
    row.get_by_role("button", name="Save").click()
    expect(ines.page.get_by_text("Jonas Petit is an editor now.")).to_be_visible()
