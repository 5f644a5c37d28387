"""What pages show live."""

from electric_sync.live import Audience, LiveList, LiveRegion
from electric_sync.shapes import register
from tests.project.shop.models import Customer, Order
from tests.project.shop.shapes import Customers, Orders


@register
class OpenOrders(LiveList):
    """A customer's open orders, by number."""

    shape = Orders
    template = "shop/_order.html"
    tag = "tbody"

    def audience(self, access, customer_id):
        return Audience(can_edit=access.role == "clerk")

    def queryset(self, audience, customer_id):
        return Order.objects.filter(customer_id=customer_id, state="open").order_by("number", "id")


@register
class NotedOrders(LiveList):
    """All of a customer's orders, latest note first: an order with NULLs in it."""

    shape = Orders
    also = (Customers,)
    template = "shop/_order.html"
    tag = "tbody"

    def audience(self, access, customer_id):
        return Audience(can_edit=False)

    def queryset(self, audience, customer_id):
        return Order.objects.filter(customer_id=customer_id).order_by("-note", "id")

    def context(self, audience, customer_id):
        return {"customer": Customer.objects.get(pk=customer_id)}


@register
class CustomerNames(LiveRegion):
    """The names of the shop's customers."""

    shapes = (Customers,)
    template = "shop/_customers.html"

    def audience(self, access):
        return Audience(shop=access.tenant)

    def context(self, audience):
        return {"customers": Customer.objects.filter(shop_id=audience.shop).order_by("name", "id")}
