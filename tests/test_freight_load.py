"""Load plans: nothing outside, overlapping, unsupported or overloaded; limits named; the benchmark instances; bad cargo."""

from __future__ import annotations

import importlib.util
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from landed.doors.cli.main import app
from landed.errors import LandedError
from landed.freight.cargo import read_items
from landed.freight.load.model import Placement, container
from landed.freight.load.plan import plan_load
from landed.freight.load.validate import faults
from landed.freight.model import CargoItem

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
BOX = container("22G1")


def item(**given: Any) -> CargoItem:
    return CargoItem(**{"name": "carton", "quantity": 10, "length_mm": 600, "width_mm": 400, "height_mm": 300, "gross_kg": Decimal(12), **given})


def put(*corners: tuple[int, int, int], size: tuple[int, int, int] = (600, 400, 300), of: int = 0) -> list[Placement]:
    return [Placement(of, *corner, *size) for corner in corners]


# -- the validator ------------------------------------------------------------------------------------------------------


def test_the_validator_takes_a_good_load() -> None:
    assert faults(BOX, [item()], put((0, 0, 0), (0, 400, 0), (0, 0, 300))) == []


@pytest.mark.parametrize(
    ("pieces", "word"),
    [
        (put((5500, 0, 0)), "outside"),
        (put((0, 0, 0), (100, 100, 0)), "in one place"),
        (put((0, 0, 0), (300, 0, 300)), "supported on 50 percent"),
        (put((0, 0, 0), (0, 0, 600)), "supported on 0 percent"),
        (put((0, 0, 0), size=(600, 300, 400)), "stands as it may not"),
        (put((600, 0, 0), (0, 0, 0)), "in its way"),
        (put((0, 0, 300), (0, 0, 0)), "on which it stands"),
        (put(*((x, y, z) for x in (0, 600) for y in (0, 400, 800) for z in (0, 300))), "12 placed, 10 asked"),
    ],
)
def test_the_validator_finds_each_fault(pieces: list[Placement], word: str) -> None:
    assert any(word in fault for fault in faults(BOX, [item()], pieces))


def test_the_validator_finds_loads_on_pieces_that_bear_less() -> None:
    pieces = put((0, 0, 0), (0, 0, 300), (0, 0, 600))
    assert any("nothing may stand" in f for f in faults(BOX, [item(stackable=False)], pieces))
    assert any("bears 24.0 kg, at most 20" in f for f in faults(BOX, [item(max_load_on_top_kg=Decimal(20))], pieces))
    assert faults(BOX, [item(max_load_on_top_kg=Decimal(24))], pieces) == []


def test_the_validator_finds_too_much_mass_and_names_the_limit() -> None:
    heavy = item(gross_kg=Decimal(15_000))
    road = container("22G1", "US")
    assert faults(BOX, [heavy], put((0, 0, 0))) == []
    assert any("road limit" in f for f in faults(road, [heavy], put((0, 0, 0), (0, 400, 0))))


def test_the_validator_finds_pieces_that_do_not_pass_the_door() -> None:
    tall = item(length_mm=1000, width_mm=1000, height_mm=2350)
    assert any("door" in f for f in faults(BOX, [tall], put((0, 0, 0), size=(1000, 1000, 2350))))


# -- plans --------------------------------------------------------------------------------------------------------------

