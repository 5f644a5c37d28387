"""Harbour & Hill: a wholesaler of things for house and garden, with a warehouse, sales and an
office.

The tables fit together: orders name customers from the contacts and their sums come from goods of
the inventory; deliveries come from suppliers, counts are of goods at locations, returns are of
orders.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from faker import Faker

from . import sheets
from .goods import Good, goods
from .people import INES, JONAS, MIRA, RUTH, SANA, TOM, Person
from .sheets import Sheet

GOODS = 1_012
CONTACTS = 684
ORDERS = 1_906
RETURNS = 71
COUNTS = 412
DELIVERIES = 236
LOCATIONS = 94
SUPPLIERS = 58
TASKS = 143

BUYERS = (MIRA, JONAS, RUTH)
SELLERS = (INES, MIRA)
EVERYBODY = (INES, TOM, MIRA, JONAS, SANA, RUTH)

CATEGORY = sheets.select(
    "Category",
    kitchen="orange",
    linen="blue",
    stationery="purple",
    garden="green",
    bath="teal",
    lighting="yellow",
    toys="red",
    other="grey",
)
SHOPS = ("Interiors", "Home", "& Sons", "Trading", "Stores", "Supply", "& Daughters", "Living")


@dataclass(frozen=True)
class Order:
    """An order, as returns need to know it."""

    number: int
    good: Good
    ordered_on: date
    amount: float


class HarbourAndHill:
    """All tables of the company, drawn from one source of chance."""

    def __init__(self, random: Random, fake: Faker, today: date) -> None:
        self.random, self.fake, self.today = random, fake, today
        self.goods = goods(random, GOODS)
        self.suppliers = self._names(SUPPLIERS, ("Mill", "Works", "Pottery", "Weavers", "Foundry"))
        self.customers = self._names(CONTACTS * 3 // 5, SHOPS)
        self.locations = list(_locations(LOCATIONS))

    def workspaces(self) -> dict[str, list[Sheet]]:
        """The tables by workspace, each in the order of the sidebar."""
        orders, sold = self._orders()
        return {
            "Warehouse": [
                self._inventory(),
                self._counts(),
                self._deliveries(),
                self._locations(),
            ],
            "Sales": [orders, self._contacts(), self._returns(sold)],
            "Office": [self._tasks(), self._suppliers()],
        }

    # ── Warehouse ───────────────────────────────────────────────────────────

    def _inventory(self) -> Sheet:
        columns = (
            sheets.text("Item", 18),
            sheets.text("SKU", 7),
            CATEGORY,
            sheets.number("On hand"),
            sheets.number("Reorder at", width=7),
            sheets.number("Unit price £", 2, 7),
            sheets.date("Next delivery", 8),
            sheets.person("Buyer"),
            sheets.checkbox("Active"),
        )
        rows = []
        for good in self.goods:
            buyer = self.random.choice(BUYERS)
            rows.append(
                (
                    good.name,
                    good.sku,
                    good.category,
                    self.random.choice((0, 6, 14, 38, 64, 96, 120, 180, 240, 412, 650, 1280)),
                    self.random.choice((10, 20, 24, 40, 50, 60, 100, 200)),
                    good.price,
                    self._maybe(0.7, self._day(1, 60)),
                    _id(buyer),
                    self.random.random() < 0.94,
                )
            )
        return Sheet("Inventory", columns, rows)

    def _counts(self) -> Sheet:
        columns = (
            sheets.text("Item", 18),
            sheets.text("Location", 7),
            sheets.date("Counted on"),
            sheets.number("Expected"),
            sheets.number("Counted"),
            sheets.number("Difference", width=7),
            sheets.person("Counted by"),
            sheets.checkbox("Booked"),
        )
        rows = []
        for days in sorted((self.random.randint(0, 120) for _ in range(COUNTS)), reverse=True):
            expected = self.random.randint(0, 400)
            counted = max(0, expected + self.random.choice((0, 0, 0, 0, -1, -2, 1, -6, 3)))
            rows.append(
                (
                    self.random.choice(self.goods).name,
                    self.random.choice(self.locations)[0],
                    _iso(self.today - timedelta(days=days)),
                    expected,
                    counted,
                    counted - expected,
                    _id(self.random.choice((MIRA, JONAS, RUTH))),
                    days > 7 or self.random.random() < 0.4,
                )
            )
        return Sheet("Stock counts", columns, rows)

    def _deliveries(self) -> Sheet:
        columns = (
            sheets.text("Delivery", 7),
            sheets.text("Supplier", 14),
            sheets.date("Due"),
            sheets.select(
                "State", announced="grey", on_the_way="blue", arrived="green", short="orange"
            ),
            sheets.number("Pallets", 0, 5),
            sheets.person("Received by"),
            sheets.text("Note", 18),
        )
        notes = ("Tail lift needed", "Ring before arrival", "Two boxes wet", "Papers with driver")
        rows = []
        for serial in range(DELIVERIES):
            days = serial - DELIVERIES + 40
            arrived = days < 0
            state = "arrived" if arrived else self.random.choice(("announced", "on_the_way"))
            if arrived and self.random.random() < 0.06:
                state = "short"
            rows.append(
                (
                    f"D-{7100 + serial}",
                    self.random.choice(self.suppliers),
                    _iso(self.today + timedelta(days=days)),
                    state,
                    self.random.randint(1, 14),
                    _id(self.random.choice(BUYERS)) if arrived else None,
                    self._maybe(0.15, self.random.choice(notes)),
                )
            )
        return Sheet("Deliveries", columns, rows)

    def _locations(self) -> Sheet:
        columns = (
            sheets.text("Location", 8),
            sheets.select("Zone", front="blue", bulk="grey", high="purple", returns="orange"),
            sheets.number("Shelves"),
            sheets.number("Pallets", 0, 5),
            sheets.checkbox("In use"),
        )
        rows = [
            (
                code,
                zone,
                self.random.choice((0, 4, 5, 6)),
                self.random.randint(1, 6),
                self.random.random() < 0.9,
            )
            for code, zone in self.locations
        ]
        return Sheet("Locations", columns, rows)

    # ── Sales ───────────────────────────────────────────────────────────────

    def _orders(self) -> tuple[Sheet, list[Order]]:
        columns = (
            sheets.text("Order", 6),
            sheets.text("Customer", 14),
            sheets.select(
                "Status",
                new="blue",
                picking="yellow",
                packed="purple",
                sent="green",
                cancelled="grey",
            ),
            sheets.date("Ordered on"),
            sheets.text("Main item", 16),
            sheets.number("Lines", 0, 5),
            sheets.number("Amount £", 2, 7),
            sheets.checkbox("Paid"),
            sheets.person("Seller"),
        )
        rows, orders = [], []
        days = sorted((int(self.random.expovariate(1 / 60)) for _ in range(ORDERS)), reverse=True)
        for number, ago in enumerate(days, 18_530):
            good, lines = self.random.choice(self.goods), self.random.randint(1, 18)
            amount = round(good.price * self.random.choice((6, 12, 24, 48)) * (1 + lines / 9), 2)
            order = Order(number, good, self.today - timedelta(days=ago), amount)
            orders.append(order)
            rows.append(
                (
                    str(number),
                    self.random.choice(self.customers),
                    self._status(ago),
                    _iso(order.ordered_on),
                    good.name,
                    lines,
                    amount,
                    ago > 30 or self.random.random() < 0.3,
                    _id(self.random.choice(SELLERS)),
                )
            )
        return Sheet("Orders", columns, rows), orders

    def _status(self, ago: int) -> str:
        if self.random.random() < 0.03:
            return "cancelled"
        if ago > 6:
            return "sent"
        return self.random.choice(("new", "picking", "packed", "sent")[: ago + 2])

    def _contacts(self) -> Sheet:
        columns = (
            sheets.text("Name", 13),
            sheets.text("Company", 14),
            sheets.select("Kind", customer="blue", supplier="green", carrier="yellow", press="red"),
            sheets.text("E-mail", 16),
            sheets.text("Telephone", 9),
            sheets.text("Town", 9),
            sheets.date("Last spoke"),
            sheets.person("Looked after by"),
        )
        rows = []
        for index in range(CONTACTS):
            name = f"{self.fake.first_name()} {self.fake.last_name()}"
            company, kind = self._workplace(index)
            rows.append(
                (
                    name,
                    company,
                    kind,
                    f"{_slug(name, '.')}@{_slug(company, '')}.example",
                    f"01632 960{self.random.randint(0, 999):03}",
                    self.fake.city(),
                    self._maybe(0.8, self._day(-300, 0)),
                    _id(self.random.choice(EVERYBODY)),
                )
            )
        return Sheet("Contacts", columns, rows)

    def _workplace(self, index: int) -> tuple[str, str]:
        if index < len(self.customers):
            return self.customers[index], "customer"
        if self.random.random() < 0.5:
            return self.random.choice(self.customers), "customer"
        if self.random.random() < 0.7:
            return self.random.choice(self.suppliers), "supplier"
        name = self.fake.last_name()
        return self.random.choice(((f"{name} Haulage", "carrier"), (f"The {name} Post", "press")))

    def _returns(self, orders: list[Order]) -> Sheet:
        columns = (
            sheets.text("Return", 6),
            sheets.text("Order", 6),
            sheets.text("Item", 18),
            sheets.select(
                "Reason", broken="red", wrong_item="orange", not_wanted="grey", late="yellow"
            ),
            sheets.date("Received on"),
            sheets.number("Pieces", 0, 5),
            sheets.number("Refund £", 2, 7),
            sheets.checkbox("Settled"),
        )
        rows = []
        sold = sorted(self.random.sample(orders, RETURNS), key=lambda order: order.number)
        for number, order in enumerate(sold, 310):
            pieces = self.random.randint(1, 40)
            received = min(
                order.ordered_on + timedelta(days=self.random.randint(3, 20)), self.today
            )
            rows.append(
                (
                    f"R-{number}",
                    str(order.number),
                    order.good.name,
                    self.random.choice(("broken", "broken", "wrong_item", "not_wanted", "late")),
                    _iso(received),
                    pieces,
                    min(round(order.good.price * pieces, 2), order.amount),
                    (self.today - received).days > 10,
                )
            )
        return Sheet("Returns", columns, rows)

    # ── Office ──────────────────────────────────────────────────────────────

    def _tasks(self) -> Sheet:
        columns = (
            sheets.text("Task", 20),
            sheets.select("Status", to_do="grey", doing="blue", waiting="yellow", done="green"),
            sheets.select(
                "Area",
                orders="blue",
                warehouse="orange",
                catalogue="purple",
                suppliers="teal",
                office="grey",
            ),
            sheets.date("Due"),
            sheets.person("Who"),
            sheets.text("Note", 16),
        )
        rows = []
        for index in range(TASKS):
            task, area = self._task()
            open_ = index >= TASKS - 24
            status = self.random.choice(("to_do", "to_do", "doing", "waiting")) if open_ else "done"
            due = self._day(-2, 30) if open_ else self._day(-200, -1)
            note = "See the mail of Monday" if self.random.random() < 0.08 else None
            rows.append((task, status, area, due, _id(self.random.choice(EVERYBODY)), note))
        rows.reverse()
        return Sheet("Tasks", columns, rows)

    def _task(self) -> tuple[str, str]:
        customer, supplier = self.random.choice(self.customers), self.random.choice(self.suppliers)
        good = self.random.choice(self.goods).name
        aisle = self.random.choice("ABCDEF")
        return self.random.choice(
            (
                (f"Ask {customer} about the short delivery", "orders"),
                (f"Chase the invoice of {customer}", "orders"),
                (f"Send samples to {customer}", "orders"),
                (f"Photograph {good}", "catalogue"),
                (f"Check the description of {good}", "catalogue"),
                (f"Count aisle {aisle}", "warehouse"),
                (f"Label the shelves of aisle {aisle}", "warehouse"),
                (f"Return 40 pieces to {supplier}", "suppliers"),
                (f"Ask {supplier} for a new price list", "suppliers"),
                ("Renew the forklift insurance", "office"),
                ("Order packing tape", "office"),
                ("Book the van for its service", "office"),
            )
        )

    def _suppliers(self) -> Sheet:
        columns = (
            sheets.text("Supplier", 14),
            sheets.text("Town", 9),
            sheets.text("Contact", 12),
            sheets.text("E-mail", 16),
            sheets.number("Lead time, days", width=9),
            sheets.date("Since"),
            sheets.checkbox("Active"),
        )
        rows: list[tuple[Any, ...]] = [
            (
                supplier,
                self.fake.city(),
                f"{self.fake.first_name()} {self.fake.last_name()}",
                f"orders@{_slug(supplier, '')}.example",
                self.random.choice((7, 10, 14, 21, 28, 42)),
                self._day(-4000, -200),
                self.random.random() < 0.9,
            )
            for supplier in self.suppliers
        ]
        return Sheet("Suppliers", columns, rows)

    # ── Chance ──────────────────────────────────────────────────────────────

    def _names(self, count: int, endings: tuple[str, ...]) -> list[str]:
        names: dict[str, None] = {}
        while len(names) < count:
            names[f"{self.fake.last_name()} {self.random.choice(endings)}"] = None
        return list(names)

    def _day(self, first: int, last: int) -> str:
        return _iso(self.today + timedelta(days=self.random.randint(first, last)))

    def _maybe(self, chance: float, value: str) -> str | None:
        return value if self.random.random() < chance else None


def _locations(count: int) -> Iterator[tuple[str, str]]:
    for index in range(count):
        aisle, bay = divmod(index, 16)
        zone = ("front", "bulk", "bulk", "high", "high", "returns")[aisle]
        yield f"{'ABCDEF'[aisle]}-{bay + 1:02}", zone


def _iso(day: date) -> str:
    return day.isoformat()


def _id(person: Person) -> str:
    return str(person.user_id)


def _slug(name: str, between: str) -> str:
    words = "".join(c if c.isalnum() else " " for c in name.lower()).split()
    return between.join(words)
