"""All addresses: the product's pages, its API, the admin, and the sync layer's own."""

from django.contrib import admin
from django.urls import include, path

from workspaces.api import api

urlpatterns = [
    path("", include("electric_sync.urls")),
    path("admin/", admin.site.urls),
    path("api/", api.urls),
    path("", include("workspaces.pages.urls")),
]

handler404 = "workspaces.pages.elsewhere.not_found"
