"""Bookings under faults: double and lost bookings over many bad days, each with faults, crashes and late processing of its own.

python benchmarks/bench_booking.py [--runs 1000] [--first 0]
Ends with exit code 1 on any double or lost booking, and prints the seed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from carrier_faults import bad_day


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--runs", type=int, default=1000)
    asked.add_argument("--first", type=int, default=0)
    given = asked.parse_args()
    double = lost = unbooked = posts = faults = crashes = doubts = 0
    begin = time.perf_counter()
    for seed in range(given.first, given.first + given.runs):
        with tempfile.TemporaryDirectory() as folder:
            found = bad_day(seed, Path(folder))
        posts, faults, crashes, doubts = posts + found.posts, faults + found.faults, crashes + found.crashes, doubts + found.doubts
        if found.held > 1:
            double += 1
            print(f"seed {seed}: {found.held} bookings", file=sys.stderr)
        if found.held and not found.known:
            lost += 1
            print(f"seed {seed}: the journal does not name the booking", file=sys.stderr)
        unbooked += not found.held
    took = time.perf_counter() - begin
    print(f"{given.runs} runs, {faults} faults laid up, {crashes} crashes, {doubts} times in doubt, {posts} booking posts: {double} double, {lost} lost, {unbooked} not booked; {took:.0f} s")
    return 1 if double or lost or unbooked else 0


if __name__ == "__main__":
    raise SystemExit(main())
