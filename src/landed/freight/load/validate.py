"""Says whether a loaded container could exist: an independent check of every piece. Shares no code with the planner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from itertools import permutations

from landed.freight.load.model import Container, Placement
from landed.freight.model import CargoItem

LOAD_SLACK_KG = 0.01


def faults(container: Container, items: Sequence[CargoItem], pieces: Sequence[Placement], *, ordered: bool = True) -> list[str]:
    """Everything wrong with a load, in words; an empty list is a valid load.

    Pieces are given in the order of loading. Checked: inside the walls, no two in one place, standing as allowed, through the
    door, not more than there are, fully supported, the load on each piece (shared by contact area), mass, and with `ordered`
    that each piece can be slid in from the door over what already stands.
    """
    found = _each_piece(container, items, pieces)
    counted = Counter(p.item for p in pieces)
    found += [f"{items[n].name}: {count} placed, {items[n].quantity} asked" for n, count in counted.items() if count > items[n].quantity]
    gross = sum((items[n].gross_kg * count for n, count in counted.items()), Decimal(0))
    if gross > container.limit_kg:
        found.append(f"{gross} kg is above {container.limit_kg} kg ({container.limit})")
    found += _overlaps(pieces)
    found += _supports(items, pieces)
    if ordered:
        found += _blocked(pieces)
    return found


def _each_piece(container: Container, items: Sequence[CargoItem], pieces: Sequence[Placement]) -> list[str]:
    found = []
    for n, p in enumerate(pieces):
        item = items[p.item]
        if min(p.x, p.y, p.z) < 0 or p.x + p.length > container.length or p.y + p.width > container.width or p.z + p.height > container.height:
            found.append(f"piece {n} ({item.name}) is outside the container")
        sides = {"l": item.length_mm, "w": item.width_mm, "h": item.height_mm}
        stands = any(
            (sides[a], sides[b], sides[c]) == (p.length, p.width, p.height) and c in item.upright for a, b, c in permutations("lwh")
        )
        if not stands:
            found.append(f"piece {n} ({item.name}) stands as it may not")
        if p.height > container.door_height or min(p.length, p.width) > container.door_width:
            found.append(f"piece {n} ({item.name}) does not pass the door")
    return found


def _overlaps(pieces: Sequence[Placement]) -> list[str]:
    """Pairs in one place, by a sweep along the container."""
    order = sorted(range(len(pieces)), key=lambda n: pieces[n].x)
    found: list[str] = []
    open_: list[int] = []
    for n in order:
        p = pieces[n]
        open_ = [m for m in open_ if pieces[m].x + pieces[m].length > p.x]
        for m in open_:
            q = pieces[m]
            if p.y < q.y + q.width and q.y < p.y + p.width and p.z < q.z + q.height and q.z < p.z + p.height:
                found.append(f"pieces {m} and {n} are in one place")
        open_.append(n)
    return found


def _supports(items: Sequence[CargoItem], pieces: Sequence[Placement]) -> list[str]:
    """Support under each piece, and the load on each piece passed down by contact area."""
    tops: dict[int, list[int]] = {}
    for n, p in enumerate(pieces):
        tops.setdefault(p.z + p.height, []).append(n)
    found = []
    load = [0.0] * len(pieces)
    for n in sorted(range(len(pieces)), key=lambda n: -pieces[n].z):
        p = pieces[n]
        item = items[p.item]
        if load[n] > 0 and not item.stackable:
            found.append(f"piece {n} ({item.name}) bears {load[n]:.1f} kg and nothing may stand on it")
        elif item.max_load_on_top_kg is not None and load[n] > float(item.max_load_on_top_kg) + LOAD_SLACK_KG:
            found.append(f"piece {n} ({item.name}) bears {load[n]:.1f} kg, at most {item.max_load_on_top_kg}")
        if p.z == 0:
            continue
        base, held = p.length * p.width, 0
        contacts = []
        for m in tops.get(p.z, ()):
            q = pieces[m]
            along = min(p.x + p.length, q.x + q.length) - max(p.x, q.x)
            across = min(p.y + p.width, q.y + q.width) - max(p.y, q.y)
            if along > 0 and across > 0:
                held += along * across
                contacts.append((m, along * across))
        if held != base:
            found.append(f"piece {n} ({item.name}) is supported on {held * 100 // base} percent of its base")
        for m, area in contacts:
            load[m] += (float(item.gross_kg) + load[n]) * area / base
            if not items[pieces[m].item].stackable and not item.gross_kg:
                found.append(f"piece {n} ({item.name}) stands on {items[pieces[m].item].name}, on which nothing may stand")
    return found


def _blocked(pieces: Sequence[Placement]) -> list[str]:
    """Pieces that could not be slid in at their height from the door, or that were loaded before what they stand on."""
    found = []
    for n, p in enumerate(pieces):
        for m in range(n):
            q = pieces[m]
            level = p.y < q.y + q.width and q.y < p.y + p.width
            if level and q.x >= p.x + p.length and p.z < q.z + q.height and q.z < p.z + p.height:
                found.append(f"piece {n} is loaded behind piece {m}, which is in its way")
                break
            if q.z == p.z + p.height and level and p.x < q.x + q.length and q.x < p.x + p.length:
                found.append(f"piece {m} is loaded before piece {n}, on which it stands")
                break
    return found
