"""What each answer tells the browser to allow."""

import asyncio
import re

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from config.security import BrowserPolicyMiddleware, policy


def answer_of(view, path: str = "/") -> HttpResponse:
    return BrowserPolicyMiddleware(view)(RequestFactory().get(path))


def nonce_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.csp_nonce)


def test_a_page_allows_scripts_with_its_own_nonce_and_nothing_inline():
    response = answer_of(nonce_view)
    allowed = response.headers["Content-Security-Policy"]

    assert f"script-src 'nonce-{response.content.decode()}' 'strict-dynamic';" in allowed
    assert allowed.startswith("default-src 'none';")
    assert "unsafe" not in allowed
    assert "frame-ancestors 'none'" in allowed
    assert "base-uri 'none'" in allowed


def test_no_two_answers_share_a_nonce():
    nonces = {answer_of(nonce_view).content for _ in range(20)}

    assert len(nonces) == 20
    assert all(re.fullmatch(rb"[\w-]{22}", nonce) for nonce in nonces)


def test_an_asynchronous_view_gets_the_same():
    async def view(request: HttpRequest) -> HttpResponse:
        return nonce_view(request)

    response = asyncio.run(answer_of(view))

    assert f"'nonce-{response.content.decode()}'" in response.headers["Content-Security-Policy"]


def test_a_view_may_be_stricter_by_itself():
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Content-Security-Policy": "sandbox"})

    assert answer_of(view).headers["Content-Security-Policy"] == "sandbox"


@pytest.mark.parametrize("path", ["/admin/", "/admin/workspaces/user/", "/api/docs"])
def test_other_peoples_pages_run_their_script_files_and_nothing_inline(path):
    scripts = re.search(r"script-src ([^;]*);", policy(path, "n"))

    assert scripts is not None
    assert scripts[1] == "'self'"


def test_devices_of_the_visitor_are_off():
    assert "camera=()" in answer_of(nonce_view).headers["Permissions-Policy"]
