"""Northgate Tea: a small blender and shop, so that there is a second company to switch to."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from faker import Faker

from . import sheets
from .people import ELLIS, RUTH
from .sheets import Sheet

KINDS = {
    "black": ("Assam", "Darjeeling", "Ceylon", "Keemun", "Kenya", "Nilgiri"),
    "green": ("Sencha", "Gunpowder", "Dragon Well", "Hojicha", "Genmaicha"),
    "oolong": ("Iron Goddess", "Dong Ding", "Oriental Beauty"),
    "herbal": ("Chamomile", "Peppermint", "Rooibos", "Nettle", "Lemon verbena"),
}
GRADES = ("broken", "leaf", "first flush", "second flush")
ORDERS = 180


def workspaces(random: Random, fake: Faker, today: date) -> dict[str, list[Sheet]]:
    """The tables by workspace."""
    teas = _teas(random)
    return {"Blending": [teas], "Shop": [_orders(random, fake, today, teas)]}


def _teas(random: Random) -> Sheet:
    columns = (
        sheets.text("Tea", 14),
        sheets.select("Kind", black="red", green="green", oolong="orange", herbal="teal"),
        sheets.number("In stock, kg", 1),
        sheets.number("Price £/kg", 2, 7),
        sheets.checkbox("Organic"),
        sheets.person("Taster"),
    )
    rows: list[tuple[Any, ...]] = []
    for kind, teas in KINDS.items():
        for tea in teas:
            for grade in GRADES:
                taster = random.choice((RUTH, ELLIS))
                price = round(random.uniform(9, 90), 2)
                stock = round(random.uniform(0, 120), 1)
                name, organic = f"{tea}, {grade}", random.random() < 0.4
                rows.append((name, kind, stock, price, organic, str(taster.user_id)))
    return Sheet("Teas", columns, rows)


def _orders(random: Random, fake: Faker, today: date, teas: Sheet) -> Sheet:
    columns = (
        sheets.text("Customer", 14),
        sheets.text("Tea", 14),
        sheets.number("Grams"),
        sheets.number("Amount £", 2, 7),
        sheets.date("Ordered on"),
        sheets.checkbox("Sent"),
    )
    rows: list[tuple[Any, ...]] = []
    for index in range(ORDERS):
        tea = random.choice(teas.rows)
        grams, ago = random.choice((50, 100, 250, 500, 1000)), (ORDERS - index) // 3
        customer = f"{fake.first_name()} {fake.last_name()}"
        amount = round(tea[3] * grams / 1000 * 2.4, 2)
        ordered_on = (today - timedelta(days=ago)).isoformat()
        rows.append((customer, tea[0], grams, amount, ordered_on, ago > 2))
    return Sheet("Orders", columns, rows)
