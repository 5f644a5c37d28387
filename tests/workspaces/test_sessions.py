"""Signing in and out: what a cookie is worth, and from when on it is worth nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from electric_sync.models import UserSession
from workspaces.models import Membership, User

from .conftest import Firm, make_firm

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse battery"


@pytest.fixture
def firm() -> Firm:
    """A company that is committed; its owner has a password."""
    made = make_firm()
    made.people["owner"].set_password(PASSWORD)
    made.people["owner"].save()
    return made


def sign_in(client: Client, who: User, query: str = "") -> Any:
    given = {"username": who.email, "password": PASSWORD}
    return client.post(reverse("pages:sign-in") + query, given)


def with_cookie(key: str) -> Client:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    return client


def key_of(client: Client) -> str:
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def is_shown_something(client: Client, firm: Firm) -> bool:
    table = firm.table.pk
    pages = [client.get(reverse("pages:home")), client.get(reverse("pages:table", args=[table]))]
    pages.append(client.get(f"/api/data-tables/{table}/rows"))
    assert {page.status_code for page in pages} in ({200}, {302, 401}, {403})
    return pages[0].status_code == 200


@pytest.mark.parametrize(
    ("wanted", "arrives"),
    [
        ("/audit-log", "/audit-log"),
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("http:///evil.example", "/"),
        ("%0d%0aSet-Cookie:x=y", "/"),
    ],
)
def test_a_sign_in_leads_nowhere_else(firm: Firm, wanted: str, arrives: str) -> None:
    response = sign_in(Client(), firm.people["owner"], f"?next={wanted}")
    assert (response.status_code, response["Location"]) == (302, arrives)


def test_a_cookie_from_before_the_sign_in_is_worth_nothing(firm: Firm) -> None:
    """Nobody plants a session on somebody else."""
    planted = "a" * 32
    client = with_cookie(planted)
    sign_in(client, firm.people["owner"])
    assert key_of(client) != planted
    assert is_shown_something(client, firm)
    assert not is_shown_something(with_cookie(planted), firm)


def test_the_cookie_is_for_the_server_alone(firm: Firm, settings: Any) -> None:
    for secure in (False, True):
        settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = secure
        client = Client()
        client.get(reverse("pages:sign-in"))
        sign_in(client, firm.people["owner"])
        session = client.cookies[settings.SESSION_COOKIE_NAME]
        assert session["httponly"]
        for cookie in (session, client.cookies[settings.CSRF_COOKIE_NAME]):
            assert (cookie["samesite"], bool(cookie["secure"])) == ("Lax", secure)


def test_every_sign_in_has_a_cookie_of_its_own(firm: Firm) -> None:
    client = Client()
    keys = set()
    for _ in range(2):
        sign_in(client, firm.people["owner"])
        keys.add(key_of(client))
    assert len(keys) == 2
    first = (keys - {key_of(client)}).pop()
    assert not is_shown_something(with_cookie(first), firm)


def test_a_cookie_that_was_signed_out_is_worth_nothing(firm: Firm) -> None:
    client = Client()
    sign_in(client, firm.people["owner"])
    key = key_of(client)
    client.post(reverse("pages:sign-out"))
    assert not is_shown_something(with_cookie(key), firm)


def test_signing_in_as_somebody_else_ends_what_was_before(firm: Firm) -> None:
    client = Client()
    sign_in(client, firm.people["owner"])
    key = key_of(client)
    client.force_login(firm.people["viewer"])
    assert key_of(client) != key
    assert not is_shown_something(with_cookie(key), firm)


def test_a_session_that_django_has_forgotten_is_worth_nothing(firm: Firm) -> None:
    client = Client()
    sign_in(client, firm.people["owner"])
    Session.objects.all().delete()
    assert not is_shown_something(with_cookie(key_of(client)), firm)


def test_an_ended_sign_in_is_worth_nothing(firm: Firm) -> None:
    client = Client()
    sign_in(client, firm.people["owner"])
    UserSession.objects.update(ended_at="2020-01-01T00:00Z")
    assert not is_shown_something(client, firm)


def test_an_ended_sign_in_opens_the_admin_no_more(firm: Firm) -> None:
    User.objects.update(is_staff=True, is_superuser=True)
    client, index = Client(), reverse("admin:index")
    sign_in(client, firm.people["owner"])
    assert client.get(index).status_code == 200
    UserSession.objects.update(ended_at="2020-01-01T00:00Z")
    assert client.get(index).status_code == 302
    stolen = with_cookie(key_of(client))
    sign_in(client, firm.people["owner"])
    assert client.get(index).status_code == 200
    assert stolen.get(index).status_code == 302, "a copy of the cookie is back"


def test_one_s_own_new_password_ends_the_other_sign_ins(firm: Firm) -> None:
    User.objects.update(is_staff=True, is_superuser=True)
    this, other = Client(), Client()
    for client in (this, other):
        sign_in(client, firm.people["owner"])
    new = "staple correct battery"
    given = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert this.post(reverse("admin:password_change"), given).status_code == 302
    assert is_shown_something(this, firm)
    assert not is_shown_something(other, firm)


def test_who_is_locked_out_or_has_another_password_is_out_at_once(firm: Firm) -> None:
    owner = firm.people["owner"]
    for change in ({"is_active": False}, {"password": "!"}):
        client = Client()
        sign_in(client, owner)
        assert is_shown_something(client, firm)
        before = User.objects.filter(pk=owner.pk).values("is_active", "password").get()
        User.objects.filter(pk=owner.pk).update(**change)
        assert not is_shown_something(client, firm)
        User.objects.filter(pk=owner.pk).update(**before)


def test_who_has_left_the_company_that_they_have_open_sees_nothing_of_it(firm: Firm) -> None:
    client = Client()
    client.force_login(firm.people["viewer"])
    assert is_shown_something(client, firm)
    Membership.objects.filter(user=firm.people["viewer"]).delete()
    assert not is_shown_something(client, firm)


def test_nobody_signs_in_without_a_password_outside_the_demo(firm: Firm, settings: Any) -> None:
    for demo in (False, True):  # nor in it, as somebody who is none of the sample people
        settings.DEMO = demo
        client = Client()
        given = {"demo": str(firm.people["owner"].pk)}
        assert client.post(reverse("pages:sign-in"), given).status_code in (404, 422)
        assert not is_shown_something(client, firm)
        assert b"Fern" not in client.get(reverse("pages:sign-in")).content


def test_invariant_9_what_was_said_to_somebody_does_not_greet_the_next_person(firm: Firm) -> None:
    """Found: what a dialog did on a live page is said with the next page, whoever opens that."""
    client = Client()
    sign_in(client, firm.people["owner"])
    client.post(
        reverse("pages:delete-table", args=[firm.table.pk]), headers={"HX-Target": "dialog"}
    )
    assert firm.table.name not in str(client.cookies)
    client.post(reverse("pages:sign-out"))
    client.force_login(firm.people["viewer"])
    assert (
        f"{firm.table.name} was deleted" not in client.get(reverse("pages:home")).content.decode()
    )


def test_invariant_9_what_was_said_of_a_company_is_not_said_in_the_next(firm: Firm) -> None:
    elsewhere = Membership.objects.exclude(company=firm.company).get().company
    Membership.objects.create(company=elsewhere, user=firm.people["owner"], role="viewer")
    client = Client()
    sign_in(client, firm.people["owner"])
    address = reverse("pages:delete-table", args=[firm.table.pk])
    client.post(address, headers={"HX-Target": "dialog"})
    answer = client.post(
        reverse("pages:switch-company"), {"company": str(elsewhere.pk)}, follow=True
    )
    assert answer.status_code == 200
    assert firm.table.name not in answer.content.decode()
