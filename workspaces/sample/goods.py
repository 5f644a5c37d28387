"""What Harbour & Hill sells: about 1,000 goods, each with a plausible price."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Good:
    """Something in the catalogue."""

    name: str
    sku: str
    category: str
    price: float


# By category: what there is, at about which price, and in which kinds.
CATALOGUE: dict[str, list[tuple[str, float, str]]] = {
    "kitchen": [
        ("Enamel mug", 7.5, "navy, cream, sage, brick, white, mustard, slate, sky"),
        ("Oak chopping board", 18, "small, medium, large, round, with a groove"),
        ("Beech rolling pin", 9, "plain, tapered, for children"),
        ("Stoneware teapot", 24, "0.6 l, 1.2 l, 1.8 l"),
        ("Cast-iron trivet", 12, "star, fern, plain, knot"),
        ("Copper milk pan", 38, "12 cm, 14 cm, 16 cm"),
        ("Stoneware bowl", 8, "oat, sand, ink, moss, fog, clay, rose"),
        ("Carbon steel pan", 32, "20 cm, 24 cm, 28 cm, 30 cm"),
        ("Olive wood spoon", 5, "slotted, straight, round, for salad"),
        ("Glass jar with cork", 4, "0.25 l, 0.5 l, 1 l, 2 l"),
        ("Linen oven glove", 11, "oat, navy, brick, moss"),
        ("Pepper mill, walnut", 26, "12 cm, 18 cm, 25 cm"),
    ],
    "linen": [
        ("Linen apron", 22, "oat, navy, brick, moss, charcoal, rose"),
        ("Tea towel", 6, "harbour stripe, ordnance map, herring, fern, check, lighthouse, plain"),
        ("Linen napkin, set of 4", 16, "oat, navy, brick, moss, fog, mustard"),
        ("Wool blanket", 58, "heather, fog, moss, peat, barley, navy"),
        ("Cotton throw", 34, "sand, sage, ink, clay, cream"),
        ("Tablecloth", 42, "140 cm, 180 cm, 240 cm, 300 cm"),
        ("Cushion cover", 14, "oat, navy, brick, moss, fog, mustard, rose, slate"),
        ("Pillow case, washed linen", 19, "white, oat, fog, rose, sky"),
    ],
    "stationery": [
        ("Notebook A5", 5, "dotted, lined, squared, plain"),
        ("Notebook A4", 8, "dotted, lined, squared, plain"),
        ("Letter set", 9, "laid paper, wove paper, kraft, blue"),
        ("Brass paper clips", 3, "box of 25, box of 50, box of 100"),
        ("Wall planner", 11, "this year, next year, without a year"),
        ("Pencil set, cedar", 8, "of 6, of 12, of 24"),
        ("Fountain pen ink", 7, "black, blue, sepia, moss, plum"),
        ("Card with envelope", 2.5, "gull, heron, puffin, avocet, curlew, wren, plain"),
        ("Washi tape", 3, "sage, brick, navy, mustard, check, stripe"),
    ],
    "garden": [
        ("Hand fork", 13, "ash handle, long, for children"),
        ("Trowel", 12, "ash handle, narrow, for bulbs"),
        ("Galvanised watering can", 28, "2 l, 5 l, 9 l"),
        ("Jute twine", 3.5, "50 m, 100 m, 250 m"),
        ("Terracotta pot", 4, "9 cm, 11 cm, 14 cm, 18 cm, 22 cm, 28 cm"),
        ("Bird feeder", 16, "cedar, zinc, window, for suet"),
        ("Seed tin with dividers", 18, "green, cream, slate"),
        ("Gardening gloves", 9, "S, M, L, XL"),
        ("Plant label, slate", 2, "single, of 10, of 25"),
    ],
    "bath": [
        ("Soap, 100 g", 4.5, "sea salt, rosemary, oat, lavender, charcoal, lemon"),
        ("Bath brush", 12, "pear wood, beech, with a long handle"),
        ("Cotton flannel", 4, "fog, sage, white, rose, ink"),
        ("Bath towel", 24, "fog, sage, white, rose, ink, sand"),
        ("Enamel soap dish", 7, "white, navy, cream"),
        ("Nail brush", 5, "beech, pear wood, double"),
        ("Bath salts", 9, "pine, lavender, plain, in a jar"),
    ],
    "lighting": [
        ("Beeswax candle", 6, "pair, single, of 6, pillar"),
        ("Storm lantern", 22, "zinc, navy, brick, moss"),
        ("Table lamp", 64, "oak base, brass base, stone base"),
        ("Wick trimmer", 12, "brass, steel"),
        ("Tea lights", 5, "of 12, of 24, of 48"),
        ("Lamp shade, linen", 28, "20 cm, 30 cm, 40 cm"),
    ],
    "toys": [
        ("Wooden tug boat", 14, "red, blue, plain"),
        ("Kite", 18, "red sail, blue sail, box"),
        ("Marbles", 6, "in a tin, in a bag, giant"),
        ("Skipping rope", 8, "beech, ash, long"),
        ("Wooden blocks", 24, "of 30, of 60, of 100"),
        ("Yo-yo", 5, "beech, red, navy"),
        ("Jigsaw", 15, "harbour, hill farm, tide table, sea birds"),
    ],
    "other": [
        ("Hamper basket, willow", 21, "small, medium, large, with lid"),
        ("Gift tag, kraft", 3, "of 25, of 100, of 250"),
        ("Tissue paper", 4, "white, oat, moss, of 48, of 480"),
        ("Ribbon, cotton", 4, "oat, brick, navy, moss, 100 m"),
        ("Door stop", 17, "oak, rope, cast iron"),
        ("Boot brush", 15, "beech, with scraper"),
    ],
}
# Most goods come in several grades: that is how a small catalogue has many lines.
GRADES = (("", 1.0), (", seconds", 0.6), (", gift box", 1.25), (", trade pack of 6", 5.4))


def goods(random: Random, count: int) -> list[Good]:
    """A catalogue of ``count`` lines. The same kinds stand together, as a buyer lists them."""
    every = list(_every(random))
    if len(every) < count:
        raise ValueError(f"The catalogue has only {len(every)} lines.")
    chosen = sorted(random.sample(range(len(every)), count))
    return [every[index] for index in chosen]


def _every(random: Random) -> Iterator[Good]:
    serial = 1040
    for category, things in CATALOGUE.items():
        for thing, price, kinds in things:
            for kind in kinds.split(", "):
                for grade, factor in GRADES:
                    name = f"{thing}, {kind}{grade}"
                    amount = round(price * factor * random.uniform(0.85, 1.2), 2)
                    yield Good(name, f"{category[:3].upper()}-{serial}", category, amount)
                    serial += random.choice((1, 3, 3, 4))
