"""``manage.py resync``: what it asks for, whom it names, and how it refuses."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from electric_sync import resync
from electric_sync.models import LiveSocket, ResyncRequest, UserSession
from workspaces import deeds
from workspaces.actions import tables
from workspaces.models import AuditLog, Company, Membership, User

from .conftest import Firm


def say(*args: str) -> list[str]:
    out = io.StringIO()
    call_command("resync", *args, stdout=out, stderr=io.StringIO())
    return out.getvalue().splitlines()


def sign_in(person: User, company: Company, *, pages: int = 1) -> UserSession:
    """A session with pages that are connected."""
    session = UserSession.objects.create(
        user=person,
        tenant=str(company.pk),
        key_hash=uuid4().hex,
        expires_at=timezone.now() + timedelta(days=1),
    )
    for _ in range(pages):
        LiveSocket.objects.create(
            session=session,
            tenant=session.tenant,
            process="p",
            since=timezone.now(),
            seen_at=timezone.now(),
        )
    return session


@pytest.fixture
def connected(firm: Firm) -> Firm:
    """The editor with two devices and three pages, the viewer with one, the outsider elsewhere."""
    sign_in(firm.people["editor"], firm.company, pages=2)
    sign_in(firm.people["editor"], firm.company)
    sign_in(firm.people["viewer"], firm.company)
    sign_in(firm.people["outsider"], Company.objects.get(name="Elsewhere"))
    return firm


def asked() -> dict[str, Any]:
    request = ResyncRequest.objects.get()
    return {"tenant": request.tenant, "user": request.user, "params": request.params}


def logged() -> list[tuple[str, str, str]]:
    log = AuditLog.objects.filter(action="resync.requested").order_by("company__name")
    return [(entry.company.name, entry.via, deeds.say(entry)) for entry in log]


def test_a_table_is_fetched_anew_by_those_who_show_it(connected: Firm) -> None:
    said = say("--table", "plants", "--reason", "Mended by hand")

    table = connected.table
    place = {"workspace_id": str(table.workspace_id), "table_id": str(table.pk)}
    assert asked() == {"tenant": str(connected.company.pk), "user": None, "params": place}
    assert ResyncRequest.objects.get().reason == "Mended by hand"
    assert said == [
        "The table Plants in Garden of Fern & Co.",
        "Connected: 2 people, 3 devices, 4 open pages.",
        "  Editor (editor@fern.example): 2 devices, 3 open pages",
        "  Viewer (viewer@fern.example): 1 device, 1 open page",
        "Those of these pages that show it fetch it anew.",
        f"Asked for, as number {ResyncRequest.objects.get().pk}. It reaches all web processes"
        " at once.",
    ]
    assert logged() == [("Fern & Co", "command", "Pages fetch anew: Plants (Mended by hand)")]


def test_a_workspace_is_fetched_anew_with_its_tables(connected: Firm) -> None:
    say("--workspace", "Garden")

    workspace = connected.workspace
    assert asked()["params"] == {"workspace_id": str(workspace.pk)}
    assert asked()["tenant"] == str(connected.company.pk)


def test_a_person_is_found_wherever_they_are(connected: Firm) -> None:
    said = say("--user", "Editor@fern.example")

    editor = connected.people["editor"]
    assert asked() == {"tenant": None, "user": str(editor.pk), "params": {}}
    assert said[:2] == [
        "Everything on the pages of Editor (editor@fern.example).",
        "Connected: 1 person, 2 devices, 3 open pages.",
    ]
    assert logged() == [
        ("Fern & Co", "command", "Pages fetch anew: of Editor (An operator asked for it.)")
    ]


def test_a_person_in_one_company_only(connected: Firm) -> None:
    say("--user", "editor@fern.example", "--company", "Fern & Co")

    editor = connected.people["editor"]
    assert asked() == {
        "tenant": str(connected.company.pk),
        "user": str(editor.pk),
        "params": {},
    }


def test_all_is_told_to_every_company_that_has_pages_open(connected: Firm) -> None:
    Company.objects.create(name="Asleep")

    said = say("--all")

    assert asked() == {"tenant": None, "user": None, "params": {}}
    assert said[:2] == ["Everything.", "Connected: 3 people, 4 devices, 5 open pages."]
    assert [company for company, _, _ in logged()] == ["Elsewhere", "Fern & Co"]


def test_a_dry_run_only_tells(connected: Firm) -> None:
    said = say("--company", "Elsewhere", "--dry-run")

    assert said == [
        "Everything of Elsewhere.",
        "Connected: 1 person, 1 device, 1 open page.",
        "  outsider (outsider@else.example): 1 device, 1 open page",
        "Nothing was asked for: this was a dry run.",
    ]
    assert not ResyncRequest.objects.exists()
    assert logged() == []


def test_many_people_are_counted_not_listed(firm: Firm) -> None:
    for number in range(23):
        person = User.objects.create_user(f"p{number:02}@fern.example", name=f"P{number:02}")
        Membership.objects.create(company=firm.company, user=person, role="viewer")
        sign_in(person, firm.company)

    said = say("--company", "Fern & Co", "--dry-run")

    assert (len(said), said[-2]) == (24, "  and 3 more")


def test_if_nobody_is_there_it_is_said_and_asked_for(firm: Firm) -> None:
    assert "Nobody concerned is connected right now." in say("--all")
    assert ResyncRequest.objects.exists()


def test_it_signs_nobody_out(connected: Firm) -> None:
    say("--all")

    assert UserSession.objects.open().count() == 4


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        ([], 2, "Nothing was asked for: say what it is about."),
        (["--dry-run"], 2, "Nothing was asked for"),
        (["--all", "--user", "editor@fern.example"], 2, "Either --all or --user"),
        (["--all", "--reason", " "], 2, "The reason is empty"),
        (["--user", "nobody@fern.example"], 1, "Nobody has the e-mail address"),
        (["--company", "Nowhere"], 1, "There is no company “Nowhere”"),
        (["--workspace", "Nowhere"], 1, "There is no workspace “Nowhere”"),
        (["--table", "Nowhere"], 1, "There is no table “Nowhere”"),
        (["--table", "Plants", "--company", "Elsewhere"], 1, "There is no table “Plants”"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_for_is_said(
    connected: Firm, arguments: list[str], status: int, sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence) as error:
        say(*arguments)
    assert error.value.returncode == status
    assert not ResyncRequest.objects.exists()


def test_tables_of_one_name_are_told_apart(firm: Firm) -> None:
    from workspaces.actions import workspaces

    shed = workspaces.create_workspace(firm.actor(), "Shed")
    tables.create_table(firm.actor(), shed, "Plants")
    with pytest.raises(CommandError, match="There is more than one table “Plants”"):
        say("--table", "Plants")

    say("--table", "Plants", "--workspace", "Shed")

    assert asked()["params"]["workspace_id"] == str(shed.pk)


def test_without_arguments_it_explains_itself(firm: Firm) -> None:
    told = io.StringIO()
    with pytest.raises(CommandError):
        call_command("resync", stderr=told)
    assert "--workspace NAME" in told.getvalue()
    assert "Exit status" in told.getvalue()


def test_somebody_in_the_admin_is_named_in_the_log(firm: Firm) -> None:
    owner = firm.people["owner"]
    resync.request(tenant=firm.company.pk, reason="Odd", requested_by=owner.email)

    entry = AuditLog.objects.get(action="resync.requested")
    assert (entry.user_id, entry.user_name, entry.via) == (owner.pk, owner.name, "admin")


def test_a_company_that_is_gone_has_no_log(firm: Firm) -> None:
    resync.request(tenant=uuid4(), reason="Odd", requested_by="somebody")

    assert logged() == []
