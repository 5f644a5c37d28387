"""Asking the server whether the page still is what it was, and pages that nobody confirmed."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.live_js.driver import Live
from tests.live_js.markup import everything, head, region, row, table
from tests.live_js.site import Answer, page

A = row("a", "Mug")
MARK = "electric_sync_signed_out"
SAME = {"version": "v1", "user": "7", "company": "acme"}
DAY = 86_400
RESTORE = """() => {
  window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
  window.wasHidden = getComputedStyle(document.documentElement).display === "none";
  window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
}"""
SHOWN = "getComputedStyle(document.documentElement).display !== 'none'"


def saying(live: Live, **changed: object) -> None:
    """Let the server answer with something."""
    live.site.answers["GET /data-version"] = lambda _body, _cookies: Answer.json(SAME | changed)


def refusing(live: Live, status: int, name: str) -> None:
    """Let the server answer no."""
    live.site.answers["GET /data-version"] = lambda _body, _cookies: Answer.problem(status, name)


def reconciling(live: Live, **said: object) -> list[dict[str, Any]]:
    """Let the server compare; return what it was asked."""
    asked: list[dict[str, Any]] = []

    def compare(body: str, _cookies: str) -> Answer:
        asked.append(json.loads(body))
        whole = SAME | {"version": "v2", "reset": False, "keep": [], "drop": []} | said
        return Answer.json(whole)

    live.site.answers["POST /data-version"] = compare
    return asked


def asked(live: Live) -> int:
    """How often the server was asked for the version."""
    return live.site.requested.count("GET /data-version")


def show(live: Live, *parts: str, **viewer: Any) -> None:
    """Show a live page on which a version is written."""
    live.site.pages["/sign-in"] = page("<p>Who are you?</p>")
    live.server.version = "v1"
    if "GET /data-version" not in live.site.answers:
        saying(live)
    live.open(head(**viewer), table([A]), region("one row"), *parts, path="/list")
    live.server.until(lambda: live.server.of("cleared"))


def test_the_same_version_changes_nothing(live: Live) -> None:
    show(live)
    assert live.js("live.check()") == "same"
    assert live.site.requested.count("/list") == 1


def test_another_version_is_compared_and_what_was_lost_is_withdrawn(live: Live) -> None:
    show(live)
    saying(live, version="v2")
    told = reconciling(live, drop=["token-list"], keep=["token-region"])
    assert live.js("live.check()") == "changed"
    assert told == [
        {
            "user": "7",
            "company": "acme",
            "version": "v1",
            "held": ["token-list", "token-region"],
        }
    ]
    assert (live.html(), live.html("#region")) == ("", "one row")
    assert live.js("live.check()") == "same"
    assert live.site.requested.count("/list") == 1


def test_the_socket_brings_back_what_it_never_heard_was_taken(live: Live) -> None:
    """Found: what was taken and given back at once stayed away until the page was loaded anew."""
    show(live)
    live.server.answer = live.server.whole(lambda: everything([A]), "e2")
    saying(live, version="v2")
    reconciling(live, drop=["token-list"], keep=["token-region"])
    assert live.js("live.check()") == "changed"
    live.until("!document.querySelector('#list').hidden")
    assert live.ids() == ["a"]


@pytest.mark.parametrize("other", [{"user": "8"}, {"company": "other"}])
def test_somebody_else_s_page_ends(live: Live, other: dict[str, str]) -> None:
    show(live)
    live.site.pages["/"] = page("<p>Start</p>")
    saying(live, **other)
    assert live.js("live.check()") == "over"
    live.page.wait_for_url("**/")


def test_a_comparison_may_end_the_page(live: Live) -> None:
    show(live)
    live.js("window.prevents = 'live:reset'")
    saying(live, version="v2")
    reconciling(live, reset=True)
    assert live.js("live.check()") == "over"
    assert live.events("live:reset")[0]["detail"] == {"reason": "tenant"}


@pytest.mark.parametrize(("status", "name"), [(401, "signed-out"), (403, "no-access")])
def test_our_own_no_ends_the_page(live: Live, status: int, name: str) -> None:
    show(live)
    live.js("window.prevents = 'live:reset'")
    refusing(live, status, name)
    assert live.js("live.check()") == "over"
    assert live.events("live:reset")[0]["detail"] == {"reason": name}


@pytest.mark.parametrize(
    "answer",
    [
        Answer(401, "Pay for the wireless network"),
        Answer(403, '{"type": "about:blank"}', "application/problem+json"),
        Answer(200, "<p>Welcome to the train"),
        Answer(200, "{}", "application/json"),
        Answer(500, '{"type": "urn:electric-sync:problem:signed-out"}', "application/problem+json"),
        Answer.to("/list"),
    ],
)
def test_what_others_say_does_not_count(live: Live, answer: Answer) -> None:
    show(live)
    live.site.answers["GET /data-version"] = lambda _body, _cookies: answer
    assert live.js("live.check()") == "offline"
    assert live.ids() == ["a"]


def test_questions_are_asked_one_at_a_time(live: Live) -> None:
    show(live)
    assert live.js("Promise.all([live.check(), live.check(), live.check()])") == ["same"] * 3
    assert asked(live) == 1


def test_looking_at_the_page_again_asks_but_not_too_often(clocked: Live) -> None:
    show(clocked)
    for _ in range(3):
        clocked.js("window.dispatchEvent(new Event('focus'))")
    clocked.server.until(lambda: asked(clocked) == 1)
    clocked.page.clock.run_for(9_000)
    assert asked(clocked) == 1
    clocked.page.clock.run_for(2_000)
    clocked.server.until(lambda: asked(clocked) == 2)


def test_it_is_asked_every_ten_minutes(clocked: Live) -> None:
    show(clocked)
    for times in (1, 2):
        clocked.page.clock.fast_forward("10:00")
        clocked.page.clock.run_for(11_000)
        clocked.server.until(lambda times=times: asked(clocked) >= times)


def test_a_page_without_a_socket_is_fetched_anew(live: Live) -> None:
    saying(live)
    live.open(head(), "<p>Nothing here is live.</p>", path="/plain")
    saying(live, version="v2")
    reconciling(live)
    with live.page.expect_event("load"):
        live.js("void live.check()")
    assert live.site.requested.count("/plain") == 2


def test_a_page_without_a_socket_waits_for_what_is_typed_there(live: Live) -> None:
    saying(live)
    live.open(head(), "<input>", path="/plain")
    live.page.fill("input", "mine")
    saying(live, version="v2")
    reconciling(live)
    assert live.js("live.check()") == "changed"
    assert live.events("live:stale")[0]["detail"] == {"reason": "access", "waits": True}
    assert live.page.input_value("input") == "mine"


# ── The back/forward cache


def test_a_page_that_comes_back_is_hidden_until_it_was_asked_about(live: Live) -> None:
    show(live)
    live.js(RESTORE)
    assert live.js("window.wasHidden")
    live.until(SHOWN)
    assert asked(live) == 1


def test_a_page_that_comes_back_after_a_sign_out_shows_nothing(live: Live) -> None:
    show(live)
    refusing(live, 401, "signed-out")
    live.js("window.prevents = 'live:reset'")
    live.js(RESTORE)
    live.until("window.events.some((event) => event.name === 'live:reset')")
    assert "Mug" not in live.page.content()


def cut(live: Live) -> None:
    """Take the network away."""
    live.page.route("**/data-version", lambda route: route.abort())


def test_a_page_that_comes_back_without_network_is_shown(live: Live) -> None:
    show(live)
    cut(live)
    live.js(RESTORE)
    live.until(SHOWN)
    assert live.ids() == ["a"]


def sign_out(live: Live) -> None:
    """Set the mark of a sign-out that the server has not heard of."""
    live.page.context.add_cookies([{"name": MARK, "value": "1", "url": live.site.address}])


def look_as_somebody_else(live: Live) -> None:
    """Let another page of this browser be somebody else's."""
    live.js("localStorage.setItem('electric_sync.viewer', '8/acme')")


