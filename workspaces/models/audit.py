"""The audit log: what was done, by whom, when and by which road."""

from __future__ import annotations

from django.db import models

from electric_sync.models import transaction_id

from . import fields


class AuditLog(models.Model):
    """One thing that somebody did. Written in the transaction of what it tells of; never changed.

    It names things rather than pointing at them, so it stays true when they are renamed or gone.
    """

    class Via(models.TextChoices):
        """The road that the change came by."""

        PAGE = "page", "Page"
        API = "api", "API"
        ADMIN = "admin", "Admin"
        COMMAND = "command", "Command"

    id = fields.key()
    company = fields.belongs_to("workspaces.Company")
    workspace_id = models.UUIDField(null=True)
    table_id = models.UUIDField(null=True)
    target_id = models.UUIDField(null=True)
    target_name = models.CharField(max_length=fields.MAX_NAME, db_default="")
    action = models.CharField(max_length=40)  # "table.renamed"
    user_id = models.UUIDField(null=True)  # null: a command that nobody signed in for
    user_name = models.CharField(max_length=fields.MAX_NAME, db_default="")
    via = models.CharField(max_length=10, choices=Via)
    details = fields.json_object()
    created_at = fields.created_at()
    # What was written together belongs together: receipts find by it who changed the access.
    xid = transaction_id(null=True)

    class Meta:
        db_table = "audit_logs"
        ordering = ["-created_at", "-id"]
        verbose_name = "audit log entry"
        verbose_name_plural = "audit log"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(via__in=["page", "api", "admin", "command"]),
                name="audit_logs_via",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-created_at", "-id"], name="audit_logs_order"),
            models.Index(fields=["target_id", "-created_at"], name="audit_logs_target"),
        ]

    def __str__(self) -> str:
        return f"{self.user_name or 'A command'}: {self.action} {self.target_name}"
