"""Quantities convert exactly within their kind, and rates are priced exactly or say what they are missing."""

from __future__ import annotations

import pickle
from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landed.errors import LandedError
from landed.lawbook.rate_text import parse_rate
from landed.schedule.pricing import Missing, parts_needed, price, quantity_needed
from landed.schedule.units import _FACTORS, convert, dimension, unit_key

SUGAR = "3.6606¢/kg less 0.020668¢/kg for each degree under 100 degrees (and fractions of a degree in proportion) but not less than 3.143854¢/kg"


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        ("1", "lb", "kg", "0.45359237"),
        ("16", "oz", "lb", "1"),
        ("1", "gal", "liter", "3.785411784"),
        ("1", "bbl", "gal", "42"),
        ("1", "ft2", "m2", "0.09290304"),
        ("1", "yd", "m", "0.9144"),
        ("12", "No.", "doz.", "1"),
        ("2", "gross", "No.", "288"),
        ("1500", "No.", "thousands", "1.5"),
        ("3", "doz. prs.", "prs.", "36"),
        ("2", "t", "kg", "2000"),
        ("1", "troy_oz", "g", "31.1034768"),
        ("5", "carat", "g", "1"),
        ("1", "m3", "liters", "1000"),
        ("7", "Pb kg", "g:lead_content", "7000"),
    ],
)
def test_units_convert_by_their_definitions(value: str, source: str, target: str, expected: str) -> None:
    assert convert(D(value), source, target) == D(expected)


@pytest.mark.parametrize("pair", [("kg", "No."), ("No.", "prs."), ("kg", "liter"), ("liter", "pf.liter"), ("kg", "Pb kg"), ("m", "m2")])
def test_units_of_different_kinds_do_not_convert(pair: tuple[str, str]) -> None:
    with pytest.raises(LandedError) as error:
        convert(D(1), *pair)
    assert error.value.code == "UNIT_MISMATCH"


@pytest.mark.parametrize("unit", ["", "furlong", "kg:", "kg:Lead", "Xx kg", "¢", ":"])
def test_an_unknown_unit_is_named(unit: str) -> None:
    if unit == "kg:":
        assert unit_key(unit) == "kg"
        return
    with pytest.raises(LandedError) as error:
        unit_key(unit)
    assert error.value.code == "UNKNOWN_UNIT"


@given(st.decimals(min_value=0, max_value=10**9, places=6), st.sampled_from(sorted(_FACTORS)), st.data())
@settings(max_examples=300, deadline=None)
def test_converting_there_and_back_gives_the_same_quantity(value: D, source: str, data: st.DataObject) -> None:
    target = data.draw(st.sampled_from([k for k in sorted(_FACTORS) if _FACTORS[k][0] == dimension(source)]))
    back = convert(convert(value, source, target), target, source)
    assert abs(back - value) <= D("1e-30") * max(value, D(1))


@given(st.sampled_from(sorted(_FACTORS)))
def test_a_unit_key_is_its_own_canonical_name(key: str) -> None:
    assert unit_key(key) == key


@pytest.mark.parametrize(
    ("text", "value", "quantities", "parts", "degrees", "expected"),
    [
        ("Free", "100", {}, {}, None, "0"),
        ("6.8%", "100", {}, {}, None, "6.8"),
        ("2.8¢/kg", "100", {"lb": "100"}, {}, None, "1.270058636"),
        ("$1.035/kg + 13.6%", "1000", {"kg": "10"}, {}, None, "146.35"),
        ("62¢/pr. + 13.7%", "100", {"doz. prs.": "2"}, {}, None, "28.58"),
        ("5% but not less than 2¢/kg nor more than 10%", "100", {"kg": "300"}, {}, None, "6"),
        ("5% but not less than 2¢/kg nor more than 10%", "100", {"kg": "3000"}, {}, None, "10"),
        ("40¢ each + 6% on the case", "100", {"No.": "10"}, {"case": "50"}, None, "7"),
        ("41¢ each + 5% on the case and strap, band or bracelet", "100", {"no": "1"}, {"case": "10", "strap": "10"}, None, "1.41"),
        ("2.2¢/kg on manganese content", "100", {"Mn kg": "100", "kg": "400"}, {}, None, "2.2"),
        ("$2.25 each + 15¢/jewel over 7", "100", {"no": "1", "jewel": "17"}, {}, None, "3.75"),
        (SUGAR, "100", {"kg": "1000"}, {}, "100", "36.606"),
        (SUGAR, "100", {"kg": "1000"}, {}, "99", "36.39932"),
        (SUGAR, "100", {"kg": "1000"}, {}, "96.5", "35.88262"),
        (SUGAR, "100", {"kg": "1000"}, {}, "60", "31.43854"),
        ("The duty provided in the applicable subheading + 25%", "100", {}, {}, None, "25"),
    ],
)
def test_a_rate_is_priced_exactly(
    text: str, value: str, quantities: dict[str, str], parts: dict[str, str], degrees: str | None, expected: str
) -> None:
    amount = price(
        parse_rate(text),
        D(value),
        {unit: D(q) for unit, q in quantities.items()},
        {part: D(v) for part, v in parts.items()},
        D(degrees) if degrees else None,
    )
    assert amount == D(expected)


def test_a_missing_quantity_is_named_and_the_known_terms_are_kept() -> None:
    with pytest.raises(Missing) as error:
        price(parse_rate("$1.035/kg + 13.6% + 3% on the battery"), D(1000), {"No.": D(5)})
    missing = error.value
    assert (missing.code, missing.quantities, missing.parts, missing.known) == ("QUANTITY_REQUIRED", ("kg",), ("battery",), D("136"))
    assert [t.amount for t in missing.terms] == [None, D("136.0"), None]
    assert pickle.loads(pickle.dumps(missing)).quantities == ("kg",)


def test_sugar_without_its_polarity_is_missing_the_degrees_not_free() -> None:
    with pytest.raises(Missing) as error:
        price(parse_rate(SUGAR), D(100), {"kg": D(10)})
    assert error.value.degrees and error.value.quantities == ()


def test_what_has_no_price_of_its_own_is_none() -> None:
    for text in ("total 15%", "See 9903.52.01", "No change", "The rate applicable to the natural juice in heading 2009"):
        assert price(parse_rate(text), D(100)) is None


def test_the_needs_of_a_rate_are_listed_once_each() -> None:
    assert quantity_needed(parse_rate(SUGAR)) == (("kg", None),)
    rate = parse_rate("8.8¢/kg on copper content + 3.3¢/kg on lead content")
    assert quantity_needed(rate) == (("kg", "copper_content"), ("kg", "lead_content"))
    assert parts_needed(parse_rate("3.9% on the movement and case + 5.3% on the battery")) == ("movement_and_case", "battery")


@given(
    st.decimals(min_value=0, max_value=10**9, places=2),
    st.decimals(min_value=0, max_value=10**6, places=3),
    st.decimals(min_value=0, max_value=99, places=2),
    st.decimals(min_value=0, max_value=9999, places=2),
)
@settings(max_examples=200, deadline=None)
def test_a_compound_rate_is_the_sum_of_its_terms(value: D, kilos: D, percent: D, cents: D) -> None:
    assert price(parse_rate(f"{cents}¢/kg + {percent}%"), value, {"kg": kilos}) == cents / 100 * kilos + value * percent / 100
