"""The words of landed cost: what a line, a unit and an order cost, who pays, and what is left at a selling price. US dollars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from landed.duty.model import Warning_
from landed.entry.model import EntryAnswer


@dataclass(frozen=True, slots=True)
class OrderCost:
    """A cost of the whole order that the buyer states: brokerage, bond, drayage or another, and how lines share it."""

    kind: str
    label: str
    amount: Decimal
    by: str = "value"


@dataclass(frozen=True, slots=True)
class Terms:
    """How the order is paid and sold.

    `annual_rate_pct` over `days` finances the goods; `fx_margin_pct` is what the bank takes on foreign money; `tax_pct` a
    domestic tax on the landed cost; `selling_costs_pct` of the selling price (marketplace, card).
    """

    annual_rate_pct: Decimal = Decimal(0)
    days: Decimal = Decimal(0)
    fx_margin_pct: Decimal = Decimal(0)
    tax_pct: Decimal = Decimal(0)
    selling_costs_pct: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class CostItem:
    """One part of the cost of a line: `amount` None is not known; `payer` seller where the price holds it already."""

    kind: str  # goods, additions, freight, insurance, duty, fees, brokerage, ...
    label: str
    amount: Decimal | None
    payer: str = "buyer"
    because: str = ""


@dataclass(frozen=True, slots=True)
class Margin:
    """What is left of one unit at its selling price; None where the cost is not known."""

    selling_price: Decimal
    profit: Decimal | None
    margin_pct: Decimal | None
    break_even: Decimal | None


@dataclass(frozen=True, slots=True)
class LineCost:
    """What one line costs to land. `known` sums what is known; `low` and `high` span the open questions of duty."""

    number: int
    reference: str | None
    hts_code: str
    origin: str
    quantity: Decimal | None
    items: tuple[CostItem, ...]
    total: Decimal | None
    known: Decimal
    low: Decimal | None
    high: Decimal | None
    per_unit: Decimal | None
    margin: Margin | None


@dataclass(frozen=True, slots=True)
class LandedCost:
    """What an order costs to land, by line, with the entry behind it."""

    lines: tuple[LineCost, ...]
    items: tuple[CostItem, ...]  # the order: sums by kind and label, in the order of the lines' items
    total: Decimal | None
    known: Decimal
    low: Decimal | None
    high: Decimal | None
    entry: EntryAnswer
    warnings: tuple[Warning_, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data: money as decimal strings, unknown as null."""

        def text(value: Decimal | None, places: str = ".2f") -> str | None:
            return None if value is None else format(value, places)

        def items(rows: tuple[CostItem, ...]) -> list[Mapping[str, Any]]:
            return [{"kind": i.kind, "label": i.label, "amount": text(i.amount), "payer": i.payer, "because": i.because} for i in rows]

        return {
            "totals": {"landed_cost": text(self.total), "known_subtotal": text(self.known), "low": text(self.low), "high": text(self.high)},
            "items": items(self.items),
            "lines": [
                {
                    "line": row.number,
                    "reference": row.reference,
                    "hts_code": row.hts_code,
                    "country_of_origin": row.origin,
                    "quantity": None if row.quantity is None else format(row.quantity.normalize(), "f"),
                    "items": items(row.items),
                    "landed_cost": text(row.total),
                    "known_subtotal": text(row.known),
                    "low": text(row.low),
                    "high": text(row.high),
                    "per_unit": text(row.per_unit, ".4f"),
                    "margin": None
                    if row.margin is None
                    else {
                        "selling_price": text(row.margin.selling_price),
                        "profit_per_unit": text(row.margin.profit, ".4f"),
                        "margin_pct": text(row.margin.margin_pct),
                        "break_even_price": text(row.margin.break_even),
                    },
                }
                for row in self.lines
            ],
            "warnings": [{"code": w.code, "message": w.message, "action": w.action} for w in self.warnings],
            "entry": self.entry.to_dict(),
        }
