"""Who is connected and signed in, what was cleared, and what changed anybody's access.

Programs write these rows, people look at them. What people may do: let pages fetch anew, and sign
somebody out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from electric_sync import resync, tenants
from electric_sync.models import (
    DEAD_AFTER,
    AccessLog,
    LiveSocket,
    Receipt,
    ResyncRequest,
    UserSession,
    UserSessions,
)

PAGE = 50  # rows of a list
NOBODY_IN_PARTICULAR = "everybody"
TENANTS_LISTED = 50  # in the filter beside a list
USER = get_user_model().USERNAME_FIELD


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that the program writes, and people only look at."""

    list_per_page = PAGE
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The names of all tenants and people on the page at once."""
        changelist = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        known = tenants.names({row.tenant for row in rows if row.tenant})
        people = _people({row.user for row in rows if isinstance(getattr(row, "user", 0), str)})
        for row in rows:
            row.tenant_name = known.get(row.tenant)
            row.person = people.get(getattr(row, "user", ""))
        changelist.result_list = rows
        return changelist

    @admin.display(description="tenant", ordering="tenant", empty_value="none")
    def tenant_name(self, row: Any) -> str | None:
        """What it is called, or its key."""
        if row.tenant is None:
            return NOBODY_IN_PARTICULAR
        if not hasattr(row, "tenant_name"):
            row.tenant_name = tenants.names([row.tenant]).get(row.tenant)
        return row.tenant_name or row.tenant or None

    @admin.display(description="user", ordering="user")
    def person(self, row: Any) -> str:
        """Who it is, by the key that the row holds."""
        if row.user is None:
            return NOBODY_IN_PARTICULAR
        if not hasattr(row, "person"):
            row.person = _people([row.user]).get(row.user)
        return row.person or row.user


def _people(keys: Iterable[str]) -> dict[str, str]:
    model = get_user_model()
    found = {}
    for key in keys:
        try:
            found[model._meta.pk.to_python(key)] = key
        except (ValueError, TypeError, ValidationError):
            continue
    return {found[pk]: str(each) for pk, each in model._default_manager.in_bulk(found).items()}


class TenantFilter(admin.SimpleListFilter):
    """The tenants that the rows are of, by name."""

    title = "tenant"
    parameter_name = "tenant"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = model_admin.model._default_manager.exclude(tenant=None).exclude(tenant="")
        keys = rows.order_by("tenant").values_list("tenant", flat=True).distinct()
        known = tenants.names(keys[:TENANTS_LISTED])
        return sorted(known.items(), key=lambda each: each[1].casefold())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(tenant=self.value()) if self.value() else queryset


class YesOrNo(admin.SimpleListFilter):
    """Rows of one kind, or the others."""

    yes: tuple[str, str]
    no: tuple[str, str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [self.yes, self.no]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == self.yes[0]:
            return self.those(queryset)
        if self.value() == self.no[0]:
            return queryset.exclude(pk__in=self.those(queryset).values("pk"))
        return queryset

    def those(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Of the first kind."""
        raise NotImplementedError


