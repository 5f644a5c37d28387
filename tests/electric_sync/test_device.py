"""What people call their devices."""

from __future__ import annotations

import pytest

from electric_sync.device import device_of

MOZILLA = "Mozilla/5.0"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (
            f"{MOZILLA} (X11; Linux x86_64) {WEBKIT} Chrome/142.0.0.0 Safari/537.36",
            "Chrome on Linux",
        ),
        (
            f"{MOZILLA} (X11; Linux x86_64) {WEBKIT} HeadlessChrome/142.0.0.0 Safari/537.36",
            "Chrome on Linux",
        ),
        (
            f"{MOZILLA} (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/142.0.0.0 Safari/537.36",
            "Chrome on Windows",
        ),
        (
            f"{MOZILLA} (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/142.0.0.0 Safari/537.36"
            " Edg/142.0.3595.80",
            "Edge on Windows",
        ),
        (
            f"{MOZILLA} (Linux; Android 10; K) {WEBKIT} Chrome/142.0.0.0 Mobile Safari/537.36"
            " EdgA/142.0.0.0",
            "Edge on Android",
        ),
        (
            f"{MOZILLA} (Linux; Android 10; K) {WEBKIT} Chrome/142.0.0.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        (
            f"{MOZILLA} (Linux; Android 10; K) {WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0"
            " Mobile Safari/537.36",
            "Samsung Internet on Android",
        ),
        (
            f"{MOZILLA} (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/142.0.0.0 Safari/537.36",
            "Chrome on ChromeOS",
        ),
        (
            f"{MOZILLA} (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Chrome/142.0.0.0"
            " Safari/537.36 OPR/126.0.0.0",
            "Opera on Mac",
        ),
        (
            f"{MOZILLA} (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15"
            " (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
            "Safari on Mac",
        ),
        (
            f"{MOZILLA} (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15"
            " (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            f"{MOZILLA} (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15"
            " (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
            "Safari on iPad",
        ),
        (
            f"{MOZILLA} (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15"
            " (KHTML, like Gecko) CriOS/142.0.0.0 Mobile/15E148 Safari/604.1",
            "Chrome on iPhone",
        ),
        (
            f"{MOZILLA} (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15"
            " (KHTML, like Gecko) FxiOS/145.0 Mobile/15E148 Safari/605.1.15",
            "Firefox on iPhone",
        ),
        (
            f"{MOZILLA} (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0",
            "Firefox on Android",
        ),
        (
            f"{MOZILLA} (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            "Firefox on Linux",
        ),
        (
            f"{MOZILLA} (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
            "Firefox on Windows",
        ),
        ("SomethingElse/1.0 (X11; Linux aarch64)", "A browser on Linux"),
        ("Firefox/145.0", "Firefox"),
        ("curl/8.14.1", "A browser"),
        ("", "A browser"),
    ],
)
def test_a_device_is_called_as_people_call_it(user_agent, device):
    assert device_of(user_agent) == device
