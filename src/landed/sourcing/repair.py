"""When no plan exists: which limits clash, and the cheapest set of changes that lets one exist."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from landed.sourcing.build import Built
from landed.sourcing.model import Repair
from landed.sourcing.program import Model, highs, run

SOFT = ("demand", "sku_share", "supplier_value", "supplier_units", "origin_share", "supplier_share", "supplier_count", "least", "most")
UNSERVED = 3.0  # a dollar of demand not served counts three times a dollar moved past another limit


@dataclass
class _Elastic:
    """The programme with a slack on every limit that could give way; slack counts the dollars that it moves."""

    model: Model
    soft: list[int]
    weight: np.ndarray
    scale: float


def diagnose(built: Built) -> tuple[tuple[str, ...], tuple[Repair, ...]]:
    """Limits that cannot all hold (none of them can be left out of the clash), and the cheapest repair in dollars moved."""
    elastic = _elastic(built)
    slack, values = _solve(elastic, hard=set())
    if values is None:
        return (), ()
    repairs = tuple(_repair(built, elastic.model, elastic.soft[n], values, slack[n]) for n in np.flatnonzero(slack > 1e-7))
    # Make whatever gave way hard until nothing can give way any more: those limits hold a clash. Then drop what it does not need.
    hard: set[int] = {int(n) for n in np.flatnonzero(slack > 1e-7)}
    for _ in range(40 if hard else 0):
        slack, again = _solve(elastic, hard)
        gave = {int(n) for n in np.flatnonzero(slack > 1e-7)}
        if again is None or not gave:
            break
        hard |= gave
    clash = sorted(hard)
    for n in list(clash) if len(clash) <= 40 else []:
        rest = set(clash) - {n}
        if _solve(elastic, rest, possible=True)[1] is None:
            clash = sorted(rest)
    return tuple(_name(built, elastic.model.rows.names[elastic.soft[n]])[0] for n in clash), repairs


def _elastic(built: Built) -> _Elastic:
    p = built.problem
    model = Model(p)
    soft, weight = [], []
    size = model.size
    spend = float(np.sum(p.demand * np.array([p.price[p.column_sku == s].mean() for s in range(model.skus)])))
    value = p.price * size
    for row, name in enumerate(model.rows.names):
        kind = name[0]
        if kind not in SOFT or (kind == "most" and not built.steps[name[1]].capped):
            continue
        soft.append(row)
        dollars: float = {  # type: ignore[no-untyped-call]
            "demand": lambda n: UNSERVED * p.price[p.column_sku == n[1]].max() * p.demand[n[1]],
            "sku_share": lambda n: p.price[p.column_sku == n[1]].max() * p.demand[n[1]],
            "supplier_value": lambda n: p.supplier_value[n[1]],
            "supplier_units": lambda n: p.supplier_units[n[1]] * np.median(p.price),
            "origin_share": lambda n: float(value.max()),
            "supplier_share": lambda n: float(value.max()),
            "supplier_count": lambda n: max(0.01 * spend, float(p.onboarding.max(initial=0))),
            "least": lambda n: value[n[1]],
            "most": lambda n: value[n[1]],
        }[kind](name)
        weight.append(max(float(dollars), 1e-6))
    weights = np.array(weight)
    return _Elastic(model, soft, weights, float(np.median(weights)) if len(weights) else 1.0)


def _solve(elastic: _Elastic, hard: set[int], *, possible: bool = False) -> tuple[np.ndarray, np.ndarray | None]:
    """Least dollars moved with some limits held hard; values None where those cannot hold together. `possible` asks only whether they can."""
    import highspy

    model, count = elastic.model, len(elastic.soft)
    lower, upper = model.lower.copy(), model.upper.copy()
    upper[model.x : model.z] = np.maximum(upper[model.x : model.z], 1.5)  # capacity is held by its row here
    starts, index, value = model.rows.csr()
    place = {row: n for n, row in enumerate(elastic.soft)}
    new_index: list[int] = []
    new_value: list[float] = []
    new_starts = [0]
    for row in range(len(model.rows.lower)):
        new_index.extend(index[starts[row] : starts[row + 1]])
        new_value.extend(value[starts[row] : starts[row + 1]])
        if row in place:
            new_index.append(model.columns + place[row])
            new_value.append(1.0 if np.isfinite(model.rows.lower[row]) else -1.0)
        new_starts.append(len(new_index))
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = model.columns + count, len(model.rows.lower)
    lp.col_cost_ = np.concatenate([np.zeros(model.columns), elastic.weight / elastic.scale * (not possible)])
    lp.col_lower_ = np.concatenate([lower, np.zeros(count)])
    lp.col_upper_ = np.concatenate([upper, np.array([0.0 if n in hard else np.inf for n in range(count)])])
    lp.row_lower_, lp.row_upper_ = np.array(model.rows.lower), np.array(model.rows.upper)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = np.array(new_starts, dtype=np.int32), np.array(new_index, dtype=np.int32), np.array(new_value)
    kinds: Any = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    lp.integrality_ = [kinds[w] for w in model.whole] + [kinds[0]] * count
    solver = highs(seconds=20, gap=0.001)
    solver.passModel(lp)
    run(solver)
    if solver.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return np.zeros(count), None
    values = np.array(solver.getSolution().col_value)
    return values[model.columns :], values[: model.columns]


def _repair(built: Built, model: Model, row: int, values: np.ndarray, slack: float) -> Repair:
    name = model.rows.names[row]
    text, where, now = _name(built, name)
    p, quantity = built.problem, values[model.x : model.z] * model.size
    kind = name[0]
    bought = p.price * quantity
    if kind == "demand":
        needed = now * Decimal(str(round(1 - slack, 6)))
    elif kind == "sku_share":
        needed = now + Decimal(str(round(slack * 100, 3)))
    elif kind in ("supplier_value", "supplier_units"):
        needed = now * Decimal(str(round(1 + slack, 6)))
    elif kind in ("origin_share", "supplier_share"):
        part = bought[(p.column_origin if kind == "origin_share" else p.column_supplier) == name[1]].sum()
        needed = Decimal(str(round(100 * part / max(bought.sum(), 1e-9), 3)))
    elif kind == "supplier_count":
        needed = now + Decimal(round(slack))
    else:
        needed = Decimal(str(round(float(quantity[name[1]]), 2)))
    verb = "lower" if kind in ("demand", "least") else "raise"
    return Repair(text, where, now, needed.quantize(Decimal("0.01")), f"{verb} {text} from {now.normalize():f} to {needed.quantize(Decimal('0.01')).normalize():f}")


def _name(built: Built, name: tuple[Any, ...]) -> tuple[str, str, Decimal]:
    """A limit in words, where it stands in the document, and what it says now."""
    plan, kind = built.plan, name[0]
    if kind == "demand":
        return f"the demand for {plan.skus[name[1]].name}", f"skus[{name[1] + 1}].demand", plan.skus[name[1]].demand * plan.skus[name[1]].service_pct / 100
    if kind == "sku_share":
        return f"the share of {plan.skus[name[1]].name} from {plan.suppliers[name[2]].name} (percent)", f"skus[{name[1] + 1}].max_supplier_share_pct", plan.skus[name[1]].max_supplier_share_pct
    if kind in ("supplier_value", "supplier_units"):
        supplier = plan.suppliers[name[1]]
        value = supplier.max_value if kind == "supplier_value" else supplier.max_units
        what = "most value" if kind == "supplier_value" else "most units"
        return f"the {what} from {supplier.name}", f"suppliers[{name[1] + 1}].{'max_value' if kind == 'supplier_value' else 'max_units'}", value or Decimal(0)
    if kind == "origin_share":
        share = Decimal(str(round(built.problem.origin_share[name[1]] * 100, 6)))
        return f"the share of value from {built.origins[name[1]]} (percent)", "plan.max_origin_share_pct", share
    if kind == "supplier_share":
        return f"the share of value from {plan.suppliers[name[1]].name} (percent)", "plan.max_supplier_share_pct", plan.settings.max_supplier_share_pct
    if kind == "supplier_count":
        return "the number of suppliers", "plan.max_suppliers", Decimal(plan.settings.max_suppliers or 0)
    step = built.steps[name[1]]
    place = next(n for n, offer in enumerate(plan.offers, 1) if offer.name == step.offer.name)
    if kind == "least":
        return f"the minimum order of {step.offer.name}", f"offers[{place}].moq", step.least
    return f"the capacity of {step.offer.name}", f"offers[{place}].capacity", step.most
