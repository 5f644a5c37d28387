"""The ASGI application of a project with live views."""

from __future__ import annotations

from typing import Any


def live_application(http: Any) -> Any:
    """``http`` (Django's own application) with the live socket beside it.

    Sockets of other origins than ``ALLOWED_HOSTS`` are refused. Background work begins with
    the first socket, so any ASGI server will do.
    """
    # Imported here: a project's asgi.py imports this before Django is set up.
    from channels.routing import ProtocolTypeRouter, URLRouter
    from channels.security.websocket import AllowedHostsOriginValidator
    from django.urls import path

    from electric_sync import conf
    from electric_sync.live.consumer import LiveConsumer

    socket = path(conf.socket_path().lstrip("/"), LiveConsumer.as_asgi())
    return ProtocolTypeRouter(
        {
            "http": http,
            "websocket": AllowedHostsOriginValidator(URLRouter([socket])),
        }
    )
