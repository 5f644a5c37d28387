"""The ASGI application: Django's pages and the live socket, on any ASGI server."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Django has to be set up before anything imports models.
_pages = get_asgi_application()

from electric_sync.asgi import live_application  # noqa: E402

application = live_application(_pages)
