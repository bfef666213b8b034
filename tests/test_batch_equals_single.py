"""The batch says what the explained estimate says, to the cent, on every field that both give."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batch_points import BUSY, by_batch, by_single, differences, points
from landed.duty.compile_day import DayLaw, numbers_of
from landed.duty.compile_goods import GoodsBook
from landed.duty.estimate import Engine, default_engine


@pytest.fixture(scope="module")
def engine() -> Engine:
    return default_engine()


def test_random_lines_without_facts_come_to_the_same_cents_status_and_errors(engine: Engine) -> None:
    assert differences(engine, points(engine, 101, 700, with_facts=False)) == []


def test_random_lines_with_claims_facts_dates_and_quantities_come_to_the_same(engine: Engine) -> None:
    assert differences(engine, points(engine, 202, 900, with_facts=True)) == []


def test_each_programme_and_each_heading_has_the_amount_of_the_explained_estimate(engine: Engine) -> None:
    rows = [{**row, "reference": str(n)} for n, row in enumerate(points(engine, 303, 350, with_facts=False) + points(engine, 304, 350, with_facts=True))]
    wide, requests = by_batch(engine, rows, "programmes")
    long, _ = by_batch(engine, rows, "long")
    headings: dict[str, list[tuple[str, str, Decimal | None]]] = {}
    for row in long:
        if row["heading"] is not None or row["programme"] is not None:
            headings.setdefault(row["reference"], []).append((row["programme"], row["heading"] or "", row["amount"]))
    assert {row["reference"] for row in long} == {row["reference"] for row in rows}
    for request, row in zip(requests, wide, strict=True):
        single = by_single(engine, request)
        if single["headings"] is None or single["status"] == "refused":
            assert row["base_duty"] is None
            continue
        assert Counter(headings.get(row["reference"], [])) == Counter(single["headings"]), request
        if single["duty"] is not None:
            by_programme: dict[str, Decimal] = {}
            for programme, _, amount in single["headings"]:
                by_programme[programme] = by_programme.get(programme, Decimal("0.00")) + amount
            told = {name: row[name] for name in row if name.startswith("us.") and row[name]}
            assert told == {name: amount for name, amount in by_programme.items() if amount and name != "hts"}, request
            assert row["base_duty"] == by_programme.get("hts", Decimal("0.00"))


LINES = ["9503.00.00.73", "0707.00.20.50", "7208.10.15.00", "8703.23.01.20", "6109.10.00.12", "2204.21.50.40", "9102.11.25.20", "0201.30.50.85", "3004.90.92.90", "8541.43.00.10", "7606.12.30.96"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    code=st.sampled_from(LINES),
    origin=st.sampled_from(BUSY),
    cents=st.one_of(st.integers(1, 10**4), st.integers(1, 10**9), st.integers(10**13, 10**14 - 1)),
    days=st.integers(0, 3900),
    kilos=st.none() | st.integers(0, 10**12),
    steel=st.none() | st.integers(0, 10**6),
    aircraft=st.sampled_from([None, "yes", "no"]),
    spi=st.sampled_from([None, "S", "KR", "A", "CA", "IL", "AU", "N"]),
)
def test_no_point_that_a_search_finds_differs(
    engine: Engine, code: str, origin: str, cents: int, days: int, kilos: int | None, steel: int | None, aircraft: str | None, spi: str | None
) -> None:
    row = {"hts_code": code, "country_of_origin": origin, "customs_value": Decimal(cents) / 100, "entry_date": date(2018, 1, 1) + timedelta(days=days)}
    loose = {
        "quantity_kg": None if kilos is None else Decimal(kilos) / 10**6,
        "fact.steel_value_pct": None if steel is None else str(Decimal(steel) / 10**4),
        "fact.civil_aircraft": aircraft,
        "spi": spi,
    }
    assert differences(engine, [{**row, **{name: value for name, value in loose.items() if value is not None}}]) == []


def test_values_at_the_edges_of_the_arithmetic_do_not_overflow_or_round_wrongly(engine: Engine) -> None:
    values = ["0.01", "0.02", "0.49", "0.50", "0.51", "99.99", "92233720.36", "92233720368.54", "92233720368.55", "999999999999.99", "333333333333.33"]
    rows = [
        {"hts_code": code, "country_of_origin": origin, "customs_value": Decimal(value), "entry_date": day, "quantity_kg": Decimal("9000000000.123456")}
        for value in values
        for code in ("9503.00.00.73", "0707.00.20.50", "8703.23.01.20", "6109.10.00.12")
        for origin in ("CN", "JP", "CU")
        for day in (date(2025, 4, 10), date(2025, 10, 1))
    ]
    assert differences(engine, rows) == []


def test_halves_of_a_cent_are_rounded_up_by_both(engine: Engine) -> None:
    rows = [{"hts_code": "9503.00.00.73", "country_of_origin": "CN", "customs_value": Decimal(cents) / 100, "entry_date": date(2025, 6, 1)} for cents in range(1, 260)]
    assert differences(engine, rows) == []


def test_the_compiled_day_weighs_measures_as_the_index_does(engine: Engine) -> None:
    index = engine.index
    goods = GoodsBook(index)
    for day in (date(2018, 9, 1), date(2025, 4, 9), date(2025, 10, 1), date(2026, 9, 30)):
        law = DayLaw(index, goods, day, None)
        for code in ("9503000073", "7208101500", "8703230120", "0707002050", "3004909290"):
            kind = goods.kind(code, index.lists_of(code, day))
            assert goods.kinds_of([code], day, None) == [kind]
            held, _ = law.goods_bits(goods.held[kind], goods.doubtful[kind])
            for origin in ("CN", "JP", "DE", "RU", "CA", "BR", "AQ"):
                matching = held & law.origin_bits(origin)
                ordinary = law.weighed(matching & ((1 << law.ordinary) - 1))
                numbers = tuple(numbers_of(ordinary))
                own = law._docket(numbers, tuple(law.measures[n] for n in numbers))
                theirs = index.docket(index.matches(code, origin, day), day)
                assert own.measures == theirs.measures
                assert own.displaced_by == theirs.displaced_by
                assert own.freed_by == theirs.freed_by
                assert own.subjects == theirs.subjects
