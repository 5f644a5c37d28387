"""What tenants are called, for people who look at rows of control.

Those rows hold a tenant's key as text. The project's model of tenants is where
``Access.raised_by`` points with ``tenant``; where that is no reference, keys are all there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from django.core.exceptions import ValidationError
from django.db import models

from electric_sync.access import provider


def names(keys: Iterable[str]) -> Mapping[str, str]:
    """By key; of tenants that are gone there is none."""
    model = _model()
    if model is None:
        return {}
    found = {}
    for key in keys:
        try:
            found[model._meta.pk.to_python(key)] = key
        except ValidationError:
            continue  # somebody switched to what is no key at all
    return {found[pk]: str(each) for pk, each in model._default_manager.in_bulk(found).items()}


@cache
def _model() -> type[models.Model] | None:
    for raises in provider().raised_by:
        for field in raises.model._meta.concrete_fields:
            if raises.tenant is None or raises.tenant not in (field.name, field.attname):
                continue
            if field.primary_key:
                return raises.model
            if isinstance(field, models.ForeignKey):
                return field.remote_field.model
    return None
