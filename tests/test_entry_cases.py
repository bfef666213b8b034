"""Whole entries with known answers, written so that a broker can read them (tests/cases/entry)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from landed.entry.assess import estimate_entry

CASES = [case for path in sorted((Path(__file__).parent / "cases" / "entry").glob("*.yaml")) for case in yaml.safe_load(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"].replace(" ", "_"))
def test_an_entry_comes_out_as_known(case: dict[str, Any]) -> None:
    document = {k: v for k, v in case.items() if k not in ("name", "expect")}
    answer, expect = estimate_entry(document), case["expect"]
    fees = {item.class_code: item for item in answer.fees}
    found = {
        "entered_value": str(answer.totals.entered_value),
        "duty": str(answer.totals.duty),
        "total_fees": str(answer.totals.fees),
        "fees": {code: str(fees[code].amount) for code in expect.get("fees", {})},
        "shares": {code: [str(s) for s in fees[code].shares] for code in expect.get("shares", {})},
        "duties": [{c.heading: str(c.amount) for c in line.duties if c.heading in wanted} for line, wanted in zip(answer.lines, expect.get("duties", []), strict=False)],
        "sequence": [list(line.estimate.filing_sequence) for line in answer.lines],
    }
    assert {k: found[k] for k in expect if k in found} == {k: v for k, v in expect.items() if k in found}
    codes = {warning.code for warning in answer.warnings}
    assert set(expect.get("warnings", ())) <= codes
    assert not codes & set(expect.get("warnings_absent", ()))
    for item in answer.fees:
        if item.amount is not None:
            assert sum(s for s in item.shares if s is not None) == item.amount
