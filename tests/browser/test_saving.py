"""Typing is sacred: nothing that arrives, fails or restarts takes away what somebody typed."""

import re

from playwright.sync_api import Route, WebSocketRoute, expect

from tests.browser.api import Api
from tests.browser.installation import Installation
from tests.browser.person import Person, Table

CHANGED = re.compile(r"\bis-changed\b")


def test_typing_survives_a_change_of_the_row(api: Api, stock: Table, tom: Person) -> None:
    tom.open(stock)
    tom.cell(stock, "Mug", "Name").dblclick()
    tom.type(", half typ")
    api.set_cell(stock, "Mug", "On hand", 55)
    on_hand = tom.page.locator(f'[data-column="{stock.columns["On hand"]}"]').first
    expect(on_hand).to_have_text("55")
    expect(on_hand).to_have_class(CHANGED)
    tom.type("ed", "Enter")
    expect(tom.row("Mug, half typed")).to_be_visible()


def test_who_types_is_told_of_another_value_and_chooses(
    api: Api, stock: Table, tom: Person
) -> None:
    tom.open(stock)
    cell = tom.cell(stock, "Apron", "On hand")
    cell.click()
    tom.type("60")
    api.set_cell(stock, "Apron", "On hand", 80)
    expect(cell).to_contain_text("Somebody saved 80")
    tom.press("Enter")
    expect(tom.dialog).to_contain_text("On hand of Apron. It was 20 when you began.")
    expect(tom.dialog.get_by_text("Ines Okafor, ")).to_have_text(
        re.compile(r"^Ines Okafor, (now|\d+ sec\. ago)$")
    )
    tom.button("Save 60").click()
    tom.expect_saved(cell, "60")
    assert api.row(stock, "Apron")["On hand"] == 60


def test_an_enter_too_many_chooses_nothing(api: Api, stock: Table, tom: Person) -> None:
    tom.open(stock)
    cell = tom.cell(stock, "Fork", "On hand")
    cell.click()
    tom.type("60")
    api.set_cell(stock, "Fork", "On hand", 80)
    expect(cell).to_contain_text("Somebody saved 80")
    tom.press("Enter")
    expect(tom.dialog.get_by_role("heading")).to_be_focused()
    tom.press("Enter", "Enter")
    expect(tom.dialog).to_be_visible()
    assert api.row(stock, "Fork")["On hand"] == 80


def test_nobody_is_in_conflict_with_oneself_when_answers_are_late(
    api: Api, stock: Table, tom: Person
) -> None:
    late: list[Route] = []
    tom.open(stock)
    tom.page.route("**/api/rows/*", lambda route: late.append(route))
    cell = tom.cell(stock, "Mug", "On hand")
    cell.click()
    with tom.page.expect_request("**/api/rows/*"):
        tom.type("1 000", "Enter")
    tom.press("ArrowUp")
    tom.type("7")
    with tom.page.expect_response("**/api/rows/*"):
        late.pop().continue_()
    tom.page.unroute("**/api/rows/*")
    tom.press("Enter")
    tom.expect_saved(cell, "7")
    expect(tom.dialog).to_have_count(0)
    assert api.row(stock, "Mug")["On hand"] == 7


def test_saves_of_one_cell_go_one_after_the_other(api: Api, stock: Table, tom: Person) -> None:
    late: list[Route] = []
    tom.open(stock)
    tom.page.route("**/api/rows/*", lambda route: late.append(route))
    box = tom.cell(stock, "Mug", "Active").locator("input")
    tom.cell(stock, "Mug", "On hand").click()
    tom.press("End")
    with tom.page.expect_request("**/api/rows/*"):
        tom.press("Space")
    tom.press("Space", "Space", "Space", "Space")
    expect(box).to_be_checked()
    assert len(late) == 1
    late.pop().continue_()
    tom.page.unroute("**/api/rows/*")
    tom.expect_saved(tom.cell(stock, "Mug", "Active"), "")
    assert api.row(stock, "Mug")["Active"] is True


