"""The choice among ways to ship: costs, days, duty on a late day, Pareto set, and what freight never does to the customs value."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

pytest.importorskip("searoute", reason="the freight extra is not installed")

from landed.doors.cli.main import app
from landed.duty.estimate import default_engine
from landed.errors import LandedError
from landed.freight.choose import Choice, choose, exposure
from landed.freight.request import read_request

TOYS = {
    "origin": "CNSHA",
    "destination": "USLAX",
    "as_of": "2026-02-20",
    "ready_date": "2026-02-25",
    "incoterm": "FOB",
    "items": [{"name": "toys", "quantity": 400, "size": "60x40x40 cm", "gross_kg": "9"}],
    "goods": [{"hts_code": "9503.00.00.73", "country_of_origin": "CN", "price": "40000"}],
}


@lru_cache(maxsize=32)
def _asked(text: str) -> Choice:
    return choose(read_request(json.loads(text)), default_engine())


def ask(**change: Any) -> Choice:
    return _asked(json.dumps(TOYS | change))


def way(found: Choice, service: str) -> Any:
    return next(w for w in found.ways if w.service == service)


def refusal(**change: Any) -> LandedError:
    with pytest.raises(LandedError) as raised:
        ask(**change)
    return raised.value


def test_every_way_that_is_open_is_compared_and_every_other_named_with_its_reason() -> None:
    found = ask()
    assert {w.service for w in found.ways} == {"fcl", "lcl", "air"}
    assert [(s, c) for s, c, _ in found.not_open] == [("express", "TOO_HEAVY_FOR_EXPRESS")]


def test_the_cost_of_a_way_is_the_sum_of_its_charges_and_the_landed_cost_of_its_parts() -> None:
    for each in ask().ways:
        assert each.quote.mid == sum(c.amount for c in each.quote.charges)
        assert each.quote.low <= each.quote.mid <= each.quote.high
        assert each.buyer_pays + each.seller_pays == each.quote.mid
        assert each.on_time is not None and each.carrying_cost is not None
        assert each.landed_cost == Decimal(40_000) + each.buyer_pays + each.carrying_cost + each.on_time.duty + each.on_time.fees


def test_an_estimate_says_that_it_is_one_and_what_it_rests_on() -> None:
    for each in ask().ways:
        assert each.quote.kind == "ESTIMATE" and each.quote.assumptions
        assert {c.kind for c in each.quote.charges} <= {"INDEX", "ASSUMED"}
        assert all(c.source and c.as_of for c in each.quote.charges)


def test_an_estimated_freight_figure_never_changes_the_customs_value() -> None:
    for incoterm in ("EXW", "FOB", "CIF", "DAP", "DDP"):
        values = set()
        for index in (None, {"asia_us_west": "100"}, {"asia_us_west": "20000"}):
            found = ask(incoterm=incoterm, modes=["fcl"], **({"index": index} if index else {}))
            values |= {found.ways[0].on_time.entered_value, found.ways[0].late.entered_value}  # type: ignore[union-attr]
        assert values == {Decimal("40000.00")}, incoterm


def test_the_same_goods_owe_the_same_duty_by_every_incoterm_whatever_freight_costs() -> None:
    duties = {ask(incoterm=t, modes=["fcl"]).ways[0].on_time.duty for t in ("FOB", "CIF", "DAP")}  # type: ignore[union-attr]
    assert len(duties) == 1


def test_the_seller_pays_the_main_carriage_under_cif_and_the_buyer_under_fob() -> None:
    fob, cif = (way(ask(incoterm=t, modes=["fcl"]), "fcl") for t in ("FOB", "CIF"))
    main = next(c for c in fob.quote.charges if c.code == "BAS")
    assert main.payer == "buyer" and main.payment_term == "COL"
    assert fob.buyer_pays - cif.buyer_pays >= main.amount


def test_the_harbor_fee_is_owed_by_sea_and_not_by_air() -> None:
    found = ask()
    assert way(found, "fcl").on_time.fees - way(found, "air").on_time.fees == Decimal("50.00")  # 0.125 percent of 40,000


def test_a_late_ship_may_meet_another_law() -> None:
    found = way(ask(as_of="2026-06-25", ready_date="2026-06-29", modes=["fcl"], index={"asia_us_west": "2400"}), "fcl")
    assert found.quote.port_p50 <= date(2026, 7, 23) < found.quote.port_p90
    assert found.on_time.headings != found.late.headings
    assert found.duty_change == found.late.duty - found.on_time.duty != 0


def test_the_recommendation_says_why_and_what_a_late_arrival_would_change() -> None:
    found = ask(as_of="2026-06-25", ready_date="2026-06-29", modes=["fcl"], index={"asia_us_west": "2400"})
    assert "Full container" in found.because and "duty would be" in found.because


def test_air_is_recommended_where_only_air_arrives_in_time() -> None:
    found = ask(need_by="2026-03-15")
    assert found.recommended == "air" and "2026-03-15" in found.because
    assert "MAY_BE_LATE" in [w.code for w in way(found, "fcl").quote.warnings]


def test_where_nothing_arrives_in_time_the_nearest_is_named_and_the_answer_stands() -> None:
    found = ask(need_by="2026-02-27")
    assert found.recommended == "air" and "No way arrives" in found.because


def test_no_way_of_the_pareto_set_is_beaten_and_the_cheapest_is_in_it() -> None:
    found = ask()
    axes = {w.service: (w.landed_cost, w.quote.door_p90, w.kg_co2e) for w in found.ways}
    for each in found.ways:
        beaten = any(all(a <= b for a, b in zip(axes[o], axes[each.service], strict=True)) and axes[o] != axes[each.service] for o in axes)
        assert each.pareto is not beaten
    assert found.ways[0].pareto and "cost" in found.ways[0].best_of


def test_slower_ways_tie_up_more_money() -> None:
    found = ask()
    assert way(found, "air").carrying_cost < way(found, "fcl").carrying_cost < way(found, "lcl").carrying_cost


def test_small_cargo_goes_by_the_cubic_metre_and_large_by_the_box() -> None:
    small = ask(items=[{"quantity": 20, "size": "60x40x40 cm", "gross_kg": "9"}], modes=["fcl", "lcl"])
    large = ask(items=[{"quantity": 500, "size": "60x40x40 cm", "gross_kg": "9"}], modes=["fcl", "lcl"])
    assert small.ways[0].service == "lcl" and large.ways[0].service == "fcl"


def test_without_goods_duty_is_unknown_and_never_zero() -> None:
    found = _asked(json.dumps({k: v for k, v in TOYS.items() if k != "goods"} | {"cargo_value": "40000"}))
    assert all(w.on_time is None and w.landed_cost is None for w in found.ways)
    assert found.warnings[0].code == "GOODS_NOT_STATED"


def test_a_rate_sheet_takes_the_place_of_the_estimate() -> None:
    row = {"code": "BAS", "service": "fcl", "origin": "CNSHA", "destination": "USLAX", "equipment": "*", "basis": "PER_CONTAINER", "unit_price": "1111", "currency": "USD", "valid_from": "2026-02-01", "valid_until": "2026-02-28"}
    found = ask(rates=[row], modes=["fcl", "lcl"])
    assert way(found, "fcl").quote.kind == "INDICATIVE" and way(found, "fcl").quote.valid_until == date(2026, 2, 28)
    assert way(found, "lcl").quote.kind == "ESTIMATE", "the sheet has no price for it"
    assert refusal(rates=[row | {"currency": "EUR"}], modes=["fcl"]).code == "CURRENCY_RATE_REQUIRED"
    assert way(ask(rates=[row | {"currency": "EUR"}], modes=["fcl"], exchange_rates={"EUR": "2"}), "fcl").quote.mid == 2 * way(found, "fcl").quote.mid


def test_dangerous_and_cold_goods_get_no_estimate_but_a_word_to_the_carrier() -> None:
    items = [{**TOYS["items"][0], "un_number": "UN3480"}]  # type: ignore[index]
    found = refusal(items=items)
    assert found.code == "NO_WAY_OPEN" and {w["code"] for w in found.extra["ways"]} == {"NEEDS_CARRIER_QUOTE", "TOO_HEAVY_FOR_EXPRESS"}
    assert refusal(items=[{**TOYS["items"][0], "temperature_c": [2, 8]}], modes=["fcl"]).code == "NEEDS_CARRIER_QUOTE"  # type: ignore[index]


def test_a_sea_incoterm_with_air_is_warned() -> None:
    assert "INCOTERM_NOT_FOR_MODE" in [w.code for w in way(ask(), "air").quote.warnings]


def test_a_trade_without_index_is_named_not_guessed() -> None:
    found = refusal(origin="BRSSZ", modes=["fcl"])
    assert found.code == "NO_INDEX_LANE" and "rate sheet" in found.mend


@pytest.mark.parametrize(
    ("change", "code", "where"),
    [
        ({"origin": "CNSHH"}, "UNKNOWN_PLACE", "origin"),
        ({"destination": "CNSHA"}, "SAME_PLACE", "destination"),
        ({"ready_date": "2026-02-01"}, "INVALID_DATE", "ready_date"),
        ({"need_by": "2026-02-21"}, "INVALID_DATE", "need_by"),
        ({"ready_date": "soon"}, "INVALID_DATE", "ready_date"),
        ({"incoterm": "XXX"}, "INVALID_INCOTERM", "incoterm"),
        ({"modes": ["boat"]}, "INVALID_REQUEST", "modes"),
        ({"items": []}, "INVALID_REQUEST", "items"),
        ({"items": [{"size": "1x1x1 mm", "gross_kg": 1}]}, "INVALID_CARGO", "items[0]"),
        ({"goods": [{"hts_code": "9503.00.00.73"}]}, "INVALID_REQUEST", "goods[0].country_of_origin"),
        ({"goods": [{"hts_code": "9999.99.99.99", "country_of_origin": "CN", "price": "1"}]}, "ENTRY_LINES_INVALID", None),
        ({"annual_rate_pct": "-1"}, "INVALID_VALUE", "annual_rate_pct"),
        ({"index": {"asia_us_west": "x"}}, "INVALID_VALUE", "index.asia_us_west"),
        ({"routing": "horn"}, "UNKNOWN_SCENARIO", "routing"),
        ({"colour": "red"}, "INVALID_REQUEST", "colour"),
    ],
)
def test_a_bad_field_is_refused_by_its_name(change: dict[str, Any], code: str, where: str | None) -> None:
    found = refusal(**change)
    assert found.code == code
    assert where is None or found.where == where


def test_the_same_exposure_is_that_of_a_whole_entry() -> None:
    from landed.entry.assess import estimate_entry

    asked = read_request(TOYS)
    mine = exposure(asked, "fcl", date(2026, 3, 20), default_engine())
    entry = {"entry_date": "2026-03-20", "transport_mode": "ocean", "incoterm": "FOB", "loading_date": "2026-03-02"}
    whole = estimate_entry({"entry": entry, "lines": TOYS["goods"]}, engine=default_engine())
    assert mine is not None and (mine[0].duty, mine[0].fees) == (whole.totals.duty, whole.totals.fees)


def test_the_command_answers_in_json_and_in_words(tmp_path: Path) -> None:
    file = tmp_path / "shipment.json"
    file.write_text(json.dumps(TOYS | {"modes": ["fcl", "air"]}))
    found = CliRunner().invoke(app, ["ship", "quote", str(file), "--json"])
    assert found.exit_code == 0, found.output
    data = json.loads(found.stdout)
    assert data["recommended"] == "fcl" and data["ways"][0]["landed_cost"].count(".") == 1
    assert "estimate" in CliRunner().invoke(app, ["ship", "quote", str(file), "--index", "asia_us_west=2400"]).stdout


def test_the_templates_read_back(tmp_path: Path) -> None:
    pytest.importorskip("xlsxwriter")
    book, sheet = tmp_path / "shipment.xlsx", tmp_path / "rates.xlsx"
    assert CliRunner().invoke(app, ["ship", "quote", "--template", str(book), "--rates-template", str(sheet)]).exit_code == 0
    found = CliRunner().invoke(app, ["ship", "quote", str(book), "--rates", str(sheet), "--json"])
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["origin"] == "CNSHA"


def test_the_carrier_s_own_emissions_take_the_place_of_ours_and_scopes_are_never_added() -> None:
    from landed.errors import LandedError
    from landed.operations.registry import find

    asked = {"origin": "CNSHA", "destination": "USLAX", "as_of": "2026-03-01", "modes": ["fcl"], "items": [{"name": "toys", "quantity": 100, "size": "60x40x40 cm", "gross_kg": "9"}]}
    ours, theirs = (find("ship_quote").run({**asked, **more}).ways[0].quote for more in ({}, {"carrier_emissions": {"fcl": {"kg_co2e": "820", "scope": "WTW", "carrier": "MAEU"}}}))
    assert set(ours.kg_co2e) == {"TTW"} and dict(theirs.kg_co2e) == {"WTW": Decimal("820.0")}
    assert theirs.legs[1].emission.source == "MAEU" and theirs.legs[1].emission.kg_per_tonne_km is None
    for bad in ({"fcl": {"kg_co2e": "1", "scope": "both"}}, {"ship": {}}, "x", {"fcl": {"kg_co2e": "-1", "scope": "WTW"}}):
        with pytest.raises(LandedError):
            find("ship_quote").run({**asked, "carrier_emissions": bad})
