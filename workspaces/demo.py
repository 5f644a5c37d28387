"""Signing in as one of the sample people, without a password: in the demo and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from .errors import NotFound
from .models import User
from .sample.people import PEOPLE


@dataclass(frozen=True)
class SamplePerson:
    """A button of the sign-in page."""

    user_id: UUID
    name: str
    role: str
    place: str


def people() -> list[SamplePerson]:
    """The sample people that are there, in the order of the page. None outside the demo."""
    if not settings.DEMO:
        return []
    there = set(
        User.objects.filter(
            pk__in=[person.user_id for person in PEOPLE], is_active=True
        ).values_list("pk", flat=True)
    )
    return [
        SamplePerson(person.user_id, person.name, person.role.label, person.place)
        for person in PEOPLE
        if person.user_id in there
    ]


def person(user_id: UUID | str) -> User:
    """The sample person behind a button, to sign in as.

    Raises:
        NotFound: there is no such sample person, or this is not the demo.
    """
    if not settings.DEMO or str(user_id) not in {str(each.user_id) for each in PEOPLE}:
        raise NotFound("sample person")
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        raise NotFound("sample person")
    return user
