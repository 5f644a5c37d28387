"""What the person may not see any more leaves the page at once, and comes back when it may."""

from tests.live_js.driver import Live, cell
from tests.live_js.markup import (
    after,
    everything,
    head,
    region,
    rendered,
    replaced,
    row,
    table,
    tabled,
)

A, B, C = row("a", "Mug"), row("b", "Pot"), row("c", "Tin")


def opened(live: Live, *parts: str) -> None:
    """Show a list and a region, as version v1."""
    live.server.version = "v1"
    live.open(head(), table([A, B]), region("two rows"), *parts)
    live.server.until(lambda: live.server.of("cleared"))


def withdraw(live: Live, *subs: str, version: str = "v2", **more: object) -> None:
    """Take areas back, and wait until the page says that they are gone."""
    live.server.say({"type": "access", "version": version, "drop": subs, "add": []} | more)
    live.server.until(lambda: live.server.of("cleared")[-1]["version"] == version)


def area(live: Live, selector: str = "#list") -> dict[str, object]:
    """What is left of an area."""
    return live.js(
        """(s) => { const { innerHTML, hidden, dataset } = document.querySelector(s);
          return { innerHTML, hidden, names: Object.keys(dataset).sort() }; }""",
        selector,
    )


GONE = {"innerHTML": "", "hidden": True, "names": ["live", "liveSize", "liveWithdrawn"]}


def test_a_withdrawn_area_is_emptied_and_hidden(live: Live) -> None:
    opened(live)
    live.server.apply("", etag="e1", cursors=["Pot"], more=True)
    withdraw(live, "s1")
    assert area(live) == GONE
    assert live.html("#region") == "two rows"
    assert live.js("live.windowOf(document.querySelector('#list'))") is None


def test_the_page_is_told_before_and_after(live: Live) -> None:
    opened(live)
    live.js(
        """document.addEventListener("live:withdrawing", ({ detail }) => {
          window.before = detail.areas.map((area) => area.textContent); })"""
    )
    withdraw(live, "s1")
    assert live.js("window.before") == ["MugPot"]
    assert live.events("live:withdrawing")[0]["detail"] == {"areas": ["list"], "reason": "access"}
    assert live.events("live:access")[-1]["detail"] == {
        "version": "v2",
        "withdrawn": ["list"],
        "returned": [],
    }


def test_what_somebody_types_there_is_gone_too(live: Live) -> None:
    opened(live)
    live.js(
        """(s) => { const cell = document.querySelector(s); live.hold(cell);
          cell.innerHTML = '<input value="typed">'; cell.firstChild.focus(); }""",
        cell("a"),
    )
    live.server.apply(tabled(replaced(row("a", "Jug"))))
    withdraw(live, "s1")
    assert area(live) == GONE


def test_what_waits_for_a_withdrawn_area_is_thrown_away(clocked: Live) -> None:
    opened(clocked)
    clocked.page.clock.pause_at(clocked.js("(Date.now() + 1_000) / 1_000"))  # no frame is drawn
    clocked.server.frame(tabled(after("a", C)))
    clocked.server.frame(tabled(after("a", row("d", "Half")))[:20], partial=True)
    withdraw(clocked, "s1")
    clocked.page.clock.run_for(1_000)
    assert area(clocked) == GONE


def test_what_was_applied_in_part_is_gone(clocked: Live) -> None:
    opened(clocked)
    clocked.page.clock.pause_at(clocked.js("(Date.now() + 1_000) / 1_000"))
    heard = len(clocked.events("live:applied"))
    clocked.server.frame(everything([row(str(n), f"Thing {n}") for n in range(2_000)]))
    while len(clocked.events("live:applied")) == heard:
        clocked.page.clock.run_for(20)  # a slice
    assert len(clocked.ids()) < 2_000
    withdraw(clocked, "s1")
    clocked.page.clock.run_for(1_000)
    assert area(clocked) == GONE


def test_late_frames_are_ignored(live: Live) -> None:
    opened(live)
    withdraw(live, "s1")
    live.server.apply(everything([A, B, C]), etag="e2")
    live.server.apply(everything([C]), etag="e3", sub="s99")
    assert area(live) == GONE


def test_an_area_that_is_given_back_is_shown_again(live: Live) -> None:
    opened(live)
    live.server.apply("", etag="e1", cursors=["c1"], more=True)
    live.js("live.slide(document.querySelector('#list'), 'c1')")
    live.server.until(lambda: live.server.of("subscribe")[-1]["after"] == "c1")
    live.server.apply(everything([A, B]), etag="e2")
    withdraw(live, "s1")
    live.server.say({"type": "access", "version": "v3", "drop": [], "add": ["s1"]})
    live.server.apply(everything([B, C]), etag="e3", more=True)
    assert live.ids() == ["b", "c"]
    assert not live.js("document.querySelector('#list').hidden")
    assert live.js("({ ...document.querySelector('#list').dataset })") == {
        "live": "token-list",
        "liveSize": "100",
        "liveAfter": "c1",
        "liveMore": "",
        "liveEtag": "e3",
    }
    assert live.events("live:access")[-1]["detail"] == {
        "version": "v3",
        "withdrawn": [],
        "returned": ["list"],
    }


