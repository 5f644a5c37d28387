"""What a project may want to hear of, to write it into its own log.

Both are sent in the transaction that writes what they tell of: a receiver that raises undoes it.
"""

from __future__ import annotations

from django.dispatch import Signal

receipts_cleared = Signal()
"""``receipts``: those whose devices have just confirmed (a list of ``Receipt``)."""

resync_requested = Signal()
"""``request``: the new ``ResyncRequest``."""
