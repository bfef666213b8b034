"""Plans the loading of a shipment: which containers, what stands where, in which order, and what to watch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import permutations
from math import inf

from landed.duty.model import Warning_
from landed.errors import LandedError
from landed.freight.load.fill import Filler, Kind, fill
from landed.freight.load.model import Block, Container, Load, LoadPlan, Step, container
from landed.freight.load.solver import solve, solver_at_hand, standing
from landed.freight.load.validate import faults
from landed.freight.model import CargoItem
from landed.freight.reference import decimal, figures

HUNDREDTH = Decimal("0.01")
CUBIC_MM = Decimal(10**9)
MOST_CONTAINERS = 500
CHECKED_PIECES = 20_000  # pieces of one container that the validator looks at in full


def plan_load(items: Sequence[CargoItem], *, container_code: str = "", country: str = "", seconds: float = 2.0, containers: int | None = None, solver: str = "") -> LoadPlan:
    """Where every piece goes, in the fewest containers found.

    With `solver` "packingsolver" that solver is asked for the same seconds too, and the fuller plan is taken after what is not supported in
    its plan has been taken out (`load/solver.py`); raises EXTRA_REQUIRED where it is not installed.

    Without `container_code` the cheapest mix by TEU is taken. `country` (ISO alpha-2 of the destination) brings its road limits;
    `containers` fixes how many there are, and `left` names what finds no place in them. Raises ITEM_TOO_LARGE and ITEM_TOO_HEAVY (the item
    and the limit), UNKNOWN_CONTAINER, TOO_MANY_CONTAINERS, PLAN_INVALID (never seen: the validator failed us).
    """
    if not items:
        raise LandedError("INVALID_CARGO", "no items", where="items", mend="Give at least one item.")
    codes = [container_code] if container_code else list(figures("boxes")["chosen_from"])
    boxes = [container(code, country) for code in codes]
    able = [box for box in boxes if not _misfit(items, box)]
    if not able:
        raise _misfit(items, boxes[-1]) or _misfit(items, boxes[0])  # type: ignore[misc]
    if solver:
        if solver != "packingsolver":
            raise LandedError("INVALID_REQUEST", f"expected packingsolver or nothing, got {solver[:20]!r}", where="solver", mend="Leave it out.")
        solver_at_hand()
    share = seconds / len(able)
    tries = [_fill_all(items, box, share, containers, solver) for box in able]
    if containers is None:
        tries = [_smaller_last(items, loads, able, share / 4) for loads in tries]
    best = min(tries, key=lambda loads: (sum(_left(items, loads).values()), sum(x.container.teu * x.count for x in loads), sum(x.count for x in loads)))
    return _plan(items, best)


def _fill_all(items: Sequence[CargoItem], box: Container, seconds: float, most: int | None, solver: str = "") -> list[Load]:
    """Containers of one type filled one after another; a load that can be repeated is."""
    left = [item.quantity for item in items]
    loads: list[Load] = []
    floor = max(
        sum(item.volume_m3 * n for item, n in zip(items, left, strict=True)) * CUBIC_MM / box.volume, sum(item.gross_kg * n for item, n in zip(items, left, strict=True)) / box.limit_kg
    )
    if floor > MOST_CONTAINERS:
        raise LandedError("TOO_MANY_CONTAINERS", f"about {floor:,.0f} containers are needed; at most {MOST_CONTAINERS} are planned", where="items", mend="Plan a shipment at a time, and check the units of the sizes.")
    each = seconds / max(1, int(floor) + 1)
    used = 0
    while any(left) and (most is None or used < most):
        filler = Filler((box.length, box.width, box.height), _kinds(items, left, box), float(box.limit_kg))
        blocks = fill(filler, each)
        if solver:
            blocks = _fuller(items, box, _kinds(items, left, box), blocks, each)
        if not blocks:
            break
        taken = [0] * len(items)
        for block in blocks:
            taken[block.item] += block.count
        repeats = min(left[n] // t for n, t in enumerate(taken) if t)
        if most is not None:
            repeats = min(repeats, most - used)
        left = [have - t * repeats for have, t in zip(left, taken, strict=True)]
        loads.append(_load(items, box, blocks, repeats))
        used += repeats
        if used > MOST_CONTAINERS * 2:
            raise LandedError("TOO_MANY_CONTAINERS", f"more than {MOST_CONTAINERS * 2} containers", where="items", mend="Plan a shipment at a time.")
    return loads


def _fuller(items: Sequence[CargoItem], box: Container, kinds: Sequence[Kind], own: list[Block], seconds: float) -> list[Block]:
    """The fuller of our blocks and the solver's pieces, where the validator has nothing against the latter."""
    pieces = standing(items, solve(box, kinds, seconds))
    theirs = [Block(p.item, p.x, p.y, p.z, p.length, p.width, p.height, 1, 1, 1) for p in pieces]
    if sum(p.length * p.width * p.height for p in pieces) <= sum(b.count * b.length * b.width * b.height for b in own):
        return own
    return own if faults(box, items, [p for b in loading_order(theirs) for p in b.pieces()]) else theirs


