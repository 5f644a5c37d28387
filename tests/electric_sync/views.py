"""Live views that no page of the shop has: each shows one difficulty."""

from django.db.models import IntegerField
from django.db.models.functions import Cast

from electric_sync.live import Audience, LiveList, LiveRegion
from electric_sync.shapes import register
from tests.project.shop.models import Order
from tests.project.shop.shapes import Customers, Orders


class _OrdersOfACustomer(LiveList):
    shape = Orders
    template = "shop/_note.html"
    tag = "tbody"

    def audience(self, access, customer_id):
        return Audience()

    def queryset(self, audience, customer_id):
        return Order.objects.filter(customer_id=customer_id).order_by("number", "id")


@register
class QuietOrders(_OrdersOfACustomer):
    """By number, which is not shown: a row that moves looks the same."""


@register
class FragileOrders(_OrdersOfACustomer):
    """What it needs beside its rows cannot be had while a note says "boom"."""

    def context(self, audience, customer_id):
        if Order.objects.filter(customer_id=customer_id, note="boom").exists():
            raise ValueError("boom")
        return {}


@register
class NumericOrders(_OrdersOfACustomer):
    """PostgreSQL cannot sort it while a note is no number."""

    def queryset(self, audience, customer_id):
        found = Order.objects.filter(customer_id=customer_id)
        return found.annotate(value=Cast("note", IntegerField())).order_by("value", "id")


@register
class CustomerOrders(_OrdersOfACustomer):
    """Depends on two shapes."""

    also = (Customers,)


@register
class OrdersCounted(LiveRegion):
    """Read again after an hour only."""

    shapes = (Orders,)
    template = "shop/_count.html"
    pause = 3600.0

    def audience(self, access, customer_id):
        return Audience()

    def context(self, audience, customer_id):
        return {"count": Order.objects.filter(customer_id=customer_id).count()}


@register
class RoleShown(LiveRegion):
    """Depends on the audience alone."""

    shapes = ()
    template = "shop/_role.html"

    def audience(self, access):
        return Audience(role=access.role)
