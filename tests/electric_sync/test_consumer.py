"""The socket: who is let in, what may be said, and what is left when it has ended."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client
from django.utils import timezone

from electric_sync.live import consumer, runtime, tokens
from electric_sync.live.consumer import MAX_SUBSCRIPTIONS, POLICY_VIOLATION, TRY_AGAIN_LATER
from electric_sync.models import UserSession
from tests.electric_sync import views  # noqa: F401 registers them
from tests.electric_sync.browser import Browser
from tests.electric_sync.conftest import add_orders
from tests.electric_sync.database import wait_for
from tests.electric_sync.loop import PATIENCE
from tests.electric_sync.oracle import assert_page_becomes_fresh
from tests.electric_sync.page import LiveElement
from tests.project.asgi import application
from tests.project.shop.models import Customer, Membership, Order


@pytest.fixture
def page(people, browser):
    """A clerk's socket, without a page."""
    connected = browser(people.clerk)
    connected.connect()
    connected.hear("welcome")
    return connected


def left_in(loop) -> tuple[int, int]:
    """Sockets and groups of lists that the server knows of."""

    async def count() -> tuple[int, int]:
        there = runtime.runtime()
        return len(there.sockets), len(there._groups)

    return loop.run(count())


# ------------------------------------------------------------------------ who comes in


def test_invariant_7_another_site_s_page_cannot_connect(people, loop, browser):
    cookie = browser(people.clerk).client.cookies[settings.SESSION_COOKIE_NAME].value

    async def connect(origin: str | None) -> bool:
        headers = [(b"host", b"testserver"), (b"cookie", f"sessionid={cookie}".encode())]
        if origin is not None:
            headers.append((b"origin", origin.encode()))
        socket = WebsocketCommunicator(application, "/live/", headers=headers)
        connected, _ = await socket.connect(PATIENCE)
        await socket.disconnect()
        return connected

    origins = ["http://testserver", "https://evil.example", "http://testserver.evil.example", None]
    assert [loop.run(connect(origin)) for origin in origins] == [True, False, False, False]


def test_cookies_may_come_in_several_headers(people, loop, browser):
    """As they do over HTTP/2."""
    key = browser(people.clerk).client.cookies[settings.SESSION_COOKIE_NAME].value

    async def first_message() -> str:
        headers = [
            (b"origin", b"http://testserver"),
            (b"cookie", b"theme=dark"),
            (b"cookie", f"sessionid={key}".encode()),
        ]
        socket = WebsocketCommunicator(application, "/live/", headers=headers)
        await socket.connect(PATIENCE)
        message = await socket.receive_json_from(PATIENCE)
        await socket.disconnect()
        return message["type"]

    assert loop.run(first_message()) == "welcome"


@pytest.mark.parametrize("cookie", ["", "sessionid=", "sessionid=nobody", "other=1", "=;=\x80"])
def test_who_is_not_signed_in_is_told_so(committed, loop, cookie):
    stranger = Browser(loop, Client())
    stranger.connect(cookie=cookie)

    assert stranger.receive() == {"type": "reset", "reason": "signed-out"}
    stranger.send(type="cleared", version="")
    assert stranger.receive()["type"] == "closed"
    assert left_in(loop) == (0, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"ended_at": "2020-01-01T00:00Z"},
        {"expires_at": "2020-01-01T00:00Z"},
        {"auth_hash": "of another password"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_session_that_is_not_open_is_told_so(people, browser, change):
    gone = browser(people.clerk)
    UserSession.objects.filter(pk=gone.session.pk).update(**change)

    gone.connect()

    assert gone.receive() == {"type": "reset", "reason": "signed-out"}


def test_who_has_no_access_is_told_so(people, browser):
    nobody = browser(people.clerk)
    Membership.objects.filter(user=people.clerk).delete()

    nobody.connect()

    assert nobody.receive() == {"type": "reset", "reason": "no-access"}


# -------------------------------------------------------------------- what may be said


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "null",
        "7",
        "[]",
        "{}",
        '{"type": null}',
        '{"type": ["ping"]}',
        '{"type": "steal"}',
        '{"type": "subscribe"}',
        '{"type": "subscribe", "sub": 7}',
        '{"type": "subscribe", "sub": ""}',
        json.dumps({"type": "subscribe", "sub": "x" * 65}),
        '{"type": "unsubscribe"}',
        '{"type": "ack"}',
        '{"type": "ack", "seq": "1"}',
        '{"type": "ack", "seq": 1.5}',
        '{"type": "ping"}',
        '{"type": "ping", "id": {}}',
        json.dumps({"type": "ping", "id": "x" * 65}),
        '{"type": "ping", "id": ' + "9" * 5000 + "}",
        json.dumps({"type": "ping", "id": 1, "more": "x" * 9000}),
        "[" * 8000,
        '{"a":' * 1500,
    ],
    ids=lambda text: text[:30],
)
def test_invariant_6_what_makes_no_sense_closes_the_socket(people, page, loop, text):
    page.follow("quiet_orders", customer_id=people.customer.pk)

    page.send_text(text)

    assert page.hear("closed")["code"] == POLICY_VIOLATION
    wait_for(lambda: left_in(loop) == (0, 0), "forgetting the socket")


