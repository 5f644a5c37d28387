"""What a project declares: live lists and live regions.

A *list* shows rows of one shape, in windows. A *region* is a template that is rendered again
when its shapes change. Both are rendered in one database snapshot, from an audience and
their parameters, and from nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from django.db.models import QuerySet
from django.template.loader import render_to_string

from electric_sync.access import Access
from electric_sync.live import fragments, window
from electric_sync.live.audience import Audience
from electric_sync.live.fragments import Container
from electric_sync.live.window import Rendered, Rows, Window
from electric_sync.registry import Registry, snake_case
from electric_sync.shapes import BadParameters, Shape, shapes
from electric_sync.values import ShapeDefinition

Params: TypeAlias = tuple[tuple[str, Any], ...]
"""Cleaned parameters, sorted by name: hashable."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that one rendering depends on, besides the database.

    Sessions with equal scenes share a rendering.
    """

    view: str
    tenant: str
    params: Params
    audience: Audience
    window: Window


@dataclass(frozen=True, slots=True)
class Rendering:
    """A live view rendered whole. ``parts`` has a list's rows by key, or a region's content."""

    rendered: Rendered
    parts: Mapping[str, str]

    @property
    def content(self) -> str:
        """The container's inner HTML."""
        return "".join(self.parts.values())


class SharedContexts:
    """The template variables of scenes, read once a snapshot however many windows there are."""

    def __init__(self) -> None:
        self._contexts: dict[tuple[str, str, Params, Audience], dict[str, Any]] = {}

    def of(self, view: LiveView, scene: Scene) -> Mapping[str, Any]:
        """Parameters, what the view's ``context`` gives, and the audience."""
        key = (scene.view, scene.tenant, scene.params, scene.audience)
        context = self._contexts.get(key)
        if context is None:
            params = dict(scene.params)
            context = {
                **params,
                **view.context(scene.audience, **params),
                "audience": scene.audience,
            }
            self._contexts[key] = context
        return context


live_views: Registry[LiveView] = Registry("live view")


