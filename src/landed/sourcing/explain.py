"""Says why each SKU comes from where it does, what would switch it, and which limits hold the plan back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np

from landed.sourcing.build import Built
from landed.sourcing.model import Allocated, Binding, Why
from landed.sourcing.program import Solved
from landed.sourcing.risk import costs, tail_weights

CENT = Decimal("0.01")
FINE = Decimal("0.0001")


def scenario_weights(built: Built, found: Solved) -> np.ndarray:
    """The weight of each scenario in the objective at this plan: its probability, and its share of the tail."""
    p = built.problem
    if p.risk_weight == 0 or len(p.probability) < 2:
        return p.probability
    return np.asarray((1 - p.risk_weight) * p.probability + p.risk_weight * tail_weights(costs(p, found), p.probability, p.tail))


def reasons(built: Built, found: Solved, allocations: tuple[Allocated, ...]) -> tuple[Why, ...]:
    """One reason per SKU: the chosen offer against the cheapest other one that could serve it, all else the same."""
    p = built.problem
    weights = scenario_weights(built, found)
    unit = p.cost + p.duty @ weights
    answers = []
    for sku in built.plan.skus:
        mine = [a for a in allocations if a.sku == sku.name]
        if not mine:
            answers.append(Why(sku.name, "", "", Decimal(0), None, None, None, None, None, f"{sku.name} is not bought: each unit short costs less than any offer."))
            continue
        main = max(mine, key=lambda a: a.units)
        columns = [n for n, step in enumerate(built.steps) if step.offer.sku == sku.name]
        chosen = next(n for n in columns if built.steps[n].offer.name == main.offer and built.steps[n].price == main.unit_price)
        others = []
        for n in columns:
            step = built.steps[n]
            if step.offer.name == main.offer or step.least > main.units:
                continue
            entry = 0.0 if found.used[p.column_supplier[n]] > 0 else p.onboarding[p.column_supplier[n]] / float(main.units)
            others.append((unit[n] + entry, n, entry))
        why = _why(built, main, chosen, unit, others, weights)
        if len(mine) > 1:
            rest = ", ".join(f"{a.units.normalize():,f} from {a.offer}" for a in mine if a is not main)
            why = replace(why, text=f"Split with {rest}, to hold the tail or a limit. {why.text}")
        answers.append(why)
    return tuple(answers)


def _why(built: Built, main: Allocated, chosen: int, unit: np.ndarray, others: list[tuple[float, int, float]], weights: np.ndarray) -> Why:
    here = Decimal(str(round(float(unit[chosen]), 4)))
    if not others:
        return Why(main.sku, main.offer, main.origin, here, None, None, None, None, None, f"{main.offer}: no other offer can serve {main.units.normalize():,f} units.")
    cost, n, entry = min(others)
    step, other = built.steps[chosen], built.steps[n]
    there = Decimal(str(round(cost, 4)))
    room = there - here
    price = float(step.price)
    slope = 1 + float(step.carrying / step.price) + float(built.problem.duty[chosen] @ weights) / price
    switch_price = (step.price + Decimal(str(round(float(room) / slope, 4)))).quantize(FINE)
    points = (room / step.price * 100).quantize(CENT)
    extra = f", taking on {other.offer.supplier} included" if entry else ""
    if room >= 0:
        text = f"{main.offer} costs {here.quantize(FINE)} a unit landed, {other.offer.name} {there.quantize(FINE)}{extra}; a price of {switch_price} or {points} points more duty would switch it."
    else:
        text = f"{other.offer.name} would be cheaper by itself ({there.quantize(FINE)} against {here.quantize(FINE)} a unit{extra}), but a limit, a minimum order or a supplier shared with other SKUs holds {main.offer}."
    return Why(main.sku, main.offer, main.origin, here, other.offer.name, other.offer.origin, there, switch_price, points, text)


def binding(built: Built, found: Solved) -> tuple[Binding, ...]:
    """The limits that the plan uses up: capacity, minimum orders, shares, value from a supplier, the number of suppliers."""
    p, plan = built.problem, built.plan
    rows: list[Binding] = []
    bought = p.price * found.quantity
    total = bought.sum() or 1.0

    def add(text: str, used: float, allowed: float) -> None:
        if used >= allowed * (1 - 1e-5):
            rows.append(Binding(text, Decimal(str(round(used, 2))), Decimal(str(round(allowed, 2)))))

    for origin, name in enumerate(built.origins):
        if p.origin_share[origin] < 1:
            add(f"share of value from {name}, percent", 100 * bought[p.column_origin == origin].sum() / total, 100 * p.origin_share[origin])
    for n, supplier in enumerate(plan.suppliers):
        mine = p.column_supplier == n
        if p.supplier_share < 1:
            add(f"share of value from {supplier.name}, percent", 100 * bought[mine].sum() / total, 100 * p.supplier_share)
        if np.isfinite(p.supplier_value[n]):
            add(f"value from {supplier.name}, US dollars", bought[mine].sum(), p.supplier_value[n])
        if np.isfinite(p.supplier_units[n]):
            add(f"units from {supplier.name}", found.quantity[mine].sum(), p.supplier_units[n])
    if p.supplier_count is not None:
        add("number of suppliers", found.used.sum(), p.supplier_count)
    for n, step in enumerate(built.steps):
        if found.quantity[n] <= 0:
            continue
        if step.capped:
            add(f"capacity of {step.offer.name}", found.quantity[n], p.most[n])
        if step.least > 0 and found.quantity[n] <= p.least[n] * (1 + 1e-6):
            kind = "minimum order" if step.least == step.offer.moq else "price break"
            rows.append(Binding(f"{kind} of {step.offer.name}", Decimal(str(round(float(found.quantity[n]), 2))), step.least))
    for sku in np.flatnonzero(p.sku_share < 1):
        for supplier in np.unique(p.column_supplier[p.column_sku == sku]):
            units = found.quantity[(p.column_sku == sku) & (p.column_supplier == supplier)].sum()
            if units:
                add(f"share of {plan.skus[sku].name} from {plan.suppliers[supplier].name}, percent", 100 * units / p.demand[sku], 100 * p.sku_share[sku])
    return tuple(rows)
