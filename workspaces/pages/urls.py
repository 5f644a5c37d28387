"""Addresses of the product's pages."""

from django.urls import path

from workspaces.pages import (
    audit,
    colleagues,
    columns,
    companies,
    rows,
    sessions,
    tables,
    workspaces,
)

app_name = "pages"

urlpatterns = [
    path("", companies.home, name="home"),
    path("switch-company", companies.switch, name="switch-company"),
    path("sign-in", sessions.sign_in, name="sign-in"),
    path("sign-out", sessions.sign_out, name="sign-out"),
    path("audit-log", audit.log, name="audit-log"),
    path("stop-colleagues", colleagues.stop, name="stop-colleagues"),
    path("w/new", workspaces.new, name="new-workspace"),
    path("w/<uuid:workspace_id>/", workspaces.show, name="workspace"),
    path("w/<uuid:workspace_id>/rename", workspaces.rename, name="rename-workspace"),
    path("w/<uuid:workspace_id>/delete", workspaces.delete, name="delete-workspace"),
    path("w/<uuid:workspace_id>/restore", workspaces.restore, name="restore-workspace"),
    path("w/<uuid:workspace_id>/new-table", tables.new, name="new-table"),
    path("t/<uuid:table_id>/", tables.show, name="table"),
    path("t/<uuid:table_id>/rename", tables.rename, name="rename-table"),
    path("t/<uuid:table_id>/delete", tables.delete, name="delete-table"),
    path("t/<uuid:table_id>/restore", tables.restore, name="restore-table"),
    path("t/<uuid:table_id>/new-row", rows.new, name="new-row"),
    path("t/<uuid:table_id>/delete-rows", rows.delete, name="delete-rows"),
    path("t/<uuid:table_id>/new-column", columns.new, name="new-column"),
    path("c/<uuid:column_id>/edit", columns.edit, name="edit-column"),
    path("c/<uuid:column_id>/delete", columns.delete, name="delete-column"),
]
