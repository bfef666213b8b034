"""Fills one container: blocks of like pieces into maximal spaces whose floor is fully supported, by a beam of greedy completions.

A space is (x0, y0, z0, x1, y1, z1, bears): an empty box none of which can grow, whose whole floor is the container's floor or the
top of one block, and the load its floor bears in kg per square millimetre. A block takes the corner nearest the back wall
and a side wall. Candidates are judged by their volume times the share of the space that they and what can still stand beside them
may use; a state is judged by completing it greedily; the best few states go on (width grows until time is up).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf

from landed.freight.load.model import Block

Space = tuple[int, int, int, int, int, int, float]
Candidate = tuple[float, int, int, int, int, int, int, int]  # score, kind, sides of one piece, how many along, across, up
SLACK = 1e-9  # kg per square millimetre


@dataclass(frozen=True, slots=True)
class Kind:
    """Like pieces for the filler: ways to stand (length, width, height), how many, kilograms of one, what one bears (inf: any)."""

    stands: tuple[tuple[int, int, int], ...]
    count: int
    kg: float
    bears: float = inf

    @property
    def volume(self) -> int:
        length, width, height = self.stands[0]
        return length * width * height


@lru_cache(maxsize=256)
def reach(sides: frozenset[int], most: int) -> tuple[int, ...]:
    """For each length up to `most`, the longest row of sides that fits it."""
    bits, mask = 1, (1 << (most + 1)) - 1
    while True:
        more = bits
        for side in sides:
            more |= (more << side) & mask
        if more == bits:
            break
        bits = more
    found, last = [], 0
    for length in range(most + 1):
        if bits >> length & 1:
            last = length
        found.append(last)
    return tuple(found)


class Filler:
    """One container and the kinds of pieces that may go into it."""

    def __init__(self, size: tuple[int, int, int], kinds: Sequence[Kind], limit_kg: float = inf) -> None:
        self.length, self.width, self.height = size
        self.kinds = kinds
        self.limit_kg = limit_kg
        flat = frozenset(side for kind in kinds for stand in kind.stands for side in stand[:2])
        tall = frozenset(stand[2] for kind in kinds for stand in kind.stands)
        self.least_flat, self.least_tall = min(flat, default=1), min(tall, default=1)
        self.flat, self.tall = reach(flat, max(size)), reach(tall, self.height)
        self.volumes = [kind.volume for kind in kinds]
        self.weighs = limit_kg < sum(k.kg * k.count for k in kinds)
        self.bears = any(k.bears < inf for k in kinds)
        self.start: list[Space] = [(0, 0, 0, self.length, self.width, self.height, inf)]

    def candidates(self, space: Space, counts: list[int], kg_left: float) -> list[Candidate]:
        """Every block that may take the corner of a space, with its score."""
        x_room, y_room, z_room = space[3] - space[0], space[4] - space[1], space[5] - space[2]
        flat, tall, bears = self.flat, self.tall, space[6]
        whole = 1.0 / (x_room * y_room * z_room)
        found: list[Candidate] = []
        for number, count in enumerate(counts):
            if not count:
                continue
            kind = self.kinds[number]
            if self.weighs and kind.kg > 0:
                count = min(count, int(kg_left / kind.kg))
                if not count:
                    continue
            for length, width, height in kind.stands:
                along, across, up = x_room // length, y_room // width, z_room // height
                if not (along and across and up):
                    continue
                if self.bears:
                    up = min(up, self._height_allowed(kind, length * width, bears))
                    if not up:
                        continue
                for i, j, k in _arrangements(along, across, up, count):
                    bx, by, bz = i * length, j * width, k * height
                    used = (bx + flat[x_room - bx]) * (by + flat[y_room - by]) * (bz + tall[z_room - bz]) * whole
                    found.append((bx * by * bz * used * used, number, length, width, height, i, j, k))
        return found

    @staticmethod
    def _height_allowed(kind: Kind, area: int, bears: float) -> int:
        """How many pieces may stand on one another: by what the floor bears, and by what the lowest piece bears."""
        most = 10**6
        if kind.kg <= 0:
            return most if kind.bears > 0 else 1
        if bears < inf:
            most = int((bears + SLACK) * area / kind.kg)
        if kind.bears < inf:
            most = min(most, 1 + int((kind.bears + SLACK) / kind.kg))
        return most

    def place(self, spaces: list[Space], space: Space, block: Candidate) -> tuple[list[Space], tuple[int, int, int]]:
        """The spaces left when a block takes the corner of a space, and the corner."""
        _, number, length, width, height, along, across, up = block
        x0, z0 = space[0], space[2]
        y0 = space[1] if space[1] <= self.width - space[4] else space[4] - across * width
        x1, y1, z1 = x0 + along * length, y0 + across * width, z0 + up * height
        above = inf
        if self.bears:
            area, kind = length * width, self.kinds[number]
            above = min(space[6] - up * kind.kg / area, (kind.bears - (up - 1) * kind.kg) / area)
        flat, tall = self.least_flat, self.least_tall
        kept: list[Space] = []
        cut: set[Space] = set()
        for each in spaces:
            a, b, c, d, e, f, bears = each
            if a >= x1 or d <= x0 or b >= y1 or e <= y0 or c >= z1 or f <= z0:
                kept.append(each)
                continue
            if x0 - a >= flat:
                cut.add((a, b, c, x0, e, f, bears))
            if d - x1 >= flat:
                cut.add((x1, b, c, d, e, f, bears))
            if y0 - b >= flat:
                cut.add((a, b, c, d, y0, f, bears))
            if e - y1 >= flat:
                cut.add((a, y1, c, d, e, f, bears))
            if f - z1 >= tall and above > SLACK:
                left, right, back, front = max(a, x0), min(d, x1), max(b, y0), min(e, y1)
                if right - left >= flat and front - back >= flat:
                    cut.add((left, back, z1, right, front, f, above))
        # Largest first, so that a space inside another is met after it.
        for new in sorted(cut, key=lambda s: -(s[3] - s[0]) * (s[4] - s[1]) * (s[5] - s[2])):
            a, b, c, d, e, f, bears = new
            for old in kept:
                if old[2] == c and old[0] <= a and old[1] <= b and old[3] >= d and old[4] >= e and old[5] >= f and old[6] >= bears:
                    break
            else:
                kept.append(new)
        return kept, (x0, y0, z0)

    def corner(self, spaces: list[Space], wall: int) -> Space:
        """The space to fill next: nearest to a back corner of the container; `wall` above 1 fills wall by wall."""
        side = self.width
        return min(spaces, key=lambda s: (s[0] * wall + min(s[1], side - s[4]) + s[2], -(s[3] - s[0]) * (s[4] - s[1]) * (s[5] - s[2])))


@dataclass(slots=True)
class State:
    """A container partly filled; `blocks` is the chain of what stands in it."""

    spaces: list[Space]
    counts: list[int]
    kg_left: float
    volume: int
    blocks: tuple[Block, ...]


def fill(filler: Filler, seconds: float) -> list[Block]:
    """The fullest load found within a time; deterministic but for how far the time reaches. Stops when everything stands."""
    end = time.perf_counter() + seconds
    everything = sum(v * k.count for v, k in zip(filler.volumes, filler.kinds, strict=True))
    best: State | None = None
    width, turn = 1, 0
    while True:
        found = _beam(filler, width, (1, 3)[turn % 2], end)
        if best is None or found.volume > best.volume:
            best = found
        if best.volume == everything or time.perf_counter() >= end:
            return list(best.blocks)
        turn += 1
        if turn % 2 == 0:
            width = width + max(1, width // 2)
        if width > 400:
            return list(best.blocks)


def _beam(filler: Filler, width: int, wall: int, end: float) -> State:
    first = State(filler.start, [k.count for k in filler.kinds], filler.limit_kg, 0, ())
    best = _complete(filler, first, wall)
    states = [first]
    while states and width > 1:
        successors: list[tuple[int, State]] = []
        for state in states:
            space, options = _open(filler, state, wall)
            if space is None:
                continue
            options.sort(reverse=True)
            for option in options[:width]:
                step = _step(filler, state, space, option)
                done = _complete(filler, step, wall)
                successors.append((done.volume, step))
                if done.volume > best.volume:
                    best = done
                if time.perf_counter() >= end:
                    return best
        successors.sort(key=lambda pair: -pair[0])
        states, seen = [], set()
        for reached, state in successors:
            if (reached, state.volume) not in seen:
                seen.add((reached, state.volume))
                states.append(state)
                if len(states) == width:
                    break
    return best


def _complete(filler: Filler, state: State, wall: int) -> State:
    """The state with the best candidate placed again and again until nothing fits."""
    while True:
        space, options = _open(filler, state, wall)
        if space is None:
            return state
        state = _step(filler, state, space, max(options))


def _open(filler: Filler, state: State, wall: int) -> tuple[Space | None, list[Candidate]]:
    """The next space that takes any piece, with its candidates; spaces that take none are dropped."""
    while state.spaces:
        space = filler.corner(state.spaces, wall)
        options = filler.candidates(space, state.counts, state.kg_left)
        if options:
            return space, options
        state.spaces = [s for s in state.spaces if s is not space]
    return None, []


def _step(filler: Filler, state: State, space: Space, option: Candidate) -> State:
    _, number, length, width, height, along, across, up = option
    spaces, (x, y, z) = filler.place(state.spaces, space, option)
    counts = state.counts[:]
    count = along * across * up
    counts[number] -= count
    block = Block(number, x, y, z, length, width, height, along, across, up)
    return State(spaces, counts, state.kg_left - count * filler.kinds[number].kg, state.volume + count * filler.volumes[number], (*state.blocks, block))


def _arrangements(along: int, across: int, up: int, count: int) -> set[tuple[int, int, int]]:
    """Blocks of at most `count` pieces in a room of along x across x up: whole, or filled in each order of directions."""
    if along * across * up <= count:
        return {(along, across, up)}
    high = min(up, count)
    wide = min(across, count)
    found = {
        (min(along, count // (high * (j := min(across, count // high)))), j, high),
        ((i := min(along, count // high)), min(across, count // (high * i)), high),
        ((i := min(along, count // wide)), wide, min(up, count // (i * wide))),
        (min(along, count // (wide * (k := min(up, count // wide)))), wide, k),
    }
    return found
