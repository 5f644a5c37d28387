"""Who may see what in a shop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from django.contrib.auth.models import User

from electric_sync.access import Access, Raises
from tests.project.shop.models import Membership


@dataclass(frozen=True)
class ShopAccess(Access):
    """A person's role in a shop."""

    raised_by = (
        Raises(Membership, users="user_id", tenant="shop_id"),
        Raises(User, users="id", tenant=None, columns=["is_active", "password"]),
    )

    @classmethod
    def load(cls, user: Any, tenant: str) -> Self | None:
        found = Membership.objects.filter(user=user, shop_id=tenant or None).first()
        return None if found is None else cls(user.pk, tenant, found.role)

    @classmethod
    def default_tenant(cls, user: Any) -> str | None:
        found = Membership.objects.filter(user=user).order_by("shop_id").first()
        return None if found is None else str(found.shop_id)
