"""A frame that is larger than a websocket message may be comes in pieces."""

from __future__ import annotations

from electric_sync.live.groups import PIECE
from tests.electric_sync.conftest import add_orders
from tests.electric_sync.oracle import assert_page_becomes_fresh
from tests.project.shop.models import Order


def test_a_frame_larger_than_a_message_comes_in_pieces(people, browser):
    add_orders(people.customer, 3)
    page = browser(people.clerk)
    page.open(f"/customers/{people.customer.pk}/")
    page.connect()

    Order.objects.update(note="x" * 2 * PIECE)

    assert_page_becomes_fresh(page)
    pieces = [each for each in page.heard if each.get("partial")]
    assert len(pieces) >= 6
    assert all(len(each["content"]) <= PIECE for each in pieces)
