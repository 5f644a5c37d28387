"""Settings as each kind of installation reads them, in a process of its own."""

import json
import os
import re
import subprocess
import sys

import pytest

from config.paths import BASE
from config.settings import DEMO_SECRET

LONG_SECRET = "s" * 50
CONFIGURED = ("ALLOWED_HOSTS", "BEHIND_PROXY", "DATABASE_URL", "DEBUG", "DEMO", "HTTPS",
              "PLAINROW_DATA", "PRODUCT_NAME", "REDIS_URL", "SECRET_KEY")  # fmt: skip


def read(names: list[str], **env: str) -> subprocess.CompletedProcess[str]:
    """Import the settings with this environment and print some of them as JSON."""
    kept = {name: value for name, value in os.environ.items() if name not in CONFIGURED}
    code = (
        "import json; from config import settings;"
        f"print(json.dumps({{n: getattr(settings, n, None) for n in {names!r}}}, default=str))"
    )
    return subprocess.run(
        [sys.executable, "-c", code], cwd=BASE, env={**kept, **env}, capture_output=True, text=True
    )


def values(*names: str, **env: str) -> dict[str, object]:
    answer = read(list(names), **env)
    assert answer.returncode == 0, answer.stderr
    result: dict[str, object] = json.loads(answer.stdout)
    return result


@pytest.mark.parametrize(
    "env",
    [
        pytest.param({}, id="no secret at all"),
        pytest.param({"SECRET_KEY": DEMO_SECRET}, id="the demo's secret in production"),
        pytest.param(
            {"SECRET_KEY": DEMO_SECRET, "DEMO": "1", "ALLOWED_HOSTS": "plainrow.example"},
            id="the demo's secret on an address that others reach",
        ),
        pytest.param(
            {"DEBUG": "1", "ALLOWED_HOSTS": "localhost,plainrow.example"},
            id="the default secret of debugging on an address that others reach",
        ),
        pytest.param({"DEMO": "1", "ALLOWED_HOSTS": "*"}, id="the demo on every address"),
    ],
)
def test_settings_refuse_a_secret_that_is_none(env):
    answer = read([], **env)

    assert answer.returncode != 0
    assert "ImproperlyConfigured: SECRET_KEY" in answer.stderr
    assert DEMO_SECRET not in answer.stderr.partition("ImproperlyConfigured")[2]


def test_production_is_the_default_and_keeps_to_https():
    names = ["DEBUG", "DEMO", "SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"]

    assert values(*names, SECRET_KEY=LONG_SECRET, ALLOWED_HOSTS="plainrow.example") == {
        "DEBUG": False,
        "DEMO": False,
        "SECURE_SSL_REDIRECT": True,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
    }


def test_the_demo_needs_nothing_and_keeps_to_this_machine():
    assert values("DEBUG", "DEMO", "ALLOWED_HOSTS", "SECURE_SSL_REDIRECT", DEMO="1") == {
        "DEBUG": False,
        "DEMO": True,
        "ALLOWED_HOSTS": ["127.0.0.1", "[::1]", "localhost"],
        "SECURE_SSL_REDIRECT": False,
    }


def test_a_proxys_word_about_https_counts_only_if_there_is_one():
    env = {"SECRET_KEY": LONG_SECRET, "ALLOWED_HOSTS": "plainrow.example"}
    header = "SECURE_PROXY_SSL_HEADER"

    assert values(header, **env) == {header: None}
    assert values(header, BEHIND_PROXY="1", **env) == {header: ["HTTP_X_FORWARDED_PROTO", "https"]}


def test_djangos_own_checks_for_a_deployment_have_nothing_to_say():
    kept = {name: value for name, value in os.environ.items() if name not in CONFIGURED}
    env = {
        "SECRET_KEY": "".join(f"{number:x}" for number in range(60)),
        "ALLOWED_HOSTS": "plainrow.example",
        "DATABASE_URL": "postgresql://nobody@localhost/nothing",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    answer = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=BASE,
        env={**kept, **env},
        capture_output=True,
        text=True,
    )

    assert answer.returncode == 0, answer.stderr
    assert "no issues" in answer.stdout


def test_without_an_address_the_database_is_the_embedded_one_of_the_data_folder(tmp_path):
    read_values = values("DATABASES", "PLAINROW_DATA", DEMO="1", PLAINROW_DATA=str(tmp_path))

    assert read_values["PLAINROW_DATA"] == str(tmp_path)
    default = read_values["DATABASES"]["default"]
    assert default["NAME"] == "plainrow"
    assert default["OPTIONS"]["host"].startswith("/tmp/plainrow-")


def test_a_database_address_is_used():
    url = "postgresql://ann:secret@db.example:5433/rows"
    default = values("DATABASES", DEMO="1", DATABASE_URL=url)["DATABASES"]["default"]

    wanted = {"HOST": "db.example", "PORT": 5433, "NAME": "rows", "USER": "ann"}
    assert {name: default[name] for name in wanted} == wanted


def test_processes_tell_each_other_by_redis_if_there_is_one():
    def layer(**env: str) -> object:
        layers = values("CHANNEL_LAYERS", DEMO="1", **env)["CHANNEL_LAYERS"]
        return layers["default"]

    url = "redis://redis.example:6379/0"
    assert layer() == {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    assert layer(REDIS_URL=url) == {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [url]},
    }


def test_the_product_can_be_renamed():
    assert values("PRODUCT_NAME", DEMO="1", PRODUCT_NAME="Ledger") == {"PRODUCT_NAME": "Ledger"}


def test_every_variable_that_is_read_is_in_the_table():
    code = (BASE / "config" / "settings.py").read_text()
    read_here = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', code)) | {"PLAINROW_DATA"}
    table = set(re.findall(r"^\| `([A-Z_]+)` \|", (BASE / "docs/settings.md").read_text(), re.M))

    assert table == read_here
