"""Who belongs to a company, in which role, and which workspaces they were given."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from . import fields


class Role(models.TextChoices):
    """What somebody is in a company. Owners and admins see every workspace, others what they are
    given."""

    OWNER = "owner", "Owner"
    ADMIN = "admin", "Admin"
    EDITOR = "editor", "Editor"
    VIEWER = "viewer", "Viewer"


class Membership(models.Model):
    """A person in a company. The database keeps at least one owner in each (migration 0002).

    ``name``, ``email`` and ``active`` are copies of the person's own, kept true by the database: so
    the people of a company are one table with a ``company_id``, which can be synced, and nobody
    syncs ``users``.
    """

    id = fields.key()
    company = fields.belongs_to("workspaces.Company", "memberships")
    user = fields.belongs_to(settings.AUTH_USER_MODEL, "memberships")
    role = models.CharField(max_length=10, choices=Role)
    name = models.CharField(max_length=fields.MAX_NAME, editable=False, db_default="")
    email = models.EmailField("e-mail", max_length=254, editable=False, db_default="")
    active = models.BooleanField(editable=False, db_default=True)
    created_at = fields.created_at()

    class Meta:
        db_table = "memberships"
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "user"],
                name="memberships_person",
                violation_error_message="This person belongs to the company already.",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="memberships_role"
            ),
        ]
        indexes = [models.Index(fields=["user", "created_at"], name="memberships_user")]

    def __str__(self) -> str:
        return f"{self.name or self.user} at {self.company}"


class WorkspaceGrant(models.Model):
    """A workspace given to a member who does not see all of them. It goes when the membership
    goes."""

    class Level(models.TextChoices):
        """What the grant allows. A viewer stays a viewer whatever the grant says."""

        VIEW = "view", "May view"
        EDIT = "edit", "May edit"

    id = fields.key()
    company = fields.belongs_to("workspaces.Company")
    workspace = fields.belongs_to("workspaces.Workspace", "grants")
    user = fields.belongs_to(settings.AUTH_USER_MODEL)
    level = models.CharField(max_length=4, choices=Level, default=Level.VIEW)
    created_at = fields.created_at()

    class Meta:
        db_table = "workspace_grants"
        ordering = ["workspace", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "user"],
                name="workspace_grants_person",
                violation_error_message="This person has this workspace already.",
            ),
            models.CheckConstraint(
                condition=models.Q(level__in=["view", "edit"]), name="workspace_grants_level"
            ),
        ]
        indexes = [models.Index(fields=["company", "user"], name="workspace_grants_user")]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_level_display()} {self.workspace}"
