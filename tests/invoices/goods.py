"""The truth behind a made-up document: parties, lines and sums, from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

GOODS = (
    ("Men's knitted cotton T-shirts, short sleeve", "6109100012", "pcs"), ("Women's woven cotton trousers", "6204628011", "pcs"), ("Stainless steel water bottle 750 ml", "7323930080", "pcs"),
    ("LED desk lamp with USB port", "9405218010", "pcs"), ("Wooden dining chair, oak, unupholstered", "9401694011", "pcs"), ("Plastic storage box with lid 30 L", "3924905650", "pcs"),
    ("Bluetooth loudspeaker, portable", "8518220000", "pcs"), ("Toy building bricks, plastic, set of 250", "9503000073", "set"), ("Cotton bath towels 70 x 140 cm", "6302600020", "pcs"),
    ("Ceramic mug 350 ml, white", "6912004400", "pcs"), ("Bicycle helmet, adult, size M", "6506106045", "pcs"), ("Leather belt for men 110 cm", "4203300000", "pcs"),
    ("Cordless drill 18 V with two batteries", "8467210010", "pcs"), ("Aluminium profile, extruded, 6 m", "7604293060", "kg"), ("Rubber gaskets for pumps", "4016935010", "kg"),
    ("Copper wire, insulated, 2.5 mm", "8544499000", "m"), ("Running shoes, textile upper", "6404118900", "prs"), ("Sunglasses with UV filter", "9004100000", "doz"),
)  # fmt: skip
SELLERS = (
    ("Bright Harbour Trading Co., Ltd.", ("88 Jianshe Road, Building 4", "Shenzhen 518000", "China"), "CN"), ("Saigon Craft Export JSC", ("12 Nguyen Hue Street", "Ho Chi Minh City", "Vietnam"), "VN"),
    ("Rheintal Metallbau GmbH", ("Industriestrasse 17", "50667 Koeln", "Germany"), "DE"), ("Lusitana Texteis Lda", ("Rua do Ouro 55", "Porto", "Portugal"), "PT"), ("Anatolia Home Sanayi A.S.", ("Ataturk Cad. 9", "Izmir", "Turkey"), "TR"),
)  # fmt: skip
BUYERS = (("Northlake Outfitters Inc.", ("4100 Lakeshore Drive", "Chicago, IL 60613", "USA")), ("Blue Mesa Supply LLC", ("220 Canyon Blvd", "Boulder, CO 80302", "USA")), ("Tidewater Imports Corp.", ("17 Dock Street", "Norfolk, VA 23510", "United States")))
PORTS = ("Shenzhen", "Hamburg", "Haiphong", "Izmir", "Leixoes")
ALL = ("quantity", "price", "amount", "code", "net_weight", "gross_weight", "packages", "volume")


@dataclass
class Line:
    """One line of goods."""

    description: str
    code: str
    unit: str
    origin: str
    reference: str
    quantity: Decimal
    price: Decimal
    amount: Decimal
    packages: Decimal
    net_weight: Decimal
    gross_weight: Decimal
    volume: Decimal


@dataclass
class Paper:
    """A document: what it says, and which parts of a line its layout shows (`shows`, filled by the layout)."""

    number: str
    date: str
    seller: tuple[str, tuple[str, ...], str]
    buyer: tuple[str, tuple[str, ...]]
    currency: str
    incoterm: str
    place: str
    lines: list[Line]
    charges: dict[str, Decimal] = field(default_factory=dict)
    shows: tuple[str, ...] = ("quantity", "price", "amount")
    sums: dict[str, Decimal] = field(default_factory=dict)

    @property
    def goods(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def total(self) -> Decimal:
        return self.goods + sum((-v if k == "discount" else v for k, v in self.charges.items()), Decimal(0))

    def numbers(self) -> dict[str, Decimal | str]:
        """Every number of the paper by the id of its field; codes are digits."""
        found: dict[str, Decimal | str] = {}
        for n, line in enumerate(self.lines, 1):
            for name in ALL:
                if name in self.shows:
                    found[f"lines.{n}.{name}"] = getattr(line, name)
        if "amount" in self.shows:
            found |= self.charges
            found["total"] = self.total
            if "subtotal" in self.shows:
                found["subtotal"] = self.goods
        return {**found, **self.sums}


def make(seed: int, lines: int = 6, currency: str = "USD", charges: tuple[str, ...] = (), incoterm: str = "FOB") -> Paper:
    """A paper from a seed: the same seed gives the same paper."""
    dice = random.Random(seed)
    seller = dice.choice(SELLERS)
    rows = []
    for _n, (description, code, unit) in enumerate((dice.sample(GOODS, len(GOODS)) * (lines // len(GOODS) + 1))[:lines], 1):
        quantity = Decimal(dice.choice([dice.randint(2, 99), dice.randint(100, 999), dice.randint(10, 480) * 10, dice.randint(1000, 9999)]))
        price = Decimal(dice.randint(35, 9999)).scaleb(-2) if dice.random() < 0.85 else Decimal(dice.randint(1001, 99999)).scaleb(-4)
        amount = (quantity * price).quantize(Decimal("0.01"), ROUND_HALF_UP)
        packages = Decimal(dice.randint(1, 120))
        net = Decimal(dice.randint(50, 9000)).scaleb(-1)
        rows.append(Line(description, code, unit, seller[2], f"{dice.choice('ABKTX')}{dice.choice('CDR')}-{dice.randint(1000, 9999)}", quantity, price, amount, packages, net, net + Decimal(dice.randint(5, 400)).scaleb(-1), Decimal(dice.randint(10, 9000)).scaleb(-3)))
    sums = {name: Decimal(dice.randint(4500, 480000)).scaleb(-2) for name in charges}
    day = f"2026-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}"
    return Paper(f"{dice.choice(['INV', 'CI', 'EX', 'BH'])}-{dice.randint(2024, 2026)}-{dice.randint(100, 9999):04d}", day, seller, dice.choice(BUYERS), currency, incoterm, dice.choice(PORTS), rows, sums)