items_of = st.lists(
    st.builds(
        item,
        name=st.sampled_from("ABCD"),
        quantity=st.integers(1, 60),
        length_mm=st.integers(150, 1500),
        width_mm=st.integers(150, 1200),
        height_mm=st.integers(100, 1200),
        gross_kg=st.integers(1, 400).map(Decimal),
        upright=st.sampled_from([("h",), ("l", "w", "h"), ("w", "h")]),
        stackable=st.booleans(),
        max_load_on_top_kg=st.none() | st.integers(0, 600).map(Decimal),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=40, deadline=None)
@given(items_of)
def test_every_plan_of_any_cargo_passes_the_validator_and_loads_every_piece(items: list[CargoItem]) -> None:
    plan = plan_load(items, country="US", seconds=0.05)
    assert plan.left == () and plan.pieces == sum(i.quantity for i in items)
    for load in plan.loads:
        pieces = [p for block in load.blocks for p in block.pieces()]
        assert faults(load.container, items, pieces) == []
        assert load.gross_kg <= load.container.limit_kg


@settings(max_examples=25, deadline=None)
@given(items_of)
def test_a_given_number_of_containers_leaves_the_rest_by_name(items: list[CargoItem]) -> None:
    plan = plan_load(items, container_code="22G1", seconds=0.03, containers=1)
    assert sum(x.count for x in plan.loads) <= 1
    assert plan.pieces + sum(n for _, n in plan.left) == sum(i.quantity for i in items)


def test_a_heavy_cargo_is_split_by_the_road_limit_and_not_without_it() -> None:
    steel = item(name="coil", quantity=2, length_mm=1000, width_mm=1000, height_mm=1000, gross_kg=Decimal(9_000))
    assert sum(n for _, n in plan_load([steel], container_code="22G1", country="US", seconds=0.1).equipment) == 2
    assert sum(n for _, n in plan_load([steel], container_code="22G1", seconds=0.1).equipment) == 1


def test_small_cargo_takes_the_smallest_container() -> None:
    assert plan_load([item()], seconds=0.1).equipment == (("22G1", 1),)


def test_the_last_of_several_containers_is_a_smaller_one_where_it_does() -> None:
    plan = plan_load([item(quantity=1150)], seconds=0.4)
    assert dict(plan.equipment).get("22G1") == 1 and len(plan.equipment) == 2


def test_cartons_that_tile_a_container_fill_it() -> None:
    plan = plan_load([item(quantity=2000, length_mm=500, width_mm=390, height_mm=285, gross_kg=Decimal(5), upright=("h",))], container_code="22G1", seconds=0.5, containers=1)
    assert plan.loads[0].fill_pct > 90


def test_every_step_of_loading_is_said_in_words() -> None:
    plan = plan_load([item(quantity=30)], seconds=0.1)
    steps = plan.loads[0].steps
    assert [s.number for s in steps] == list(range(1, len(steps) + 1))
    assert sum(s.pieces for s in steps) == 30 and "on the floor" in steps[0].words


def code_of(call: Any) -> LandedError:
    with pytest.raises(LandedError) as raised:
        call()
    return raised.value


def test_an_item_longer_than_every_box_is_named_with_what_to_do() -> None:
    found = code_of(lambda: plan_load([item(), item(name="mast", length_mm=14_000)], seconds=0.1))
    assert found.code == "ITEM_TOO_LARGE" and "mast" in found.detail and "flat rack" in found.mend and found.where == "items[1]"


def test_an_item_above_the_limit_is_named_with_the_limit() -> None:
    found = code_of(lambda: plan_load([item(name="press", length_mm=2000, width_mm=2000, height_mm=2000, gross_kg=Decimal(25_000))], country="US", seconds=0.1))
    assert found.code == "ITEM_TOO_HEAVY" and "road limit" in found.detail
    assert plan_load([item(name="press", length_mm=2000, width_mm=2000, height_mm=2000, gross_kg=Decimal(25_000), quantity=1)], seconds=0.1).pieces == 1


def test_an_unknown_container_type_is_refused_with_the_known_ones() -> None:
    assert code_of(lambda: plan_load([item()], container_code="99X9")).code == "UNKNOWN_CONTAINER"


def test_a_shipment_of_thousands_of_containers_is_refused_not_tried() -> None:
    assert code_of(lambda: plan_load([item(quantity=1_000_000)], seconds=0.1)).code == "TOO_MANY_CONTAINERS"


# -- cargo as people write it -------------------------------------------------------------------------------------------

GOOD = {"name": "carton", "quantity": 3, "size": "60x40x30 cm", "gross_kg": "12.5"}


@pytest.mark.parametrize(
    "size", [{"size": "60x40x30 cm"}, {"size": "0.6 x 0.4 x 0.3 m"}, {"length": 60, "width": 40, "height": 30, "unit": "cm"}, {"length_mm": 600, "width_mm": 400, "height_mm": 300}]
)
def test_sizes_are_read_in_the_unit_that_is_named(size: dict[str, Any]) -> None:
    found = read_items([{"quantity": 3, "gross_kg": "12.5", **size}])[0]
    assert (found.length_mm, found.width_mm, found.height_mm) == (600, 400, 300)


def test_pounds_and_inches_are_converted_and_sizes_rounded_up() -> None:
    found = read_items([{"size": "10x10x10 in", "gross_lb": "10"}])[0]
    assert found.length_mm == 254 and found.gross_kg == Decimal("4.5359237")
    assert read_items([{"size": "10.01x10x10 in", "gross_lb": "10"}])[0].length_mm == 255


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"size": "60x40 cm"}, "INVALID_VALUE"),
        ({"size": "0x40x30 cm"}, "INVALID_VALUE"),
        ({"size": "", "length": 60, "width": 40, "height": 30}, "INVALID_VALUE"),
        ({"size": "60x40x30 mm"}, "SUSPECT_UNITS"),
        ({"size": "60x40x30 m"}, "SUSPECT_UNITS"),
        ({"gross_kg": "0"}, "INVALID_VALUE"),
        ({"gross_kg": "-3"}, "INVALID_VALUE"),
        ({"gross_kg": "NaN"}, "INVALID_VALUE"),
        ({"gross_kg": float("inf")}, "INVALID_VALUE"),
        ({"gross_kg": None}, "INVALID_VALUE"),
        ({"gross_kg": "0.01"}, "SUSPECT_UNITS"),
        ({"quantity": 1.5}, "INVALID_VALUE"),
        ({"quantity": 0}, "INVALID_VALUE"),
        ({"quantity": "many"}, "INVALID_VALUE"),
        ({"stackable": "perhaps"}, "INVALID_VALUE"),
        ({"upright": "x"}, "INVALID_VALUE"),
        ({"colour": "red"}, "INVALID_REQUEST"),
    ],
)
def test_cargo_that_cannot_be_is_asked_about_by_name(change: dict[str, Any], code: str) -> None:
    found = code_of(lambda: read_items([GOOD, {**GOOD, **change}]))
    assert found.code == "INVALID_CARGO" and found.extra["errors"][0]["code"] == code and found.where.startswith("items[1]")


