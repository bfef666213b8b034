"""Risk bands: unknown is never low, one part at the top shows, the order says when it is too close to call."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landed.compliance.calendar_days import facts
from landed.compliance.risk import part, rank, risk
from landed.errors import LandedError
from landed.operations.registry import find

BANDS = facts("risk")["bands"]
FOUND = {"tariff_volatility": "0.4", "tariff_changes": 0, "concentration": "10", "screening": "no match", "forced_labour": "other goods", "orders": "none flagged", "days_of_cover": "200", "index": "0.9"}


def of(name: str = "x", **found: Any) -> Any:
    return risk(name, [part(i, found.get(i, FOUND[i])) for i in FOUND])


def test_there_are_at_most_eight_parts_and_five_bands() -> None:
    assert len(facts("risk")["parts"]) == 8 and len(BANDS) == 5


def test_nothing_known_is_not_low() -> None:
    found = of(**dict.fromkeys(FOUND))
    assert (found.band, found.band_low, found.band_high) == ("medium", "low", "severe") and len(found.unknown) == 8


def test_a_hit_keeps_the_band_from_low_however_well_the_rest_stands() -> None:
    assert of().band == "low"
    assert of(screening="hit").band == "medium"


@given(st.sets(st.sampled_from(sorted(FOUND))))
def test_forgetting_a_part_never_lowers_the_highest_band_nor_raises_the_lowest(forgotten: set[str]) -> None:
    whole, less = of(), of(**dict.fromkeys(forgotten))
    assert BANDS.index(less.band_high) >= BANDS.index(whole.band_high)
    assert BANDS.index(less.band_low) <= BANDS.index(whole.band_low)
    assert BANDS.index(less.band) >= BANDS.index(whole.band)


def test_equal_twins_are_too_close_to_call_and_opposites_are_not() -> None:
    worst = dict(zip(FOUND, ("60", 9, "95", "hit", "sector and presumed origin", "flagged", "10", "0.1"), strict=True))
    ranked = rank([of("good"), of("bad", **worst), of("bad too", **worst)])
    assert [r.name for r in ranked.risks] == ["bad", "bad too", "good"]
    assert ranked.pairs[0].too_close and not ranked.pairs[1].too_close and ranked.pairs[1].share == 1
    assert rank([of("a"), of("b", concentration=None)], seed=3) == rank([of("b", concentration=None), of("a")], seed=3)


def test_the_law_itself_tells_volatility_in_points_and_dollars() -> None:
    found = find("risk").run({"products": [{"name": "toys", "hts_code": "9503.00.00.73", "country_of_origin": "CN", "value_per_year": "100000"}], "on": "2025-06-01"})
    parts = {p.id: p for p in found.risks[0].parts}
    assert parts["tariff_volatility"].found.startswith("145.0 ")  # free until February 2025, 145 percent in April, 30 percent on the day
    assert parts["tariff_volatility"].dollars == Decimal("115000.00")
    assert "screening" in found.risks[0].unknown


@pytest.mark.parametrize("raw", [{"products": []}, {"products": "all"}, {"products": [{"hts_code": "9503.00.00.73"}]}, {"products": [{"hts_code": "9503.00.00.73", "country_of_origin": "CN"}], "weights": {"luck": 1}}, {"products": [{"hts_code": "9503.00.00.73", "country_of_origin": "CN"}], "weights": {"screening": "NaN"}}])
def test_bad_requests_are_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(LandedError):
        find("risk").run(raw)
