"""Simulated colleagues: they work in the sample company at human pace, through the actions.

Each step is one small thing that somebody would do: count stock, move an order on, tick a task, add
an order and later take it away again. They keep to the first rows of each table, where somebody who
has just opened it looks, and never keep more than a few rows of their own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from random import Random
from threading import Event
from typing import Any
from uuid import UUID

from django.utils import timezone

from workspaces.access import Actor
from workspaces.actions import rows as actions
from workspaces.columns.select import options_of
from workspaces.errors import ActionError, NotFound
from workspaces.models import AuditLog, DataTable, DataTableColumn, DataTableRow, Membership

from .people import HARBOUR, INES, JONAS, MIRA, RUTH, TOM, Person, key

PAUSE = (0.6, 3.5)  # seconds between two things that somebody does
IN_VIEW = 40  # rows from the top of a table that they work on
OWN_ROWS = 6  # that they have added and not yet taken away
COMPANY = key(HARBOUR)


class NoSample(LookupError):
    """The sample company is not there, or too much of it was changed."""


class Colleagues:
    """Four people at work. ``said`` is called with a sentence for each thing that they did."""

    def __init__(self, random: Random, said: Callable[[str], None]) -> None:
        self.random, self.said = random, said
        self.inventory = _Sheet("Warehouse", "Inventory")
        self.orders = _Sheet("Sales", "Orders")
        self.tasks = _Sheet("Office", "Tasks")
        self.own: deque[UUID] = deque()

    def work(self, stop: Event, seconds: float | None) -> int:
        """Work until ``stop`` is set or the time is up. Returns how many things were done."""
        until = None if seconds is None else timezone.now() + timedelta(seconds=seconds)
        done = 0
        try:
            while not stop.wait(self.random.uniform(*PAUSE)):
                if until is not None and timezone.now() >= until:
                    break
                done += self._one_thing()
        finally:
            self._tidy()
        return done

    def _one_thing(self) -> bool:
        doing = self.random.choices(
            (
                self._count_stock,
                self._move_order,
                self._tick_task,
                self._add_order,
                self._take_away,
            ),
            weights=(5, 4, 3, 1, 1),
        )[0]
        try:
            sentence = doing()
        except ActionError:
            # Somebody was quicker, or took away what they were about to change: a colleague shrugs.
            return False
        if sentence is not None:
            self.said(sentence)
        return sentence is not None

    def _count_stock(self) -> str:
        who = self.random.choice((MIRA, JONAS, RUTH))
        row = self.inventory.some_row(self.random)
        column = self.inventory.column("On hand")
        was = row.cells.get(column)
        stock = max(0, (was if isinstance(was, int) else 100) + self.random.randint(-9, 12))
        return self._set(who, self.inventory, row, "On hand", stock)

    def _move_order(self) -> str:
        row = self.orders.some_row(self.random)
        states = options_of(self.orders.columns["Status"])
        state = self.random.choice(states)["id"]
        return self._set(self.random.choice((INES, MIRA)), self.orders, row, "Status", state)

    def _tick_task(self) -> str:
        who = self.random.choice((TOM, MIRA, JONAS, RUTH))
        row = self.tasks.some_row(self.random)
        if self.random.random() < 0.3:
            due = timezone.localdate() + timedelta(days=self.random.randint(0, 20))
            return self._set(who, self.tasks, row, "Due", due.isoformat())
        state = self.random.choice(options_of(self.tasks.columns["Status"]))["id"]
        return self._set(who, self.tasks, row, "Status", state)

    def _set(self, who: Person, sheet: _Sheet, row: DataTableRow, name: str, value: Any) -> str:
        column = sheet.column(name)
        was = {column: row.cells.get(column)}
        actions.set_cells(_actor(who), row, cells={column: value}, was=was)
        return f"{who.name}: {name} = {value} in {sheet.table.name}"

    def _add_order(self) -> str | None:
        if len(self.own) >= OWN_ROWS:
            return self._take_away()
        number = str(self.random.randint(30_000, 39_999))
        cells = {
            self.orders.column("Order"): number,
            self.orders.column("Customer"): "Walk-in",
            self.orders.column("Status"): "new",
            self.orders.column("Ordered on"): timezone.localdate().isoformat(),
        }
        after = self.orders.some_row(self.random)
        row = actions.add_row(_actor(INES), self.orders.table, cells=cells, after=after)
        self.own.append(row.pk)
        return f"{INES.name}: order {number} added to Orders"

    def _take_away(self) -> str | None:
        if not self.own:
            return None
        actions.delete_rows(_actor(MIRA), self.orders.table, [self.own[0]])
        self.own.popleft()
        return f"{MIRA.name}: an order taken away from Orders"

    def _tidy(self) -> None:
        """Leave nothing of their own behind, whoever may still delete it."""
        with suppress(NotFound):  # the whole table is gone
            nobody = Actor(None, COMPANY, AuditLog.Via.COMMAND.value)
            actions.delete_rows(nobody, self.orders.table, self.own)


class _Sheet:
    """A table of the sample with its columns by name."""

    def __init__(self, workspace: str, name: str) -> None:
        table = DataTable.objects.filter(pk=key(HARBOUR, workspace, name), trashed_at=None).first()
        if table is None or not Membership.objects.filter(company_id=COMPANY).exists():
            raise NoSample(f"The sample table {name} is not there. Run: manage.py load_sample")
        self.table = table
        self.columns: dict[str, DataTableColumn] = {
            column.name: column for column in table.columns.all()
        }

    def column(self, name: str) -> str:
        """The key of a column."""
        if name not in self.columns:
            raise NoSample(f"{self.table.name} has no column {name} any more.")
        return str(self.columns[name].pk)

    def some_row(self, random: Random) -> DataTableRow:
        """One of the first rows."""
        rows = list(self.table.rows.order_by("position", "id")[:IN_VIEW])
        if not rows:
            raise NoSample(f"{self.table.name} has no rows any more.")
        return random.choice(rows)


def _actor(person: Person) -> Actor:
    return Actor(person.user_id, COMPANY, AuditLog.Via.COMMAND.value)
