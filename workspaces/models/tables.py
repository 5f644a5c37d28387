"""Tables: named sheets of rows, in one workspace."""

from __future__ import annotations

from django.db import models

from . import fields


class DataTable(models.Model):
    """A table of a workspace. Moving it to another workspace of its company moves all that is in
    it."""

    id = fields.key()
    company = fields.belongs_to("workspaces.Company")
    workspace = fields.belongs_to("workspaces.Workspace", "tables")
    name = fields.name()
    position = fields.position()
    trashed_at = models.DateTimeField(
        null=True, blank=True, help_text="Set: in the trash, may be restored."
    )
    created_at = fields.created_at()

    class Meta:
        db_table = "data_tables"
        ordering = ["position", "id"]
        verbose_name = "table"
        constraints = [
            # What the composite foreign keys of columns, views and rows point at.
            models.UniqueConstraint(
                fields=["id", "workspace", "company"], name="data_tables_place"
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="data_tables_name"),
        ]
        indexes = [models.Index(fields=["workspace", "position", "id"], name="data_tables_order")]

    def __str__(self) -> str:
        return self.name
