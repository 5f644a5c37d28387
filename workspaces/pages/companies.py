"""The company that is open: its home page, and opening another one."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from electric_sync.live import live_page
from electric_sync.sessions import session_of, switch_tenant
from workspaces.models import Membership
from workspaces.pages.shell import page


@live_page
def home(request: HttpRequest) -> TemplateResponse:
    """The workspaces of the company that are there for the viewer."""
    return page(request, "pages/home.html", {})


@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Open another company of one's own, at its home page or at an address in it."""
    session = session_of(request)
    if session is None:
        return HttpResponseRedirect(reverse("pages:sign-in"))
    wanted = request.POST.get("company", "")
    theirs = Membership.objects.filter(user_id=session.user_id)
    if wanted not in {str(each.company_id) for each in theirs}:
        raise Http404
    switch_tenant(request, wanted)
    list(messages.get_messages(request))  # what was said of this company is not said in the other
    wish = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wish, allowed_hosts=None)
    return HttpResponseRedirect(wish if is_ours else reverse("pages:home"), status=303)
