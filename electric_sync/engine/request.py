"""A request for a shape: its parameters, checked in the order in which Electric checks them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from electric_sync.engine.errors import RequestRefused
from electric_sync.engine.shapes import Asked
from electric_sync.values import BEFORE_ALL, Offset

T = TypeVar("T")

_FALSE = {"false", "0", "f"}
_SUBSET = ("where", "params", "order_by", "limit", "offset")


@dataclass(frozen=True, slots=True)
class Subset:
    """A part of a shape that is read at once."""

    where: str = ""
    params: Mapping[int, str] = field(default_factory=dict)
    order_by: str = ""
    limit: int | None = None
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class ShapeRequest:
    """What a client wants; ``offset`` None is ``now``."""

    asked: Asked
    offset: Offset | None
    handle: str
    live: bool
    sse: bool
    cursor: str
    subset: Subset | None


def parse(given: Mapping[str, str], body: Mapping[str, Any]) -> ShapeRequest:
    """From the query's parameters, and the object in a POST's body.

    Raises:
        RequestRefused: naming the first parameter that is wrong.
    """
    full = _choice(given, "replica", {"default": False, "full": True})
    changes_only = _choice(given, "log", {"full": False, "changes_only": True})
    offset = _offset(given.get("offset", ""))
    live = "live" in given and given["live"].lower() not in _FALSE
    sse = _flag(given, "live_sse") or _flag(given, "experimental_live_sse")
    handle = given.get("handle", "")
    _check_live(offset, live=live, sse=sse, handle=handle)
    if not given.get("table", "").strip():
        raise RequestRefused("table", "can't be blank")
    asked = Asked(
        table=given["table"],
        where=given.get("where", ""),
        params=tuple(sorted(_numbered("params", _bracketed(given, "params")).items())),
        columns=given.get("columns", ""),
        full=full,
        changes_only=changes_only,
    )
    subset = _subset(given, body)
    return ShapeRequest(asked, offset, handle, live, sse, given.get("cursor", ""), subset)


def parse_deletion(given: Mapping[str, str]) -> tuple[Asked | None, str]:
    """Which shape is to be deleted: its definition, its handle, or both."""
    table, handle = given.get("table", ""), given.get("handle", "")
    if not table and not handle:
        raise RequestRefused("handle", "can't be blank when there is no definition of a shape")
    return (parse({**given, "offset": "-1"}, {}).asked if table else None), handle


def _flag(given: Mapping[str, str], name: str) -> bool:
    return given.get(name, "false").lower() not in _FALSE


def _choice(given: Mapping[str, str], name: str, choices: Mapping[str, T]) -> T:
    text = given.get(name) or next(iter(choices))
    if text not in choices:
        raise RequestRefused(name, f"is invalid: it is one of {', '.join(choices)}")
    return choices[text]


def _offset(text: str) -> Offset | None:
    if text == "now":
        return None
    if not text:
        raise RequestRefused("offset", "can't be blank")
    try:
        return Offset.parse(text)
    except ValueError:
        raise RequestRefused(
            "offset", "has an invalid format: it is -1, now, or what electric-offset said"
        ) from None


def _check_live(offset: Offset | None, *, live: bool, sse: bool, handle: str) -> None:
    if sse and not live:
        raise RequestRefused("live_sse", "can't be true unless live is true, too")
    if offset is None and live:
        raise RequestRefused("live", "can't be true when offset is 'now'")
    if offset == BEFORE_ALL and live:
        raise RequestRefused("live", "can't be true when offset is -1")
    if offset not in (None, BEFORE_ALL) and not handle:
        raise RequestRefused("handle", "can't be blank when offset is not -1")


def _bracketed(given: Mapping[str, str], name: str) -> Mapping[str, Any]:
    """``name[1]=x&name[2]=y``, or a JSON object in ``name``."""
    found = {
        key[len(name) + 1 : -1]: value
        for key, value in given.items()
        if key.startswith(f"{name}[") and key.endswith("]")
    }
    if found or not given.get(name):
        return found
    try:
        value = json.loads(given[name])
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise _of(name, 'is invalid: send params[1]=…, or a JSON object {"1": "…"}')
    return value


def _numbered(name: str, found: object) -> dict[int, str]:
    """Parameters by number, from 1 on and without gaps."""
    if not isinstance(found, Mapping):
        raise _of(name, 'is invalid: it is an object {"1": "…"}')
    params: dict[int, str] = {}
    for key, value in found.items():
        if key == "" or isinstance(value, (dict, list)) or value is None:
            raise _of(name, "is invalid: each parameter has a number and one value")
        if not re.fullmatch(r"\d{1,5}", str(key), re.ASCII):
            raise _of(name, f"{key!r}: parameters are numbered, as in params[1]")
        params[int(key)] = value if isinstance(value, str) else json.dumps(value)
    if sorted(params) != list(range(1, len(params) + 1)):
        raise _of(name, "are numbered from 1 on, without gaps")
    return params


def _of(name: str, message: str) -> RequestRefused:
    return RequestRefused(name.replace("subset__", "subset."), message)


def _subset(given: Mapping[str, str], body: Mapping[str, Any]) -> Subset | None:
    nested = body.get("subset", body)
    if not isinstance(nested, Mapping):
        raise RequestRefused("subset", "is invalid: it is an object")
    values: dict[str, Any] = {name: nested[name] for name in _SUBSET if name in nested}
    for name in ("where", "order_by", "limit", "offset"):
        if given.get(f"subset__{name}"):
            values[name] = given[f"subset__{name}"]
    if bracketed := _bracketed(given, "subset__params"):
        values["params"] = bracketed
    if not values:
        return None
    for name in ("where", "order_by"):
        if not isinstance(values.get(name, ""), str):
            raise RequestRefused(f"subset.{name}", "is invalid: it is a string")
    limit = _number(values, "limit", least=1)
    offset = _number(values, "offset", least=0)
    if (limit is not None or offset is not None) and not values.get("order_by"):
        raise RequestRefused("subset.order_by", "order_by is needed with limit or offset")
    params = _numbered("subset__params", values.get("params", {}))
    return Subset(values.get("where", ""), params, values.get("order_by", ""), limit, offset)


def _number(values: Mapping[str, Any], name: str, *, least: int) -> int | None:
    value = values.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not re.fullmatch(r"-?\d{1,18}", str(value), re.ASCII):
        raise RequestRefused(f"subset.{name}", "is invalid: it is a whole number")
    if int(value) < least:
        raise RequestRefused(f"subset.{name}", f"must be at least {least}")
    return int(value)
