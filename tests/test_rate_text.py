"""The rate texts of the tariff and of our law files are read exactly, and what is outside the grammar is said to be so."""

from __future__ import annotations

import csv
from decimal import Decimal as D
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landed.errors import LandedError
from landed.lawbook.rate import Degrees, Rate, Term
from landed.lawbook.rate_text import OTHER_LIMIT, REASONS, UNREAD, parse_law_rate, parse_rate, parse_special

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
EXPORTS = sorted((SHARED / "hts").glob("hts_20*.csv"))

READ = {
    "Free": (),
    "6.8%": (Term(D("6.8")),),
    "33 1/3%": (Term(D(33) + D(1) / D(3)),),
    "37% /": (Term(D("37")),),
    "25 percent ad valorem": (Term(D("25")),),
    "2.8¢/kg": (Term(D("0.028"), "kg"),),
    "$1.035/kg +13.6%": (Term(D("1.035"), "kg"), Term(D("13.6"))),
    "33¢/ liter": (Term(D("0.33"), "liter"),),
    "$1.32/pf. liter": (Term(D("1.32"), "pf_liter"),),
    "18.5¢/ liter + $1.32/pf. liter on ethyl alcohol content": (Term(D("0.185"), "liter"), Term(D("1.32"), "pf_liter")),
    "14.5¢/m<sup>2 </sup>+ 0.4%": (Term(D("0.145"), "m2"), Term(D("0.4"))),
    "86.1¢/m2of recording surface": (Term(D("0.861"), "m2"),),
    "3.3¢/lin. m": (Term(D("0.033"), "m"),),
    "46.3¢/clean kg": (Term(D("0.463"), "kg", "clean_yield"),),
    "16.9¢/kg of total sugars + 5.1%": (Term(D("0.169"), "kg", "total_sugars"), Term(D("5.1"))),
    "22¢/kg on drained weght + 45%": (Term(D("0.22"), "kg", "drained_weight"), Term(D("45"))),
    "0.2¢/kg, including weight of container": (Term(D("0.002"), "kg", "contents_and_container"),),
    "$40/kg of anhydrous morphine content": (Term(D("40"), "kg", "anhydrous_morphine_content"),),
    "0.7¢/kg on copper content + 0.7¢/kg on lead content": (
        Term(D("0.007"), "kg", "copper_content"),
        Term(D("0.007"), "kg", "lead_content"),
    ),
    "2.5% on the value of the lead content": (Term(D("2.5"), on="lead_content"),),
    "$1.50/1,000 + 50%": (Term(D("1.50"), "thousand"), Term(D("50"))),
    "$2.50/thou- sand + 40%": (Term(D("2.50"), "thousand"), Term(D("40"))),
    "$1/1,000 pins + 35%": (Term(D("1"), "thousand"), Term(D("35"))),
    "62¢/pr. + 13.7%": (Term(D("0.62"), "prs"), Term(D("13.7"))),
    "$16/doz. + 25%": (Term(D("16"), "doz"), Term(D("25"))),
    "20¢/gross of immediate containers": (Term(D("0.2"), "gross", "immediate_containers"),),
    "0.3¢/line/ gross + 4.6%": (Term(D("0.003"), "gross_line"), Term(D("4.6"))),
    "13.5¢/kg + 6.3% + 1.9¢/article": (Term(D("0.135"), "kg"), Term(D("6.3")), Term(D("0.019"), "no")),
    "$4.50 each + 65% + 25¢/jewel": (Term(D("4.50"), "no"), Term(D("65")), Term(D("0.25"), "jewel")),
    "43¢ each + 2.8¢/jewel over 7 + 3.7% on the case": (
        Term(D("0.43"), "no"),
        Term(D("0.028"), "jewel", "jewels_over_7"),
        Term(D("3.7"), on="case"),
    ),
    "41¢ each + 5% on case and strap, band or bracelet + 4.2% on the battery": (
        Term(D("0.41"), "no"),
        Term(D("5"), on="case_and_strap"),
        Term(D("4.2"), on="battery"),
    ),
    "3.9% on the movement and case+ 5.3% on the battery": (Term(D("3.9"), on="movement_and_case"), Term(D("5.3"), on="battery")),
    "3.1% on the value of the rifle + 13% on the value of the telescopic sight, if any": (
        Term(D("3.1"), on="rifle"),
        Term(D("13"), on="telescopic_sight"),
    ),
    "70% on the entire set": (Term(D("70")),),
}


@pytest.mark.parametrize("text", READ)
def test_a_printed_rate_is_read_into_its_terms(text: str) -> None:
    rate = parse_rate(text)
    assert (rate.kind, rate.terms) == ("duty", READ[text])


