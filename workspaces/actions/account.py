"""Actions on what is a person's own. Nobody needs a role for them, and nobody else may."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from electric_sync.models import UserSession
from workspaces.access import Actor
from workspaces.errors import NotFound, NotSignedIn
from workspaces.invitations import invited
from workspaces.models import User

from .audit import record
from .finding import clean_name


@transaction.atomic
def rename_self(actor: Actor, name: str) -> User:
    """Take another name, in all companies of one's own."""
    user = _lock(actor)
    name, before = clean_name(name), user.name
    if name != before:
        user.name = name
        user.save(update_fields=["name"])
        record(
            actor,
            "person.renamed",
            target_id=user.pk,
            target_name=name,
            details={"from": before, "to": name},
        )
    return user


@transaction.atomic
def change_password(actor: Actor, password: str, *, but: UUID) -> User:
    """Choose another password. All sign-ins but the one given end, with receipts.

    The caller keeps that one in step with the new password, in the same transaction.
    """
    user = _lock(actor)
    UserSession.objects.open().filter(user_id=user.pk).exclude(pk=but).end()
    user.set_password(password)
    user.save(update_fields=["password"])
    record(actor, "person.password_changed", target_id=user.pk, target_name=user.name)
    return user


@transaction.atomic
def end_own_devices(actor: Actor, session_id: UUID | None, *, but: UUID | None) -> int:
    """Sign out on one device of one's own, or on all but this one. Returns how many."""
    user = _lock(actor)
    sessions = UserSession.objects.open().filter(user_id=user.pk)
    if but is not None:
        sessions = sessions.exclude(pk=but)
    if session_id is not None:
        sessions = sessions.filter(pk=session_id)
        if not sessions.exists():
            raise NotFound("device")
    ended = sessions.end()
    if ended:
        record(
            actor,
            "person.signed_out",
            target_id=user.pk,
            target_name=user.name,
            details={"devices": ended},
        )
    return ended


@transaction.atomic
def choose_first_password(uid: str, token: str, password: str) -> User:
    """Choose a password with an invitation.

    Raises:
        LookupError: the invitation has ended.
    """
    person = invited(uid, token)
    locked = person and User.objects.select_for_update().get(pk=person.pk)
    if locked is None or locked.has_usable_password():
        raise LookupError("This invitation has ended.")
    locked.set_password(password)
    locked.save(update_fields=["password"])
    return locked


def _lock(actor: Actor) -> User:
    """The person, held against other changes."""
    if actor.user_id is None:
        raise NotSignedIn
    found = User.objects.select_for_update(no_key=True).filter(pk=actor.user_id).first()
    if found is None or not found.is_active:
        raise NotSignedIn
    return found
