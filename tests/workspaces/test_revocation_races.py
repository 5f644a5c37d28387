"""Invariant 4, on the writers' side: an action and the revocation of what permits it, at once.

The oracle: whoever revokes looks, in the same transaction and behind the revocation, at what the
revoked has written. Nothing is added to that afterwards. An action that was permitted is seen there
already, since it held its permission until it had committed; any other is refused.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from workspaces.access import Actor
from workspaces.actions import columns, people, rows, sharing, tables, workspaces
from workspaces.errors import ActionError
from workspaces.models import AuditLog, Membership, User, WorkspaceGrant

from .conftest import Firm, make_firm

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 600 if os.environ.get("PLAINROW_LONG") == "1" else 60
PATIENCE = 60  # seconds, on a slow machine

Deed = Callable[[Firm, Actor], object]
Road = Callable[[Firm, Membership], object]

BY_EDITORS: list[Deed] = [
    lambda firm, actor: rows.set_cells(actor, firm.row, {firm.key("text"): uuid4().hex}),
    lambda firm, actor: rows.add_row(actor, firm.table),
    lambda firm, actor: tables.rename_table(actor, firm.table, uuid4().hex),
    lambda firm, actor: tables.create_table(actor, firm.workspace, "Another"),
    lambda firm, actor: columns.change_column(
        actor, firm.columns["date"], width=Random().choice([10, 12, 14, 16, 20])
    ),
]
BY_MANAGERS: list[Deed] = [
    *BY_EDITORS,
    lambda firm, actor: workspaces.rename_workspace(actor, firm.workspace, uuid4().hex),
    lambda firm, actor: sharing.share_workspace(
        actor, firm.workspace, firm.people["viewer"].pk, Random().choice(["view", "edit"])
    ),
    lambda firm, actor: people.add_person(actor, f"{uuid4().hex}@fern.example", "New", "viewer"),
    lambda firm, actor: people.change_role(
        actor, _member(firm, "editor"), Random().choice(["editor", "viewer"])
    ),
]


def _member(firm: Firm, who: str) -> Membership:
    return Membership.objects.get(company=firm.company, user=firm.people[who])


def _execute(sql: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


FROM_EDITORS: list[Road] = [
    lambda firm, who: sharing.unshare_workspace(firm.actor(), firm.workspace, who.user_id),
    lambda firm, who: sharing.share_workspace(firm.actor(), firm.workspace, who.user_id, "view"),
    lambda firm, who: people.change_role(firm.actor(), who, "viewer"),
    lambda firm, who: people.remove_person(firm.actor("admin"), who),
    lambda firm, who: _execute("delete from workspace_grants where user_id = %s", who.user_id),
    lambda firm, who: _execute("delete from memberships where id = %s", who.pk),
    lambda firm, who: _execute("update users set is_active = false where id = %s", who.user_id),
]
FROM_MANAGERS: list[Road] = [
    lambda firm, who: people.change_role(firm.actor(), who, "viewer"),
    lambda firm, who: people.remove_person(firm.actor(), who),
    lambda firm, who: _execute("update memberships set role = 'viewer' where id = %s", who.pk),
    lambda firm, who: _execute("update users set is_active = false where id = %s", who.user_id),
]


class Racer(Thread):
    """One of two; what it was refused with is kept."""

    def __init__(self, start_together: Barrier, act: Callable[[], object]) -> None:
        super().__init__()
        self._together, self._act = start_together, act
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._together.wait(PATIENCE)
            self._act()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self.error = error
        finally:
            connection.close()

    def ended(self) -> BaseException | None:
        """What it was refused with, once it has ended."""
        self.join(PATIENCE)
        assert not self.is_alive()
        return self.error


def dawdle(random: Random) -> None:
    """Be in the middle of something for a while: some questions to the database."""
    for _ in range(random.randrange(12)):
        _execute("select 1")


@pytest.fixture
def firm() -> Firm:
    """A company that is committed."""
    return make_firm()


@pytest.mark.parametrize("role", ["editor", "admin"])
def test_invariant_4_nothing_is_written_after_what_permitted_it_was_revoked(
    firm: Firm, role: str
) -> None:
    random = Random(4)
    deeds, roads = {"editor": (BY_EDITORS, FROM_EDITORS), "admin": (BY_MANAGERS, FROM_MANAGERS)}[
        role
    ]
    outcomes = set()
    for number in range(ROUNDS):
        user = User.objects.create_user(f"{role}-{number}@race.example", name="Racer")
        who = Membership.objects.create(company=firm.company, user=user, role=role)
        WorkspaceGrant.objects.create(workspace=firm.workspace, user=user, level="edit")
        deed, road = random.choice(deeds), random.choice(roads)
        actor = Actor(user.pk, firm.company.pk, "page")
        early, late = Random(random.random()), Random(random.random())
        seen: list[int] = []

        def act(deed: Deed = deed, actor: Actor = actor, early: Random = early) -> None:
            dawdle(early)
            with transaction.atomic():
                deed(firm, actor)
                dawdle(early)

        def revoke(
            road: Road = road, who: Membership = who, late: Random = late, seen: list[int] = seen
        ) -> None:
            dawdle(late)
            with transaction.atomic():
                road(firm, who)
                seen.append(AuditLog.objects.filter(user_id=who.user_id).count())
                dawdle(late)

        together = Barrier(2)
        racers = [Racer(together, each) for each in random.sample([act, revoke], 2)]
        for racer in racers:
            error = racer.ended()
            assert error is None or isinstance(error, ActionError), repr(error)
        written = AuditLog.objects.filter(user_id=user.pk).count()
        assert [written] == seen, f"round {number}"
        outcomes.add(bool(written))
    assert outcomes == {True, False}, "only one of the two orders was tried"


def test_people_who_change_one_another_wait_and_an_owner_is_left(firm: Firm) -> None:
    """They neither deadlock nor leave a company without an owner."""
    random = Random(5)
    people.change_role(firm.actor(), _member(firm, "admin"), "owner")
    for _ in range(ROUNDS // 2):
        members = list(Membership.objects.filter(company=firm.company))
        owners = [each for each in members if each.role == "owner"]
        together = Barrier(3)
        racers = []
        for _ in range(3):
            actor = Actor(random.choice(owners).user_id, firm.company.pk, "page")
            racers.append(Racer(together, _change(firm, actor, random, members, owners)))
        for racer in racers:
            error = racer.ended()
            assert error is None or isinstance(error, ActionError), repr(error)
        assert Membership.objects.filter(company=firm.company, role="owner").exists()
        # Whatever they did to one another, there are two again.
        nobody = Actor(None, firm.company.pk, "command")
        for who in ("owner", "admin"):
            people.change_role(nobody, _member(firm, who), "owner")


def _change(
    firm: Firm,
    actor: Actor,
    random: Random,
    members: list[Membership],
    owners: list[Membership],
) -> Callable[[], object]:
    role = random.choice(["editor", "viewer", "admin"])
    of_all, of_owners = random.choice(members), random.choice(owners)
    return random.choice(
        [
            lambda: people.change_role(actor, of_owners, role),
            lambda: people.change_role(actor, of_all, role),
            lambda: people.end_devices(actor, of_owners),
            lambda: sharing.share_workspace(actor, firm.workspace, of_all.user_id, "edit"),
            lambda: workspaces.create_workspace(actor, uuid4().hex),
            lambda: tables.rename_table(actor, firm.table, uuid4().hex),
        ]
    )