@pytest.mark.parametrize("raw", [None, [], "cartons", 7, [3]])
def test_what_is_no_list_of_items_is_refused(raw: object) -> None:
    assert code_of(lambda: read_items(raw)).code == "INVALID_CARGO"


# -- the benchmark and the command --------------------------------------------------------------------------------------


def bench() -> Any:
    if not (SHARED / "freight" / "packing").exists():
        pytest.skip("the packing instances are not beside the repository")
    spec = importlib.util.spec_from_file_location("bench_packing", ROOT / "benchmarks" / "bench_packing.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("number", range(16))
def test_plans_of_the_benchmark_instances_are_valid(number: int) -> None:
    module = bench()
    for n, (box, items) in enumerate(module.instances(SHARED / "freight" / "packing", number)):
        if n == 3:
            break
        fill, _, wrong = module.run(box, items, 0.05)
        assert wrong == [] and fill > 60


def test_the_command_plans_a_csv_of_cargo(tmp_path: Path) -> None:
    cargo = tmp_path / "cargo.csv"
    cargo.write_text("name,quantity,size,gross_kg\ncarton A,120,60x40x30 cm,12\ncarton B,40,50x50x50 cm,18\n")
    found = CliRunner().invoke(app, ["ship", "load", str(cargo), "--to", "US", "--json"])
    assert found.exit_code == 0, found.output
    data = json.loads(found.stdout)
    assert data["pieces"] == 160 and data["left"] == [] and data["loads"][0]["steps"]


def test_the_command_names_the_cell_of_a_bad_size(tmp_path: Path) -> None:
    cargo = tmp_path / "cargo.csv"
    cargo.write_text("name,quantity,size,gross_kg\ncarton A,120,60x40x30,12\n")
    found = CliRunner().invoke(app, ["ship", "load", str(cargo)])
    assert found.exit_code == 2 and "size" in found.output
