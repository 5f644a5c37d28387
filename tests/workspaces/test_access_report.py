"""``manage.py access_report``: somebody's effective access, with reasons, and their devices."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from electric_sync.models import LiveSocket, Receipt, UserSession
from workspaces.actions import workspaces
from workspaces.models import Membership, User

from .conftest import Firm, make_firm

# The command reads in a snapshot of its own.
pytestmark = pytest.mark.django_db(transaction=True)

FIREFOX = "Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0"
SEEN = datetime(2026, 11, 25, 14, 2, tzinfo=UTC)


@pytest.fixture
def firm() -> Firm:
    return make_firm()


def say(who: str, *args: str) -> list[str]:
    out = io.StringIO()
    call_command("access_report", "--user", f"{who}@fern.example", *args, stdout=out)
    return out.getvalue().splitlines()


def sign_in(firm: Firm, who: str, user_agent: str, **values: Any) -> UserSession:
    session = UserSession.objects.create(
        user=firm.people[who],
        tenant=str(firm.company.pk),
        key_hash=uuid4().hex,
        user_agent=user_agent,
        expires_at=timezone.now() + timedelta(days=1),
        **values,
    )
    UserSession.objects.filter(pk=session.pk).update(created_at=SEEN - timedelta(hours=1))
    return session


def test_each_workspace_is_told_with_its_reason(firm: Firm) -> None:
    workspaces.create_workspace(firm.actor(), "Shed")
    workspaces.delete_workspace(firm.actor(), workspaces.create_workspace(firm.actor(), "Old"))

    assert say("editor") == [
        "Editor (editor@fern.example)",
        "",
        "Fern & Co: editor",
        "  Garden: may edit. Was given this workspace for editing.",
        "  Shed: nothing. Was not given this workspace.",
        "  Old: nothing. Is in the trash: nobody sees it.",
        "",
        "Signed in on 0 devices",
    ]
    assert "  Shed: may edit. Owner: sees and changes every workspace." in say("owner")


def test_whoever_is_locked_out_or_keeps_the_admin_is_told(firm: Firm) -> None:
    User.objects.filter(pk=firm.people["editor"].pk).update(is_active=False)
    User.objects.filter(pk=firm.people["viewer"].pk).update(is_staff=True)

    assert say("editor")[1] == "Is locked out: may not sign in anywhere."
    assert say("viewer")[1] == "May open Django's admin."


def test_devices_are_told_with_what_is_not_cleared(firm: Firm) -> None:
    sign_in(firm, "viewer", FIREFOX, last_seen_at=SEEN, refused=2)
    here = sign_in(firm, "viewer", "")
    LiveSocket.objects.create(
        session=here, tenant=here.tenant, process="p", since=SEEN, seen_at=timezone.now()
    )
    Receipt.objects.all().delete()
    Membership.objects.filter(user=firm.people["viewer"]).update(role="editor")
    Receipt.objects.filter(session_id=here.pk).update(cleared_at=timezone.now())

    said = say("viewer")

    devices = said[said.index("Signed in on 2 devices") + 1 :]
    signed_in = "signed in 2026-11-25 13:02 UTC"
    assert sorted(devices) == sorted(
        [
            f"  A browser, in Fern & Co: connected, 1 open page; {signed_in}",
            f"  Firefox on Android, in Fern & Co: last seen 2026-11-25 14:02 UTC; {signed_in}",
            "    1 change of access not cleared there yet, at the latest 2026-12-02 14:02 UTC",
            "    2 subscriptions refused",
        ]
    )


def test_programs_get_the_same_as_json(firm: Firm) -> None:
    sign_in(firm, "viewer", FIREFOX)

    report = json.loads("\n".join(say("viewer", "--json", "--company", "Fern & Co")))

    assert report["person"]["email"] == "viewer@fern.example"
    (company,) = report["companies"]
    assert company["workspaces"] == [
        {
            "id": str(firm.workspace.pk),
            "name": "Garden",
            "sees": True,
            "level": "view",
            "reason": "Was given this workspace to look at.",
        }
    ]
    (device,) = report["devices"]
    assert (device["device"], device["company"]) == ("Firefox on Android", "Fern & Co")


@pytest.mark.parametrize(
    ("who", "more", "sentence"),
    [
        ("nobody", [], "Nobody has the e-mail address nobody@fern.example"),
        ("viewer", ["--company", "Nowhere"], "There is no company “Nowhere”"),
        ("viewer", ["--company", "Elsewhere"], "Viewer does not belong to Elsewhere"),
    ],
)
def test_what_is_not_there_is_said(firm: Firm, who: str, more: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        say(who, *more)
