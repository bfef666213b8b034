"""Stable shares of divisible volume: buyers with quantities and suppliers with capacity, after Baïou and Balinski."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from landed.matching.model import Market
from landed.matching.read import kind_of, read_market
from landed.problems import Problems


@dataclass(frozen=True, slots=True)
class Share:
    """Units of one buyer at one supplier; `choice` is the supplier's place in the buyer's list (1 is first)."""

    buyer: str
    supplier: str
    units: int
    choice: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """Volume by pair, what buyers still want and suppliers still have, and the pairs that would block (none when stable)."""

    shares: tuple[Share, ...]
    unmet: tuple[tuple[str, int], ...]
    spare: tuple[tuple[str, int], ...]
    blocking_pairs: tuple[tuple[str, str], ...]
    stable: bool


def wants_volumes(document: Mapping[str, Any]) -> bool:
    """Whether the first side states quantities."""
    one, _ = kind_of(document)
    rows = document[one]
    rows = list(rows.values()) if isinstance(rows, Mapping) else rows
    return isinstance(rows, (list, tuple)) and any(isinstance(row, Mapping) and row.get("quantity") not in (None, "") for row in rows)


def allocate(document: Mapping[str, Any], seed: int = 1) -> Allocation:
    """The stable allocation best for buyers; raises INVALID_MATCH with every problem by row."""
    one, _ = kind_of(document)
    rows = document[one]
    rows = [{"name": name, **row} for name, row in rows.items()] if isinstance(rows, Mapping) else rows
    problems = Problems("INVALID_MATCH")
    wanted = []
    for n, row in enumerate(rows, 1):
        wanted.append(problems.whole(row.get("quantity"), f"{one}[{n}].quantity") or 0)
    problems.raise_if_any()
    market = read_market({**document, one: [{k: v for k, v in row.items() if k != "quantity"} for row in rows], "teams": None}, seed)
    held = _propose(market, wanted)
    blocking = _blocking(market, wanted, held)
    given = [sum(row.values()) for row in held]
    unmet = dict(enumerate(wanted))
    for row in held:
        for buyer, units in row.items():
            unmet[buyer] -= units
    shares = [Share(market.candidates[b], market.projects[s], units, market.choices[b].index(s) + 1) for s, row in enumerate(held) for b, units in row.items()]
    shares.sort(key=lambda share: (share.buyer, share.choice))
    return Allocation(
        shares=tuple(shares),
        unmet=tuple((market.candidates[b], units) for b, units in unmet.items() if units),
        spare=tuple((market.projects[s], market.places[s] - given[s]) for s in range(len(market.projects)) if market.places[s] > given[s]),
        blocking_pairs=tuple((market.candidates[b], market.projects[s]) for b, s in blocking),
        stable=not blocking,
    )


def _propose(market: Market, wanted: Sequence[int]) -> list[dict[int, int]]:
    """Units each supplier holds of each buyer: buyers offer what they still want down their list, suppliers keep the best."""
    held: list[dict[int, int]] = [{} for _ in market.projects]
    tried = [0] * len(wanted)
    open_units = list(wanted)
    queue = [b for b, units in enumerate(wanted) if units]
    while queue:
        buyer = queue.pop()
        while open_units[buyer] and tried[buyer] < len(market.choices[buyer]):
            supplier = market.choices[buyer][tried[buyer]]
            rank = market.ranks[supplier]
            if buyer not in rank or not market.places[supplier]:
                tried[buyer] += 1
                continue
            row = held[supplier]
            row[buyer] = row.get(buyer, 0) + open_units[buyer]
            open_units[buyer] = 0
            over = sum(row.values()) - market.places[supplier]
            while over > 0:
                last = max(row, key=rank.__getitem__)
                cut = min(over, row[last])
                row[last] -= cut
                over -= cut
                if not row[last]:
                    del row[last]
                open_units[last] += cut
                if tried[last] < len(market.choices[last]) and market.choices[last][tried[last]] == supplier:
                    tried[last] += 1  # the supplier is full of buyers it ranks at least as high
                if last != buyer:
                    queue.append(last)
    return held


def _blocking(market: Market, wanted: Sequence[int], held: Sequence[Mapping[int, int]]) -> list[tuple[int, int]]:
    found = []
    for buyer, mine in enumerate(market.choices):
        got = {s: held[s].get(buyer, 0) for s in mine}
        for place, supplier in enumerate(mine):
            rank, row = market.ranks[supplier], held[supplier]
            if buyer not in rank or got[supplier] >= min(wanted[buyer], market.places[supplier]):
                continue
            buyer_gains = sum(got.values()) < wanted[buyer] or any(got[s] for s in mine[place + 1 :])
            supplier_gains = sum(row.values()) < market.places[supplier] or any(units and rank[b] > rank[buyer] for b, units in row.items())
            if buyer_gains and supplier_gains:
                found.append((buyer, supplier))
    return found
