"""The shop."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """Shops, their clerks, customers and orders."""

    name = "tests.project.shop"
    label = "shop"
