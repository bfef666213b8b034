"""Charges of freight: the invariants, payers, customs treatment, index estimates and their age, rate sheets, demurrage, emissions."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("searoute", reason="the freight extra is not installed")

from landed.entry.terms import valuation_rules
from landed.errors import LandedError
from landed.freight.charges import Quantities, charge, from_dcsa, measure, payer_of, to_dcsa, totals
from landed.freight.detention import Tier, billed
from landed.freight.emissions import by_scope, carrier_emission, emission
from landed.freight.index_rates import backtest, index_points, lane_of, main_rate, range_pct
from landed.freight.model import Basis, CargoItem, Leg
from landed.freight.places import find_port
from landed.freight.rate_sheet import example, read_sheet, sheet_charges
from landed.freight.reference import figures

CODES = sorted(figures("charges")["codes"])
TERMS = sorted(valuation_rules().terms)
CENT = Decimal("0.01")
ABOUT = {"kind": "QUOTED", "source": "test", "as_of": "2026-11-22"}
money = st.decimals(0, 100_000, places=4, allow_nan=False, allow_infinity=False)
counts = st.decimals(0, 5_000, places=3, allow_nan=False, allow_infinity=False)
charges = st.builds(
    lambda code, basis, price, count, term, spread, currency: charge(code, basis, price, count, incoterm=term, plus_minus_pct=Decimal(spread), currency=currency, **ABOUT),  # type: ignore[arg-type]
    st.sampled_from(CODES), st.sampled_from(get_args(Basis)), money, counts, st.sampled_from(TERMS), st.integers(0, 150), st.sampled_from(["USD", "EUR"]),
)  # fmt: skip


def refusal(call: Any) -> LandedError:
    with pytest.raises(LandedError) as raised:
        call()
    return raised.value


# -- invariants ---------------------------------------------------------------------------------------------------------


def test_there_are_twelve_bases_and_each_has_its_word() -> None:
    assert len(get_args(Basis)) == 12 and set(get_args(Basis)) == set(figures("charges")["bases"])


@given(charges)
def test_an_amount_is_unit_price_times_quantity_to_the_cent(row: Any) -> None:
    assert row.amount == (row.unit_price * row.quantity).quantize(CENT, ROUND_HALF_UP)
    assert 0 <= row.low <= row.amount <= row.high


@given(st.lists(charges, max_size=12))
def test_what_buyer_and_seller_pay_is_the_whole(rows: list[Any]) -> None:
    found = totals(rows, {"EUR": Decimal("1.1")})
    assert found["buyer_pays"] + found["seller_pays"] == found["amount"]
    assert found["low"] <= found["amount"] <= found["high"]


@given(st.lists(charges, min_size=1, max_size=5))
def test_currencies_are_never_mixed_without_a_rate(rows: list[Any]) -> None:
    if any(r.currency == "EUR" for r in rows):
        assert refusal(lambda: totals(rows)).code == "CURRENCY_RATE_REQUIRED"
    else:
        assert totals(rows)["amount"] == sum(r.amount for r in rows)


@given(charges)
def test_a_charge_goes_to_the_words_of_dcsa_and_back_without_loss(row: Any) -> None:
    there = to_dcsa(row)
    assert set(there) == {"chargeName", "currencyAmount", "currencyCode", "paymentTermCode", "calculationBasis", "unitPrice", "quantity"}
    assert len(there["chargeName"]) <= 50 and len(there["calculationBasis"]) <= 50
    term = "DDP" if row.payer == "seller" else "EXW"
    back = from_dcsa(there, incoterm=term, source="test", as_of="2026-11-22")
    for name in ("code", "name", "phase", "basis", "unit_price", "quantity", "amount", "currency", "payment_term", "payer", "customs_treatment"):
        assert getattr(back, name) == getattr(row, name), name
    assert to_dcsa(back) == there


def test_a_carriers_amount_that_is_not_price_times_quantity_is_refused() -> None:
    raw = to_dcsa(charge("BAS", "PER_CONTAINER", Decimal(2000), Decimal(2), incoterm="FOB", **ABOUT)) | {"currencyAmount": 4100}  # type: ignore[arg-type]
    assert refusal(lambda: from_dcsa(raw, incoterm="FOB", source="x", as_of="2026-01-01")).code == "CHARGE_MISMATCH"


@pytest.mark.parametrize(
    ("code", "seller"),
    [
        ("BAS", {"CFR", "CIF", "CPT", "CIP", "DAP", "DPU", "DDP"}),
        ("INS", {"CIF", "CIP"}),
        ("OTHC", {"FOB", "CFR", "CIF", "CPT", "CIP", "DAP", "DPU", "DDP"}),
        ("DRAY", {"DAP", "DPU", "DDP"}),
        ("CUS", {"DDP"}),
        ("PICK", set(TERMS) - {"EXW"}),
    ],
)
def test_the_incoterm_says_who_pays(code: str, seller: set[str]) -> None:
    assert {t for t in TERMS if payer_of(code, t) == "seller"} == seller


def test_every_code_has_a_treatment_that_valuation_knows() -> None:
    assert {c["treatment"] for c in figures("charges")["codes"].values()} <= {"international_freight", "international_insurance", "foreign_inland", "us_inland", "dutiable", "none"}


@pytest.mark.parametrize(("code", "basis"), [("XYZ", "PER_BL"), ("BAS", "PER_MOON")])
def test_an_unknown_code_or_basis_is_refused_with_the_known_ones(code: str, basis: str) -> None:
    assert refusal(lambda: charge(code, basis, Decimal(1), Decimal(1), incoterm="FOB", **ABOUT)).code == "UNKNOWN_CHARGE"  # type: ignore[arg-type]


# -- chargeable mass ----------------------------------------------------------------------------------------------------

BULKY = CargoItem("pillows", 10, 1000, 1000, 1000, Decimal(20))
DENSE = CargoItem("bolts", 10, 200, 200, 200, Decimal(30))


def test_bulky_goods_are_charged_by_volume_and_dense_goods_by_mass() -> None:
    assert measure([BULKY], "air", {}, Decimal(0), None).chargeable_kg == Decimal("1666.7")
    assert measure([BULKY], "express", {}, Decimal(0), None).chargeable_kg == Decimal(2000)
    assert measure([DENSE], "air", {}, Decimal(0), None).chargeable_kg == Decimal(300)
    assert measure([BULKY], "lcl", {}, Decimal(0), None).weight_or_measure == Decimal(10)
    assert measure([DENSE], "lcl", {}, Decimal(0), None).weight_or_measure == Decimal(1), "the least is one"


# -- the index estimate -------------------------------------------------------------------------------------------------

SHANGHAI, LOS_ANGELES, NEW_YORK = "CNSHA", "USLAX", "USNYC"


def rate(on: date, destination: str = LOS_ANGELES, service: str = "fcl", **given: Any) -> Any:
    return main_rate(service, find_port(SHANGHAI), find_port(destination), on, scenario="cape", **given)


def test_an_estimate_takes_the_last_index_point_before_the_day() -> None:
    found = rate(date(2026, 2, 20))
    assert (found.usd, found.as_of, found.warnings) == (Decimal("2219.00"), date(2026, 2, 19), ())
    assert rate(date(2026, 2, 20), NEW_YORK).usd == Decimal("2782.00")


def test_an_old_index_is_never_called_current() -> None:
    found = rate(date(2026, 11, 22))
    assert [w.code for w in found.warnings] == ["INDEX_OLD"] and "276 days" in found.warnings[0].message
    assert found.plus_minus_pct > rate(date(2026, 2, 20)).plus_minus_pct


def test_a_given_index_is_used_with_its_own_day_and_no_warning() -> None:
    found = rate(date(2026, 11, 22), given={"asia_us_west": Decimal(5214)})
    assert (found.usd, found.warnings) == (Decimal("5214.00"), ())


def test_the_shipped_points_hold_nothing_after_the_last_verified_day() -> None:
    assert max(p.on for p in index_points()) == date(2026, 2, 19)


def test_ranges_widen_with_age_and_stop() -> None:
    ages = [range_pct(n) for n in range(0, 900, 30)]
    assert ages == sorted(ages) and ages[0] == 20 and ages[-1] == 60


def test_a_lane_without_index_is_refused_not_guessed() -> None:
    assert refusal(lambda: lane_of("fcl", find_port("BRSSZ"), find_port("USNYC"))).code == "NO_INDEX_LANE"
    assert refusal(lambda: rate(date(2020, 1, 1))).code == "NO_INDEX_POINT"
    assert refusal(lambda: rate(date(2026, 1, 1), given={"moon": Decimal(1)})).code == "NO_INDEX_LANE"


def test_a_farther_pair_of_a_lane_costs_more_within_limits() -> None:
    near, far = find_port("KRPUS"), find_port("IDJKT")
    on = date(2026, 2, 20)
    low, high = (main_rate("fcl", p, find_port(LOS_ANGELES), on, scenario="cape") for p in (near, far))
    assert Decimal("0.8") <= low.ratio < 1 < high.ratio <= Decimal("1.3")


def test_the_back_test_stands_as_documented() -> None:
    found = backtest()
    inside = sum(ok for *_, ok in found) / len(found)
    young = [abs(error) for age, error, _ in found if age < 31]
    assert len(found) >= 95 and inside >= 0.85
    assert sum(young) / len(young) < 15


# -- rate sheets --------------------------------------------------------------------------------------------------------

SHEET = [dict(row) for row in example()]
COUNTED = Quantities(2, Decimal(4), Decimal(60), Decimal(9000), Decimal(9000), Decimal(60), Decimal(50_000))


def from_sheet(**given: Any) -> Any:
    about = {"service": "fcl", "origin": "CNSHA", "destination": "USLAX", "equipment": {"45G1": 2}, "on": date(2026, 11, 20), "counted": COUNTED, "incoterm": "FOB", "source": "sheet"}
    return sheet_charges(read_sheet(SHEET), **(about | given))


def test_the_example_sheet_prices_its_own_lane() -> None:
    found = from_sheet()
    assert [(c.code, c.amount, c.kind) for c in found] == [("BAS", Decimal("4900.00"), "QUOTED"), ("DOC", Decimal("65.00"), "QUOTED")]
    assert all(c.low == c.amount == c.high for c in found)


def test_a_sheet_gives_nothing_for_another_lane_day_or_box() -> None:
    assert from_sheet(destination="USNYC") is None
    assert from_sheet(on=date(2026, 12, 1)) is None
    assert from_sheet(equipment={"22G1": 1}) is None


def test_a_minimum_is_charged_once_a_shipment() -> None:
    small = Quantities(0, Decimal(0), Decimal("0.2"), Decimal(50), Decimal(50), Decimal("0.5"), None)
    found = from_sheet(service="lcl", equipment={}, counted=small)
    assert found[0].amount == Decimal("62.00") and found[0].basis == "PER_SHIPMENT"


@pytest.mark.parametrize(
    ("column", "value"),
    [("code", "FOO"), ("basis", "PER_MOON"), ("service", "boat"), ("unit_price", "-1"), ("unit_price", ""), ("unit_price", "1,00"), ("currency", "dollars"), ("valid_until", "2026-13-01"), ("valid_until", "2020-01-01"), ("colour", "red")],
)
def test_every_bad_row_of_a_sheet_is_named(column: str, value: str) -> None:
    found = refusal(lambda: read_sheet([SHEET[0], {**SHEET[0], column: value}]))
    assert found.code == "INVALID_RATE_SHEET" and found.where.startswith("rates[2]") and len(found.extra["errors"]) == 1


# -- demurrage ----------------------------------------------------------------------------------------------------------

TIERS = (Tier(1, 5, Decimal(150)), Tier(6, None, Decimal(300)))


def test_demurrage_counts_days_past_the_free_ones_by_tier() -> None:
    found = billed(date(2026, 11, 2), date(2026, 11, 13), 4, TIERS)
    assert (found.days_held, found.days_billed, found.amount) == (12, 8, Decimal(5 * 150 + 3 * 300))
    assert found.last_free_day == date(2026, 11, 5) and found.invoice_by == date(2026, 12, 13)


def test_free_working_days_leave_out_weekends_and_holidays() -> None:
    found = billed(date(2026, 11, 6), date(2026, 11, 12), 4, TIERS, working_days=True, holidays=[date(2026, 11, 11)])
    assert found.last_free_day == date(2026, 11, 12) and found.amount == 0 and found.invoice_by is None


@given(st.integers(0, 60), st.integers(0, 30))
def test_a_longer_stay_never_costs_less(days: int, free: int) -> None:
    start = date(2026, 1, 5)
    amounts = [billed(start, date.fromordinal(start.toordinal() + n), free, TIERS).amount for n in (days, days + 1)]
    assert amounts[0] <= amounts[1]
    assert (amounts[0] == 0) == (days + 1 <= free)


@pytest.mark.parametrize("tiers", [(), (Tier(2, None, Decimal(1)),), (Tier(1, 5, Decimal(1)),), (Tier(1, 5, Decimal(1)), Tier(7, None, Decimal(1))), (Tier(1, None, Decimal(1)), Tier(2, None, Decimal(1)))])
def test_tiers_with_gaps_overlaps_or_an_end_are_refused(tiers: tuple[Tier, ...]) -> None:
    assert refusal(lambda: billed(date(2026, 1, 1), date(2026, 1, 9), 2, tiers)).code == "INVALID_TIERS"


def test_a_stay_that_ends_before_it_begins_is_refused() -> None:
    assert refusal(lambda: billed(date(2026, 1, 2), date(2026, 1, 1), 2, TIERS)).code == "INVALID_DATE"


# -- emissions ----------------------------------------------------------------------------------------------------------


def test_five_tonnes_from_shanghai_to_los_angeles_by_sea_and_by_air() -> None:
    from landed.freight.routes import distance

    sea = emission("ocean", Decimal(5), distance("CNSHA", "USLAX", routing="cape").km, "sea_network")
    air = emission("air", Decimal(5), distance("PVG", "LAX", mode="air").km, "great_circle")
    assert float(sea.kg_co2e) == pytest.approx(860, rel=0.01)
    assert float(air.kg_co2e) == pytest.approx(27_700, rel=0.01)
    assert sea.scope == air.scope == "TTW" and sea.year == 2025 and sea.factor_id and sea.source


def test_scopes_are_never_added_and_the_carriers_own_figure_stands() -> None:
    def leg(figure: Any) -> Leg:
        return Leg(1, "ocean", "a", "b", 1.0, "sea_network", Decimal(1), Decimal(1), emission=figure)

    found = by_scope([leg(emission("ocean", Decimal(1), 1000.0, "sea_network")), leg(carrier_emission(Decimal(30), "WTW", 2026, "MAEU")), leg(None)])
    assert found == {"TTW": Decimal("16.1"), "WTW": Decimal("30.0")}


def test_the_back_test_on_held_out_days_stands_as_documented() -> None:
    import sys
    from pathlib import Path

    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
    from bench_freight_index import pairs

    until = date(2025, 6, 30)
    young = [abs(error) for age, error in pairs(until, True, True) if age < 31]
    old = [abs(error) for age, error in pairs(until, True, True) if age > 121]
    assert len(pairs(until, False, False)) == 19 and (len(young), len(old)) == (10, 3)
    assert round(sum(young) / len(young), 1) == Decimal("11.0") and round(sum(old) / len(old), 1) == Decimal("18.8")
