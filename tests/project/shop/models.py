"""A shop has clerks, customers, and customers' orders."""

from django.conf import settings
from django.db import models


class Shop(models.Model):
    """Whose everything is: the tenant."""

    name = models.CharField(max_length=100)


class Membership(models.Model):
    """A person works in a shop."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    role = models.CharField(max_length=10)


class Customer(models.Model):
    """Somebody who orders."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    name = models.CharField(max_length=100)


class Order(models.Model):
    """What a customer ordered."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE)
    number = models.IntegerField()
    state = models.CharField(max_length=10, default="open")
    note = models.TextField(null=True)
