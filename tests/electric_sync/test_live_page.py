"""Pages: who is sent where, what they are made of, and that nothing of them is kept."""

from __future__ import annotations

import json
import re

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import HttpResponse
from django.template import Context, Template, engines
from django.template.response import SimpleTemplateResponse, TemplateResponse
from django.test import Client, RequestFactory

from electric_sync.live import live_page
from electric_sync.live.window import STEP
from electric_sync.models import UserSession
from electric_sync.snapshots import read_snapshot
from tests.electric_sync import views  # noqa: F401 registers them
from tests.electric_sync.conftest import add_orders
from tests.electric_sync.page import live_elements
from tests.project.shop.models import Customer, Membership, Order


@pytest.fixture
def address(people):
    return f"/customers/{people.customer.pk}/"


@pytest.fixture
def clerk(people):
    client = Client()
    client.get("/sign-in/?name=clerk&password=secret")
    return client


def request_of(client: Client, path: str = "/"):
    """A request as a view gets it."""
    request = RequestFactory().get(path)
    request.session = client.session
    return request


def written(template: str):
    """A template as a response takes it."""
    return engines["django"].from_string(template)


# ------------------------------------------------------------------------ who may see it


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(people, address):
    response = Client().get(f"{address}?after=x")

    assert response.status_code == 302
    assert response["location"] == f"/sign-in/?next={address}%3Fafter%3Dx"


def test_a_page_is_no_one_s_to_keep(clerk, address):
    response = clerk.get(address)

    assert response.status_code == 200
    directives = set(re.split(r",\s*", response["cache-control"]))
    assert directives == {"private", "no-store"}
    assert "Cookie" in response["vary"]


