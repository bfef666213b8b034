"""Shows how well doubles are told apart on hand-labelled pairs, and how fast 100,000 suppliers are searched.

    python benchmarks/bench_suppliers.py
"""

from __future__ import annotations

import json
import random
import statistics
import tempfile
import time
from pathlib import Path

from landed.sourcing.network.dedupe import LIKELY, REVIEW, likeness
from landed.sourcing.network.search import search
from landed.sourcing.network.store import index, network

SHARED = Path(__file__).resolve().parents[1].parent / "shared" / "sourcing"


def labelled(path: Path = SHARED / "osh_labelled_pairs.json") -> dict[str, int]:
    """Counts by label and band (likely, review, apart) of the hand-labelled pairs of Open Supply Hub."""
    counts = {f"{label} {band}": 0 for label in ("match", "distinct") for band in ("likely", "review", "apart")}
    for pair in json.loads(path.read_text(encoding="utf-8")):
        score = likeness(pair["a"], pair["b"])
        counts[f"{pair['label']} {'likely' if score >= LIKELY else 'review' if score >= REVIEW else 'apart'}"] += 1
    return counts


def show_labelled() -> None:
    """Print precision and recall of "likely", and of "likely or review"."""
    counts = labelled()
    matches, others = (sum(n for k, n in counts.items() if k.startswith(label)) for label in ("match", "distinct"))
    print(f"{matches} pairs that match, {others} that do not (the hard cases of Open Supply Hub)")
    for name, bands in (("likely (a merge is proposed)", ("likely",)), ("likely or review (a person looks)", ("likely", "review"))):
        right, wrong = sum(counts[f"match {b}"] for b in bands), sum(counts[f"distinct {b}"] for b in bands)
        print(f"{name:>34}: precision {right / max(right + wrong, 1):.2f}, recall {right / matches:.2f} ({right} right, {wrong} wrong)")
    print(f"{'in the review band':>34}: {counts['match review']} match, {counts['distinct review']} do not; nothing is merged without a person")


def show_search(count: int = 100_000) -> None:
    """Print the median and the worst of searches over made-up suppliers."""
    draw = random.Random(1)
    first = ["golden", "eastern", "lucky", "river", "summit", "pearl", "orient", "delta", "star", "lotus", "union", "harbour", "dragon", "silk", "jade", "north"]
    second = ["textile", "toys", "garment", "electronics", "plastics", "footwear", "furniture", "tools", "lighting", "packaging", "knitwear", "ceramics"]
    places = ["shenzhen", "shantou", "yiwu", "hanoi", "haiphong", "tiruppur", "dhaka", "jakarta", "izmir", "puebla", "penang", "chennai"]
    with tempfile.TemporaryDirectory() as folder, network(Path(folder) / "suppliers.db") as connection:
        began = time.perf_counter()
        for n in range(1, count + 1):
            name = f"{draw.choice(first)} {draw.choice(first)} {draw.choice(second)} {n % 7919} {'深圳玩具有限公司' if n % 50 == 0 else ''}"
            address = f"{draw.randint(1, 999)} industrial road {draw.choice(places)}"
            connection.execute("INSERT INTO supplier(id, legal_name, country, address, products) VALUES (?, ?, ?, ?, ?)", (n, name, draw.choice(["CN", "VN", "IN", "TR"]), address, draw.choice(second)))
            index(connection, n, name, "", address)
        print(f"{count:,} suppliers put in within {time.perf_counter() - began:.1f} s")
        for text, filters in (("golden toys shantou", {}), ("toys", {}), ("lotus knitwear 4711", {}), ("玩具", {}), ("pearl lighting", {"country": "VN"}), ("nowhere goods", {})):
            times = []
            for _ in range(9):
                start = time.perf_counter()
                rows, how = search(connection, text, **filters)
                times.append(1000 * (time.perf_counter() - start))
            print(f"{text!r:>24} {filters or ''}: median {statistics.median(times):.1f} ms, worst {max(times):.1f} ms, {len(rows)} rows by {how}")


def main() -> None:
    """Print both."""
    if SHARED.is_dir():
        show_labelled()
    else:
        print("the labelled pairs (../shared/sourcing) are absent: skipped")
    show_search()


if __name__ == "__main__":
    main()
