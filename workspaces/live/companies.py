"""The company that is open: who looks, where they may go, and whom they may ask."""

# Views name their parameters, which the library passes by name: that is their declaration.
# mypy: disable-error-code="override"

from __future__ import annotations

from typing import Any
from uuid import UUID

from electric_sync.live import Audience, LiveRegion
from electric_sync.shapes import register
from workspaces.access import SEES_ALL, WorkspaceAccess
from workspaces.live.places import editable_by, places_of
from workspaces.models import Company, Membership
from workspaces.shapes import DataTables, OwnCompany, OwnMemberships, People, Workspaces

MOST_TO_ASK = 4
"""So many of those who manage a company are named to somebody who has lost access."""


@register
class Companies(LiveRegion):
    """The company that is open, and the viewer's others, to switch to."""

    shapes = (OwnMemberships, OwnCompany)
    template = "workspaces/_companies.html"

    def audience(self, access: WorkspaceAccess, user_id: UUID) -> Audience | None:
        """The viewer alone."""
        return Audience(company=access.tenant)

    def context(self, audience: Audience, user_id: UUID) -> dict[str, Any]:
        """The companies, in the order in which they were joined."""
        theirs = Membership.objects.filter(user_id=user_id).select_related("company")
        companies = [each.company for each in theirs.order_by("created_at", "id")]
        return {
            "companies": companies,
            "open": next((each for each in companies if str(each.pk) == audience.company), None),
        }


@register
class Me(LiveRegion):
    """The viewer's name and role."""

    shapes = (OwnMemberships,)
    template = "workspaces/_me.html"

    def audience(self, access: WorkspaceAccess, user_id: UUID) -> Audience | None:
        """The viewer alone."""
        return Audience(company=access.tenant)

    def context(self, audience: Audience, user_id: UUID) -> dict[str, Any]:
        """The viewer as a member of the company."""
        return {
            "member": Membership.objects.filter(
                user_id=user_id, company_id=audience.company
            ).first()
        }


@register
class WhomToAsk(LiveRegion):
    """Who can give access, for whoever has lost some. A script shows it then."""

    shapes = (People,)
    template = "workspaces/_whom_to_ask.html"

    def audience(self, access: WorkspaceAccess) -> Audience | None:
        """Every member may write to those who manage the company."""
        return Audience(company=access.tenant)

    def context(self, audience: Audience) -> dict[str, Any]:
        """The first few of them, owners first."""
        managers = Membership.objects.filter(
            company_id=audience.company, role__in=SEES_ALL, active=True
        )
        return {"people": managers.order_by("-role", "created_at", "id")[:MOST_TO_ASK]}


@register
class Sidebar(LiveRegion):
    """All that the viewer may open."""

    shapes = (Workspaces, DataTables)
    template = "workspaces/_sidebar.html"

    def audience(self, access: WorkspaceAccess) -> Audience | None:
        """What is shown depends on what may be seen."""
        return Audience(
            company=access.tenant,
            visible=access.visible_workspaces(),
            manages=access.may_manage(),
            edits=editable_by(access) != (),
        )

    def context(self, audience: Audience) -> dict[str, Any]:
        """The workspaces with their tables."""
        return {"places": places_of(audience.company, audience.visible)}


@register
class HomeWorkspaces(LiveRegion):
    """The same on the company's home page, with room to say more."""

    shapes = (OwnCompany, Workspaces, DataTables)
    template = "workspaces/_home.html"

    def audience(self, access: WorkspaceAccess) -> Audience | None:
        """Who may add tables where is shown, too."""
        return Audience(
            company=access.tenant,
            visible=access.visible_workspaces(),
            manages=access.may_manage(),
            editable=editable_by(access),
        )

    def context(self, audience: Audience) -> dict[str, Any]:
        """The company, and its workspaces with their tables."""
        return {
            "company": Company.objects.filter(pk=audience.company).first(),
            "places": places_of(audience.company, audience.visible, editable=audience.editable),
        }
