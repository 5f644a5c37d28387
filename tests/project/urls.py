"""The shop's pages."""

from django.urls import include, path

from tests.project.shop import views

urlpatterns = [
    path("", include("electric_sync.urls")),
    path("customers/<int:pk>/", views.customer, name="customer"),
    path("desk/<int:first>/<int:second>/", views.desk, name="desk"),
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("change-password/", views.change_password, name="change-password"),
]