class LiveView:
    """What lists and regions have in common."""

    registry: ClassVar[Registry[LiveView]]
    template: ClassVar[str]
    tag: ClassVar[str]
    pause: ClassVar[float] = 0.0
    """Seconds at least between two readings, for what costs much and may be late: a count."""

    @property
    def name(self) -> str:
        """What templates and clients call it."""
        return snake_case(type(self).__name__)

    def depends_on(self) -> Sequence[Shape]:
        """The shapes whose changes matter, the list's own first."""
        raise NotImplementedError

    def audience(self, access: Access, **params: Any) -> Audience | None:
        """What the rendering may depend on; None refuses. A pure function: it reads nothing."""
        raise NotImplementedError(f"{type(self).__name__}.audience is missing.")

    def context(self, audience: Audience, **params: Any) -> Mapping[str, Any]:
        """More variables for the template, shared by all rows of a rendering. May read."""
        return {}

    def clean(self, params: Mapping[str, Any]) -> Params:
        """Parameters as Python values.

        Raises:
            BadParameters: they are not what the shapes have.
        """
        known = self.parameters()
        if set(params) != known:
            raise BadParameters(
                f"{self.name} takes the parameters {', '.join(sorted(known)) or '(none)'},"
                f" not {', '.join(sorted(params)) or '(none)'}."
            )
        return tuple(sorted(self.cleaned(params).items()))

    def parameters(self) -> set[str]:
        """The names of all parameters: those of its shapes."""
        return {name for shape in self.depends_on() for name in shape.params}

    def cleaned(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters as Python values; their names are right."""
        cleaned: dict[str, Any] = {}
        for shape in self.depends_on():
            cleaned.update(shape.clean({name: params[name] for name in shape.params}))
        return cleaned

    def admit(self, access: Access, params: Params) -> Audience | None:
        """The audience that this access belongs to; None: it may not see this."""
        given = dict(params)
        for shape in self.depends_on():
            if not shape.allows(access, **{name: given[name] for name in shape.params}):
                return None
        return self.audience(access, **given)

    def definitions(self, access: Access, params: Params) -> tuple[ShapeDefinition, ...]:
        """Whose changes matter, in the order of :meth:`depends_on`."""
        return tuple(shape.definition(access, dict(params)) for shape in self.depends_on())

    def container(self, tenant: str, params: Params) -> Container:
        """The element on the page: the same for equal tenant and parameters."""
        text = repr((self.name, tenant, [(name, str(value)) for name, value in params]))
        return Container(
            "live-" + hashlib.blake2b(text.encode(), digest_size=5).hexdigest(), self.tag
        )

    def render(self, scene: Scene, shared: SharedContexts) -> Rendering:
        """Render it whole, in the current transaction."""
        raise NotImplementedError

    def update(
        self,
        scene: Scene,
        old: Rendered,
        changed: frozenset[str] | None,
        shared: SharedContexts,
    ) -> tuple[Rendered, str]:
        """The state now, and the fragments that lead there from ``old``.

        ``changed`` are keys of the first shape's rows; None: anything may have changed.
        """
        raise NotImplementedError


LiveView.registry = live_views


class LiveList(LiveView):
    """Rows of ``shape``. A change of a shape in ``also`` renders the whole list again.

    The queryset may filter and order by the row's own columns only, and its order ends with
    the key: a row's place must not depend on anything whose change would not be told.
    """

    shape: ClassVar[type[Shape]]
    also: ClassVar[Sequence[type[Shape]]] = ()
    tag: ClassVar[str] = "ul"

    def queryset(self, audience: Audience, **params: Any) -> QuerySet[Any]:
        """The rows, filtered and ordered. The library joins the tenant."""
        raise NotImplementedError(f"{type(self).__name__}.queryset is missing.")

    def depends_on(self) -> Sequence[Shape]:
        return [shapes.get(snake_case(declared.__name__)) for declared in (self.shape, *self.also)]

    def rows(self, scene: Scene, shared: SharedContexts) -> Rows:
        """What the window is read from."""
        params = dict(scene.params)
        shape = self.depends_on()[0]
        queryset = self.queryset(scene.audience, **params)
        scope = {name: params[name] for name in shape.params}
        if shape.tenant_attname is not None:
            scope[shape.tenant_attname] = scene.tenant
        return Rows(
            queryset=queryset.filter(**scope),
            template=self.template,
            context=lambda: shared.of(self, scene),
            container=self.container(scene.tenant, scene.params),
            window=scene.window,
        )

    def render(self, scene: Scene, shared: SharedContexts) -> Rendering:
        return Rendering(*window.read(self.rows(scene, shared)))

    def update(
        self,
        scene: Scene,
        old: Rendered,
        changed: frozenset[str] | None,
        shared: SharedContexts,
    ) -> tuple[Rendered, str]:
        rows = self.rows(scene, shared)
        if changed is not None:
            known = window.update(rows, old, changed)
            if known is not None:
                return known
        new, html = window.read(rows)
        return new, window.difference(rows.container, old, new, html)


class LiveRegion(LiveView):
    """A template, rendered again when one of its ``shapes`` changes.

    A region that depends on its audience alone has no shapes: it is rendered again when somebody's
    access changes. ``params`` are parameters beyond those of the shapes, with what makes a value
    of a client's text. No shape ties rows to them, so :meth:`audience` must ask whether this
    access may have them, and what is read by them is read within the audience's tenant.
    """

    shapes: ClassVar[Sequence[type[Shape]]]
    params: ClassVar[Mapping[str, Callable[[str], Any]]] = {}
    tag: ClassVar[str] = "div"

    def depends_on(self) -> Sequence[Shape]:
        return [shapes.get(snake_case(declared.__name__)) for declared in self.shapes]

    def parameters(self) -> set[str]:
        return super().parameters() | set(self.params)

    def cleaned(self, params: Mapping[str, Any]) -> dict[str, Any]:
        cleaned = super().cleaned(params)
        for name, value_of in self.params.items():
            try:
                cleaned[name] = value_of(str(params[name]))
            except ValueError as error:
                raise BadParameters(f"{params[name]!r} is no value for {name}.") from error
        return cleaned

    def render(self, scene: Scene, shared: SharedContexts) -> Rendering:
        html = render_to_string(self.template, dict(shared.of(self, scene))).strip()
        return Rendering(Rendered(digests={"": window.digest(html)}), {"": html})

    def update(
        self,
        scene: Scene,
        old: Rendered,
        changed: frozenset[str] | None,
        shared: SharedContexts,
    ) -> tuple[Rendered, str]:
        new = self.render(scene, shared)
        if new.rendered == old:
            return old, ""
        container = self.container(scene.tenant, scene.params)
        return new.rendered, fragments.whole(container, new.content)