@pytest.mark.parametrize(
    ("change", "status", "kind"),
    [
        (lambda people: UserSession.objects.all().delete(), 401, "signed-out"),
        (lambda people: Membership.objects.filter(user=people.clerk).delete(), 403, "no-access"),
    ],
    ids=["signed out", "no access"],
)
def test_our_own_script_is_told_why_it_gets_nothing(people, clerk, address, change, status, kind):
    change(people)

    answer = clerk.get(address, headers={"hx-request": "true"})

    assert answer.status_code == status
    assert answer["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:electric-sync:problem:{kind}"
    assert {*re.split(r",\s*", answer["cache-control"])} == {"private", "no-store"}


def test_another_tenant_s_object_is_not_there(people, clerk):
    theirs = Customer.objects.create(shop=people.elsewhere, name="Theirs")

    assert clerk.get(f"/customers/{theirs.pk}/").status_code == 404


def test_a_list_that_one_may_not_see_is_not_there(people, clerk, address):
    Membership.objects.filter(user=people.clerk).update(role="guest")

    assert clerk.get(address).status_code == 404


@pytest.mark.parametrize(
    "change",
    [{"ended_at": "2020-01-01T00:00Z"}, {"expires_at": "2020-01-01T00:00Z"}, {"auth_hash": "x"}],
    ids=lambda change: next(iter(change)),
)
def test_a_session_that_is_over_leads_to_sign_in(people, clerk, address, change):
    UserSession.objects.update(**change)

    assert clerk.get(address)["location"].startswith("/sign-in/")


def test_a_person_who_was_deactivated_is_sent_to_sign_in(people, clerk, address):
    people.clerk.is_active = False
    people.clerk.save()

    assert clerk.get(address)["location"].startswith("/sign-in/")


def test_who_lost_the_tenant_is_moved_to_another_of_theirs(people, clerk, address):
    Membership.objects.create(shop=people.elsewhere, user=people.clerk, role="clerk")
    Membership.objects.filter(user=people.clerk, shop=people.shop).delete()

    response = clerk.get(address)

    assert (response.status_code, response["location"]) == (302, "/")
    assert UserSession.objects.get().tenant == str(people.elsewhere.pk)
    theirs = Customer.objects.create(shop=people.elsewhere, name="Theirs")
    assert clerk.get(f"/customers/{theirs.pk}/").status_code == 200


def test_who_lost_the_only_tenant_is_told_so(people, clerk, address):
    Membership.objects.filter(user=people.clerk).delete()

    assert clerk.get(address).status_code == 403


def test_a_tenant_that_is_no_key_is_left_for_one_that_is(people, clerk, address):
    UserSession.objects.update(tenant="x")

    assert clerk.get(address).status_code == 302
    assert clerk.get(address).status_code == 200


# -------------------------------------------------------------------- what it is made of


def test_session_access_and_rows_are_read_in_one_snapshot(people, clerk):
    """What is committed while the view runs is not on its page."""
    add_orders(people.customer, 1, note="before")

    @live_page
    def view(request):
        from tests.electric_sync.database import execute

        seen = [request.access.role, Order.objects.get().note]
        execute("UPDATE shop_order SET note = 'after'; UPDATE shop_membership SET role = 'guest'")
        return HttpResponse(",".join([*seen, Order.objects.get().note]))

    assert view(request_of(clerk)).content == b"clerk,before,before"


@pytest.mark.parametrize("kind", [TemplateResponse, SimpleTemplateResponse])
def test_templates_are_rendered_in_the_snapshot(people, clerk, kind):
    inside = []

    @live_page
    def view(request):
        template = written("{{ look }}")
        context = {"look": lambda: inside.append(connection.in_atomic_block)}
        return (
            kind(request, template, context)
            if kind is TemplateResponse
            else kind(template, context)
        )

    response = view(request_of(clerk))

    assert response.is_rendered
    assert inside == [True]
    assert not connection.in_atomic_block


def test_a_page_cannot_write(people, clerk):
    @live_page
    def view(request):
        Order.objects.create(shop=people.shop, customer=people.customer, number=1)

    with pytest.raises(Exception, match="read-only transaction"):
        view(request_of(clerk))


def test_a_page_in_an_open_transaction_is_a_mistake_that_is_named(people, clerk):
    @live_page
    def view(request):
        raise AssertionError("it must not run")

    request = request_of(clerk)
    with transaction.atomic(), pytest.raises(RuntimeError, match="transaction of its own"):
        view(request)


def test_a_snapshot_says_what_it_sees(people):
    with read_snapshot() as snapshot, connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        assert cursor.fetchone()[0].startswith(f"{snapshot.xmin}:{snapshot.xmax}:")


def test_a_403_says_what_to_do(people, clerk):
    Membership.objects.filter(user=people.clerk).delete()

    with pytest.raises(PermissionDenied, match="Ask an administrator"):
        live_page(lambda request: None)(request_of(clerk))


# ---------------------------------------------------------------------------- its tags


def page_of(clerk: Client, template: str, path: str = "/") -> str:
    """A page with this template."""

    @live_page
    def view(request):
        return TemplateResponse(request, written("{% load electric_sync %}" + template), {})

    return view(request_of(clerk, path)).content.decode()


def test_a_list_has_its_token_its_etag_and_its_size(people, clerk):
    add_orders(people.customer, STEP + 1)

    (element,) = live_elements(
        page_of(clerk, f"{{% live_list 'open_orders' customer_id={people.customer.pk} %}}")
    )

    assert (element.tag, element.size, element.more, element.after) == ("tbody", STEP, True, None)
    assert len(element.rows) == STEP


def test_a_list_says_where_it_goes_on(people, clerk):
    add_orders(people.customer, STEP + 3)
    tag = f"{{% live_list 'open_orders' customer_id={people.customer.pk} as orders %}}"
    first = page_of(clerk, tag + "{{ orders.next }} {{ orders.more }} {{ orders.empty }}")
    cursor, more, empty = first.split()
    assert (more, empty) == ("True", "False")

    second = page_of(clerk, tag + "{{ orders }}{{ orders.next }}", f"/?after={cursor}")

    assert second.endswith("None")
    (element,) = live_elements(second.removesuffix("None"))
    assert (len(element.rows), element.after, element.more) == (3, cursor, False)


@pytest.mark.parametrize("after", ["", "x", "made:up", "%00", "é"])
def test_a_position_that_is_none_is_the_top(people, clerk, after):
    add_orders(people.customer, 1)

    (element,) = live_elements(
        page_of(
            clerk,
            f"{{% live_list 'open_orders' customer_id={people.customer.pk} %}}",
            f"/?after={after}",
        )
    )

    assert (element.after, len(element.rows)) == (None, 1)


def test_a_position_of_one_list_leaves_the_other_lists_of_the_page(people, clerk):
    other = Customer.objects.create(shop=people.shop, name="Bertha")
    for customer in (people.customer, other):
        add_orders(customer, STEP + 1)
    tags = "".join(
        f"{{% live_list 'open_orders' customer_id={each.pk} %}}"
        for each in (people.customer, other)
    )
    only = f"{{% live_list 'open_orders' customer_id={other.pk} as orders %}}{{{{ orders.next }}}}"
    cursor = page_of(clerk, only)

    found = live_elements(page_of(clerk, tags, f"/?after={cursor}"))

    assert sorted(len(each.rows) for each in found) == [1, STEP]


def test_a_list_says_how_large_its_window_is_and_a_region_has_none(people, clerk):
    list_tag = f"{{% live_list 'open_orders' customer_id={people.customer.pk} %}}"

    assert f'data-live-size="{STEP}"' in page_of(clerk, list_tag)
    assert "data-live-size" not in page_of(clerk, "{% live_region 'customer_names' %}")


def test_a_page_without_rows(people, clerk):
    tag = f"{{% live_list 'open_orders' customer_id={people.customer.pk} as orders %}}"

    assert page_of(clerk, tag + "{{ orders.empty }} {{ orders.more }}") == "True False"


def test_a_tag_outside_of_a_live_page_is_a_mistake_that_is_named(people):
    template = Template("{% load electric_sync %}{% live_region 'customer_names' %}")

    with pytest.raises(RuntimeError, match="@live_page"):
        template.render(Context({"request": RequestFactory().get("/")}))


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ("{% live_list 'no_such_list' %}", "There is no live view called 'no_such_list'"),
        ("{% live_list 'open_orders' %}", "takes the parameters customer_id, not \\(none\\)"),
        ("{% live_list 'open_orders' customer_id='x' %}", "'x' is no value for customer_id"),
        ("{% live_list 'open_orders' customer_id=1 more=2 %}", "not customer_id, more"),
    ],
)
def test_a_tag_with_a_mistake_names_it(people, clerk, tag, message):
    with pytest.raises((LookupError, ValueError), match=message):
        page_of(clerk, tag)


