"""Sign-ins: what a cookie is worth, and what becomes of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from electric_sync import sessions
from electric_sync.access import load_viewer
from electric_sync.middleware import FollowedSessionMiddleware
from electric_sync.models import UserSession
from electric_sync.sessions import SIGNED_OUT_MARK
from tests.electric_sync import views  # noqa: F401 registers them
from tests.electric_sync.conftest import add_orders
from tests.electric_sync.oracle import assert_page_becomes_fresh


def shows(client: Client, people) -> bool:
    """Whether a page is shown to them, and not the way to sign in."""
    return client.get(f"/customers/{people.customer.pk}/").status_code == 200


def test_a_cookie_whose_session_was_deleted_is_nobody_s(people, browser):
    """As when all sessions are deleted to sign everybody out."""
    clerk = browser(people.clerk)

    Session.objects.all().delete()

    assert clerk.client.get(f"/customers/{people.customer.pk}/").status_code == 302


def test_signing_in_again_ends_nothing_of_others(people, browser):
    first, second = browser(people.clerk), browser(people.clerk)

    second.client.get("/sign-in/?name=clerk&password=secret")

    assert first.session.ended_at is None
    assert second.session.ended_at is None


def test_a_new_sign_in_works_in_the_default_tenant(people):
    client = Client()
    client.get("/sign-in/?name=clerk&password=secret", headers={"user-agent": "x" * 999})

    (session,) = UserSession.objects.all()
    assert session.tenant == str(people.shop.pk)
    assert session.user_agent == "x" * 300


def test_a_sign_in_has_another_key_than_what_was_before(people):
    """Nobody plants a session on somebody else."""
    client = Client()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = planted = "a" * 32

    client.get("/sign-in/?name=clerk&password=secret")

    assert client.cookies[django_settings.SESSION_COOKIE_NAME].value != planted
    assert load_viewer(planted) is None
    assert shows(client, people)


@pytest.mark.parametrize(
    "forget",
    [
        lambda: Session.objects.all().delete(),
        lambda: Session.objects.update(expire_date=timezone.now()),
        lambda: Session.objects.update(session_key="another"),
    ],
    ids=["deleted", "expired", "renamed"],
)
def test_a_session_that_django_has_forgotten_has_no_viewer(people, browser, forget):
    clerk = browser(people.clerk)
    assert load_viewer(clerk.session_key) is not None

    forget()

    assert load_viewer(clerk.session_key) is None


def test_django_s_session_is_found_by_an_index(people, browser):
    clerk = browser(people.clerk)
    with CaptureQueriesContext(connection) as captured:
        load_viewer(clerk.session_key)
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute(f"EXPLAIN {captured.captured_queries[0]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")

    assert "raise_access_django_session" in plan


@pytest.mark.parametrize("key", ["back\\slash", "\\x41", "ünïcode", "plain"])
def test_keys_are_hashed_alike_here_and_in_postgresql(people, key):
    until = timezone.now() + timedelta(hours=1)
    Session.objects.create(session_key=key, session_data="", expire_date=until)

    found = Session.objects.annotate(hash=sessions.HashedKey("session_key")).get(pk=key)

    assert found.hash == sessions.hash_key(key)


# ------------------------------------------------------------------- another password


@pytest.fixture
def pages(people, browser):
    """Two sign-ins of the clerk's with a page each."""
    add_orders(people.customer, 1)
    opened = [browser(people.clerk), browser(people.clerk)]
    for each in opened:
        each.open(f"/customers/{people.customer.pk}/")
        each.connect()
        assert_page_becomes_fresh(each)
    return opened


def test_one_s_own_change_of_password_ends_the_other_sign_ins(people, pages):
    this, other = pages

    this.client.get("/change-password/?password=new")

    assert other.hear("reset")["reason"] == "signed-out"
    add_orders(people.customer, 1, note="for this one")
    this.wait_until(lambda: "for this one" in str(this.elements))
    this.settle()
    assert not [each for each in this.heard if each["type"] in {"access", "reset"}]
    assert shows(this.client, people)
    assert not shows(other.client, people)


def test_a_new_key_is_the_same_sign_in(people, pages):
    this, _ = pages
    before, key = this.session, this.session_key

    this.client.get("/change-password/?password=new")

    assert this.session_key != key
    assert this.session.pk == before.pk
    assert load_viewer(key) is None


def request_of(client: Client):
    request = RequestFactory().get("/")
    request.session = client.session
    request.user = User.objects.get(pk=client.session["_auth_user_id"])
    return request


