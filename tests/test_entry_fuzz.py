"""Entries nobody would write: every document is answered or refused with a code, and a one-line entry equals its estimate."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landed.duty.estimate import default_engine
from landed.entry.assess import estimate_entry
from landed.entry.audit import audit_entry
from landed.entry.cost import landed_cost
from landed.entry.filed import filed_of
from landed.entry.read import BLOCKS, HEADER, LINE
from landed.errors import LandedError

SCRAP = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=12) | st.sampled_from(["VN", "2026-04-10", "FOB", "EUR", "1e400", "NaN", "9802.00.50", "kg", "value", "freight", "actual", "yes"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["kind", "amount", "unit", "value", "spi", "chapter_98", "repair_value", "price", "currency", "x"]), inner, max_size=4),
    max_leaves=8,
)
GOOD_LINE = {"hts_code": "9503.00.00.73", "country_of_origin": "VN", "price": "100"}


def answered_or_refused(call: Any, document: Any) -> None:
    try:
        call(document)
    except LandedError as refused:
        assert refused.code and refused.detail
        assert refused.to_dict()


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    head=st.dictionaries(st.sampled_from(sorted(HEADER | BLOCKS)), SCRAP, max_size=4),
    line=st.dictionaries(st.sampled_from(sorted(LINE)), SCRAP, max_size=4),
    rest=st.dictionaries(st.sampled_from(["charges", "additions", "exchange_rates", "cost"]), SCRAP, max_size=2),
)
def test_scraps_in_any_field_are_answered_or_refused(head: dict[str, Any], line: dict[str, Any], rest: dict[str, Any]) -> None:
    document = {"entry": {"entry_date": "2026-04-10", "transport_mode": "air"} | head, "lines": [GOOD_LINE | line]} | rest
    answered_or_refused(landed_cost, document)


@settings(max_examples=150, deadline=None)
@given(SCRAP)
def test_scraps_in_place_of_a_document_are_refused(scrap: Any) -> None:
    answered_or_refused(estimate_entry, scrap)
    answered_or_refused(estimate_entry, {"entry": {"entry_date": "2026-04-10"}, "lines": scrap})
    answered_or_refused(lambda raw: audit_entry(filed_of(raw)), {"entry": {"entry_date": "2026-04-10"}, "lines": [{"country_of_origin": "VN", "entered_value": scrap, "filed": scrap}]})
    row = {"heading": scrap, "rate": scrap, "base": "1", "duty": "1"}
    answered_or_refused(lambda raw: audit_entry(filed_of(raw)), {"entry": {"entry_date": "2026-04-10"}, "lines": [{"country_of_origin": "VN", "entered_value": "5", "filed": [row, {"heading": "9503.00.00.73", "duty": "0"}]}], "fees": {"499": scrap}})


@settings(max_examples=60, deadline=None)
@given(
    value=st.integers(100, 5 * 10**9),
    day=st.dates(min_value=__import__("datetime").date(2018, 1, 1), max_value=__import__("datetime").date(2027, 9, 30)),
    mode=st.sampled_from(["ocean", "air", "truck", "rail"]),
    origin=st.sampled_from(["VN", "CN", "MX", "JM", "DE", "RU"]),
    kind=st.sampled_from(["formal", "informal", "postal"]),
)
def test_an_entry_of_one_line_equals_the_estimate_of_that_line(value: int, day: Any, mode: str, origin: str, kind: str) -> None:
    price = str(Decimal(value).scaleb(-2))
    alone = default_engine().estimate({"hts_code": "9503.00.00.73", "country_of_origin": origin, "customs_value": price, "entry_date": day, "transport_mode": mode, "entry_type": kind})
    entry = estimate_entry({"entry": {"entry_date": day, "transport_mode": mode, "entry_type": kind}, "lines": [GOOD_LINE | {"price": price, "country_of_origin": origin}]})
    assert (entry.totals.duty, entry.totals.known_duty_subtotal, entry.status) == (alone.totals.duty, alone.totals.known_duty_subtotal, alone.status)
    if alone.status != "refused":
        assert entry.totals.fees == alone.totals.fees
        assert {f.class_code: f.amount for f in entry.fees} == {c.heading: c.amount for c in alone.components if c.programme == "us.fees"}


def test_an_undecided_order_leaves_the_total_unknown() -> None:
    found = estimate_entry({"entry": {"entry_date": "2026-04-10", "transport_mode": "air"}, "lines": [GOOD_LINE | {"claims": {"ad_cvd": [{"kind": "ad", "case": "A-552-999"}]}}, GOOD_LINE]})
    assert (found.status, found.totals.duty, found.totals.total) == ("partial", None, None)
    assert found.totals.known_duty_subtotal == Decimal("20.00")


@pytest.mark.parametrize("count", [999])
def test_the_longest_entry_is_answered(count: int) -> None:
    found = estimate_entry({"entry": {"entry_date": "2026-04-10", "transport_mode": "ocean"}, "lines": [GOOD_LINE] * count}, depth="duty")
    assert sum(s for s in found.fees[0].shares if s is not None) == found.fees[0].amount == Decimal("346.05")
    with pytest.raises(LandedError, match="INVALID_ENTRY"):
        estimate_entry({"entry": {"entry_date": "2026-04-10"}, "lines": [GOOD_LINE] * (count + 1)})
