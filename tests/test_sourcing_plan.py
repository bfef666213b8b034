"""The sourcing plan: duties from the engine, laws that may come, limits that clash, and clear words for bad input."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from conftest import Ran
from landed.errors import LandedError
from landed.sourcing.model import Plan

pytest.importorskip("highspy")

BASE: dict[str, Any] = {
    "plan": {"arrival": "2026-11-22", "holding_rate_pct": 12},
    "skus": [{"sku": "truck", "hts_code": "9503.00.00.73", "demand": 10000, "volume_cbm": "0.004"}, {"sku": "tee", "hts_code": "6109.10.00.12", "demand": 5000, "volume_cbm": "0.002"}],
    "suppliers": [{"supplier": "Shantou", "country": "CN"}, {"supplier": "Saigon", "country": "VN", "onboarding_cost": 2000}, {"supplier": "Tiruppur", "country": "IN", "onboarding_cost": 1500}],
    "offers": [
        {"sku": "truck", "supplier": "Shantou", "origin": "CN", "breaks": "500: 4.00; 5000: 3.80", "lead_days": 35},
        {"sku": "truck", "supplier": "Saigon", "origin": "VN", "price": "4.30", "moq": 1000, "lead_days": 40},
        {"sku": "tee", "supplier": "Saigon", "origin": "VN", "price": "3.10", "moq": 500, "lead_days": 40},
        {"sku": "tee", "supplier": "Tiruppur", "origin": "IN", "price": "3.00", "moq": 1000, "lead_days": 45},
        {"sku": "tee", "supplier": "Shantou", "origin": "CN", "price": "2.70", "moq": 1000, "lead_days": 35},
    ],
    "lanes": [{"origin": "CN", "per_cbm": 60}, {"origin": "VN", "per_cbm": 65}, {"origin": "IN", "per_cbm": 80}],
}
LAWS = [{"name": "stays", "probability": "0.6"}, {"name": "104", "probability": "0.2", "overlay": "china_104"}, {"name": "VN 25", "probability": "0.2", "overlay": "section_301_on_country country=VN rate_pct=25"}]


def planned(**changes: Any) -> Plan:
    from landed.operations.plan import plan

    document = copy.deepcopy(BASE)
    document["plan"] |= changes.pop("settings", {})
    return plan({**document, **changes})  # type: ignore[typeddict-item, return-value]


def test_one_law_one_answer_and_each_part_adds_up() -> None:
    found = planned()
    assert found.status == "optimal"
    assert {(a.sku, a.origin, a.units) for a in found.allocations} == {("truck", "CN", Decimal(10000)), ("tee", "CN", Decimal(5000))}
    (outcome,) = found.outcomes
    truck = next(a for a in found.allocations if a.sku == "truck")
    assert truck.unit_price == Decimal("3.80")
    assert truck.goods == Decimal("38000.00") and truck.freight == Decimal("2400.00")
    assert truck.carrying == (Decimal("38000") * 12 / 100 * 35 / 365).quantize(Decimal("0.01"))
    assert truck.duty == Decimal("4750.00"), "12.5 percent of 38,000"
    assert outcome.duty == Decimal("4750.00") + Decimal("13500") * Decimal("0.365")
    assert outcome.total == outcome.goods + outcome.freight + outcome.carrying + outcome.onboarding + outcome.duty + outcome.fees


def test_duties_are_those_of_the_engine_for_each_law() -> None:
    from landed.operations.engine import engine

    found = planned(scenarios=LAWS, settings={"risk_weight": "0.5", "tail_pct": 80})
    for outcome, law in zip(found.outcomes, LAWS, strict=True):
        expected = Decimal(0)
        for a in found.allocations:
            code = next(s["hts_code"] for s in BASE["skus"] if s["sku"] == a.sku)
            answer = engine().estimate({"hts_code": code, "country_of_origin": a.origin, "customs_value": str(a.goods), "entry_date": "2026-11-22", "overlay": law.get("overlay")}, depth="duty")
            assert answer.totals.duty is not None
            expected += answer.totals.duty
        assert abs(outcome.duty - expected) <= Decimal("0.02")


def test_the_tail_moves_the_plan_and_the_frontier_falls() -> None:
    careless = planned(scenarios=LAWS)
    careful = planned(scenarios=LAWS, settings={"risk_weight": "1", "tail_pct": 80})
    assert careful.cvar < careless.cvar and careful.mean_cost > careless.mean_cost  # type: ignore[operator]
    tails = [point.cvar for point in careful.frontier]
    assert all(later <= earlier * Decimal("1.002") for earlier, later in pairwise(tails))
    assert careless.value_of_waiting is not None and careless.value_of_waiting >= 0
    assert all(o.regret is not None and o.regret >= 0 for o in careful.outcomes)
    assert careless.worst_mean_if_probabilities_wrong >= careless.mean_cost  # type: ignore[operator]


def test_specific_duties_are_asked_at_each_price() -> None:
    from landed.operations.engine import engine

    document = {
        "plan": {"arrival": "2026-11-22"},
        "skus": [{"sku": "watch", "hts_code": "9102.11.10", "demand": 1000, "quantities": {"no": 1}}],
        "offers": [{"sku": "watch", "supplier": "A", "origin": "CH", "breaks": "100: 20; 500: 10"}],
    }
    from landed.operations.plan import plan

    try:
        found = plan(document)  # type: ignore[arg-type]
    except LandedError as unknown:
        assert unknown.code == "INVALID_PLAN" and "DUTY_UNKNOWN" in unknown.detail
        return
    (row,) = found.allocations
    answer = engine().estimate({"hts_code": "9102.11.10", "country_of_origin": "CH", "customs_value": str(row.goods), "entry_date": "2026-11-22", "quantities": [{"value": "1000", "unit": "no"}]}, depth="duty")
    assert abs(row.duty - answer.totals.duty) <= Decimal("0.05")  # type: ignore[operator]


def test_a_specific_rate_per_kilogram_counts_the_weight_of_a_unit() -> None:
    found = planned(
        skus=[{"sku": "garlic", "hts_code": "0703.20.00.20", "demand": 2000, "weight_kg": "2"}],
        offers=[{"sku": "garlic", "supplier": "Shantou", "origin": "MX", "breaks": "100: 4; 1000: 3"}],
        lanes=[],
    )
    (row,) = found.allocations
    assert row.unit_price == 3
    base = Decimal("0.0043") * 2 * 2000  # 0.43 cents a kilogram
    assert row.duty >= base


def test_dual_sourcing_moq_and_supplier_count_hold() -> None:
    skus = copy.deepcopy(BASE["skus"])
    skus[0]["max_supplier_share_pct"] = 70
    found = planned(skus=skus)
    shares = {a.supplier: a.share_pct for a in found.allocations if a.sku == "truck"}
    assert len(shares) == 2 and max(shares.values()) <= 70
    assert len({a.supplier for a in planned(settings={"max_suppliers": 1}).allocations}) == 1
    assert any("share of truck" in b.limit for b in found.binding)


def test_a_service_level_below_all_leaves_units_short_when_that_is_cheaper() -> None:
    skus = copy.deepcopy(BASE["skus"])
    skus[1] |= {"service_pct": 90, "shortage_cost": "0.50"}
    found = planned(skus=skus)
    assert dict(found.short) == {"tee": Decimal(500)}
    skus[1]["shortage_cost"] = "50"
    assert planned(skus=skus).short == ()


def test_the_arrival_day_decides_the_law() -> None:
    early = planned(settings={"arrival": "2025-04-09"})
    assert all(a.origin != "CN" for a in early.allocations)
    document = copy.deepcopy(BASE)
    document["plan"] = {"order_date": "2026-06-20"}
    from landed.operations.plan import plan

    found = plan(document)  # type: ignore[arg-type]
    assert found.status == "optimal"


def test_an_impossible_plan_names_what_clashes_and_the_repair() -> None:
    found = planned(settings={"max_origin_share_pct": 40}, offers=[{**o, "capacity": 3000} if o["supplier"] == "Saigon" and o["sku"] == "truck" else o for o in BASE["offers"] if o["sku"] != "tee"], skus=BASE["skus"][:1])
    assert found.status == "infeasible" and found.allocations == ()
    assert any("capacity" in c or "share of value" in c for c in found.clash)
    assert found.repairs and all(r.where and r.text for r in found.repairs)


def test_a_repair_taken_makes_the_plan_possible() -> None:
    offers = [{"sku": "truck", "supplier": "Shantou", "origin": "CN", "price": 4, "capacity": 6000}, {"sku": "truck", "supplier": "Saigon", "origin": "VN", "price": 5, "capacity": 3000}]
    found = planned(skus=BASE["skus"][:1], offers=offers)
    assert found.status == "infeasible"
    (repair,) = found.repairs
    assert "Saigon" in repair.text or "Shantou" in repair.text
    row = offers[0] if "Shantou" in repair.text else offers[1]
    row["capacity"] = str(repair.needed)
    assert planned(skus=BASE["skus"][:1], offers=offers).status == "optimal"


def test_each_product_says_why_and_what_would_switch_it() -> None:
    found = planned()
    why = next(w for w in found.why if w.sku == "tee")
    assert why.origin == "CN" and why.switch_price is not None and why.switch_duty_points is not None
    offers = copy.deepcopy(BASE["offers"])
    offers[4]["price"] = str(why.switch_price + Decimal("0.30"))
    switched = planned(offers=offers)
    assert all(a.origin != "CN" for a in switched.allocations if a.sku == "tee")


@pytest.mark.parametrize(
    ("table", "number", "change", "where", "words"),
    [
        ("offers", 0, {"moq": -5}, "offers[1].moq", "at least 0"),
        ("offers", 0, {"breaks": "500: 4.00; 5000: 4.20"}, "offers[1].breaks", "the price rises"),
        ("offers", 1, {"sku": "trcuk"}, "offers[2].sku", "is no SKU"),
        ("offers", 1, {"supplier": "Nobody"}, "offers[2].supplier", "is no supplier"),
        ("offers", 1, {"origin": "Vietnm"}, "offers[2].origin", "two-letter country"),
        ("offers", 1, {"price": "free"}, "offers[2].price", "expected a number"),
        ("offers", 1, {"capacity": 10}, "offers[2].capacity", "below the minimum order"),
        ("offers", 1, {"price": None}, "offers[2].price", "price is missing"),
        ("skus", 0, {"demand": 0}, "skus[1].demand", "above 0"),
        ("skus", 0, {"demand": "NaN"}, "skus[1].demand", "expected a number"),
        ("skus", 1, {"sku": "truck"}, "skus[2].sku", "stands twice"),
        ("skus", 0, {"hts_code": "toys"}, "skus[1].hts_code", "8 or 10 digits"),
        ("skus", 0, {"service_pct": 120}, "skus[1].service_pct", "at most 100"),
        ("skus", 0, {"service_pct": 90}, "skus[1].shortage_cost", "cost of a unit short"),
        ("suppliers", 0, {"max_value": -1}, "suppliers[1].max_value", "at least 0"),
        ("lanes", 0, {"origin": "Atlantis"}, "lanes[1].origin", "two-letter country"),
    ],
)
def test_bad_cells_are_named(table: str, number: int, change: dict[str, Any], where: str, words: str) -> None:
    rows = copy.deepcopy(BASE[table])
    rows[number] |= change
    with pytest.raises(LandedError) as caught:
        planned(**{table: rows})
    assert caught.value.code == "INVALID_PLAN"
    assert any(e["where"] == where and words in e["detail"] for e in caught.value.extra["errors"]), caught.value.extra["errors"]


@pytest.mark.parametrize(
    ("scenarios", "words"),
    [
        ([{"name": "a", "probability": 0.5}, {"name": "b", "probability": 0.6}], "sum to 1.1"),
        ([{"name": "a", "probability": -1}, {"name": "b", "probability": 2}], "at least 0"),
        ([{"name": "a"}], "probability is missing"),
        ([{"name": "a", "probability": 1, "overlay": "no_such"}], "no overlay"),
    ],
)
def test_bad_scenarios_are_named(scenarios: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(LandedError) as caught:
        planned(scenarios=scenarios)
    assert any(words in e["detail"] for e in caught.value.extra["errors"])


def test_one_supplier_and_a_billion_units_are_planned() -> None:
    found = planned(skus=[{"sku": "truck", "hts_code": "9503.00.00.73", "demand": 10**9}], offers=[{"sku": "truck", "supplier": "Shantou", "origin": "CN", "price": 4}], lanes=[])
    assert found.allocations[0].units == 10**9 and found.hhi_origin == 1


def test_goods_that_may_not_enter_are_left_out_with_the_reason() -> None:
    from landed.operations.plan import plan

    document = {"plan": {"arrival": "2026-11-22"}, "skus": [{"sku": "truck", "hts_code": "9503.00.00.73", "demand": 10}], "offers": [{"sku": "truck", "supplier": "A", "origin": "CN", "price": 4}]}
    assert plan(document).status == "optimal"  # type: ignore[arg-type]


def test_the_command_reads_a_workbook_and_names_the_cell(landed: Callable[..., Ran], tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = tmp_path / "sourcing.xlsx"
    assert landed("plan", "--template", str(book)).code == 0
    ran = landed("plan", str(book), "--json", "--out", str(tmp_path / "plan.xlsx"))
    assert ran.code == 0, ran.err
    assert ran.json["status"] == "optimal" and {"objective", "bound", "gap_pct", "seconds"} <= set(ran.json["proof"])
    assert "Cost under each law" in landed("plan", str(book)).out
    edited = openpyxl.load_workbook(book)
    edited["Offers"]["E2"] = -3
    edited["Scenarios"]["B2"] = 0.9
    edited.save(book)
    ran = landed("plan", str(book), "--json")
    problems = {e["where"]: e["detail"] for e in json.loads(ran.err)["error"]["errors"]}
    assert ran.code == 2 and "Offers!E2" in problems and "Scenarios!B2" in problems
