"""Exposure: answers worked by hand, effects that sum to the cent, break-evens that may not exist, and honest event studies."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from conftest import Ran
from landed.errors import LandedError
from landed.lawbook.load import parse_yaml
from landed.operations.exposure import exposure
from landed.operations.market import market
from landed.sourcing.exposure import (
    assess,
    at_risk,
    break_even,
    cash_in_duty,
    concentration,
    point_values,
    portfolio_break_even,
    revenue_stress,
)
from landed.sourcing.exposure_model import Line, Reaction
from landed.sourcing.market import drawdown, student_p, to_recover

FILE = Path(__file__).parent / "cases" / "exposure" / "worked.yaml"
CASES = parse_yaml(FILE.read_bytes(), FILE.name)


def dec(value: Any) -> Decimal:
    return Decimal(str(value))


def line(row: dict[str, Any]) -> Line:
    blank = {"sku": "x", "origin": "CN", "market": "US", "price": 10, "volume": 1, "customs_value": 1, "freight": 0, "other": 0, "duty_before_pct": 0, "duty_after_pct": 0, "elasticity": 0}
    return Line(**{k: v if k in ("sku", "origin", "market") else dec(v) for k, v in {**blank, **row}.items()})


def reaction(row: dict[str, Any]) -> Reaction:
    return Reaction(dec(row["border"]), row["form"], dec(row["pass_through"]))


@pytest.mark.parametrize("case", CASES["assess"], ids=lambda c: c["name"])
def test_a_product_before_and_after_is_as_worked_by_hand(case: dict[str, Any]) -> None:
    found = assess(line(case["line"]), reaction(case["reaction"]))
    for name, value in case["expect"].items():
        assert getattr(found, name) == dec(value), name
    assert found.duty_effect + found.supplier_effect + found.price_effect + found.volume_effect == found.change == found.contribution_after - found.contribution_before


@pytest.mark.parametrize("case", CASES["break_even"], ids=lambda c: c["name"])
def test_break_even_is_as_worked_by_hand(case: dict[str, Any]) -> None:
    found = break_even(line(case["line"]), Decimal(1))
    for name, value in case["expect"].items():
        assert getattr(found, name) == (None if value is None else dec(value)), name
    assert found.pass_through is not None or "None exists" in found.text


def test_a_break_even_keeps_the_contribution_and_none_beats_every_price() -> None:
    draw = random.Random(3)
    for _ in range(100):
        row = line({"price": round(draw.uniform(10, 40), 2), "volume": 1000, "customs_value": round(draw.uniform(2, 9), 2), "duty_after_pct": draw.randint(1, 150), "elasticity": round(draw.uniform(0.1, 4), 2)})
        found = break_even(row, Decimal(1))
        before = assess(row, Reaction()).contribution_before
        if found.pass_through is not None:
            after = assess(row, Reaction(pass_through=found.pass_through)).contribution_after
            assert abs(after - before) < before * Decimal("0.001")
        else:
            assert all(assess(row, Reaction(pass_through=dec(share) / 4)).contribution_after < before for share in range(0, 80))


@pytest.mark.parametrize("case", CASES["portfolio_break_even"], ids=lambda c: c["name"])
def test_portfolio_break_even(case: dict[str, Any]) -> None:
    assert portfolio_break_even([line(row) for row in case["lines"]], dec(case["fixed_cost"])) == dec(case["expect"])


@pytest.mark.parametrize("case", CASES["at_risk"], ids=lambda c: c["name"])
def test_margin_at_risk(case: dict[str, Any]) -> None:
    assert list(at_risk(dec(case["base"]), [(dec(p), dec(v)) for p, v in case["outcomes"]], dec(case["tail"]))) == [dec(v) for v in case["expect"]]


@pytest.mark.parametrize("case", CASES["concentration"], ids=lambda c: c["name"])
def test_concentration(case: dict[str, Any]) -> None:
    found = concentration({k: dec(v) for k, v in case["amounts"].items()})
    for name, value in case["expect"].items():
        assert getattr(found, name) == dec(value)


@pytest.mark.parametrize("case", CASES["stress"], ids=lambda c: c["name"])
def test_revenue_stress(case: dict[str, Any]) -> None:
    found = revenue_stress({k: dec(v) for k, v in case["revenue"].items()}, {k: dec(v) for k, v in case["falls"].items()}, dec(case["margin_rate"]), dec(case["result"]), case["market"])
    for name, value in case["expect"].items():
        assert getattr(found, name) == (None if value is None else dec(value))


def test_cash_points_and_the_way_back() -> None:
    for case in CASES["cash"]:
        assert cash_in_duty(dec(case["annual_duty"]), dec(case["days"])) == dec(case["expect"])
    for case in CASES["point_values"]:
        assert {o.origin: o.per_point for o in point_values([line(row) for row in case["lines"]])} == {k: dec(v) for k, v in case["expect"].items()}
    for case in CASES["high"]:
        assert drawdown(case["ratio"]) == case["drawdown_pct"] and to_recover(case["ratio"]) == case["rise_to_recover_pct"]


BOOKS: dict[str, Any] = {
    "exposure": {"on": "2026-11-22", "overlay": "china_104", "border_pass_through": "0.94", "price_form": "retail", "pass_through": "0.2", "fixed_cost": 20000, "cash_days": 60, "tail_pct": 80},
    "skus": [
        {"sku": "truck", "hts_code": "9503.00.00.73", "origin": "CN", "price": 20, "volume": 5000, "customs_value": 5, "freight": "0.6", "other": 4, "elasticity": "1.5"},
        {"sku": "tee", "hts_code": "6109.10.00.12", "origin": "VN", "price": 25, "volume": 4000, "customs_value": 4, "freight": "0.3", "other": 5, "elasticity": 2},
    ],
    "markets": [{"market": "European Union", "revenue": 50000, "change_pct": 0}, {"market": "United States", "change_pct": -20}],
    "scenarios": [{"name": "stays", "probability": "0.7"}, {"name": "104", "probability": "0.3", "overlay": "china_104"}],
}


def test_duties_come_from_the_engine_under_both_laws_and_everything_adds_up() -> None:
    found = exposure(BOOKS)  # type: ignore[arg-type]
    truck, tee = found.lines
    assert (truck.duty_before_pct, truck.duty_after_pct) == (Decimal("12.5"), Decimal("116.5"))
    assert tee.duty_before_pct == tee.duty_after_pct and tee.change == 0
    assert found.change == sum(r.change for r in found.lines) == found.duty_effect + found.supplier_effect + found.price_effect + found.volume_effect
    assert found.duty_before == Decimal("3125.00") + Decimal("4000") * 4 * tee.duty_before_pct / 100
    assert found.at_risk is not None and found.at_risk.scenarios[0].contribution == found.contribution_before
    assert found.at_risk.mean_margin_at_risk == -found.change
    assert found.stress is not None and found.stress.revenue_change == Decimal("-40000.00")
    assert {s.assumption for s in found.tornado} == {"border", "pass_through", "elasticity"}
    assert found.cash_in_duty_after > found.cash_in_duty_before  # type: ignore[operator]


@pytest.mark.parametrize(
    ("change", "where", "words"),
    [({"price": 0}, "skus[1].price", "above 0"), ({"volume": None}, "skus[1].volume", "missing"), ({"origin": "Nowhere"}, "skus[1].origin", "country"), ({"colour": 1}, "skus[1].colour", "unknown column"), ({"hts_code": "1"}, "skus[1]", "INVALID_CODE"), ({"elasticity": -1}, "skus[1].elasticity", "at least 0"), ({"sku": "tee"}, "skus[2].sku", "stands twice")],
)
def test_bad_books_are_named_by_cell(change: dict[str, Any], where: str, words: str) -> None:
    rows = [dict(BOOKS["skus"][0]) | change, BOOKS["skus"][1]]
    with pytest.raises(LandedError) as caught:
        exposure({**BOOKS, "skus": rows})  # type: ignore[typeddict-item]
    assert caught.value.code == "INVALID_EXPOSURE" and any(e["where"] == where and words in e["detail"] for e in caught.value.extra["errors"])


def series(shock: float, seed: int = 1, beta: float = 1.2) -> list[dict[str, Any]]:
    draw = random.Random(seed)
    rows, own, index, day = [], 100.0, 1000.0, date(2000, 1, 3)
    for n in range(400):
        move = draw.gauss(0, 0.01)
        own *= 1 + beta * move + draw.gauss(0, 0.005) + (shock if n == 350 else 0)
        index *= 1 + move
        rows.append({"date": (day + timedelta(days=n)).isoformat(), "close": own, "market": index})
    return rows


def test_an_event_study_finds_the_shock_and_its_beta() -> None:
    rows = series(-0.08)
    (event,) = market({"prices": rows, "events": [rows[350]["date"]], "window": [0, 0]}).events
    assert event.beta == pytest.approx(1.2, abs=0.1) and event.car_pct == pytest.approx(-8, abs=1.5)
    assert event.p_value < 0.001 and event.standard_error_pct == pytest.approx(0.5, abs=0.1)


def test_errors_are_honest_one_study_in_twenty_finds_what_is_not_there() -> None:
    found = sum(market({"prices": (rows := series(0, seed)), "events": [rows[350]["date"]], "window": [-5, 5]}).events[0].p_value < 0.05 for seed in range(200))
    assert 2 <= found <= 22


def test_student_t_is_the_known_table() -> None:
    for t, freedom, p in ((2.228, 10, 0.05), (1.96, 100000, 0.05), (12.706, 1, 0.05), (2.75, 30, 0.01)):
        assert student_p(t, freedom) == pytest.approx(p, abs=2e-4)


def test_the_high_ratio_looks_back_252_sessions() -> None:
    rows = [{"date": (date(2000, 1, 1) + timedelta(days=n)).isoformat(), "close": c} for n, c in enumerate([200.0] + [100.0] * 251 + [78.0])]
    high = market({"prices": rows}).high
    assert (high.ratio, high.drawdown_pct, high.rise_to_recover_pct) == (0.78, 22.0, 28.2051)
    assert high.largest_drawdown_pct == 61.0


def test_a_series_out_of_order_is_refused() -> None:
    with pytest.raises(LandedError) as caught:
        market({"prices": [{"date": "2025-01-02", "close": 1}, {"date": "2025-01-01", "close": 2}]})
    assert caught.value.code == "MARKET_SERIES" and caught.value.where == "prices[2].date"
    with pytest.raises(LandedError):
        market({"prices": [{"date": "2025-01-02", "close": 1}, {"date": "2025-01-03", "close": math.nan}]})


def test_the_commands_print_json_and_charts(landed: Callable[..., Ran], tmp_path: Path) -> None:
    books = tmp_path / "books.json"
    books.write_text(json.dumps(BOOKS))
    ran = landed("exposure", str(books), "--json", "--chart", str(tmp_path / "c.svg"))
    assert ran.code == 0 and ran.json["change"] == str(exposure(BOOKS).change.normalize())  # type: ignore[arg-type]
    assert (tmp_path / "c-tornado.svg").read_text().startswith("<svg") and (tmp_path / "c-effects.svg").exists()
    assert "Contribution" in landed("exposure", str(books)).out
    prices = tmp_path / "prices.csv"
    rows = series(-0.05)
    prices.write_text("date,close,market\n" + "\n".join(f"{r['date']},{r['close']},{r['market']}" for r in rows))
    ran = landed("market", str(prices), "--event", rows[350]["date"], "--json")
    assert ran.code == 0 and ran.json["events"][0]["p_value"] < 0.01
    assert "would regain it" in landed("market", str(prices)).out
