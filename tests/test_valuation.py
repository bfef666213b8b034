"""Transaction value: what is added, what may leave, which rate of exchange, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landed.duty.estimate import default_engine
from landed.entry.allocate import allocate
from landed.entry.assess import estimate_entry
from landed.entry.currency import read_rates
from landed.entry.model import ValuedLine
from landed.entry.read import read_entry
from landed.entry.terms import valuation_rules
from landed.entry.valuation import value_entry
from landed.errors import LandedError

LINE = {"hts_code": "6912.00.44.00", "country_of_origin": "VN", "price": "10000"}


def valued(*, entry: dict[str, Any] | None = None, rates: str = "", line: dict[str, Any] | None = None, **rest: Any) -> ValuedLine:
    head = {"entry_date": "2024-05-02", "transport_mode": "ocean", "incoterm": "FOB"} | (entry or {})
    document = {"entry": head, "lines": [LINE | (line or {})], **rest}
    return value_entry(*read_entry(document, default_engine().law, read_rates(rates) if rates else None))[0]


def refusal(**parts: Any) -> LandedError:
    with pytest.raises(LandedError) as caught:
        valued(**parts)
    if caught.value.code != "ENTRY_LINES_INVALID":
        return caught.value
    first = caught.value.extra["errors"][0]
    return LandedError(first["code"], first["detail"], where=first["where"], mend=first["mend"])


@pytest.mark.parametrize("term", ["CFR", "CIF", "CPT", "CIP", "DAP", "DPU", "DDP"])
def test_actual_separate_freight_leaves_a_price_that_holds_it(term: str) -> None:
    freight = {"kind": "freight", "amount": "700", "status": "actual", "separate": True}
    assert valued(entry={"incoterm": term}, charges=[freight]).entered_value == Decimal("9300.00")


@pytest.mark.parametrize("term", ["EXW", "FCA", "FAS", "FOB"])
def test_freight_beside_the_price_changes_nothing(term: str) -> None:
    freight = {"kind": "freight", "amount": "700", "status": "actual", "separate": True}
    assert valued(entry={"incoterm": term}, charges=[freight]).entered_value == Decimal("10000.00")


@given(amount=st.integers(1, 999_999), kind=st.sampled_from(["freight", "insurance", "us_inland"]), separate=st.booleans(), term=st.sampled_from(["CIF", "DAP", "DDP", "FOB"]))
def test_an_estimate_never_lowers_the_value(amount: int, kind: str, separate: bool, term: str) -> None:
    charge = {"kind": kind, "amount": str(Decimal(amount).scaleb(-2)), "status": "estimated", "separate": separate}
    assert valued(entry={"incoterm": term}, charges=[charge]).entered_value >= Decimal("10000.00")


def test_freight_that_is_not_separately_identified_stays() -> None:
    found = valued(entry={"incoterm": "CFR"}, charges=[{"kind": "freight", "amount": "700", "status": "actual"}])
    assert found.entered_value == Decimal("10000.00")
    assert "not separately identified" in found.steps[-1].because


def test_a_delivered_duty_paid_price_loses_the_duty_it_names() -> None:
    duty = {"kind": "customs_duties", "amount": "900", "status": "actual", "separate": True}
    assert valued(entry={"incoterm": "DDP"}, charges=[duty]).entered_value == Decimal("9100.00")


def test_foreign_inland_freight_leaves_only_under_a_through_bill() -> None:
    inland = {"kind": "foreign_inland", "amount": "200", "status": "actual", "separate": True}
    assert valued(charges=[inland]).entered_value == Decimal("10000.00")
    assert valued(charges=[inland | {"through_bill": True}]).entered_value == Decimal("9800.00")


def test_a_buying_commission_leaves_only_with_an_agency_agreement() -> None:
    fee = {"kind": "buying_commission", "amount": "500", "status": "actual", "separate": True, "in_price": True}
    assert valued(charges=[fee]).entered_value == Decimal("10000.00")
    assert valued(charges=[fee | {"agency_agreement": True}]).entered_value == Decimal("9500.00")


def test_every_step_says_why_and_cites_law() -> None:
    found = valued(entry={"incoterm": "CIF"}, charges=[{"kind": "freight", "amount": "700", "status": "actual", "separate": True}], additions={"assists": "10"})
    assert all(step.because and step.cite for step in found.steps)
    assert sum(step.amount for step in found.steps if step.counted) == found.entered_value


def test_related_parties_are_warned_about_until_a_basis_is_shown() -> None:
    assert "RELATED_PARTIES" in [w.code for w in valued(line={"related": True}).warnings]
    assert "RELATED_PARTIES" not in [w.code for w in valued(line={"related": "yes", "related_basis": "test_values"}).warnings]


def test_a_sea_rule_on_air_cargo_is_warned_about() -> None:
    assert "INCOTERM_NOT_FOR_MODE" in [w.code for w in valued(entry={"transport_mode": "air"}).warnings]


SALE = {"price": "7000", "bona_fide_sale": True, "destined_to_us": True, "arms_length": True, "documents": True}


def test_first_sale_is_used_only_when_asked_for_and_every_precondition_is_stated() -> None:
    assert valued(line={"first_sale": SALE}).entered_value == Decimal("10000.00")
    assert valued(line={"first_sale": SALE | {"use": True}}).entered_value == Decimal("7000.00")
    short = valued(line={"first_sale": SALE | {"use": True, "documents": False}})
    assert short.entered_value == Decimal("10000.00")
    assert short.first_sale_missing == ("documents",)
    assert "FIRST_SALE_NOT_USED" in [w.code for w in short.warnings]


def test_first_sale_is_offered_with_what_it_saves() -> None:
    head = {"entry_date": "2024-05-02", "transport_mode": "air"}
    (line,) = estimate_entry({"entry": head, "lines": [LINE | {"first_sale": SALE | {"documents": False}}]}).lines
    assert line.first_sale is not None
    assert (line.first_sale.saving_usd, line.first_sale.missing) == (Decimal("300.00"), ("documents",))


RATES = "date,currency,rate\n2024-04-01,EUR,1.0800\n2024-04-18,EUR,1.0651\n2024-07-01,EUR,1.0700\n"


def test_the_rate_is_that_of_the_day_of_export() -> None:
    found = valued(entry={"currency": "EUR", "export_date": "2024-04-18"}, rates=RATES)
    assert (found.entered_value, found.exchange_rate) == (Decimal("10651.00"), Decimal("1.0651"))


def test_a_missing_day_takes_the_last_earlier_rate_of_its_quarter_and_says_so() -> None:
    found = valued(entry={"currency": "EUR", "export_date": "2024-04-30"}, rates=RATES)
    assert found.exchange_rate == Decimal("1.0651")
    assert "2024-04-18 (last earlier day of the quarter)" in found.rate_source


@pytest.mark.parametrize(
    ("entry", "rates", "code"),
    [
        ({"currency": "EUR"}, "", "CURRENCY_RATE_REQUIRED"),
        ({"currency": "EUR"}, RATES, "EXPORT_DATE_REQUIRED"),
        ({"currency": "EUR", "export_date": "2024-03-31"}, RATES, "CURRENCY_RATE_REQUIRED"),
        ({"currency": "JPY", "export_date": "2024-04-18"}, RATES, "CURRENCY_RATE_REQUIRED"),
    ],
)
def test_no_rate_is_ever_assumed(entry: dict[str, Any], rates: str, code: str) -> None:
    assert refusal(entry=entry, rates=rates).code == code


def test_a_rate_on_the_line_wins_over_the_file() -> None:
    assert valued(entry={"currency": "EUR", "export_date": "2024-04-18"}, rates=RATES, line={"exchange_rate": "1.1"}).entered_value == Decimal("11000.00")


@pytest.mark.parametrize("text", ["day,cur\n1,2\n", "date,currency,rate\n2024-13-01,EUR,1\n", "date,currency,rate\n2024-01-02,EUR,0\n", "date,currency,rate\n2024-01-02,EUR,1\n2024-01-02,EUR,2\n"])
def test_a_rates_file_that_cannot_be_trusted_is_refused(text: str) -> None:
    with pytest.raises(LandedError, match="BAD_RATES_FILE"):
        read_rates(text)


def test_freight_that_reaches_the_price_is_refused() -> None:
    for status in ("actual", "estimated"):
        charge = {"kind": "freight", "amount": "10000", "status": status, "separate": True}
        assert refusal(entry={"incoterm": "CIF"}, charges=[charge]).code == "FREIGHT_ABOVE_VALUE"


def test_freight_beside_the_price_and_above_it_is_warned_about() -> None:
    assert "CHARGE_ABOVE_VALUE" in [w.code for w in valued(charges=[{"kind": "freight", "amount": "10001"}]).warnings]


def test_a_charge_without_an_incoterm_asks_for_one() -> None:
    assert refusal(entry={"incoterm": ""}, charges=[{"kind": "freight", "amount": "700"}]).code == "INCOTERM_REQUIRED"


@pytest.mark.parametrize(
    ("claims", "code"),
    [({"chapter_98": "9802.00.50"}, "CHAPTER_98_VALUE_REQUIRED"), ({"chapter_98": "9802.00.80"}, "CHAPTER_98_VALUE_REQUIRED"), ({"chapter_98": "9802.00.50", "repair_value": "10000.01"}, "INVALID_CLAIM")],
)
def test_chapter_98_lines_state_what_their_duty_hangs_on(claims: dict[str, str], code: str) -> None:
    assert refusal(line={"claims": claims}).code == code


def test_whole_dollars_are_rounded_only_when_asked_for() -> None:
    assert valued(line={"price": "1234.50"}).entered_value == Decimal("1234.50")
    assert valued(entry={"whole_dollars": True}, line={"price": "1234.50"}).entered_value == Decimal("1235.00")


def test_all_eleven_incoterms_stand_in_the_table() -> None:
    from landed.duty.request import INCOTERMS

    assert set(valuation_rules().terms) == set(INCOTERMS)


MONEY = st.integers(0, 10**12).map(lambda n: Decimal(n).scaleb(-2))
WEIGHTS = st.lists(st.decimals(min_value=0, max_value=10**9, places=4, allow_nan=False), min_size=1, max_size=40).filter(any)


@given(total=MONEY, weights=WEIGHTS)
def test_shares_sum_to_the_cent_and_stay_within_a_cent_of_their_part(total: Decimal, weights: list[Decimal]) -> None:
    shares = allocate(total, weights)
    assert sum(shares) == total
    whole = sum(weights)
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - total * weight / whole) < Decimal("0.010001")
        assert share >= 0 and (weight or not share)


@given(total=MONEY, weights=WEIGHTS, factor=st.integers(1, 10**6))
def test_shares_do_not_hang_on_the_unit_of_the_weights(total: Decimal, weights: list[Decimal], factor: int) -> None:
    assert allocate(total, weights) == allocate(total, [weight * factor for weight in weights])


def test_nothing_to_share_by_is_refused() -> None:
    with pytest.raises(LandedError, match="CANNOT_ALLOCATE"):
        allocate(Decimal("1.00"), [Decimal(0), Decimal(0)])
    assert allocate(Decimal("0.00"), [Decimal(0), Decimal(0)]) == (Decimal("0.00"), Decimal("0.00"))


@given(prices=st.lists(st.integers(100, 10**8), min_size=1, max_size=12), freight=st.integers(1, 10**4))
def test_a_shared_charge_falls_on_the_lines_to_the_cent(prices: list[int], freight: int) -> None:
    lines = [LINE | {"price": str(Decimal(p).scaleb(-2))} for p in prices]
    charge = {"kind": "freight", "amount": str(Decimal(freight).scaleb(-2)), "status": "actual", "separate": True}
    document = {"entry": {"entry_date": "2024-05-02", "incoterm": "FOB"}, "lines": lines, "charges": [charge]}
    found = value_entry(*read_entry(document, default_engine().law))
    assert sum(c.amount for line in found for c in line.charges) == Decimal(freight).scaleb(-2)
