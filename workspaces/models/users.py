"""People, who sign in with their e-mail address."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower

from . import fields


class UserManager(BaseUserManager["User"]):
    """Finds people by e-mail address, whatever its case."""

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> User:
        """Make a person. Without a password nobody can sign in as them by password."""
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=email.strip().lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> User:
        """Make somebody who may do everything in Django's admin."""
        extra.setdefault("name", email.partition("@")[0])
        return self.create_user(email, password, **extra, is_staff=True, is_superuser=True)

    def get_by_natural_key(self, username: str | None) -> User:
        """The person with this e-mail address."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person. What they may see is decided by their memberships, not here."""

    id = fields.key()
    email = models.EmailField(
        "e-mail",
        max_length=254,
        unique=True,
        error_messages={"unique": "Somebody has this e-mail address already."},
    )
    name = fields.name()
    is_active = models.BooleanField(
        "active", default=True, help_text="Untick to keep somebody out everywhere."
    )
    is_staff = models.BooleanField("may open the admin", default=False)
    created_at = fields.created_at()

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        db_table = "users"
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="users_email_lower_case"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        """Addresses are kept in lower case."""
        self.email = self.email.strip().lower()

    def get_full_name(self) -> str:
        """The name, for Django's admin."""
        return self.name

    def get_short_name(self) -> str:
        """The first name, for Django's admin."""
        return self.name.partition(" ")[0]
