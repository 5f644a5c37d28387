"""Workspaces: what access is granted by."""

from __future__ import annotations

from django.db import models

from . import fields


class Workspace(models.Model):
    """A group of tables that are given to people together."""

    id = fields.key()
    company = fields.belongs_to("workspaces.Company", "workspaces")
    name = fields.name()
    position = fields.position()
    trashed_at = models.DateTimeField(
        null=True, blank=True, help_text="Set: in the trash, seen by nobody."
    )
    created_at = fields.created_at()

    class Meta:
        db_table = "workspaces"
        ordering = ["position", "id"]
        constraints = [
            # What the composite foreign keys of tables and grants point at.
            models.UniqueConstraint(fields=["id", "company"], name="workspaces_place"),
            models.CheckConstraint(condition=~models.Q(name=""), name="workspaces_name"),
        ]
        indexes = [models.Index(fields=["company", "position", "id"], name="workspaces_order")]

    def __str__(self) -> str:
        return self.name
