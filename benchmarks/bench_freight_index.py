"""Back-test of the freight estimator on held-out days: widths set on index points up to a day, tried on the points after it.

python benchmarks/bench_freight_index.py [--until 2025-06-30]
Each later point is foretold from the last point of the same index and lane before it (what the estimator does) and from every earlier one.
"""

from __future__ import annotations

import argparse
from datetime import date
from decimal import Decimal

from landed.freight.index_rates import DAYS_OF_A_MONTH, IndexPoint, index_points
from landed.freight.reference import decimal, figures

AGES = ((0, 30), (31, 121), (122, 365))


def pairs(until: date, after: bool, last_only: bool) -> list[tuple[int, Decimal]]:
    """(age in days, error in percent) of points on one side of a day, foretold from earlier points of the same index and lane."""
    found = []
    for late in index_points():
        if (late.on > until) != after:
            continue
        earlier = [p for p in index_points() if (p.index, p.lane) == (late.index, late.lane) and p.on < late.on]
        for early in earlier[-1:] if last_only else earlier:
            found.append(error(early, late))
    return found


def error(early: IndexPoint, late: IndexPoint) -> tuple[int, Decimal]:
    """Age of the early point on the late day, and how far off it is."""
    return (late.on - early.on).days, (late.usd / early.usd - 1) * 100


def width(fresh: Decimal, age: int) -> Decimal:
    """Plus and minus at an age, as the estimator widens it."""
    rule = figures("lanes")["range_pct"]
    return min(decimal(rule["most"]), fresh + decimal(rule["a_month"]) * age / DAYS_OF_A_MONTH)


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--until", type=date.fromisoformat, default=date(2025, 6, 30))
    given = asked.parse_args()
    learned = pairs(given.until, False, False)
    fresh = next(Decimal(f) for f in range(5, 61) if sum(abs(e) <= width(Decimal(f), a) for a, e in learned) >= 0.8 * len(learned))
    shipped = decimal(figures("lanes")["range_pct"]["fresh"])
    print(f"{len(learned)} pairs up to {given.until}: a fresh width of {fresh} percent holds eight of ten; shipped is {shipped}")
    for name, last in (("from the last point before it", True), ("from every earlier point", False)):
        held = pairs(given.until, True, last)
        print(f"held out, {name}: {len(held)} pairs")
        for low, high in AGES:
            rows = [(a, abs(e)) for a, e in held if low <= a <= high]
            if rows:
                inside = [sum(e <= width(f, a) for a, e in rows) * 100 // len(rows) for f in (fresh, shipped)]
                print(f"  {low}-{high} days: {len(rows)} pairs, mean error {sum(e for _, e in rows) / len(rows):.1f}%, largest {max(e for _, e in rows):.1f}%, inside {inside[0]}% (learned width), {inside[1]}% (shipped width)")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