def test_nobody_is_in_conflict_with_oneself_when_frames_are_late(
    api: Api, stock: Table, tom: Person
) -> None:
    is_late = False

    def relay(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda message: None if is_late else socket.send(message))

    tom.page.route_web_socket("**/live/", relay)
    tom.open(stock)
    is_late = True
    cell = tom.cell(stock, "Mug", "On hand")
    cell.click()
    tom.type("12", "Enter")
    expect(tom.page.locator(".is-saving")).to_have_count(0)
    # What a frame does that was on its way before the save
    cell.evaluate(
        """(cell) => {
          const data = cell.querySelector("data");
          data.value = data.textContent = "0";
        }"""
    )
    tom.press("ArrowUp")
    tom.type("13", "Enter")
    expect(tom.page.locator(".is-saving")).to_have_count(0)
    expect(tom.dialog).to_have_count(0)
    assert api.row(stock, "Mug")["On hand"] == 13


def test_a_save_without_an_answer_is_no_conflict_later(api: Api, stock: Table, tom: Person) -> None:
    tom.open(stock)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    tom.page.route("**/api/rows/*", lose)
    cell = tom.cell(stock, "Mug", "On hand")
    cell.click()
    tom.type("11", "Enter")
    expect(cell).to_contain_text("Not saved")
    assert api.row(stock, "Mug")["On hand"] == 11
    tom.page.unroute("**/api/rows/*")
    tom.press("ArrowUp")
    tom.type("12", "Enter")
    tom.expect_saved(cell, "12")
    assert api.row(stock, "Mug")["On hand"] == 12


def test_a_cell_that_is_not_saved_is_marked_as_soon_as_its_page_is_back(
    stock: Table, tom: Person
) -> None:
    tom.open(stock)
    tom.cell(stock, "Fork", "On hand").click()
    tom.type("a dozen", "Enter")
    expect(tom.savebar).to_be_visible()
    links = tom.page.locator("#sidebar")
    links.get_by_role("link", name="Home").click()
    expect(tom.page.get_by_role("heading", name="Home")).to_be_visible()
    tom.page.evaluate(
        """() => new MutationObserver((_records, observer) => {
          const grid = document.querySelector("#page .grid");
          if (!grid) return;
          observer.disconnect();
          requestAnimationFrame(() => {
            document.body.dataset.marked = grid.querySelectorAll(".is-unsaved .cell-note").length;
          });
        }).observe(document.body, { subtree: true, childList: true })"""
    )
    links.get_by_role("link", name=stock.name, exact=True).click()
    cell = tom.cell(stock, "Fork", "On hand")
    expect(cell).to_contain_text("a dozen")
    expect(tom.page.locator("body")).to_have_attribute("data-marked", "1")
    tom.wait_until_live()
    expect(cell).to_contain_text("Not saved")


def test_who_chooses_the_other_value_keeps_it(api: Api, stock: Table, tom: Person) -> None:
    tom.open(stock)
    cell = tom.cell(stock, "Apron", "On hand")
    cell.click()
    tom.type("60")
    api.set_cell(stock, "Apron", "On hand", 80)
    tom.press("Enter")
    tom.dialog.get_by_text("Ines Okafor, ").click()
    tom.button("Keep 80").click()
    expect(cell).to_have_text("80")
    assert api.row(stock, "Apron")["On hand"] == 80
    expect(tom.savebar).to_be_hidden()


def test_a_choice_can_wait(api: Api, stock: Table, tom: Person) -> None:
    tom.open(stock)
    cell = tom.cell(stock, "Apron", "On hand")
    cell.click()
    tom.type("60")
    api.set_cell(stock, "Apron", "On hand", 80)
    tom.press("Enter")
    tom.button("Decide later").click()
    expect(cell).to_contain_text("Two values")
    tom.button("Choose a value").click()
    expect(tom.dialog).to_contain_text("Ines Okafor")


def test_whoever_changed_it_in_psql_is_somebody(
    site: Installation, stock: Table, tom: Person
) -> None:
    tom.open(stock)
    cell = tom.cell(stock, "Apron", "On hand")
    cell.click()
    tom.type("60")
    site.psql(
        "update data_table_rows set cells = jsonb_set(cells, array[%s], '80') where table_id = %s",
        stock.columns["On hand"],
        stock.id,
    )
    tom.press("Enter")
    expect(tom.dialog).to_contain_text("Saved by somebody else")


