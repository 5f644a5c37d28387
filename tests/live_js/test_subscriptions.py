"""Which areas are live: what is on the page, and as it is on the page."""

from tests.live_js.driver import Live
from tests.live_js.markup import after, everything, region, row, table, tabled
from tests.live_js.site import page

A, B, C = row("a", "Mug"), row("b", "Pot"), row("c", "Tin")
HTMX = '<script src="/static/packages/htmx.org/dist/htmx.js"></script>'
SETTLE = "document.dispatchEvent(new Event('htmx:afterSettle'))"


def test_every_area_is_subscribed_with_what_it_shows(live: Live) -> None:
    live.open(table([A], live_after="CURSOR"), region("3", etag="r7"))
    assert live.server.of("subscribe") == [
        {
            "type": "subscribe",
            "sub": "s1",
            "token": "token-list",
            "etag": "e0",
            "size": 100,
            "after": "CURSOR",
        },
        {
            "type": "subscribe",
            "sub": "s2",
            "token": "token-region",
            "etag": "r7",
            "size": None,
            "after": None,
        },
    ]


def test_a_reconnect_asks_with_the_etag_of_what_is_shown(live: Live) -> None:
    live.open(table([A]))
    live.server.apply(tabled(after("a", B)), etag="e5")
    live.server.hang_up()
    live.server.until(lambda: len(live.server.of("subscribe")) == 2)
    assert live.server.of("subscribe")[1] == live.server.of("subscribe")[0] | {"etag": "e5"}


def test_a_reconnect_that_finds_the_page_right_changes_nothing(live: Live) -> None:
    live.open(table([A]))
    live.server.hang_up()
    live.server.until(lambda: len(live.server.of("subscribe")) == 2)
    live.server.apply("", etag="e0")
    assert (live.html(), live.events("live:applied")) == (A, [])


def test_a_page_that_is_behind_gets_everything(live: Live) -> None:
    live.server.answer = live.server.whole(lambda: everything([B, A]), "e4")
    live.open(table([A]))
    live.until("document.querySelector('#list').dataset.liveEtag === 'e4'")
    assert live.html() == B + A


def test_what_a_page_catches_up_with_at_first_is_no_news(live: Live) -> None:
    live.server.answer = live.server.whole(lambda: everything([B, A]), "e4")
    live.open(table([A]))
    live.until("window.events.some((event) => event.name === 'live:applied')")
    assert live.events("live:applied")[0]["detail"] == {"changed": ["row-b"], "initial": True}
    assert live.js("document.querySelector('.is-changed')") is None


def test_an_area_that_appears_is_subscribed(live: Live) -> None:
    live.open(table([A]))
    live.js("(html) => document.body.insertAdjacentHTML('beforeend', html)", region("1"))
    live.js(SETTLE)
    live.server.until(lambda: "token-region" in live.server.subscriptions())


def test_an_area_that_left_is_unsubscribed(live: Live) -> None:
    live.open(table([A]), region("1"))
    live.js("document.querySelector('#region').remove()")
    live.js(SETTLE)
    live.server.until(
        lambda: live.server.of("unsubscribe") == [{"type": "unsubscribe", "sub": "s2"}]
    )


def test_an_area_that_left_unseen_is_unsubscribed_at_its_next_frame(live: Live) -> None:
    live.open(table([A]), region("1"))
    live.js("document.querySelector('#list').remove()")
    live.server.frame(tabled(after("a", B)))
    live.server.until(
        lambda: live.server.of("unsubscribe") == [{"type": "unsubscribe", "sub": "s1"}]
    )


def test_an_area_that_was_swapped_in_place_is_subscribed_as_it_is_now(live: Live) -> None:
    live.open(table([A]))
    live.js(
        """(rows) => { const list = document.querySelector("#list");
          list.innerHTML = rows; list.dataset.liveEtag = "e9"; }""",
        A + B,
    )
    live.js(SETTLE)
    live.server.until(lambda: live.server.of("subscribe")[-1]["etag"] == "e9")
    assert live.server.of("unsubscribe") == [{"type": "unsubscribe", "sub": "s1"}]