def lose_memory(live: Live) -> None:
    """Clear what scripts keep, as the answer to a sign-out does."""
    live.js("localStorage.clear()")


@pytest.mark.parametrize("change", [sign_out, look_as_somebody_else, lose_memory])
def test_nor_without_network_if_somebody_signed_out(
    live: Live, change: Callable[[Live], None]
) -> None:
    live.page.context.clear_cookies()
    show(live)
    cut(live)
    change(live)
    live.js(RESTORE)
    live.page.get_by_role("heading", name="You are signed out").wait_for()
    assert "Mug" not in live.page.content()
    live.page.context.clear_cookies()


# ── Age


def go_offline(live: Live) -> None:
    """Neither the socket nor anything else reaches the server."""
    live.server.is_refusing = True
    cut(live)
    live.server.hang_up()
    live.until("live.state().connection !== 'live'")


def test_a_page_that_nobody_confirmed_for_too_long_is_emptied(clocked: Live) -> None:
    show(clocked, max_age=DAY)
    go_offline(clocked)
    clocked.page.clock.fast_forward("23:00:00")
    assert clocked.ids() == ["a"]
    clocked.page.clock.fast_forward("02:00:00")
    clocked.page.get_by_role("heading", name="This page was too old").wait_for()
    assert "Mug" not in clocked.page.content()


def test_a_clock_that_runs_backwards_counts_as_too_long(clocked: Live) -> None:
    show(clocked)
    go_offline(clocked)
    clocked.page.clock.set_fixed_time("2020-01-01")
    clocked.js("window.dispatchEvent(new Event('focus'))")
    clocked.page.get_by_role("heading", name="This page was too old").wait_for()


def test_a_page_that_is_connected_does_not_age(clocked: Live) -> None:
    show(clocked, max_age=60)
    for _ in range(6):
        pings = len(clocked.server.of("ping"))
        clocked.page.clock.run_for(21_000)
        clocked.server.until(lambda pings=pings: len(clocked.server.of("ping")) > pings)
    assert clocked.ids() == ["a"]
