"""Static files: as collected for production, and as found for the demo."""

import asyncio
import os
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.http import HttpResponse
from django.test import RequestFactory

from config.static import StaticFilesMiddleware, VersionedStorage, collected_version


@pytest.fixture
def sources(tmp_path: Path, settings) -> Path:
    """Two files of which one imports the other, to be collected into `tmp_path/out`."""
    folder = tmp_path / "in"
    (folder / "vendor").mkdir(parents=True)
    (folder / "app.js").write_text('import "./vendor/lib.js";\n' * 100)
    (folder / "vendor" / "lib.js").write_text("export const one = 1;\n//# sourceMappingURL=no.map")
    settings.STATICFILES_DIRS = [folder]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "out"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {
            "BACKEND": "config.static.VersionedStorage",
            "OPTIONS": {"location": tmp_path / "out"},
        },
    }
    return folder


def change(file: Path, text: str) -> None:
    """Write a file a while later: its time tells `collectstatic` that it changed, by the second."""
    modified = file.stat().st_mtime + 10
    file.write_text(text)
    os.utime(file, (modified, modified))


def collect(settings) -> str:
    call_command("collectstatic", "--no-input", verbosity=0)
    return collected_version(Path(settings.STATIC_ROOT))


def test_a_change_of_any_file_changes_the_version_of_all(sources, settings):
    assert isinstance(storages["staticfiles"], VersionedStorage)
    first = collect(settings)
    assert collect(settings) == first

    change(sources / "vendor" / "lib.js", "export const one = 2;")

    assert collect(settings) not in {first, ""}


def test_vendors_files_are_collected_byte_for_byte(sources, settings):
    collect(settings)

    for name in ("app.js", "vendor/lib.js"):
        assert (settings.STATIC_ROOT / name).read_bytes() == (sources / name).read_bytes()


def serve(path: str, **headers: str) -> HttpResponse:
    """Ask for a file as an ASGI server would, and read the whole answer."""

    async def no_such_page(request) -> HttpResponse:
        return HttpResponse(status=404)

    async def ask() -> HttpResponse:
        middleware = StaticFilesMiddleware(no_such_page)
        response = await middleware(RequestFactory().get(path, headers=headers))
        if not response.streaming:
            return response
        body = b"".join([chunk async for chunk in response])
        return HttpResponse(body, status=response.status_code, headers=response.headers)

    return asyncio.run(ask())


def test_collected_files_have_the_version_in_their_address_and_are_kept_for_ever(sources, settings):
    version = collect(settings)
    settings.STATIC_URL = f"/static/{version}/"
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = False
    settings.WHITENOISE_IMMUTABLE_FILE_TEST = "^" + settings.STATIC_URL

    response = serve(f"/static/{version}/app.js", accept_encoding="gzip")

    assert response.status_code == 200
    assert response.headers["Cache-Control"].endswith("public, immutable")
    assert response.headers["Content-Encoding"] == "gzip"
    assert serve("/static/app.js").status_code == 404
    assert serve(f"/static/{version}/../settings.py").status_code == 404


def test_without_collecting_the_present_file_is_served_every_time(sources):
    assert serve("/static/app.js").content == (sources / "app.js").read_bytes()

    (sources / "app.js").write_text("// new")
    response = serve("/static/app.js")

    assert response.content == b"// new"
    assert response.headers["Cache-Control"] == "max-age=0, public"


def test_a_file_that_the_browser_has_is_not_sent_again(sources):
    modified = serve("/static/app.js").headers["Last-Modified"]

    response = serve("/static/app.js", if_modified_since=modified)

    assert (response.status_code, response.content) == (304, b"")
