"""``manage.py access_report``: what somebody sees, and why, and on which devices."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count
from django.utils import timezone

from electric_sync import conf
from electric_sync.models import LiveSocket, Receipt, UserSession
from electric_sync.snapshots import read_snapshot
from workspaces.access import explain
from workspaces.management.places import find_company, find_person
from workspaces.models import Company, Membership, User


class Command(BaseCommand):
    """Tell somebody's effective access. Writes nothing."""

    help = (
        "Tell what a person sees in each company, workspace by workspace and why, and the devices "
        "on which they are signed in: what is connected, and what has not been cleared yet after "
        "a change of access. Everything is read in one snapshot. Exit status: 0, or 1 if what was "
        "named is not there."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, where, and how to write it."""
        parser.add_argument("--user", required=True, metavar="EMAIL", help="whose access")
        parser.add_argument("--company", metavar="NAME", help="name or id; if left out, all")
        parser.add_argument("--json", action="store_true", help="write it as JSON, for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read it, write it."""
        with read_snapshot():
            person = find_person(options["user"])
            company = find_company(options["company"]) if options["company"] else None
            report = _report(person, company)
        if options["json"]:
            self.stdout.write(json.dumps(report, indent=2, ensure_ascii=False))
        else:
            for line in _lines(report):
                self.stdout.write(line)


def _report(person: User, company: Company | None) -> dict[str, Any]:
    members = Membership.objects.select_related("company").filter(user=person)
    if company is not None:
        members = members.filter(company=company)
        if not members.exists():
            raise CommandError(f"{person.name} does not belong to {company.name}.")
    names = {str(key): name for key, name in Company.objects.values_list("pk", "name")}
    return {
        "person": {
            "id": str(person.pk),
            "name": person.name,
            "email": person.email,
            "active": person.is_active,
            "opens_admin": person.is_active and person.is_staff,
        },
        "companies": [
            _company(member) for member in members.order_by("company__name", "company_id")
        ],
        "devices": _devices(person, company, names),
    }


def _company(member: Membership) -> dict[str, Any]:
    return {
        "id": str(member.company_id),
        "name": member.company.name,
        "role": member.role,
        "workspaces": [
            {
                "id": str(workspace.pk),
                "name": workspace.name,
                "sees": sight.allowed,
                "level": sight.level,
                "reason": sight.reason,
            }
            for workspace, sight in explain(member)
        ],
    }


def _devices(person: User, company: Company | None, names: dict[str, str]) -> list[dict[str, Any]]:
    sessions = UserSession.objects.open().filter(user=person)
    if company is not None:
        sessions = sessions.filter(tenant=str(company.pk))
    pages = Counter(
        LiveSocket.objects.alive().filter(session__in=sessions).values_list("session_id", flat=True)
    )
    waiting = dict(
        Receipt.objects.filter(session_id__in=sessions.values("pk"), cleared_at=None)
        .order_by()
        .values_list("session_id")
        .annotate(Count("id"))
    )
    return [
        {
            "session": str(session.pk),
            "device": session.device,
            "company": names.get(session.tenant),
            "signed_in": session.created_at.isoformat(),
            "last_seen": (session.last_seen_at or session.created_at).isoformat(),
            "open_pages": pages[session.pk],
            "refused": session.refused,
            "not_cleared": waiting.get(session.pk, 0),
            "cleared_at_the_latest": (
                (session.last_seen_at or session.created_at) + conf.offline_max_age()
            ).isoformat(),
        }
        for session in sessions.order_by("-created_at", "pk")
    ]


def _lines(report: dict[str, Any]) -> list[str]:
    person = report["person"]
    lines = [f"{person['name']} ({person['email']})"]
    if not person["active"]:
        lines.append("Is locked out: may not sign in anywhere.")
    if person["opens_admin"]:
        lines.append("May open Django's admin.")
    if not report["companies"]:
        lines.append("Belongs to no company.")
    for company in report["companies"]:
        lines += ["", f"{company['name']}: {company['role']}"]
        lines += [_sight(each) for each in company["workspaces"]] or ["  There are no workspaces."]
    lines += ["", f"Signed in on {_count(len(report['devices']), 'device')}"]
    for device in report["devices"]:
        lines += _device(device)
    return lines


def _sight(workspace: dict[str, Any]) -> str:
    may = {"edit": "may edit", "view": "may view"}.get(workspace["level"], "nothing")
    return f"  {workspace['name']}: {may}. {workspace['reason']}"


def _device(device: dict[str, Any]) -> list[str]:
    if device["open_pages"]:
        there = f"connected, {_count(device['open_pages'], 'open page')}"
    else:
        there = f"last seen {_moment(device['last_seen'])}"
    lines = [
        f"  {device['device']}, in {device['company'] or 'no company'}: {there};"
        f" signed in {_moment(device['signed_in'])}"
    ]
    if device["not_cleared"]:
        lines.append(
            f"    {_count(device['not_cleared'], 'change')} of access not cleared there yet,"
            f" at the latest {_moment(device['cleared_at_the_latest'])}"
        )
    if device["refused"]:
        lines.append(f"    {_count(device['refused'], 'subscription')} refused")
    return lines


def _moment(text: str) -> str:
    return f"{timezone.localtime(datetime.fromisoformat(text)):%Y-%m-%d %H:%M %Z}"


def _count(number: int, one: str) -> str:
    return f"{number:,} {one}{'' if number == 1 else 's'}"
