"""Shapes and live views as a project declares them: names, parameters, and mistakes."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import models

from electric_sync import access, conf
from electric_sync.checks import check_declarations
from electric_sync.live import Audience, LiveList, LiveRegion
from electric_sync.live.views import live_views
from electric_sync.registry import Registry, register, snake_case
from electric_sync.shapes import BadParameters, Shape, shapes
from electric_sync.values import ShapeDefinition, TableName
from tests.electric_sync import views  # noqa: F401 registers them
from tests.project.shop.access import ShopAccess
from tests.project.shop.models import Customer, Order
from tests.project.shop.shapes import Orders


@pytest.fixture
def declare():
    """Register classes for one test."""
    before = dict(shapes._named), dict(live_views._named)
    yield register
    shapes._named, live_views._named = before


# -------------------------------------------------------------------------- the checks


def test_the_shop_s_declarations_are_right():
    assert run_checks() == []


def without_model(declare):
    @declare
    class Wrong(Shape):
        def allows(self, access):
            return True


def with_an_unknown_column(declare):
    @declare
    class Wrong(Shape):
        model, columns = Order, ["id", "colour"]

        def allows(self, access):
            return True


def with_an_unknown_parameter(declare):
    @declare
    class Wrong(Shape):
        model, params = Order, ["colour"]

        def allows(self, access, colour):
            return True


def without_the_tenant_s_column(declare):
    @declare
    class Wrong(Shape):
        model, tenant = Order, "company_id"

        def allows(self, access):
            return True


def without_allows(declare):
    @declare
    class Wrong(Shape):
        model = Order


def of_a_shape_that_is_not_registered(declare):
    class Unknown(Shape):
        model = Order

    @declare
    class Wrong(LiveRegion):
        shapes, template = (Unknown,), "shop/_customers.html"


def without_a_shape(declare):
    @declare
    class Wrong(LiveList):
        template = "shop/_order.html"


def whose_other_shape_has_more_parameters(declare):
    @declare
    class Narrow(Shape):
        model, params = Customer, ["id"]

        def allows(self, access, id):  # noqa: A002
            return True

    @declare
    class Wrong(LiveList):
        shape, also, template = Orders, (Narrow,), "shop/_order.html"


def whose_template_is_missing(declare):
    @declare
    class Wrong(LiveList):
        shape, template = Orders, "shop/_nowhere.html"


def without_a_template(declare):
    @declare
    class Wrong(LiveList):
        shape = Orders


class Measure(models.Model):
    """One of the tests', without a table."""

    amount = models.DecimalField(max_digits=5, decimal_places=2, primary_key=True)
    shop_id = models.IntegerField()

    class Meta:
        app_label = "shop"
        managed = False


def whose_key_is_written_in_many_ways(declare):
    @declare
    class Measures(Shape):
        model = Measure

        def allows(self, access):
            return True

    @declare
    class Wrong(LiveList):
        shape, template = Measures, "shop/_order.html"


def with_a_parameter_that_its_shape_has(declare):
    @declare
    class Wrong(LiveRegion):
        shapes, template = (Orders,), "shop/_customers.html"
        params = {"customer_id": int}


def with_a_parameter_of_no_kind(declare):
    @declare
    class Wrong(LiveRegion):
        shapes, template = (), "shop/_customers.html"
        params = {"page": "int"}


@pytest.mark.parametrize(
    ("mistake", "code", "message", "hint"),
    [
        (without_model, "E001", "has no model", "model = …"),
        (with_an_unknown_column, "E002", "'colour', which is no column", "end in _id"),
        (with_an_unknown_parameter, "E002", "'colour', which is no column", "end in _id"),
        (without_the_tenant_s_column, "E003", "no column 'company_id'", "tenant = None"),
        (without_allows, "E004", "does not say who may see it", "Write allows(self, access"),
        (of_a_shape_that_is_not_registered, "E005", "not registered", "Put @register"),
        (without_a_shape, "E005", "not registered", "name it in the live view"),
        (whose_other_shape_has_more_parameters, "E006", "that Orders has not", "`also`"),
        (whose_template_is_missing, "E007", "shop/_nowhere.html", "template = …"),
        (without_a_template, "E007", "has no template", "template = …"),
        (whose_key_is_written_in_many_ways, "E008", "a DecimalField", "an integer, a UUID"),
        (with_a_parameter_that_its_shape_has, "E009", "'customer_id', which one", "too"),
        (with_a_parameter_of_no_kind, "E009", "what a page is", "UUID"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_mistake_is_found_with_its_remedy(declare, mistake, code, message, hint):
    mistake(declare)

    (error,) = check_declarations()

    assert error.id == f"electric_sync.{code}"
    assert message in error.msg
    assert "Wrong" in error.msg
    assert hint in error.hint


def test_a_shape_of_nobody_s_rows_says_so(declare):
    @declare
    class Public(Shape):
        model, tenant = Order, None

        def allows(self, access):
            return True

    assert check_declarations() == []
    assert shapes.get("public").definition(CLERK, {}) == ShapeDefinition(
        TableName("public", "shop_order")
    )


# ---------------------------------------------------------------------------- shapes

CLERK = ShopAccess(user_id=1, tenant="7", role="clerk")


def test_a_definition_is_its_parameters_and_the_tenant():
    definition = shapes.get("orders").definition(CLERK, {"customer_id": 3})

    assert definition == ShapeDefinition(
        TableName("public", "shop_order"), (("customer_id", "3"), ("shop_id", "7"))
    )


def test_nobody_sees_a_shape_by_default(declare):
    class Silent(Shape):
        model = Order

    with pytest.raises(NotImplementedError, match=r"Silent\.allows is missing"):
        Silent().allows(CLERK)


@pytest.mark.parametrize(
    ("given", "cleaned"),
    [({"customer_id": "7"}, 7), ({"customer_id": 7}, 7), ({"customer_id": "07"}, 7)],
)
def test_parameters_become_the_columns_values(given, cleaned):
    assert shapes.get("orders").clean(given) == {"customer_id": cleaned}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, r"takes the parameters customer_id, not \(none\)"),
        ({"customer_id": 1, "x": 1}, "not customer_id, x"),
        ({"customer": 1}, "not customer"),
        ({"customer_id": "x"}, "'x' is no value for customer_id"),
        ({"customer_id": ""}, "no value"),
        ({"customer_id": None}, "is empty"),
        ({"customer_id": [1]}, "no value"),
        ({"customer_id": {}}, "no value"),
    ],
)
def test_other_parameters_are_refused(given, message):
    with pytest.raises(BadParameters, match=message):
        shapes.get("orders").clean(given)


