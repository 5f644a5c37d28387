"""Invariant 3 over HTTP: no answer to the revoked holds what began when the revocation was over.

Pages and operations are asked for without a pause, while somebody revokes by one of the roads and
writes a canary right behind it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import contextmanager
from itertools import cycle
from random import Random
from threading import Event, Thread
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from electric_sync.models import UserSession
from workspaces.access import Actor
from workspaces.actions import people, rows, sharing, tables, workspaces
from workspaces.models import DataTableRow, Membership, User, WorkspaceGrant

from .conftest import Firm, make_firm

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 1_000 if os.environ.get("PLAINROW_LONG") == "1" else 30
PATIENCE = 60  # seconds, on a slow machine
WHO = "editor"


def _execute(sql: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def _member(firm: Firm) -> Membership:
    return Membership.objects.get(company=firm.company, user=firm.people[WHO])


def _move(firm: Firm) -> None:
    owner = firm.actor()
    elsewhere = workspaces.create_workspace(owner, "Elsewhere")
    tables.move_table(owner, firm.table, elsewhere)


ROADS: list[Callable[[Firm], object]] = [
    lambda firm: sharing.unshare_workspace(firm.actor(), firm.workspace, firm.people[WHO].pk),
    lambda firm: people.remove_person(firm.actor(), _member(firm)),
    lambda firm: workspaces.delete_workspace(firm.actor(), firm.workspace),
    _move,
    lambda firm: WorkspaceGrant.objects.filter(user=firm.people[WHO]).delete(),
    lambda firm: _execute("DELETE FROM workspace_grants WHERE user_id = %s", firm.people[WHO].pk),
    lambda firm: _execute("TRUNCATE workspace_grants"),
    lambda firm: User.objects.filter(pk=firm.people[WHO].pk).update(is_active=False),
    lambda firm: UserSession.objects.update(ended_at=timezone.now()),
    lambda firm: _execute("DELETE FROM django_session"),
]


@contextmanager
def asking(client: Client, addresses: list[str]) -> Any:
    """Somebody asks for all of these, again and again; gives the list of what they get."""
    got: list[bytes] = []
    stop = Event()

    def ask() -> None:
        for address in cycle(addresses):
            if stop.is_set():
                break
            got.append(client.get(address).content)
        connection.close()

    thread = Thread(target=ask)
    thread.start()
    try:
        yield got
    finally:
        stop.set()
        thread.join()


def test_invariant_3_no_answer_holds_what_came_after_the_revocation() -> None:
    chance = Random(7)
    for _ in range(ROUNDS):
        _execute("TRUNCATE companies, users CASCADE")
        firm, client = make_firm(), Client()
        client.force_login(firm.people[WHO])
        table = f"/t/{firm.table.pk}/"
        page = f"/api/data-tables/{firm.table.pk}/rows"
        key = firm.key("text")
        with asking(client, [page, table, f"/api/rows/{firm.row.pk}"]) as got:
            _wait_for(got, 3)
            Event().wait(chance.uniform(0, 0.05))
            chance.choice(ROADS)(firm)
            _write(firm, key, "canary")
            _wait_for(got, len(got) + 4)
        assert b"Fern" in got[0]
        assert b"canary" not in b"".join(got)


@pytest.mark.parametrize(
    "end",
    [
        lambda: UserSession.objects.update(ended_at=timezone.now()),
        lambda: _execute("DELETE FROM django_session"),
        lambda: _execute("UPDATE users SET password = 'another'"),
    ],
)
def test_invariant_3_the_answer_to_a_write_holds_nothing_of_after_the_sign_in_ended(
    monkeypatch: pytest.MonkeyPatch, end: Callable[[], object]
) -> None:
    """Found: whose sign-in ended while their write waited for its row was told what it held."""
    firm, client = make_firm(), Client()
    client.force_login(firm.people[WHO])
    address, key = f"/api/rows/{firm.row.pk}", firm.key("text")

    set_cells = rows.set_cells

    def held_up(*args: Any, **given: Any) -> DataTableRow:
        end()
        _write(firm, key, "canary")
        return set_cells(*args, **given)

    monkeypatch.setattr(rows, "set_cells", held_up)
    for body in ({"cells": {}}, {"cells": {key: "mine"}, "was": {key: "Fern"}}):
        answer = client.patch(address, body, content_type="application/json")
        assert answer.status_code == 401
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert b"canary" not in answer.content
        client.force_login(firm.people[WHO])


def test_invariant_3_what_a_button_says_is_read_before_its_permission_may_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    firm, client = make_firm(), Client()
    client.force_login(firm.people["owner"])
    waited: list[Exception] = []

    def remove() -> None:
        try:
            _execute("SET lock_timeout = '100ms'")
            Membership.objects.filter(user=firm.people["owner"]).update(role="viewer")
        except OperationalError as error:
            waited.append(error)
        finally:
            connection.close()

    def person(actor: Actor, user_id: UUID) -> str:
        thread = Thread(target=remove)
        thread.start()
        thread.join()
        return "Somebody"

    monkeypatch.setattr("workspaces.pages.sharing._person", person)
    address = reverse("pages:share", args=[firm.workspace.pk, firm.people[WHO].pk])
    answer = client.post(address, {f"level-{firm.workspace.pk}": "view"})
    assert answer.status_code == 303
    assert waited


def _wait_for(got: list[bytes], count: int) -> None:
    """So many answers; none takes longer than a test may."""
    deadline = time.monotonic() + PATIENCE
    while len(got) < count:
        assert time.monotonic() < deadline, "nothing is answered any more"
        Event().wait(0.005)


def _write(firm: Firm, key: str, text: str) -> None:
    DataTableRow.objects.filter(pk=firm.row.pk).update(cells={key: text})
