"""A page that the server does not know any more is fetched anew."""

import pytest

from tests.live_js.driver import Live
from tests.live_js.markup import deleted, head, row, table, tabled
from tests.live_js.site import Answer, page

A = row("a", "Mug")


def loads(live: Live) -> int:
    """How often the page was fetched."""
    return live.site.requested.count("/")


def refuse(live: Live, reason: str = "expired") -> None:
    """Say that an area is none of this session's."""
    live.server.say({"type": "refused", "sub": "s1", "reason": reason})


@pytest.mark.parametrize("reason", ["expired", "unknown", "malformed"])
def test_a_refusal_that_lasts_reloads_the_page(live: Live, reason: str) -> None:
    live.open(table([A]))
    with live.page.expect_event("load"):
        refuse(live, reason)
    assert loads(live) == 2


def test_a_product_may_act_instead(live: Live) -> None:
    live.open(table([A]))
    live.js("window.prevents = 'live:stale'")
    refuse(live)
    live.until("window.events.some((event) => event.name === 'live:stale')")
    assert live.events("live:stale")[0]["detail"] == {"reason": "expired", "waits": False}
    assert (live.state()["connection"], loads(live)) == ("changed", 1)


def test_it_waits_while_something_is_typed(live: Live) -> None:
    live.open(table([A]), "<input>")
    live.page.fill("input", "mine")
    refuse(live)
    live.until("window.events.some((event) => event.name === 'live:stale')")
    assert live.events("live:stale")[0]["detail"]["waits"]
    assert (live.page.input_value("input"), loads(live)) == ("mine", 1)


def test_a_page_that_is_told_the_same_again_and_again_stops_reloading(live: Live) -> None:
    live.server.answer = lambda message: {
        "type": "refused",
        "sub": message["sub"],
        "reason": "unknown",
    }
    live.site.pages["/"] = page(table([A]))
    live.page.goto("/", wait_until="commit")
    live.until("window.live?.state().connection === 'offline'")
    assert loads(live) == 4


def test_what_came_before_is_not_applied_any_more(clocked: Live) -> None:
    clocked.open(table([A]))
    clocked.js("window.prevents = 'live:stale'")
    clocked.page.clock.pause_at(clocked.js("(Date.now() + 1_000) / 1_000"))  # no frame is drawn
    clocked.server.frame(tabled(deleted("a")))
    refuse(clocked)
    clocked.server.until(lambda: clocked.events("live:stale"))
    clocked.page.clock.run_for(1_000)
    assert clocked.ids() == ["a"]


def test_a_page_of_another_tenant_is_emptied_instead(live: Live) -> None:
    """Its tokens are refused after a reconnect, because another tab opened another company."""
    live.site.pages["/"] = page("<p>Start</p>")
    live.site.answers["GET /data-version"] = lambda _body, _cookies: Answer.json(
        {"version": "v1", "user": "7", "company": "other"}
    )
    live.open(head(), table([A]), path="/list")
    refuse(live)
    live.page.wait_for_url("**/")
    assert live.page.inner_text("body") == "Start"
