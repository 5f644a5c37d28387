"""Who works at the sample companies, and what they may do there."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import NAMESPACE_URL, UUID, uuid5

from workspaces.models import Role

NAMESPACE = uuid5(NAMESPACE_URL, "urn:plainrow:sample")

HARBOUR = "Harbour & Hill"
NORTHGATE = "Northgate Tea"


def key(*names: str) -> UUID:
    """The key of a thing of the sample: always the same."""
    return uuid5(NAMESPACE, "/".join(names))


@dataclass(frozen=True)
class Person:
    """A person, with role and granted workspaces by company."""

    name: str
    email: str
    place: str
    """The line under the name on the sign-in page."""
    roles: dict[str, Role] = field(default_factory=dict)
    grants: dict[str, str] = field(default_factory=dict)
    """Level by workspace of Harbour & Hill."""

    @property
    def user_id(self) -> UUID:
        """The key of the user."""
        return key("user", self.email)

    @property
    def role(self) -> Role:
        """The role in the first company."""
        return next(iter(self.roles.values()))


INES = Person("Ines Okafor", "ines@harbourandhill.example", HARBOUR, {HARBOUR: Role.OWNER})
TOM = Person("Tom Hargreave", "tom@harbourandhill.example", HARBOUR, {HARBOUR: Role.ADMIN})
MIRA = Person(
    "Mira Lindqvist",
    "mira@harbourandhill.example",
    f"{HARBOUR}, all workspaces",
    {HARBOUR: Role.EDITOR},
    {"Warehouse": "edit", "Sales": "edit", "Office": "edit"},
)
JONAS = Person(
    "Jonas Petit",
    "jonas@harbourandhill.example",
    f"{HARBOUR}, Warehouse and Office",
    {HARBOUR: Role.EDITOR},
    {"Warehouse": "edit", "Office": "edit"},
)
SANA = Person(
    "Sana Rahman",
    "sana@harbourandhill.example",
    f"{HARBOUR}, Sales and Office",
    {HARBOUR: Role.VIEWER},
    {"Sales": "view", "Office": "view"},
)
RUTH = Person(
    "Ruth Adeyemi",
    "ruth@northgate.example",
    f"{HARBOUR}; admin at {NORTHGATE}",
    {HARBOUR: Role.EDITOR, NORTHGATE: Role.ADMIN},
    {"Warehouse": "edit", "Office": "edit"},
)
ELLIS = Person("Ellis Brandt", "ellis@northgate.example", NORTHGATE, {NORTHGATE: Role.OWNER})

PEOPLE = (INES, TOM, MIRA, JONAS, SANA, RUTH, ELLIS)
