"""What a live view would look like if it were rendered now: the oracle of invariant 5."""

from __future__ import annotations

from functools import partial

from electric_sync.access import load_viewer
from electric_sync.live import tokens
from electric_sync.live.views import Rendering, Scene, SharedContexts, live_views
from electric_sync.live.window import Window
from electric_sync.snapshots import read_snapshot
from tests.electric_sync.browser import Browser
from tests.electric_sync.page import LiveElement


def fresh_rendering(browser: Browser, element: LiveElement) -> Rendering | None:
    """The element rendered for the browser's session, from PostgreSQL, now; None: not for them."""
    token = tokens.load(element.token)
    view = live_views.get(token.view)
    with read_snapshot():
        viewer = load_viewer(browser.session_key)
        assert viewer is not None
        params = view.clean(token.params)
        audience = view.admit(viewer.access, params)
        if audience is None:
            return None
        window = Window.of(element.size, element.after)
        scene = Scene(view.name, viewer.access.tenant, params, audience, window)
        return view.render(scene, SharedContexts())


def assert_page_becomes_fresh(browser: Browser) -> None:
    """Wait until all elements equal a fresh rendering, and see that they stay so.

    Everything that the test wrote has been committed, so the page has to get there. It may have
    been right before by chance, with frames on their way that lead away and back again.
    """
    while True:
        for element in browser.elements.values():
            _wait_until_fresh(browser, element)
        browser.settle()
        if all(map(partial(is_fresh, browser), browser.elements.values())):
            return


def is_fresh(browser: Browser, element: LiveElement) -> bool:
    """Whether it is what the present access gives."""
    fresh = fresh_rendering(browser, element)
    if fresh is None:
        return element.withdrawn and element.content == ""
    shown = (element.content, element.etag, element.more)
    return shown == (fresh.content, fresh.rendered.etag, fresh.rendered.more)


def _wait_until_fresh(browser: Browser, element: LiveElement) -> None:
    while not is_fresh(browser, element):
        before = element.content
        try:
            browser.receive()
        except TimeoutError:
            fresh = fresh_rendering(browser, element)
            wanted = "withdrawn" if fresh is None else fresh.content
            raise AssertionError(
                f"{element.id} stays another page:\n{before}\nis not\n{wanted}"
            ) from None
