"""Holds the batch against the explained estimate on many random points (line, origin, day, facts) and prints every difference.

Usage: python benchmarks/batch_equals_single.py [--points 200000] [--seed 1] [--facts 0.5]

`--facts` is the share of points that also state claims, facts, dates and quantities. Exit code 1 when anything differs.
Half of the points go by the compiled loops where numba is installed, the rest by numpy alone.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from batch_points import differences, points
from landed.duty.batch_kernel import installed
from landed.duty.estimate import default_engine

STEP = 5_000


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--facts", type=float, default=0.5)
    given = parser.parse_args()
    engine = default_engine()
    start, wrong, by_loops = time.perf_counter(), 0, 0
    for done in range(0, given.points, STEP):
        count = min(STEP, given.points - done)
        with_facts = (done // STEP) % 100 < given.facts * 100 if given.facts not in (0, 1) else bool(given.facts)
        with_facts = bool((done // STEP) % 2) if given.facts == 0.5 else with_facts
        loops = bool((done // STEP // 2) % 2) and installed()
        by_loops += count * loops
        for request, single, batch in differences(engine, points(engine, given.seed + done, count, with_facts=with_facts), compiled_loops=loops):
            wrong += 1
            if wrong <= 10:
                print("DIFFERS", request, "\n  single", single, "\n  batch ", batch, flush=True)
        if (done // STEP) % 4 == 3:
            print(f"{done + count:,} points, {wrong} differences, {time.perf_counter() - start:.0f} s", flush=True)
    print(f"{given.points:,} points ({engine.law.version}, seed {given.seed}), {by_loops:,} of them given to the compiled loops first: {wrong} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
