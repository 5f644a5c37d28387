"""Rows: the cells of a table, kept as JSON by column id."""

from __future__ import annotations

from django.db import models

from . import fields


class RowPlace(models.Model):
    """Where a row belongs and what it holds: the same for a row in its table and one in the
    trash."""

    id = fields.key()
    company = fields.belongs_to("workspaces.Company")
    workspace = fields.belongs_to("workspaces.Workspace")
    table = fields.belongs_to("workspaces.DataTable")
    position = fields.position()
    # {column id: value}; an empty cell has no key. Each column type states the JSON of its values.
    cells = fields.json_object()
    created_at = fields.created_at()

    class Meta:
        abstract = True


class DataTableRow(RowPlace):
    """A row of a table, in the order of ``position`` and then ``id``."""

    table = fields.belongs_to("workspaces.DataTable", "rows")
    # By the database, whoever writes (migration 0002).
    updated_at = models.DateTimeField(db_default=models.functions.Now(), editable=False)
    # Who last changed it through an action. Not a foreign key: it says who it was, also when they
    # have gone.
    updated_by = models.UUIDField(null=True, editable=False)

    class Meta:
        db_table = "data_table_rows"
        ordering = ["position", "id"]
        verbose_name = "row"
        indexes = [models.Index(fields=["table", "position", "id"], name="data_table_rows_order")]

    def __str__(self) -> str:
        return f"Row {self.pk}"


class TrashedRow(RowPlace):
    """A deleted row as it was, so that deleting can be undone for a while."""

    trashed_at = models.DateTimeField(db_default=models.functions.Now(), editable=False)
    trashed_by = models.UUIDField(null=True, editable=False)

    class Meta:
        db_table = "data_table_trashed_rows"
        ordering = ["-trashed_at", "id"]
        verbose_name = "deleted row"
        indexes = [models.Index(fields=["table", "trashed_at"], name="data_table_trashed_rows_age")]

    def __str__(self) -> str:
        return f"Deleted row {self.pk}"
