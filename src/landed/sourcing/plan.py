"""Plans who makes how much of which product: reads, asks duties, solves, prices the plan again exactly, and explains it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np

from landed.duty.estimate import Engine
from landed.errors import LandedError
from landed.sourcing.build import Built, build
from landed.sourcing.duties import Duties
from landed.sourcing.explain import binding, reasons
from landed.sourcing.model import Allocated, FrontierPoint, Outcome, Plan, Proof
from landed.sourcing.program import Solved, solve
from landed.sourcing.read import read_plan
from landed.sourcing.repair import diagnose
from landed.sourcing.risk import costs, cvar, frontier, if_known, worst_mean

CENT, FINE = Decimal("0.01"), Decimal("0.0001")
HUNDRED = Decimal(100)
MANY = 40_000  # price steps times scenarios; beyond it frontier and regret are worked out only when asked for


def plan(document: Mapping[str, Any], engine: Engine, *, studies: bool | None = None) -> Plan:
    """The sourcing plan of a document (docs/sourcing.md). `studies`: frontier, regret and wrong probabilities; default where the plan is not large.

    Raises LandedError INVALID_PLAN (every problem in `errors`), SOLVER_FAILED, EXTRA_REQUIRED.
    """
    asked = read_plan(document, engine.law)
    duties = Duties(engine, asked)
    built = build(asked, duties)
    settings = asked.settings
    gap, seconds = float(settings.gap_pct / HUNDRED), float(settings.time_limit)
    found = solve(built.problem, gap=gap, seconds=seconds)
    proof = _proof(found, duties)
    if found.status == "infeasible":
        return _no_plan(built, proof, engine)
    found = _whole(built, found) if settings.whole_units else found
    if studies is None:
        studies = len(built.steps) * len(asked.scenarios) <= MANY
    return _answer(built, found, proof, engine, studies)


def _answer(built: Built, found: Solved, proof: Proof, engine: Engine, studies: bool) -> Plan:
    p, asked = built.problem, built.plan
    settings = asked.settings
    gap, seconds = float(settings.gap_pct / HUNDRED), float(settings.time_limit)
    values = costs(p, found)
    allocations = _allocations(built, found)
    several = len(asked.scenarios) > 1
    known = [if_known(p, k, gap, seconds) for k in range(len(asked.scenarios))] if studies and several else None
    outcomes = tuple(_outcome(built, found, allocations, k, values, known[k] if known else None) for k in range(len(asked.scenarios)))
    points: tuple[FrontierPoint, ...] = ()
    knowing = robust = None
    shift = float(settings.probability_shift_pct / HUNDRED)
    if known:
        solved = frontier(p, gap, seconds)
        points = tuple(_point(built, weight, each) for weight, each in solved)
        neutral = float(p.probability @ costs(p, solved[0][1]))
        best = float(sum(chance * each.objective for chance, each in zip(p.probability, known, strict=True)))
        knowing = max(neutral - best, 0.0)
        robust = worst_mean(costs(p, solve(replace(p, risk_weight=shift, tail=0.5), gap=gap, seconds=seconds)), p.probability, shift)
    bought = p.price * found.quantity
    origin_shares = _shares(built.origins, [bought[p.column_origin == n].sum() for n in range(len(built.origins))])
    supplier_shares = _shares([s.name for s in asked.suppliers], [bought[p.column_supplier == n].sum() for n in range(len(asked.suppliers))])
    hhi = sum(((share / HUNDRED) ** 2 for _, share in origin_shares), Decimal(0)).quantize(FINE)
    notes = [*built.notes, *built.duties.warnings, *_container_notes(built, found)]
    if several and not known:
        notes.append("Frontier, regret and the worth of knowing were left out: the plan is large. Ask for studies to have them.")
    if several:
        notes.append("Overlays are guesses: read the cost at wrong probabilities beside the mean. A plan's duty is linear in quantity, so that the mean law gives the same plan as the mean of laws; only the tail tells them apart.")
    return Plan(
        status=found.status,
        allocations=allocations,
        mean_cost=_usd(float(p.probability @ values)),
        cvar=_usd(cvar(values, p.probability, p.tail)),
        tail_pct=settings.tail_pct,
        outcomes=outcomes,
        frontier=points,
        value_of_waiting=None if knowing is None else _usd(knowing),
        worst_mean_if_probabilities_wrong=_usd(worst_mean(values, p.probability, shift)) if several else None,
        robust_plan_mean=None if robust is None else _usd(robust),
        max_regret=max((o.regret for o in outcomes if o.regret is not None), default=None),
        why=reasons(built, found, allocations),
        binding=binding(built, found),
        origin_shares=origin_shares,
        supplier_shares=supplier_shares,
        hhi_origin=hhi,
        effective_origins=(1 / hhi).quantize(CENT) if hhi else None,
        short=tuple((sku.name, _units(found.short[n])) for n, sku in enumerate(asked.skus) if found.short[n] > 1e-6),
        clash=(),
        repairs=(),
        proof=proof,
        law_version=engine.law.version,
        notes=tuple(notes),
    )


def _no_plan(built: Built, proof: Proof, engine: Engine) -> Plan:
    clash, repairs = diagnose(built)
    notes = ["No plan meets every limit. The repair moves the fewest dollars (demand left unserved counts three times)."]
    return Plan(
        "infeasible", (), None, None, built.plan.settings.tail_pct, (), (), None, None, None, None, (), (), (), (), None, None, (), clash, repairs, proof, engine.law.version, (*built.notes, *notes)
    )  # fmt: skip


def _whole(built: Built, found: Solved) -> Solved:
    """Whole units: parts of units go to the offers with the largest remainders, and no SKU falls below what is served."""
    quantity = np.round(found.quantity, 6)
    p = built.problem
    short = found.short.copy()
    for sku in range(len(p.demand)):
        mine = np.flatnonzero((p.column_sku == sku) & (quantity > 0))
        if not len(mine):
            continue
        total = int(np.ceil(quantity[mine].sum() - 1e-6))
        floors = np.floor(quantity[mine] + 1e-6)
        room = np.argsort(-(quantity[mine] - floors), kind="stable")
        for n in room[: max(total - int(floors.sum()), 0)]:
            floors[n] += 1
        quantity[mine] = floors
        short[sku] = max(p.demand[sku] - floors.sum(), 0.0) if short[sku] > 0 else 0.0
    return replace(found, quantity=quantity, short=short)


def _allocations(built: Built, found: Solved) -> tuple[Allocated, ...]:
    demand = {sku.name: sku.demand for sku in built.plan.skus}
    rows = []
    for n, step in enumerate(built.steps):
        units = _units(found.quantity[n])
        if units <= 0:
            continue
        duty_unit = sum((d * k.probability for d, k in zip(step.duty, built.plan.scenarios, strict=True)), Decimal(0))
        goods, freight, carrying, duty = (_cents(units * each) for each in (step.price, step.freight, step.carrying, duty_unit))
        rows.append(
            Allocated(
                step.offer.sku, step.offer.name, step.offer.supplier, step.offer.origin, units, (units * HUNDRED / demand[step.offer.sku]).quantize(CENT), step.price, goods, freight, carrying, duty,
                (duty_unit * HUNDRED / step.price).quantize(FINE), ((goods + freight + carrying + duty) / units).quantize(FINE),
            )
        )  # fmt: skip
    return tuple(rows)


def _outcome(built: Built, found: Solved, allocations: tuple[Allocated, ...], k: int, values: np.ndarray, known: Solved | None) -> Outcome:
    """One scenario priced again with the engine: duty to the cent, fees per entry with their least and most."""
    asked = built.plan
    duties = built.duties
    offers = {offer.name: offer for offer in asked.offers}
    duty = Decimal(0)
    entries: dict[tuple[str, str], list[tuple[Allocated, Decimal]]] = {}
    for row in allocations:
        duty += _cents(row.units * duties.per_unit(offers[row.offer], row.unit_price, k))
        entries.setdefault((row.supplier, row.origin), []).append((row, row.goods))
    fees: Decimal | None = Decimal(0)
    shipments = asked.settings.shipments
    for rows in entries.values():
        largest = max(rows, key=lambda pair: pair[1])[0]
        value = sum((goods for _, goods in rows), Decimal(0)) / shipments
        try:
            fee = duties.ask(offers[largest.offer], max(value, CENT), max(largest.units / shipments, FINE), k).totals.fees
        except LandedError:
            fee = None
        fees = None if fee is None or fees is None else fees + fee * shipments
    goods, freight, carrying = (sum((getattr(row, name) for row in allocations), Decimal(0)) for name in ("goods", "freight", "carrying"))
    onboarding = sum((s.onboarding_cost for n, s in enumerate(asked.suppliers) if found.used[n] > 0), Decimal(0))
    shortage = sum((_cents(_units(found.short[n]) * (sku.shortage_cost or Decimal(0))) for n, sku in enumerate(asked.skus)), Decimal(0))
    total = goods + freight + carrying + onboarding + shortage + duty + (fees or Decimal(0))
    best = None if known is None else _usd(known.objective)
    regret = None if known is None else _usd(max(float(values[k]) - known.objective, 0.0))
    scenario = asked.scenarios[k]
    return Outcome(scenario.name, scenario.probability, goods, freight, carrying, onboarding, shortage, duty, fees, total, best, regret)


def _point(built: Built, weight: float, found: Solved) -> FrontierPoint:
    p = built.problem
    values, bought = costs(p, found), p.price * found.quantity
    shares = _shares(built.origins, [bought[p.column_origin == n].sum() for n in range(len(built.origins))])
    return FrontierPoint(Decimal(str(weight)), _usd(float(p.probability @ values)), _usd(cvar(values, p.probability, p.tail)), int(found.used.sum()), Decimal(str(round(found.gap * 100, 4))), shares)


def _container_notes(built: Built, found: Solved) -> list[str]:
    """Freight again in whole containers where a lane states them: what the linear rate leaves out."""
    notes = []
    sizes = {sku.name: sku.volume_cbm for sku in built.plan.skus}
    for lane in built.plan.lanes:
        if lane.container_cbm is None or lane.container_cost is None:
            continue
        rows = [(n, step) for n, step in enumerate(built.steps) if step.offer.origin == lane.origin and found.quantity[n] > 0]
        if not rows or any(sizes[step.offer.sku] is None for _, step in rows):
            continue
        volume = sum((_units(found.quantity[n]) * (sizes[step.offer.sku] or Decimal(0)) for n, step in rows), Decimal(0))
        linear = sum((_cents(_units(found.quantity[n]) * step.freight) for n, step in rows), Decimal(0))
        shipments = built.plan.settings.shipments
        boxes = (volume / shipments / lane.container_cbm).to_integral_value(ROUND_CEILING) * shipments
        notes.append(f"From {lane.origin}: {volume.quantize(CENT)} cubic metres in {boxes} containers cost {(boxes * lane.container_cost).quantize(CENT)}, against {linear} by the linear rate in the plan.")
    return notes


def _shares(names: Any, values: list[float]) -> tuple[tuple[str, Decimal], ...]:
    total = sum(values) or 1.0
    rows = [(name, Decimal(str(round(100 * value / total, 4)))) for name, value in zip(names, values, strict=True) if value > 0]
    return tuple(sorted(rows, key=lambda row: -row[1]))


def _proof(found: Solved, duties: Duties) -> Proof:
    finite = bool(np.isfinite(found.objective))
    best, bound = (_usd(found.objective), _usd(found.bound)) if finite else (Decimal(0), Decimal(0))
    return Proof(found.status, best, bound, Decimal(str(round(found.gap * 100, 4))) if finite else Decimal(0), round(found.seconds, 3), found.columns, found.rows, found.nodes, duties.asked, round(duties.seconds, 3))


def _usd(value: float) -> Decimal:
    return Decimal(repr(float(value))).quantize(CENT, ROUND_HALF_UP)


def _cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def _units(value: float) -> Decimal:
    return Decimal(str(round(float(value), 6)))