def test_a_sugar_rate_carries_its_degrees_and_its_minimum() -> None:
    rate = parse_rate(
        "3.6606¢/kg less 0.020668¢/kg for each degree under 100 degrees (and fractions of a degree in proportion) but not less than 3.143854¢/kg"
    )
    assert rate.terms == (Term(D("0.036606"), "kg"),)
    assert rate.degrees == Degrees(D("0.00020668"), D(100), "kg")
    assert rate.minimum == (Term(D("0.03143854"), "kg"),)


def test_a_sugar_rate_without_a_minimum_is_read_too() -> None:
    rate = parse_rate("1.4¢/kg less 0.02¢/kg for each degree under 100 degrees (and fractions of a degree in proportion)")
    assert (rate.kind, rate.minimum, rate.degrees) == ("duty", (), Degrees(D("0.0002"), D(100), "kg"))


@pytest.mark.parametrize(
    ("text", "terms", "minimum", "maximum"),
    [
        ("5% but not less than 2¢/kg nor more than 10%", (Term(D(5)),), (Term(D("0.02"), "kg"),), (Term(D(10)),)),
        ("25¢/kg, but not more than 8%", (Term(D("0.25"), "kg"),), (), (Term(D(8)),)),
        ("2¢/kg or 5%, whichever is higher", (Term(D("0.02"), "kg"),), (Term(D(5)),), ()),
        ("2¢/kg or 5% whichever is lower", (Term(D("0.02"), "kg"),), (), (Term(D(5)),)),
        ("the higher of 5% or 2¢/kg", (Term(D(5)),), (Term(D("0.02"), "kg"),), ()),
    ],
)
def test_limits_are_read_as_minimum_and_maximum(
    text: str, terms: tuple[Term, ...], minimum: tuple[Term, ...], maximum: tuple[Term, ...]
) -> None:
    rate = parse_rate(text)
    assert (rate.kind, rate.terms, rate.minimum, rate.maximum) == ("duty", terms, minimum, maximum)


@pytest.mark.parametrize(
    ("text", "kind", "terms"),
    [
        ("The duty provided in the applicable subheading + 25%.", "applicable_plus", (Term(D(25)),)),
        ("The duty provided inthe applicable subheading+ 25%", "applicable_plus", (Term(D(25)),)),
        ("The duty provided in the applicable subheading plus 25%", "applicable_plus", (Term(D(25)),)),
        ("The duty provided in the applicable subheading", "applicable_plus", ()),
        ("[The duty provided in the applicable subheading + 100%]", "applicable_plus", (Term(D(100)),)),
        (
            "The duty provided in the applicable subheading + a duty of 50% upon the value of the copper content",
            "applicable_plus",
            (Term(D(50), on="copper_content"),),
        ),
        ("No change.", "no_change", ()),
        ("total 15%", "total", (Term(D(15)),)),
    ],
)
def test_chapter_99_texts_and_our_own_floor_have_their_kinds(text: str, kind: str, terms: tuple[Term, ...]) -> None:
    rate = parse_rate(text)
    assert (rate.kind, rate.terms) == (kind, terms)


def test_a_pointer_to_other_headings_keeps_them() -> None:
    assert parse_rate("See 9903.52.01").see == "9903.52.01"
    assert parse_rate("See 9915.04.30, 9915.04.37").see == "9915.04.30, 9915.04.37"


def test_a_zero_rate_is_free() -> None:
    assert parse_rate("0%").free


def test_a_duty_limited_by_another_article_is_never_priced() -> None:
    text = "6% + 2.3¢/jewel + 0.2¢ for each other piece or part, but if the total duty shall not exceed the duty for the complete movement"
    assert (parse_rate(text).kind, parse_rate(text).reason) == ("unpriced", OTHER_LIMIT)


@pytest.mark.parametrize("text", ["Free + 5%", "6.8", "5%%", "¢/kg", "5¢", "5% on the moon", "total 5¢/kg", "not less than 5%", "-5%", "1/0%", "5 1/0%"])
def test_what_is_outside_the_grammar_is_unpriced_and_refused_in_law(text: str) -> None:
    assert parse_rate(text).reason == UNREAD
    with pytest.raises(LandedError) as error:
        parse_law_rate(text)
    assert error.value.code == "BAD_RATE_TEXT"


@pytest.mark.parametrize("text", ["25%", "6.8¢/kg", "6.8¢/kg + 5%", "Free", "total 15%"])
def test_law_files_may_state_these_rates(text: str) -> None:
    assert parse_law_rate(text) == parse_rate(text)


