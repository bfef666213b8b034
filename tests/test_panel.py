"""The panel of a day: every line from every origin at the rate the explained estimate gives."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from landed.duty.batch import owed
from landed.duty.estimate import Engine, default_engine
from landed.duty.panel import compile_panel, write_panel
from landed.errors import LandedError

ORIGINS = ("CA", "CN", "CU", "DE", "JP", "MX", "RU", "VN")
VALUE = Decimal("10000.00")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return default_engine()


@pytest.mark.parametrize("day", [date(2020, 1, 1), date(2025, 4, 10), date(2025, 10, 1), date(2026, 9, 30)])
def test_each_rate_is_the_one_of_the_explained_estimate(engine: Engine, day: date, tmp_path: Path) -> None:
    write_panel(compile_panel(engine, day, ORIGINS), tmp_path / "panel.parquet")
    table = pq.read_table(tmp_path / "panel.parquet")
    lines = len(engine.schedule.lines(day).codes)
    assert table.num_rows == lines * len(ORIGINS)
    at = random.Random(day.toordinal()).sample(range(table.num_rows), 250)
    for row in table.take(at).to_pylist():
        found = engine.estimate({"hts_code": row["hts_code"], "country_of_origin": row["country_of_origin"], "customs_value": VALUE, "entry_date": day}, depth="duty")
        assert (found.error is not None) == row["import_prohibited"]
        if found.error is not None:
            continue
        charged = [c for c in found.components if owed(c)]
        amounts: dict[str, Decimal | None] = {}
        for component in charged:
            name = "base_rate_pct" if component.programme == "hts" else component.programme
            before = amounts.get(name, Decimal(0))
            amounts[name] = None if component.amount is None or before is None else before + component.amount
        by_unit = next(c for c in charged if c.programme == "hts").rate_pct is None
        for name, amount in amounts.items():
            told = row.get(name, Decimal(0))
            if amount is None or (by_unit and name == "base_rate_pct"):
                assert told is None, (row, name)
            elif told is not None:
                assert abs(told * VALUE / 100 - amount) <= Decimal("0.01"), (row, name)
        silent = [n for n in row if n.startswith("us.") and row[n] and n not in amounts]
        assert silent == []
        if found.totals.duty is not None and row["total_rate_pct"] is not None:
            assert abs(row["total_rate_pct"] * VALUE / 100 - found.totals.duty) <= Decimal("0.05")


def test_a_rate_per_unit_is_never_a_percent(engine: Engine, tmp_path: Path) -> None:
    write_panel(compile_panel(engine, date(2025, 10, 1), ("JP",)), tmp_path / "panel.parquet")
    row = next(r for r in pq.read_table(tmp_path / "panel.parquet").to_pylist() if r["hts_code"] == "0707002050")
    assert row["rate_text"] == "4.2¢/kg" and row["base_rate_pct"] is None and row["total_rate_pct"] is None


def test_days_and_origins_outside_the_pack_are_refused_and_nothing_is_written(engine: Engine) -> None:
    with pytest.raises(LandedError, match="covers"):
        compile_panel(engine, date(2010, 1, 1))
    with pytest.raises(LandedError, match="two-letter"):
        compile_panel(engine, date(2025, 1, 1), ("XX",))
