"""One register of everything that a client may name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class UnknownName(LookupError):
    """No such shape or live view is registered."""


class Registry(Generic[T]):
    """Instances by name, one a class."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._named: dict[str, T] = {}

    def add(self, declared: type[T]) -> None:
        """Register the class under its name in snake_case.

        Raises:
            ValueError: another class has that name.
        """
        name = snake_case(declared.__name__)
        there = self._named.get(name)
        if there is not None and _origin(type(there)) != _origin(declared):
            raise ValueError(f"Two {self._kind}s are called {name!r}; rename one.")
        self._named[name] = declared()

    def get(self, name: str) -> T:
        """By name.

        Raises:
            UnknownName: there is none.
        """
        try:
            return self._named[name]
        except KeyError:
            raise UnknownName(f"There is no {self._kind} called {name!r}.") from None

    def __iter__(self) -> Iterator[T]:
        return iter(self._named.values())


def snake_case(name: str) -> str:
    """``OpenOrders`` → ``open_orders``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _origin(declared: type[Any]) -> tuple[str, str]:
    return declared.__module__, declared.__qualname__


Declared = TypeVar("Declared", bound=type)


def register(declared: Declared) -> Declared:
    """Class decorator: make a shape or a live view known by its name.

    Raises:
        TypeError: the class is neither.
    """
    registry = getattr(declared, "registry", None)
    if not isinstance(registry, Registry):
        raise TypeError(f"{declared.__name__} is neither a Shape nor a live view.")
    registry.add(declared)
    return declared