class OpenFilter(YesOrNo):
    """Signed in still, or not."""

    title, parameter_name = "state", "state"
    yes, no = ("open", "Signed in"), ("ended", "Ended or expired")

    def those(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(ended_at=None, expires_at__gt=timezone.now())


class ClearedFilter(YesOrNo):
    """Cleared, or waiting."""

    title, parameter_name = "state", "state"
    yes, no = ("waiting", "Not cleared yet"), ("cleared", "Cleared")

    def those(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(cleared_at=None)


class SteeringAdmin(ReadOnlyAdmin):
    """Rows of somebody's sign-ins, with what can be done about them."""

    actions = ("resync", "sign_out")

    def sessions(self, queryset: QuerySet[Any]) -> UserSessions:
        """The sign-ins that the chosen rows belong to."""
        raise NotImplementedError

    def has_resync_permission(self, request: HttpRequest) -> bool:
        """Who may add requests."""
        return request.user.has_perm("electric_sync.add_resyncrequest")

    def has_sign_out_permission(self, request: HttpRequest) -> bool:
        """Who may change sessions."""
        return request.user.has_perm("electric_sync.change_usersession")

    @admin.action(description="Resync: let these people's pages fetch anew", permissions=["resync"])
    def resync(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        chosen = self.sessions(queryset).order_by("user", "tenant")
        whose = list(chosen.values_list("tenant", "user").distinct())
        for tenant, user in whose:
            resync.request(
                tenant=tenant,
                user=user,
                reason="Asked for in the admin.",
                requested_by=request.user.get_username(),
            )
        self.message_user(
            request,
            f"Asked for: the pages of {_count(len(whose), 'person', 'people')} fetch anew.",
            messages.SUCCESS,
        )

    @admin.action(description="Sign out: end these sessions now", permissions=["sign_out"])
    def sign_out(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        ended = self.sessions(queryset).end()
        self.message_user(
            request, f"{_count(ended, 'session')} ended. Their pages are cleared.", messages.SUCCESS
        )


@admin.register(LiveSocket)
class LiveSocketAdmin(SteeringAdmin):
    """Who is connected: whose page, where, on what, since when, and what was last heard of it."""

    list_display = (
        "user",
        "tenant_name",
        "device",
        "since",
        "subscriptions",
        "last_event",
        "last_event_at",
        "is_cleared",
        "short_version",
    )
    list_filter = (TenantFilter, "since", "process")
    list_select_related = ("session__user",)
    search_fields = (f"session__user__{USER}", "session__user_agent", "tenant", "version")
    search_help_text = "Whose, in which browser, or the data version."
    ordering = ("-since", "id")
    fields = (
        "user",
        "tenant_name",
        "device",
        "since",
        "seen_at",
        "subscriptions",
        "last_event",
        "last_event_at",
        "is_cleared",
        "version",
        "confirmed",
        "refused",
        "process",
        "session",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[LiveSocket]:
        waiting = Receipt.objects.filter(session_id=OuterRef("session_id"), cleared_at=None)
        dead = timezone.now() - DEAD_AFTER
        return (
            super().get_queryset(request).filter(seen_at__gt=dead).annotate(waits=Exists(waiting))
        )

    def sessions(self, queryset: QuerySet[LiveSocket]) -> UserSessions:
        return UserSession.objects.filter(pk__in=queryset.order_by().values("session"))

    @admin.display(description="user", ordering=f"session__user__{USER}")
    def user(self, page: LiveSocket) -> str:
        return str(page.session.user)

    @admin.display(description="device")
    def device(self, page: LiveSocket) -> str:
        return page.session.device

    @admin.display(description="cleared", boolean=True)
    def is_cleared(self, page: Any) -> bool:
        """Whether its session waits for nothing to be cleared."""
        return page.confirmed is not None and not page.waits

    @admin.display(description="version", ordering="version")
    def short_version(self, page: LiveSocket) -> str:
        return page.version[:8]


@admin.register(UserSession)
class UserSessionAdmin(SteeringAdmin):
    """Sign-ins: whose, in which browser, when it was last connected; they can be ended."""

    list_display = (
        "user",
        "tenant_name",
        "device",
        "is_open",
        "pages",
        "last_seen_at",
        "created_at",
        "expires_at",
        "refused",
    )
    list_filter = (OpenFilter, TenantFilter, "last_seen_at")
    search_fields = (f"user__{USER}", "user_agent", "tenant")
    list_select_related = ("user",)
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    exclude = ("key_hash", "auth_hash")
    readonly_fields = ("device", "tenant_name", "pages")

    def get_queryset(self, request: HttpRequest) -> QuerySet[UserSession]:
        return super().get_queryset(request).annotate(pages_count=Count("sockets"))

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        # Else the admin could not delete a person who has ever signed in.
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def sessions(self, queryset: QuerySet[UserSession]) -> UserSessions:
        return UserSession.objects.filter(pk__in=queryset.order_by().values("pk"))

    @admin.display(boolean=True, description="signed in")
    def is_open(self, session: UserSession) -> bool:
        return session.ended_at is None and session.expires_at > timezone.now()

    @admin.display(description="connected pages", ordering="pages_count")
    def pages(self, session: Any) -> int:
        return int(session.pages_count)

    @admin.display(description="device")
    def device(self, session: UserSession) -> str:
        return session.device


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyAdmin):
    """Devices that had to be cleared after a change of access, and when they were."""

    list_display = ("raised_at", "person", "tenant_name", "device", "cleared_at", "took", "xid")
    list_filter = (ClearedFilter, TenantFilter, "raised_at")
    search_fields = ("user", "user_agent", "tenant", "=xid")
    date_hierarchy = "raised_at"
    ordering = ("-id",)
    fields = ("person", "tenant_name", "device", "raised_at", "cleared_at", "took", "xid")
    readonly_fields = fields

    @admin.display(description="device")
    def device(self, receipt: Receipt) -> str:
        return receipt.device

    @admin.display(description="took", empty_value="waiting")
    def took(self, receipt: Receipt) -> str | None:
        return None if receipt.seconds is None else f"{receipt.seconds:.1f} s"


@admin.register(ResyncRequest)
class ResyncRequestAdmin(ReadOnlyAdmin):
    """What pages were asked to fetch anew. ``manage.py resync`` asks, or an action on sessions."""

    list_display = ("at", "reason", "tenant_name", "person", "params", "requested_by")
    list_filter = (TenantFilter, "at")
    search_fields = ("reason", "requested_by", "tenant", "user")
    date_hierarchy = "at"
    ordering = ("-id",)


@admin.register(AccessLog)
class AccessLogAdmin(ReadOnlyAdmin):
    """Changes of access during the last hour, as the triggers wrote them."""

    list_display = ("at", "tenant_name", "person", "xid")
    list_filter = (TenantFilter,)
    search_fields = ("tenant", "user", "=xid")
    ordering = ("-id",)


def _count(number: int, one: str, several: str | None = None) -> str:
    return f"{number} {one if number == 1 else several or one + 's'}"
