"""Receipts of changes of access: what was changed, by whom, and on which devices it is gone.

The sync layer writes a receipt for each device and clears it when the browser has confirmed. Here
receipts are put together by the change that they belong to, for owners and admins to look at, and
what was cleared is written into the audit log.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Min

from electric_sync import conf
from electric_sync.models import LiveSocket, Receipt, ResyncRequest, UserSession
from workspaces import deeds
from workspaces.keys import uuid_of
from workspaces.models import AuditLog, Company, DataTable, Membership, User, Workspace
from workspaces.models.fields import MAX_NAME

CHANGES = 5  # that are shown
RECEIPTS_READ = 1_000  # the newest of a company, in which those changes are looked for
DEVICES = 12  # of one change that are shown one by one
ENTRIES = 20  # of one change in the audit log one by one; more are one entry together
CLEARED, RESYNC = "access.cleared", "resync.requested"  # actions in the audit log


@dataclass(frozen=True)
class Device:
    """One sign-in that a change of access concerns."""

    receipt: Receipt
    person: str
    is_connected: bool
    offline_since: datetime

    @property
    def after(self) -> str | None:
        """How long it took until its pages were cleared; None: they are not yet."""
        seconds = self.receipt.seconds
        return None if seconds is None else deeds.duration(seconds)

    @property
    def at_the_latest(self) -> datetime:
        """When it has deleted by itself what it holds, if it does not return before."""
        return self.offline_since + conf.offline_max_age()

    @property
    def held_nothing(self) -> bool:
        """It had been away for so long that it had deleted everything before the change."""
        return not self.is_connected and self.at_the_latest <= self.receipt.raised_at


@dataclass(frozen=True)
class Change:
    """What one transaction changed of somebody's access."""

    key: int
    at: datetime
    told: str
    """What was done, in words."""
    by: str | None
    """Who did it; empty: a command; None: it was done past the actions."""
    devices: list[Device]
    more_cleared: int
    more_waiting: int
    """Devices that are not among those shown."""
    is_of_several: bool
    """More than one person is concerned."""


def latest(company: str, user_id: UUID | None = None) -> list[Change]:
    """The latest changes of access in a company, or of one of its people, newest first."""
    found = Receipt.objects.filter(tenant=company)
    if user_id is not None:
        found = found.filter(user=str(user_id))
    by_change: dict[int, list[Receipt]] = defaultdict(list)
    for receipt in found.order_by("-id")[:RECEIPTS_READ]:
        if receipt.xid in by_change or len(by_change) < CHANGES:
            by_change[receipt.xid].append(receipt)
    shown = {
        xid: sorted(receipts, key=_waiting_first)[:DEVICES] for xid, receipts in by_change.items()
    }
    devices = _devices([each for receipts in shown.values() for each in receipts])
    entries = _entries(company, by_change)
    counted = found.filter(xid__in=list(by_change)).order_by().values("xid")
    counts = {
        each["xid"]: each
        for each in counted.annotate(
            at=Min("raised_at"),
            people=Count("user", distinct=True),
            cleared=Count("cleared_at"),
            devices=Count("id"),
        )
    }
    return [
        _change(counts[xid], entries.get(xid), [devices[each] for each in shown[xid]])
        for xid in by_change
    ]


def _waiting_first(receipt: Receipt) -> tuple[bool, str, int]:
    return receipt.cleared_at is not None, receipt.device, receipt.pk


def _change(count: Mapping[str, Any], entry: AuditLog | None, devices: list[Device]) -> Change:
    shown_cleared = sum(each.after is not None for each in devices)
    if entry is not None:
        told = deeds.say(entry)
    elif count["people"] > 1:
        told = f"The access of {count['people']:,} people changed"
    else:
        told = f"The access of {devices[0].person} changed"
    return Change(
        key=count["xid"],
        at=count["at"],
        told=told,
        by=entry.user_name if entry else None,
        devices=devices,
        more_cleared=count["cleared"] - shown_cleared,
        more_waiting=count["devices"] - count["cleared"] - (len(devices) - shown_cleared),
        is_of_several=count["people"] > 1,
    )


def _devices(receipts: list[Receipt]) -> dict[Receipt, Device]:
    sessions = {each.session_id for each in receipts if each.cleared_at is None}
    connected = set(
        LiveSocket.objects.filter(session_id__in=sessions).values_list("session_id", flat=True)
    )
    seen = {
        each.pk: each.last_seen_at or each.created_at
        for each in UserSession.objects.filter(pk__in=sessions)
    }
    users = {key for each in receipts if (key := uuid_of(each.user)) is not None}
    names = {
        str(pk): str(name)
        for pk, name in User.objects.filter(pk__in=users).values_list("pk", "name")
    }
    return {
        each: Device(
            each,
            person=names.get(each.user, "Somebody"),
            is_connected=each.session_id in connected,
            offline_since=seen.get(each.session_id, each.raised_at),
        )
        for each in receipts
    }


