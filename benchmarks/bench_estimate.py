"""Measures the estimate, the comparison, the history and the command, and prints each beside named baselines of the same run.

    python benchmarks/bench_estimate.py [--json FILE]

Two baselines say what the machine and the language give: "echo" reads a request and writes its finished answer as JSON, the least that any service
of this contract must do; "python" starts the interpreter and imports the columnar reader and the terminal writer, the least that a command must do.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

LINES = {
    "toys, 104% day": ("9503.00.00.73", "CN", "2025-04-09"),
    "steel article, metals of 2026": ("7326.90.86.88", "CN", "2026-06-01"),
    "cotton T-shirt": ("6109.10.00.12", "VN", "2026-08-15"),
    "fresh cheese, specific rate": ("0406.10.44", "FR", "2026-08-15"),
    "auto part": ("8708.29.51.60", "JP", "2026-08-15"),
}


def timed(run: Callable[[], Any], rounds: int) -> list[float]:
    """Milliseconds of each round."""
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        found.append((time.perf_counter() - start) * 1000)
    return found


def spread(times: list[float]) -> tuple[float, float]:
    """(p50, p95) of a sample."""
    ordered = sorted(times)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]


def process(code: list[str], rounds: int) -> tuple[list[float], int]:
    """Milliseconds of each run of a process, and the most memory any of them took, in MB."""
    environment = {**os.environ, "COLUMNS": "110"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    times = timed(lambda: subprocess.run([sys.executable, *code], env=environment, stdout=subprocess.DEVNULL, check=True), rounds)
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return times, max(before, after) // 1024


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", help="also write the figures to this file")
    options.add_argument("--rounds", type=int, default=300)
    chosen = options.parse_args()
    rounds = chosen.rounds
    figures: list[tuple[str, float, float, str]] = []

    # Processes first: the memory of children is a high-water mark, so the leanest goes first.
    bare, _ = process(["-c", "import pyarrow.parquet, rich.console, rich.table, yaml, typer"], 7)
    python = statistics.median(bare)
    figures.append(("baseline python: imports alone, whole process", *spread(bare), "1.0 x python"))
    quote = ["-m", "landed.doors.cli.main", "quote", "9503.00.00.73", "--from", "CN", "--value", "10000", "--on", "2025-04-09"]
    times, memory = process(quote, 7)
    figures.append(("landed quote, whole process", *spread(times), f"{statistics.median(times) / python:.1f} x python"))
    help_, _ = process(["-m", "landed.doors.cli.main", "--help"], 5)
    figures.append(("landed --help, whole process", *spread(help_), f"{statistics.median(help_) / python:.1f} x python"))

    from landed.lawbook.load import load_law

    load = timed(load_law, 1)
    figures.append(("law pack load, first in the process", load[0], load[0], f"{load[0] / python:.1f} x python"))
    from landed.operations.engine import engine

    start = timed(engine, 1)
    figures.append(("schedule load and index, first in the process", start[0], start[0], f"{start[0] / python:.1f} x python"))

    asked = engine()
    requests = {name: {"hts_code": code, "country_of_origin": origin, "customs_value": "10000", "entry_date": day} for name, (code, origin, day) in LINES.items()}
    sample = json.dumps(requests["toys, 104% day"])
    answer = asked.estimate(json.loads(sample)).to_dict()
    echo_times = timed(lambda: (json.loads(sample), json.dumps(answer)), rounds)
    echo = statistics.median(echo_times)
    figures.append(("baseline echo: request in, finished answer out, as JSON", *spread(echo_times), "1.0 x echo"))
    for name, request in requests.items():
        asked.estimate(request)
        times = timed(lambda request=request: asked.estimate(request), rounds)
        figures.append((f"explained estimate, warm: {name}", *spread(times), f"{statistics.median(times) / echo:.1f} x echo"))
    mixed = timed(lambda: [asked.estimate(request) for request in requests.values()], rounds)
    each = [t / len(requests) for t in mixed]
    figures.append(("explained estimate, warm: the mean of these lines", *spread(each), f"{statistics.median(each) / echo:.1f} x echo"))
    times = timed(lambda: asked.estimate(requests["toys, 104% day"]).to_dict(), rounds)
    figures.append(("the same with its JSON form", *spread(times), f"{statistics.median(times) / echo:.1f} x echo"))
    times = timed(lambda: asked.estimate(requests["toys, 104% day"], depth="duty"), rounds)
    figures.append(("duty alone (no questions, options, changes ahead)", *spread(times), f"{statistics.median(times) / echo:.1f} x echo"))

    import landed

    for name, (code, _, day) in LINES.items():
        landed.compare(code, "10000", day)
        times = timed(lambda code=code, day=day: landed.compare(code, "10000", day), 11)
        figures.append((f"compare every origin, warm: {name}", *spread(times), f"{statistics.median(times) / echo:.0f} x echo"))
    landed.history("9503.00.00.73", "CN")
    times = timed(lambda: landed.history("9503.00.00.73", "CN"), 31)
    figures.append(("history since 2018, warm: toys", *spread(times), f"{statistics.median(times) / echo:.0f} x echo"))

    print(f"{date.today()}  Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores, law {asked.law.version}")
    print("\n| what | p50 ms | p95 ms | ratio |\n|---|---:|---:|---:|")
    for name, middle, high, ratio in figures:
        print(f"| {name} | {middle:,.2f} | {high:,.2f} | {ratio} |")
    print(f"\npeak memory of `landed quote`: {memory} MB")
    if chosen.json:
        Path(chosen.json).write_text(json.dumps({"figures": figures, "quote_peak_mb": memory, "law_version": asked.law.version}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