def test_boosted_navigation_keeps_the_socket(live: Live) -> None:
    live.site.pages["/second"] = page(HTMX + table([B], name="second", etag="s0"))
    live.open(HTMX, '<div hx-boost="true"><a href="/second">On</a></div>', table([A]))
    live.page.click("a")
    live.server.until(lambda: "token-second" in live.server.subscriptions())
    live.server.apply(everything([C], name="second"), name="second")
    assert live.html("#second") == C
    assert live.server.of("unsubscribe") == [{"type": "unsubscribe", "sub": "s1"}]
    assert len(live.server.sockets) == 1


def test_the_back_button_brings_back_a_list_that_is_live(live: Live) -> None:
    live.site.pages["/second"] = page(HTMX + table([B], name="second", etag="s0"))
    live.open(HTMX, '<div hx-boost="true"><a href="/second">On</a></div>', table([A]))
    live.server.apply(everything([A, C]), etag="e5")
    live.page.click("a")
    live.server.until(lambda: "token-second" in live.server.subscriptions())
    live.page.go_back()
    live.server.until(lambda: len(live.server.of("subscribe")) == 3)
    assert live.server.of("subscribe")[-1]["etag"] == "e5"
    live.server.apply(everything([C]), etag="e6")
    assert live.html() == C


def test_a_list_grows_from_what_it_shows(live: Live) -> None:
    live.open(table([A]))
    live.server.apply("", etag="e0")
    live.server.answer = lambda _: None
    live.js("live.grow(document.querySelector('#list'), 200)")
    live.server.until(lambda: live.server.of("subscribe")[-1]["size"] == 200)
    live.server.apply(tabled(after("a", B)), etag="e2")
    assert live.server.of("subscribe")[-1]["etag"] == "e0"
    assert (live.html(), live.events("live:applied")[0]["detail"]["initial"]) == (A + B, True)


def test_a_list_grows_to_five_hundred_rows_at_most(live: Live) -> None:
    live.open(table([A]))
    live.js("live.grow(document.querySelector('#list'), 900)")
    live.server.until(lambda: live.server.of("subscribe")[-1]["size"] == 500)


def test_a_list_slides_to_a_cursor(live: Live) -> None:
    live.open(table([A, B]))
    live.server.apply("", etag="e1", cursors=["c1"], more=True)
    live.js("live.slide(document.querySelector('#list'), 'c1')")
    live.server.until(lambda: live.server.of("subscribe")[-1]["after"] == "c1")
    assert live.server.of("subscribe")[-1]["etag"] is None
    live.server.apply(tabled(after("a", C)), etag="e2")  # of the window that was left
    live.server.apply(everything([C]), etag="e3")
    assert live.html() == C


def test_a_page_can_ask_what_part_of_a_list_it_shows(live: Live) -> None:
    live.open(table([A], live_after="c0"))
    live.server.apply("", etag="e1", cursors=["c1", "c2"], more=True)
    assert live.js("live.windowOf(document.querySelector('#list'))") == {
        "size": 100,
        "after": "c0",
        "more": True,
        "cursors": ["c1", "c2"],
    }


def test_an_area_that_is_refused_for_now_is_asked_for_again(clocked: Live) -> None:
    clocked.server.answer = lambda message: {
        "type": "refused",
        "sub": message["sub"],
        "reason": "too-many",
    }
    clocked.open(table([A]))
    clocked.until("live.state().refused === 1")
    clocked.server.answer = clocked.server.current
    clocked.page.clock.run_for(11_000)
    clocked.server.until(lambda: len(clocked.server.of("subscribe")) == 2)
    assert clocked.js("live.state().connection") == "live"


def test_removed_areas_are_not_kept_in_memory(live: Live) -> None:
    live.open(table([A]), region("1"))
    live.hold("#region")
    live.js(
        """() => { const area = document.querySelector("#region");
          window.ref = new WeakRef(area); area.remove();
          window.events.length = 0; }"""
    )
    live.js(SETTLE)
    session = live.page.context.new_cdp_session(live.page)

    def is_collected() -> bool:
        session.send("HeapProfiler.collectGarbage")
        return live.js("window.ref.deref() === undefined")

    live.server.until(is_collected)