def _smaller_last(items: Sequence[CargoItem], loads: list[Load], boxes: Sequence[Container], seconds: float) -> list[Load]:
    """The last container exchanged for a smaller type where all of it fits."""
    last = loads[-1]
    for box in sorted(boxes, key=lambda b: b.teu):
        if box.teu >= last.container.teu or last.count != 1:
            continue
        counts = [0] * len(items)
        for block in last.blocks:
            counts[block.item] += block.count
        rest = [replace(item, quantity=n) for item, n in zip(items, counts, strict=True)]
        trial = _fill_all(rest, box, seconds, 1)
        if not any(_left(rest, trial).values()):
            return [*loads[:-1], *trial]
    return loads


def _kinds(items: Sequence[CargoItem], counts: Sequence[int], box: Container) -> list[Kind]:
    return [
        Kind(stands(item, box), count, float(item.gross_kg), 0.0 if not item.stackable else inf if item.max_load_on_top_kg is None else float(item.max_load_on_top_kg))
        for item, count in zip(items, counts, strict=True)
    ]


def stands(item: CargoItem, box: Container) -> tuple[tuple[int, int, int], ...]:
    """The ways (length, width, height) in which a piece may stand in a container and came through its door."""
    sides = {"l": item.length_mm, "w": item.width_mm, "h": item.height_mm}
    found = {
        (sides[a], sides[b], sides[c])
        for a, b, c in permutations("lwh")
        if c in item.upright
        and sides[c] <= min(box.height, box.door_height)
        and min(sides[a], sides[b]) <= box.door_width
        and sides[a] <= box.length
        and sides[b] <= box.width
    }
    return tuple(sorted(found))


def _misfit(items: Sequence[CargoItem], box: Container) -> LandedError | None:
    """The error for an item that no such container takes."""
    for number, item in enumerate(items):
        where = f"items[{number}]"
        if not stands(item, box):
            return LandedError(
                "ITEM_TOO_LARGE",
                f"{item.name} ({item.length_mm} x {item.width_mm} x {item.height_mm} mm) does not go into a {box.name} ({box.length} x {box.width} x {box.height} mm, door {box.door_width} x {box.door_height})",
                where=where,
                mend="Ask for an open-top or flat rack, split the piece, or let it stand on another side.",
            )
        if item.gross_kg > box.limit_kg:
            return LandedError("ITEM_TOO_HEAVY", f"{item.name} of {item.gross_kg} kg is above {box.limit_kg} kg, {box.limit}", where=where, mend="Split it, or get a permit and special equipment.")
    return None


