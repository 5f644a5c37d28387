"""How long a page is blocked while a thousand rows change in the grid that it shows.

    python -m bench.browser [--runs 3]

A real Chromium shows a grid of 500 rows, the largest window of a live list, in the product's
styles; a real websocket brings the changes, in which every cell of a row is another. Each case is
measured for the time until all of it is on the page, and for the longest task of the page's main
thread (script, styles, layout and painting of a frame together): by the clock, which on a busy
machine also counts what others do, and in CPU time, which does not.
"""

import argparse
import json
import socket
import statistics
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from bench.browser_rows import LIST, cells
from bench.tables import show
from tests.chromium import ARGUMENTS, find_chromium

ROOT = Path(__file__).resolve().parent.parent
STYLES = sorted((ROOT / "static").rglob("*.css"))
TRACED = ["devtools.timeline", "disabled-by-default-devtools.timeline"]

CASES = [
    ("1,000 row updates in 1 message", "one message", 500),
    ("1,000 row updates in 1,000 messages", "many messages", 500),
    ("everything anew, all 500 changed", "everything", 500),
    ("everything anew, changed and reversed", "everything, reversed", 500),
    ("everything anew, none of the old rows", "other rows", 500),
    ("everything anew, nothing changed", "nothing new", 500),
    ("1,000 row updates in 1 message, 1,000 rows shown", "one message", 1000),
]

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Bench</title><link rel="icon" href="data:,">
{styles}
<meta name="live-socket" content="{server}/live/">
<script type="importmap">{{"imports": {{
  "idiomorph": "/node_modules/idiomorph/dist/idiomorph.esm.js",
  "electric_sync/live": "/electric_sync/static/electric_sync/live/index.js"}}}}</script>
<script type="module">window.live = await import("electric_sync/live");</script>
</head><body class="app"><main class="work"><div class="scroll grid-wrap"><table class="grid">
<tbody id="{list}" data-live="bench" data-live-size="500" data-live-etag="fresh">{rows}</tbody>
</table></div></main></body></html>"""

MEASURE = """async ([url, list]) => {
  const container = document.getElementById(list);
  const begin = performance.now();
  const done = new Promise((resolve) => {
    const look = () => container.dataset.liveEtag === "done" && resolve(performance.now());
    document.addEventListener("live:applied", () => queueMicrotask(look));
    new MutationObserver(look).observe(container, { attributeFilter: ["data-live-etag"] });
  });
  fetch(url);
  const total = (await done) - begin;
  await new Promise((resolve) => setTimeout(resolve, 300)); // the last frame is drawn
  return total;
}"""


class _Files(SimpleHTTPRequestHandler):
    """Serves the project's folder and one page."""

    page = ""

    def do_GET(self) -> None:
        """Answer the page, or a file."""
        if self.path != "/":
            return super().do_GET()
        content = self.page.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        return None

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def files() -> Iterator[str]:
    """Serve the project's files; gives the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(ROOT)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@contextmanager
def live_server() -> Iterator[str]:
    """Run daphne with the scripted live server; gives the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "daphne", "-v", "0", "-p", port]
    process = subprocess.Popen([*command, "bench.browser_server:application"], cwd=ROOT)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


@dataclass(frozen=True)
class Taken:
    """What one run took, in milliseconds."""

    total: float
    longest: float
    longest_cpu: float


def measure(browser: Browser, site: str, server: str, case: str, rows: int) -> Taken:
    """Run one case in a fresh page."""
    links = "".join(f'<link rel="stylesheet" href="/{css.relative_to(ROOT)}">' for css in STYLES)
    _Files.page = PAGE.format(styles=links, server=server, list=LIST, rows=cells(rows))
    page = browser.new_page()
    page.goto(site)
    page.wait_for_function("window.live && live.state().connection === 'live'")
    page.wait_for_timeout(500)  # what loading left to do
    browser.start_tracing(page=page, categories=TRACED)
    total = page.evaluate(MEASURE, [f"{server}/send?case={case}&rows={rows}", LIST])
    tasks = main_thread_tasks(json.loads(browser.stop_tracing())["traceEvents"])
    page.close()
    return Taken(
        total,
        max(task["dur"] for task in tasks) / 1000,
        max(task.get("tdur", task["dur"]) for task in tasks) / 1000,
    )


def main_thread_tasks(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the tasks of the thread in which the page's frames are made."""
    frames = Counter((e["pid"], e["tid"]) for e in events if e["name"] == "FireAnimationFrame")
    ((main, _),) = frames.most_common(1)
    return [
        event
        for event in events
        if event["name"] == "RunTask" and "dur" in event and (event["pid"], event["tid"]) == main
    ]


def main() -> None:
    """Measure every case and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="of which the median is printed")
    runs = parser.parse_args().runs
    program = find_chromium() or sys.exit("Chromium is missing: apt-get install chromium")
    rows: list[tuple[object, ...]] = []
    with files() as site, live_server() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        for name, case, count in CASES:
            results = [measure(browser, site, server, case, count) for _ in range(runs)]
            total, longest, longest_cpu = (
                statistics.median(getattr(result, key) for result in results)
                for key in ("total", "longest", "longest_cpu")
            )
            rows.append((name, total, longest, longest_cpu))
        browser.close()
    head = ["case", "until all is there, ms", "longest task, ms", "of it CPU, ms"]
    show("Row updates in a page", head, rows)


if __name__ == "__main__":
    main()
