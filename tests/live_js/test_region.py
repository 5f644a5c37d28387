"""A live region is rendered whole, and morphed."""

from tests.live_js.driver import Live
from tests.live_js.markup import region, rendered


def test_a_region_becomes_what_was_rendered(live: Live) -> None:
    live.open(region("<h2>3 orders</h2>"))
    live.server.apply(rendered("<h2>4 orders</h2><p>New</p>"), name="region")
    assert live.html("#region") == "<h2>4 orders</h2><p>New</p>"


def test_what_stays_in_a_region_keeps_its_element(live: Live) -> None:
    live.open(region('<ul><li id="x">X</li><li id="y">Y</li></ul>'))
    live.js("window.y = document.querySelector('#y')")
    live.server.apply(rendered('<ul><li id="w">W</li><li id="y">Y!</li></ul>'), name="region")
    assert live.js("y === document.querySelector('#y')")
    assert live.html("#region") == '<ul><li id="w">W</li><li id="y">Y!</li></ul>'


def test_what_a_person_opened_stays_open(live: Live) -> None:
    live.open(region("<details><summary>More</summary>1</details>"))
    live.page.click("summary")
    live.server.apply(rendered("<details><summary>More</summary>2</details>"), name="region")
    assert live.html("#region") == '<details open=""><summary>More</summary>2</details>'


def test_the_current_entry_stays_marked(live: Live) -> None:
    live.open(region('<a id="x" href="/x">X</a>'))
    live.js("document.querySelector('#x').setAttribute('aria-current', 'page')")
    live.server.apply(rendered('<a id="x" href="/x">X2</a>'), name="region")
    assert live.html("#region") == '<a id="x" href="/x" aria-current="page">X2</a>'


def test_only_the_newest_of_many_renderings_is_applied(live: Live) -> None:
    live.open(region("0"))
    for number in range(1, 50):
        live.server.frame(rendered(str(number)), name="region", etag=f"e{number}")
    live.server.apply(rendered("50"), name="region", etag="e50")
    assert live.html("#region") == "50"
    assert len(live.events("live:applied")) < 50


def test_an_operation_that_is_none_for_a_region_asks_for_it_anew(live: Live) -> None:
    live.open(region("0"))
    live.server.answer = live.server.whole(lambda: rendered("2"), "e2")
    live.server.frame('<p id="x" hx-swap-oob="delete"></p>', name="region")
    live.until("document.querySelector('#region').textContent === '2'")


def test_a_dialog_in_hand_is_left_alone_until_it_is_released(live: Live) -> None:
    live.open(region('<div id="form">old</div>'))
    live.hold("#form")
    live.server.apply(rendered('<p>1</p><div id="form">new</div>'), name="region")
    assert live.html("#region") == '<p>1</p><div id="form">old</div>'
    assert live.release("#form") == {"changed": True, "removed": False}
    assert live.html("#region") == '<p>1</p><div id="form">new</div>'


def test_a_region_inside_of_what_is_held_waits(live: Live) -> None:
    live.open('<dialog open id="dialog">', region("0"), "</dialog>")
    live.hold("#dialog")
    live.server.apply(rendered("1"), name="region", etag="e1")
    live.server.apply(rendered("2"), name="region", etag="e2")
    assert live.html("#region") == "0"
    live.release("#dialog")
    live.until("document.querySelector('#region').textContent === '2'")
