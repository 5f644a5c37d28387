"""Outside of live views a page is the same for all who may open it.

So whatever a role or a grant gives or takes reaches an open page by frames, without a reload: old
page + frames = fresh page. A button or a sentence that depends on somebody's access and stands
outside of a live view fails here.
"""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse

from workspaces.models import Membership, User, WorkspaceGrant

from .conftest import Firm, make_firm

# Reads open a snapshot of their own, so these tests cannot run inside a transaction.
pytestmark = pytest.mark.django_db(transaction=True)

#: Role and grant of one and the same person, from the most to the least that they may.
STATES = {
    "owner": ("owner", None),
    "admin": ("admin", None),
    "editor": ("editor", "edit"),
    "editor-who-may-view": ("editor", "view"),
    "viewer-who-may-edit": ("viewer", "edit"),
    "viewer": ("viewer", "view"),
}
MANAGERS = ("owner", "admin")
EDITORS = (*MANAGERS, "editor")
#: Pages, with the states in which the person may open them.
PAGES: dict[str, tuple[str, ...]] = {
    "home": tuple(STATES),
    "workspace": tuple(STATES),
    "table": tuple(STATES),
    "account": tuple(STATES),
    "trash": tuple(STATES),
    "people": MANAGERS,
    "person": MANAGERS,
    "add-person": MANAGERS,
    "invitation": MANAGERS,
    "remove-person": MANAGERS,
    "sharing": MANAGERS,
    "audit-log": MANAGERS,
    "new-workspace": MANAGERS,
    "rename-workspace": MANAGERS,
    "delete-workspace": MANAGERS,
    "new-table": EDITORS,
    "rename-table": EDITORS,
    "move-table": EDITORS,
    "delete-table": EDITORS,
    "new-column": EDITORS,
    "edit-column": EDITORS,
    "delete-column": EDITORS,
}
#: What a page is about, if its name does not end with it.
ABOUT = {
    "new-table": "workspace",
    "sharing": "workspace",
    "new-column": "table",
    "new-workspace": None,
    "add-person": None,
    "invitation": "person",
}
VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
TOKENS = {"csrf-token", "csrfmiddlewaretoken", "live-version", "invitation"}
PER_REQUEST = {"nonce", "data-live", "data-live-etag"}


class Remains(HTMLParser):
    """What is left of a page without its live areas, tokens and nonces."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.live: list[str] = []
        self._depth = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self._depth:
            self._depth += tag not in VOID
            return
        if "data-live" in given:
            self.live.append(str(given["id"]))
            self._depth = 1
        is_token = {given.get("name"), given.get("id")} & TOKENS
        shown = sorted(
            (name, value)
            for name, value in attrs
            if name not in PER_REQUEST and not (is_token and name in {"content", "value"})
        )
        self.lines.append(f"{tag} {shown}")

    def handle_endtag(self, tag: str) -> None:
        self._depth -= bool(self._depth)

    def handle_data(self, data: str) -> None:
        if not self._depth and data.strip():
            self.lines.append(data.strip())


@pytest.fixture
def firm() -> Firm:
    """A company that is committed."""
    return make_firm()


def become(firm: Firm, person: User, state: str) -> None:
    """Give somebody a role and a grant."""
    role, level = STATES[state]
    Membership.objects.filter(company=firm.company, user=person).update(role=role)
    WorkspaceGrant.objects.filter(workspace=firm.workspace, user=person).delete()
    if level is not None:
        WorkspaceGrant.objects.create(
            company=firm.company, workspace=firm.workspace, user=person, level=level
        )


def address_of(firm: Firm, page: str) -> str:
    """Where the page is."""
    keys = {
        "workspace": firm.workspace.pk,
        "table": firm.table.pk,
        "column": firm.columns["select"].pk,
        "person": firm.company.memberships.get(user=firm.people["viewer"]).pk,
    }
    about = next((name for name in keys if page.endswith(name)), None)
    about = ABOUT.get(page, about)
    return reverse(f"pages:{page}", args=[keys[about]] if about else [])


@pytest.mark.parametrize("page", PAGES)
def test_outside_of_live_views_a_page_is_the_same_for_every_role(firm: Firm, page: str) -> None:
    person, client = firm.people["editor"], Client()
    client.force_login(person)
    remains = {}
    for state in STATES:
        become(firm, person, state)
        response = client.get(address_of(firm, page))
        assert response.status_code == (200 if state in PAGES[page] else 403), state
        if response.status_code == 200:
            remains[state] = Remains(response.content.decode())
    first = remains["owner"]
    assert first.live, "nothing is live"
    for state, seen in remains.items():
        assert seen.lines == first.lines, state
        assert seen.live == first.live, f"{state}: other live areas"
