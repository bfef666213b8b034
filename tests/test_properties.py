"""Properties of every estimate: sums, monotony, time, overlays, splitting, citations, ranges, receipts and JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from landed.duty.encode import estimate_to_dict
from landed.duty.estimate import Engine, default_engine
from landed.duty.model import Component, Estimate
from landed.errors import LandedError
from landed.lawbook.model import Fact, LawBook, Programme

settings.register_profile("landed", max_examples=120, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("landed")

CENT = Decimal("0.01")
FIRST, LAST = date(2018, 1, 1), date(2028, 12, 31)
UNITS = ("kg", "liter", "no", "prs", "m2", "m3", "W", "doz", "g")  # enough to price most specific rates


@lru_cache(maxsize=1)
def engine() -> Engine:
    return default_engine()


@lru_cache(maxsize=1)
def codes() -> tuple[str, ...]:
    lines = engine().schedule.lines(date(2026, 2, 25))
    return tuple(f"{int(c):010d}" for c in lines.codes.tolist())


@lru_cache(maxsize=1)
def listed() -> tuple[str, ...]:
    """Codes of goods lists, so that product programmes are met often (drawn from the schedule only, they are rare)."""
    every = set(codes())
    found = sorted({row.code for rows in engine().law.lists.values() for row in rows})
    by_prefix: dict[str, str] = {}
    for code in codes():
        for n in (4, 6, 8, 10):
            by_prefix.setdefault(code[:n], code)
    return tuple(sorted({by_prefix[c] for c in found if c in by_prefix} & every))


def answers(fact: Fact) -> st.SearchStrategy[Any]:
    """Answers that a fact takes."""
    if fact.kind == "yes_no":
        return st.booleans()
    if fact.kind == "percent":
        return st.sampled_from([Decimal(n) for n in (0, 1, 10, 14, 15, 20, 40, 60, 95, 100)])
    if fact.kind == "choice":
        return st.sampled_from([option.value for option in fact.options])
    return st.just(None)


METALS = ("aluminum_value_pct", "copper_value_pct", "steel_value_pct")


@st.composite
def requests(draw: st.DrawFn, facts: bool = True) -> dict[str, Any]:
    law = engine().law
    code = draw(st.one_of(st.deferred(lambda: st.sampled_from(codes())), st.deferred(lambda: st.sampled_from(listed()))))
    turning = sorted({d for m in law.measures for d in (m.from_, m.from_ - timedelta(days=1), m.to or m.from_) if FIRST <= d <= LAST})
    raw: dict[str, Any] = {
        "hts_code": code,
        "country_of_origin": draw(
            st.one_of(
                st.sampled_from(sorted(law.countries)),
                st.sampled_from(["CN", "CA", "MX", "DE", "JP", "KR", "GB", "RU", "BR", "IN", "VN", "TW", "CH"]),
            )
        ),
        "customs_value": str(draw(st.decimals(min_value="0.01", max_value="9999999.99", places=2))),
        "entry_date": draw(st.one_of(st.dates(FIRST, LAST), st.sampled_from(turning))),
    }
    if draw(st.booleans()):
        raw["quantities"] = {unit: str(draw(st.integers(1, 100000))) for unit in UNITS}
    if facts:
        known = sorted(f.id for f in law.facts.values() if f.kind in ("yes_no", "percent", "choice"))
        chosen = draw(st.lists(st.sampled_from(known), max_size=4, unique=True))
        raw["facts"] = {name: draw(answers(law.facts[name])) for name in chosen}
        # Metal contents that are more than the whole value together are refused (test_bad_input): one of them is enough here.
        for name in [n for n in raw["facts"] if n in METALS][1:]:
            del raw["facts"][name]
    if draw(st.integers(0, 3)) == 0:
        raw["loading_date"] = raw["entry_date"] - timedelta(days=draw(st.integers(0, 90)))
    return raw


def estimated(raw: dict[str, Any]) -> Estimate:
    """The answer, leaving out codes that did not exist on the day (an obsolete or later code is refused, not estimated)."""
    try:
        return engine().estimate(raw)
    except LandedError as error:
        assume(error.code not in ("OBSOLETE_HTS", "UNKNOWN_HTS", "NOT_A_RATE_LINE"))
        raise


def duties(answer: Estimate) -> list[Component]:
    return [c for c in answer.components if c.kind not in ("mpf", "hmf", "mail", "vat", "excise")]


@given(requests())
def test_the_total_is_the_sum_of_the_components_that_apply(raw: dict[str, Any]) -> None:
    answer = estimated(raw)
    applying = [c for c in duties(answer) if c.status == "applies"]
    total = sum((c.amount or Decimal(0) for c in applying), Decimal(0))
    assert all(c.amount is None or (c.amount == c.amount.quantize(CENT) and c.amount >= 0) for c in answer.components)
    if answer.status == "refused":
        assert answer.totals.duty is None
    elif answer.totals.duty is not None:
        assert answer.totals.duty == total
    else:
        # what is known of a component that is not yet whole is in the subtotal too
        assert answer.totals.known_duty_subtotal >= total
        assert answer.status == "partial"


@given(requests(), st.decimals(min_value="1.00", max_value="3", places=2))
def test_duty_never_falls_when_the_value_rises(raw: dict[str, Any], factor: Decimal) -> None:
    """Minimum prices are left out: they fall as the price rises, which is what they are for."""
    low = estimated(raw)
    assume(low.totals.duty is not None)
    assume(not any(m.effect == "minimum_price" for m in _applying(low)))
    high = estimated({**raw, "customs_value": str((Decimal(raw["customs_value"]) * factor).quantize(CENT))})
    assert high.totals.duty is not None and low.totals.duty is not None
    # Each heading is rounded by itself: a floor beside a specific rate may lose a cent against the rounding of its base.
    assert high.totals.duty >= low.totals.duty - CENT * _added(low)


@settings(max_examples=40)
@given(requests())
def test_an_answer_is_unchanged_by_law_dated_later(raw: dict[str, Any]) -> None:
    day = raw["entry_date"]
    answer = estimated(raw)
    past = Engine(_law_until(engine().law, day), engine().schedule)
    then = past.estimate(raw, depth="duty")
    now = engine().estimate(raw, depth="duty")
    assert then.totals.duty == now.totals.duty == answer.totals.duty
    assert then.status == now.status or {then.status, now.status} <= {"complete", "estimated"}
    assert [(c.heading, c.status, c.amount) for c in then.components] == [(c.heading, c.status, c.amount) for c in now.components]


@settings(max_examples=25)
@given(requests())
@pytest.mark.parametrize("empty", [{}, {"programmes": []}], ids=["nothing", "no programmes"])
def test_an_empty_overlay_changes_nothing(empty: dict[str, Any], raw: dict[str, Any]) -> None:
    plain = estimated(raw)
    try:
        laid = engine().estimate({**raw, "overlay": empty})
    except LandedError as error:
        assert empty and error.code in ("BAD_OVERLAY", "BAD_LAW"), error  # a shape the format does not know may be refused, never misread
        return
    assert laid.totals == plain.totals
    assert laid.components == plain.components


@given(requests(), st.integers(1, 99))
def test_splitting_a_line_changes_the_total_by_rounding_only(raw: dict[str, Any], percent: int) -> None:
    """For ad valorem lines: the two parts together differ by at most a cent per heading that applies."""
    raw = {k: v for k, v in raw.items() if k != "quantities"}
    whole = estimated(raw)
    assume(whole.totals.duty is not None)
    assume(
        all(
            c.rate_pct is not None or c.rate_text == "Free" or c.rate_text.startswith("total")
            for c in duties(whole)
            if c.status == "applies"
        )
    )
    value = Decimal(raw["customs_value"])
    part = (value * percent / 100).quantize(CENT)
    assume(CENT <= part < value)
    # Contents of half a cent round with the part: one more cent for every base that is a share of the value.
    first, second = (estimated({**raw, "customs_value": str(v)}).totals.duty for v in (part, value - part))
    assert first is not None and second is not None and whole.totals.duty is not None
    shares = sum(1 for c in duties(whole) if c.status == "applies" and c.basis != "entered_value")
    assert abs(first + second - whole.totals.duty) <= CENT * (_added(whole) + 1 + 2 * shares)


@given(requests())
def test_every_component_that_applies_is_cited(raw: dict[str, Any]) -> None:
    for c in estimated(raw).components:
        if c.status in ("applies", "exempt", "unknown") and c.kind not in ("ad", "cvd"):
            assert c.legal.citation, c
            assert c.legal.instrument, c
        assert c.because, c


@settings(max_examples=60)
@given(requests(facts=False), st.data())
def test_the_answer_to_every_open_question_stays_inside_the_range(raw: dict[str, Any], data: st.DataObject) -> None:
    answer = estimated(raw)
    low, high = answer.totals.duty_low, answer.totals.duty_high
    assume(low is not None and high is not None and answer.totals.duty is not None)
    assert low is not None and high is not None and answer.totals.duty is not None
    assert low <= answer.totals.duty <= high
    for question in answer.questions:
        if question.affects != "duty":
            continue
        priced = {choice.value: choice.change_usd for choice in question.options}
        if question.kind == "percent":  # any share, not only the samples that the question prices
            priced.setdefault(Decimal(data.draw(st.integers(0, 100))), None)
        for value, change in priced.items():
            try:
                told = engine().estimate({**raw, "answers": {question.id: value}})
            except LandedError as error:
                assert error.code == "INVALID_DATE", error  # goods cannot be loaded after their entry
                continue
            if told.totals.duty is not None:
                assert low <= told.totals.duty <= high, (question.id, value)
                if change is not None:
                    assert told.totals.duty - answer.totals.duty == change, (question.id, value)


@given(requests())
def test_a_complete_answer_has_no_question_that_could_change_the_duty(raw: dict[str, Any]) -> None:
    answer = estimated(raw)
    if answer.status == "complete":
        assert not [q for q in answer.questions if q.affects == "duty"]
        assert answer.totals.duty_low == answer.totals.duty == answer.totals.duty_high


@given(requests())
def test_the_same_request_gives_the_same_answer_and_receipt(raw: dict[str, Any]) -> None:
    one, two = estimated(raw), estimated(dict(reversed(raw.items())))
    assert one == two
    assert one.receipt_id == two.receipt_id
    fresh = Engine(engine().law, engine().schedule).estimate(raw)
    assert fresh == one


@given(requests(), st.sampled_from(["0.01", "12.34"]))
def test_another_request_has_another_receipt(raw: dict[str, Any], more: str) -> None:
    other = {**raw, "customs_value": str(Decimal(raw["customs_value"]) + Decimal(more))}
    assert estimated(raw).receipt_id != estimated(other).receipt_id


@given(requests())
def test_the_json_form_holds_the_answer(raw: dict[str, Any]) -> None:
    answer = estimated(raw)
    plain = estimate_to_dict(answer)
    assert json.loads(json.dumps(plain)) == plain
    assert plain["receipt_id"] == answer.receipt_id
    for name in ("duty", "known_duty_subtotal", "duty_low", "duty_high", "fees"):
        amount = getattr(answer.totals, name)
        assert (
            plain["totals"][name] is None if amount is None else Decimal(plain["totals"][name]) == amount and "." in plain["totals"][name]
        )
    assert [c["amount"] for c in plain["components"]] == [None if c.amount is None else format(c.amount, ".2f") for c in answer.components]
    again = engine().estimate(json.loads(json.dumps(raw, default=str)))
    assert again == answer


@given(requests())
def test_every_open_end_is_said(raw: dict[str, Any]) -> None:
    """A partial answer asks or warns; a day past the last reading warns; unverified law that applies warns."""
    answer = estimated(raw)
    warned = {w.code for w in answer.warnings}
    if answer.status == "partial":
        assert (
            warned & {"QUANTITY_REQUIRED", "RATE_NOT_PRICED", "POSSIBLE_AD_CVD"}
            or answer.questions
            or any(c.status == "unknown" for c in answer.components)
        )
    if answer.entry_date > engine().law.verified_through:
        assert "LAW_NOT_VERIFIED_AFTER" in warned
    if any(
        c.status == "applies" and not c.legal.verified and c.kind not in ("base", "ad", "cvd", "mpf", "hmf", "mail")
        for c in answer.components
    ):
        assert "UNVERIFIED_FACT" in warned


def _added(answer: Estimate) -> int:
    return max(1, sum(1 for c in duties(answer) if c.status == "applies"))


def _applying(answer: Estimate) -> list[Any]:
    law = engine().law
    shown = {(c.programme, c.label) for c in answer.components if c.status == "applies"}
    return [m for m in law.measures if (m.programme, m.title) in shown]


def _law_until(law: LawBook, day: date) -> LawBook:
    """The law without anything that begins after a day (what ends later is left as it is known)."""

    def earlier(programme: Programme) -> Programme:
        return replace(programme, measures=tuple(m for m in programme.measures if m.from_ <= day))

    programmes = tuple(earlier(p) for p in law.programmes)
    lists = {name: tuple(row for row in rows if row.from_ <= day) for name, rows in law.lists.items()}
    return replace(law, programmes=programmes, lists=lists)
