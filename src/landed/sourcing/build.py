"""Turns a planning document into the arrays of the programme: price steps, freight, carrying cost, duty per unit and scenario."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from landed.errors import LandedError
from landed.problems import Problems
from landed.sourcing.duties import Duties
from landed.sourcing.model import Lane, Offer, PlanInput, Sku
from landed.sourcing.program import Problem

DAYS = Decimal(365)
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Step:
    """One column of the programme: a price step of an offer with its certain costs per unit."""

    offer: Offer
    price: Decimal
    freight: Decimal
    carrying: Decimal
    least: Decimal
    most: Decimal
    capped: bool  # `most` is the offer's capacity, not demand or the next step
    duty: tuple[Decimal, ...]


@dataclass
class Built:
    """The programme with what each column means."""

    plan: PlanInput
    problem: Problem
    steps: tuple[Step, ...]
    origins: tuple[str, ...]
    duties: Duties
    notes: list[str] = field(default_factory=list)


def build(plan: PlanInput, duties: Duties) -> Built:
    """The programme of a plan; raises LandedError INVALID_PLAN where duty or freight of an offer cannot be known."""
    problems = Problems("INVALID_PLAN")
    notes: list[str] = []
    skus = {sku.name: sku for sku in plan.skus}
    lanes = {lane.origin: lane for lane in plan.lanes}
    suppliers = {supplier.name: n for n, supplier in enumerate(plan.suppliers)}
    steps: list[Step] = []
    bare: dict[str, None] = {}
    for n, offer in enumerate(plan.offers, 1):
        sku = skus[offer.sku]
        freight = _freight(offer, sku, lanes.get(offer.origin), f"offers[{n}]", problems)
        if freight is None:
            bare[offer.origin] = None
        limit = plan.suppliers[suppliers[offer.supplier]].max_value
        for price, least, most, capped in _steps(offer, sku, limit):
            try:
                duty = tuple(duties.per_unit(offer, price, k) for k in range(len(plan.scenarios)))
            except LandedError as bad:
                if bad.code == "IMPORT_PROHIBITED":
                    notes.append(f"{offer.name} is left out: {bad.detail}.")
                else:
                    problems.add(f"offers[{n}]", f"{bad.code}: {bad.detail}", bad.mend)
                break
            carrying = plan.settings.holding_rate_pct / HUNDRED * price * offer.lead_days / DAYS
            steps.append(Step(offer, price, freight or Decimal(0), carrying, least, most, capped, duty))
    for n, sku in enumerate(plan.skus, 1):
        if sku.service_pct < HUNDRED and sku.shortage_cost is None:
            problems.add(f"skus[{n}].shortage_cost", "a service level below 100 needs the cost of a unit short", "Give the margin lost per unit.")
        if not problems.found and not any(step.offer.sku == sku.name for step in steps):
            problems.add(f"skus[{n}].sku", f"no offer of {sku.name!r} may enter", "See docs/sourcing.md; add another origin.")
    problems.raise_if_any()
    if bare:
        notes.append(f"No freight is stated from {', '.join(bare)}; it counts as in the price.")
    origins = tuple(dict.fromkeys(step.offer.origin for step in steps))
    return Built(plan, _problem(plan, steps, suppliers, origins), tuple(steps), origins, duties, notes)


def _steps(offer: Offer, sku: Sku, limit: Decimal | None) -> list[tuple[Decimal, Decimal, Decimal, bool]]:
    """(price, least, most, whether capacity is what stops it) of each step that can be bought."""
    found: list[tuple[Decimal, Decimal, Decimal, bool]] = []
    marks = [mark for mark, _ in offer.breaks]
    for n, (mark, price) in enumerate(offer.breaks):
        least = offer.moq if n == 0 and mark <= 1 else max(mark, offer.moq)
        most = max(sku.demand, least)
        if n + 1 < len(marks):
            most = min(most, marks[n + 1])
        capped = offer.capacity is not None and offer.capacity < most
        if capped and offer.capacity is not None:
            most = offer.capacity
        if limit is not None and price * most > limit:
            most = limit / price
        if most > 0 and (most >= least or (n + 1 == len(marks) and not found)):
            found.append((price, least, most, capped))
    return found


def _freight(offer: Offer, sku: Sku, lane: Lane | None, where: str, problems: Problems) -> Decimal | None:
    """Dollars of freight per unit: the offer's own, else the lane's by volume and weight; None where nothing is stated."""
    if offer.freight_per_unit is not None:
        return offer.freight_per_unit
    if lane is None or (lane.per_cbm is None and lane.per_kg is None):
        return None
    total = Decimal(0)
    for rate, size, name in ((lane.per_cbm, sku.volume_cbm, "volume_cbm"), (lane.per_kg, sku.weight_kg, "weight_kg")):
        if rate is not None:
            if size is None:
                problems.add(where, f"the lane from {offer.origin} charges by {name}, which {sku.name} does not state", f"Give {name} of the SKU, or freight_per_unit of the offer.")
                return None
            total += rate * size
    return total


def _problem(plan: PlanInput, steps: list[Step], suppliers: dict[str, int], origins: tuple[str, ...]) -> Problem:
    settings = plan.settings
    index = {sku.name: n for n, sku in enumerate(plan.skus)}
    offers = {offer.name: n for n, offer in enumerate(plan.offers)}
    own = dict(settings.origin_shares)
    infinite = Decimal("Infinity")
    return Problem(
        demand=_floats([s.demand for s in plan.skus]),
        fill=_floats([s.service_pct / HUNDRED for s in plan.skus]),
        shortage=_floats([s.shortage_cost or Decimal(0) for s in plan.skus]),
        sku_share=_floats([s.max_supplier_share_pct / HUNDRED for s in plan.skus]),
        column_sku=np.array([index[s.offer.sku] for s in steps]),
        column_offer=np.array([offers[s.offer.name] for s in steps]),
        column_supplier=np.array([suppliers[s.offer.supplier] for s in steps]),
        column_origin=np.array([origins.index(s.offer.origin) for s in steps]),
        price=_floats([s.price for s in steps]),
        cost=_floats([s.price + s.freight + s.carrying for s in steps]),
        least=_floats([s.least for s in steps]),
        most=_floats([s.most for s in steps]),
        duty=np.array([[float(d) for d in s.duty] for s in steps]),
        probability=_floats([k.probability for k in plan.scenarios]),
        onboarding=_floats([s.onboarding_cost for s in plan.suppliers]),
        supplier_value=_floats([infinite if s.max_value is None else s.max_value for s in plan.suppliers]),
        supplier_units=_floats([infinite if s.max_units is None else s.max_units for s in plan.suppliers]),
        origins=len(origins),
        origin_share=_floats([min(own.get(o, HUNDRED), settings.max_origin_share_pct) / HUNDRED for o in origins]),
        supplier_share=float(settings.max_supplier_share_pct / HUNDRED),
        supplier_count=settings.max_suppliers,
        risk_weight=float(settings.risk_weight),
        tail=float(settings.tail_pct / HUNDRED),
    )


def _floats(values: list[Decimal]) -> np.ndarray:
    return np.array([float(v) for v in values])
