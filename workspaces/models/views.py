"""Views: saved ways to look at a table."""

from __future__ import annotations

from django.db import models

from . import fields


class DataTableView(models.Model):
    """What is filtered, sorted and hidden when a table is looked at in this way."""

    class Kind(models.TextChoices):
        """How rows are drawn."""

        GRID = "grid", "Grid"
        BOARD = "board", "Board"

    id = fields.key()
    company = fields.belongs_to("workspaces.Company")
    workspace = fields.belongs_to("workspaces.Workspace")
    table = fields.belongs_to("workspaces.DataTable", "views")
    name = fields.name()
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.GRID)
    filters = models.JSONField(
        default=list, blank=True, db_default=models.Value([], models.JSONField())
    )
    sorts = models.JSONField(
        default=list, blank=True, db_default=models.Value([], models.JSONField())
    )
    hidden_columns = models.JSONField(
        default=list, blank=True, db_default=models.Value([], models.JSONField())
    )
    position = fields.position()
    created_at = fields.created_at()

    class Meta:
        db_table = "data_table_views"
        ordering = ["position", "id"]
        verbose_name = "view"
        constraints = [
            models.CheckConstraint(condition=~models.Q(name=""), name="data_table_views_name"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["grid", "board"]), name="data_table_views_kind"
            ),
        ]
        indexes = [models.Index(fields=["table", "position", "id"], name="data_table_views_order")]

    def __str__(self) -> str:
        return self.name
