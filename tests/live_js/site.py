"""A small site for the live module: its real files, pages made by the tests, no Django."""

import mimetypes
import threading
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
  for (const name of ["live:state", "live:applied", "live:deferred", "live:access-changed"]) {
    document.addEventListener(name, (event) => {
      if (name === "live:access-changed" && window.prevents) event.preventDefault();
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


class Site:
    """Serves the module's files and the pages that a test puts in."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
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
                answer = site.answer(self.path.partition("?")[0])
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
