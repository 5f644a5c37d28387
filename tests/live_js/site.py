"""A small site for the live module: its real files, pages made by the tests, no Django."""

import json
import mimetypes
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIVE = ROOT / "electric_sync/static/electric_sync/live"
PACKAGES = ROOT / "node_modules"

FILES = {"/static/live/": LIVE, "/static/packages/": PACKAGES}

HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Live</title>
<link rel="icon" href="data:,">
<style>:root { --settle: 300ms }</style>
<script type="importmap">{"imports": {
  "idiomorph": "/static/packages/idiomorph/dist/idiomorph.esm.js",
  "electric_sync/live": "/static/live/index.js"
}}</script>
<script type="module">
  window.events = [];
  for (const name of ["live:state", "live:applied", "live:deferred", "live:withdrawing",
    "live:access", "live:reset", "live:stale", "live:switch-failed"]) {
    document.addEventListener(name, (event) => {
      if (window.prevents === name) event.preventDefault();
      window.events.push({ name, id: event.target.id, detail: event.detail });
    });
  }
  window.live = await import("electric_sync/live");
</script>
</head>
"""


def page(body: str) -> str:
    """Return a whole page with the live module and a body."""
    return f"{HEAD}<body>{body}</body></html>"


@dataclass(frozen=True)
class Answer:
    """What the site says to a request."""

    status: int = 200
    content: str = ""
    kind: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, content: object) -> "Answer":
        """Something that scripts read."""
        return cls(200, json.dumps(content), "application/json")

    @classmethod
    def problem(cls, status: int, name: str) -> "Answer":
        """No, and why, in our own words."""
        content = json.dumps({"type": f"urn:electric-sync:problem:{name}", "status": status})
        return cls(status, content, "application/problem+json")

    @classmethod
    def to(cls, path: str) -> "Answer":
        """Go there."""
        return cls(303, headers={"Location": path})


class Site:
    """Serves the module's files and the pages that a test puts in."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        #: By method and path, what is done with the body and the cookies of a request.
        self.answers: dict[str, Callable[[str, str], Answer]] = {}
        self.requested: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """The site's origin."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, path: str) -> tuple[bytes, str] | None:
        """Return what is at a path, and its type."""
        if path in self.pages:
            self.requested.append(path)
            return self.pages[path].encode(), "text/html; charset=utf-8"
        for prefix, folder in FILES.items():
            file = folder / path.removeprefix(prefix)
            if path.startswith(prefix) and file.is_file():
                return file.read_bytes(), mimetypes.guess_type(file.name)[0] or "text/plain"
        return None

    def _handler(site) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.act()

            def do_POST(self) -> None:
                self.act()

            def act(self) -> None:
                path = self.path.partition("?")[0]
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                act = site.answers.get(f"{self.command} {path}")
                if act is None:
                    self.show(path)
                    return
                site.requested.append(f"{self.command} {path}")
                answer = act(body, self.headers.get("Cookie", ""))
                content = answer.content.encode()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.kind)
                self.send_header("Content-Length", str(len(content)))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def show(self, path: str) -> None:
                answer = site.answer(path)
                content, kind = answer or (b"not found", "text/plain")
                self.send_response(200 if answer else 404)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                if self.path.startswith("/static/"):
                    self.send_header("Cache-Control", "max-age=3600")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
