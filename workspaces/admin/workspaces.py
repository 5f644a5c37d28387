"""Workspaces, and to whom they were given, which is changed by the actions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from workspaces.actions import sharing
from workspaces.actions import workspaces as actions
from workspaces.models import Membership, Workspace, WorkspaceGrant

from .base import InTrash, ProductAdmin, actor_of
from .generic import ModelForm, TabularInline


class GrantForm(ModelForm):
    """A workspace is given to a member of its company."""

    def clean(self) -> dict[str, Any]:
        """Say so before the database does."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        workspace = cleaned.get("workspace") or getattr(self.instance, "workspace", None)
        user = cleaned.get("user")
        if workspace and user:
            members = Membership.objects.filter(company_id=workspace.company_id, user=user)
            if not members.exists():
                raise forms.ValidationError({"user": f"{user} is not in {workspace.company}."})
        return cleaned


class GrantsOfWorkspace(TabularInline):
    """To whom a workspace was given, edited with it."""

    model = WorkspaceGrant
    form = GrantForm
    extra = 0
    fields = ("user", "level")
    autocomplete_fields = ("user",)
    verbose_name = "grant"
    verbose_name_plural = "given to"


@admin.register(Workspace)
class WorkspaceAdmin(ProductAdmin):
    """Workspaces."""

    list_display = ("name", "company", "trashed_at", "created_at")
    list_filter = (InTrash, "company")
    list_select_related = ("company",)
    search_fields = ("name", "company__name")
    autocomplete_fields = ("company",)
    readonly_fields = ("id", "created_at")
    fields = ("name", "company", "trashed_at", "id", "created_at")
    fixed = ("company",)
    inlines = (GrantsOfWorkspace,)

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """A new name is given by the action."""
        if change and form.changed_data == ["name"] and obj.trashed_at is None:
            actions.rename_workspace(actor_of(request, obj.company_id), obj, obj.name)
        else:
            super().save_model(request, obj, form, change)

    def save_formset(
        self, request: HttpRequest, form: ModelForm, formset: Any, change: bool
    ) -> None:
        """By the actions."""
        workspace = form.instance
        workspace.refresh_from_db()
        actor = actor_of(request, workspace.company_id)
        formset.save(commit=False)
        for grant in (*formset.deleted_objects, *(each for each, _ in formset.changed_objects)):
            before = WorkspaceGrant.objects.get(pk=grant.pk)
            if grant in formset.deleted_objects or before.user_id != grant.user_id:
                sharing.unshare_workspace(actor, workspace, before.user_id)
        for grant in (*formset.new_objects, *(each for each, _ in formset.changed_objects)):
            sharing.share_workspace(actor, workspace, grant.user_id, grant.level)


@admin.register(WorkspaceGrant)
class WorkspaceGrantAdmin(ProductAdmin):
    """Who was given which workspace."""

    form = GrantForm
    list_display = ("user", "workspace", "level", "company", "created_at")
    list_filter = ("level", "company")
    list_select_related = ("user", "workspace", "company")
    search_fields = ("user__name", "user__email", "workspace__name")
    autocomplete_fields = ("workspace", "user")
    readonly_fields = ("created_at",)
    fields = ("workspace", "user", "level", "created_at")
    fixed = ("workspace", "user")

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """By the action."""
        actor = actor_of(request, obj.workspace.company_id)
        grant = sharing.share_workspace(actor, obj.workspace, obj.user_id, obj.level)
        obj.pk, obj.company_id = grant.pk, grant.company_id

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """By the action."""
        sharing.unshare_workspace(actor_of(request, obj.company_id), obj.workspace_id, obj.user_id)