def test_only_a_whole_frame_brings_an_area_back(live: Live) -> None:
    opened(live)
    withdraw(live, "s1")
    live.server.say({"type": "access", "version": "v3", "drop": [], "add": ["s1"]})
    live.server.apply(tabled(after("a", C)), etag="e2")
    assert area(live) == GONE


def test_a_refusal_withdraws_one_area(live: Live) -> None:
    opened(live)
    live.server.say({"type": "refused", "sub": "s2", "reason": "forbidden"})
    live.until("document.querySelector('#region').hidden")
    assert live.html("#region") == ""
    assert live.ids() == ["a", "b"]
    assert live.state()["connection"] == "live"


def test_a_withdrawn_area_is_asked_for_again_after_a_reconnect(live: Live) -> None:
    opened(live)
    withdraw(live, "s1")
    before = len(live.server.of("subscribe"))
    live.server.answer = live.server.whole(lambda: everything([C]), "e9")
    live.server.hang_up()
    live.server.until(lambda: len(live.server.of("subscribe")) == before + 2)
    asked = next(m for m in live.server.of("subscribe")[before:] if m["sub"] == "s1")
    assert asked["etag"] is None
    live.until("!document.querySelector('#list').hidden")
    assert live.ids() == ["c"]


def test_one_that_is_refused_again_stays_withdrawn(live: Live) -> None:
    opened(live)
    withdraw(live, "s1")
    told = len(live.events("live:withdrawing"))
    live.server.answer = lambda message: {
        "type": "refused",
        "sub": message["sub"],
        "reason": "forbidden",
    }
    live.server.hang_up()
    live.until("document.querySelector('#region').hidden")
    assert area(live) == GONE
    assert live.events("live:withdrawing")[told:][0]["detail"]["areas"] == ["region"]


# ── What the server is told


def test_nothing_is_cleared_before_the_page_shows_the_answers(clocked: Live) -> None:
    clocked.server.version = "v1"
    clocked.server.answer = lambda _: None
    clocked.open(head(), table([A, B]), region("two rows"))
    clocked.server.apply(everything([A]))
    assert clocked.server.of("cleared") == []
    clocked.page.clock.pause_at(clocked.js("(Date.now() + 1_000) / 1_000"))  # no frame is drawn
    clocked.server.frame(rendered("one row"), name="region")
    clocked.js("0")
    assert clocked.server.of("cleared") == []
    clocked.page.clock.run_for(1_000)
    clocked.server.until(lambda: clocked.server.of("cleared"))
    assert clocked.server.of("cleared") == [{"type": "cleared", "version": "v1"}]


def test_areas_that_are_rendered_otherwise_are_waited_for(live: Live) -> None:
    opened(live)
    live.server.say(
        {"type": "access", "version": "v2", "drop": ["s1"], "add": [], "change": ["s2"]}
    )
    live.until("document.querySelector('#list').hidden")
    assert live.server.of("cleared")[-1]["version"] == "v1"
    live.server.apply(rendered("nothing"), name="region")
    live.server.until(lambda: live.server.of("cleared")[-1]["version"] == "v2")


def test_the_rest_of_a_frame_that_came_in_part_is_not_waited_for(live: Live) -> None:
    opened(live)
    live.server.frame("<div id=region hx-swap-oob=innerHTML>half a", name="region", partial=True)
    live.server.say({"type": "access", "version": "v2", "drop": [], "add": [], "change": ["s2"]})
    live.server.apply(rendered("whole"), name="region")
    assert live.html("#region") == "whole"


def test_an_area_that_left_the_page_is_not_waited_for(live: Live) -> None:
    opened(live)
    live.server.say({"type": "access", "version": "v2", "drop": [], "add": [], "change": ["s2"]})
    live.js("document.querySelector('#region').remove()")
    live.js("document.dispatchEvent(new Event('htmx:afterSettle'))")
    live.server.until(lambda: live.server.of("cleared")[-1]["version"] == "v2")


def test_each_connection_is_cleared_anew(live: Live) -> None:
    opened(live)
    live.server.version = "v5"
    live.server.hang_up()
    live.server.until(lambda: live.server.of("cleared")[-1]["version"] == "v5")
    assert live.events("live:access")[-1]["detail"]["version"] == "v5"


# ── Asked for anew


def test_an_operator_may_have_areas_fetched_anew(live: Live) -> None:
    opened(live)
    live.server.answer = lambda _: None
    live.server.say({"type": "resync", "subs": ["s1"], "reason": "to be sure"})
    live.server.until(lambda: len(live.server.of("subscribe")) == 3)
    assert live.server.of("subscribe")[-1]["etag"] is None
    assert live.html() == ""
    live.server.apply(everything([C]), etag="e2")
    assert (live.ids(), live.html("#region")) == (["c"], "two rows")


def test_what_somebody_has_in_hand_outlives_it(live: Live) -> None:
    opened(live)
    live.hold(cell("a"))
    live.server.answer = live.server.whole(lambda: everything([row("a", "Jug"), C]), "e9")
    live.server.say({"type": "resync", "subs": ["s1"], "reason": "to be sure"})
    live.until("document.querySelector('#row-c')")
    assert live.ids() == ["a", "c"]
    assert live.js("(s) => document.querySelector(s).textContent", cell("a")) == "Mug"
