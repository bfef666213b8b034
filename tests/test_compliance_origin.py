"""Origin: value content worked by hand, the change of classification, the guide's outcomes, and signs of transshipment."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landed.compliance.origin_guide import guide, transshipment
from landed.compliance.regional_value import regional_value
from landed.errors import LandedError

CASE = {"description": "case", "hts_code": "7326.90", "country": "MX", "value": "12.00", "originating": True}
CORE = {"description": "transformer", "hts_code": "8504.31", "country": "CN", "value": "9.50", "originating": False}
BOARD = {"description": "board", "hts_code": "8534.00", "country": "TW", "value": "6.00", "originating": "no"}


def test_both_methods_by_hand() -> None:
    found = regional_value([CASE, CORE, BOARD], transaction_value="48.00", net_cost="40.00", required_tv="60", required_nc="50")
    by = {m.name: m for m in found.methods}
    assert found.foreign == Decimal("15.50")
    assert by["transaction_value"].least_pct == by["transaction_value"].most_pct == Decimal("67.71")  # (48 - 15.5) / 48
    assert by["net_cost"].least_pct == Decimal("61.25")  # (40 - 15.5) / 40
    assert [m.verdict for m in found.methods] == ["meets", "meets"] and found.qualifies == "meets"


def test_exactly_the_asked_share_meets_and_a_hair_less_fails() -> None:
    assert regional_value([{"value": "40", "originating": False}], transaction_value="100", required_tv="60").qualifies == "meets"
    assert regional_value([{"value": "40.004", "originating": False}], transaction_value="100", required_tv="60").qualifies == "fails"  # 59.996 prints as 60.00


def test_a_material_of_unknown_origin_leaves_a_range_and_no_verdict() -> None:
    found = regional_value([{"description": "glass", "value": "45"}], transaction_value="100", required_tv="60")
    assert (found.methods[0].least_pct, found.methods[0].most_pct) == (Decimal("55.00"), Decimal("100.00"))
    assert found.qualifies == "not known" and found.needs == ("whether glass originates",)


def test_a_change_of_heading_fails_on_a_material_of_the_same_heading_above_a_tenth() -> None:
    found = regional_value([CASE, CORE, BOARD], transaction_value="48.00", required_tv="60", rule="CTH", code="8504.40.95")
    assert found.tolerated_pct == Decimal("19.79") and found.shift == "fails" and found.qualifies == "fails"
    small = regional_value([CASE, {**CORE, "value": "4.80"}], transaction_value="48.00", rule="cth", code="8504.40.95")
    assert small.tolerated_pct == Decimal("10.00") and small.shift == "meets" and small.qualifies == "meets"


@pytest.mark.parametrize(
    ("rows", "more", "code"),
    [
        ([], {"transaction_value": "10"}, "INVALID_REQUEST"),
        ([{"value": "1", "originating": "perhaps"}], {"transaction_value": "10"}, "INVALID_MATERIAL"),
        ([{"description": "no value"}], {"transaction_value": "10"}, "INVALID_MATERIAL"),
        (["screws"], {"transaction_value": "10"}, "INVALID_MATERIAL"),
        ([CORE], {}, "INVALID_REQUEST"),
        ([CORE], {"transaction_value": "0"}, "INVALID_REQUEST"),
        ([CORE], {"transaction_value": "10", "required_tv": "160"}, "INVALID_REQUEST"),
        ([CORE], {"transaction_value": "10", "rule": "CTX", "code": "8504.40"}, "INVALID_REQUEST"),
        ([CORE], {"transaction_value": "10", "rule": "CTH"}, "INVALID_REQUEST"),
    ],
)
def test_bad_bills_of_materials_are_refused(rows: list[object], more: dict[str, str], code: str) -> None:
    with pytest.raises(LandedError) as caught:
        regional_value(rows, **more)  # type: ignore[arg-type]
    assert caught.value.code == code


@given(st.lists(st.tuples(st.integers(1, 5000), st.sampled_from([True, False, None])), min_size=1, max_size=8), st.integers(100, 90_000))
def test_knowing_more_never_widens_the_range(rows: list[tuple[int, bool | None]], cents: int) -> None:
    def span(of: list[tuple[int, bool | None]]) -> tuple[Decimal, Decimal]:
        method = regional_value([{"value": Decimal(v) / 100, "originating": o} for v, o in of], transaction_value=Decimal(cents) / 100).methods[0]
        return method.least_pct, method.most_pct

    low, high = span(rows)
    for answer in (True, False):
        told = [(v, answer if o is None else o) for v, o in rows]
        assert low <= span(told)[0] <= span(told)[1] <= high


def test_the_guide_asks_and_then_answers() -> None:
    assert guide({}).next == ("wholly_obtained",)
    assert guide({"wholly_obtained": "yes"}).strength == "strong"
    changed = {"wholly_obtained": False, "textile": False, "last_processing": True, "name_change": True, "character_change": True, "use_change": True, "key_parts": False}
    assert guide(changed).answer.startswith("The country of the last processing") and guide(changed).next == ("papers",)
    assert guide({**changed, "papers": False}).strength == "look"
    assert guide({"wholly_obtained": False, "textile": False, "last_processing": False}).answer.startswith("The country before")
    assert "ruling" in guide({**changed, "use_change": False}).answer
    with pytest.raises(LandedError, match="no question"):
        guide({"colour": True})


def test_a_maker_elsewhere_who_would_pay_more_is_seen_and_silence_is_no_comfort() -> None:
    nobody = {"maker_country": "", "supplier_country": "", "export_country": "", "materials_country": ""}
    silent = transshipment("VN", nobody, {"VN": Decimal(10)}, capacity=None, shipped=None, since=None, began=None)
    assert silent.band.startswith("not known") and silent.unknown == 7
    seen = transshipment("VN", {**nobody, "maker_country": "CN"}, {"VN": Decimal(10), "CN": Decimal(40)}, capacity=None, shipped=None, since=None, began=None)
    assert seen.band == "many signs" and {s.id for s in seen.signs if s.seen} == {"maker_elsewhere", "saving"}
