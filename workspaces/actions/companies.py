"""Actions on companies."""

from __future__ import annotations

from django.db import transaction

from workspaces.access import Actor
from workspaces.models import AuditLog, Company, Membership, Role, User

from .audit import record
from .finding import clean_email, clean_name


@transaction.atomic
def create_company(name: str, *, owner_email: str, owner_name: str = "") -> Company:
    """Make a company with its first owner, who is made as well if there is no such person yet.

    A new person has no password: give them one with ``manage.py changepassword``.
    """
    email = clean_email(owner_email, "owner")
    company = Company.objects.create(name=clean_name(name))
    owner = User.objects.filter(email=email).first()
    if owner is None:
        owner = User.objects.create_user(
            email, name=clean_name(owner_name or email.partition("@")[0])
        )
    Membership.objects.create(company=company, user=owner, role=Role.OWNER)
    actor = Actor(user_id=None, company_id=company.pk, via=AuditLog.Via.COMMAND.value)
    record(
        actor,
        "company.created",
        target_id=company.pk,
        target_name=company.name,
        details={"owner": email},
    )
    return company
