"""The people of the company: what they may do, what they see and where they are signed in.

All of it for owners and admins. Who of them looks matters only in this: owners are managed by
owners.
"""

# Views name their parameters, which the library passes by name: that is their declaration.
# mypy: disable-error-code="override"

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from electric_sync.live import Audience, LiveList, LiveRegion
from electric_sync.models import LiveSocket, UserSession
from electric_sync.shapes import register
from workspaces.access import SEES_ALL, Sight, WorkspaceAccess, explain
from workspaces.models import Membership, Role, Workspace, WorkspaceGrant
from workspaces.shapes import ConnectedPages, Devices, Users, WorkspaceGrants, Workspaces


@dataclass(frozen=True)
class Device:
    """A sign-in, and whether one of its pages is connected right now."""

    session: UserSession
    is_here: bool

    @property
    def seen_at(self) -> datetime:
        """When it was last heard of."""
        return self.session.last_seen_at or self.session.created_at


@dataclass(frozen=True)
class Given:
    """A workspace as somebody sees it, or not, and what they were given of it."""

    workspace: Workspace
    sight: Sight
    level: str | None


@register
class Members(LiveList):
    """Everybody of the company."""

    shape = Users
    also = (WorkspaceGrants, Workspaces, Devices, ConnectedPages)
    template = "workspaces/_member.html"
    tag = "tbody"

    def audience(self, access: WorkspaceAccess) -> Audience | None:
        """Owners and admins; see above."""
        return audience_of_managers(access)

    def queryset(self, audience: Audience) -> QuerySet[Membership]:
        """By name."""
        return Membership.objects.filter(company_id=audience.company).order_by("name", "id")

    def context(self, audience: Audience) -> dict[str, Any]:
        """What belongs to each of them, by the key of the user."""
        given: dict[UUID, list[str]] = defaultdict(list)
        grants = WorkspaceGrant.objects.filter(
            company_id=audience.company, workspace__trashed_at=None
        ).order_by("workspace__position", "workspace_id")
        for user, name in grants.values_list("user_id", "workspace__name"):
            given[user].append(name)
        devices: dict[UUID, list[Device]] = defaultdict(list)
        for device in devices_in(audience.company):
            devices[device.session.user_id].append(device)
        return {
            "given": dict(given),
            "devices": dict(devices),
            "only_owner": only_owner(audience.company),
            "sees_all": SEES_ALL,
        }


class OfPerson(LiveRegion):
    """What the page of somebody shows."""

    params = {"member_id": UUID}

    def audience(self, access: WorkspaceAccess, member_id: UUID) -> Audience | None:
        """Owners and admins; see above."""
        return audience_of_managers(access)

    def member(self, audience: Audience, member_id: UUID) -> Membership | None:
        """The person; none, once they were taken out of the company."""
        found = Membership.objects.filter(pk=member_id, company_id=audience.company)
        return found.first()


@register
class PersonTitle(OfPerson):
    """Who it is."""

    shapes = (Users,)
    template = "workspaces/_person_title.html"

    def context(self, audience: Audience, member_id: UUID) -> dict[str, Any]:
        """The person."""
        return {"member": self.member(audience, member_id)}


@register
class Person(OfPerson):
    """What somebody is, and every workspace with yes or no, and why."""

    shapes = (Users, WorkspaceGrants, Workspaces)
    template = "workspaces/_person.html"

    def context(self, audience: Audience, member_id: UUID) -> dict[str, Any]:
        """The person and the workspaces."""
        member = self.member(audience, member_id)
        if member is None:
            return {"member": None}
        grants = WorkspaceGrant.objects.filter(company_id=audience.company, user_id=member.user_id)
        levels = dict(grants.values_list("workspace_id", "level"))
        return {
            "member": member,
            "only_owner": only_owner(audience.company),
            "sees_all": member.role in SEES_ALL,
            "places": [
                Given(workspace, sight, levels.get(workspace.pk))
                for workspace, sight in explain(member)
                if workspace.trashed_at is None
            ],
        }


@register
class PersonDevices(OfPerson):
    """Where somebody has this company open."""

    shapes = (Users, Devices, ConnectedPages)
    template = "workspaces/_person_devices.html"

    def context(self, audience: Audience, member_id: UUID) -> dict[str, Any]:
        """The devices, the one that was used last first."""
        member = self.member(audience, member_id)
        return {
            "member": member,
            "devices": devices_in(audience.company, member.user_id) if member else [],
        }


def audience_of_managers(access: WorkspaceAccess) -> Audience | None:
    """Owners, and admins."""
    if not access.may_manage():
        return None
    return Audience(company=access.tenant, role=access.role)


def only_owner(company: str) -> UUID | None:
    """The membership of the owner, if there is only one."""
    owners = Membership.objects.filter(company_id=company, role=Role.OWNER)
    found = list(owners.values_list("pk", flat=True)[:2])
    return found[0] if len(found) == 1 else None


def devices_in(company: str, user_id: UUID | None = None) -> list[Device]:
    """The sign-ins that have a company open, one person's or everybody's."""
    sessions = UserSession.objects.open().filter(tenant=company)
    if user_id is not None:
        sessions = sessions.filter(user_id=user_id)
    here = set(LiveSocket.objects.filter(tenant=company).values_list("session_id", flat=True))
    return in_order(Device(session, session.pk in here) for session in sessions)


def in_order(devices: Iterable[Device]) -> list[Device]:
    """Those that are connected first, then those that were seen last."""
    return sorted(devices, key=lambda each: (not each.is_here, -each.seen_at.timestamp()))
