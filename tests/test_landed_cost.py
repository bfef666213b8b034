"""Landed cost: sums to the cent, nothing counted twice, unknown never zero, margin and charts."""

from __future__ import annotations

import itertools
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landed.entry.cost import landed_cost, margin
from landed.entry.cost_model import LandedCost
from landed.entry.files import read_document
from landed.entry.waterfall import bars, waterfall_png, waterfall_svg
from landed.errors import LandedError

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "cost.toml"
TOY = {"hts_code": "9503.00.00.73", "country_of_origin": "VN", "price": "5000", "quantity": 100}


def order(*, lines: list[dict[str, Any]] | None = None, entry: dict[str, Any] | None = None, **rest: Any) -> LandedCost:
    head = {"entry_date": "2024-05-02", "transport_mode": "ocean", "incoterm": "FOB"} | (entry or {})
    return landed_cost({"entry": head, "lines": lines or [TOY], **rest})


def amounts(found: LandedCost) -> dict[str, Decimal | None]:
    kinds: dict[str, Decimal | None] = {}
    for item in found.items:
        kinds[item.kind] = None if item.amount is None else (kinds.get(item.kind) or Decimal(0)) + item.amount
    return kinds


def test_the_example_sums_by_item_by_line_and_as_a_whole() -> None:
    found = landed_cost(read_document(EXAMPLE))
    assert found.total is not None
    assert sum(i.amount for i in found.items if i.amount is not None) == found.total == sum(line.total for line in found.lines if line.total is not None)
    for line in found.lines:
        assert sum(i.amount for i in line.items if i.amount is not None) == line.total


@settings(max_examples=40, deadline=None)
@given(
    prices=st.lists(st.integers(1000, 10**7), min_size=1, max_size=6),
    costs=st.dictionaries(st.sampled_from(["brokerage", "bond", "drayage"]), st.integers(0, 10**6)),
    freight=st.integers(0, 10**6),
    by=st.sampled_from(["value", "weight", "volume", "quantity"]),
    term=st.sampled_from(["FOB", "CIF", "DDP", "EXW"]),
    status=st.sampled_from(["actual", "estimated"]),
)
def test_shared_costs_always_sum_to_the_cent(prices: list[int], costs: dict[str, int], freight: int, by: str, term: str, status: str) -> None:
    lines = [TOY | {"price": str(Decimal(p + 10**7).scaleb(-2)), "quantity": n + 1, "weight_kg": (n * 7) % 5 + 1, "volume_m3": "0.3"} for n, p in enumerate(prices)]
    cost = {name: {"amount": str(Decimal(v).scaleb(-2)), "by": by} for name, v in costs.items()}
    charge = {"kind": "freight", "amount": str(Decimal(freight).scaleb(-2)), "status": status, "separate": True, "by": by}
    found = order(lines=lines, entry={"incoterm": term}, charges=[charge], cost=cost)
    shared = amounts(found)
    for name, value in costs.items():
        assert shared.get(name) == Decimal(value).scaleb(-2)
    assert found.total == sum(line.total for line in found.lines if line.total is not None)
    assert found.known == sum((i.amount for i in found.items if i.amount is not None and i.payer == "buyer"), Decimal(0))


def test_freight_inside_a_cif_price_is_not_counted_twice() -> None:
    actual = {"kind": "freight", "amount": "400", "status": "actual", "separate": True}
    inside, silent = order(entry={"incoterm": "CIF"}, charges=[actual]), order(entry={"incoterm": "CIF"})
    assert (amounts(inside)["goods"], amounts(inside)["freight"]) == (Decimal("4600.00"), Decimal("400.00"))
    assert amounts(silent)["goods"] == Decimal("5000.00")
    estimated = order(entry={"incoterm": "CIF"}, charges=[actual | {"status": "estimated"}])
    assert amounts(estimated)["goods"] == Decimal("5000.00") and "freight" not in amounts(estimated)


def test_freight_beside_an_fob_price_is_a_cost_and_no_customs_value() -> None:
    found = order(charges=[{"kind": "freight", "amount": "400"}])
    assert found.entry.totals.entered_value == Decimal("5000.00")
    assert found.total == Decimal("5000.00") + Decimal("400.00") + Decimal("31.67") + Decimal("6.25")


def test_under_ddp_the_seller_pays_duty_and_fees() -> None:
    found = order(lines=[TOY | {"hts_code": "6912.00.44.00"}], entry={"incoterm": "DDP"})
    assert found.total == Decimal("5000.00")
    assert {i.payer for i in found.items if i.kind in ("duty", "fees")} == {"seller"}


