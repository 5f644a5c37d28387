"""Shapes: parts of a table that may be followed, declared once, on the server.

A client names a shape and gives its parameters; table, columns and the tenant come from
here. Parameters are equalities on columns, and the tenant's column is always one of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from electric_sync import conf
from electric_sync.access import Access
from electric_sync.registry import Registry, register, snake_case
from electric_sync.values import ShapeDefinition, TableName

__all__ = ["BadParameters", "Shape", "register", "shapes"]

SCHEMA = "public"
"""The schema of Django's tables."""

FROM_SETTINGS = object()
"""``Shape.tenant`` is ``ELECTRIC_SYNC["TENANT"]`` unless a shape says otherwise."""


class BadParameters(ValueError):
    """A client gave other parameters than the shape has, or values of another type."""


shapes: Registry[Shape] = Registry("shape")


class Shape:
    """Rows of ``model`` with these ``params`` (columns that equal a given value)."""

    registry: ClassVar[Registry[Shape]] = shapes
    model: ClassVar[type[models.Model]]
    columns: ClassVar[Sequence[str]] = ()
    params: ClassVar[Sequence[str]] = ()
    tenant: ClassVar[Any] = FROM_SETTINGS

    @property
    def name(self) -> str:
        """What clients call it."""
        return snake_case(type(self).__name__)

    @property
    def tenant_attname(self) -> str | None:
        """The attribute that says whose a row is; None: the rows are nobody's."""
        return conf.tenant_column() if self.tenant is FROM_SETTINGS else self.tenant

    def allows(self, access: Access, **params: Any) -> bool:
        """Whether this access may see the rows with these parameters. Nobody may by default."""
        raise NotImplementedError(f"{type(self).__name__}.allows is missing.")

    def definition(self, access: Access, params: Mapping[str, Any]) -> ShapeDefinition:
        """The rows with these parameters in the access's tenant."""
        given: dict[str, Any] = {name: params[name] for name in self.params}
        if self.tenant_attname is not None:
            given[self.tenant_attname] = access.tenant
        equals = sorted((str(self.field(name).column), str(value)) for name, value in given.items())
        return ShapeDefinition(TableName(SCHEMA, self.model._meta.db_table), tuple(equals))

    def clean(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters as the columns' Python values.

        Raises:
            BadParameters: one is missing, unknown or of the wrong type.
        """
        if set(params) != set(self.params):
            raise BadParameters(
                f"{self.name} takes the parameters {', '.join(self.params) or '(none)'},"
                f" not {', '.join(params) or '(none)'}."
            )
        cleaned = {}
        for name in self.params:
            try:
                cleaned[name] = self.field(name).to_python(params[name])
            except (ValidationError, TypeError, ValueError) as error:
                raise BadParameters(f"{params[name]!r} is no value for {name}.") from error
            if cleaned[name] is None:
                raise BadParameters(f"{name} is empty.")
        return cleaned

    def field(self, name: str) -> models.Field[Any, Any]:
        """The model's field by name or attribute name.

        Raises:
            LookupError: there is none.
        """
        for field in self.model._meta.concrete_fields:
            if name in (field.name, field.attname):
                return field
        raise LookupError(f"{self.model._meta.label} has no column {name!r}.")