def test_what_cannot_be_sent_waits_until_the_person_says_so(
    api: Api, stock: Table, tom: Person
) -> None:
    tom.open(stock)
    tom.context.set_offline(True)
    tom.cell(stock, "Mug", "On hand").click()
    tom.type("11", "Enter")
    tom.type("12", "Enter")
    for item in ("Mug", "Trivet"):
        expect(tom.cell(stock, item, "On hand")).to_contain_text("Not saved")
    expect(tom.savebar).to_contain_text("2 changes are not saved.")
    tom.context.set_offline(False)
    tom.wait_until_live()
    expect(tom.cell(stock, "Mug", "On hand")).to_contain_text("Not saved")
    assert api.row(stock, "Mug")["On hand"] == 0
    tom.button("Save 2 changes").click()
    tom.expect_saved(tom.cell(stock, "Mug", "On hand"), "11")
    assert [api.row(stock, item)["On hand"] for item in ("Mug", "Trivet")] == [11, 12]


def test_a_change_that_waits_can_be_given_up(api: Api, stock: Table, tom: Person) -> None:
    tom.open(stock)
    tom.context.set_offline(True)
    tom.cell(stock, "Fork", "On hand").click()
    tom.type("11", "Enter")
    tom.button("Discard").click()
    expect(tom.cell(stock, "Fork", "On hand")).to_have_text("40")
    expect(tom.savebar).to_be_hidden()
    tom.context.set_offline(False)
    tom.wait_until_live()
    assert api.row(stock, "Fork")["On hand"] == 40


def test_a_change_that_waits_survives_going_to_another_page_and_back(
    api: Api, stock: Table, tom: Person
) -> None:
    tom.open(stock)
    tom.context.set_offline(True)
    tom.cell(stock, "Fork", "On hand").click()
    tom.type("11", "Enter")
    expect(tom.savebar).to_be_visible()
    tom.context.set_offline(False)
    tom.wait_until_live()
    tom.page.locator("#sidebar").get_by_role("link", name="Home").click()
    expect(tom.page.get_by_role("heading", name="Home")).to_be_visible()
    expect(tom.savebar).to_contain_text("1 change is not saved.")
    tom.page.go_back()
    expect(tom.cell(stock, "Fork", "On hand")).to_contain_text("Not saved")
    tom.button("Save 1 change").click()
    expect(tom.cell(stock, "Fork", "On hand")).to_have_text("11")


def test_leaving_with_a_change_that_waits_asks_first(stock: Table, tom: Person) -> None:
    tom.open(stock)
    tom.context.set_offline(True)
    tom.cell(stock, "Fork", "On hand").click()
    tom.type("11", "Enter")
    expect(tom.savebar).to_be_visible()
    with tom.page.expect_event("dialog") as asked:
        tom.page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.accept()


def test_a_row_that_is_deleted_under_one_s_hands_stays_until_they_are_off(
    api: Api, stock: Table, tom: Person
) -> None:
    tom.open(stock)
    tom.cell(stock, "Towel", "Name").dblclick()
    tom.type(", harbour stripe")
    api.ask("DELETE", f"rows/{api.row(stock, 'Towel')['id']}")
    expect(tom.page.get_by_text("The row was deleted.")).to_be_visible()
    tom.press("Enter")
    expect(tom.page.locator(".grid tbody .cell-primary")).to_have_text(
        ["Mug", "Trivet", "Apron", "Fork"]
    )
    tom.button("Copy what you typed").click()
    expect(tom.page.get_by_text("Copied.")).to_be_visible()
    text = tom.page.evaluate("navigator.clipboard.readText()")
    assert text == "Towel, harbour stripe"


def test_typing_survives_a_restart_of_the_server(
    site: Installation, api: Api, stock: Table, tom: Person
) -> None:
    tom.open(stock)
    tom.cell(stock, "Mug", "Name").dblclick()
    tom.type(", before")
    site.stop()
    expect(tom.page.locator(".connection")).not_to_have_attribute("data-connection", "live")
    tom.type(" and after")
    site.start()
    tom.wait_until_live()
    tom.press("Enter")
    tom.expect_saved(
        tom.row("Mug, before and after").locator(".cell-primary"), "Mug, before and after"
    )
    assert api.row(stock, "Mug, before and after")["On hand"] == 0
