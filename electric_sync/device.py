"""What a person calls the device behind a user agent: "Chrome on Linux".

Only what people tell apart is told apart. A browser says the names of all whom it resembles,
so the first mark that is found counts, from the most particular to the most general.
"""

from __future__ import annotations

UNKNOWN = "A browser"

_BROWSERS = (
    ("Edg", "Edge"),  # Edg/, EdgA/ and EdgiOS/
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("YaBrowser/", "Yandex Browser"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),  # HeadlessChrome/ too
    ("Chromium/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),  # an iPad that asks for desktop pages says so, too
    ("Linux", "Linux"),
    ("X11", "Linux"),
)


def device_of(user_agent: str) -> str:
    """The browser and the system that it runs on, as far as the user agent tells."""
    browser = _first(_BROWSERS, user_agent) or UNKNOWN
    system = _first(_SYSTEMS, user_agent)
    return f"{browser} on {system}" if system else browser


def _first(marks: tuple[tuple[str, str], ...], user_agent: str) -> str | None:
    return next((name for mark, name in marks if mark in user_agent), None)
