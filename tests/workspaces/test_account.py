"""What is a person's own: name, password, devices, and the invitation that they came with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from electric_sync.models import Receipt, UserSession
from electric_sync.sessions import hash_key, open_sessions_by_id
from workspaces.actions import account
from workspaces.errors import NotFound
from workspaces.invitations import DAYS, _Tokens, invitation_link, invited
from workspaces.models import AuditLog, Membership, User

from .conftest import Firm, make_firm

# Pages open a snapshot of their own, so these tests cannot run inside a transaction.
pytestmark = pytest.mark.django_db(transaction=True)

OLD, NEW = "rain on the roof", "tulips in the rain"


@pytest.fixture
def firm() -> Firm:
    """A company that is committed; its editor has a password."""
    made = make_firm()
    made.people["editor"].set_password(OLD)
    made.people["editor"].save()
    return made


@pytest.fixture
def editor(firm: Firm) -> Client:
    """The editor's browser."""
    return browser_of(firm.people["editor"])


def browser_of(user: User) -> Client:
    """Somebody's browser, signed in."""
    client = Client()
    client.force_login(user)
    return client


def device_of(client: Client) -> UserSession:
    """The sign-in of a browser."""
    key = client.session.session_key
    assert key
    return UserSession.objects.get(key_hash=hash_key(key))


def passwords(present: str, new: str) -> dict[str, str]:
    """What the form sends."""
    return {"old_password": present, "new_password1": new, "new_password2": new}


def test_another_password_ends_other_sign_ins_and_this_one_goes_on(
    firm: Firm, editor: Client
) -> None:
    person = firm.people["editor"]
    other, here = device_of(browser_of(person)), device_of(editor)
    answer = editor.post(reverse("pages:change-password"), passwords(OLD, NEW))
    assert answer.status_code == 303
    assert open_sessions_by_id([other.pk]) == {}
    assert open_sessions_by_id([here.pk])
    assert editor.get(reverse("pages:account")).status_code == 200
    assert device_of(editor).pk == here.pk
    person.refresh_from_db()
    assert person.check_password(NEW)
    assert Receipt.objects.filter(session_id=other.pk).exists()
    assert AuditLog.objects.filter(action="person.password_changed").count() == 1


def test_a_wrong_password_changes_nothing(firm: Firm, editor: Client) -> None:
    answer = editor.post(reverse("pages:change-password"), passwords("guessed", NEW))
    assert answer.status_code == 422
    firm.people["editor"].refresh_from_db()
    assert firm.people["editor"].check_password(OLD)


def test_a_new_password_has_to_be_a_good_one(firm: Firm, editor: Client) -> None:
    answer = editor.post(reverse("pages:change-password"), passwords(OLD, "12345678"))
    assert answer.status_code == 422
    assert b"too common" in answer.content


def test_another_name_is_one_s_name_in_every_company(firm: Firm, editor: Client) -> None:
    assert editor.post(reverse("pages:rename-self"), {"name": " Ed  Itor "}).status_code == 303
    person = firm.people["editor"]
    names = Membership.objects.filter(user=person).values_list("name", flat=True)
    assert set(names) == {"Ed Itor"}
    entry = AuditLog.objects.get(action="person.renamed")
    assert (entry.target_id, entry.target_name) == (person.pk, "Ed Itor")


def test_nobody_signs_out_on_a_device_of_somebody_else_s(firm: Firm) -> None:
    theirs = device_of(browser_of(firm.people["viewer"]))
    with pytest.raises(NotFound):
        account.end_own_devices(firm.actor("editor"), theirs.pk, but=None)
    assert open_sessions_by_id([theirs.pk])


def test_all_other_devices_are_signed_out(firm: Firm, editor: Client) -> None:
    others = [device_of(browser_of(firm.people["editor"])) for _ in range(2)]
    answer = editor.post(reverse("pages:end-own-devices"), headers={"Accept": "application/json"})
    assert answer.json() == {"done": "2 devices signed out."}
    assert open_sessions_by_id(each.pk for each in others) == {}
    assert editor.get(reverse("pages:account")).status_code == 200


# ── Invitations ─────────────────────────────────────────────────────────────


@pytest.fixture
def nora(firm: Firm) -> User:
    """Somebody new, without a password."""
    made = User.objects.create_user("nora@fern.example", name="Nora")
    Membership.objects.create(company=firm.company, user=made, role="viewer")
    return made


def link_to(user: User) -> str:
    """What an owner passes on."""
    return invitation_link(user, User.objects.get(email="owner@fern.example").pk)


def choose(link: str, password: str = NEW) -> Any:
    """Send the form of an invitation."""
    return Client().post(link, {"new_password1": password, "new_password2": password})


def test_an_invitation_lets_somebody_in_once(nora: User) -> None:
    link = link_to(nora)
    assert b"Nora" in Client().get(link).content
    answer = choose(link)
    assert (answer.status_code, answer["Location"]) == (303, "/")
    assert UserSession.objects.open().filter(user=nora).exists()
    assert choose(link, "something else entirely").status_code == 404
    nora.refresh_from_db()
    assert nora.check_password(NEW)


def test_an_invitation_ends_after_days(nora: User, monkeypatch: pytest.MonkeyPatch) -> None:
    link, now = link_to(nora), timezone.now().replace(tzinfo=None)
    monkeypatch.setattr(_Tokens, "_now", lambda self: now + timedelta(days=DAYS, hours=1))
    assert Client().get(link).status_code == 404
    assert choose(link).status_code == 404


@pytest.mark.parametrize("uid", ["nobody", "é", "MDAw", "_" * 40])
def test_what_is_no_invitation_is_none(nora: User, uid: str) -> None:
    token = link_to(nora).split("/")[-1]
    assert invited(uid, token) is None
    assert choose(reverse("pages:welcome", args=[uid, token])).status_code == 404


def test_an_invitation_is_for_nobody_else(firm: Firm, nora: User) -> None:
    uid, _ = link_to(firm.people["viewer"]).split("/")[-2:]
    assert invited(uid, link_to(nora).split("/")[-1]) is None


def test_who_has_a_password_or_is_locked_out_needs_no_invitation(nora: User) -> None:
    _, uid, token = link_to(nora).rsplit("/", 2)
    User.objects.filter(pk=nora.pk).update(is_active=False)
    assert invited(uid, token) is None
    nora.set_password(OLD)
    with pytest.raises(ValueError, match="has a password already"):
        link_to(nora)


def test_only_managers_see_an_invitation(firm: Firm, nora: User) -> None:
    address = reverse("pages:invitation", args=[nora.memberships.get().pk])
    assert b"/welcome/" in browser_of(firm.people["admin"]).get(address).content
    refused = browser_of(firm.people["editor"]).get(address)
    assert refused.status_code == 403
    assert b"/welcome/" not in refused.content
