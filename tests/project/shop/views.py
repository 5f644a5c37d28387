"""Pages of the shop."""

from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from electric_sync.live import live_page
from electric_sync.sessions import followed
from tests.project.shop.models import Customer


@live_page
def customer(request, pk):
    """A customer with their open orders."""
    found = get_object_or_404(Customer, pk=pk, shop_id=request.access.tenant)
    return TemplateResponse(request, "shop/customer.html", {"customer": found})


@live_page
def desk(request, first, second):
    """Two customers' orders beside each other, in several orders and windows."""
    return TemplateResponse(request, "shop/desk.html", {"first": first, "second": second})


def sign_in(request):
    """Sign in with ?name=&password=: enough for tests."""
    user = authenticate(request, username=request.GET["name"], password=request.GET["password"])
    if user is None:
        return HttpResponse("Name or password is wrong.", status=403)
    login(request, user)
    return HttpResponseRedirect(request.GET.get("next", "/"))


def sign_out(request):
    """End the session."""
    logout(request)
    return HttpResponse("Signed out.")


def change_password(request):
    """Another password, ?password=: other sign-ins end, this one goes on."""
    with followed(request):
        request.user.set_password(request.GET["password"])
        request.user.save()
        update_session_auth_hash(request, request.user)
    return HttpResponse("Changed.")
