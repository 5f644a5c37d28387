"""How many examples a randomised test tries: a part of the profile's; the suite stays quick."""

from __future__ import annotations

from hypothesis import HealthCheck, settings


def one_in(part: int) -> settings:
    """``max_examples`` of the profile divided by ``part``; fixtures are shared by the examples."""
    return settings(
        max_examples=settings.default.max_examples // part,
        suppress_health_check=list(HealthCheck),
    )
