"""The assistant measured: sentences routed with Wilson intervals, fuzzed answers through the guard, true answers wrongly refused, and time to answer.

Run: python benchmarks/bench_assistant.py [FILE], a CSV of part,intent,text (the text may hold commas).
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from datetime import date
from math import sqrt
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "assistant")]

from landed.assistant.answer import State  # noqa: E402
from landed.assistant.dialogue import answer  # noqa: E402
from landed.assistant.guard import check, grounds, safe  # noqa: E402
from landed.assistant.router import route  # noqa: E402
from landed.assistant.slots import Reader  # noqa: E402
from landed.assistant.tools import Toolbox  # noqa: E402
from landed.operations.ask import toolbox  # noqa: E402
from landed.operations.engine import engine  # noqa: E402

TODAY = date(2026, 11, 23)


def wilson(hits: int, of: int) -> str:
    """A rate with its 95% interval."""
    p, z = hits / of, 1.96
    middle, half, under = p + z * z / (2 * of), z * sqrt(p * (1 - p) / of + z * z / (4 * of * of)), 1 + z * z / of
    return f"{hits}/{of} = {p:.1%} [{(middle - half) / under:.1%}, {(middle + half) / under:.1%}]"


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests" / "assistant" / "utterances.csv"
    rows = [line.split(",", 2) for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    reader = Reader(dict(engine().law.countries), TODAY)
    hits: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for part, intent, text in rows:
        for group in (part, "Chinese" if any("\u4e00" <= c <= "\u9fff" for c in text) else "English"):
            hits[group][0] += route(text, reader.read(text)).name == intent
            hits[group][1] += 1
    for group, (good, of) in hits.items():
        print(f"routed, {group:8} {wilson(good, of)}")

    times, refused, ungrounded = [], 0, 0
    for _, _, text in rows:
        box = Toolbox(toolbox())
        began = time.perf_counter()
        said, *_ = answer(text, State(), box, reader, TODAY)
        times.append((time.perf_counter() - began) * 1000)
        if not check(said.text, grounds(box.used, [text], days=(TODAY.isoformat(),))).ok:
            refused += 1
    times.sort()
    print(f"answered by rules: median {times[len(times) // 2]:.1f} ms, p95 {times[int(len(times) * 0.95)]:.1f} ms, of {len(times)}")
    print(f"true answers that the guard would refuse: {refused} of {len(times)}")

    import test_assistant_guard as fuzz

    known = [grounds([used], [fuzz.ASKED], days=(TODAY.isoformat(),)) for used in fuzz.USES]
    cases = fuzz.fuzzed(20_000, seed=7)
    began = time.perf_counter()
    ungrounded = sum(check(safe(text), known[place]).ok for place, text in cases)
    print(f"fuzzed answers with an ungrounded figure that were shown: {ungrounded} of {len(cases):,} ({(time.perf_counter() - began) / len(cases) * 1000:.2f} ms each)")


if __name__ == "__main__":
    main()
