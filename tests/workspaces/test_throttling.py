"""Who tries passwords: after five wrong ones for an account from an address, nobody tries more."""

from __future__ import annotations

import logging
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from axes.models import AccessAttempt
from django.core.management import call_command
from django.test import AsyncClient, Client
from django.urls import reverse
from django.utils import timezone

from workspaces.models import User
from workspaces.sample.people import PEOPLE

from .conftest import Firm, make_firm

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse battery"
WRONG = "wrong horse battery"
OWNER = "owner@fern.example"
LIMIT = 5


@pytest.fixture
def firm() -> Firm:
    """A company that is committed; its owner has a password and may open the admin."""
    made = make_firm()
    owner = made.people["owner"]
    owner.set_password(PASSWORD)
    owner.is_staff = True
    owner.save()
    return made


def attempt(
    email: str = OWNER,
    password: str = WRONG,
    *,
    page: str = "pages:sign-in",
    client: Client | None = None,
    **more: Any,
) -> Any:
    """Somebody tries a password."""
    given = {"username": email, "password": password}
    return (client or Client()).post(reverse(page), given, **more)


def lock(email: str = OWNER, **more: Any) -> Any:
    """Try wrong ones until it says to wait."""
    said = [attempt(email, **more) for _ in range(LIMIT)]
    assert [each.status_code for each in said] == [422] * (LIMIT - 1) + [429]
    return said[-1]


def test_after_five_wrong_passwords_one_is_told_when_to_try_again(firm: Firm) -> None:
    refused = lock()
    assert "Try again in 15 minutes" in refused.content.decode()
    assert 14 * 60 < int(refused["Retry-After"]) <= 15 * 60
    # The right one is not looked at, and asking does not make it longer.
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=13, seconds=30))
    refused = attempt(password=PASSWORD)
    assert (refused.status_code, int(refused["Retry-After"]) <= 90) == (429, True)
    assert "Try again in 2 minutes" in refused.content.decode()
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=15, seconds=1))
    assert attempt(password=PASSWORD).status_code == 302


def test_the_answer_is_the_same_for_an_account_that_is_not_there(firm: Firm) -> None:
    for number in range(LIMIT + 1):
        there, missing = attempt(), attempt("nobody@fern.example")
        assert there.status_code == missing.status_code
        assert _plain(there, OWNER) == _plain(missing, "nobody@fern.example"), number


def _plain(response: Any, email: str) -> list[str]:
    lines = response.content.decode().replace(email, "").splitlines()
    return [line for line in lines if "csrf" not in line.lower() and "nonce" not in line]


def test_who_is_locked_out_is_told_no_more_than_others(firm: Firm) -> None:
    User.objects.filter(email=OWNER).update(is_active=False)
    said = attempt(password=PASSWORD).content.decode()
    assert "do not belong together" in said


def test_another_account_and_another_address_are_not_kept_out(firm: Firm) -> None:
    lock()
    assert attempt("admin@fern.example").status_code == 422
    elsewhere = attempt(password=PASSWORD, REMOTE_ADDR="192.0.2.7")
    assert elsewhere.status_code == 302


def test_an_account_is_the_same_however_it_is_written_and_in_any_browser(firm: Firm) -> None:
    written = [OWNER, OWNER.upper(), f" {OWNER} ", OWNER.title(), f"\t{OWNER}"]
    said = [attempt(each, HTTP_USER_AGENT=f"Browser {n}") for n, each in enumerate(written)]
    assert said[-1].status_code == 429
    assert attempt(OWNER, PASSWORD).status_code == 429


def test_a_right_password_takes_the_wrong_ones_back(firm: Firm) -> None:
    for _ in range(3):
        assert [attempt().status_code for _ in range(LIMIT - 1)] == [422] * (LIMIT - 1)
        assert attempt(password=PASSWORD).status_code == 302


def test_whoever_is_signed_in_stays_so(firm: Firm) -> None:
    client = Client()
    attempt(password=PASSWORD, client=client)
    lock()
    assert client.get(reverse("pages:home")).status_code == 200
    assert client.get(reverse("pages:sign-in")).status_code == 200


def test_the_admins_sign_in_counts_with_ours(firm: Firm) -> None:
    for _ in range(LIMIT - 1):
        attempt(page="admin:login")
    assert attempt().status_code == 429
    refused = attempt(password=PASSWORD, page="admin:login")
    assert (refused.status_code, "Retry-After" in refused) == (429, True)


def test_whoever_sits_at_somebody_elses_device_cannot_guess_their_password(firm: Firm) -> None:
    client, change = Client(), reverse("pages:change-password")
    attempt(password=PASSWORD, client=client)
    new = {"new_password1": "another horse", "new_password2": "another horse"}
    tried = [WRONG] * LIMIT + [PASSWORD]
    said = [client.post(change, {"old_password": each, **new}).status_code for each in tried]
    assert said == [422] * (LIMIT - 1) + [429] * 2
    AccessAttempt.objects.all().delete()
    assert client.post(change, {"old_password": PASSWORD, **new}).status_code == 303


