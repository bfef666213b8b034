"""Distances and days of freight: reference pairs, routing scenarios, places that are refused, container numbers."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

pytest.importorskip("searoute", reason="the freight extra is not installed")

from landed.doors.cli.main import app
from landed.errors import LandedError
from landed.freight.containers import check_digit, read_container_number
from landed.freight.places import find_airport, find_port, nearest_airport
from landed.freight.reference import rows
from landed.freight.routes import Days, distance, in_a_row, scenario_on

PAIRS = rows("reference_distances")
OUTSIDE = {("BRSSZ", "USNYC"), ("INMAA", "USLAX")}  # the two networks differ by 3.3 and 2.7 percent there (docs/accuracy.md)


@pytest.mark.parametrize("row", PAIRS, ids=lambda r: f"{r['origin']}-{r['destination']}")
def test_sea_distances_agree_with_the_reference_within_two_and_a_half_percent(row: dict[str, str]) -> None:
    found = distance(row["origin"], row["destination"], routing="suez_open")
    off = abs(found.nautical_miles / float(row["nautical_miles"]) - 1)
    assert off <= (0.034 if (row["origin"], row["destination"]) in OUTSIDE else 0.025)
    assert max(lat for _, lat in found.path) < 72, "no route through the Arctic"
    assert "northwest" not in found.passages


def test_at_least_thirty_pairs_are_checked() -> None:
    assert len(PAIRS) - len(OUTSIDE) >= 30


def test_rounding_the_cape_adds_3300_miles_between_shanghai_and_rotterdam() -> None:
    suez, cape = distance("CNSHA", "NLRTM", routing="suez_open"), distance("CNSHA", "NLRTM", routing="cape")
    assert cape.nautical_miles - suez.nautical_miles == pytest.approx(3300, rel=0.02)
    assert "south_africa" in cape.passages and "panama" not in cape.passages
    assert cape.days is not None and suez.days is not None and 7 <= cape.days.p50 - suez.days.p50 <= 10


def test_the_cape_scenario_leaves_panama_to_voyages_of_the_americas() -> None:
    assert distance("CNSHA", "USNYC", routing="cape").passages == ("panama",)


def test_a_restricted_panama_sends_new_york_ships_through_suez() -> None:
    found = distance("CNSHA", "USNYC", routing="panama_restricted")
    assert "suez" in found.passages and "panama" not in found.passages


def test_the_routing_of_a_day_is_dated_data() -> None:
    assert scenario_on(date(2023, 6, 1)) == "suez_open"
    assert scenario_on(date(2025, 6, 1)) == "cape"
    assert distance("CNSHA", "USLAX", on=date(2025, 6, 1)).warnings == ()
    assert distance("CNSHA", "USLAX", on=date(2026, 11, 22)).warnings[0].code == "ROUTING_NOT_VERIFIED"


def test_a_distance_is_the_same_both_ways() -> None:
    for row in PAIRS[:8]:
        there = distance(row["origin"], row["destination"], routing="suez_open")
        back = distance(row["destination"], row["origin"], routing="suez_open")
        assert there.nautical_miles == pytest.approx(back.nautical_miles, rel=1e-6)


@pytest.mark.parametrize("scenario", ["suez_open", "cape", "panama_restricted", "cape_panama_restricted"])
def test_closing_passages_never_shortens_a_route(scenario: str) -> None:
    for row in PAIRS[:10]:
        free = distance(row["origin"], row["destination"], routing="suez_open").nautical_miles
        assert distance(row["origin"], row["destination"], routing=scenario).nautical_miles >= free - 0.01


def test_air_distance_is_the_great_circle() -> None:
    assert distance("PVG", "LAX", mode="air").km == pytest.approx(10_415, rel=0.01)
    assert distance("JFK", "LHR", mode="air").km == pytest.approx(5_540, rel=0.01)


def refusal(*args: str, **kwargs: str) -> LandedError:
    with pytest.raises(LandedError) as raised:
        distance(*args, **kwargs)  # type: ignore[arg-type]
    return raised.value


def test_an_unknown_code_is_refused_with_three_nearest_names() -> None:
    found = refusal("CNSHH", "USLAX")
    assert found.code == "UNKNOWN_PLACE" and found.where == "origin" and len(found.extra["near"]) == 3
    assert "CNSHA Shanghai" in str(refusal("Shangai", "USLAX"))


def test_an_airport_is_not_a_sea_port_and_the_nearest_ports_come_with_kilometres() -> None:
    found = refusal("USDEN", "CNSHA")
    assert found.code == "NOT_A_SEA_PORT" and len(found.extra["near"]) == 3 and "km" in found.mend


@pytest.mark.parametrize("inland", ["ZWHRE", "USATL", "USDAL"])
def test_a_place_far_from_the_sea_is_never_moved_to_the_coast_silently(inland: str) -> None:
    assert refusal(inland, "CNSHA").code == "NOT_A_SEA_PORT"


def test_a_liner_port_off_the_network_is_answered_with_a_warning() -> None:
    assert [w.code for w in distance("MXZLO", "CNSHA", routing="cape").warnings] == ["FAR_FROM_SEA_NETWORK"]


def test_the_same_place_twice_is_refused() -> None:
    assert refusal("CNSHA", "cnsha").code == "SAME_PLACE"
    assert refusal("PVG", "PVG", mode="air").code == "SAME_PLACE"


def test_an_unknown_routing_is_refused_with_the_known_ones() -> None:
    assert "cape" in refusal("CNSHA", "USLAX", routing="horn").detail


def test_ports_are_found_by_code_and_by_name() -> None:
    assert find_port("cn sha").code == "CNSHA"
    assert find_port("Rotterdam").code == "NLRTM"
    assert find_airport("USLAX").code == "LAX"
    assert nearest_airport(find_port("CNSHA")).code == "PVG"


def test_a_sea_port_without_airport_of_its_own_names_the_nearest_airports() -> None:
    with pytest.raises(LandedError) as raised:
        find_airport("CNYTN")
    assert raised.value.code == "NOT_AN_AIRPORT" and len(raised.value.extra["near"]) == 3


def test_spreads_of_stages_add_as_roots_of_squares() -> None:
    found = in_a_row(Days(Decimal(10), Decimal(13)), Days(Decimal(5), Decimal(9)))
    assert found == Days(Decimal("15.0"), Decimal("20.0"))


@pytest.mark.parametrize("number", ["CSQU3054383", "csqu 305438-3", "MSKU9070323"])
def test_container_numbers_with_their_check_digit_are_read(number: str) -> None:
    assert read_container_number(number).isalnum()


def test_a_wrong_check_digit_is_refused_with_the_right_one() -> None:
    with pytest.raises(LandedError) as raised:
        read_container_number("CSQU3054384")
    assert raised.value.extra["expected"] == 3


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3), st.integers(0, 999_999), st.integers(0, 9))
def test_exactly_one_check_digit_fits_each_container(owner: str, serial: int, said: int) -> None:
    prefix = f"{owner}U{serial:06d}"
    if said == check_digit(prefix):
        assert read_container_number(f"{prefix}{said}") == f"{prefix}{said}"
    else:
        with pytest.raises(LandedError):
            read_container_number(f"{prefix}{said}")


@pytest.mark.parametrize("text", ["", "CSQU305438", "CSQA3054383", "1234", "CSQU30543833", "ＣＳＱＵ3054383"])
def test_what_is_no_container_number_is_refused(text: str) -> None:
    with pytest.raises(LandedError) as raised:
        read_container_number(text)
    assert raised.value.code == "BAD_CONTAINER_NUMBER"


@given(st.text(max_size=12))
def test_any_text_as_a_place_is_answered_or_refused_never_broken(text: str) -> None:
    try:
        find_port(text)
    except LandedError as refused:
        assert refused.code in ("UNKNOWN_PLACE", "NOT_A_SEA_PORT", "AMBIGUOUS_PLACE")


def test_the_command_prints_the_distance_as_json() -> None:
    found = CliRunner().invoke(app, ["ship", "distance", "CNSHA", "USLAX", "--routing", "cape", "--json"])
    assert found.exit_code == 0
    data = json.loads(found.stdout)
    assert data["nautical_miles"] == 5762 and data["days"] == {"p50": "18", "p90": "22.5"}
    assert data["path"]["type"] == "LineString"


def test_the_command_refuses_an_unknown_place_with_exit_code_two() -> None:
    assert CliRunner().invoke(app, ["ship", "distance", "CNSHH", "USLAX"]).exit_code == 2
