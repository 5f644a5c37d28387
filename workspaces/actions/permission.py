"""Permission inside an action: the rows that grant it are locked until the action has committed.

Locks are always taken in the same order: what is changed, the workspace, the person, the
membership, the grant. An action and a revocation therefore wait for one another and never deadlock.

What changes memberships begins with the company (``lock_company``): so two people who change one
another's wait there, and the owners that are counted stay as many. There the person comes before
the memberships, too, since the database passes a change of a person on to theirs.
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from workspaces.access import Actor, editing, managing, seeing
from workspaces.errors import Forbidden, NotFound
from workspaces.models import Role

PERSON = "select 1 from users where id = %s and is_active for share"
WORKSPACE = """
    select 1 from workspaces where id = %s and company_id = %s and trashed_at is null for share
"""
MEMBERSHIP = "select role from memberships where company_id = %s and user_id = %s for share"
GRANT = "select level from workspace_grants where workspace_id = %s and user_id = %s for share"


def require_editing(actor: Actor, workspace_id: UUID, what: str) -> None:
    """Let an actor change what is in a workspace.

    Raises:
        NotFound: the workspace, and so ``what`` is in it, is not there for them.
        Forbidden: they may only look.
    """
    if not _locked(WORKSPACE, workspace_id, actor.company_id):
        raise NotFound(what)
    if actor.is_operator:
        return
    role = _role(actor)
    grant = _locked(GRANT, workspace_id, actor.user_id)
    if role is None or not seeing(role, grant):
        raise NotFound(what)
    decision = editing(role, grant)
    if not decision:
        raise Forbidden(decision.reason)


def require_sharing(actor: Actor, workspace_id: UUID) -> None:
    """Let an actor say who sees a workspace.

    Raises:
        NotFound: the workspace is not there for them.
        Forbidden: they do not manage the company.
    """
    if not _locked(WORKSPACE, workspace_id, actor.company_id):
        raise NotFound("workspace")
    require_managing(actor, workspace_id)


def require_managing_people(actor: Actor) -> str:
    """Let an actor change the people of the company, and say what they are in it, held as it is.

    This comes before anybody is looked for: who does not manage learns nothing. Operators do what
    owners do.

    Raises:
        NotFound: they do not belong to the company.
        Forbidden: they do not manage it.
    """
    if actor.is_operator:
        return Role.OWNER.value
    role = _role(actor)
    if role is None:
        raise NotFound("person")
    decision = managing(role)
    if not decision:
        raise Forbidden(decision.reason)
    return role


def require_managing(actor: Actor, workspace_id: UUID | None = None) -> None:
    """Let an actor make workspaces, or change the one given.

    Raises:
        NotFound: the workspace is not there for them.
        Forbidden: they do not manage the company.
    """
    if actor.is_operator:
        return
    role = _role(actor)
    if workspace_id is not None:
        grant = _locked(GRANT, workspace_id, actor.user_id)
        if role is None or not seeing(role, grant):
            raise NotFound("workspace")
    decision = managing(role or "")
    if not decision:
        raise Forbidden(decision.reason)


def _role(actor: Actor) -> str | None:
    if not _locked(PERSON, actor.user_id):
        return None
    return _locked(MEMBERSHIP, actor.company_id, actor.user_id)


def _locked(sql: str, *params: UUID | None) -> str | None:
    """The first column of a row that stays as it is until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        row = cursor.fetchone()
    return None if row is None else str(row[0])
