"""A live list as the server sees it, and random things that happen to it.

A step changes the list and gives the frame that says so, sometimes the whole list; or it is
something that a person at the page does. What the page must show in the end is the list.
"""

import hashlib
from dataclasses import dataclass, field
from random import Random

from tests.live_js.markup import (
    COLUMNS,
    after,
    deleted,
    everything,
    first,
    moved,
    replaced,
    row,
    table,
    tabled,
)

LONGEST = 25  # rows


@dataclass
class Deed:
    """Something that a person or a script does at the page."""

    list: str
    what: str
    row: str = ""
    column: str = ""


@dataclass
class ModelList:
    """One list, and the dice that are thrown for it."""

    seed: int
    rows: list[str] = field(default_factory=list)
    cells: dict[str, list[str]] = field(default_factory=dict)
    _made: int = 0

    def __post_init__(self) -> None:
        self.dice = Random(self.seed)
        for _ in range(self.dice.randrange(12)):
            self._insert()

    @property
    def name(self) -> str:
        """The id of the container."""
        return f"list-{self.seed}"

    @property
    def html(self) -> str:
        """All rows, as the server renders them."""
        return "".join(self._row(key) for key in self.rows)

    @property
    def etag(self) -> str:
        """The name of what the list holds."""
        return hashlib.sha256(self.html.encode()).hexdigest()[:8]

    @property
    def page(self) -> str:
        """The list as a part of a page."""
        return table([self.html], name=self.name, etag=self.etag)

    @property
    def whole(self) -> str:
        """The content that replaces everything."""
        return everything([self.html], name=self.name)

    def change(self) -> str:
        """Let something happen, and return the content of the frame."""
        operations = [self._operation() for _ in range(self.dice.choice((1, 1, 2, 5)))]
        return self.whole if self.dice.random() < 0.15 else tabled(*operations)

    def touch(self, key: str) -> str:
        """Return a frame's content about one row."""
        return tabled(replaced(self._row(key)))

    def deed(self) -> Deed | None:
        """Let a person do something, or nothing."""
        what = self.dice.choice(
            ("hold", "hold", "hold row", "release", "release", "type", "tick", "leave", "", "", "")
        )
        if not what:
            return None
        key = self.dice.choice(self.rows) if self.rows else ""
        return Deed(self.name, what, f"row-{key}", self.dice.choice(COLUMNS))

    # ── what happens to the list

    def _operation(self) -> str:
        happenings = [self._insert]
        if self.rows:
            happenings = [self._move, self._replace, self._replace, self._delete]
            if len(self.rows) < LONGEST:
                happenings += [self._insert] * 2
        return self.dice.choice(happenings)()

    def _insert(self) -> str:
        self._made += 1
        key = f"{self.seed}-{self._made}"
        self.cells[key] = [self._value() for _ in COLUMNS]
        return self._put(key, self._row(key))

    def _move(self) -> str:
        key = self.dice.choice(self.rows)
        self.rows.remove(key)
        if self.dice.random() < 0.3:
            self.cells[key][0] = self._value()
            return self._put(key, self._row(key))
        return self._put(key, moved(key))

    def _replace(self) -> str:
        key = self.dice.choice(self.rows)
        self.cells[key][self.dice.randrange(len(COLUMNS))] = self._value()
        return replaced(self._row(key))

    def _delete(self) -> str:
        key = self.dice.choice(self.rows)
        self.rows.remove(key)
        return deleted(key)

    def _put(self, key: str, child: str) -> str:
        index = self.dice.randint(0, len(self.rows))
        previous = self.rows[index - 1] if index else None
        self.rows.insert(index, key)
        return after(previous, child) if previous else first(child, name=self.name)

    def _row(self, key: str) -> str:
        marks = ' class="late"' if len(self.cells[key][0]) % 2 else ""
        return row(key, *self.cells[key], attributes=marks)

    def _value(self) -> str:
        number = self.dice.randrange(1000)
        return self.dice.choice(
            (
                str(number),
                f"<b>{number}</b> pieces",
                f'<data value="{number}">{number}</data>',
                f'<input value="{number}">',
                f'<input type="checkbox"{" checked" if number % 2 else ""}>',
                "",
            )
        )
