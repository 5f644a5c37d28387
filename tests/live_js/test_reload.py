"""When what the person may see has changed, the page is fetched anew."""

import pytest

from tests.live_js.driver import Live
from tests.live_js.markup import deleted, row, table, tabled
from tests.live_js.site import page

A = row("a", "Mug")


def loads(live: Live) -> int:
    """How often the page was fetched."""
    return live.site.requested.count("/")


@pytest.mark.parametrize("notice", ["access", "reset"])
def test_the_page_is_reloaded(live: Live, notice: str) -> None:
    live.open(table([A]))
    with live.page.expect_event("load"):
        live.server.say({"type": notice})
    assert loads(live) == 2


@pytest.mark.parametrize("reason", ["expired", "forbidden", "unknown", "malformed"])
def test_a_refusal_that_lasts_reloads_the_page(live: Live, reason: str) -> None:
    live.open(table([A]))
    with live.page.expect_event("load"):
        live.server.say({"type": "refused", "sub": "s1", "reason": reason})
    assert loads(live) == 2


def test_a_product_may_act_instead(live: Live) -> None:
    live.open(table([A]))
    live.js("window.prevents = true")
    live.server.say({"type": "access"})
    live.until("window.events.some((event) => event.name === 'live:access-changed')")
    assert live.events("live:access-changed")[0]["detail"] == {"reason": "access"}
    assert (live.state()["connection"], loads(live)) == ("changed", 1)


def test_a_page_that_is_told_the_same_again_and_again_stops_reloading(live: Live) -> None:
    live.server.answer = lambda _: {"type": "access"}
    live.site.pages["/"] = page(table([A]))
    live.page.goto("/", wait_until="commit")
    live.until("window.live?.state().connection === 'offline'")
    assert loads(live) == 4


def test_what_came_before_is_not_applied_any_more(clocked: Live) -> None:
    clocked.open(table([A]))
    clocked.js("window.prevents = true")
    clocked.page.clock.pause_at(clocked.js("Date.now() + 1_000"))  # no frame is drawn
    clocked.server.frame(tabled(deleted("a")))
    clocked.server.say({"type": "access"})
    clocked.server.until(lambda: clocked.events("live:access-changed"))
    clocked.page.clock.run_for(1_000)
    assert clocked.ids() == ["a"]
