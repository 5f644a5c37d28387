"""Receipts of changes of access, for owners and admins: on which devices what was taken is gone."""

# Views name their parameters, which the library passes by name: that is their declaration.
# mypy: disable-error-code="override"

from __future__ import annotations

from typing import Any
from uuid import UUID

from electric_sync.live import Audience, LiveRegion
from electric_sync.shapes import register
from workspaces.access import WorkspaceAccess
from workspaces.live.people import OfPerson, devices_in
from workspaces.models import Membership
from workspaces.receipts import latest
from workspaces.shapes import AccessReceipts, ConnectedPages, Devices, Users

SHAPES = (AccessReceipts, ConnectedPages, Devices, Users)


@register
class Receipts(LiveRegion):
    """The latest changes of access in the company."""

    shapes = SHAPES
    template = "workspaces/_receipts.html"

    def audience(self, access: WorkspaceAccess) -> Audience | None:
        """Owners and admins."""
        return Audience(company=access.tenant) if access.may_manage() else None

    def context(self, audience: Audience) -> dict[str, Any]:
        """The changes with their devices."""
        return {"changes": latest(audience.company), "endable": _endable(audience.company)}


@register
class PersonReceipts(OfPerson):
    """The latest changes of what one person may see or do."""

    shapes = SHAPES
    template = "workspaces/_receipts.html"

    def context(self, audience: Audience, member_id: UUID) -> dict[str, Any]:
        """The same, of this person."""
        member = self.member(audience, member_id)
        if member is None:
            return {"changes": []}
        return {
            "changes": latest(audience.company, member.user_id),
            "endable": _endable(audience.company, member.user_id),
        }


def _endable(company: str, user_id: UUID | None = None) -> dict[UUID, UUID]:
    """The sign-ins that have the company open and can be ended, with whose they are."""
    members = dict(Membership.objects.filter(company_id=company).values_list("user_id", "pk"))
    return {
        each.session.pk: members[each.session.user_id]
        for each in devices_in(company, user_id)
        if each.session.user_id in members
    }
