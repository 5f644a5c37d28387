"""Django's classes as the type checker wants them. While the program runs they take no
parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
    ModelForm = forms.ModelForm[Any]
    InlineFormSet = forms.BaseInlineFormSet[Any, Any, Any]
    DjangoUserAdmin = UserAdmin[Any]
    DjangoUserCreationForm = AdminUserCreationForm[Any]
else:
    ModelAdmin = admin.ModelAdmin
    TabularInline = admin.TabularInline
    ModelForm = forms.ModelForm
    InlineFormSet = forms.BaseInlineFormSet
    DjangoUserAdmin = UserAdmin
    DjangoUserCreationForm = AdminUserCreationForm