def test_the_demos_buttons_need_no_password(firm: Firm, settings: Any) -> None:
    sample = PEOPLE[0]
    User.objects.create_user("sample@x.example", name=sample.name, id=sample.user_id)
    lock("sample@x.example")
    response = Client().post(reverse("pages:sign-in"), {"demo": str(sample.user_id)})
    assert response.status_code == 302


def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw(
    firm: Firm, settings: Any
) -> None:
    settings.BEHIND_PROXY = True
    for number in range(LIMIT):  # what a visitor writes himself comes first
        refused = attempt(HTTP_X_FORWARDED_FOR=f"203.0.113.{number}, 192.0.2.1")
    assert refused.status_code == 429
    forwarded = "192.0.2.1, 192.0.2.2"
    assert attempt(password=PASSWORD, HTTP_X_FORWARDED_FOR=forwarded).status_code == 302


def test_without_a_proxy_nobody_chooses_their_address(firm: Firm) -> None:
    said = [attempt(HTTP_X_FORWARDED_FOR=f"203.0.113.{number}") for number in range(LIMIT)]
    assert said[-1].status_code == 429


def test_of_ipv6_the_network_is_what_counts(firm: Firm) -> None:
    """Found: who has a network of his own came from another address each time."""
    said = [attempt(REMOTE_ADDR=f"2001:db8:1:2::{number}") for number in range(LIMIT)]
    assert said[-1].status_code == 429
    assert attempt(password=PASSWORD, REMOTE_ADDR="2001:db8:1:3::1").status_code == 302


def test_ipv4_is_the_same_on_a_socket_for_both(firm: Firm) -> None:
    lock(REMOTE_ADDR="::ffff:192.0.2.1")
    assert attempt(password=PASSWORD, REMOTE_ADDR="192.0.2.1").status_code == 429
    assert attempt(password=PASSWORD, REMOTE_ADDR="::ffff:192.0.2.2").status_code == 302


@pytest.mark.parametrize("seen", ["", "unix:", "fe80::1%eth0"])
def test_an_odd_address_breaks_nothing(firm: Firm, seen: str) -> None:
    said = [attempt(REMOTE_ADDR=seen).status_code for _ in range(LIMIT)]
    assert said == [422] * (LIMIT - 1) + [429]


@pytest.mark.parametrize("email", ["x" * 5_000, "a\x00b@x.example", "\ud800", "", "é" * 300])
def test_whatever_is_typed_as_an_account_breaks_nothing(firm: Firm, email: str) -> None:
    email = email.encode("utf-8", "replace").decode()
    assert attempt(email).status_code == 422


def test_operators_unlock_by_command_and_in_the_admin(firm: Firm) -> None:
    out = StringIO()
    lock()
    call_command("unlock_sign_in", OWNER.upper(), "nobody@fern.example", stdout=out)
    assert out.getvalue().splitlines() == [
        f"{OWNER.upper()} may try again from 1 place(s).",
        "nobody@fern.example was not waiting anywhere.",
    ]
    assert attempt(password=PASSWORD).status_code == 302
    lock()
    keeper = Client()
    keeper.force_login(User.objects.create_superuser("keeper@plainrow.example"))
    chosen = {"action": "unlock", "_selected_action": [str(firm.people["owner"].pk)]}
    keeper.post(reverse("admin:workspaces_user_changelist"), chosen)
    assert attempt(password=PASSWORD).status_code == 302


def test_it_holds_on_an_asgi_server_too(firm: Firm) -> None:
    async def tries() -> list[Any]:
        client = AsyncClient()
        given = {"username": OWNER, "password": WRONG}
        return [await client.post(reverse("pages:sign-in"), given) for _ in range(LIMIT)]

    last = async_to_sync(tries)()[-1]
    assert (last.status_code, "Try again in 15" in last.content.decode()) == (429, True)


def test_no_secret_is_in_logs_or_in_what_is_kept_of_attempts(
    firm: Firm, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor what was typed as the account: some type their password there."""
    caplog.set_level(logging.DEBUG)
    client = Client()
    attempt(password=PASSWORD, client=client)
    key = client.session.session_key
    page = client.get(reverse("pages:table", args=[firm.table.pk])).content.decode()
    tokens = [part.partition('"')[0] for part in page.split('data-live="')[1:]]
    assert tokens, "the page holds live views"
    lock("typed-as-account-" + PASSWORD)
    client.post(reverse("pages:sign-out"))
    logged = "\n".join(f"{each.getMessage()} {each.__dict__}" for each in caplog.records)
    kept = "\n".join(f"{each.post_data} {each.get_data}" for each in AccessAttempt.objects.all())
    queries = [each for each in caplog.records if each.name == "django.db.backends"]
    assert not queries, "SQL is logged with its values"
    for secret in (PASSWORD, WRONG, str(key), *tokens):
        assert secret not in logged
        assert secret not in kept
