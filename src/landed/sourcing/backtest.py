"""Prices a plan again on the law as it really came: the same goods on each day of arrival, by the dated law."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from landed.duty.estimate import Engine
from landed.sourcing.duties import Duties
from landed.sourcing.model import Allocated
from landed.sourcing.read import read_plan

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Arrival:
    """What one shipment of a plan owed on a day, and its whole cost (goods, freight, carrying, duty), US dollars."""

    day: date
    duty: Decimal
    cost: Decimal


def backtest(document: Mapping[str, Any], allocations: Sequence[Allocated], days: Sequence[date], engine: Engine) -> tuple[Arrival, ...]:
    """The plan in equal shipments, one on each day, under the law of that day without any what-if.

    Onboarding is not in it: it is paid once whatever the law. Raises what the duty engine raises.
    """
    given = {**document, "scenarios": [{"name": day.isoformat(), "probability": str(Decimal(1) if n == 0 else Decimal(0)), "arrival": day.isoformat()} for n, day in enumerate(days)]}
    asked = read_plan(given, engine.law)
    duties, offers = Duties(engine, asked), {offer.name: offer for offer in asked.offers}
    fixed = sum((row.goods + row.freight + row.carrying for row in allocations), Decimal(0)) / len(days)
    rows = []
    for k, day in enumerate(days):
        duty = sum((row.units / len(days) * duties.per_unit(offers[row.offer], row.unit_price, k) for row in allocations), Decimal(0)).quantize(CENT)
        rows.append(Arrival(day, duty, (fixed + duty).quantize(CENT)))
    return tuple(rows)
