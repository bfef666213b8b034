"""The solver PackingSolver as a second opinion on how full a container can get (extra `packing`, Python 3.12 and newer).

It knows sides, ways to stand, counts and mass, but neither support nor what a piece bears nor the door: a plan of it is used only after every piece
that lacks one of these has been taken out again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from landed.errors import LandedError
from landed.freight.load.fill import Kind
from landed.freight.load.model import Container, Placement
from landed.freight.model import CargoItem


def solver_at_hand() -> Any:
    """The solver's module; raises EXTRA_REQUIRED."""
    try:
        import packingsolver.box as box
    except ImportError:
        raise LandedError("EXTRA_REQUIRED", "the solver packingsolver is not installed", where="solver", mend="pip install 'landed[packing]' on Python 3.12 or newer, or leave solver out.") from None
    return box


def solve(box: Container, kinds: Sequence[Kind], seconds: float) -> list[Placement]:
    """Pieces as the solver places them in one container within about `seconds`; nothing is promised of support. Raises EXTRA_REQUIRED."""
    ps = solver_at_hand()
    builder = ps.InstanceBuilder()
    builder.set_objective(ps.Objective.Knapsack)
    builder.add_bin_type(box.length, box.width, box.height, maximum_weight=float(box.limit_kg), copies=1)
    numbers: list[int] = []
    for number, kind in enumerate(kinds):
        if kind.count and kind.stands:
            length, width, height = kind.stands[0]
            builder.add_item_type(length, width, height, rotations=_rotations(ps, kind), weight=kind.kg, copies=kind.count)
            numbers.append(number)
    if not numbers:
        return []
    asked = ps.OptimizeParameters()
    asked.time_limit = seconds
    # One pass of one search: the anytime mode shares the time among searches and can come back empty-handed on a busy machine.
    asked.optimization_mode = ps.OptimizationMode.NotAnytime
    asked.use_tree_search, asked.use_tree_search_maximal_spaces = False, True
    asked.use_sequential_single_knapsack = asked.use_sequential_value_correction = asked.use_dichotomic_search = asked.use_column_generation = False
    asked.verbosity_level = 0
    found = ps.optimize(builder.build(), asked).solution
    pieces = []
    for n in range(found.number_of_different_bins()):
        for item in found.bin(n).items:
            number = numbers[item.item_type_id]
            length, width, height = _turned(kinds[number].stands[0], str(item.rotation).rpartition(".")[2])
            pieces.append(Placement(number, int(item.x), int(item.y), int(item.z), length, width, height))
    return pieces


def standing(items: Sequence[CargoItem], pieces: Sequence[Placement]) -> list[Placement]:
    """The pieces that stand on the floor or wholly on others, and bear what stands on them; what does not, and what stood on it, is left out."""
    kept: list[Placement] = []
    load: dict[int, float] = {}
    for piece in sorted(pieces, key=lambda p: (p.z, p.x, p.y)):
        under = [n for n, p in enumerate(kept) if p.z + p.height == piece.z and _contact(p, piece)]
        area = piece.length * piece.width
        if piece.z and sum(_contact(kept[n], piece) for n in under) < area:
            continue
        added = _passed_down(items, kept, under, piece)
        if any(_bears(items[kept[n].item]) < load.get(n, 0.0) + kg for n, kg in added.items()):
            continue
        for n, kg in added.items():
            load[n] = load.get(n, 0.0) + kg
        kept.append(piece)
    return kept


def _passed_down(items: Sequence[CargoItem], kept: Sequence[Placement], under: Sequence[int], piece: Placement) -> dict[int, float]:
    """Kilograms that a piece adds to each piece below it, shared by contact area all the way down."""
    added: dict[int, float] = {}
    todo = [(float(items[piece.item].gross_kg), piece, list(under))]
    while todo:
        kg, top, below = todo.pop()
        area = top.length * top.width
        for n in below:
            share = kg * _contact(kept[n], top) / area
            added[n] = added.get(n, 0.0) + share
            deeper = [m for m, p in enumerate(kept) if p.z + p.height == kept[n].z and _contact(p, kept[n])] if kept[n].z else []
            if deeper:
                todo.append((share, kept[n], deeper))
    return added


def _bears(item: CargoItem) -> float:
    if not item.stackable:
        return 0.0
    return float("inf") if item.max_load_on_top_kg is None else float(item.max_load_on_top_kg)


def _contact(a: Placement, b: Placement) -> int:
    return max(0, min(a.x + a.length, b.x + b.length) - max(a.x, b.x)) * max(0, min(a.y + a.width, b.y + b.width) - max(a.y, b.y))


def _rotations(ps: Any, kind: Kind) -> list[Any]:
    """The solver's rotations that give the ways in which a piece may stand."""
    first = kind.stands[0]
    return [getattr(ps.Rotation, name) for name in ("XYZ", "YXZ", "ZYX", "YZX", "XZY", "ZXY") if _turned(first, name) in kind.stands]


def _turned(sides: tuple[int, int, int], name: str) -> tuple[int, int, int]:
    x, y, z = ({"X": sides[0], "Y": sides[1], "Z": sides[2]}[letter] for letter in name)
    return x, y, z
