"""Invitations: who may have one, and for how long it is worth something.

Whoever has somebody's link can become them. So nobody gets one, or keeps one, with which they could
do more than they may.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from workspaces import invitations
from workspaces.actions import people
from workspaces.actions.companies import create_company
from workspaces.invitations import invitation_link, invited, may_invite
from workspaces.models import Membership, User

from .conftest import Firm, make_firm

PASSWORD = "correct horse battery"


@pytest.fixture
def nell(firm: Firm) -> Membership:
    """Somebody who was just added."""
    return people.add_person(firm.actor(), "nell@fern.example", "Nell", "editor")[0]


def link_of(nell: Membership, who: str = "owner") -> tuple[str, str]:
    """Person and token of a link that somebody of the firm passes on."""
    by = Membership.objects.get(company=nell.company, user__email=f"{who}@fern.example")
    uid, token = invitation_link(nell.user, by.user_id).split("/")[-2:]
    return uid, token


def test_a_link_is_worth_something_until_a_password_is_chosen(nell: Membership) -> None:
    link = link_of(nell)
    assert invited(*link) == nell.user
    nell.user.set_password(PASSWORD)
    nell.user.save()
    assert invited(*link) is None


def test_a_link_ends_after_three_days(nell: Membership, monkeypatch: pytest.MonkeyPatch) -> None:
    link = link_of(nell)
    for days, is_good in ((2, True), (4, False)):
        later = datetime.now() + timedelta(days=days)
        monkeypatch.setattr(invitations._Tokens, "_now", lambda self, later=later: later)
        assert (invited(*link) is not None) is is_good


@pytest.mark.parametrize(
    "change",
    [
        lambda nell: create_company("Third", owner_email=nell.email),
        lambda nell: Membership.objects.filter(pk=nell.pk).update(role="admin"),
        lambda nell: Membership.objects.filter(pk=nell.pk).delete(),
        lambda nell: User.objects.filter(pk=nell.user_id).update(is_staff=True),
        lambda nell: User.objects.filter(pk=nell.user_id).update(is_superuser=True),
        lambda nell: User.objects.filter(pk=nell.user_id).update(is_active=False),
        lambda nell: User.objects.filter(pk=nell.user_id).update(email="other@fern.example"),
    ],
)
def test_a_link_ends_when_the_person_may_do_something_else(nell: Membership, change: Any) -> None:
    link = link_of(nell)
    change(nell)
    assert invited(*link) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda admin: Membership.objects.filter(pk=admin.pk).delete(),
        lambda admin: Membership.objects.filter(pk=admin.pk).update(role="editor"),
        lambda admin: User.objects.filter(pk=admin.user_id).update(is_active=False),
    ],
)
def test_a_link_ends_when_who_passed_it_on_may_invite_no_more(
    firm: Firm, nell: Membership, change: Any
) -> None:
    """Found: who was taken out of a company came back as somebody whom they had invited before."""
    link, owners = link_of(nell, "admin"), link_of(nell)
    assert invited(*link) == nell.user
    change(Membership.objects.get(company=firm.company, user=firm.people["admin"]))
    assert invited(*link) is None
    assert invited(owners[0], link[1]) is None
    assert invited(*owners) == nell.user


def test_only_owners_invite_an_owner(nell: Membership) -> None:
    assert may_invite("admin", nell)
    nell.role = "owner"
    assert not may_invite("admin", nell)
    assert may_invite("owner", nell)


def test_nobody_gets_the_link_of_somebody_who_sees_more_than_their_company(
    firm: Firm, nell: Membership
) -> None:
    Membership.objects.create(
        company=create_company("X", owner_email="x@x.example"), user=nell.user, role="viewer"
    )
    assert "more than this company" in may_invite("owner", nell).reason
    other, _ = people.add_person(firm.actor(), "staff@fern.example", "Staff", "viewer")
    other.user.is_staff = True
    assert not may_invite("owner", other)


def test_nobody_else_gets_one(nell: Membership) -> None:
    for role in ("editor", "viewer", "unheard-of"):
        assert not may_invite(role, nell)
    nell.user.set_password(PASSWORD)
    assert "have a password" in may_invite("owner", nell).reason


@pytest.mark.django_db(transaction=True)
def test_an_admin_does_not_become_an_owner_by_an_invitation() -> None:
    firm, admin = make_firm(), Client()
    admin.force_login(firm.people["admin"])
    owner = Membership.objects.get(company=firm.company, user=firm.people["owner"])
    assert not owner.user.has_usable_password()
    page = admin.get(reverse("pages:invitation", args=[owner.pk])).content.decode()
    assert "Only owners invite an owner." in page
    assert "/welcome/" not in page
