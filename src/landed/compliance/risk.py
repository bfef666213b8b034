"""Risk bands: at most eight named parts, unknown never low, dollars beside each, and how stable the ranking is when weights are in doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from landed.compliance.calendar_days import facts
from landed.errors import LandedError

TOP = 4


@dataclass(frozen=True, slots=True)
class Part:
    """One part: what was found, its level 0 (low) to 4 (None: unknown), its weight, US dollars a year in question, and where it comes from."""

    id: str
    title: str
    found: str
    level: int | None
    weight: Decimal
    dollars: Decimal | None
    source: str


@dataclass(frozen=True, slots=True)
class Risk:
    """One product from one supplier. `band` takes each unknown part as medium at least; `band_low` and `band_high` take it as lowest and as highest."""

    name: str
    band: str
    band_low: str
    band_high: str
    score: Decimal
    parts: tuple[Part, ...]
    unknown: tuple[str, ...]
    dollars_at_risk: Decimal | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two neighbours in the ranking: the share of draws in which the first is riskier, and whether that is too close to call."""

    first: str
    second: str
    share: Decimal
    too_close: bool


@dataclass(frozen=True, slots=True)
class Ranking:
    """Riskiest first, and what happens to that order when weights and unknown parts are drawn at random (`draws`, `seed`)."""

    risks: tuple[Risk, ...]
    pairs: tuple[Pair, ...]
    top_changes_pct: Decimal
    draws: int
    seed: int


def part(id_: str, found: Any, *, weight: Any = None, dollars: Decimal | None = None) -> Part:
    """A part from what was found (None: unknown). Raises LandedError INVALID_REQUEST for an unknown part or word."""
    row = next((r for r in facts("risk")["parts"] if r["id"] == id_), None)
    if row is None:
        raise LandedError("INVALID_REQUEST", f"no part of risk is called {id_[:40]!r}", where="parts", mend=f"One of {', '.join(r['id'] for r in facts('risk')['parts'])}.")
    level: int | None = None
    if found is not None:
        if "words" in row:
            if found not in row["words"]:
                raise LandedError("INVALID_REQUEST", f"expected one of {', '.join(row['words'])}, got {str(found)[:40]!r}", where=id_, mend="Leave it out where it is not known.")
            level = int(row["words"][found])
        elif "steps" in row:
            level = sum(Decimal(str(found)) >= Decimal(step) for step in row["steps"])
        else:
            level = sum(Decimal(str(found)) < Decimal(step) for step in row["steps_down"])
    text = "not known" if found is None else f"{found} {row['unit']}" if "words" not in row else str(found)
    return Part(id_, str(row["title"]), text, level, Decimal(str(weight if weight is not None else row["weight"])), dollars, str(row["source"]))


def risk(name: str, parts: Sequence[Part]) -> Risk:
    """The band of one product from one supplier."""
    if not parts or not any(p.weight > 0 for p in parts):
        raise LandedError("INVALID_REQUEST", "expected a part with a weight above zero", where="weights", mend="Give at least one weight above zero.")
    medium = TOP // 2
    score = _mean([(p.level if p.level is not None else medium, p.weight) for p in parts])
    low = _mean([(p.level if p.level is not None else 0, p.weight) for p in parts])
    high = _mean([(p.level if p.level is not None else TOP, p.weight) for p in parts])
    worst = max((p.level for p in parts if p.level is not None), default=medium)
    known = [p.dollars for p in parts if p.dollars is not None]
    return Risk(
        name, _band(score, worst), _band(low, worst), _band(high, worst), score.quantize(Decimal("0.01")), tuple(parts), tuple(p.id for p in parts if p.level is None), max(known, default=None)
    )


def _mean(rows: Sequence[tuple[int, Decimal]]) -> Decimal:
    return sum((level * weight for level, weight in rows), Decimal(0)) / sum((weight for _, weight in rows), Decimal(0))


def _band(score: Decimal, worst: int) -> str:
    """The band of a mean level; one part at the top keeps it from being called low or guarded."""
    number = min(int(score + Decimal("0.5")), TOP)
    return str(facts("risk")["bands"][max(number, TOP // 2) if worst == TOP else number])


def rank(risks: Sequence[Risk], *, seed: int = 1) -> Ranking:
    """Riskiest first, with the stability of the order: weights are drawn from a Dirichlet distribution around theirs, unknown parts evenly from 0 to 4."""
    import numpy as np

    table, limits = facts("risk"), facts("risk")["close_call"]
    draws, generator = int(table["draws"]), np.random.default_rng(seed)
    ordered = sorted(risks, key=lambda r: (-r.score, r.name))
    ids = [row["id"] for row in table["parts"]]
    weights = {p.id: float(p.weight) for r in ordered for p in r.parts}
    shape = np.array([max(weights.get(i, 0.0), 1e-9) for i in ids])
    drawn = generator.dirichlet(shape * 3, size=draws)
    scores = np.empty((len(ordered), draws))
    for n, each in enumerate(ordered):
        levels = np.empty((draws, len(ids)))
        here = {p.id: p.level for p in each.parts}
        for k, name in enumerate(ids):
            level = here.get(name)
            levels[:, k] = generator.integers(0, TOP + 1, draws) if level is None else level
        scores[n] = (drawn * levels).sum(axis=1)
    pairs = []
    for n in range(len(ordered) - 1):
        share = Decimal(str(round(float((scores[n] > scores[n + 1]).mean() + (scores[n] == scores[n + 1]).mean() / 2), 3)))
        pairs.append(Pair(ordered[n].name, ordered[n + 1].name, share, Decimal(limits["low"]) < share < Decimal(limits["high"])))
    best = scores.argmax(axis=0) if len(ordered) else np.zeros(draws, int)
    return Ranking(tuple(ordered), tuple(pairs), Decimal(str(round(float((best != 0).mean() * 100), 1))), draws, seed)


def weights_of(raw: Mapping[str, Any] | None) -> dict[str, Decimal]:
    """Weights of a request by part; raises LandedError INVALID_REQUEST."""
    known = {row["id"] for row in facts("risk")["parts"]}
    found = {}
    for name, value in (raw or {}).items():
        try:
            weight = Decimal(str(value))
        except ArithmeticError:
            weight = Decimal(-1)
        if name not in known or not weight.is_finite() or not 0 <= weight <= 1000:
            raise LandedError("INVALID_REQUEST", f"expected a weight of 0 to 1000 for a part, got {str(name)[:30]}={str(value)[:20]}", where="weights", mend=f"Parts: {', '.join(sorted(known))}.")
        found[name] = weight
    return found
