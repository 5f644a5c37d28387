"""Who is signed in, and what changed anybody's access: read only."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from electric_sync.models import AccessLog, UserSession


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that the program writes, and people only look at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(UserSession)
class UserSessionAdmin(ReadOnlyAdmin):
    """Sign-ins: whose, since when, in which browser; they can be ended."""

    list_display = ("user", "is_open", "tenant", "created_at", "expires_at", "user_agent")
    list_filter = ("ended_at",)
    search_fields = ("user__email", "user_agent", "tenant")
    list_select_related = ("user",)
    date_hierarchy = "created_at"
    exclude = ("key_hash", "auth_hash")
    actions = ("sign_out",)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        # Else the admin could not delete a person who has ever signed in.
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    @admin.display(boolean=True, description="open")
    def is_open(self, session: UserSession) -> bool:
        return session.ended_at is None and session.expires_at > timezone.now()

    @admin.action(description="Sign out: end these sessions now")
    def sign_out(self, request: HttpRequest, queryset: QuerySet[UserSession]) -> None:
        ended = queryset.filter(ended_at=None).update(ended_at=timezone.now())
        self.message_user(request, f"{ended} sessions ended. Their pages are closed now.")


@admin.register(AccessLog)
class AccessLogAdmin(ReadOnlyAdmin):
    """Changes of access during the last hour, as the triggers wrote them."""

    list_display = ("at", "tenant", "user", "xid")
    search_fields = ("tenant", "user")
