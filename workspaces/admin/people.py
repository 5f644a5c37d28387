"""Companies and people. Who belongs to a company, and as what, is changed by the actions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models, transaction
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from workspaces.access import explain
from workspaces.actions import people as actions
from workspaces.actions.audit import record
from workspaces.front_door import unlock
from workspaces.models import Company, Membership, Role, User

from .base import PAGE, ProductAdmin, Refusals, actor_of
from .generic import (
    DjangoUserAdmin,
    DjangoUserCreationForm,
    InlineFormSet,
    ModelForm,
    TabularInline,
)

MAY = {"edit": "may edit", "view": "may view"}


def explained(member: Membership) -> SafeString:
    """What somebody sees in a company, workspace by workspace, and why."""
    lines = (
        (place.name, MAY.get(sight.level or "", "nothing"), sight.reason)
        for place, sight in explain(member)
    )
    return format_html_join("", "<li><b>{}</b>: {}. {}</li>", lines) or SafeString(
        "<li>There are no workspaces.</li>"
    )


class UserCreationForm(DjangoUserCreationForm):
    """A new person."""

    class Meta:
        model = User
        fields = ("email", "name")


@admin.register(User)
class UserAdmin(Refusals, DjangoUserAdmin):
    """People, by name or e-mail address. Where they belong is edited with the company."""

    add_form = UserCreationForm
    list_display = ("name", "email", "companies", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "memberships__role")
    search_fields = ("name", "email")
    ordering = ("name", "id")
    list_per_page = PAGE
    readonly_fields = ("companies", "effective_access", "last_login", "created_at")
    fieldsets = (
        (None, {"fields": ("name", "email", "password", "is_active", "companies")}),
        ("What they see, and why", {"fields": ("effective_access",)}),
        (
            "Django's admin",
            {
                "classes": ("collapse",),
                "fields": ("is_staff", "is_superuser", "groups", "user_permissions"),
            },
        ),
        ("Times", {"fields": ("created_at", "last_login")}),
    )
    actions = ("unlock",)
    add_fieldsets = (
        (None, {"fields": ("name", "email", "usable_password", "password1", "password2")}),
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[User]:
        """With their companies, in two more queries."""
        return super().get_queryset(request).prefetch_related("memberships__company")

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """Whom this locks out or lets in again, their companies read of."""
        super().save_model(request, obj, form, change)
        if change and "is_active" in form.changed_data:
            done = "person.let_in" if obj.is_active else "person.locked_out"
            for member in obj.memberships.all():
                actor = actor_of(request, member.company_id)
                record(actor, done, target_id=obj.pk, target_name=member.name)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Out of their companies by the action, and then for good."""
        with transaction.atomic():
            for member in obj.memberships.all():
                actions.remove_person(actor_of(request, member.company_id), member)
            super().delete_model(request, obj)

    @admin.action(description="Unlock: let them try passwords again now", permissions=["change"])
    def unlock(self, request: HttpRequest, queryset: models.QuerySet[User]) -> None:
        """For whom five wrong passwords keep out, and who cannot wait."""
        places = sum(unlock(person.email) for person in queryset)
        self.message_user(request, f"{places} places may try passwords again.")

    @admin.display(description="companies")
    def companies(self, person: User) -> str:
        """Where they belong, and as what."""
        return ", ".join(
            f"{member.company.name} ({member.get_role_display()})"
            for member in person.memberships.all()
        )

    @admin.display(description="effective access")
    def effective_access(self, person: User) -> SafeString:
        """In every company of theirs, with reasons."""
        return format_html_join(
            "",
            "<p>{} ({})</p><ul>{}</ul>",
            (
                (member.company.name, member.get_role_display(), explained(member))
                for member in person.memberships.select_related("company")
            ),
        ) or SafeString("Nothing: they belong to no company.")


class MembersFormSet(InlineFormSet):
    """The people of a company, one of them its owner."""

    def clean(self) -> None:
        """Say so before the database does."""
        super().clean()
        roles = [
            form.cleaned_data.get("role")
            for form in self.forms
            if getattr(form, "cleaned_data", None) and not form.cleaned_data.get("DELETE")
        ]
        if Role.OWNER not in roles:
            raise forms.ValidationError("A company needs at least one owner.")


class MembersOfCompany(TabularInline):
    """The people of a company, edited with it."""

    model = Membership
    formset = MembersFormSet
    extra = 0
    min_num = 1
    fields = ("user", "role")
    autocomplete_fields = ("user",)
    verbose_name_plural = "people"


@admin.register(Company)
class CompanyAdmin(ProductAdmin):
    """Companies with their people."""

    list_display = ("name", "people", "workspace_count", "created_at")
    search_fields = ("name",)
    readonly_fields = ("id", "created_at")
    fields = ("name", "id", "created_at")
    inlines = (MembersOfCompany,)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """With how many people and workspaces they have."""
        return (
            super()
            .get_queryset(request)
            .annotate(
                people_count=models.Count("memberships", distinct=True),
                workspaces_count=models.Count("workspaces", distinct=True),
            )
        )

    def save_formset(
        self, request: HttpRequest, form: ModelForm, formset: Any, change: bool
    ) -> None:
        """By the actions, new owners first: so an owner may change in one go."""
        actor = actor_of(request, form.instance.pk)
        formset.save(commit=False)
        chosen = [*formset.new_objects, *(member for member, _ in formset.changed_objects)]
        for member in sorted(chosen, key=lambda each: each.role != Role.OWNER):
            before = Membership.objects.filter(pk=member.pk).first()
            if before is not None and before.user_id == member.user_id:
                actions.change_role(actor, member, member.role)
                continue
            actions.add_person(actor, member.user.email, member.user.name, member.role)
            if before is not None:
                actions.remove_person(actor, before)
        for member in formset.deleted_objects:
            actions.remove_person(actor, member)

    @admin.display(description="people", ordering="people_count")
    def people(self, company: Any) -> int:
        """How many."""
        return int(company.people_count)

    @admin.display(description="workspaces", ordering="workspaces_count")
    def workspace_count(self, company: Any) -> int:
        """How many."""
        return int(company.workspaces_count)


@admin.register(Membership)
class MembershipAdmin(ProductAdmin):
    """Who is what where."""

    list_display = ("name", "email", "company", "role", "created_at")
    list_display_links = ("name", "email")
    list_filter = ("role", "company")
    list_select_related = ("company",)
    search_fields = ("name", "email", "company__name")
    autocomplete_fields = ("company", "user")
    readonly_fields = ("created_at", "effective_access")
    fixed = ("company", "user")

    def get_fields(self, request: HttpRequest, obj: Membership | None = None) -> tuple[str, ...]:
        """What they see is told of somebody who is there."""
        fields = ("company", "user", "role")
        return fields if obj is None else (*fields, "effective_access", "created_at")

    @admin.display(description="what they see, and why")
    def effective_access(self, member: Membership) -> SafeString:
        """Workspace by workspace, with reasons."""
        return format_html("<ul>{}</ul>", explained(member))

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """By the actions."""
        actor = actor_of(request, obj.company_id)
        if change:
            actions.change_role(actor, obj, obj.role)
            return
        added, _ = actions.add_person(actor, obj.user.email, obj.user.name, obj.role)
        obj.pk = added.pk

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """By the action, which says what they lose."""
        actions.remove_person(actor_of(request, obj.company_id), obj)
