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

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from electric_sync.models import UserSession
from workspaces.actions import people, sharing, tables, workspaces
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
        rows = f"/api/data-tables/{firm.table.pk}/rows"
        key = firm.key("text")
        with asking(client, [rows, table, f"/api/rows/{firm.row.pk}"]) as got:
            _wait_for(got, 3)
            Event().wait(chance.uniform(0, 0.05))
            chance.choice(ROADS)(firm)
            _write(firm, key, "canary")
            _wait_for(got, len(got) + 4)
        assert b"Fern" in got[0]
        assert b"canary" not in b"".join(got)


def _wait_for(got: list[bytes], count: int) -> None:
    """So many answers; none takes longer than a test may."""
    deadline = time.monotonic() + PATIENCE
    while len(got) < count:
        assert time.monotonic() < deadline, "nothing is answered any more"
        Event().wait(0.005)


def _write(firm: Firm, key: str, text: str) -> None:
    DataTableRow.objects.filter(pk=firm.row.pk).update(cells={key: text})
