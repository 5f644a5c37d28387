"""The end of a page: nothing of it is left, whatever the network does, in any tab."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import BrowserContext

from tests.live_js.conftest import opened
from tests.live_js.driver import Live
from tests.live_js.markup import deleted, head, row, table, tabled
from tests.live_js.site import Answer, Site, page

SECRET = "Canary"
A = row("a", SECRET)
MARK = "electric_sync_signed_out"
SIGN_OUT = '<form data-live-sign-out action="/sign-out"><button>Sign out</button></form>'
SWITCH = """<form data-live-switch action="/switch"><input name="company" value="other">
<button>Switch</button></form>"""
SAME = {"version": "v1", "user": "7", "company": "acme"}


@pytest.fixture
def pages(context: BrowserContext, site: Site) -> Iterator[tuple[Live, Live]]:
    """Two tabs of one browser."""
    context.clear_cookies()
    site.pages["/sign-in"] = page("<p>Who are you?</p>")
    site.pages["/"] = page("<p>Start</p>")
    site.answers["GET /data-version"] = lambda _body, _cookies: Answer.json(SAME)
    site.answers["POST /sign-out"] = lambda _body, _cookies: Answer.to("/sign-in")
    with ExitStack() as stack:
        yield (
            stack.enter_context(opened(context, site)),
            stack.enter_context(opened(context, site)),
        )
    context.clear_cookies()


@pytest.fixture
def both(pages: tuple[Live, Live]) -> tuple[Live, Live]:
    """Both show the same list."""
    for live in pages:
        show(live)
    return pages


def show(live: Live, *parts: str, path: str = "/list?of=mugs", tenant: str = "acme") -> None:
    """Show a page with a secret in its list, its title, a dialog and a template."""
    live.server.version = "v1"
    live.open(
        head(tenant=tenant),
        SIGN_OUT,
        SWITCH,
        table([A]),
        f"<dialog>{SECRET}</dialog><template>{SECRET}</template>",
        *parts,
        path=path.partition("?")[0],
    )
    live.js("(title) => { document.title = title; }", SECRET)
    live.js("document.querySelector('dialog').showModal()")
    live.server.until(lambda: live.server.of("cleared"))


def stay(live: Live) -> None:
    """Do not leave the page, so that one can look at it."""
    live.js("window.prevents = 'live:reset'")


def is_empty(live: Live) -> bool:
    """Whether the secret is nowhere in the document."""
    return SECRET not in live.page.content() and live.page.title() != SECRET


# ── The server says so


@pytest.mark.parametrize(
    ("reason", "address"),
    [("signed-out", "/sign-in?next=%2Flist"), ("tenant", "/"), ("no-access", "/")],
)
def test_the_page_is_left(both: tuple[Live, Live], reason: str, address: str) -> None:
    for live in both:
        live.server.say({"type": "reset", "reason": reason})
        live.page.wait_for_url(f"**{address}")


def test_it_is_emptied_first_and_the_server_is_told(both: tuple[Live, Live]) -> None:
    live, _ = both
    stay(live)
    live.server.say({"type": "reset", "reason": "signed-out"})
    live.server.until(lambda: len(live.server.of("cleared")) == 2)
    assert is_empty(live)
    assert live.events("live:reset")[0]["detail"] == {"reason": "signed-out"}
    assert live.page.get_by_role("heading").inner_text() == "You are signed out"
    assert live.page.get_by_role("link").get_attribute("href") == "/sign-in?next=%2Flist"
    assert live.server.of("cleared")[1] == {"type": "cleared", "version": "v1"}


def test_the_other_tabs_follow(both: tuple[Live, Live]) -> None:
    first, second = both
    stay(second)
    first.server.say({"type": "reset", "reason": "signed-out"})
    second.until("window.events.some((event) => event.name === 'live:reset')")
    assert is_empty(second)


def test_a_tab_of_another_tenant_stays(pages: tuple[Live, Live]) -> None:
    first, second = pages
    show(first)
    show(second, path="/other", tenant="other")
    first.server.say({"type": "reset", "reason": "tenant"})
    first.page.wait_for_url("**/")
    second.server.apply(tabled(deleted("b")))
    assert second.events("live:reset") == []


def test_frames_that_come_late_bring_nothing_back(both: tuple[Live, Live]) -> None:
    live, _ = both
    stay(live)
    live.server.frame(tabled(deleted("b")))
    live.server.say({"type": "reset", "reason": "tenant"})
    live.until("window.events.some((event) => event.name === 'live:reset')")
    assert is_empty(live)
    assert live.js("document.querySelector('[data-live]')") is None


def test_a_page_that_is_reset_again_and_again_stays_and_says_so(pages: tuple[Live, Live]) -> None:
    live, _ = pages
    live.server.answer = lambda _: {"type": "reset", "reason": "no-access"}
    live.site.pages["/"] = page(head() + table([A]))
    live.page.goto("/", wait_until="commit")
    heading = live.page.get_by_role("heading", name="This page cannot be shown now")
    heading.wait_for()
    assert live.site.requested.count("/") == 4
    assert is_empty(live)


# ── Signing out


def test_signing_out_empties_all_tabs_and_tells_the_server(both: tuple[Live, Live]) -> None:
    first, second = both
    cookies: list[str] = []

    def sign_out(_body: str, sent: str) -> Answer:
        cookies.append(sent)
        return Answer.to("/sign-in")

    first.site.answers["POST /sign-out"] = sign_out
    first.js("document.querySelector('dialog').close()")
    first.page.click("text=Sign out")
    first.page.wait_for_url("**/sign-in")
    second.page.wait_for_url("**/sign-in?next=%2Flist")
    assert MARK in cookies[0]


def test_signing_out_needs_no_network(both: tuple[Live, Live]) -> None:
    first, _second = both
    first.js("document.querySelector('dialog').close()")
    first.page.context.set_offline(True)
    first.page.click("text=Sign out")
    for live in both:
        live.page.get_by_role("heading", name="You are signed out on this device").wait_for()
        assert is_empty(live)
    first.page.context.set_offline(False)
    for live in both:
        live.page.wait_for_url("**/sign-in**")
    assert MARK in {cookie.get("name") for cookie in first.page.context.cookies()}


def test_a_page_that_arrives_after_that_shows_nothing(pages: tuple[Live, Live]) -> None:
    live, _ = pages
    live.page.context.add_cookies([{"name": MARK, "value": "1", "url": live.site.address}])
    live.site.pages["/list"] = page(head() + table([A]))
    live.page.goto("/list")
    live.page.wait_for_url("**/sign-in?next=%2Flist")


# ── Opening another company


def test_a_switch_goes_where_the_server_says(both: tuple[Live, Live]) -> None:
    first, _second = both
    sent: list[str] = []

    def switch(body: str, _cookies: str) -> Answer:
        sent.append(body)
        return Answer.to("/")

    first.site.answers["POST /switch"] = switch
    first.js("document.querySelector('dialog').close()")
    first.page.click("text=Switch")
    for live in both:
        live.page.wait_for_url("**/")
    assert "other" in sent[0]


def test_a_switch_that_fails_leaves_everything_as_it_was(both: tuple[Live, Live]) -> None:
    first, second = both
    first.site.answers["POST /switch"] = lambda _body, _cookies: Answer(404)
    first.js("document.querySelector('dialog').close()")
    first.page.click("text=Switch")
    first.until("window.events.some((event) => event.name === 'live:switch-failed')")
    assert first.events("live:switch-failed")[0]["detail"] == {"status": 404}
    assert first.page.locator("#row-a").is_visible()
    assert second.events("live:reset") == []


def test_the_page_is_hidden_while_a_switch_is_on_its_way(both: tuple[Live, Live]) -> None:
    live, _ = both
    live.page.route("**/switch", lambda _route: None)  # no answer
    live.js("document.querySelector('dialog').close()")
    live.page.locator("text=Switch").click(no_wait_after=True)
    live.until("getComputedStyle(document.documentElement).display === 'none'")


def test_there_is_no_switch_while_the_server_is_away(clocked: Live) -> None:
    clocked.open(head(), SWITCH, table([A]))
    clocked.server.is_refusing = True
    clocked.server.hang_up()
    clocked.until("live.state().connection === 'reconnecting'")
    clocked.page.clock.run_for(11_000)
    clocked.until("document.querySelector('form button').disabled")
    clocked.server.is_refusing = False
    clocked.js("window.dispatchEvent(new Event('online'))")
    clocked.until("!document.querySelector('form button').disabled")
