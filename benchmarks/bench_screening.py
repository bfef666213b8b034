"""Measures screening: recall on generated variants of OFAC names, alerts on real factories, speed, and the index against a full scan.

    python benchmarks/bench_screening.py ../shared [seed]
"""

from __future__ import annotations

import csv
import random
import resource
import sys
import time
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from landed.compliance.list_read import read_list  # noqa: E402
from landed.compliance.model import ListFile, Party  # noqa: E402
from landed.compliance.names import clean  # noqa: E402
from landed.compliance.screening import REVIEW, Screener  # noqa: E402
from name_variants import natural, variants  # noqa: E402

A_WAY = 120  # variants of each way


def screener(shared: Path, *, doubled: bool = False) -> Screener:
    """A screener of the OFAC set; `doubled` brings it to 40,000 names by the newer aliases."""
    files = {p.name: p.read_bytes() for p in (shared / "compliance/screening/ofac_2021").iterdir()}
    entries, _ = read_list("sdn", files)
    file = ListFile("sdn", "OFAC", date.today(), "stated", "0" * 64, len(entries), "", 0, False)
    found = [(file, entries)]
    if doubled:
        rows = list(csv.reader((shared / "compliance/screening/ofac_edge/alt_latest.csv").open(encoding="latin-1")))
        made = "name,id\n" + "\n".join(f'"{r[3].replace(chr(34), "")}",{n}' for n, r in enumerate(rows) if len(r) > 3 and r[3].strip())
        own, _ = read_list("own", {"own.csv": made.encode()})
        found.append((file, own))
    return Screener(found)


def cases(entries: list[tuple[str, str]], seed: int) -> list[tuple[str, str, str, str]]:
    """(entry id, family, way, variant), at most 120 of each way."""
    draw = random.Random(seed)
    found, count = [], Counter()
    for number, name in draw.sample(entries, 600):
        for family, way, text in variants(natural(name), seed):
            if count[way] < A_WAY:
                count[way] += 1
                found.append((number, family, way, text))
    return found


def measure(shared: Path, seed: int = 1) -> dict[str, float]:
    """The figures by name; recall counts hits and reviews that name the right entry."""
    began = time.perf_counter()
    asked = screener(shared)
    figures: dict[str, float] = {"build s": time.perf_counter() - began, "names": len(asked.index.names)}
    right: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    spent, kept, all_rows = [], 0, 0
    every = cases([(e.id, e.names[0]) for e, _ in asked.entries], seed)
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, owner in enumerate(asked.owners):
        rows_of[asked.entries[owner][0].id].append(row)
    for number, family, way, text in every:
        began = time.perf_counter()
        found = asked.matches(Party(text))
        spent.append(time.perf_counter() - began)
        ok = any(m.entry == number for m in found)
        for key in (family, f"  {way}"):
            right[key][0] += ok
            right[key][1] += 1
        # A full scan finds the right entry exactly when one of its names scores enough: so only those are scored.
        name = clean(text)
        rows = {f.row for f in asked.index.scored(name, rows_of[number]) if f.score >= REVIEW}
        all_rows += bool(rows)
        kept += bool(rows & set(asked.index.candidates(name)))
    for key, (good, whole) in right.items():
        figures[f"recall {key}"] = good / whole
    figures["index against full scan"] = kept / max(all_rows, 1)
    spent.sort()
    figures["p50 ms"], figures["p95 ms"] = spent[len(spent) // 2] * 1e3, spent[int(len(spent) * 0.95)] * 1e3
    names = sorted({r["name"].strip() for r in csv.DictReader((shared / "sourcing/osh_facilities_sample.csv").open(encoding="utf-8"))})
    random.Random(7).shuffle(names)
    found = [asked.matches(Party(name)) for name in names[:600]]
    figures["factories strong"] = sum(any(m.strength == "hit" for m in row) for row in found) / 600
    figures["factories all"] = sum(bool(row) for row in found) / 600
    wide = screener(shared, doubled=True)
    figures["names, wide"] = len(wide.index.names)
    began = time.perf_counter()
    for name in names[600:1600]:
        wide.matches(Party(name))
    figures["1,000 suppliers s, wide"] = time.perf_counter() - began
    figures["memory MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures


if __name__ == "__main__":
    for name, value in measure(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1).items():
        print(f"{name:32} {value:,.4f}")