def _entries(company: str, changes: Iterable[int]) -> dict[int, AuditLog]:
    """What the audit log says of these transactions: of each the first entry."""
    found: dict[int, AuditLog] = {}
    for entry in (
        AuditLog.objects.filter(company_id=company, xid__in=list(changes))
        .exclude(action__in=(CLEARED, RESYNC))
        .order_by("created_at", "id")
    ):
        found.setdefault(int(entry.xid), entry)
    return found


# ── The audit log ───────────────────────────────────────────────────────────


def write_cleared(receipts: list[Receipt], **kwargs: object) -> None:
    """Say in the audit log what was cleared. On the signal, in the transaction that clears it."""
    companies = _companies({each.tenant for each in receipts})
    together: dict[tuple[UUID, int], list[Receipt]] = defaultdict(list)
    for each in receipts:
        if each.tenant in companies:
            together[companies[each.tenant], each.xid].append(each)
    AuditLog.objects.bulk_create(
        entry
        for (company_id, _), cleared in together.items()
        for entry in _cleared(company_id, cleared)
    )


def _cleared(company_id: UUID, cleared: list[Receipt]) -> list[AuditLog]:
    """An entry for each device, or one for very many."""
    if len(cleared) > ENTRIES:
        slowest = max(each.seconds or 0.0 for each in cleared)
        details = {"devices": len(cleared), "seconds": round(slowest, 3)}
        return [_entry(company_id, CLEARED, target_name="", details=details)]
    return [
        _entry(
            company_id,
            CLEARED,
            user_id=uuid_of(each.user),
            target_id=uuid_of(each.user),
            target_name=each.device,
            details={
                "seconds": round(each.seconds or 0.0, 3),
                "changed_at": each.raised_at.isoformat(),
                "transaction": each.xid,
            },
        )
        for each in cleared
    ]


def write_resync(request: ResyncRequest, **kwargs: object) -> None:
    """Say in the audit log of each company concerned that its pages are to fetch anew."""
    person = _person(request.user)
    by = User.objects.filter(email=request.requested_by).first()
    details = {
        "reason": request.reason,
        "person": person and person.name,
        "by": request.requested_by,
    }
    AuditLog.objects.bulk_create(
        _entry(
            company_id,
            RESYNC,
            user_id=by.pk if by else None,
            via=AuditLog.Via.ADMIN if by else AuditLog.Via.COMMAND,
            target_id=uuid_of(request.params.get("table_id") or request.params.get("workspace_id")),
            target_name=_target_name(request.params),
            details={name: value for name, value in details.items() if value},
        )
        for company_id in _companies_of(request)
    )


def _companies_of(request: ResyncRequest) -> list[UUID]:
    if request.tenant is not None:
        return list(_companies({request.tenant}).values())
    if request.user is not None:
        person = _person(request.user)
        members = Membership.objects.filter(user=person) if person else Membership.objects.none()
        return list(members.values_list("company_id", flat=True))
    connected = LiveSocket.objects.values("tenant").annotate(pages=Count("id"))
    return list(_companies({each["tenant"] for each in connected}).values())


def _person(key: str | None) -> User | None:
    found = uuid_of(key)
    return User.objects.filter(pk=found).first() if found else None


def _target_name(params: dict[str, str]) -> str:
    table, workspace = uuid_of(params.get("table_id")), uuid_of(params.get("workspace_id"))
    found: DataTable | Workspace | None = None
    if table is not None:
        found = DataTable.objects.filter(pk=table).first()
    elif workspace is not None:
        found = Workspace.objects.filter(pk=workspace).first()
    return found.name if found else ""


def _entry(
    company_id: UUID,
    action: str,
    *,
    target_name: str,
    details: dict[str, Any],
    user_id: UUID | None = None,
    target_id: UUID | None = None,
    via: str = AuditLog.Via.PAGE,
) -> AuditLog:
    return AuditLog(
        company_id=company_id,
        action=action,
        user_id=user_id,
        target_id=target_id,
        target_name=target_name[:MAX_NAME],
        via=via,
        details=details,
    )


def _companies(tenants: set[str]) -> dict[str, UUID]:
    """Those that are there still, by the text of their key."""
    keys = {key for each in tenants if (key := uuid_of(each)) is not None}
    return {
        str(key): key for key in Company.objects.filter(pk__in=keys).values_list("pk", flat=True)
    }