def _load(items: Sequence[CargoItem], box: Container, blocks: Sequence[Block], repeats: int) -> Load:
    order = loading_order(blocks)
    gross = sum((items[b.item].gross_kg * b.count for b in order), Decimal(0))
    moment = sum((items[b.item].gross_kg * b.count * (Decimal(b.x) + Decimal(b.length * b.along) / 2) for b in order), Decimal(0))
    volume = sum(b.count * b.length * b.width * b.height for b in order)
    centre = moment / gross * 100 / box.length if gross else Decimal(50)
    pieces = sum(b.count for b in order)
    return Load(box, repeats, order, tuple(_step(items, n, b) for n, b in enumerate(order, 1)), pieces, gross, _two(Decimal(volume) * 100 / box.volume), _two(centre))


def loading_order(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Blocks so that each can be slid in from the door: what it stands on first, and nothing in its way before it."""
    spans = [(b.x, b.x + b.length * b.along, b.y, b.y + b.width * b.across, b.z, b.z + b.height * b.up) for b in blocks]
    after: list[set[int]] = [set() for _ in blocks]
    for n, (x0, x1, y0, y1, z0, z1) in enumerate(spans):
        for m, (a0, a1, b0, b1, c0, c1) in enumerate(spans):
            if n == m or y0 >= b1 or b0 >= y1:
                continue
            if (c1 == z0 and a0 < x1 and x0 < a1) or (x0 >= a1 and z0 < c1 and c0 < z1):
                after[n].add(m)  # m carries n, or n would stand in m's way
    order: list[int] = []
    waiting = sorted(range(len(blocks)), key=lambda n: (spans[n][0], spans[n][4], spans[n][2]))
    while waiting:
        ready = next((n for n in waiting if after[n] <= set(order)), waiting[0])
        order.append(ready)
        waiting.remove(ready)
    return tuple(blocks[n] for n in order)


def _step(items: Sequence[CargoItem], number: int, b: Block) -> Step:
    item = items[b.item]
    where = "on the floor" if b.z == 0 else f"on top, {b.z} mm up"
    words = f"{b.count} x {item.name}: {b.along} along, {b.across} across, {b.up} high, {where}, {b.x} mm from the back wall, {b.y} mm from the left; each {b.length} long, {b.width} wide, {b.height} high"
    return Step(number, item.name, b.count, words)


def _left(items: Sequence[CargoItem], loads: Sequence[Load]) -> dict[str, int]:
    left = [item.quantity for item in items]
    for load in loads:
        for block in load.blocks:
            left[block.item] -= block.count * load.count
    found: dict[str, int] = {}
    for item, count in zip(items, left, strict=True):
        if count:
            found[item.name] = found.get(item.name, 0) + count
    return found


def _plan(items: Sequence[CargoItem], loads: Sequence[Load]) -> LoadPlan:
    warnings: list[Warning_] = []
    for number, load in enumerate(loads, 1):
        if load.pieces <= CHECKED_PIECES:
            wrong = faults(load.container, items, [p for b in load.blocks for p in b.pieces()], ordered=load.pieces <= 3000)
            if wrong:
                raise LandedError("PLAN_INVALID", f"container {number}: {wrong[0]}", where="load", mend="This is a defect of the planner; report the items.")
        off = abs(load.centre_pct - 50)
        if off > decimal(figures("boxes")["balance_pct"]):
            warnings.append(Warning_("LOAD_OFF_BALANCE", f"The centre of gravity of container {number} lies at {load.centre_pct} percent of its length.", "Spread heavy pieces, or brace the load."))
    equipment: dict[str, int] = {}
    for load in loads:
        equipment[load.container.code] = equipment.get(load.container.code, 0) + load.count
    placed = sum(load.pieces * load.count for load in loads)
    return LoadPlan(
        loads=tuple(loads),
        equipment=tuple(equipment.items()),
        pieces=placed,
        volume_m3=_two(sum((i.volume_m3 * i.quantity for i in items), Decimal(0))),
        gross_kg=sum((i.gross_kg * i.quantity for i in items), Decimal(0)),
        left=tuple(_left(items, loads).items()),
        items=tuple(item.name for item in items),
        warnings=tuple(warnings),
    )


def _two(value: Decimal) -> Decimal:
    return value.quantize(HUNDREDTH, ROUND_HALF_UP)
