"""A change made anywhere is on every page that shows it."""

from django.db import connection

from tests.electric_sync.conftest import add_orders
from tests.project.shop.models import Customer, Order


def page_of(people):
    return f"/customers/{people.customer.pk}/"


def orders_of(browser):
    (element,) = [each for each in browser.elements.values() if each.tag == "tbody"]
    return element


def test_a_row_changed_in_sql_appears_in_two_browsers(people, browser):
    add_orders(people.customer, 3)
    two = [browser(people.clerk), browser(people.owner)]
    for each in two:
        each.open(page_of(people))
        each.connect()

    with connection.cursor() as cursor:
        cursor.execute("UPDATE shop_order SET note = 'by psql' WHERE number = 2")

    for each in two:
        each.wait_until(lambda each=each: "by psql" in orders_of(each).content)
        assert orders_of(each).content == each.fresh(page_of(people))[orders_of(each).id].content
    assert "Close" in orders_of(two[0]).content
    assert "Close" not in orders_of(two[1]).content


def test_a_page_that_is_right_is_sent_nothing(people, browser):
    add_orders(people.customer, 3)
    page = browser(people.clerk)
    page.open(page_of(people))
    page.connect()

    page.hear("current")
    page.hear("current")
    page.settle()

    assert [each["type"] for each in page.heard] == ["welcome", "current", "current", "pong"]


def test_rows_appear_change_and_go(people, browser):
    page = browser(people.clerk)
    page.open(page_of(people))
    page.connect()

    order = add_orders(people.customer, 1)[0]
    page.wait_until(lambda: len(orders_of(page).rows) == 1)
    Order.objects.filter(pk=order.pk).update(note="changed")
    page.wait_until(lambda: "changed" in orders_of(page).content)
    Order.objects.filter(pk=order.pk).update(state="closed")
    page.wait_until(lambda: not orders_of(page).rows)


def test_a_region_follows_its_shapes(people, browser):
    page = browser(people.clerk)
    page.open(page_of(people))
    page.connect()

    Customer.objects.create(shop=people.shop, name="Bertha")

    (region,) = [each for each in page.elements.values() if each.tag == "div"]
    page.wait_until(lambda: region.content == "<b>Ada</b><b>Bertha</b>")


def test_another_shop_s_change_says_nothing(people, browser):
    page = browser(people.stranger)
    other = Customer.objects.create(shop=people.elsewhere, name="Theirs")
    page.open(f"/customers/{other.pk}/")
    page.connect()
    page.hear("current")
    page.hear("current")

    add_orders(people.customer, 1)
    add_orders(other, 1)
    page.hear("frame")

    assert [each["type"] for each in page.heard].count("frame") == 1
    assert len(orders_of(page).rows) == 1
