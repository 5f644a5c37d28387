"""What may be followed."""

from electric_sync.shapes import Shape, register
from tests.project.shop.models import Customer, Order


@register
class Orders(Shape):
    """A customer's orders."""

    model = Order
    columns = ("id", "customer_id", "number", "state", "note")
    params = ("customer_id",)

    def allows(self, access, customer_id):
        return access.role in {"clerk", "owner"}


@register
class Customers(Shape):
    """The shop's customers."""

    model = Customer
    columns = ("id", "name")

    def allows(self, access):
        return access.role in {"clerk", "owner"}
