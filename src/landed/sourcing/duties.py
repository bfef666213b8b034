"""Asks the duty engine what one unit of each offer owes under each scenario; no rate is ever taken as linear without looking."""

from __future__ import annotations

import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

from landed.duty.estimate import Engine
from landed.duty.model import Estimate
from landed.errors import LandedError
from landed.problems import Problems
from landed.sourcing.model import Offer, PlanInput, Scenario, Sku

LOT = Decimal(10_000)  # units priced at once, so that the rounding of a line to the cent is a millionth of a dollar per unit
HUNDRED = Decimal(100)
FEES = ("mpf", "hmf")


class Duties:
    """Duty per unit by offer, price and scenario, each question asked of the engine once.

    Where every duty is a percent of the entered value, one question serves every price; specific and compound duties are asked at each price.
    """

    def __init__(self, engine: Engine, plan: PlanInput) -> None:
        self.plan = plan
        self.engines: list[Engine] = []
        self.skus = {sku.name: sku for sku in plan.skus}
        self.asked = 0
        self.seconds = 0.0
        self._rates: dict[Any, Decimal | None] = {}
        self._amounts: dict[Any, Decimal] = {}
        self._answers: dict[Any, Estimate] = {}
        self.warnings: dict[str, None] = {}
        problems = Problems("INVALID_PLAN")
        for n, scenario in enumerate(plan.scenarios, 1):
            try:
                self.engines.append(engine.with_overlay(scenario.overlay))
            except LandedError as bad:
                problems.add(f"scenarios[{n}].overlay", bad.detail, bad.mend)
        problems.raise_if_any()

    def arrival(self, offer: Offer, scenario: Scenario) -> Any:
        """The day of entry: the scenario's, the plan's, or the order day plus the lead time."""
        settings = self.plan.settings
        if scenario.arrival or settings.arrival:
            return scenario.arrival or settings.arrival
        assert settings.order_date is not None
        return settings.order_date + timedelta(days=offer.lead_days)

    def per_unit(self, offer: Offer, price: Decimal, scenario: int) -> Decimal:
        """US dollars of duty on one unit at a price. Raises LandedError: what `estimate` raises, DUTY_UNKNOWN, IMPORT_PROHIBITED."""
        key = self._key(offer, scenario)
        if key not in self._rates:
            answer = self._ask(offer, price, scenario)
            self._rates[key] = rate_of(answer)
            if self._rates[key] is None:
                self._amounts[key, price] = (answer.totals.duty or Decimal(0)) / LOT
        rate = self._rates[key]
        if rate is not None:
            return price * rate / HUNDRED
        if (key, price) not in self._amounts:
            self._amounts[key, price] = (self._ask(offer, price, scenario).totals.duty or Decimal(0)) / LOT
        return self._amounts[key, price]

    def _key(self, offer: Offer, scenario: int) -> tuple[Any, ...]:
        sku = self.skus[offer.sku]
        per_unit = None if not (sku.quantities or sku.weight_kg) else sku.name
        return sku.hts_code, offer.origin, offer.claims, offer.facts, sku.facts, scenario, self.arrival(offer, self.plan.scenarios[scenario]), per_unit

    def _ask(self, offer: Offer, price: Decimal, scenario: int) -> Estimate:
        key = (self._key(offer, scenario), price)
        if key not in self._answers:
            began = time.perf_counter()
            self._answers[key] = self.ask(offer, price * LOT, LOT, scenario)
            self.asked += 1
            self.seconds += time.perf_counter() - began
        return self._answers[key]

    def ask(self, offer: Offer, value: Decimal, units: Decimal, scenario: int) -> Estimate:
        """The estimate of some units of an offer under a scenario."""
        sku, case = self.skus[offer.sku], self.plan.scenarios[scenario]
        request: dict[str, Any] = {
            "hts_code": sku.hts_code,
            "country_of_origin": offer.origin,
            "customs_value": format(value.quantize(Decimal("0.01")), "f"),
            "entry_date": self.arrival(offer, case).isoformat(),
            "quantities": quantities(sku, units),
            "claims": dict(offer.claims),
            "facts": {**dict(sku.facts), **dict(offer.facts)},
        }
        known_on = case.known_on or self.plan.settings.known_on
        if known_on:
            request["known_on"] = known_on.isoformat()
        if self.plan.settings.transport_mode:
            request["transport_mode"] = self.plan.settings.transport_mode
        answer = self.engines[scenario].estimate(request, depth="duty")
        if answer.status == "refused":
            raise LandedError("IMPORT_PROHIBITED", (answer.error or {}).get("detail", "the goods may not enter"), where=offer.name, mend="Leave the offer out, or check the exceptions.")
        if answer.totals.duty is None:
            needs = next((c.because for c in answer.components if c.status == "unknown"), "a part of the duty cannot be computed")
            raise LandedError("DUTY_UNKNOWN", f"{sku.name} from {offer.origin}: {needs}", where=offer.name, mend="Give weight_kg or quantities per unit, or the fact that is asked for.")
        for warning in answer.warnings:
            if warning.code in ("PAST_VERIFIED", "UNVERIFIED_FACT", "POSSIBLE_AD_CVD"):
                self.warnings[f"{sku.name} from {offer.origin}: {warning.message}"] = None
        return answer


def rate_of(answer: Estimate) -> Decimal | None:
    """The duty as one percent of the value, or None where a duty is specific, compound, or on another base."""
    total = Decimal(0)
    for part in answer.components:
        if part.status != "applies" or part.kind in FEES:
            continue
        if part.rate_pct is None or part.basis != "entered_value":
            return None
        total += part.rate_pct
    duty = answer.totals.duty
    if duty is None or abs(duty - answer.customs_value * total / HUNDRED) > Decimal("0.05"):
        return None  # something else than the rates shown decides the amount
    return total


def quantities(sku: Sku, units: Decimal) -> list[dict[str, str]]:
    """Quantities of so many units for the tariff: pieces, kilograms, and whatever the SKU states per unit."""
    found = {"no": units}
    if sku.weight_kg is not None:
        found["kg"] = sku.weight_kg * units
    found.update({unit: value * units for unit, value in sku.quantities})
    return [{"value": format(value.quantize(Decimal("0.000001")), "f"), "unit": unit} for unit, value in found.items()]
