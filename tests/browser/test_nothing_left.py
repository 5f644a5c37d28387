"""Invariant 9: after a revocation, a lowered role, a switch or a sign-out, no byte is left.

A canary stands in a table's name, in its cells and in the audit log. It is searched in everything
that a browser keeps: the documents of all tabs with their attributes, templates, fields and titles,
IndexedDB, Cache Storage, localStorage, sessionStorage, the HTTP cache, and the pages before.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Request, Route, expect

from tests.browser.api import Api
from tests.browser.person import Person, Table

CANARY = "Zanzibar"
MIRA, RUTH = "Mira Lindqvist", "Ruth Adeyemi"

#: Everything that a page can read of what its browser keeps.
KEPT = """async (paths) => {
  const found = {
    document: document.documentElement.outerHTML,
    title: document.title,
    fields: [...document.querySelectorAll("input, textarea, select")].map(({ value }) => value),
    localStorage: { ...localStorage },
    sessionStorage: { ...sessionStorage },
    caches: [],
    databases: [],
    http: [],
  };
  const request = (asked) => new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const key of await cache.keys()) {
      found.caches.push(key.url, await (await cache.match(key)).text());
    }
  }
  for (const { name } of await indexedDB.databases()) {
    const database = await request(indexedDB.open(name));
    found.databases.push(name);
    for (const store of database.objectStoreNames) {
      const all = database.transaction(store).objectStore(store);
      found.databases.push(store, await request(all.getAllKeys()), await request(all.getAll()));
    }
    database.close();
  }
  for (const path of paths) {
    try {
      const kept = await fetch(path, { cache: "only-if-cached", mode: "same-origin" });
      if (kept.ok) found.http.push(path, await kept.text());
    } catch {
      // not in the cache
    }
  }
  return JSON.stringify(found);
}"""


def places_with_it(person: Person, *paths: str) -> list[str]:
    """Search everything, in every tab."""
    return [
        f"{page.url}: {text[max(0, text.find(CANARY) - 100) :][:200]}"
        for page in person.context.pages
        if CANARY in (text := str(page.evaluate(KEPT, list(paths))))
    ]


def expect_nothing(person: Person, *paths: str) -> None:
    """The canary is nowhere, and going back in history does not bring it."""
    assert places_with_it(person, *paths) == []
    for page in person.context.pages:
        page.go_back()
        page.wait_for_load_state()
    assert places_with_it(person, *paths) == []


@pytest.fixture
def secret(api: Api) -> Iterator[Table]:
    """A table in Warehouse that is full of the canary."""
    api.give(MIRA, "Warehouse", "edit")
    table = api.make_table("Warehouse", CANARY, [f"{CANARY} {number}" for number in range(5)])
    api.ask("POST", f"data-tables/{table.id}/columns", {"name": f"{CANARY} size", "type": "text"})
    yield table
    api.set_role(MIRA, "editor")
    api.give(MIRA, "Warehouse", "edit")
    api.ask("DELETE", f"data-tables/{table.id}")


#: What scripts of ours might keep one day.
KEEP = """async (text) => {
  localStorage.setItem("kept", text);
  sessionStorage.setItem("kept", text);
  const cache = await caches.open("kept");
  await cache.put("/kept", new Response(text));
  await new Promise((resolve, reject) => {
    const asked = indexedDB.open("kept");
    asked.onupgradeneeded = () => asked.result.createObjectStore("kept").put(text, 1);
    asked.onsuccess = () => resolve(asked.result.close());
    asked.onerror = reject;
  });
}"""


def two_tabs(person: Person, path: str) -> tuple[Person, Person]:
    """Look at the same page in two tabs, after another one and in the middle of something."""
    other = person.another_tab()
    for tab in (person, other):
        tab.page.goto("/")
        tab.wait_until_live()
        tab.page.goto(path)
        tab.wait_until_live()
    assert len(places_with_it(person)) == 2
    return person, other


@pytest.fixture
def busy(secret: Table, mira: Person) -> tuple[Person, Person]:
    """Mira works in both tabs: saved, undoable, copied, not saved, a form open."""
    tabs = two_tabs(mira, secret.path)
    for tab in tabs:
        cell = tab.cell(secret, f"{CANARY} 1", "On hand")
        cell.click()
        tab.type("7", "Enter")
        tab.expect_saved(cell, "7")
        tab.cell(secret, f"{CANARY} 2", "On hand").click()
        tab.type("many", "Enter")
        expect(tab.page.locator(".cell-note")).to_have_count(1)
    mira.choose("This table", "Rename table")
    expect(mira.dialog.get_by_role("textbox")).to_have_value(secret.name)
    return tabs


def cut(person: Person) -> None:
    """Take the network away."""
    person.context.set_offline(True)


def mend(person: Person) -> None:
    """Give it back."""
    person.context.set_offline(False)


def expect_lost(*tabs: Person, scope: str = "Warehouse") -> None:
    """Wait until the tabs say what was lost."""
    for tab in tabs:
        name = f"You no longer have access to {scope}"
        expect(tab.page.get_by_role("heading", name=name)).to_be_visible()
        expect(tab.page.locator("#sidebar").get_by_text("Warehouse")).to_have_count(0)


@pytest.mark.parametrize("is_cut", [False, True], ids=["online", "cut"])
def test_invariant_9_after_a_revocation(
    api: Api, secret: Table, busy: tuple[Person, Person], is_cut: bool
) -> None:
    mira, _ = busy
    if is_cut:
        cut(mira)
    api.take(MIRA, "Warehouse")
    mend(mira)
    expect_lost(*busy)
    expect_nothing(mira, secret.path)


@pytest.mark.parametrize("is_cut", [False, True], ids=["online", "cut"])
def test_invariant_9_after_a_lowered_role(
    api: Api, secret: Table, visit: Callable[..., Person], is_cut: bool
) -> None:
    api.take(MIRA, "Warehouse")
    api.set_role(MIRA, "admin")
    tabs = two_tabs(visit(MIRA), "/audit-log")
    if is_cut:
        cut(tabs[0])
    api.set_role(MIRA, "editor")
    mend(tabs[0])
    expect_lost(*tabs, scope="Audit log")
    expect_nothing(tabs[0], "/audit-log", "/")


def sign_out(person: Person) -> None:
    """Choose it from the menu."""
    person.page.locator("#sidebar .sidebar-foot button").click()
    person.page.get_by_role("menuitem", name="Sign out").click()


def expect_signed_out(*tabs: Person) -> None:
    """Wait until each tab shows the sign-in."""
    for tab in tabs:
        expect(tab.page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()


@pytest.mark.parametrize("is_cut", [False, True], ids=["online", "cut"])
def test_invariant_9_after_a_sign_out(secret: Table, mira: Person, is_cut: bool) -> None:
    tabs = two_tabs(mira, secret.path)
    mira.page.evaluate(KEEP, CANARY)
    if is_cut:
        cut(mira)
    sign_out(mira)
    if is_cut:
        for tab in tabs:
            expect(tab.page.get_by_role("heading", name="You are signed out")).to_be_visible()
        assert places_with_it(mira, secret.path) == []
        mend(mira)
    expect_signed_out(*tabs)
    expect_nothing(mira, secret.path, "/")


def switch_to(person: Person, company: str) -> None:
    """Choose another company from the menu."""
    person.page.locator(".company").click()
    person.page.get_by_role("menuitemradio", name=company).click()


def lose_the_answer(person: Person) -> Callable[[Route, Request], Any]:
    """The server hears of the switch, then the network is gone before its answer came."""

    def handle(route: Route, _request: Request) -> None:
        route.fetch(max_redirects=0)
        cut(person)
        route.abort()

    return handle


@pytest.mark.parametrize("is_cut", [False, True], ids=["online", "cut"])
def test_invariant_9_after_a_switch(
    secret: Table, visit: Callable[..., Person], is_cut: bool
) -> None:
    ruth = visit(RUTH)
    tabs = two_tabs(ruth, secret.path)
    if is_cut:
        ruth.page.route("**/switch-company", lose_the_answer(ruth))
    switch_to(ruth, "Northgate Tea")
    if is_cut:
        expect(ruth.page.locator(".toast, [data-live-screen]").first).to_be_attached()
        mend(ruth)
    for tab in tabs:
        expect(tab.page.get_by_role("heading", name="Northgate Tea")).to_be_visible()
    expect_nothing(ruth, secret.path)
