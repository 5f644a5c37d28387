"""Live views: HTML that follows PostgreSQL.

``views`` is what a project declares; ``window`` and ``fragments`` render and compare;
``groups`` and ``refresher`` decide what to read again and when; ``consumer`` is the socket.
"""

from electric_sync.live.audience import Audience
from electric_sync.live.pages import live_page
from electric_sync.live.views import LiveList, LiveRegion

__all__ = ["Audience", "LiveList", "LiveRegion", "live_page"]