@pytest.mark.parametrize("value", ["No change", "See 9903.52.01", "", None, 25, ["25%"]])
def test_law_files_may_not_state_what_has_no_price(value: object) -> None:
    with pytest.raises(LandedError, match="BAD_RATE_TEXT"):
        parse_law_rate(value)  # type: ignore[arg-type]


def test_a_special_cell_is_split_into_its_groups() -> None:
    groups = parse_special("Free (A+,AU, BH, P,S) 2.3%(CL) See 9908.04.01 (IL)The rate applicable to the natural juice in heading 2009 (KR)")
    assert [symbols for symbols, _ in groups] == [("A+", "AU", "BH", "P", "S"), ("CL",), ("IL",), ("KR",)]
    assert [rate.kind for _, rate in groups] == ["duty", "duty", "see", "unpriced"]
    assert groups[1][1].ad_valorem == D("2.3")


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("Free (AU,BH,MA,.OM,P)", ("AU", "BH", "MA", "OM", "P")),
        ("Free (AU,B,)", ("AU", "B")),
        ("Free (CA, MX, S)", ("CA", "MX", "S")),
        ("See 9919.04.50, 9919.04.67 (PA (PA)", ("PA",)),
    ],
)
def test_mangled_symbol_lists_are_read_all_the_same(text: str, symbols: tuple[str, ...]) -> None:
    assert [s for s, _ in parse_special(text)] == [symbols]


def test_a_special_text_without_symbols_grants_nobody_anything() -> None:
    assert [s for s, _ in parse_special("10%")] == [()]
    assert parse_special("") == ()


@pytest.mark.skipif(not EXPORTS, reason="the official exports are not beside this checkout")
def test_every_rate_cell_of_every_official_export_is_read_or_has_a_stated_reason() -> None:
    plain: set[str] = set()
    special: set[str] = set()
    for path in EXPORTS:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                goods = row["HTS Number"][:2] not in ("98", "99")
                if goods:
                    plain.update((row["General Rate of Duty"], row["Column 2 Rate of Duty"]))
                    special.add(row["Special Rate of Duty"])
    rates = [parse_rate(text) for text in plain] + [rate for text in special for _, rate in parse_special(text)]
    unpriced = sorted({f"{r.reason}: {r.text[:70]}" for r in rates if r.kind == "unpriced"})
    print("\n".join(unpriced))
    assert not [line for line in unpriced if line.startswith(UNREAD)]
    assert {r.reason for r in rates if r.kind == "unpriced"} <= set(REASONS)
    assert all(symbols for text in special for symbols, _ in parse_special(text))
    assert len(plain) > 1400 and len(unpriced) < 30


@pytest.mark.skipif(not EXPORTS, reason="the official exports are not beside this checkout")
def test_no_rate_of_chapters_98_and_99_is_outside_the_grammar() -> None:
    unread: set[str] = set()
    for path in EXPORTS:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                if row["HTS Number"][:2] in ("98", "99"):
                    cells = [parse_rate(row["General Rate of Duty"]), parse_rate(row["Column 2 Rate of Duty"])]
                    cells += [rate for _, rate in parse_special(row["Special Rate of Duty"])]
                    unread.update(r.text for r in cells if r.reason == UNREAD)
    assert not unread


amounts = st.decimals(min_value=D("0.0001"), max_value=D("99999"), places=4, allow_nan=False, allow_infinity=False)


@given(amounts, st.sampled_from(["kg", "liter", "doz.", "pr.", "m2", "1000", "t", "clean kg"]), amounts)
@settings(max_examples=200, deadline=None)
def test_a_written_compound_rate_reads_back_exactly(specific: D, unit: str, percent: D) -> None:
    rate = parse_rate(f"{specific}¢/{unit} + {percent}%")
    assert rate.kind == "duty" and len(rate.terms) == 2
    assert rate.terms[0].amount == specific / 100 and rate.terms[1] == Term(percent)


@given(st.text(max_size=300) | st.text(alphabet="Free0123456789.%¢$/+ ()kgless thanbutnotmore,ABSeRP*", max_size=120))
@settings(max_examples=500, deadline=None)
def test_no_text_breaks_the_reader(text: str) -> None:
    assert isinstance(parse_rate(text), Rate)
    for symbols, rate in parse_special(text):
        assert isinstance(symbols, tuple) and isinstance(rate, Rate)


def test_an_endless_text_is_answered_at_once() -> None:
    assert parse_rate("5% + " * 100_000).reason == UNREAD
    assert isinstance(parse_special("Free (A,B) " * 100_000), tuple)
