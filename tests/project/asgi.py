"""Django's application with the live socket beside it."""

import os

from django.core.asgi import get_asgi_application

from electric_sync.asgi import live_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.project.settings")

application = live_application(get_asgi_application())
