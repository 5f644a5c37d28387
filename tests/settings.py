"""Settings for tests of the product: the project's own, on this machine, with quick passwords.

`DATABASE_URL` comes from tests/conftest.py, which runs a server for the tests alone.
"""

import os

os.environ.setdefault("DEMO", "1")

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
SECRET_KEY = "of the tests alone"
