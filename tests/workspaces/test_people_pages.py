"""What the pages of people, sharing and the trash send, with a script and without."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from workspaces.access import WorkspaceAccess
from workspaces.actions import tables, workspaces
from workspaces.models import Membership, User, WorkspaceGrant

from .conftest import Firm, make_firm

# Pages open a snapshot of their own, so these tests cannot run inside a transaction.
pytestmark = pytest.mark.django_db(transaction=True)

SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def firm() -> Firm:
    """A company that is committed."""
    return make_firm()


@pytest.fixture
def admin(firm: Firm) -> Client:
    """The admin's browser."""
    client = Client()
    client.force_login(firm.people["admin"])
    return client


def member_of(firm: Firm, who: str) -> Membership:
    """Somebody of the firm."""
    return Membership.objects.get(company=firm.company, user=firm.people[who])


def level_of(firm: Firm, who: str) -> str | None:
    """What somebody was given of the workspace."""
    found = WorkspaceGrant.objects.filter(workspace=firm.workspace, user=firm.people[who])
    return found.values_list("level", flat=True).first()


def share(client: Client, firm: Firm, who: str, level: str, **more: Any) -> Any:
    """Choose a level in somebody's row."""
    key = firm.people[who].pk
    address = reverse("pages:share", args=[firm.workspace.pk, key])
    return client.post(address, {f"level-{key}": level, **more.pop("body", {})}, **more)


def test_a_level_is_given_changed_and_taken_back(firm: Firm, admin: Client) -> None:
    who, said = "editor-without-grant", []
    for level in ("view", "edit", ""):
        said.append(share(admin, firm, who, level, headers=SCRIPT).json()["done"])
        assert level_of(firm, who) == (level or None)
    name = firm.people[who].name
    assert said == [
        f"{name} may view Garden.",
        f"{name} may edit Garden.",
        f"{name} no longer sees Garden.",
    ]


def test_what_is_refused_is_said_to_a_script_as_json(firm: Firm, admin: Client) -> None:
    answer = share(admin, firm, "owner", "view", headers=SCRIPT)
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["detail"] == "Owners and admins see every workspace already."
    nobody = reverse("pages:share", args=[firm.workspace.pk, uuid4()])
    assert admin.post(nobody, {"level-x": "view"}, headers=SCRIPT).status_code == 404


def test_without_a_script_one_goes_back_and_is_told(firm: Firm, admin: Client) -> None:
    page = reverse("pages:sharing", args=[firm.workspace.pk])
    answer = share(admin, firm, "viewer", "edit", body={"page": page}, follow=True)
    assert answer.redirect_chain == [(page, 303)]
    assert b"Viewer may edit Garden." in answer.content
    refused = share(admin, firm, "owner", "view", body={"page": page}, follow=True)
    assert b"Owners and admins see every workspace already." in refused.content


def test_nobody_is_sent_to_another_site(firm: Firm, admin: Client) -> None:
    answer = share(admin, firm, "viewer", "edit", body={"page": "//evil.example/"})
    assert answer["Location"] == reverse("pages:sharing", args=[firm.workspace.pk])


def test_the_last_owner_stays_one_and_the_page_says_why(firm: Firm) -> None:
    owner, member = Client(), member_of(firm, "owner")
    owner.force_login(firm.people["owner"])
    assert f'name="role-{member.pk}"' not in owner.get(reverse("pages:people")).content.decode()
    answer = owner.post(
        reverse("pages:change-role", args=[member.pk]),
        {f"role-{member.pk}": "viewer"},
        headers=SCRIPT,
    )
    assert answer.status_code == 403
    assert "at least one owner" in answer.json()["detail"]


def test_a_person_s_page_says_what_they_see_and_why(firm: Firm, admin: Client) -> None:
    workspaces.create_workspace(firm.actor(), "Attic")
    member = member_of(firm, "viewer-who-may-edit")
    page = admin.get(reverse("pages:person", args=[member.pk])).content.decode()
    assert "Was given this workspace for editing, but viewers only look." in page
    assert "Was not given this workspace." in page


def test_a_person_of_another_company_is_not_there(firm: Firm, admin: Client) -> None:
    stranger = Membership.objects.get(user=firm.people["outsider"])
    for name in ("person", "invitation", "remove-person"):
        assert admin.get(reverse(f"pages:{name}", args=[stranger.pk])).status_code == 404


def test_somebody_who_is_there_already_gets_no_invitation(firm: Firm, admin: Client) -> None:
    User.objects.create_user("kim@else.example", "rain on the roof", name="Kim")
    body = {"email": "KIM@else.example", "name": "Other", "role": "viewer"}
    added = admin.post(reverse("pages:add-person"), body)
    member = Membership.objects.get(company=firm.company, email="kim@else.example")
    assert member.name == "Kim"
    assert added["Location"] == reverse("pages:person", args=[member.pk])
    page = admin.get(reverse("pages:invitation", args=[member.pk]))
    assert b"There is no invitation for Kim" in page.content


def test_the_audit_log_of_one_person_has_what_they_did(firm: Firm, admin: Client) -> None:
    for who in ("editor", "admin"):
        tables.create_table(firm.actor(who), firm.workspace, f"By {who}")
    theirs = f"{reverse('pages:audit-log')}?person={firm.people['editor'].pk}"
    page = admin.get(theirs).content.decode().partition("<main")[2]
    assert "By editor" in page
    assert "By admin" not in page
    assert admin.get(f"{reverse('pages:audit-log')}?person=x").status_code == 200


def test_the_trash_has_what_one_may_bring_back(firm: Firm, admin: Client) -> None:
    tables.delete_table(firm.actor(), firm.table)
    attic = workspaces.create_workspace(firm.actor(), "Attic")
    workspaces.delete_workspace(firm.actor(), attic)
    seen = {}
    for who in ("admin", "editor", "viewer", "viewer-who-may-edit"):
        client = Client()
        client.force_login(firm.people[who])
        page = client.get(reverse("pages:trash")).content.decode().partition("<main")[2]
        seen[who] = ("Plants" in page, "Attic" in page)
    nothing = (False, False)
    assert seen == {
        "admin": (True, True),
        "editor": (True, False),
        "viewer": nothing,
        "viewer-who-may-edit": nothing,
    }
    restore = reverse("pages:restore-table", args=[firm.table.pk])
    assert admin.post(restore, headers=SCRIPT).json() == {"done": "Plants is back."}
    access = WorkspaceAccess.load(firm.people["viewer"], str(firm.company.pk))
    assert access is not None
    assert access.tables().filter(pk=firm.table.pk).exists()


def test_a_deleted_table_is_not_there(firm: Firm, admin: Client) -> None:
    tables.delete_table(firm.actor(), firm.table)
    assert admin.get(reverse("pages:table", args=[firm.table.pk])).status_code == 404
