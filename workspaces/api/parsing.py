"""Reading JSON that somebody sent: no more than JSON, and no deeper than anything here is."""

from __future__ import annotations

import json
from typing import Any, NoReturn, cast

from django.http import HttpRequest
from ninja.parser import Parser
from ninja.types import DictStrAny

from workspaces.models.fields import Decoder

MAX_DEPTH = 16
"""Lists and objects inside one another."""


def read_json(content: bytes) -> Any:
    """What was sent.

    Raises:
        ValueError: it is not JSON, or goes too deep. NaN and Infinity, which Python takes, are not.
    """
    try:
        value = json.loads(content, cls=Decoder, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("It goes too deep.") from error
    _measure(value)
    return value


class StrictParser(Parser):
    """For the API."""

    def parse_body(self, request: HttpRequest) -> DictStrAny:
        """What ``read_json`` makes of it."""
        return cast(DictStrAny, read_json(request.body))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON.")


def _measure(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise ValueError("It goes too deep.")


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
