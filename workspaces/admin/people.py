"""Companies and people."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from workspaces.front_door import unlock
from workspaces.models import Company, Membership, Role, User

from .base import PAGE, ProductAdmin, Refusals
from .generic import DjangoUserAdmin, DjangoUserCreationForm, InlineFormSet, TabularInline


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
    readonly_fields = ("companies", "last_login", "created_at")
    fieldsets = (
        (None, {"fields": ("name", "email", "password", "is_active", "companies")}),
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
    readonly_fields = ("created_at",)
    fixed = ("company", "user")
