"""What tenants are called, for those who look at rows of control."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User

from electric_sync import access, tenants
from electric_sync.access import Raises
from tests.project.shop.models import Membership, Shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    tenants._model.cache_clear()
    yield
    tenants._model.cache_clear()


@pytest.mark.parametrize(
    "declared",
    [Raises(Membership, users="user_id", tenant="shop_id"), Raises(Shop, users=None, tenant="id")],
    ids=["a reference", "the tenant itself"],
)
def test_a_tenant_is_called_what_its_row_is(monkeypatch, declared):
    monkeypatch.setattr(access.provider(), "raised_by", (declared,))
    shop = Shop.objects.create(name="S")

    assert tenants.names([str(shop.pk), "4711", "no key", ""]) == {str(shop.pk): str(shop)}


def test_where_nothing_refers_to_tenants_there_are_only_keys(monkeypatch):
    declared = (
        Raises(Membership, users="user_id", tenant="role"),
        Raises(User, users="id", tenant=None),
    )
    monkeypatch.setattr(access.provider(), "raised_by", declared)

    assert tenants.names(["owner"]) == {}
