"""Fill of the packing instances BR0 to BR15 (Bischoff and Ratcliff 1995, Davies and Bischoff 1999) against the best known values.

python benchmarks/bench_packing.py --classes 1-7 --seconds 2 [--sample 20] [--folder ../shared/freight/packing]
Every plan is checked by the independent validator; an invalid one ends the run with exit code 1. With py3dbp installed, `--rival 2` packs the
first two instances of each class with it too. With packingsolver installed (extra packing, Python 3.12 and newer), `--solver 5` asks it for 5 seconds of
each of the first `--solver-sample` instances: it knows no support, so only the other faults are counted.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from landed.freight.load.fill import Filler, Kind, fill
from landed.freight.load.model import Container
from landed.freight.load.plan import loading_order, stands
from landed.freight.load.solver import solve, standing
from landed.freight.load.validate import faults
from landed.freight.model import CargoItem

FOLDER = Path(__file__).resolve().parents[1].parent / "shared" / "freight" / "packing"
LIGHT = Decimal(1)


def instances(folder: Path, number: int) -> Iterator[tuple[Container, tuple[CargoItem, ...]]]:
    """Container and items of each instance of a class; the files are in centimetres, kept as whole units."""
    words = iter([int(w) for w in (folder / "raw" / f"BR{number}.txt").read_text().split()])
    for _ in range(next(words)):
        next(words), next(words)
        length, width, height = next(words), next(words), next(words)
        items = []
        for _ in range(next(words)):
            name = next(words)
            sides = [(next(words), next(words)) for _ in range(3)]
            upright = tuple(side for side, (_, may) in zip("lwh", sides, strict=True) if may)
            (long, _), (wide, _), (high, _) = sides
            items.append(CargoItem(str(name), next(words), long, wide, high, LIGHT, upright))
        yield Container("BR", "BR", Decimal(1), length, width, height, width, height, Decimal(10**9), Decimal(10**9), "none"), tuple(items)


def run(box: Container, items: tuple[CargoItem, ...], seconds: float) -> tuple[float, float, list[str]]:
    """Percent filled, seconds taken, faults."""
    begin = time.perf_counter()
    filler = Filler((box.length, box.width, box.height), [Kind(stands(i, box), i.quantity, 1.0) for i in items])
    blocks = loading_order(fill(filler, seconds))
    took = time.perf_counter() - begin
    pieces = [p for b in blocks for p in b.pieces()]
    return 100 * sum(p.length * p.width * p.height for p in pieces) / box.volume, took, faults(box, items, pieces)


def rival(box: Container, items: tuple[CargoItem, ...]) -> float | None:
    """Percent filled by py3dbp, which turns pieces every way and asks for no support; None where it is not installed."""
    try:
        from py3dbp import Bin, Item, Packer
    except ImportError:
        return None
    packer = Packer()
    packer.add_bin(Bin("box", box.length, box.height, box.width, 1e9))
    for item in items:
        for _ in range(item.quantity):
            packer.add_item(Item(item.name, item.length_mm, item.height_mm, item.width_mm, 1))
    packer.pack(bigger_first=True, number_of_decimals=0)
    return 100 * sum(float(i.get_volume()) for i in packer.bins[0].items) / box.volume


def solver(box: Container, items: tuple[CargoItem, ...], seconds: float) -> tuple[float, float, float, int]:
    """By packingsolver: percent filled, percent left when what is not supported is taken out, seconds of processor time, faults but for support."""
    begin = time.process_time()
    pieces = solve(box, [Kind(stands(i, box), i.quantity, 1.0) for i in items], seconds)
    took = time.process_time() - begin
    kept = standing(items, pieces)
    percent, valid = (100 * sum(p.length * p.width * p.height for p in each) / box.volume for each in (pieces, kept))
    return percent, valid, took, sum("supported" not in fault for fault in faults(box, items, pieces, ordered=False))


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--classes", default="1-7")
    asked.add_argument("--seconds", type=float, default=2.0)
    asked.add_argument("--sample", type=int, default=100, help="instances of each class")
    asked.add_argument("--rival", type=int, default=0, help="instances of each class for py3dbp")
    asked.add_argument("--solver", type=float, default=0.0, help="seconds of wall time for packingsolver; 0 leaves it out")
    asked.add_argument("--solver-sample", type=int, default=5)
    asked.add_argument("--folder", type=Path, default=FOLDER)
    asked.add_argument("--json", type=Path, help="write the figures here")
    given = asked.parse_args()
    low, _, high = given.classes.partition("-")
    known: dict[str, list[float]] = {}
    with (given.folder / "best_known_values_packingsolver.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            name = row["Path"].rpartition("/")[2].partition(".")[0]
            known.setdefault(name, []).append(float(row["Best known solution value"]))
    table, invalid = [], 0
    print("class  n    mean   least  best known  s/instance  invalid  py3dbp")
    for number in range(int(low), int(high or low) + 1):
        fills, took, wrong, rivals = [], [], 0, []
        solved: list[tuple[float, float, float, int]] = []
        for n, (box, items) in enumerate(instances(given.folder, number)):
            if n >= given.sample:
                break
            percent, seconds, bad = run(box, items, given.seconds)
            fills.append(percent)
            took.append(seconds)
            wrong += bool(bad)
            if bad:
                print(f"BR{number} instance {n + 1}: {bad[0]}", file=sys.stderr)
            if n < given.rival and (other := rival(box, items)) is not None:
                rivals.append(other)
            if given.solver and n < given.solver_sample:
                solved.append(solver(box, items, given.solver))
        best = known.get(f"BR{number}", [])
        row = {
            "class": f"BR{number}", "n": len(fills), "mean": round(sum(fills) / len(fills), 2), "least": round(min(fills), 2),
            "best_known": round(sum(best) / len(best) / 300_896.20, 2) if best else None,
            "seconds": round(sum(took) / len(took), 2), "invalid": wrong, "py3dbp": round(sum(rivals) / len(rivals), 2) if rivals else None,
        }  # fmt: skip
        invalid += wrong
        table.append(row)
        print(f"{row['class']:6} {row['n']:3} {row['mean']:6} {row['least']:6}  {row['best_known'] or '':>9}  {row['seconds']:>9}  {row['invalid']:>7}  {row['py3dbp'] or ''}", flush=True)
        if solved:
            means = [sum(each[k] for each in solved) / len(solved) for k in range(3)]
            print(f"       packingsolver, {len(solved)} instances, no support asked: mean {means[0]:.2f}, supported part {means[1]:.2f}, {means[2]:.1f} s of processor time, {sum(e[3] for e in solved)} other faults", flush=True)
    whole = sum(r["mean"] * r["n"] for r in table) / sum(r["n"] for r in table)  # type: ignore[operator]
    print(f"mean of all {sum(r['n'] for r in table)}: {whole:.2f} percent, {invalid} invalid plans")  # type: ignore[misc]
    if given.json:
        given.json.write_text(json.dumps({"seconds": given.seconds, "mean": round(whole, 2), "invalid": invalid, "classes": table}, indent=1) + "\n")
    return 1 if invalid else 0


if __name__ == "__main__":
    raise SystemExit(main())