def test_an_unknown_fee_leaves_the_whole_unknown_and_the_known_part_standing() -> None:
    found = order(entry={"transport_mode": ""})
    assert found.total is None and found.lines[0].per_unit is None
    assert found.known == Decimal("5031.67")
    assert found.to_dict()["totals"]["landed_cost"] is None


def test_an_excise_nobody_priced_leaves_the_whole_unknown() -> None:
    found = order(lines=[TOY | {"hts_code": "2204.10.00.75", "country_of_origin": "FR", "quantities": [{"value": "900", "unit": "liter"}]}])
    assert found.total is None and amounts(found)["taxes"] is None


def test_the_range_of_an_open_question_spans_the_cost() -> None:
    found = order(lines=[TOY | {"hts_code": "7326.90.86.88"}], entry={"entry_date": "2026-05-12"})
    assert found.total is not None and found.low is not None and found.high is not None
    assert found.low < found.total <= found.high


def test_financing_exchange_margin_and_tax_are_taken_on_what_they_say() -> None:
    found = order(
        entry={"transport_mode": "air", "currency": "EUR"}, exchange_rates={"EUR": "1.1"}, cost={"annual_rate_pct": "10", "days": 73, "fx_margin_pct": "1.5", "tax_pct": "5"}
    )
    kinds = amounts(found)
    assert (kinds["goods"], kinds["financing"], kinds["fx"]) == (Decimal("5500.00"), Decimal("110.00"), Decimal("82.50"))
    before = Decimal("5500.00") + Decimal("110.00") + Decimal("82.50") + Decimal("31.67")
    assert kinds["tax"] == (before * 5 / 100).quantize(Decimal("0.01"))


def test_margin_and_break_even_follow_from_the_unit_cost() -> None:
    found = margin(Decimal("20"), Decimal("12.3456"), Decimal("15"))
    assert (found.profit, found.margin_pct, found.break_even) == (Decimal("4.6544"), Decimal("23.27"), Decimal("14.53"))


@given(cost=st.integers(1, 10**8), share=st.integers(0, 99))
def test_the_break_even_price_just_covers_the_cost(cost: int, share: int) -> None:
    unit = Decimal(cost).scaleb(-3)
    price = margin(Decimal(1), unit, Decimal(share)).break_even
    assert price is not None
    kept = (100 - Decimal(share)) / 100
    assert price * kept >= unit > (price - Decimal("0.01")) * kept


def test_a_sharing_that_lines_do_not_support_names_the_line() -> None:
    with pytest.raises(LandedError) as caught:
        order(cost={"drayage": {"amount": "10", "by": "volume"}})
    assert (caught.value.code, caught.value.where) == ("CANNOT_ALLOCATE", "line 1, volume_m3")


@pytest.mark.parametrize("cost", [{"brokrage": 1}, {"drayage": {"amount": 1, "by": "colour"}}, {"other": [{"amount": 1}]}, {"selling_costs_pct": 100}, [1]])
def test_a_cost_table_that_cannot_be_meant_is_refused(cost: Any) -> None:
    with pytest.raises(LandedError, match="INVALID_COST"):
        order(cost=cost)


def test_freight_that_nobody_stated_is_warned_about() -> None:
    assert "FREIGHT_NOT_STATED" in [w.code for w in order().warnings]
    assert "FREIGHT_NOT_STATED" not in [w.code for w in order(charges=[{"kind": "freight", "amount": "1"}]).warnings]


def test_the_waterfall_ends_at_the_landed_cost() -> None:
    found = landed_cost(read_document(EXAMPLE))
    rows = bars(found)
    assert rows[-1][3] == found.total
    for earlier, later in itertools.pairwise(rows[:-1]):
        assert earlier[2] + earlier[3] == later[2]
    import xml.etree.ElementTree as ElementTree

    assert ElementTree.fromstring(waterfall_svg(found)).tag.endswith("svg")
    assert f"{found.total:,.2f}" in waterfall_svg(found)


def test_the_waterfall_is_drawn_as_png_where_matplotlib_is() -> None:
    pytest.importorskip("matplotlib")
    assert waterfall_png(landed_cost(read_document(EXAMPLE))).startswith(b"\x89PNG")


def test_the_workbook_shows_the_totals_of_the_json() -> None:
    import io

    openpyxl = pytest.importorskip("openpyxl")
    from landed.entry.cost_sheet import cost_xlsx

    found = landed_cost(read_document(EXAMPLE))
    cells = {row[1].value: row[2].value for row in openpyxl.load_workbook(io.BytesIO(cost_xlsx(found)))["Order"].iter_rows(min_row=2)}
    assert f"{cells['Landed cost']:.2f}" == json.loads(json.dumps(found.to_dict()))["totals"]["landed_cost"]
