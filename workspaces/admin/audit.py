"""The audit log, to read."""

from __future__ import annotations

import json

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from workspaces.models import AuditLog

from .base import ReadOnly


@admin.register(AuditLog)
class AuditLogAdmin(ReadOnly):
    """What was done, latest first."""

    list_display = ("created_at", "action", "target_name", "user", "via", "company")
    list_filter = ("via", "company")
    list_select_related = ("company",)
    search_fields = ("target_name", "user_name", "action")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-id")
    fields = (
        "created_at",
        "action",
        "target_name",
        "user",
        "via",
        "company",
        "pretty_details",
        "target_id",
        "workspace_id",
        "table_id",
    )
    readonly_fields = ("user", "pretty_details")

    @admin.display(description="who", ordering="user_name")
    def user(self, entry: AuditLog) -> str:
        """The name that they had, or that it was a command."""
        return entry.user_name or "A command"

    @admin.display(description="details")
    def pretty_details(self, entry: AuditLog) -> SafeString:
        """As JSON, a line for each thing."""
        text = json.dumps(entry.details, indent=2, ensure_ascii=False)
        return format_html("<pre>{}</pre>", text)
