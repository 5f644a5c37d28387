"""Actions on the people of a company. Admins manage everybody but owners; owners everybody.

What somebody loses by these is gone from their pages in the same moment: the database raises the
change of access in the transaction that makes it.
"""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction

from electric_sync.models import UserSession
from workspaces.access import Actor, appointing, keeping_an_owner, signing_out
from workspaces.errors import Forbidden, Invalid, NotFound
from workspaces.models import Membership, Role, User, WorkspaceGrant

from .audit import record
from .finding import clean_email, clean_name, hold_member, key_of, lock_company
from .permission import require_managing_people

MAX_PEOPLE = 2_000  # in a company
NAMED = 20  # workspaces that the audit log names of somebody who has gone


@transaction.atomic
def add_person(actor: Actor, email: str, name: str, role: str) -> tuple[Membership, bool]:
    """Let somebody into the company, and say whether the person is new to the whole installation.

    Who is new has no password: they choose one with an invitation. Somebody who is there already,
    in another company, keeps their name and signs in as before.
    """
    lock_company(actor)
    acting = require_managing_people(actor)
    role = clean_role(role)
    decision = appointing(acting, None, role)
    if not decision:
        raise Forbidden(decision.reason)
    email = clean_email(email)
    members = Membership.objects.filter(company_id=actor.company_id)
    if members.filter(user__email=email).exists():
        raise Invalid({"email": "Somebody with this address belongs to the company already."})
    if members.count() >= MAX_PEOPLE:
        raise Invalid({"email": f"A company has at most {MAX_PEOPLE:,} people."})
    person = User.objects.filter(email=email).first()
    is_new = person is None
    if person is None:
        # Somebody may make the same person in another company right now.
        person, is_new = User.objects.get_or_create(
            email=email, defaults={"name": clean_name(name), "password": make_password(None)}
        )
    member = Membership.objects.create(company_id=actor.company_id, user=person, role=role)
    member.refresh_from_db()  # name and address
    _record(actor, "person.added", member, email=member.email, role={"from": None, "to": role})
    return member, is_new


@transaction.atomic
def change_role(actor: Actor, membership: Membership | UUID, role: str) -> Membership:
    """Make somebody an owner, admin, editor or viewer.

    The workspaces that they were given stay given: they count again once they are needed.
    """
    lock_company(actor)
    acting = require_managing_people(actor)
    member = _lock_member(actor, membership)
    role, before = clean_role(role), member.role
    _require_appointing(actor, acting, member, role)
    if role != before:
        member.role = role
        member.save(update_fields=["role"])
        _record(actor, "person.role_changed", member, role={"from": before, "to": role})
    return member


@transaction.atomic
def remove_person(actor: Actor, membership: Membership | UUID) -> None:
    """Take somebody out of the company, with everything that they were given in it.

    The person stays, with their other companies and what they wrote.
    """
    lock_company(actor)
    acting = require_managing_people(actor)
    member = _lock_member(actor, membership, going=True)
    _require_appointing(actor, acting, member, None)
    grants = WorkspaceGrant.objects.filter(company_id=member.company_id, user_id=member.user_id)
    lost = grants.order_by("workspace__position", "workspace_id")
    _record(
        actor,
        "person.removed",
        member,
        email=member.email,
        role={"from": member.role, "to": None},
        workspaces=list(lost.values_list("workspace__name", flat=True)[:NAMED]),
    )
    Membership.objects.filter(pk=member.pk).delete()


@transaction.atomic
def end_devices(actor: Actor, membership: Membership | UUID, session_id: UUID | None = None) -> int:
    """Sign somebody out on every device on which they have this company open, or on the one that
    is given. Returns how many."""
    acting = require_managing_people(actor)
    member = hold_member(actor, pk=key_of(membership))
    decision = signing_out(acting, member.role)
    if not decision:
        raise Forbidden(decision.reason)
    sessions = UserSession.objects.open().filter(
        user_id=member.user_id, tenant=str(member.company_id)
    )
    if session_id is not None:
        sessions = sessions.filter(pk=session_id)
        if not sessions.exists():
            raise NotFound("device")
    ended = sessions.end()
    if ended:
        _record(actor, "person.signed_out", member, devices=ended)
    return ended


def clean_role(given: str) -> str:
    """A role.

    Raises:
        Invalid: it is none.
    """
    if given not in Role.values:
        raise Invalid({"role": f"There is no such role. Choose one of: {', '.join(Role.values)}."})
    return given


def _require_appointing(actor: Actor, acting: str, member: Membership, after: str | None) -> None:
    owners = Membership.objects.filter(company_id=member.company_id, role=Role.OWNER)
    last_owner = not owners.exclude(pk=member.pk).exists()
    decide = keeping_an_owner if actor.is_operator else partial(appointing, acting)
    decision = decide(member.role, after, last_owner=last_owner)
    if not decision:
        raise Forbidden(decision.reason)


def _lock_member(actor: Actor, membership: Membership | UUID, *, going: bool = False) -> Membership:
    """Somebody of the company, held against other changes, and against new grants if they go."""
    found = (
        Membership.objects.select_for_update(no_key=not going)
        .filter(pk=key_of(membership), company_id=actor.company_id)
        .first()
    )
    if found is None:
        raise NotFound("person")
    return found


def _record(actor: Actor, action: str, member: Membership, **details: object) -> None:
    record(actor, action, target_id=member.user_id, target_name=member.name, details=dict(details))
