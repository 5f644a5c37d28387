"""Static files, served by the application itself.

In production `collectstatic` puts a fingerprint of all files together into one name,
`staticfiles/version`, and that version is part of every address: /static/<version>/app.css.
A change of any file gives all of them new addresses, so browsers may keep them for ever.
Fingerprints in each file's own name would need every import in every module rewritten,
vendors' included; a module reached under two names would then exist twice in a page.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponse, HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedStaticFilesStorage

VERSION_FILE = "version"
CHUNK = 256 * 1024  # bytes; most files are one chunk

Answer = HttpResponseBase | Awaitable[HttpResponseBase]


def collected_version(root: Path) -> str:
    """Return the version that `collectstatic` noted, or "" where it has not run."""
    try:
        return (root / VERSION_FILE).read_text().strip()
    except FileNotFoundError:
        return ""


class VersionedStorage(CompressedStaticFilesStorage):
    """Collects and compresses the files, then notes the version of the whole."""

    def post_process(
        self, paths: dict[str, Any], dry_run: bool = False, **options: Any
    ) -> Iterator[Any]:
        """Compress as WhiteNoise does, then write the version file."""
        yield from super().post_process(paths, dry_run=dry_run, **options)
        if not dry_run:
            Path(self.path(VERSION_FILE)).write_text(self._fingerprint(sorted(paths)) + "\n")

    def _fingerprint(self, names: list[str]) -> str:
        digest = hashlib.sha256()
        for name in names:
            with Path(self.path(name)).open("rb") as file:
                digest.update(name.encode() + b"\0" + hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()[:12]


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """WhiteNoise for both kinds of server.

    As it comes, WhiteNoise is synchronous: under ASGI every request of the site would hold
    a thread from beginning to end, long-polling ones included.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Answer]) -> None:
        super().__init__(get_response)
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Answer:
        if not self._is_async:
            return cast(Answer, super().__call__(request))
        find = self.find_file if self.autorefresh else self.files.get
        found = find(request.path_info)
        if found is None:
            return cast(Answer, self.get_response(request))
        return _serve(found, request)


async def _serve(found: Any, request: HttpRequest) -> HttpResponseBase:
    answer = await asyncio.to_thread(found.get_response, request.method, request.META)
    response: HttpResponseBase
    if answer.file is None:
        response = HttpResponse(status=int(answer.status))
    else:
        response = StreamingHttpResponse(_chunks(answer.file), status=int(answer.status))
    del response["content-type"]
    for name, value in answer.headers:
        response[name] = value
    return response


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    try:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk
    finally:
        file.close()
