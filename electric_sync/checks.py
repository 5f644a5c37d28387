"""``manage.py check``: mistakes in declarations, with the place and the remedy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.db import models
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from electric_sync import conf
from electric_sync.live.views import LiveList, LiveRegion, LiveView, live_views
from electric_sync.registry import UnknownName
from electric_sync.shapes import Shape, shapes

KEYS = (models.IntegerField, models.UUIDField, models.CharField, models.TextField)
"""Keys whose text in the stream is what Python makes of them."""


@register("electric_sync")
def check_declarations(**kwargs: Any) -> list[CheckMessage]:
    """All registered shapes and live views."""
    found: list[CheckMessage] = []
    for shape in shapes:
        found.extend(_check_shape(shape))
    for view in live_views:
        found.extend(_check_view(view))
    return found


def _check_shape(shape: Shape) -> Iterator[CheckMessage]:
    place = type(shape).__qualname__
    if not hasattr(shape, "model"):
        yield Error(f"{place} has no model.", hint="Say model = …", id="electric_sync.E001")
        return
    for name in (*shape.columns, *shape.params):
        if not _has_column(shape, name):
            yield Error(
                f"{place} names {name!r}, which is no column of {shape.model._meta.label}.",
                hint="columns and params are columns of the model; foreign keys end in _id.",
                id="electric_sync.E002",
            )
    tenant = shape.tenant_attname
    if tenant is not None and not _has_column(shape, tenant):
        yield Error(
            f"{place}: {shape.model._meta.label} has no column {tenant!r}, the tenant's.",
            hint=(
                "Add the column, or say tenant = None in the shape if its rows are nobody's, or"
                f" tenant = '…' if it is not called as ELECTRIC_SYNC['TENANT'] says"
                f" ({conf.tenant_column()!r})."
            ),
            id="electric_sync.E003",
        )
    if type(shape).allows is Shape.allows:
        yield Error(
            f"{place} does not say who may see it.",
            hint="Write allows(self, access, …); there is no default.",
            id="electric_sync.E004",
        )


def _check_view(view: LiveView) -> Iterator[CheckMessage]:
    place = type(view).__qualname__
    try:
        depends_on = view.depends_on()
    except (UnknownName, AttributeError) as error:
        yield Error(
            f"{place} depends on a shape that is not registered: {error}",
            hint="Put @register on the shape, and name it in the live view.",
            id="electric_sync.E005",
        )
        return
    if isinstance(view, LiveList):
        yield from _check_key(place, depends_on[0])
        own = set(depends_on[0].params)
        for other in depends_on[1:]:
            if not set(other.params) <= own:
                yield Error(
                    f"{place}: {type(other).__qualname__} takes parameters that"
                    f" {type(depends_on[0]).__qualname__} has not.",
                    hint="The shapes in `also` may only take parameters of the list's own shape.",
                    id="electric_sync.E006",
                )
    if isinstance(view, LiveRegion):
        yield from _check_parameters(place, view, depends_on)
    try:
        get_template(view.template)
    except (TemplateDoesNotExist, AttributeError) as error:
        yield Error(
            f"{place} has no template: {error}", hint="Say template = …", id="electric_sync.E007"
        )


def _check_parameters(
    place: str, region: LiveRegion, depends_on: Sequence[Shape]
) -> Iterator[CheckMessage]:
    """A parameter has one meaning: a shape's, or the region's own."""
    of_shapes = {name for shape in depends_on for name in shape.params}
    for name, value_of in dict[str, Any](region.params).items():
        if name in of_shapes:
            yield Error(
                f"{place} declares {name!r}, which one of its shapes has already.",
                hint="Leave it out of params: the shapes' parameters are the region's, too.",
                id="electric_sync.E009",
            )
        if not callable(value_of):
            yield Error(
                f"{place} does not say what a {name} is.",
                hint="params = {'…': UUID}: what makes a value of a client's text.",
                id="electric_sync.E009",
            )


def _check_key(place: str, shape: Shape) -> Iterator[CheckMessage]:
    """A row is found by the text of its key, which PostgreSQL and Python have to write alike."""
    key = getattr(shape, "model", None) and shape.model._meta.pk
    while isinstance(key, models.ForeignKey):
        key = key.target_field
    if key and not isinstance(key, KEYS):
        yield Error(
            f"{place}: rows of {shape.model._meta.label} are told apart by a"
            f" {type(key).__name__}, which a live list cannot follow.",
            hint="Give the model one key column: an integer, a UUID or text.",
            id="electric_sync.E008",
        )


def _has_column(shape: Shape, name: str) -> bool:
    try:
        shape.field(name)
    except LookupError:
        return False
    return True
