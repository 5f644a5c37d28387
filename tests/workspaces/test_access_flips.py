"""The access matrix, flipped in the middle of a session.

Whoever was let in and is not any more gets the refusal in the very next answer; whoever is let in
now, the answer. What is refused to whom is the matrix's matter: afterwards a session gets what one
of the people there gets who was never anything else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from electric_sync.models import UserSession
from workspaces.models import DataTable, Membership, User, Workspace, WorkspaceGrant

from .conftest import Firm, make_firm
from .test_access_matrix import (
    LOCKED_OUT,
    NOBODY,
    OF_THE_SYNC_LAYER,
    OPERATIONS,
    PAGES,
    SEEING,
    Case,
    Things,
    address_of,
    make_things,
    send,
)

pytestmark = pytest.mark.django_db(transaction=True)

REMOVED = "removed"  # signed in, and a member of no company
#: What somebody without a company is answered where it is not "no access".
WITHOUT_A_COMPANY = {
    "get sign-in": 200,
    "post sign-in": 422,
    "post sign-out": 302,
    "post switch-company": 404,
    "post stop-colleagues": 303,
    "get welcome": 200,  # the link is the secret
    "post welcome": 422,
}
CASES = [*PAGES, *OPERATIONS, *OF_THE_SYNC_LAYER]

Road = Callable[[Firm, User], object]


@dataclass(frozen=True)
class Flip:
    """Somebody becomes somebody else, while signed in."""

    name: str
    before: str
    road: Road
    after: str

    def __str__(self) -> str:
        return self.name


def _grants(person: User) -> Any:
    return WorkspaceGrant.objects.filter(user=person)


def _membership(firm: Firm, person: User) -> Any:
    return Membership.objects.filter(company=firm.company, user=person)


def _give(firm: Firm, person: User) -> None:
    for place in Workspace.objects.filter(company=firm.company):
        WorkspaceGrant.objects.create(workspace=place, user=person, level="edit")


FLIPS = [
    Flip(
        "what was given is taken back",
        "editor",
        lambda firm, person: _grants(person).delete(),
        "editor-without-grant",
    ),
    Flip(
        "only to look at any more",
        "editor",
        lambda firm, person: _grants(person).update(level="view"),
        "editor-who-may-view",
    ),
    Flip(
        "an editor becomes a viewer",
        "editor",
        lambda firm, person: _membership(firm, person).update(role="viewer"),
        "viewer-who-may-edit",
    ),
    Flip(
        "an admin becomes an editor",
        "admin",
        lambda firm, person: _membership(firm, person).update(role="editor"),
        "editor-without-grant",
    ),
    Flip(
        "removed from the company",
        "admin",
        lambda firm, person: _membership(firm, person).delete(),
        REMOVED,
    ),
    Flip(
        "signed out on all devices",
        "admin",
        lambda firm, person: UserSession.objects.filter(user=person).update(
            ended_at=timezone.now()
        ),
        NOBODY,
    ),
    Flip(
        "locked out",
        "admin",
        lambda firm, person: User.objects.filter(pk=person.pk).update(is_active=False),
        LOCKED_OUT,
    ),
    Flip("a workspace is given", "editor-without-grant", _give, "editor"),
    Flip(
        "a viewer becomes an admin",
        "viewer",
        lambda firm, person: _membership(firm, person).update(role="admin"),
        "admin",
    ),
]


def expected(case: Case, who: str) -> int:
    """What the matrix says that somebody gets."""
    if who != REMOVED:
        return case.expected[who]
    return WITHOUT_A_COMPANY.get(str(case), 403)


@pytest.fixture
def firm() -> Firm:
    """A company that is committed."""
    return make_firm()


class Seat:
    """Somebody's browser, and the way back to what they were."""

    def __init__(self, firm: Firm, who: str) -> None:
        self.person = firm.people[who]
        self._role = Membership.objects.get(company=firm.company, user=self.person).role
        self._grant = WorkspaceGrant.objects.filter(
            workspace=firm.workspace, user=self.person
        ).first()
        self._firm = firm

    def sit_down(self) -> Client:
        """As they were before, newly signed in, with a page open."""
        User.objects.filter(pk=self.person.pk).update(is_active=True)
        Membership.objects.update_or_create(
            company=self._firm.company, user=self.person, defaults={"role": self._role}
        )
        _grants(self.person).delete()
        if self._grant is not None:
            for place in Workspace.objects.filter(company=self._firm.company):
                WorkspaceGrant.objects.create(
                    workspace=place, user=self.person, level=self._grant.level
                )
        client = Client()
        client.force_login(self.person)
        assert client.get(reverse("pages:home")).status_code == 200
        return client


def make_anew(firm: Firm) -> Things:
    """Fresh things in place of the old ones."""
    Workspace.objects.exclude(pk=firm.workspace.pk).delete()
    return make_things(firm)


@pytest.mark.parametrize("flip", FLIPS, ids=str)
def test_invariant_3_the_very_next_answer_is_the_one_for_who_they_are_now(
    firm: Firm, flip: Flip
) -> None:
    seat, things, wrong = Seat(firm, flip.before), make_things(firm), {}
    for case in CASES:
        before, after = expected(case, flip.before), expected(case, flip.after)
        if before == after:
            continue
        client = seat.sit_down()
        if case.method == "get":
            assert send(client, case, address_of(case, things), {}).status_code == before, case
        flip.road(firm, seat.person)
        response = send(client, case, address_of(case, things), case.body(things))
        if response.status_code != after:
            wrong[str(case)] = response.status_code, after
        if response.status_code >= 400:
            assert "Hidden" not in response.content.decode() or flip.after in SEEING, case
        elif case.method != "get":
            things = make_anew(firm)
    assert wrong == {}


@pytest.mark.parametrize("road", ["a table moves away", "its workspace goes into the trash"])
def test_invariant_3_what_goes_out_of_reach_is_not_there_in_the_very_next_answer(
    firm: Firm, road: str
) -> None:
    tried = 0
    for case in CASES:
        if expected(case, "editor") >= 400 or case.in_trash:
            continue
        things = make_anew(firm)
        address = address_of(case, things)
        if not _is_about_the_table(things, address):
            continue
        seat = Seat(firm, "editor")
        client = seat.sit_down()
        if road == "a table moves away":
            attic = Workspace.objects.create(company=firm.company, name="Attic")
            DataTable.objects.filter(pk=things.table.pk).update(workspace=attic)
        else:
            Workspace.objects.filter(pk=things.workspace.pk).update(trashed_at=timezone.now())
        response = send(client, case, address, case.body(things))
        assert response.status_code == 404, case
        assert "Hidden" not in response.content.decode()
        tried += 1
    assert tried > 15


def _is_about_the_table(things: Things, address: str) -> bool:
    keys = (things.table.pk, things.column.pk, things.row.pk)
    return any(str(key) in address for key in keys)
