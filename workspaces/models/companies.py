"""Companies: the tenants. Nothing of one is ever seen by another."""

from __future__ import annotations

from django.db import models

from . import fields


class Company(models.Model):
    """A tenant. Its id is the ``company_id`` of everything that belongs to it."""

    id = fields.key()
    name = fields.name()
    created_at = fields.created_at()

    class Meta:
        db_table = "companies"
        ordering = ["name", "id"]
        verbose_name_plural = "companies"
        constraints = [models.CheckConstraint(condition=~models.Q(name=""), name="companies_name")]

    def __str__(self) -> str:
        return self.name