def test_the_head_has_all_that_a_page_needs(people, clerk):
    @live_page
    def view(request):
        request.csp_nonce = '"n>'
        return TemplateResponse(request, written("{% load electric_sync %}{% live_head %}"), {})

    head = view(request_of(clerk)).content.decode()

    assert '<meta name="live-socket" content="/live/">' in head
    assert f'<meta name="live-offline-max-age" content="{7 * 86_400}">' in head
    assert head.count('nonce="&quot;n&gt;"') == 2
    imports = json.loads(re.search(r"importmap[^>]*>(.*?)</script>", head)[1])["imports"]
    assert set(imports) >= {"idiomorph", "electric_sync/live", "electric_sync/values"}


def test_invariant_9_a_page_s_live_views_hold_nothing_of_the_viewer(people, clerk):
    """What is shared by many must not depend on one."""
    add_orders(people.customer, 2)
    tag = f"{{% live_list 'open_orders' customer_id={people.customer.pk} %}}"
    (one,) = live_elements(page_of(clerk, tag))
    other = Client()
    people.stranger.membership_set.update(shop=people.shop, role="clerk")
    other.get("/sign-in/?name=stranger&password=secret")
    (two,) = live_elements(page_of(other, tag))

    assert (one.content, one.etag, one.id) == (two.content, two.etag, two.id)
    assert one.token != two.token