# ------------------------------------------------------------------------- live views


def test_a_list_is_admitted_only_where_all_its_shapes_are():
    view = live_views.get("noted_orders")
    params = view.clean({"customer_id": 3})

    assert view.admit(CLERK, params) == Audience(can_edit=False)
    assert view.admit(ShopAccess(1, "7", "guest"), params) is None


def test_equal_lists_of_a_page_are_one_element():
    view = live_views.get("open_orders")
    one, two = view.clean({"customer_id": 3}), view.clean({"customer_id": "3"})

    assert view.container("7", one) == view.container("7", two)
    assert view.container("7", one) != view.container("8", one)
    assert view.container("7", one) != view.container("7", view.clean({"customer_id": 4}))
    assert view.container("7", one) != live_views.get("noted_orders").container("7", one)


def test_a_region_may_have_parameters_that_no_shape_has(declare):
    @declare
    class OrdersPage(LiveRegion):
        shapes, template = (Orders,), "shop/_customers.html"
        params = {"page": int}

        def audience(self, access, customer_id, page):
            return Audience(page=page) if page < 10 else None

    view = live_views.get("orders_page")
    params = view.clean({"customer_id": "3", "page": "2"})

    assert params == (("customer_id", 3), ("page", 2))
    assert view.admit(CLERK, params) == Audience(page=2)
    assert view.admit(CLERK, view.clean({"customer_id": 3, "page": 10})) is None
    assert view.definitions(CLERK, params) == (
        shapes.get("orders").definition(CLERK, {"customer_id": 3}),
    )
    for wrong in ({"customer_id": 3}, {"customer_id": 3, "page": "x"}, {"page": 1}):
        with pytest.raises(BadParameters):
            view.clean(wrong)


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("OpenOrders", "open_orders"),
        ("HTMLPages", "html_pages"),
        ("Orders2", "orders2"),
        ("X", "x"),
        ("OrdersOfB2B", "orders_of_b2_b"),
    ],
)
def test_names_are_in_snake_case(name, called):
    assert snake_case(name) == called


def test_two_of_one_name_are_refused(declare):
    class Other(Shape):
        model = Order

    Other.__name__ = "Orders"

    with pytest.raises(ValueError, match="Two shapes are called 'orders'; rename one"):
        declare(Other)


def test_the_same_class_may_be_declared_again(declare):
    """As when a module is loaded twice."""
    declare(Orders)

    assert isinstance(shapes.get("orders"), Orders)


def test_what_is_neither_is_refused():
    with pytest.raises(TypeError, match="neither a Shape nor a live view"):
        register(dict)


def test_a_registry_names_what_it_does_not_have():
    with pytest.raises(LookupError, match="There is no shape called 'x'"):
        Registry("shape").get("x")


# ------------------------------------------------------------------------- audiences


def test_audiences_are_equal_if_their_attributes_are():
    assert Audience(a=1, b=2) == Audience(b=2, a=1)
    assert hash(Audience(a=1, b=2)) == hash(Audience(b=2, a=1))
    assert Audience(a=1) != Audience(a=2)
    assert Audience(a=1) != Audience(b=1)
    assert Audience() != object()


def test_an_audience_cannot_be_changed():
    with pytest.raises(AttributeError, match="cannot be changed"):
        Audience(a=1).a = 2


def test_an_audience_says_what_it_has_not():
    with pytest.raises(AttributeError, match="This audience has no 'b'"):
        _ = Audience(a=1).b


def test_what_cannot_be_compared_is_refused_where_it_was_given():
    with pytest.raises(TypeError):
        Audience(rows=[1])


# -------------------------------------------------------------------------- settings


@pytest.mark.parametrize("key", ["ACCESS", "TENANT"])
def test_a_setting_that_is_missing_is_named(settings, key):
    settings.ELECTRIC_SYNC = {k: v for k, v in settings.ELECTRIC_SYNC.items() if k != key}

    with pytest.raises(ImproperlyConfigured, match=f"needs '{key}'"):
        {"ACCESS": conf.access_path, "TENANT": conf.tenant_column}[key]()


def test_an_access_provider_of_another_kind_is_refused(settings):
    settings.ELECTRIC_SYNC = {**settings.ELECTRIC_SYNC, "ACCESS": "builtins.dict"}
    access.provider.cache_clear()
    try:
        with pytest.raises(TypeError, match=r"builtins\.dict is no subclass"):
            access.provider()
    finally:
        access.provider.cache_clear()
