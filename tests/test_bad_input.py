"""Bad input is refused with a stable code, the place and a mend; it is never guessed at."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from landed.duty.estimate import Engine, default_engine
from landed.errors import LandedError

GOOD: dict[str, Any] = {"hts_code": "9503.00.00.73", "country_of_origin": "CN", "customs_value": "10000.00", "entry_date": "2025-06-02"}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return default_engine()


def refusal(engine: Engine, **change: Any) -> LandedError:
    raw = {**GOOD, **change}
    with pytest.raises(LandedError) as caught:
        engine.estimate({k: v for k, v in raw.items() if v is not ...})
    error = caught.value
    assert error.code and error.detail and error.mend, error.to_dict()
    assert error.to_dict()["type"].startswith("urn:landed:error:")
    return error


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("9503000099", "UNKNOWN_HTS"),
        ("1234567890", "UNKNOWN_HTS"),
        ("0000.00.00.00", "UNKNOWN_HTS"),
        ("7777.77.77", "UNKNOWN_HTS"),
        ("9503", "NOT_A_RATE_LINE"),
        ("950300", "NOT_A_RATE_LINE"),
        ("6109.10", "NOT_A_RATE_LINE"),
        ("9903.01.24", "NOT_A_RATE_LINE"),
        ("9903.88.0300", "NOT_A_RATE_LINE"),
        ("9802.00.50", "NOT_A_RATE_LINE"),
        ("950", "INVALID_CODE"),
        ("95030", "INVALID_CODE"),
        ("95030000731", "INVALID_CODE"),
        ("toys", "INVALID_CODE"),
        ("9503.00.00.7X", "INVALID_CODE"),
        ("９５０３０００００７３", "INVALID_CODE"),
        ("9503000073; drop table", "INVALID_CODE"),
        ("9" * 500, "INVALID_CODE"),
        ("\x00", "INVALID_CODE"),
    ],
)
def test_a_code_that_is_no_tariff_line_is_refused(engine: Engine, code: str, expected: str) -> None:
    error = refusal(engine, hts_code=code)
    assert error.code == expected
    assert error.where == "hts_code"


def test_a_heading_names_its_children(engine: Engine) -> None:
    children = refusal(engine, hts_code="9503").extra["children"]
    assert any(child.startswith("9503.00.00") for child in children)


def test_an_obsolete_code_names_its_successors(engine: Engine) -> None:
    error = refusal(engine, hts_code="8431.49.90.95", entry_date="2026-03-15")
    assert error.code == "OBSOLETE_HTS"
    assert error.extra["successors"]


def test_an_unknown_code_names_near_codes(engine: Engine) -> None:
    assert refusal(engine, hts_code="9503000099").extra["near"]


@pytest.mark.parametrize("code", ["9503.00.00.73", "9503.00.0073", "9503 00 00 73", "9503000073", " 9503-00-00-73 "])
def test_spellings_of_a_code_are_one_code(engine: Engine, code: str) -> None:
    assert engine.estimate({**GOOD, "hts_code": code}).hts_code == "9503.00.00.73"


@pytest.mark.parametrize("origin", ["XX", "ZZ", "CHN", "Chinaa", "EU", "12", "..", "🇨🇳", "C N"])
def test_an_unknown_origin_is_refused(engine: Engine, origin: str) -> None:
    error = refusal(engine, country_of_origin=origin)
    assert error.code == "UNKNOWN_ORIGIN"
    assert error.where == "country_of_origin"


@pytest.mark.parametrize("origin", ["cn", "CN", " China "])
def test_spellings_of_an_origin_are_one_origin(engine: Engine, origin: str) -> None:
    assert engine.estimate({**GOOD, "country_of_origin": origin}).country_of_origin == "CN"


@pytest.mark.parametrize(
    "value",
    [
        "0",
        0,
        "0.00",
        "-1",
        -5,
        "-0.01",
        "NaN",
        float("nan"),
        "Infinity",
        float("inf"),
        "-inf",
        "1e15",
        10**15,
        "1000000000000",
        "ten",
        "1.2.3",
        "1e-40",
        True,
        [1],
        {"amount": "0"},
        "9" * 60,
    ],
)
def test_a_value_that_is_no_price_is_refused(engine: Engine, value: Any) -> None:
    error = refusal(engine, customs_value=value)
    assert error.code == "INVALID_VALUE"
    assert error.where.startswith("customs_value")


def test_a_value_without_its_amount_is_refused(engine: Engine) -> None:
    assert refusal(engine, customs_value={"currency": "USD"}).code == "INVALID_VALUE"


def test_a_foreign_value_needs_its_rate(engine: Engine) -> None:
    error = refusal(engine, customs_value={"amount": "10000.00", "currency": "EUR"})
    assert error.code == "CURRENCY_RATE_REQUIRED"
    answer = engine.estimate({**GOOD, "customs_value": {"amount": "10000.00", "currency": "EUR", "exchange_rate": "1.10"}})
    assert answer.customs_value == Decimal("11000.00")


@pytest.mark.parametrize("rate", ["0", "-1", "NaN", "x"])
def test_an_exchange_rate_that_is_no_rate_is_refused(engine: Engine, rate: str) -> None:
    assert refusal(engine, customs_value={"amount": "10000.00", "currency": "EUR", "exchange_rate": rate}).code == "INVALID_VALUE"


@pytest.mark.parametrize("value", ["1,000.00", "$1000", 1000, 1000.0, Decimal("1000"), {"amount": "1000"}])
def test_spellings_of_a_value_are_one_value(engine: Engine, value: Any) -> None:
    assert engine.estimate({**GOOD, "customs_value": value}).customs_value == Decimal("1000.00")


@pytest.mark.parametrize("day", ["2017-12-31", "2029-01-01", "1999-01-01", "9999-12-31", "0001-01-01"])
def test_a_day_outside_the_coverage_is_refused(engine: Engine, day: str) -> None:
    assert refusal(engine, entry_date=day).code == "DATE_OUT_OF_COVERAGE"


@pytest.mark.parametrize(
    "day",
    [
        "2025-02-29",
        "2026-02-29",
        "2025-13-01",
        "2025-04-31",
        "01/02/2025",
        "20250101",
        "today",
        "2025-1-1",
        "2025-01-01T00:00:00",
        "2025",
        20250101,
        "２０２５-01-01",
    ],
)
def test_a_day_that_is_no_day_is_refused(engine: Engine, day: Any) -> None:
    error = refusal(engine, entry_date=day)
    assert error.code == "INVALID_DATE"
    assert error.where == "entry_date"


def test_the_leap_days_exist(engine: Engine) -> None:
    for day in ("2020-02-29", "2024-02-29", "2028-02-29"):
        assert engine.estimate({**GOOD, "entry_date": day}).entry_date.isoformat() == day


def test_goods_cannot_be_loaded_after_they_are_entered(engine: Engine) -> None:
    assert refusal(engine, loading_date="2025-06-03").code == "INVALID_DATE"


@pytest.mark.parametrize("field", ["hts_code", "country_of_origin", "customs_value", "entry_date"])
@pytest.mark.parametrize("missing", [None, "", ...])
def test_each_required_field_is_missed_by_name(engine: Engine, field: str, missing: Any) -> None:
    error = refusal(engine, **{field: missing})
    assert error.code == "INVALID_REQUEST"
    assert error.where == field


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"hts": "9503"}, "hts"),
        ({"country": "CN"}, "country"),
        ({"transport_mode": "camel"}, "transport_mode"),
        ({"entry_type": "secret"}, "entry_type"),
        ({"incoterm": "XYZ"}, "incoterm"),
        ({"claims": {"spj": "S"}}, "claims.spj"),
        ({"claims": "S"}, "claims"),
        ({"facts": ["donation"]}, "facts"),
        ({"customs_value": {"amount": "1", "money": "USD"}}, "customs_value.money"),
    ],
)
def test_a_request_that_cannot_be_read_is_refused_at_its_place(engine: Engine, change: dict[str, Any], where: str) -> None:
    error = refusal(engine, **change)
    assert error.code == "INVALID_REQUEST"
    assert error.where == where


@pytest.mark.parametrize("raw", [None, [], "9503", 5])
def test_a_request_that_is_no_object_is_refused(engine: Engine, raw: Any) -> None:
    with pytest.raises(LandedError) as caught:
        engine.estimate(raw)
    assert caught.value.code == "INVALID_REQUEST"


@pytest.mark.parametrize(
    ("code", "origin", "known", "need"),
    [
        ("0406.90.97.00", "FR", "0.00", "quantity_kg"),
        ("6402.99.79.15", "VN", "3750.00", "quantity_prs"),
        ("1701.91.48.00", "MX", "510.00", "quantity_kg"),
        ("2204.21.50.05", "IT", "0.00", "quantity_liter"),
        ("9102.11.10", "JP", "0.00", "quantity_no"),
    ],
)
def test_a_missing_quantity_makes_the_answer_partial_and_never_zero(engine: Engine, code: str, origin: str, known: str, need: str) -> None:
    answer = engine.estimate({**GOOD, "hts_code": code, "country_of_origin": origin, "entry_date": "2025-02-01"})
    assert answer.status == "partial"
    assert answer.totals.duty is None
    assert answer.totals.landed_cost is None
    assert answer.totals.known_duty_subtotal == Decimal(known)
    assert need in {question.id for question in answer.questions}
    assert "QUANTITY_REQUIRED" in {warning.code for warning in answer.warnings}
    assert answer.to_dict()["totals"]["duty"] is None


def test_an_answered_quantity_completes_the_answer(engine: Engine) -> None:
    answer = engine.estimate(
        {**GOOD, "hts_code": "0406.90.97.00", "country_of_origin": "FR", "entry_date": "2025-02-01", "answers": {"quantity_kg": "1000"}}
    )
    assert answer.totals.duty == Decimal("1509.00")


@pytest.mark.parametrize(
    ("quantities", "expected"),
    [({"furlong": "3"}, "UNKNOWN_UNIT"), ({"kg": "-1"}, "INVALID_VALUE"), ({"kg": "many"}, "INVALID_VALUE"), (["12 kg"], "INVALID_VALUE")],
)
def test_a_quantity_that_is_none_is_refused(engine: Engine, quantities: Any, expected: str) -> None:
    assert refusal(engine, hts_code="0406.90.97.00", quantities=quantities).code == expected


def test_a_quantity_of_another_kind_does_not_stand_in(engine: Engine) -> None:
    answer = engine.estimate(
        {**GOOD, "hts_code": "0406.90.97.00", "country_of_origin": "FR", "entry_date": "2025-02-01", "quantities": {"liters": "1000"}}
    )
    assert answer.status == "partial"


@pytest.mark.parametrize(
    "change",
    [
        {"claims": {"spi": "S"}},  # China is no USMCA country
        {"claims": {"spi": "QQ"}},
        {"claims": {"us_content_value": "20000.00"}},
        {"claims": {"ad_cvd": [{"kind": "tax", "case": "A-1"}]}},
        {"claims": {"ad_cvd": ["A-570-967"]}},
    ],
)
def test_a_claim_that_cannot_stand_is_refused(engine: Engine, change: dict[str, Any]) -> None:
    assert refusal(engine, **change).code == "INVALID_CLAIM"


def test_contradictory_us_content_is_refused(engine: Engine) -> None:
    """US content stated as 1,000 of 10,000 dollars in the claim and as 50 percent in the facts cannot both be true."""
    error = refusal(engine, claims={"us_content_value": "1000.00"}, facts={"us_content_pct": "50"})
    assert error.code in ("INVALID_CLAIM", "INVALID_FACT")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"civil_aircraf": True}, "UNKNOWN_FACT"),
        ({"is_toy": True}, "UNKNOWN_FACT"),
        ({"civil_aircraft": "perhaps"}, "INVALID_FACT"),
        ({"metal_weight_pct": 140}, "INVALID_FACT"),
        ({"metal_weight_pct": "heavy"}, "INVALID_FACT"),
        ({"metal_weight_pct": -1}, "INVALID_FACT"),
        ({"pharma_status": "strong"}, "INVALID_FACT"),
    ],
)
def test_an_unknown_or_impossible_fact_is_refused(engine: Engine, facts: dict[str, Any], expected: str) -> None:
    error = refusal(engine, facts=facts)
    assert error.code == expected
    assert error.where == f"facts.{next(iter(facts))}"


def test_a_fact_that_is_nearly_right_is_suggested(engine: Engine) -> None:
    assert "civil_aircraft" in refusal(engine, facts={"civil_aircraf": True}).mend


def test_an_antidumping_order_without_a_rate_is_unknown_not_zero(engine: Engine) -> None:
    answer = engine.estimate({**GOOD, "claims": {"ad_cvd": [{"kind": "ad", "case": "A-570-967"}]}})
    assert answer.status == "partial"
    assert answer.totals.duty is None
    assert answer.totals.known_duty_subtotal == Decimal("3000.00")


def test_a_ban_is_an_answer_with_its_error_and_no_total(engine: Engine) -> None:
    answer = engine.estimate(
        {"hts_code": "2203.00.00.30", "country_of_origin": "CA", "customs_value": "10000.00", "entry_date": "2026-10-05"}
    )
    assert answer.status == "refused"
    assert answer.error is not None and answer.error["code"] == "IMPORT_PROHIBITED" and answer.error["mend"]
    assert answer.totals.duty is None and answer.totals.landed_cost is None
    assert answer.filing_sequence == ()


def test_metal_contents_that_pass_the_whole_value_are_refused() -> None:
    raw = {"hts_code": "8544.42.90.90", "country_of_origin": "VN", "customs_value": "10000.00", "entry_date": "2026-03-15", "facts": {"copper_value_pct": 60, "aluminum_value_pct": 50}}
    with pytest.raises(LandedError) as caught:
        default_engine().estimate(raw)
    assert caught.value.code == "INVALID_FACT" and caught.value.mend
