"""Invitations: the link with which somebody who has no password yet chooses one.

It is Django's token for new passwords, signed with the secret key: nothing is stored. It ends by
itself when a password is chosen, since that is signed along, and after three days.

What the person may do is signed along, too. Else whoever was given the link of somebody who could
do little could use it when they may do more, in another company for instance.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from workspaces.access import Decision, inviting
from workspaces.models import Membership, User

DAYS = 3
"""For so long an invitation works: settings.PASSWORD_RESET_TIMEOUT is Django's own three days."""


class _Tokens(PasswordResetTokenGenerator):
    """Not those of a forgotten password."""

    key_salt = "workspaces.invitations"

    def __init__(self, by: UUID | str) -> None:
        super().__init__()
        self._by = by

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        places = Membership.objects.filter(user_id=user.pk).order_by("company_id")
        may = list(places.values_list("company_id", "role"))
        signed = super()._make_hash_value(user, timestamp)
        return f"{signed}{may}{user.is_staff}{user.is_superuser}{self._by}"


def may_invite(role: str, member: Membership) -> Decision:
    """Whether somebody with this role may have a colleague's invitation."""
    others = Membership.objects.filter(user_id=member.user_id).exclude(pk=member.pk)
    return inviting(
        role,
        member.role,
        has_password=member.user.has_usable_password(),
        is_elsewhere=others.exists(),
        is_staff=member.user.is_staff or member.user.is_superuser,
    )


def invitation_link(user: User, by: UUID) -> str:
    """Return the address that somebody may pass on.

    Raises:
        ValueError: this person has a password.
    """
    if user.has_usable_password():
        raise ValueError(f"{user} has a password already, and needs no invitation.")
    uid = urlsafe_base64_encode(force_bytes(f"{user.pk}/{by}"))
    return reverse("pages:welcome", args=[uid, _Tokens(by).make_token(user)])


def invited(uid: str, token: str) -> User | None:
    """Find the person whom an invitation is for; None: it has ended, or never was one."""
    try:
        key, _, by = urlsafe_base64_decode(uid).decode().partition("/")
        user = User.objects.filter(pk=key, is_active=True).first()
        member = Membership.objects.select_related("user").filter(user_id=key).first()
        inviting = Membership.objects.filter(user_id=by, user__is_active=True)
        inviter = member and inviting.filter(company_id=member.company_id).first()
    except (ValueError, ValidationError):  # no base64, no text, no key
        return None
    if user is None or not _Tokens(by).check_token(user, token):
        return None
    if member is None or inviter is None or not may_invite(inviter.role, member):
        return None
    return user
