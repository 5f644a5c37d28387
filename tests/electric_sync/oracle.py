"""What a live view would look like if it were rendered now: the oracle of invariant 5."""

from __future__ import annotations

from django.conf import settings

from electric_sync.access import hash_key, load_viewer
from electric_sync.live import tokens
from electric_sync.live.views import Rendering, Scene, SharedContexts, live_views
from electric_sync.live.window import Window
from electric_sync.snapshots import read_snapshot
from tests.electric_sync.browser import Browser
from tests.electric_sync.page import LiveElement


def fresh_rendering(browser: Browser, element: LiveElement) -> Rendering:
    """The element rendered for the browser's session, from PostgreSQL, now."""
    token = tokens.load(element.token)
    view = live_views.get(token.view)
    with read_snapshot():
        viewer = load_viewer(hash_key(browser.client.cookies[settings.SESSION_COOKIE_NAME].value))
        assert viewer is not None
        params = view.clean(token.params)
        audience = view.admit(viewer.access, params)
        assert audience is not None
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
        if all(
            element.content == fresh_rendering(browser, element).content
            for element in browser.elements.values()
        ):
            return


def _wait_until_fresh(browser: Browser, element: LiveElement) -> None:
    fresh = fresh_rendering(browser, element)
    while (element.content, element.etag) != (fresh.content, fresh.rendered.etag):
        before = element.content
        try:
            browser.receive()
        except TimeoutError:
            raise AssertionError(
                f"{element.id} stays another page:\n{before}\nis not\n{fresh.content}"
            ) from None
    assert element.more == fresh.rendered.more
