"""Receipts of changes of access: put together by the change, and written into the audit log."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from electric_sync.live.views import Scene, SharedContexts, live_views
from electric_sync.live.window import Window
from electric_sync.models import LiveSocket, Receipt, UserSession
from electric_sync.signals import receipts_cleared
from electric_sync.snapshots import read_snapshot
from workspaces import deeds, receipts
from workspaces.access import WorkspaceAccess
from workspaces.actions import people, sharing, workspaces
from workspaces.models import AuditLog, Membership, User
from workspaces.receipts import Change, latest

from .conftest import Firm, make_firm

# Each change is a transaction of its own.
pytestmark = pytest.mark.django_db(transaction=True)

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0"
LAST_SEEN = datetime(2026, 11, 25, 14, 2, tzinfo=UTC)


@pytest.fixture
def firm() -> Firm:
    made = make_firm()
    Receipt.objects.all().delete()
    return made


def sign_in(firm: Firm, who: str, user_agent: str = CHROME, **values: object) -> UserSession:
    return UserSession.objects.create(
        **{
            "user": firm.people[who],
            "tenant": str(firm.company.pk),
            "key_hash": uuid4().hex,
            "user_agent": user_agent,
            "expires_at": timezone.now() + timedelta(days=1),
            **values,
        }
    )


def connect(session: UserSession) -> LiveSocket:
    now = timezone.now()
    return LiveSocket.objects.create(
        session=session, tenant=session.tenant, process="p", since=now, seen_at=now
    )


def clear(*found: Receipt, after: float = 0.1) -> None:
    """As the sync layer does."""
    for each in found:
        each.cleared_at = each.raised_at + timedelta(seconds=after)
        each.save()
    receipts_cleared.send(sender=Receipt, receipts=list(found))


def shown(firm: Firm, who: str | None = None) -> list[Change]:
    return latest(str(firm.company.pk), firm.people[who].pk if who else None)


def test_a_change_tells_who_lost_what_by_whom_and_where(firm: Firm) -> None:
    chrome = sign_in(firm, "viewer")
    sign_in(firm, "viewer", FIREFOX, last_seen_at=LAST_SEEN)
    sharing.unshare_workspace(firm.actor(), firm.workspace, firm.people["viewer"].pk)
    Receipt.objects.update(raised_at=LAST_SEEN + timedelta(minutes=4))
    clear(Receipt.objects.get(session_id=chrome.pk))

    (change,) = shown(firm)

    assert (change.told, change.by) == ("Viewer may no longer view Garden", "owner")
    assert (change.more_cleared, change.more_waiting, change.is_of_several) == (0, 0, False)
    waiting, cleared = change.devices
    assert (cleared.receipt.device, cleared.after) == ("Chrome on Linux", "0.1 s")
    assert (waiting.receipt.device, waiting.after) == ("Firefox on Android", None)
    assert (waiting.is_connected, waiting.offline_since) == (False, LAST_SEEN)
    assert waiting.at_the_latest == datetime(2026, 12, 2, 14, 2, tzinfo=UTC)


def test_a_device_that_is_connected_is_not_offline(firm: Firm) -> None:
    connect(sign_in(firm, "viewer"))
    people.remove_person(firm.actor(), Membership.objects.get(user=firm.people["viewer"]))

    (change,) = shown(firm)

    assert change.told == "Viewer removed, who was viewer, and no longer sees Garden"
    assert [device.is_connected for device in change.devices] == [True]


def test_a_change_past_the_actions_is_told_without_a_name(firm: Firm) -> None:
    sign_in(firm, "viewer")
    Membership.objects.filter(user=firm.people["viewer"]).update(role="editor")

    (change,) = shown(firm)

    assert (change.told, change.by) == ("The access of Viewer changed", None)


def test_a_change_for_many_counts_those_that_it_does_not_show(firm: Firm) -> None:
    for _ in range(receipts.DEVICES):
        sign_in(firm, "viewer")
    for _ in range(5):
        sign_in(firm, "editor")
    Membership.objects.filter(role__in=["viewer", "editor"]).update(role="admin")
    clear(*Receipt.objects.order_by("id")[:3])

    (change,) = shown(firm)

    assert change.told == "The access of 2 people changed"
    assert len(change.devices) == receipts.DEVICES
    assert all(device.after is None for device in change.devices), "those that wait come first"
    assert (change.more_cleared, change.more_waiting) == (3, 2)


def test_the_latest_changes_come_first_and_not_all_of_them(firm: Firm) -> None:
    sign_in(firm, "viewer")
    roles = ["editor", "admin", "viewer", "editor", "admin", "viewer", "editor"]
    for role in roles:
        people.change_role(firm.actor(), Membership.objects.get(user=firm.people["viewer"]), role)

    changes = shown(firm)

    assert len(changes) == receipts.CHANGES
    assert changes[0].told == "Viewer is editor now, before: viewer"
    assert [change.at for change in changes] == sorted(
        (change.at for change in changes), reverse=True
    )


def test_of_one_person_only_theirs_are_shown_and_of_another_company_none(firm: Firm) -> None:
    sign_in(firm, "viewer")
    sign_in(firm, "editor")
    outside = sign_in(firm, "outsider")
    UserSession.objects.filter(pk=outside.pk).update(tenant=str(uuid4()))
    User.objects.filter(pk=firm.people["outsider"].pk).update(is_active=False)
    workspaces.delete_workspace(firm.actor(), firm.workspace)

    (for_all,) = shown(firm)
    (of_viewer,) = shown(firm, "viewer")

    assert {device.person for device in for_all.devices} == {"Viewer", "Editor"}
    assert {device.person for device in of_viewer.devices} == {"Viewer"}
    assert shown(firm, "admin") == []


def rendered(firm: Firm, name: str, **params: object) -> str:
    """A live view as an owner gets it."""
    view = live_views.get(name)
    with read_snapshot():
        access = WorkspaceAccess.load(firm.people["owner"], str(firm.company.pk))
        assert access is not None
        cleaned = view.clean(params)
        audience = view.admit(access, cleaned)
        assert audience is not None
        scene = Scene(name, access.tenant, cleaned, audience, Window())
        return view.render(scene, SharedContexts()).content


def test_each_device_has_a_line(firm: Firm) -> None:
    chrome = sign_in(firm, "viewer")
    sign_in(firm, "viewer", FIREFOX, last_seen_at=LAST_SEEN)
    connect(sign_in(firm, "viewer", ""))
    sharing.unshare_workspace(firm.actor(), firm.workspace, firm.people["viewer"].pk)
    Receipt.objects.update(raised_at=LAST_SEEN + timedelta(minutes=4))
    clear(Receipt.objects.get(session_id=chrome.pk))

    html = rendered(firm, "receipts")
    texts = [" ".join(re.sub("<[^>]*>", " ", line).split()) for line in html.split("<li ")]

    assert "Viewer may no longer view Garden by owner," in texts[0]
    connected, offline, cleared = (text.partition("> ")[2] for text in texts[1:])
    assert offline == (
        "Firefox on Android offline since 2026-11-25T14:02:00Z , will be cleared when it returns,"
        " at the latest on 2026-12-02T14:02:00Z Sign out this device"
    )
    assert connected == "A browser connected, not cleared yet Sign out this device"
    assert cleared.startswith("Chrome on Linux cleared after 0.1 s")
    assert [html.count(name) for name in ('class="is-waiting"', 'class="is-done"')] == [2, 1]


def test_a_device_that_was_away_for_too_long_holds_nothing(firm: Firm) -> None:
    sign_in(firm, "viewer", FIREFOX, last_seen_at=timezone.now() - timedelta(days=7, minutes=1))
    Membership.objects.filter(user=firm.people["viewer"]).update(role="editor")

    html = rendered(firm, "receipts")

    assert "holds nothing any more" in html
    assert "is-waiting" not in html


def test_without_a_change_there_is_nothing_to_see(firm: Firm) -> None:
    assert rendered(firm, "receipts") == ""


def test_a_person_s_page_shows_the_receipts_of_that_person(firm: Firm) -> None:
    sign_in(firm, "viewer")
    sign_in(firm, "editor", FIREFOX)
    Membership.objects.filter(role__in=["viewer", "editor"]).update(role="admin")
    member = Membership.objects.get(user=firm.people["editor"])

    html = rendered(firm, "person_receipts", member_id=member.pk)

    assert "Firefox on Android" in html
    assert "Chrome on Linux" not in html


def test_signing_somebody_out_is_a_change_with_receipts(firm: Firm) -> None:
    sign_in(firm, "viewer")
    people.end_devices(firm.actor(), Membership.objects.get(user=firm.people["viewer"]))

    (change,) = shown(firm)

    assert change.told == "Viewer signed out on 1 device"


def test_what_was_cleared_is_in_the_audit_log(firm: Firm) -> None:
    sign_in(firm, "viewer")
    Membership.objects.filter(user=firm.people["viewer"]).update(role="editor")

    clear(Receipt.objects.get(), after=0.12)

    entry = AuditLog.objects.get(action="access.cleared")
    viewer = firm.people["viewer"]
    assert (entry.company, entry.user_id, entry.user_name) == (firm.company, viewer.pk, "Viewer")
    assert deeds.say(entry) == "Chrome on Linux cleared after 0.1 s"
    assert entry.details["seconds"] == 0.12


def test_very_many_devices_are_one_entry(firm: Firm) -> None:
    for _ in range(receipts.ENTRIES + 1):
        sign_in(firm, "viewer")
    Membership.objects.filter(user=firm.people["viewer"]).update(role="editor")

    clear(*Receipt.objects.all(), after=2)

    entry = AuditLog.objects.get(action="access.cleared")
    assert deeds.say(entry) == "21 devices cleared after 2.0 s at most"


def test_a_tenant_that_is_no_company_any_more_has_no_log(firm: Firm) -> None:
    for tenant in ("", str(uuid4())):
        clear(Receipt.objects.create(tenant=tenant, user=str(uuid4()), session_id=uuid4()))

    assert not AuditLog.objects.filter(action="access.cleared").exists()


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0.1 s"),
        (0.42, "0.4 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (61, "61 s"),
        (125, "2 min"),
        (5_400, "2 h"),
        (86_400, "24 h"),
        (200_000, "2 days"),
    ],
)
def test_durations_are_told_as_people_say_them(seconds: float, told: str) -> None:
    assert deeds.duration(seconds) == told
