"""Customs user fees of one line: figures of each fiscal year, who is exempt, and what is asked rather than guessed."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from landed.duty.estimate import default_engine
from landed.duty.fees import entry_fees, fee_law, fee_warnings
from landed.duty.model import Component, Question

TOY = "9503.00.00.73"


def fees_of(**changes: Any) -> tuple[Decimal | None, dict[str, Component], tuple[Question, ...]]:
    raw = {"hts_code": TOY, "country_of_origin": "VN", "customs_value": "10000", "entry_date": "2026-04-10", "transport_mode": "air"} | changes
    engine = default_engine()
    known, components, questions = entry_fees(engine.case(engine.read({k: v for k, v in raw.items() if v is not None})), 0)
    return known, {c.heading: c for c in components}, questions


@pytest.mark.parametrize(
    ("day", "minimum", "maximum"),
    [
        ("2018-09-30", "25.67", "497.99"), ("2018-10-01", "26.22", "508.70"), ("2019-10-01", "26.79", "519.76"), ("2021-09-30", "27.23", "528.33"),
        ("2021-10-01", "27.75", "538.40"), ("2022-10-01", "29.66", "575.35"), ("2023-10-01", "31.67", "614.35"), ("2024-10-01", "32.71", "634.62"),
        ("2025-10-01", "33.58", "651.50"), ("2026-09-30", "33.58", "651.50"), ("2026-10-01", "34.58", "670.86"),
    ],
)  # fmt: skip
def test_the_fee_keeps_to_the_minimum_and_maximum_of_the_fiscal_year(day: str, minimum: str, maximum: str) -> None:
    assert fees_of(entry_date=day, customs_value="100")[1]["499"].amount == Decimal(minimum)
    assert fees_of(entry_date=day, customs_value="9000000")[1]["499"].amount == Decimal(maximum)
    assert fees_of(entry_date=day, customs_value="50000")[1]["499"].amount == Decimal("173.20")


def test_harbor_maintenance_is_charged_on_vessel_cargo_only_and_has_no_cap() -> None:
    assert fees_of(transport_mode="ocean", customs_value="8000000")[1]["501"].amount == Decimal("10000.00")
    for mode in ("air", "truck", "rail", "mail"):
        component = fees_of(transport_mode=mode)[1]["501"]
        assert (component.status, component.amount) == ("not_applicable", Decimal("0.00"))


def test_an_unstated_mode_of_arrival_is_asked_and_never_counted_as_zero() -> None:
    known, found, questions = fees_of(transport_mode=None)
    assert known == Decimal("34.64")
    assert (found["501"].status, found["501"].amount) == ("unknown", None)
    (question,) = questions
    assert (question.id, question.affects, question.change_usd) == ("transport_mode", "fees", Decimal("12.50"))
    assert {c.value: c.change_usd for c in question.options}["air"] == Decimal("0.00")


def test_an_informal_entry_pays_the_flat_fee_of_its_fiscal_year() -> None:
    for day, fee in (("2021-03-01", "2.18"), ("2025-03-01", "2.62"), ("2026-04-10", "2.69")):
        assert fees_of(entry_type="informal", customs_value="900", entry_date=day)[1]["311"].amount == Decimal(fee)


def test_an_informal_entry_above_its_limit_is_warned_about() -> None:
    engine = default_engine()
    raw = {"hts_code": TOY, "country_of_origin": "VN", "customs_value": "2500.01", "entry_date": "2026-04-10", "entry_type": "informal"}
    assert "INFORMAL_ABOVE_LIMIT" in [w.code for w in fee_warnings(engine.case(engine.read(raw)))]
    assert "INFORMAL_ABOVE_LIMIT" not in [w.code for w in fee_warnings(engine.case(engine.read(raw | {"customs_value": "2500"})))]


def test_dutiable_mail_pays_its_own_fee_in_place_of_the_processing_fee() -> None:
    known, found, questions = fees_of(entry_type="postal", transport_mode=None, customs_value="300")
    assert known == found["496"].amount == Decimal("7.39")
    assert "499" not in found and questions == () and found["501"].status == "not_applicable"


@pytest.mark.parametrize(("origin", "spi"), [("MX", "S"), ("CA", "S+"), ("KR", "KR"), ("AU", "AU"), ("SG", "SG"), ("CO", "CO")])
def test_a_claimed_agreement_that_waives_the_fee_exempts_the_line(origin: str, spi: str) -> None:
    found = fees_of(country_of_origin=origin, claims={"spi": spi})[1]["499"]
    assert (found.status, found.amount) == ("exempt", Decimal("0.00"))
    assert fees_of(country_of_origin=origin)[1]["499"].amount == Decimal("34.64")


@pytest.mark.parametrize(("origin", "spi"), [("JO", "JO"), ("MA", "MA")])
def test_agreements_that_do_not_waive_the_fee_leave_it_due(origin: str, spi: str) -> None:
    assert fees_of(country_of_origin=origin, claims={"spi": spi})[1]["499"].amount == Decimal("34.64")


@pytest.mark.parametrize("origin", ["JM", "VI", "GU", "IL", "NP"])
def test_some_origins_are_exempt_whether_or_not_a_preference_is_claimed(origin: str) -> None:
    assert fees_of(country_of_origin=origin)[1]["499"].status == "exempt"


def test_the_freely_associated_states_pay_the_fee() -> None:
    assert fees_of(country_of_origin="MH")[1]["499"].amount == Decimal("34.64")


def test_no_agreement_waives_the_harbor_fee() -> None:
    assert fees_of(country_of_origin="MX", claims={"spi": "S"}, transport_mode="ocean")[1]["501"].amount == Decimal("12.50")


def test_repairs_under_9802_00_50_owe_no_processing_fee() -> None:
    assert fees_of(claims={"chapter_98": "9802.00.50", "repair_value": "800"})[1]["499"].status == "exempt"


def test_metal_processed_abroad_owes_the_fee_on_the_processing_alone() -> None:
    found = fees_of(hts_code="7326.90.86.88", customs_value="50000", claims={"chapter_98": "9802.00.60", "repair_value": "20000"})[1]["499"]
    assert (found.basis_amount, found.amount) == (Decimal("20000.00"), Decimal("69.28"))
    silent = fees_of(hts_code="7326.90.86.88", customs_value="50000", claims={"chapter_98": "9802.00.60"})
    assert silent[0] is None and silent[1]["499"].status == "unknown"


def test_a_fiscal_year_without_a_notice_leaves_the_fee_unknown() -> None:
    known, found, _ = fees_of(entry_date="2028-03-01")
    assert known is None and found["499"].amount is None


def test_figures_from_memory_or_inference_are_marked_unverified() -> None:
    assert fees_of(entry_date="2022-11-01")[1]["499"].legal.verified is True
    assert fee_law(default_engine().law).express_on(date(2018, 5, 1)) == (Decimal("1.03"), False)
    assert fees_of(entry_date="2026-10-05", entry_type="informal", customs_value="900")[1]["311"].legal.verified is False
    assert fees_of(entry_date="2026-04-10")[1]["499"].legal.verified is True


def test_class_fees_that_are_not_priced_are_named() -> None:
    engine = default_engine()
    case = engine.case(engine.read({"hts_code": "0804.40.00.40", "country_of_origin": "MX", "customs_value": "10000", "entry_date": "2026-04-10"}))
    assert [w.code for w in fee_warnings(case)] == ["CLASS_FEE_NOT_INCLUDED"]


def test_spells_of_the_fee_follow_each_other_without_a_gap() -> None:
    from datetime import timedelta

    spells = fee_law(default_engine().law).processing
    for earlier, later in itertools.pairwise(spells):
        assert earlier.to + timedelta(days=1) == later.from_
        assert earlier.maximum < later.maximum


def test_a_shipment_released_under_section_321_owes_no_fees() -> None:
    known, found, questions = fees_of(entry_type="section_321", customs_value="500", entry_date="2024-05-02", transport_mode=None)
    assert known == Decimal("0.00") and questions == ()
    assert {c.status for c in found.values()} == {"not_applicable"}


def test_mail_free_of_duty_owes_no_mail_fee() -> None:
    assert fees_of(entry_type="postal", customs_value="300", entry_date="2024-05-02", hts_code="6912.00.44.00", transport_mode=None)[0] == Decimal("0.00")
