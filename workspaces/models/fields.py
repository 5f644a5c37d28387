"""The fields that many tables share, so that they are the same everywhere."""

from __future__ import annotations

import json
import uuid
from math import isfinite
from typing import Any

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models.functions import Now

MAX_WHOLE = 308  # digits of the largest whole numbers that a double holds
MAX_NAME = 120  # characters in the name of a workspace, table, column, view, company or person


def key() -> models.UUIDField[Any, Any]:
    """A primary key that Python may choose and that the database chooses for everybody else
    (psql)."""
    return models.UUIDField(
        primary_key=True, default=uuid.uuid4, db_default=RandomUUID(), editable=False
    )


def belongs_to(
    model: str, related_name: str = "+", *, verbose_name: str | None = None
) -> models.ForeignKey[Any, Any]:
    """A reference whose constraint, cascade and index are written in migration 0002."""
    return models.ForeignKey(
        model,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name=related_name,
        verbose_name=verbose_name,
    )


class Decoder(json.JSONDecoder):
    """JSON as PostgreSQL keeps it, whose numbers may be longer than any that a program has.

    One that is too large for a double, in Python or JavaScript, becomes its text. So it can be
    read and shown, and is a number to nobody. What is sent to us is read in the same way.
    """

    def __init__(self, **more: Any) -> None:
        super().__init__(**more, parse_int=_whole, parse_float=_float)


def _whole(text: str) -> int | str:
    return int(text) if len(text) <= MAX_WHOLE else text


def _float(text: str) -> float | str:
    number = float(text)
    return number if isfinite(number) else text


def json_object() -> models.JSONField[Any, Any]:
    """A JSON object, empty at first."""
    return models.JSONField(
        default=dict,
        blank=True,
        decoder=Decoder,
        db_default=models.Value({}, models.JSONField()),
    )


def name() -> models.CharField[Any, Any]:
    """What a person calls a thing."""
    return models.CharField(max_length=MAX_NAME)


def position() -> models.TextField[Any, Any]:
    """A fractional key (``workspaces.positions``), compared byte by byte. The database puts a row
    without one at the end (migration 0002)."""
    return models.TextField(db_collation="C", editable=False)


def created_at() -> models.DateTimeField[Any, Any]:
    """When the row was made, by the database's clock."""
    return models.DateTimeField(db_default=Now(), editable=False)
