"""Fits the coefficients of how sure a code is (classify/data/calibration.json) on labelled files, and prints what each band would have held. Usage: fit_sureness.py [--write]

Weights say how much a row of each file counts: descriptions of shops most, our own listings little, because the trade names were
written with them in view. The development file is judged in ten parts, each by a fit without it. Nothing is confirmed, so the
coefficient of likeness is kept as it is.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
DAY = date(2026, 6, 1)
DEVELOPMENT = "hscodecomp_dev"
FILES = {  # file: (weight of a row, most rows)
    SHARED / "classify" / "hscodecomp_dev.jsonl": (6.0, 0), SHARED / "classify" / "uk_search_references.jsonl": (1.0, 1300), SHARED / "classify" / "uk_brands.jsonl": (1.0, 0),
    SHARED / "classify" / "uk_extra_references.jsonl": (0.5, 500), **{path: (0.5 if "long_tail" in path.stem else 0.1, 0) for path in sorted((ROOT / "benchmarks" / "classify_own").glob("*.jsonl"))},
}  # fmt: skip
RIDGE = 1.0


def read(path: Path, most: int, category: bool) -> tuple[Any, Any]:
    """Signals and whether the first six digits were right, a row each."""
    import numpy as np

    from landed.classify.calibrate import signals
    from landed.classify.classify import read_product
    from landed.classify.decide import subheadings
    from landed.classify.recall import recall
    from landed.classify.tree import tree_of
    from landed.errors import LandedError
    from landed.operations.engine import engine

    tree = tree_of(engine().schedule, DAY)
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    found, right = [], []
    for row in rows[:: max(1, len(rows) // most) if most else 1]:
        if row["code"][:6] not in tree.number:
            continue
        try:
            product = read_product({"text": row["text"], "attributes": row.get("attributes"), "on": DAY, **({"category": row["category"]} if category and row.get("category") else {})})
        except LandedError:
            continue
        recalled = recall(product, tree)
        if recalled.known_words:
            found.append(signals(recalled, tree))
            right.append(subheadings(recalled, tree)[0].code == row["code"][:6])
    return np.asarray(found), np.asarray(right, float)


def fit(x: Any, y: Any, weight: Any) -> tuple[Any, float]:
    """Coefficients and constant of a logistic with a ridge on standardised signals (Newton's steps)."""
    import numpy as np

    middle, spread = x.mean(0), x.std(0) + 1e-9
    z = np.c_[(x - middle) / spread, np.ones(len(x))]
    ridge = np.eye(z.shape[1]) * RIDGE
    ridge[-1, -1] = 0
    b = np.zeros(z.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-z @ b))
        step = np.linalg.solve((z * (weight * p * (1 - p))[:, None]).T @ z + ridge, z.T @ (weight * (p - y)) + ridge @ b)
        b -= step
        if abs(step).max() < 1e-8:
            break
    return b[:-1] / spread, float(b[-1] - (b[:-1] * middle / spread).sum())


def main() -> None:
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        os.environ["LANDED_DATA"] = folder
        from landed.classify.calibrate import HIGH, SIGNALS
        from landed.schedule.site import import_export

        import_export(str(SHARED / "hts" / "hts_2026_rev_04.csv"), effective=date(2026, 5, 1), name="bench")
        data = {path.stem: [(*read(path, most, category), weight) for category in ((False, True) if most == 0 else (False,))] for path, (weight, most) in FILES.items()}
    decided = SIGNALS.index("decided")

    def joined(left: Any = None) -> tuple[Any, float]:
        parts = [(x, y, np.full(len(y), w / len(rows)) * (1 if left is None or name != DEVELOPMENT else ~left[: len(y)])) for name, rows in data.items() for x, y, w in rows]
        return fit(*(np.concatenate([part[i] for part in parts]) for i in range(3)))

    def sure(model: tuple[Any, float], x: Any) -> Any:
        return 1 / (1 + np.exp(-(x @ model[0] + model[1])))

    whole = joined()
    x, y, _ = data[DEVELOPMENT][0]
    part = np.arange(len(y)) % 10
    held = np.zeros(len(y))
    for number in range(10):
        held[part == number] = sure(joined(part == number), x[part == number])
    print("Right of those at or above a probability whose trade name decides, without category:")
    for at in sorted({0.7, 0.75, 0.8, 0.85, HIGH}):
        told = [f"{DEVELOPMENT} (held out) {int(y[(held >= at) & (x[:, decided] > 0)].sum())}/{((held >= at) & (x[:, decided] > 0)).sum()}"]
        for name, rows in data.items():
            if name != DEVELOPMENT:
                mark = (sure(whole, rows[0][0]) >= at) & (rows[0][0][:, decided] > 0)
                told.append(f"{name} {int(rows[0][1][mark].sum())}/{mark.sum()}")
        print(f"  {at:.2f}: {', '.join(told)}")
    path = ROOT / "src" / "landed" / "classify" / "data" / "calibration.json"
    kept = json.loads(path.read_text(encoding="utf-8"))
    kept["signals"] = {name: kept["signals"]["likeness"] if name == "likeness" else round(float(value), 3) for name, value in zip(SIGNALS, whole[0], strict=True)}
    kept["constant"] = round(whole[1], 3)
    kept["fitted_on"] = "benchmarks/fit_sureness.py: the development file most, samples of the UK files, our own listings a little; docs/classify.md"
    print(json.dumps(kept, indent=1))
    if "--write" in sys.argv:
        path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
