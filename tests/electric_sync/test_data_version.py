"""What a browser is told over HTTP about what it may keep."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from electric_sync.access import Access, Viewer, data_version, load_viewer
from electric_sync.live import tokens
from electric_sync.models import UserSession
from tests.electric_sync import views  # noqa: F401 registers them
from tests.project.shop.models import Membership

ADDRESS = "/api/auth/data-version"


def test_it_names_user_tenant_and_version(people, browser):
    clerk = browser(people.clerk)

    answer = clerk.client.get(ADDRESS)

    assert reverse("electric_sync:data-version") == ADDRESS
    assert answer.json() == {
        "version": data_version(load_viewer(clerk.session_key)),
        "user": str(people.clerk.pk),
        "company": str(people.shop.pk),
    }
    assert_not_kept(answer)


def assert_not_kept(answer) -> None:
    assert set(answer["cache-control"].split(", ")) == {"private", "no-store"}
    assert "Cookie" in answer["vary"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_is_not_signed_in_is_told_so(people, browser, method):
    clerk = browser(people.clerk)
    UserSession.objects.update(ended_at="2020-01-01T00:00Z")

    for client in (Client(), clerk.client):
        answer = getattr(client, method)(ADDRESS)

        assert answer.status_code == 401
        assert answer["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "urn:electric-sync:problem:signed-out"
        assert_not_kept(answer)


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_has_no_access_is_told_so(people, browser, method):
    clerk = browser(people.clerk)
    Membership.objects.filter(user=people.clerk).delete()

    answer = getattr(clerk.client, method)(ADDRESS)

    assert answer.status_code == 403
    assert answer["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:electric-sync:problem:no-access"


def ask(browser, **changes):
    session = browser.session
    asked = {"user": str(session.user_id), "company": session.tenant, "version": "v", "held": []}
    return browser.client.post(ADDRESS, {**asked, **changes}, content_type="application/json")


def token(browser, name: str, **params) -> str:
    return tokens.dump(name, browser.session.pk, browser.session.tenant, params)


def test_what_may_be_seen_is_kept_and_the_rest_dropped(people, browser):
    clerk, owner = browser(people.clerk), browser(people.owner)
    mine = [token(clerk, "open_orders", customer_id=1), token(clerk, "customer_names")]
    broken = ["", "x", mine[0][:-1], token(clerk, "nothing"), token(clerk, "open_orders")]
    theirs = token(owner, "open_orders", customer_id=1)
    held = [mine[0], *broken, theirs, mine[1]]

    answer = ask(clerk, held=held).json()
    assert (answer["reset"], answer["keep"], answer["drop"]) == (False, mine, [*broken, theirs])

    Membership.objects.filter(user=people.clerk).update(role="guest")
    later = ask(clerk, held=held).json()
    assert (later["reset"], later["keep"], later["drop"]) == (False, [], held)
    assert later["version"] != answer["version"]


def test_another_user_or_tenant_loses_everything(people, browser):
    clerk = browser(people.clerk)
    held = [token(clerk, "customer_names")]

    for changed in ({"user": str(people.owner.pk)}, {"company": str(people.elsewhere.pk)}):
        answer = ask(clerk, held=held, **changed).json()
        assert (answer["reset"], answer["keep"], answer["drop"]) == (True, [], held)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"[" * 30_000,
        b"\xff",
        b'{"user": 1}',
        b'{"user": "1", "company": "1", "version": "v", "held": "token"}',
        b'{"user": "1", "company": "1", "version": "v", "held": [1]}',
        b'{"user": "1", "company": "1", "version": "v", "held": [], "more": "' + b"x" * 70_000,
    ],
    ids=lambda body: repr(body[:40]),
)
def test_what_makes_no_sense_is_refused(people, browser, body):
    answer = browser(people.clerk).client.post(ADDRESS, body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:electric-sync:problem:malformed"


def test_asking_needs_the_page_s_csrf_token(people, browser):
    careful = Client(enforce_csrf_checks=True)
    key = browser(people.clerk).session_key
    careful.cookies[settings.SESSION_COOKIE_NAME] = key

    assert careful.post(ADDRESS, "{}", content_type="application/json").status_code == 403


# ------------------------------------------------------------------------- the version


@dataclass(frozen=True)
class Rich(Access):
    grants: tuple[tuple[UUID, str], ...] = ()
    flags: frozenset[str] = frozenset()


accesses = st.builds(
    Rich,
    user_id=st.integers(1, 2),
    tenant=st.sampled_from(["1", "2"]),
    role=st.sampled_from(["clerk", "owner"]),
    grants=st.lists(
        st.tuples(st.sampled_from([UUID(int=1), UUID(int=2)]), st.sampled_from(["view", "edit"])),
        max_size=2,
    ).map(tuple),
    flags=st.frozensets(st.sampled_from(["a", "b", "ab"])),
)


def version(access: Access, **changes) -> str:
    session = {"session_id": UUID(int=0), "valid_until": None, **changes}
    return data_version(Viewer(user_id=access.user_id, access=access, **session))


@given(one=accesses, other=accesses)
def test_versions_are_equal_if_and_only_if_the_accesses_are(one, other):
    assert (version(one) == version(other)) is (one == other)


def test_a_version_says_nothing_of_the_sign_in():
    access = Rich(1, "1", "clerk")

    assert version(access) == version(access, session_id=UUID(int=9))


def test_a_version_is_the_same_in_every_process():
    """Sets have another order in each."""
    access = Rich(1, "1", "clerk", flags=frozenset("abcdefgh"))

    assert version(access) == "9f3e78c3d18e5d7a09bc0cb202310cb4"
