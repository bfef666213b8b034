"""Measures `classify` on labelled files: accuracy with Wilson intervals, bands, time and memory. Usage: bench_classify.py [--titles] [--dense] [FILE.jsonl ...]

Each line of a file holds `text` and `code`, and may hold `attributes` and `category`. Without files the development files beside
the repository are read. With --titles, or without an official export beside the repository, six-digit titles alone are at hand. Nothing of a tested row is ever indexed: in the five-fold run the labels of the other four parts are.
With --dense every zero-shot run is made twice in this process, without and with the offline dense index, and compared: over all rows, and over
the half (by hash of the text) that its weight was not chosen on.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
FILES = ("hscodecomp_dev.jsonl", "uk_search_references.jsonl", "uk_brands.jsonl", "uk_extra_references.jsonl")
EXPORT = "hts_2026_rev_04.csv"
DAY = date(2026, 6, 1)  # in the edition of the export
FOLDS = 5


def wilson(hits: int, count: int, z: float = 1.96) -> tuple[float, float, float]:
    """(share, low, high) in percent: the 95% Wilson interval."""
    if not count:
        return 0.0, 0.0, 0.0
    p = hits / count
    centre = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return 100 * p, 100 * (centre - half), 100 * (centre + half)


def shown(name: str, hits: int, count: int, target: float | None = None) -> str:
    share, low, high = wilson(hits, count)
    verdict = "" if target is None else f"   target {target:.0f}%: {'met' if share >= target else 'MISSED'}"
    return f"  {name:<34} {share:5.1f}%  [{low:4.1f}, {high:4.1f}]  {hits}/{count}{verdict}"


def load(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def fold_of(row: dict[str, Any]) -> int:
    return int(hashlib.sha256(row["text"].encode()).hexdigest(), 16) % FOLDS


def measure(rows: list[dict[str, Any]], *, category: bool, folds: bool, targets: bool, ten: bool, dense: Any = None) -> dict[str, Any]:
    """Prints the figures of one run; gives back for each row the rank of the right six digits (a big number where it is not among the candidates), whether all ten digits were right, and the times."""
    from landed.classify.classify import classify, read_product
    from landed.classify.memory import Confirmation, Confirmed
    from landed.operations.engine import engine

    memories: list[Confirmed | None] = [None] * FOLDS
    if folds:
        for part in range(FOLDS):
            tested = {r["text"].strip().lower() for r in rows if fold_of(r) == part}
            kept = [r for r in rows if fold_of(r) != part and r["text"].strip().lower() not in tested]
            products = [read_product(_request(r, category)) for r in kept]
            memories[part] = Confirmed([Confirmation(p.text, r["code"], "bench", attributes=p.attributes, category=p.category) for p, r in zip(products, kept, strict=True)])
    book = engine()
    classify(read_product({"text": "cotton shirt", "on": DAY}), book)  # what is made once
    work: list[float] = []
    times, top, high, pairs, refused = [], {1: [0, 0], 5: [0, 0], 10: [0, 0], 100: [0, 0]}, [0, 0], [], 0
    four = ten_at = 0
    ranks: list[int] = []
    tens: list[bool] = []
    for row in rows:
        began, worked = time.perf_counter(), time.process_time()
        try:
            found = classify(read_product(_request(row, category)), book, memory=memories[fold_of(row)], dense=dense, limit=110)
        except Exception as error:
            if not hasattr(error, "code"):
                raise
            refused += 1
            found = None
        times.append(time.perf_counter() - began)
        work.append(time.process_time() - worked)
        codes = [c.hts_code.replace(".", "") for c in found.candidates] if found else []
        six = list(dict.fromkeys(code[:6] for code in codes))
        want = row["code"]
        for k in top:
            top[k][0] += want[:6] in six[:k]
        four += bool(six) and six[0][:4] == want[:4]
        ten_at += bool(codes) and codes[0] == want
        ranks.append(six.index(want[:6]) if want[:6] in six else 10**6)
        tens.append(bool(codes) and codes[0] == want)
        if found:
            first = found.candidates[0]
            pairs.append((first.probability_hs6, six[0] == want[:6]))
            if first.band == "high":
                high[0] += six[0] == want[:6]
                high[1] += 1
    count = len(rows)
    if ten:
        print(shown("HTS10@1", ten_at, count, (25 if folds else 15) if targets else None))
    print(shown("HS4@1", four, count))
    print(shown("HS6@1", top[1][0], count))
    print(shown("HS6@5", top[5][0], count))
    print(shown("HS6@10", top[10][0], count, 65 if targets and not folds else None))
    print(shown("HS6 recall@100", top[100][0], count, 92 if targets and not folds else None))
    print(shown("high band, HS6 right", high[0], high[1], 80 if targets else None))
    error = sum(abs(sum(r for _, r in part) - sum(p for p, _ in part)) for part in _tenths(pairs)) / max(len(pairs), 1)
    times.sort()
    work.sort()
    print(f"  calibration error (HS6) {error:.3f}; not answered {refused}; p50 {1000 * times[count // 2]:.1f} ms, p95 {1000 * times[int(count * 0.95)]:.1f} ms (processor time p95 {1000 * work[int(count * 0.95)]:.1f} ms)")
    return {"ranks": ranks, "tens": tens, "work": work[int(count * 0.95)], "refused": refused}


def held_half(row: dict[str, Any]) -> bool:
    """Whether a row is of the half that the weight of the dense part was not chosen on."""
    return int(hashlib.sha256(("h" + row["text"]).encode()).hexdigest(), 16) % 2 == 1


def compare(rows: list[dict[str, Any]], without: dict[str, Any], with_: dict[str, Any], ten: bool) -> None:
    """Prints the two runs side by side, and what rows were won and lost."""
    for words, part in (("all rows", [True] * len(rows)), ("the half not looked at", [held_half(row) for row in rows])):
        count = sum(part)
        print(f"  dense index, {words} ({count}): without, with, rows won and lost")
        marks = [(f"HS6@{k}" if k < 100 else "HS6 recall@100", [r < k for r in without["ranks"]], [r < k for r in with_["ranks"]]) for k in (1, 5, 10, 100)]
        if ten:
            marks.append(("HTS10@1", without["tens"], with_["tens"]))
        for name, a, b in marks:
            x, y = ([hit for hit, kept in zip(each, part, strict=True) if kept] for each in (a, b))
            low, high = wilson(sum(x), count), wilson(sum(y), count)
            won, lost = sum(q and not p for p, q in zip(x, y, strict=True)), sum(p and not q for p, q in zip(x, y, strict=True))
            print(f"    {name:<16} {low[0]:5.1f}% [{low[1]:4.1f}, {low[2]:4.1f}]  {high[0]:5.1f}% [{high[1]:4.1f}, {high[2]:4.1f}]  ratio {high[0] / max(low[0], 1e-9):.3f}  +{won} -{lost}")
    print(f"    not answered {without['refused']}, {with_['refused']}; processor time p95 {1000 * without['work']:.1f}, {1000 * with_['work']:.1f} ms, ratio {with_['work'] / max(without['work'], 1e-9):.2f}")

def _tenths(pairs: list[tuple[float, bool]]) -> list[list[tuple[float, bool]]]:
    return [[pair for pair in pairs if i / 10 <= pair[0] < (i + 1) / 10] for i in range(10)]


def _request(row: dict[str, Any], category: bool) -> dict[str, Any]:
    given = {"text": row["text"], "attributes": row.get("attributes"), "on": DAY}
    return {**given, "category": row.get("category")} if category else given


def _rss() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "darwin" else 1024) / (1024 if sys.platform == "darwin" else 1)


def main() -> None:
    named = [Path(a) for a in sys.argv[1:] if a not in ("--titles", "--dense")]
    paths = named or [SHARED / "classify" / name for name in FILES]
    missing = [p.name for p in paths if not p.is_file()]
    if missing:
        raise SystemExit(f"Not here: {', '.join(missing)}. Give labelled files: bench_classify.py FILE.jsonl ...")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LANDED_DATA"] = folder
        export = SHARED / "hts" / EXPORT
        if export.is_file() and "--titles" not in sys.argv:
            # In a process of its own: what an import takes is not what a question takes.
            import subprocess

            text = f"from landed.schedule.site import import_export; from datetime import date; import_export({str(export)!r}, effective=date(2026, 5, 1), name='bench')"
            subprocess.run([sys.executable, "-c", text], check=True)
        else:
            print("Six-digit titles only.")
        from landed.classify.tree import tree_of
        from landed.operations.engine import engine

        book = engine()
        began = time.perf_counter()
        tree = tree_of(book.schedule, DAY)
        _ = tree.line_index, tree.title_index, tree.families
        from landed.classify.goods import fields, names

        names(), fields()
        print(f"Index of {len(tree.lines):,} lines in {time.perf_counter() - began:.2f} s; {_rss():.0f} MB in all.")
        near = None
        if "--dense" in sys.argv:
            import subprocess

            from landed.operations.dense import dense, folder, state

            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", "from landed.operations.dense import build_dense; build_dense('offline')"], check=True)
            print(f"Dense index: {state('offline').found}, built in {time.perf_counter() - began:.2f} s with the start of a process; ", end="")
            began = time.perf_counter()
            near, _ = dense()
            assert near is not None
            near.near("cotton shirt", tree)
            print(f"opened and asked in {time.perf_counter() - began:.2f} s; ", end="")
            size = sum(file.stat().st_size for file in folder("offline").iterdir())
            print(f"{size / 1e6:.1f} MB on disk; {_rss():.0f} MB in all.")
        for path in paths:
            rows = load(path)
            american = str(rows[0].get("code_system", "US")).startswith("US")
            rich = any(r.get("category") for r in rows)
            live = [r for r in rows if len(r["code"]) >= 6 and r["code"][:6] in tree.number]
            left = f" ({len(rows) - len(live)} with a six-digit code not in this tariff left out)" if len(live) < len(rows) else ""
            print(f"\n{path.name}, {len(live)} rows{left}")
            for category in (True, False) if rich else (True,):
                if rich:
                    print(f" zero-shot, {'with' if category else 'without'} the shop's category")
                without = measure(live, category=category, folds=False, targets=american, ten=american)
                if near is not None:
                    print(" the same with the dense index")
                    compare(live, without, measure(live, category=category, folds=False, targets=american, ten=american, dense=near), american)
            if near is None and (american or named):
                print(" five-fold, labels of the other parts confirmed")
                measure(live, category=rich, folds=True, targets=american, ten=american)
                if rich:
                    print(" five-fold, without the shop's category")
                    measure(live, category=False, folds=True, targets=american, ten=american)
        print(f"\n{_rss():.0f} MB at most.")


if __name__ == "__main__":
    main()
