"""A page without a browser: what a list or a region looks like after its frames.

It applies the fragments as the browser's module does, to rows by id. An operation whose
target is missing is a failure, not something to heal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"br", "input", "hr", "img"}


@dataclass
class Element:
    """One element with its markup."""

    tag: str
    attributes: dict[str, str]
    start: int
    inner_start: int
    inner_end: int = 0
    end: int = 0
    children: list[Element] = field(default_factory=list)


class _Tree(HTMLParser):
    """Elements with their places in the text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self._text = text
        self._lines = [0]
        for line in text.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self.root = Element("", {}, 0, 0, len(text), len(text))
        self._open = [self.root]
        self.feed(text)
        self.close()
        assert self._open == [self.root], f"unclosed elements in {text!r}"

    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag, attrs):
        start = self._at()
        element = Element(
            tag, {k: v or "" for k, v in attrs}, start, start + len(self.get_starttag_text())
        )
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag):
        element = self._open.pop()
        assert element.tag == tag, f"<{element.tag}> is closed by </{tag}> in {self._text!r}"
        element.inner_end = self._at()
        element.end = self._text.index(">", element.inner_end) + 1


def parse(text: str) -> Element:
    """The elements of a piece of HTML."""
    return _Tree(text).root


@dataclass
class LiveElement:
    """A live view of a page: what a browser would keep of it."""

    id: str
    tag: str
    token: str
    etag: str | None
    content: str
    size: int = 100
    after: str | None = None
    more: bool = False
    cursors: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    withdrawn: bool = False

    def withdraw(self) -> None:
        """It may not be seen any more: nothing of it stays."""
        self.content, self.etag, self.more, self.withdrawn = "", None, False, True
        self.cursors, self.pieces = [], []

    @property
    def rows(self) -> dict[str, str]:
        """The rows by id, in order, as their markup."""
        return _rows(self.content)

    def apply(self, message: dict) -> None:
        """A frame, or the news that nothing is to be done."""
        assert not self.withdrawn, f"{self.id} was withdrawn, and is sent {message}"
        self.pieces.append(message.get("content", ""))
        if message.get("partial"):
            return
        content = "".join(self.pieces)
        self.pieces.clear()
        self.etag, self.more = message["etag"], message["more"]
        self.cursors = message["cursors"]
        if not content:
            return
        if self.tag == "tbody":
            assert content.startswith("<table>")
            content = content.removeprefix("<table>").removesuffix("</table>")
        for operation in parse(content).children:
            self._apply(operation, content)

    def _apply(self, operation: Element, text: str) -> None:
        inner = text[operation.inner_start : operation.inner_end]
        how = operation.attributes.get("hx-swap-oob")
        if how == "innerHTML":
            assert operation.attributes["id"] == self.id
            self.content = inner
            return
        rows = self.rows
        if how is None:  # a wrapper around one row that says itself what happens to it
            (row,) = operation.children
            how = row.attributes["hx-swap-oob"]
            assert row.attributes["id"] in rows, f"{row.attributes['id']} is not on the page"
            if how == "delete":
                del rows[row.attributes["id"]]
            else:
                assert how == "outerHTML"
                rows[row.attributes["id"]] = inner.replace(' hx-swap-oob="outerHTML"', "", 1)
        else:
            self._place(operation, how, inner, rows)
            return
        self.content = "".join(rows.values())

    def _place(self, operation: Element, how: str, inner: str, rows: dict[str, str]) -> None:
        where, _, target = how.partition(":#")
        (row,) = operation.children
        row_id = row.attributes["id"]
        if "data-live-move" in row.attributes:
            inner = rows.pop(row_id)
        else:
            assert row_id not in rows, f"{row_id} is on the page already"
        order = list(rows)
        if where == "afterbegin":
            assert target == self.id
            at = 0
        else:
            assert where == "afterend"
            assert target in rows, f"{target} is not on the page"
            at = order.index(target) + 1
        order.insert(at, row_id)
        rows[row_id] = inner
        self.content = "".join(rows[each] for each in order)


def live_elements(page: str) -> list[LiveElement]:
    """The live views of a page."""
    found = []
    stack = [parse(re.sub(r"(?is)<!doctype[^>]*>|<meta[^>]*>", "", page))]
    text = re.sub(r"(?is)<!doctype[^>]*>|<meta[^>]*>", "", page)
    while stack:
        element = stack.pop()
        attributes = element.attributes
        if "data-live" in attributes:
            found.append(
                LiveElement(
                    id=attributes["id"],
                    tag=element.tag,
                    token=attributes["data-live"],
                    etag=attributes["data-live-etag"],
                    content=text[element.inner_start : element.inner_end],
                    size=int(attributes.get("data-live-size", 0)),
                    after=attributes.get("data-live-after"),
                    more="data-live-more" in attributes,
                )
            )
        stack.extend(element.children)
    return found


def _rows(content: str) -> dict[str, str]:
    return {
        element.attributes["id"]: content[element.start : element.end]
        for element in parse(content).children
    }