def test_bytes_close_the_socket(page):
    page.send_text(data=b'{"type": "ping", "id": 1}')

    assert page.hear("closed")["code"] == POLICY_VIOLATION


def test_nothing_is_answered_after_the_socket_was_closed(people, page):
    page.send_text("nonsense")
    page.hear("closed")

    page.send(type="ping", id=1)
    page.send(type="subscribe", sub="s9", token="x")
    page.drain()

    assert [each["type"] for each in page.heard] == ["welcome", "closed"]


def test_invariant_6_who_says_too_much_is_sent_away(page, monkeypatch):
    monkeypatch.setattr(consumer, "MESSAGES_PER_SECOND", 0.001)
    page.send(type="ping", id=1)  # what was saved up before is taken down to the new bound

    page.send(type="ping", id=2)

    assert page.hear("closed")["code"] == POLICY_VIOLATION


def test_invariant_6_a_socket_has_a_bounded_number_of_lists(people, page, monkeypatch):
    monkeypatch.setattr(consumer, "MESSAGES_PER_SECOND", 1_000)
    for _ in range(MAX_SUBSCRIPTIONS):
        page.subscribe(page.element("quiet_orders", customer_id=people.customer.pk))
    page.settle()
    assert not [each for each in page.heard if each["type"] == "refused"]

    page.subscribe(page.element("quiet_orders", customer_id=people.customer.pk))

    assert page.hear("refused")["reason"] == "too-many"


def test_invariant_6_a_sign_in_has_a_bounded_number_of_pages(
    page, people, loop, browser, monkeypatch
):
    monkeypatch.setattr(consumer, "MAX_PAGES", 2)
    second, third = Browser(loop, page.client), Browser(loop, page.client)
    second.connect()
    second.hear("welcome")

    third.connect()

    assert third.hear("closed")["code"] == TRY_AGAIN_LATER
    assert left_in(loop)[0] == 2
    somebody_else = browser(people.owner)
    somebody_else.connect()
    somebody_else.hear("welcome")


def subscribe(page: Browser, name: str, *, session=None, tenant=None, **params) -> str:
    """Ask for a list with a token that this server signed; returns the subscription's id."""
    row = page.session
    token = tokens.dump(name, session or row.pk, row.tenant if tenant is None else tenant, params)
    return page.subscribe(LiveElement("live-x", "tbody", token, None, ""))


