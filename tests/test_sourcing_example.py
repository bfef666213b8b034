"""The worked example: a founder with 12 products, planned in January 2025 and tested on the law that came."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import pytest

pytest.importorskip("highspy")

HERE = Path(__file__).resolve().parents[1] / "examples" / "founder_12_skus"


def test_the_founders_plan_is_tested_on_the_dated_law(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(HERE))
    sys.modules.pop("run", None)
    import run

    from landed.duty.estimate import default_engine
    from landed.lawbook.load import parse_yaml
    from landed.sourcing.backtest import backtest

    plans = run.solve()
    document = parse_yaml((HERE / "sourcing.yaml").read_bytes(), "sourcing.yaml")
    engine = default_engine()
    rows = backtest(document, plans["as it stands"].allocations, run.ARRIVALS, engine)
    codes = {row["sku"]: row for row in document["skus"]}
    expected = Decimal(0)
    for a in plans["as it stands"].allocations:
        units = a.units / len(run.ARRIVALS)
        value = (units * a.unit_price).quantize(Decimal("0.01"))
        answer = engine.estimate({"hts_code": str(codes[a.sku]["hts_code"]), "country_of_origin": a.origin, "customs_value": str(value), "entry_date": run.ARRIVALS[0].isoformat(), "quantities": [{"value": str(units.quantize(Decimal("0.01"))), "unit": "no"}]}, depth="duty")
        assert answer.totals.duty is not None
        expected += answer.totals.duty
    assert abs(rows[0].duty - expected) < Decimal("0.20")
    assert plans["careful"].cvar < plans["as it stands"].outcomes[0].total * 2
    text = run.page(plans)
    assert "had one known" in text and "Without the shipment of" in text and text.count("| 202") == 6
