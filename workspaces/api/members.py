"""``/api/members``: the people of the company, and what each of them sees."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from workspaces.access import explain
from workspaces.actions import people as actions
from workspaces.models import Membership

from .acting import actor_of
from .reading import managing_reader, member_of
from .schemas import (
    REFUSALS,
    WRITE_REFUSALS,
    AddedMember,
    EndedDevices,
    MemberDetail,
    MemberIn,
    MemberOut,
    Problem,
    RoleIn,
    Sees,
)

router = Router(tags=["People"])

FORBIDDEN = {403: Problem}


@router.get("/members", response={200: list[MemberOut], **REFUSALS, **FORBIDDEN})
def list_members(request: HttpRequest) -> list[Membership]:
    """The people of the company with role and e-mail address. For owners and admins."""
    with managing_reader(request) as access:
        return list(Membership.objects.filter(company_id=access.company_id))


@router.post("/members", response={201: AddedMember, **WRITE_REFUSALS})
def add_member(request: HttpRequest, body: MemberIn) -> Status[AddedMember]:
    """Let somebody into the company.

    For owners and admins; only owners add owners. Who has no account yet gets one without a
    password (`is_new`): an owner or admin finds their invitation on the page of people.
    """
    member, is_new = actions.add_person(actor_of(request), body.email, body.name, body.role)
    return Status(201, AddedMember(member=MemberOut.from_orm(member), is_new=is_new))


@router.get("/members/{member_id}", response={200: MemberDetail, **REFUSALS, **FORBIDDEN})
def get_member(request: HttpRequest, member_id: UUID) -> MemberDetail:
    """One person, and for each workspace of the company whether they see it, and why."""
    with managing_reader(request) as access:
        member = member_of(access, member_id)
        return MemberDetail(
            **MemberOut.from_orm(member).dict(),
            workspaces=[
                Sees(
                    workspace_id=place.pk,
                    workspace=place.name,
                    level=sight.level,
                    reason=sight.reason,
                )
                for place, sight in explain(member)
            ],
        )


@router.put("/members/{member_id}", response={200: MemberOut, **WRITE_REFUSALS})
def change_role(request: HttpRequest, member_id: UUID, body: RoleIn) -> Membership:
    """Give somebody another role. It counts at once, on every page that they have open.

    Admins change everybody but owners. The last owner stays one.
    """
    return actions.change_role(actor_of(request), member_id, body.role)


@router.delete("/members/{member_id}", response={204: None, **WRITE_REFUSALS})
def remove_member(request: HttpRequest, member_id: UUID) -> Status[None]:
    """Take somebody out of the company, with all that they were given. It counts at once."""
    actions.remove_person(actor_of(request), member_id)
    return Status(204, None)


@router.post("/members/{member_id}/end-devices", response={200: EndedDevices, **WRITE_REFUSALS})
def end_devices(request: HttpRequest, member_id: UUID) -> EndedDevices:
    """Sign somebody out on every device on which they have this company open."""
    return EndedDevices(ended=actions.end_devices(actor_of(request), member_id))
