"""Audit of a filed entry: each difference with its name, its money and its reason."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from landed.entry.assess import estimate_entry
from landed.entry.audit import Audit, audit_entry
from landed.entry.filed import filed_of, read_filed
from landed.entry.files import read_document
from landed.entry.filing import worksheet, worksheet_csv
from landed.errors import LandedError

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
HEAD = {"entry_date": "2026-04-10", "transport_mode": "ocean"}
RIGHT = [{"heading": "9903.03.01", "rate": "10%", "base": "5000", "duty": "500.00"}, {"heading": "9503.00.00.73", "rate": "Free", "base": "5000", "duty": "0"}]
FEES = {"499": "33.58", "501": "6.25"}


def audit(rows: list[dict[str, str]], fees: dict[str, str] | None = None, **parts: Any) -> Audit:
    line = {"country_of_origin": "VN", "entered_value": "5000", "filed": rows} | parts.pop("line", {})
    return audit_entry(filed_of({"entry": HEAD | parts.pop("entry", {}), "lines": [line], "fees": FEES if fees is None else fees, **parts}))


def only(found: Audit) -> tuple[str, str, Decimal | None]:
    (difference,) = found.differences
    return difference.code, difference.heading, difference.change_usd


def test_a_right_entry_has_no_difference() -> None:
    found = audit(RIGHT, totals={"39": "5000", "41": "500", "43": "39.83"})
    assert found.differences == () and found.net == 0
    assert found.filed_total == found.expected_total == Decimal("539.83")


def test_the_worksheet_of_an_entry_audits_clean(tmp_path: Path) -> None:
    path = tmp_path / "filed.csv"
    path.write_text(worksheet_csv(estimate_entry(read_document(EXAMPLES / "entry.toml"))))
    assert audit_entry(read_filed(path)).differences == ()


def test_a_missing_heading_is_money_underpaid() -> None:
    found = audit(RIGHT[1:])
    assert only(found) == ("MISSING_HEADING", "9903.03.01", Decimal("-500.00"))
    assert (found.overpaid, found.underpaid) == (Decimal("0.00"), Decimal("500.00"))
    assert "Proclamation 11012" in found.differences[0].cite


def test_a_heading_out_of_its_period_is_named_with_its_days() -> None:
    found = audit([{"heading": "9903.02.69", "rate": "20%", "base": "5000", "duty": "1000.00"}, *RIGHT])
    assert only(found) == ("WRONG_PERIOD", "9903.02.69", Decimal("1000.00"))
    assert "2025-08-07 to 2026-02-23" in found.differences[0].because


def test_a_rate_of_another_period_is_named_as_such() -> None:
    head = {"entry_date": "2025-12-01", "transport_mode": "ocean"}
    rows = [{"heading": "9903.01.24", "rate": "20%", "base": "5000", "duty": "1000"}, {"heading": "9503.00.00.73", "rate": "Free", "base": "5000", "duty": "0"}, {"heading": "9903.01.25", "rate": "10%", "base": "5000", "duty": "500"}]
    found = audit(rows, entry=head, line={"country_of_origin": "CN"})
    assert ("WRONG_PERIOD", "9903.01.24", Decimal("500.00")) in [(d.code, d.heading, d.change_usd) for d in found.differences]


def test_a_heading_for_other_goods_is_extra() -> None:
    found = audit([*RIGHT[:1], {"heading": "9903.82.02", "rate": "50%", "base": "5000", "duty": "2500"}, *RIGHT[1:]])
    assert only(found) == ("EXTRA_HEADING", "9903.82.02", Decimal("2500"))


def test_a_heading_nobody_knows_is_left_to_the_reader() -> None:
    found = audit([*RIGHT, {"heading": "9903.77.77", "rate": "1%", "base": "5000", "duty": "50"}])
    assert "not in the law pack" in found.differences[0].because


def test_a_wrong_base_is_told_from_a_wrong_rate_and_from_a_slip_of_sum() -> None:
    base = [{"heading": "9903.03.01", "rate": "10%", "base": "6000", "duty": "600"}, RIGHT[1]]
    assert only(audit(base)) == ("WRONG_BASE", "9903.03.01", Decimal("100.00"))
    rate = [{"heading": "9903.03.01", "rate": "12%", "base": "5000", "duty": "600"}, RIGHT[1]]
    assert only(audit(rate)) == ("WRONG_RATE", "9903.03.01", Decimal("100.00"))
    slip = [{"heading": "9903.03.01", "rate": "10%", "base": "5000", "duty": "550"}, RIGHT[1]]
    assert only(audit(slip)) == ("WRONG_AMOUNT", "9903.03.01", Decimal("50.00"))


def test_fee_errors_are_named_each_way() -> None:
    assert only(audit(RIGHT, {"499": "17.32", "501": "6.25"})) == ("FEE_WRONG", "499", Decimal("-16.26"))
    assert only(audit(RIGHT, {"499": "33.58"})) == ("FEE_MISSING", "501", Decimal("-6.25"))
    assert only(audit(RIGHT, FEES, entry={"transport_mode": "air"})) == ("FEE_EXTRA", "501", Decimal("6.25"))


def test_a_total_that_its_rows_do_not_reach_is_named_but_not_counted_twice() -> None:
    found = audit(RIGHT, totals={"41": "510.00"})
    assert only(found) == ("TOTAL_WRONG", "41", Decimal("10.00"))
    assert found.net == 0


def test_headings_in_another_order_are_named_without_money() -> None:
    assert only(audit([RIGHT[1], RIGHT[0]]))[0] == "FILING_ORDER"


def test_an_order_as_filed_is_taken_at_its_own_rate() -> None:
    order = {"heading": "A-570-092", "rate": "42.92%", "base": "5000", "duty": "2146.00"}
    assert audit([*RIGHT, order]).differences == ()


@pytest.mark.parametrize(
    "raw",
    [{}, {"lines": []}, {"entry": HEAD, "lines": [{"country_of_origin": "VN", "entered_value": "5", "filed": [{"heading": "9903.03.01", "duty": "1"}]}]}, {"entry": HEAD, "lines": [{"entered_value": "5", "filed": RIGHT}]}],
)
def test_a_filing_that_cannot_be_read_says_where(raw: dict[str, Any]) -> None:
    with pytest.raises(LandedError, match="INVALID_FILING"):
        filed_of(raw)


def test_the_example_of_a_filed_entry_has_the_errors_it_is_made_of() -> None:
    found = audit_entry(read_filed(EXAMPLES / "filed_entry.csv"))
    assert sorted(d.code for d in found.differences) == ["FEE_EXTRA", "FEE_WRONG", "MISSING_HEADING", "WRONG_BASE", "WRONG_PERIOD"]


def test_an_express_shipment_audits_clean_though_its_fee_is_not_on_the_summary() -> None:
    head = {"entry_date": "2025-11-03", "entry_type": "informal", "transport_mode": "air", "express_waybills": 1}
    document = {"entry": head, "lines": [{"hts_code": "9503.00.00.73", "country_of_origin": "VN", "price": "400"}]}
    answer = estimate_entry(document)
    sheet = worksheet(answer)
    assert str(answer.totals.fees) == "1.34" and {code for code, *_ in sheet.fees} == {"311", "501"}
    assert {block.title: str(amount) for block, amount in sheet.totals if amount is not None}["Other (fees)"] == "0.00"
    assert any("Express consignment fee 1.34 USD" in warning for warning in sheet.warnings)
    filed = [{"heading": c.heading, "rate": c.rate_text, "base": "400", "duty": str(c.amount)} for c in answer.lines[0].duties if c.status == "applies"]
    assert audit_entry(filed_of({"entry": head, "lines": [{"country_of_origin": "VN", "entered_value": "400", "filed": filed}], "fees": {}})).differences == ()