def test_a_project_that_knows_nothing_of_us_changes_a_password(people, browser):
    clerk = browser(people.clerk)

    def change(request):
        request.user.set_password("new")
        request.user.save()
        update_session_auth_hash(request, request.user)
        return HttpResponse()

    request = request_of(clerk.client)
    FollowedSessionMiddleware(change)(request)

    assert load_viewer(request.session.session_key) is not None


def test_an_ended_sign_in_is_not_followed(people, browser):
    clerk = browser(people.clerk)

    def end_and_rotate(request):
        UserSession.objects.update(ended_at=timezone.now())
        request.session.cycle_key()
        return HttpResponse()

    request = request_of(clerk.client)
    FollowedSessionMiddleware(end_and_rotate)(request)

    assert load_viewer(request.session.session_key) is None


def test_sign_ins_outlive_a_new_secret_that_knows_the_old_one(people, browser, settings):
    clerk = browser(people.clerk)
    before = clerk.session.pk
    clerk.open(f"/customers/{people.customer.pk}/")
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another"

    clerk.connect()
    assert_page_becomes_fresh(clerk)

    assert shows(clerk.client, people)
    assert clerk.session.pk == before
    settings.SECRET_KEY_FALLBACKS = []
    assert shows(clerk.client, people)


def test_sign_ins_end_with_a_secret_that_nobody_knows_any_more(people, browser, settings):
    clerk = browser(people.clerk)
    settings.SECRET_KEY = "another"

    assert load_viewer(clerk.session_key) is None
    assert not shows(clerk.client, people)


# --------------------------------------------------------------------------- the end


def test_a_sign_in_that_is_used_ends_later(people, browser, settings):
    settings.SESSION_SAVE_EVERY_REQUEST = True
    clerk = browser(people.clerk)
    soon = timezone.now() + timedelta(minutes=1)
    UserSession.objects.update(expires_at=soon)

    shows(clerk.client, people)

    assert clerk.session.expires_at > soon + timedelta(days=1)


def test_a_sign_in_that_was_just_used_is_not_written_again(people, browser, settings):
    settings.SESSION_SAVE_EVERY_REQUEST = True
    clerk = browser(people.clerk)
    before = clerk.session.expires_at

    shows(clerk.client, people)

    assert clerk.session.expires_at == before


def test_a_sign_in_that_is_to_end_sooner_does(people, browser):
    clerk = browser(people.clerk)

    def remember_for_a_minute(request):
        request.session.set_expiry(60)
        return HttpResponse()

    FollowedSessionMiddleware(remember_for_a_minute)(request_of(clerk.client))

    assert clerk.session.expires_at < timezone.now() + timedelta(minutes=2)


def test_the_earlier_end_counts(people, browser):
    clerk = browser(people.clerk)
    soon = timezone.now() + timedelta(minutes=1)
    Session.objects.update(expire_date=soon)

    assert load_viewer(clerk.session_key).valid_until == soon


# ------------------------------------------------------------------ other kinds of sessions


@pytest.fixture
def in_a_cache(settings):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    sessions.stored_sessions.cache_clear()
    cache.clear()
    yield
    sessions.stored_sessions.cache_clear()


def test_sessions_in_a_cache_work_too(in_a_cache, people):
    client = Client()
    client.get("/sign-in/?name=clerk&password=secret")
    assert shows(client, people)

    cache.clear()

    assert not shows(client, people)


# ----------------------------------------------------------- signed out while out of reach


def test_a_browser_with_the_mark_is_signed_out_before_it_is_shown_anything(people, browser):
    clerk = browser(people.clerk)
    key = clerk.session_key
    clerk.client.cookies[SIGNED_OUT_MARK] = "1"

    answer = clerk.client.get(f"/customers/{people.customer.pk}/")

    assert answer.status_code == 302
    assert answer.cookies[SIGNED_OUT_MARK]["max-age"] == 0
    assert load_viewer(key) is None
    assert not SessionStore().exists(key)


def test_who_signs_in_again_with_the_mark_is_signed_in(people, browser):
    clerk = browser(people.clerk)
    clerk.client.cookies[SIGNED_OUT_MARK] = "1"

    clerk.client.get("/sign-in/?name=owner&password=secret")
    clerk.client.cookies.pop(SIGNED_OUT_MARK)

    assert shows(clerk.client, people)
    assert clerk.session.user == people.owner


def test_a_socket_with_the_mark_is_signed_out(people, browser):
    clerk = browser(people.clerk)
    key = clerk.session_key
    clerk.client.cookies[SIGNED_OUT_MARK] = "1"

    clerk.connect()

    assert clerk.receive() == {"type": "reset", "reason": "signed-out"}
    assert not SessionStore().exists(key)
    assert clerk.session.ended_at is not None
