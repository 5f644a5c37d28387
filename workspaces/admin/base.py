"""What the lists and forms have in common: refusals in words, and the audit log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from workspaces.access import Actor
from workspaces.actions.audit import record
from workspaces.errors import ActionError
from workspaces.models import AuditLog, Company

from .generic import ModelAdmin, ModelForm

PAGE = 50  # rows of a list


def actor_of(request: HttpRequest, company_id: UUID) -> Actor:
    """Whoever uses the admin, in the company that they change something of."""
    return Actor(
        user_id=getattr(request.user, "pk", None),
        company_id=company_id,
        via=AuditLog.Via.ADMIN.value,
    )


class Refusals(ModelAdmin):
    """What the database or an action refuses is said on the page, and nothing is written."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Adding and changing."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except (IntegrityError, ActionError) as error:
            return self._refused(request, error)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Deleting one."""
        try:
            return super().delete_view(request, *args, **kwargs)
        except (IntegrityError, ActionError) as error:
            return self._refused(request, error)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Deleting several from the list."""
        try:
            return super().changelist_view(request, *args, **kwargs)
        except (IntegrityError, ActionError) as error:
            return self._refused(request, error)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """What the database would refuse at the end it refuses here, before success is told."""
        super().save_related(request, form, formsets, change)
        connection.check_constraints()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """The same."""
        with transaction.atomic():
            super().delete_model(request, obj)
            connection.check_constraints()

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        """All of them, or none."""
        with transaction.atomic():
            for thing in queryset:
                self.delete_model(request, thing)

    def _refused(self, request: HttpRequest, error: Exception) -> HttpResponse:
        self.message_user(request, _sentence(error), messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())


class ProductAdmin(Refusals):
    """Things of a company. What is done to them is written into its audit log."""

    list_per_page = PAGE
    list_max_show_all = PAGE
    show_full_result_count = False  # counting a million rows to show fifty is not worth it
    noun = ""
    """What the audit log calls one: ``table`` makes ``table.changed``."""
    fixed: tuple[str, ...] = ()
    """Fields that are chosen when a thing is made and then stay."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What is always read only, and what is fixed once the thing is there."""
        return (*super().get_readonly_fields(request, obj), *(self.fixed if obj else ()))

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """Save, and say so in the audit log."""
        super().save_model(request, obj, form, change)
        obj.refresh_from_db()  # what the database filled in
        if not change:
            self._record(request, obj, "created")
        elif form.changed_data:
            self._record(request, obj, "changed", {"fields": form.changed_data})

    def save_formset(
        self, request: HttpRequest, form: ModelForm, formset: Any, change: bool
    ) -> None:
        """Save what is edited inside another form, and say so."""
        formset.save()
        for thing in formset.new_objects:
            record_change(request, thing, f"{_noun(thing)}.created")
        for thing, fields in formset.changed_objects:
            record_change(request, thing, f"{_noun(thing)}.changed", {"fields": fields})
        for thing in formset.deleted_objects:
            record_change(request, thing, f"{_noun(thing)}.deleted")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete one, and say so."""
        with transaction.atomic():
            self._record(request, obj, "deleted")
            super().delete_model(request, obj)

    def _record(
        self, request: HttpRequest, thing: Any, verb: str, details: dict[str, Any] | None = None
    ) -> None:
        if isinstance(thing, Company) and verb == "deleted":
            return  # its audit log goes with it
        record_change(request, thing, f"{self.noun or _noun(thing)}.{verb}", details)


class ReadOnly(Refusals):
    """What is looked at, not changed."""

    list_per_page = PAGE
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


class InTrash(admin.SimpleListFilter):
    """What is in the trash, or what is not."""

    title = "trash"
    parameter_name = "trash"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Two choices."""
        return [("no", "In use"), ("yes", "In the trash")]

    def queryset(
        self, request: HttpRequest, queryset: models.QuerySet[Any]
    ) -> models.QuerySet[Any]:
        """Those chosen."""
        if self.value() is None:
            return queryset
        return queryset.filter(trashed_at__isnull=self.value() == "no")


def record_change(
    request: HttpRequest, thing: Any, action: str, details: dict[str, Any] | None = None
) -> None:
    """Write into the audit log of the company that a thing belongs to."""
    company_id = thing.pk if isinstance(thing, Company) else thing.company_id
    record(
        actor_of(request, company_id),
        action,
        target_id=thing.pk,
        target_name=str(thing),
        workspace_id=getattr(thing, "workspace_id", None),
        table_id=getattr(thing, "table_id", None),
        details=details,
    )


def _noun(thing: Any) -> str:
    return str(thing._meta.verbose_name).replace(" ", "-")


def _sentence(error: Exception) -> str:
    """What PostgreSQL or an action said, without its way of saying it."""
    if isinstance(error, DatabaseError):
        said = getattr(error.__cause__, "diag", None)
        if said is not None and said.message_primary:
            return " ".join(filter(None, (said.message_primary, said.message_hint)))
    return str(error)
