"""A link to something in another company of one's own offers to open that. Nobody else is told."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from electric_sync.models import UserSession
from workspaces.actions import tables, workspaces
from workspaces.models import Membership, WorkspaceGrant

from .conftest import Firm, make_firm

# Pages open a snapshot of their own, so these tests cannot run inside a transaction.
pytestmark = pytest.mark.django_db(transaction=True)

OFFER = b"This is in Fern &amp; Co"


@pytest.fixture
def firm() -> Firm:
    """A company that is committed."""
    return make_firm()


def outsider_as(firm: Firm, role: str | None, *, given: bool = False) -> Client:
    """The owner of another company, which they have open, in this role in the firm as well."""
    outsider = firm.people["outsider"]
    if role:
        Membership.objects.create(company=firm.company, user=outsider, role=role)
    if given:
        WorkspaceGrant.objects.create(
            company=firm.company, workspace=firm.workspace, user=outsider, level="view"
        )
    client = Client()
    client.force_login(outsider)
    elsewhere = Membership.objects.exclude(company=firm.company).get(user=outsider)
    UserSession.objects.filter(user=outsider).update(tenant=str(elsewhere.company_id))
    return client


def addresses(firm: Firm) -> list[str]:
    """Pages of the firm."""
    return [
        reverse("pages:workspace", args=[firm.workspace.pk]),
        reverse("pages:table", args=[firm.table.pk]),
        reverse("pages:edit-column", args=[firm.columns["text"].pk]),
    ]


def test_a_link_into_another_company_of_one_s_own_offers_to_open_it(firm: Firm) -> None:
    client = outsider_as(firm, "viewer", given=True)
    for address in addresses(firm):
        answer = client.get(address)
        assert answer.status_code == 404
        assert OFFER in answer.content, address
    wanted = {"company": str(firm.company.pk), "next": addresses(firm)[1]}
    answer = client.post(reverse("pages:switch-company"), wanted, follow=True)
    assert answer.redirect_chain == [(addresses(firm)[1], 303)]
    assert answer.status_code == 200


@pytest.mark.parametrize("role", [None, "editor"])
def test_who_may_not_see_it_there_is_told_nothing(firm: Firm, role: str | None) -> None:
    client = outsider_as(firm, role)
    nothing = reverse("pages:workspace", args=[firm.company.pk])
    for address in addresses(firm):
        assert _said(client, address) == _said(client, nothing)


def test_what_is_in_the_trash_there_is_not_offered(firm: Firm) -> None:
    client = outsider_as(firm, "admin")
    assert OFFER in client.get(addresses(firm)[1]).content
    tables.delete_table(firm.actor(), firm.table)
    assert OFFER not in client.get(addresses(firm)[1]).content
    workspaces.delete_workspace(firm.actor(), firm.workspace)
    assert OFFER not in client.get(addresses(firm)[0]).content


def test_who_has_the_company_open_or_is_not_signed_in_gets_no_offer(firm: Firm) -> None:
    client = Client()
    client.force_login(firm.people["editor-without-grant"])
    for who in (client, Client()):
        for address in addresses(firm):
            assert b"This is in" not in who.get(address).content


def test_nobody_is_sent_to_another_site(firm: Firm) -> None:
    client = outsider_as(firm, "viewer")
    wanted = {"company": str(firm.company.pk), "next": "//evil.example/"}
    assert client.post(reverse("pages:switch-company"), wanted)["Location"] == "/"


def _said(client: Client, address: str) -> str:
    return re.sub(r'(nonce|value|content)="[^"]*"', "", client.get(address).content.decode())