class TestATokenIsRefused:
    """Invariant 7: a client names, the server defines."""

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda token: "",
            lambda token: None,
            lambda token: [token],
            lambda token: token[:-1],
            lambda token: token.replace(":", "", 1),
            lambda token: "A" + token,
            lambda token: "\ud800",
            lambda token: token + "é",
            lambda token: "x" * 7_000,
        ],
    )
    def test_that_was_tampered_with(self, people, page, spoil):
        token = tokens.dump(
            "quiet_orders", page.session.pk, page.session.tenant, {"customer_id": 1}
        )

        page.send(type="subscribe", sub="s1", token=spoil(token), etag=None, size=100, after=None)

        assert page.hear("refused") == {"type": "refused", "sub": "s1", "reason": "malformed"}

    def test_that_names_nothing(self, people, page):
        subscribe(page, "no_such_list", customer_id=1)

        assert page.hear("refused")["reason"] == "unknown"

    @pytest.mark.parametrize(
        "params", [{}, {"customer_id": "x"}, {"customer_id": ""}, {"customer_id": 1, "more": 2}]
    )
    def test_with_other_parameters(self, people, page, params):
        subscribe(page, "quiet_orders", **params)

        assert page.hear("refused")["reason"] == "malformed"

    def test_of_another_session(self, people, page, browser):
        theirs = browser(people.owner)

        subscribe(page, "quiet_orders", session=theirs.session.pk, customer_id=people.customer.pk)

        assert page.hear("refused")["reason"] == "expired"

    def test_of_another_tenant(self, people, page):
        subscribe(
            page, "quiet_orders", tenant=str(people.elsewhere.pk), customer_id=people.customer.pk
        )

        assert page.hear("refused")["reason"] == "expired"

    def test_that_the_role_does_not_allow(self, people, browser):
        Membership.objects.filter(user=people.clerk).update(role="guest")
        page = browser(people.clerk)
        page.connect()

        subscribe(page, "quiet_orders", customer_id=people.customer.pk)

        assert page.hear("refused")["reason"] == "forbidden"

    @pytest.mark.parametrize(
        "window",
        [
            {"size": "100"},
            {"size": 1.5},
            {"size": [1]},
            {"after": 7},
            {"after": ""},
            {"after": "made:up"},
        ],
        ids=str,
    )
    def test_with_an_impossible_window(self, people, page, window):
        token = tokens.dump(
            "quiet_orders",
            page.session.pk,
            page.session.tenant,
            {"customer_id": people.customer.pk},
        )

        page.send(type="subscribe", sub="s1", token=token, etag=None, **{"size": 100, **window})

        assert page.hear("refused")["reason"] == "malformed"

    def test_and_that_is_logged_and_counted(self, people, page, loop, caplog):
        for name in ("no_such_list", "another"):
            subscribe(page, name, customer_id=1)
            page.hear("refused")

        async def counted() -> int:
            (socket,) = runtime.runtime().sockets
            return socket._connection.refused

        session = page.session.pk
        assert caplog.messages == [f"A live view was refused to session {session}: unknown."] * 2
        assert loop.run(counted()) == 2

    def test_and_others_go_on(self, people, page):
        add_orders(people.customer, 1, note="here")
        element = page.follow("quiet_orders", customer_id=people.customer.pk)
        subscribe(page, "no_such_list", customer_id=1)
        page.hear("refused")

        page.wait_until(lambda: "here" in element.content)


def test_invariant_7_another_shop_s_customer_has_no_rows_here(people, page):
    """The token is signed and its parameter allowed; the tenant's column still decides."""
    theirs = Customer.objects.create(shop=people.elsewhere, name="Theirs")
    add_orders(theirs, 3, note="secret")

    element = page.follow("quiet_orders", customer_id=theirs.pk)
    page.hear("frame")
    Order.objects.filter(customer=theirs).update(note="secret, too")
    page.settle()

    assert element.content == ""
    assert "secret" not in str(page.heard)


# ------------------------------------------------------------------------- what is sent


def test_a_page_that_knows_its_etag_is_only_told_that_it_is_right(people, page):
    add_orders(people.customer, 3)
    element = page.follow("quiet_orders", customer_id=people.customer.pk)
    first = page.hear("frame")

    page.subscribe(element)
    answer = page.hear("current")

    assert {**answer, "sub": first["sub"]} == {
        key: first[key] for key in ("sub", "etag", "more", "cursors")
    } | {"type": "current", "seq": first["seq"] + 1}


def test_a_window_that_grows_is_sent_the_rows_that_are_missing(people, page):
    add_orders(people.customer, 230)
    element = page.follow("quiet_orders", customer_id=people.customer.pk)
    page.wait_until(lambda: len(element.rows) == 100)

    element.size = 200
    page.subscribe(element)
    frame = page.hear("frame")

    assert frame["content"].count("<tr") == 100
    assert_page_becomes_fresh(page)
    assert len(element.rows) == 200


def test_a_window_grows_under_its_old_name_too(people, page):
    add_orders(people.customer, 130)
    element = page.follow("quiet_orders", customer_id=people.customer.pk)
    page.wait_until(lambda: len(element.rows) == 100)

    element.size = 200
    again(page, element)
    frame = page.hear("frame")

    assert frame["content"].count("<tr") == 30
    assert_page_becomes_fresh(page)


