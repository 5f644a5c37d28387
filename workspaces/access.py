"""Who may see and change what: the one place that says so, and why.

The rules, from the strongest:

1. Nothing of another company is there.
2. A workspace in the trash is there for nobody.
3. Owners and admins see and change every workspace, and manage them.
4. Others see the workspaces that they were given. What is not given is not there for them.
5. Editors change a workspace that was given for editing. Viewers change nothing.
6. Admins manage everybody but owners. Only owners make or unmake owners, and one always stays.

A verb each: ``seeing``, ``editing``, ``managing``, ``appointing``, ``signing_out``, ``inviting``
and ``sharing`` decide from roles and grants, and say why. Pages, live views and reads ask them
through ``WorkspaceAccess`` (read in the reader's snapshot), actions with rows that they have
locked. What is not said here is not allowed.

``who_sees`` and ``explain`` tell somebody else why a person sees what they see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest

from electric_sync.access import Access, Raises, Reset, look_up
from electric_sync.sessions import key_of
from workspaces.keys import uuid_of

from .errors import NoAccess, NotSignedIn
from .models import DataTable, Membership, Role, User, Workspace, WorkspaceGrant
from .models.audit import AuditLog

SEES_ALL = frozenset({Role.OWNER.value, Role.ADMIN.value})


@dataclass(frozen=True)
class Decision:
    """Yes or no, and why."""

    allowed: bool
    reason: str

    def __bool__(self) -> bool:
        return self.allowed


def seeing(role: str, grant: str | None) -> Decision:
    """Whether somebody with this role and grant sees a workspace."""
    if role in SEES_ALL:
        return Decision(True, "Owners and admins see every workspace.")
    if grant is not None:
        return Decision(True, "You were given this workspace.")
    return Decision(False, "You were not given this workspace.")


def editing(role: str, grant: str | None) -> Decision:
    """Whether they may change what is in it."""
    if role in SEES_ALL:
        return Decision(True, "Owners and admins may change everything.")
    if role == Role.VIEWER:
        return Decision(False, "Viewers may look, not change. Ask an admin to make you an editor.")
    if grant is None:
        return Decision(False, "You were not given this workspace.")
    if grant != WorkspaceGrant.Level.EDIT:
        return Decision(
            False, "You were given this workspace to look at. Ask an admin to let you edit it."
        )
    return Decision(True, "You were given this workspace for editing.")


def managing(role: str) -> Decision:
    """Whether they may make, rename and delete workspaces, and see people and the audit log."""
    if role in SEES_ALL:
        return Decision(True, "Owners and admins manage the company.")
    return Decision(False, "Only owners and admins may do this.")


def appointing(
    role: str, before: str | None, after: str | None, *, last_owner: bool = False
) -> Decision:
    """Whether somebody with this role may give a person another one.

    ``before`` is ``None`` for somebody who is new, ``after`` for somebody who is to go.
    ``last_owner`` says that the company has no other owner than this person.
    """
    decision = managing(role)
    if not decision:
        return decision
    if Role.OWNER in (before, after) and role != Role.OWNER:
        return Decision(False, "Only owners make somebody an owner, or change or remove an owner.")
    return keeping_an_owner(before, after, last_owner=last_owner)


def keeping_an_owner(before: str | None, after: str | None, *, last_owner: bool) -> Decision:
    """Whether a company keeps an owner. This binds operators, too: the database keeps it."""
    if last_owner and before == Role.OWNER and after != Role.OWNER:
        return Decision(
            False, "A company needs at least one owner. Make somebody else an owner first."
        )
    return Decision(True, "Owners and admins manage the people of the company.")


def signing_out(role: str, theirs: str) -> Decision:
    """Whether somebody with this role may end the sign-ins of a person of role ``theirs``."""
    decision = managing(role)
    if decision and theirs == Role.OWNER and role != Role.OWNER:
        return Decision(False, "Only owners sign an owner out.")
    return decision


def inviting(
    role: str, theirs: str, *, has_password: bool, is_elsewhere: bool, is_staff: bool
) -> Decision:
    """Whether somebody with this role may have a person's invitation.

    Whoever has it can choose the person's password, and then do all that they may. So it is for
    those only who could give the person all that themselves.
    """
    decision = managing(role)
    if not decision:
        return decision
    if has_password:
        return Decision(False, "They have a password and need no invitation: they sign in with it.")
    if theirs == Role.OWNER and role != Role.OWNER:
        return Decision(False, "Only owners invite an owner.")
    if is_elsewhere or is_staff:
        return Decision(
            False,
            "They have no password yet, and may see more than this company: whoever runs this "
            "installation gives them one, with manage.py changepassword.",
        )
    return Decision(True, "They belong to this company alone, and have no password yet.")


def sharing(theirs: str) -> Decision:
    """Whether there is any sense in giving a workspace to somebody of role ``theirs``."""
    if theirs in SEES_ALL:
        return Decision(False, "Owners and admins see every workspace already.")
    return Decision(True, "Editors and viewers see the workspaces that they are given.")


@dataclass(frozen=True)
class Sight(Decision):
    """Whether a person sees a workspace, how much they may do there, and why."""

    level: str | None
    """``view`` or ``edit``; ``None`` if they do not see it."""


def sight(role: str, grant: str | None, *, active: bool = True) -> Sight:
    """What ``seeing`` and ``editing`` decide, told to somebody else."""
    if not active:
        return Sight(False, "Is locked out: may not sign in anywhere.", None)
    if not seeing(role, grant):
        return Sight(False, "Was not given this workspace.", None)
    if editing(role, grant):
        if role in SEES_ALL:
            return Sight(True, f"{Role(role).label}: sees and changes every workspace.", "edit")
        return Sight(True, "Was given this workspace for editing.", "edit")
    if role == Role.VIEWER and grant == WorkspaceGrant.Level.EDIT:
        return Sight(True, "Was given this workspace for editing, but viewers only look.", "view")
    return Sight(True, "Was given this workspace to look at.", "view")


def who_sees(
    workspace_id: UUID, members: Iterable[Membership], grants: Iterable[WorkspaceGrant]
) -> list[tuple[Membership, Sight]]:
    """Each of the members, in their order: whether they see a workspace that is not in the trash.

    ``grants`` may be more than the workspace's own.
    """
    levels = {grant.user_id: grant.level for grant in grants if grant.workspace_id == workspace_id}
    return [
        (member, sight(member.role, levels.get(member.user_id), active=member.active))
        for member in members
    ]


def explain(member: Membership) -> list[tuple[Workspace, Sight]]:
    """Each workspace of a person's company, in order, the trash last: whether they see it.

    Reads in the current transaction: what it says is true in that.
    """
    grants = WorkspaceGrant.objects.filter(company_id=member.company_id, user_id=member.user_id)
    levels = dict(grants.values_list("workspace_id", "level"))
    found = Workspace.objects.filter(company_id=member.company_id).order_by("position", "id")
    gone = Sight(False, "Is in the trash: nobody sees it.", None)
    return sorted(
        (
            (
                each,
                gone
                if each.trashed_at
                else sight(member.role, levels.get(each.pk), active=member.active),
            )
            for each in found
        ),
        key=lambda pair: pair[0].trashed_at is not None,
    )


@dataclass(frozen=True)
class WorkspaceAccess(Access):
    """What a person may do in the company that they have open."""

    grants: tuple[tuple[UUID, str], ...] = ()
    """The workspaces that they were given and the level, in order of id."""

    raised_by = (
        Raises(
            Membership,
            users="user_id",
            tenant="company_id",
            columns=["company_id", "user_id", "role"],
        ),
        Raises(WorkspaceGrant, users="user_id", tenant="company_id"),
        Raises(User, users="id", tenant=None, columns=["is_active", "password"]),
        Raises(Workspace, users=None, tenant="company_id", columns=["company_id", "trashed_at"]),
    )

    @classmethod
    def load(cls, user: Any, tenant: str) -> Self | None:
        """Read it in the current transaction. Only members that are not locked out have any."""
        return cls.load_all([user], tenant).get(user.pk)

    @classmethod
    def load_all(cls, users: Collection[Any], tenant: str) -> Mapping[Any, Self]:
        """In two queries, however many they are."""
        company_id = uuid_of(tenant)
        if company_id is None:
            return {}
        theirs = {"company_id": company_id, "user_id__in": [user.pk for user in users]}
        members = Membership.objects.filter(user__is_active=True, **theirs).order_by()
        given: defaultdict[UUID, list[tuple[UUID, str]]] = defaultdict(list)
        for user_id, workspace_id, level in (
            WorkspaceGrant.objects.filter(workspace__trashed_at=None, **theirs)
            .order_by("workspace_id")
            .values_list("user_id", "workspace_id", "level")
        ):
            given[user_id].append((workspace_id, level))
        return {
            user_id: cls(
                user_id=user_id, tenant=str(company_id), role=role, grants=tuple(given[user_id])
            )
            for user_id, role in members.values_list("user_id", "role")
        }

    @classmethod
    def default_tenant(cls, user: Any) -> str | None:
        """The company that they joined first."""
        first = Membership.objects.filter(user_id=user.pk).order_by("created_at", "id").first()
        return str(first.company_id) if first else None

    @property
    def company_id(self) -> UUID:
        """The company, as a key."""
        return UUID(self.tenant)

    @property
    def sees_all(self) -> bool:
        """Whether every workspace of the company is there for them."""
        return self.role in SEES_ALL

    def grant(self, workspace_id: UUID | str) -> str | None:
        """The level at which they were given a workspace."""
        wanted = uuid_of(workspace_id)
        return next((level for given, level in self.grants if given == wanted), None)

    def may_view(self, workspace_id: UUID | str) -> bool:
        """Whether a workspace of their company is there for them."""
        return bool(seeing(self.role, self.grant(workspace_id)))

    def may_edit(self, workspace_id: UUID | str) -> bool:
        """Whether they may change what is in it."""
        return bool(editing(self.role, self.grant(workspace_id)))

    def may_manage(self) -> bool:
        """Whether they may make, rename and delete workspaces."""
        return bool(managing(self.role))

    def visible_workspaces(self) -> tuple[UUID, ...] | None:
        """The ids of the workspaces they were given; ``None`` if all are there for them."""
        return None if self.sees_all else tuple(workspace for workspace, _ in self.grants)

    def workspaces(self) -> QuerySet[Workspace]:
        """The workspaces that are there for them."""
        found = Workspace.objects.filter(company_id=self.company_id, trashed_at=None)
        visible = self.visible_workspaces()
        return found if visible is None else found.filter(pk__in=visible)

    def tables(self) -> QuerySet[DataTable]:
        """The tables that are there for them."""
        found = DataTable.objects.filter(
            company_id=self.company_id, trashed_at=None, workspace__trashed_at=None
        )
        visible = self.visible_workspaces()
        return found if visible is None else found.filter(workspace_id__in=visible)


def access_behind(request: HttpRequest) -> WorkspaceAccess:
    """A request's access, read in the current transaction.

    Raises:
        NotSignedIn: nobody is signed in.
        NoAccess: somebody is, who has no access to the company that they have open.
    """
    key = key_of(request)
    found = look_up(key) if key else Reset.SIGNED_OUT
    if found is Reset.NO_ACCESS:
        raise NoAccess
    if isinstance(found, Reset):
        raise NotSignedIn
    return cast(WorkspaceAccess, found.access)


@dataclass(frozen=True)
class Actor:
    """Who does something, in which company, and by which road (an ``AuditLog.Via``)."""

    user_id: UUID | None
    company_id: UUID
    via: str

    @classmethod
    def of(cls, request: HttpRequest, via: str = AuditLog.Via.PAGE.value) -> Actor:
        """The person behind a request, in the company that they have open."""
        access = access_behind(request)
        return cls(access.user_id, access.company_id, via)

    @property
    def is_operator(self) -> bool:
        """Django's admin, or a command that nobody signed in for. Both stand above the roles."""
        return self.user_id is None or self.via == AuditLog.Via.ADMIN
