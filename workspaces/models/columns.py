"""Columns: what the cells of a table are called and which values they hold."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from . import fields

WIDTHS = (
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    11,
    12,
    13,
    14,
    15,
    16,
    18,
    20,
    24,
    30,
)  # rem, the classes w-3 … w-30


class DataTableColumn(models.Model):
    """A column of a table. How its type reads, checks and sorts values is in
    ``workspaces.columns``."""

    class Type(models.TextChoices):
        """The kinds of values, each with a module of the same name in ``workspaces.columns``."""

        TEXT = "text", "Text"
        NUMBER = "number", "Number"
        CHECKBOX = "checkbox", "Checkbox"
        DATE = "date", "Date"
        SELECT = "select", "Select"
        PERSON = "person", "Person"

    id = fields.key()
    company = fields.belongs_to("workspaces.Company")
    workspace = fields.belongs_to("workspaces.Workspace")
    table = fields.belongs_to("workspaces.DataTable", "columns")
    name = fields.name()
    type = models.CharField(max_length=10, choices=Type)
    options = fields.json_object()
    position = fields.position()
    width = models.SmallIntegerField(
        default=10, db_default=10, choices=[(w, f"{w} rem") for w in WIDTHS]
    )
    created_at = fields.created_at()

    class Meta:
        db_table = "data_table_columns"
        ordering = ["position", "id"]
        verbose_name = "column"
        constraints = [
            models.UniqueConstraint(
                "table",
                Lower("name"),
                name="data_table_columns_name",
                violation_error_message="The table has a column of this name.",
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="data_table_columns_named"),
            models.CheckConstraint(
                condition=models.Q(
                    type__in=["text", "number", "checkbox", "date", "select", "person"]
                ),
                name="data_table_columns_type",
            ),
            models.CheckConstraint(
                condition=models.Q(width__gte=3, width__lte=30), name="data_table_columns_width"
            ),
        ]
        indexes = [
            models.Index(fields=["table", "position", "id"], name="data_table_columns_order")
        ]

    def __str__(self) -> str:
        return self.name
