"""Django's admin of the sync layer: who is connected, what was cleared, and what can be done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from electric_sync import resync
from electric_sync.models import AccessLog, LiveSocket, Receipt, ResyncRequest, UserSession
from workspaces.models import AuditLog, Membership, User

from .conftest import Firm

MODELS = (AccessLog, LiveSocket, Receipt, ResyncRequest, UserSession)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture
def keeper(firm: Firm) -> Client:
    """Somebody who may do everything in the admin."""
    client = Client()
    client.force_login(User.objects.create_superuser("keeper@plainrow.example", "pass"))
    return client


@pytest.fixture
def page(firm: Firm) -> LiveSocket:
    """The viewer is connected, and has lost access."""
    now = timezone.now()
    session = UserSession.objects.create(
        user=firm.people["viewer"],
        tenant=str(firm.company.pk),
        key_hash=uuid4().hex,
        user_agent=FIREFOX,
        expires_at=now + timedelta(days=1),
    )
    connected = LiveSocket.objects.create(
        session=session,
        tenant=session.tenant,
        process="web-1:7:abc",
        since=now,
        seen_at=now,
        subscriptions=4,
        last_event="frame",
        last_event_at=now,
        version="0123456789abcdef",
    )
    Membership.objects.filter(user=firm.people["viewer"]).update(role="editor")
    resync.request(tenant=firm.company.pk, reason="Odd", requested_by="somebody")
    return connected


def address(model: type[Any], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def run(client: Client, model: type[Any], action: str, *chosen: Any) -> Any:
    keys = [str(each.pk) for each in chosen]
    return client.post(address(model, "changelist"), {"action": action, "_selected_action": keys})


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def cells(client: Client, model: type[Any], query: str = "") -> str:
    return client.get(address(model, "changelist") + query).content.decode()


@pytest.mark.parametrize("model", MODELS)
def test_every_page_opens_and_none_can_be_edited(
    keeper: Client, page: LiveSocket, model: type[Any]
) -> None:
    thing = model._default_manager.order_by("pk").first()
    deletable = 200 if model is UserSession else 403
    pages = [
        (address(model, "changelist"), 200),
        (f"{address(model, 'changelist')}?q=viewer", 200),
        (f"{address(model, 'changelist')}?tenant={page.tenant}", 200),
        (address(model, "change", thing.pk), 200),
        (address(model, "add"), 403),
        (address(model, "delete", thing.pk), deletable),
    ]
    assert [keeper.get(path).status_code for path, _ in pages] == [status for _, status in pages]


def test_who_is_connected_is_told_by_name(firm: Firm, keeper: Client, page: LiveSocket) -> None:
    shown = cells(keeper, LiveSocket)
    for text in ("Viewer", "Fern &amp; Co", "Firefox on Linux", ">4<", ">frame<", ">01234567<"):
        assert text in shown
    assert 'alt="False"' in shown, "its session waits for something to be cleared"

    Receipt.objects.update(cleared_at=timezone.now())
    LiveSocket.objects.update(confirmed="1:2:")
    assert 'alt="True"' in cells(keeper, LiveSocket)


@pytest.mark.parametrize("query", ["?q=viewer%40fern", "?q=Firefox", "?q=01234567"])
def test_a_page_is_found_by_person_browser_and_version(
    keeper: Client, page: LiveSocket, query: str
) -> None:
    assert "Firefox on Linux" in cells(keeper, LiveSocket, query)
    assert "Firefox on Linux" not in cells(keeper, LiveSocket, "?q=nobody-like-that")


def test_receipts_and_requests_name_people_and_companies(
    firm: Firm, keeper: Client, page: LiveSocket
) -> None:
    for model in (Receipt, AccessLog):
        shown = cells(keeper, model)
        assert "Viewer" in shown
        assert "Fern &amp; Co" in shown
    requests = cells(keeper, ResyncRequest)
    assert "Fern &amp; Co" in requests
    assert ">everybody<" in requests


def test_what_is_gone_is_named_by_its_key(keeper: Client, page: LiveSocket) -> None:
    gone, odd = str(uuid4()), "no key at all"
    Receipt.objects.create(tenant=odd, user=gone, session_id=uuid4())
    shown = cells(keeper, Receipt)
    assert gone in shown
    assert odd in shown
    receipt = Receipt.objects.get(user=gone)
    assert gone in keeper.get(address(Receipt, "change", receipt.pk)).content.decode()


def test_receipts_are_filtered_by_what_waits(keeper: Client, page: LiveSocket) -> None:
    assert "Firefox on Linux" in cells(keeper, Receipt, "?state=waiting")
    assert "Firefox on Linux" not in cells(keeper, Receipt, "?state=cleared")
    Receipt.objects.update(cleared_at=timezone.now())
    assert "Firefox on Linux" in cells(keeper, Receipt, "?state=cleared")


def test_sessions_are_filtered_by_being_open(keeper: Client, page: LiveSocket) -> None:
    assert "Firefox on Linux" in cells(keeper, UserSession, "?state=open")
    UserSession.objects.filter(pk=page.session_id).update(ended_at=timezone.now())
    assert "Firefox on Linux" not in cells(keeper, UserSession, "?state=open")
    assert "Firefox on Linux" in cells(keeper, UserSession, "?state=ended")


@pytest.mark.parametrize("model", [LiveSocket, UserSession])
def test_chosen_pages_are_let_fetch_anew(
    firm: Firm, keeper: Client, page: LiveSocket, model: type[Any]
) -> None:
    chosen = page if model is LiveSocket else page.session
    response = run(keeper, model, "resync", chosen)

    assert said(response) == ["Asked for: the pages of 1 person fetch anew."]
    request = ResyncRequest.objects.first()
    assert request is not None
    assert (request.tenant, request.user, request.params) == (
        str(firm.company.pk),
        str(firm.people["viewer"].pk),
        {},
    )
    entry = AuditLog.objects.filter(action="resync.requested").latest("created_at")
    assert (entry.user_name, entry.via) == ("keeper", "admin")


@pytest.mark.parametrize("model", [LiveSocket, UserSession])
def test_chosen_sessions_are_signed_out_with_receipts(
    keeper: Client, page: LiveSocket, model: type[Any]
) -> None:
    Receipt.objects.all().delete()
    response = run(keeper, model, "sign_out", page if model is LiveSocket else page.session)

    assert said(response) == ["1 session ended. Their pages are cleared."]
    page.session.refresh_from_db()
    assert page.session.ended_at is not None
    assert Receipt.objects.get().session_id == page.session_id


def test_who_may_only_look_can_do_nothing(firm: Firm, page: LiveSocket) -> None:
    looker = User.objects.create_user("looker@plainrow.example", name="Looker", is_staff=True)
    looker.user_permissions.set(
        Permission.objects.filter(codename__in=["view_livesocket", "view_usersession"])
    )
    client = Client()
    client.force_login(looker)
    for model, chosen in ((LiveSocket, page), (UserSession, page.session)):
        assert client.get(address(model, "changelist")).status_code == 200
        for action in ("resync", "sign_out"):
            run(client, model, action, chosen)

    page.session.refresh_from_db()
    assert page.session.ended_at is None
    assert ResyncRequest.objects.count() == 1
