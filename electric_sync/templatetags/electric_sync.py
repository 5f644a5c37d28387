"""What templates write: ``{% live_head %}``, ``{% live_list %}``, ``{% live_region %}``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django import template
from django.conf import settings
from django.http import Http404, HttpRequest
from django.shortcuts import resolve_url
from django.template.context import RequestContext
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from electric_sync import conf
from electric_sync.access import Viewer, data_version
from electric_sync.live import tokens
from electric_sync.live.fragments import Container
from electric_sync.live.views import (
    LiveList,
    LiveView,
    Rendering,
    Scene,
    SharedContexts,
    live_views,
)
from electric_sync.live.window import BadWindow, Window, check_cursor

register = template.Library()


@dataclass(frozen=True)
class LiveElement:
    """A live view on the page. Printed, it is its HTML."""

    html: SafeString
    more: bool
    next: str | None
    """The cursor behind the last row, for a link ``?after=…`` that needs no script."""
    after: str | None
    """The cursor before the first row; None at the top."""
    empty: bool

    def __html__(self) -> SafeString:
        return self.html

    def __str__(self) -> SafeString:
        return self.html


@register.simple_tag(takes_context=True)
def live_head(context: RequestContext) -> SafeString:
    """Everything that a page with live views needs in its ``<head>``."""
    request = context["request"]
    nonce = getattr(request, "csp_nonce", "")
    imports = {
        "idiomorph": static("vendor/idiomorph/idiomorph.esm.js"),
        "electric_sync/live": static("electric_sync/live/index.js"),
        "electric_sync/values": static("electric_sync/values/index.js"),
    }
    return format_html(
        '{}<script type="importmap" nonce="{}">{}</script>'
        '<script type="module" nonce="{}" src="{}"></script>',
        format_html_join("", '<meta name="live-{}" content="{}">', _metas(request).items()),
        nonce,
        mark_safe(json.dumps({"imports": imports})),  # noqa: S308 our own addresses
        nonce,
        imports["electric_sync/live"],
    )


def _metas(request: HttpRequest) -> dict[str, str]:
    """Where the server is, and for whom and with which access the page was made."""
    metas = {
        "socket": conf.socket_path(),
        "data-version": reverse("electric_sync:data-version"),
        "sign-in": resolve_url(settings.LOGIN_URL),
        "offline-max-age": str(int(conf.offline_max_age().total_seconds())),
    }
    viewer: Viewer | None = getattr(request, "viewer", None)
    if viewer is not None:
        metas["version"] = data_version(viewer)
        metas["user"] = str(viewer.user_id)
        metas["tenant"] = viewer.access.tenant
    return metas


@register.simple_tag(takes_context=True)
def live_list(context: RequestContext, name: str, **params: Any) -> LiveElement:
    """The first window of a list, and all that its page needs to keep it live."""
    return _element(context["request"], live_views.get(name), params)


@register.simple_tag(takes_context=True)
def live_region(context: RequestContext, name: str, **params: Any) -> LiveElement:
    """A region, and all that its page needs to keep it live."""
    return _element(context["request"], live_views.get(name), params)


def _element(request: HttpRequest, view: LiveView, given: dict[str, Any]) -> LiveElement:
    viewer: Viewer | None = getattr(request, "viewer", None)
    if viewer is None:
        raise RuntimeError("Decorate the view with @live_page: it reads the page's snapshot.")
    access = viewer.access
    params = view.clean(given)
    audience = view.admit(access, params)
    if audience is None:
        raise Http404("Nothing here that you may see.")
    container = view.container(access.tenant, params)
    window = _window(request, container)
    scene = Scene(view.name, access.tenant, params, audience, window)
    rendering = view.render(scene, _shared(request))
    attributes = {
        "id": container.id,
        "data-live": tokens.dump(view.name, viewer.session_id, access.tenant, dict(params)),
        "data-live-etag": rendering.rendered.etag,
    }
    if isinstance(view, LiveList):
        attributes["data-live-size"] = str(window.size)  # a region has no window
    if rendering.rendered.more:
        attributes["data-live-more"] = ""
    if window.after is not None:
        attributes["data-live-after"] = window.after
    return LiveElement(
        html=_html(view, attributes, rendering),
        more=rendering.rendered.more,
        next=rendering.rendered.cursors[-1] if rendering.rendered.more else None,
        after=window.after,
        empty=not rendering.rendered.digests,
    )


def _html(view: LiveView, attributes: dict[str, str], rendering: Rendering) -> SafeString:
    written = "".join(format_html(' {}="{}"', name, value) for name, value in attributes.items())
    # The content is what the view's own templates rendered: escaped there.
    return mark_safe(f"<{view.tag}{written}>{rendering.content}</{view.tag}>")  # noqa: S308


def _window(request: HttpRequest, container: Container) -> Window:
    """From ``?after=``, if that is a position of this list."""
    after = request.GET.get("after")
    if after:
        try:
            check_cursor(after, container)
        except BadWindow:
            return Window()
    return Window(after=after or None)


def _shared(request: HttpRequest) -> SharedContexts:
    shared = getattr(request, "live_contexts", None)
    if shared is None:
        shared = request.live_contexts = SharedContexts()  # type: ignore[attr-defined]
    return shared