def again(page: Browser, element: LiveElement) -> None:
    page.post(
        type="subscribe",
        sub=page.sub_of(element),
        token=element.token,
        etag=element.etag,
        size=element.size,
        after=element.after,
    )


def test_invariant_5_frames_that_are_on_their_way_when_a_list_is_asked_for_again(
    people, page, browser, loop
):
    """Found: the browser asked with the etag of before the frame, the row was changed back, and
    the server took the page for right, which by then showed the frame."""
    (order,) = add_orders(people.customer, 1, note="at first")
    element = page.follow("quiet_orders", customer_id=people.customer.pk)
    assert_page_becomes_fresh(page)
    witness = browser(people.owner)
    witness.connect()
    seen = witness.follow("quiet_orders", customer_id=people.customer.pk)
    assert_page_becomes_fresh(witness)

    Order.objects.filter(pk=order.pk).update(note="for a moment")
    witness.wait_until(lambda: "for a moment" in seen.content)
    with loop.held():
        Order.objects.filter(pk=order.pk).update(note="at first")
        again(page, element)

    frame, answer = page.receive(), page.receive()
    assert "for a moment" in frame["content"]
    assert "at first" in answer["content"]
    assert_page_becomes_fresh(page)


def test_what_was_unsubscribed_is_sent_no_more(people, page, browser):
    (order,) = add_orders(people.customer, 1)
    element = page.follow("quiet_orders", customer_id=people.customer.pk)
    assert_page_becomes_fresh(page)
    other = page.follow("open_orders", customer_id=people.customer.pk)
    assert_page_becomes_fresh(page)
    page.heard.clear()

    page.send(type="unsubscribe", sub=page.sub_of(element))
    Order.objects.filter(pk=order.pk).update(note="new")
    page.wait_until(lambda: "new" in other.content)
    page.settle()

    assert {each["sub"] for each in page.heard if "sub" in each} == {page.sub_of(other)}


def test_unsubscribing_what_is_not_there_is_no_mistake(page):
    page.send(type="unsubscribe", sub="never")

    page.settle()


# --------------------------------------------------------------------- how it ends


def test_invariant_6_nothing_is_left_of_a_socket_that_was_closed(people, page, loop):
    page.follow("customer_orders", customer_id=people.customer.pk)
    page.settle()
    assert left_in(loop) == (1, 1)

    page.disconnect()

    assert left_in(loop) == (0, 0)


def test_invariant_6_nothing_is_left_of_a_socket_whose_task_was_cancelled(people, page, loop):
    page.follow("customer_orders", customer_id=people.customer.pk)
    page.settle()

    page.crash()

    assert left_in(loop) == (0, 0)


def test_invariant_6_who_leaves_at_once_leaves_nothing(people, page, loop):
    """A list whose tables are still being taken in is left by the only one who wanted it."""

    async def listeners() -> int:
        return sum(map(len, runtime.runtime()._hub._listeners.values()))

    before = loop.run(listeners())
    with loop.held():
        for sub in ("a", "b", "c"):
            token = tokens.dump(
                "customer_orders",
                page.session.pk,
                page.session.tenant,
                {"customer_id": people.customer.pk},
            )
            page.post(type="subscribe", sub=sub, token=token, etag=None, size=100, after=None)
            page.post(type="unsubscribe", sub=sub)
    page.settle()
    page.follow("quiet_orders", customer_id=people.customer.pk)
    page.hear("frame")  # by now the tables have been taken in
    page.disconnect()

    wait_for(lambda: left_in(loop) == (0, 0), "forgetting")
    assert loop.run(listeners()) == before


def test_a_socket_that_fell_silent_is_closed(people, browser, monkeypatch):
    monkeypatch.setattr(consumer, "SILENT_SECONDS", 0.01)
    monkeypatch.setattr(runtime, "EXPIRY_SECONDS", 0.05)
    silent = browser(people.clerk)
    silent.connect()

    assert silent.hear("closed")


def test_a_session_that_runs_out_is_told(people, browser, monkeypatch):
    monkeypatch.setattr(runtime, "EXPIRY_SECONDS", 0.05)
    page = browser(people.clerk)
    soon = timezone.now() + timedelta(seconds=0.5)
    UserSession.objects.filter(pk=page.session.pk).update(expires_at=soon)

    page.connect()

    page.hear("welcome")
    assert page.hear("reset")["reason"] == "signed-out"  # nothing but time has passed
