"""Emissions of a leg: factor, scope, year and distance basis beside every figure. Scopes are never added to one another."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from landed.freight.model import Emission, Leg
from landed.freight.reference import decimal, figures

CARRIER = "carrier"


def emission(mode: str, tonnes: Decimal, km: float, distance_basis: str) -> Emission:
    """Kilograms of CO2 equivalent of moving tonnes over kilometres by a mode, with the shipped factor."""
    data = figures("emission_factors")
    row = data["factors"][mode]
    factor = decimal(row["kg_per_tkm"])
    return Emission(_kg(tonnes * decimal(km) * factor), row["scope"], str(row["id"]), factor, int(data["year"]), distance_basis, str(data["source"]))


def carrier_emission(kg_co2e: Decimal, scope: str, year: int, carrier: str) -> Emission:
    """The carrier's own figure, which takes the place of ours."""
    return Emission(_kg(kg_co2e), scope, CARRIER, None, year, CARRIER, carrier)  # type: ignore[arg-type]


def by_scope(legs: Iterable[Leg]) -> dict[str, Decimal]:
    """Sums by scope; a journey with legs of both has two sums and no whole."""
    found: dict[str, Decimal] = {}
    for leg in legs:
        if leg.emission is not None:
            found[leg.emission.scope] = found.get(leg.emission.scope, Decimal(0)) + leg.emission.kg_co2e
    return found


def _kg(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"), ROUND_HALF_UP)
