"""Measures the schedule: load time, one lookup, the lines of a day, and how fast rate texts are read."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from datetime import date

from landed.lawbook.rate_text import parse_rate, parse_special
from landed.schedule.lookup import Schedule
from landed.schedule.table import load_table

_FRESH = (
    "import time; t = time.perf_counter(); import numpy, pyarrow.parquet; u = time.perf_counter();"
    "from landed.schedule.lookup import Schedule; s = Schedule.load(); from datetime import date;"
    "s.line('9503.00.00.73', date(2025, 4, 9)); v = time.perf_counter(); print(u - t, v - u)"
)


def main() -> None:
    """Print each figure on a line."""
    fresh = [tuple(map(float, subprocess.run([sys.executable, "-c", _FRESH], capture_output=True, text=True, check=True).stdout.split())) for _ in range(7)]
    imports, loads = (statistics.median(f[i] for f in fresh) for i in (0, 1))
    print(f"fresh process: numpy and pyarrow {imports * 1e3:.0f} ms, schedule with its first line {loads * 1e3:.0f} ms")
    print(f"load again: {_median(load_table, 9) * 1e3:.1f} ms")

    schedule, day = Schedule.load(), date(2025, 4, 9)
    codes = [f"{c:010d}" for c in schedule.lines(day).codes[::20]]
    for code in codes:
        schedule.line(code, day)
    samples = []
    for _ in range(20):
        for code in codes:
            start = time.perf_counter_ns()
            schedule.line(code, day)
            samples.append(time.perf_counter_ns() - start)
    samples.sort()
    print(f"line() warm: p50 {samples[len(samples) // 2] / 1e3:.2f} us, p99 {samples[len(samples) * 99 // 100] / 1e3:.2f} us")
    cold = Schedule.load()
    start = time.perf_counter()
    for code in codes:
        cold.line(code, day)
    print(f"line() first time: {(time.perf_counter() - start) / len(codes) * 1e6:.1f} us")
    print(f"lines() of a day: {_median(lambda: schedule.lines(day), 9) * 1e3:.2f} ms for {len(schedule.lines(day).codes):,} lines")

    plain = [t for t in schedule.texts("general")[1] + schedule.texts("column_2")[1] if t]
    special = [t for t in schedule.texts("special")[1] if t]
    start = time.perf_counter()
    for text in plain:
        parse_rate.__wrapped__(text)
    plain_rate = len(plain) / (time.perf_counter() - start)
    start = time.perf_counter()
    for text in special:
        parse_special.__wrapped__(text)
    special_rate = len(special) / (time.perf_counter() - start)
    print(f"rate texts read, uncached: {plain_rate:,.0f} a second; special cells: {special_rate:,.0f} a second")


def _median(call: object, times: int) -> float:
    found = []
    for _ in range(times):
        start = time.perf_counter()
        call()  # type: ignore[operator]
        found.append(time.perf_counter() - start)
    return statistics.median(found)


if __name__ == "__main__":
    main()
