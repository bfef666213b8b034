"""Which supplier and origin makes how much of which product, under laws that may come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypedDict

from landed.errors import LandedError
from landed.operations.engine import engine
from landed.operations.registry import operation
from landed.sourcing.model import Plan

TABLES = ("skus", "suppliers", "offers", "lanes", "scenarios")


class PlanRequest(TypedDict, total=False):
    """A planning document (docs/sourcing.md)."""

    plan: Annotated[dict[str, Any], "settings: arrival or order_date, holding_rate_pct, risk_weight, tail_pct, gap_pct, time_limit, max_suppliers, max_supplier_share_pct, max_origin_share_pct, ..."]
    skus: Annotated[Any, "[{sku, hts_code, demand, service_pct, shortage_cost, weight_kg, volume_cbm, max_supplier_share_pct, facts, quantities}]"]
    suppliers: Annotated[Any, "[{supplier, country, onboarding_cost, max_value, max_units}]"]
    offers: Annotated[Any, "[{sku, supplier, origin, price or breaks, moq, capacity, lead_days, freight_per_unit, spi}]"]
    lanes: Annotated[Any, "[{origin, per_cbm, per_kg, container_cbm, container_cost}]"]
    scenarios: Annotated[Any, "[{name, probability, overlay, arrival}]"]
    studies: Annotated[bool, "frontier, regret and wrong probabilities; default where the plan is not large"]


@operation(name="plan", summary="Who makes how much of which product, under laws that may come", method="POST", path="/v1/plans", scope="plans")
def plan(request: PlanRequest) -> Plan:
    """The sourcing plan of least mean and tail cost, with duties per offer and scenario from the duty engine, its proof (best plan, bound, gap, time),
    efficient frontier, regret, the worth of waiting, and why each product comes from where it does.

    Money is US dollars. A plan that cannot exist is an answer with status infeasible, the limits that clash and the cheapest repair.
    Raises LandedError INVALID_PLAN (every problem by row and column in `errors`), SOLVER_FAILED, EXTRA_REQUIRED.
    """
    from landed.sourcing.plan import plan as run

    if not isinstance(request, Mapping):
        raise LandedError("INVALID_REQUEST", "expected an object with tables", mend="See docs/sourcing.md.")
    document = {k: v for k, v in request.items() if k != "studies"}
    studies = request.get("studies")
    return run(document, engine(), studies=None if studies is None else bool(studies))


def template() -> dict[str, list[list[Any]]]:
    """The sheets of a small plan to overwrite."""
    from pathlib import Path

    import landed.sourcing
    from landed.lawbook.load import parse_yaml

    file = Path(landed.sourcing.__file__).parent / "template_plan.yaml"
    return parse_yaml(file.read_bytes(), file.name)


def sheets_of(answer: Plan) -> dict[str, list[list[Any]]]:
    """A plan as sheets."""
    return {
        "Allocation": [["sku", "offer", "supplier", "origin", "units", "share %", "unit price", "goods", "freight", "carrying", "duty (mean)", "duty %", "landed per unit"], *[[a.sku, a.offer, a.supplier, a.origin, a.units, a.share_pct, a.unit_price, a.goods, a.freight, a.carrying, a.duty, a.duty_rate_pct, a.landed_per_unit] for a in answer.allocations]],
        "Scenarios": [["scenario", "probability", "goods", "freight", "carrying", "onboarding", "shortage", "duty", "fees", "total", "best if known", "regret"], *[[o.scenario, o.probability, o.goods, o.freight, o.carrying, o.onboarding, o.shortage, o.duty, o.fees, o.total, o.best_if_known, o.regret] for o in answer.outcomes]],
        "Frontier": [["risk weight", "mean", "cvar", "suppliers", "gap %"], *[[f.risk_weight, f.mean, f.cvar, f.suppliers, f.gap_pct] for f in answer.frontier]],
        "Why": [["sku", "why"], *[[w.sku, w.text] for w in answer.why]],
        "Limits": [["limit", "used", "allowed"], *[[b.limit, b.used, b.allowed] for b in answer.binding]],
        "Repairs": [["repair"], *[[r.text] for r in answer.repairs]],
        "Notes": [["note"], *[[n] for n in answer.notes]],
    }
