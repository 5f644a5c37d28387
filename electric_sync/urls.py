"""The sync layer's own addresses. A project includes them at "", before its own."""

from django.urls import path

from electric_sync import data_version

app_name = "electric_sync"

urlpatterns = [path("api/auth/data-version", data_version.view, name="data-version")]
