"""Learns what wordings lean to from our own sentences, and writes src/landed/assistant/data/leanings.json (softmax regression; the same sentences give the same file).

Run: python benchmarks/train_assistant.py [SET ...] leaves the named sets of tests/assistant/unseen.tsv out, so that they can be measured unseen.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from assistant_unseen import reader, sentences
from landed.assistant.lean import FILE, features
from landed.assistant.router import mend

ROOT = Path(__file__).resolve().parents[1]
LEAST_SEEN, LEAST_WEIGHT, STEPS, PACE, DECAY = 2, 0.3, 120, 20.0, 1e-4


def main() -> None:
    """Train on every sentence that is not left out."""
    left_out = set(sys.argv[1:])
    rows = [line.split(",", 2)[1:] for line in (ROOT / "tests" / "assistant" / "utterances.csv").read_text(encoding="utf-8").splitlines()[1:]]
    said = [(intent, text) for intent, text in rows]
    said += [(s.intents[0].replace("unknown", "none"), s.turns[-1]) for s in sentences() if s.group not in left_out]
    found = [features(text, reader().read(text), mend) for _, text in said]
    seen = Counter(each for one in found for each in one)
    place = {each: n for n, each in enumerate(sorted(each for each in seen if seen[each] >= LEAST_SEEN))}
    intents = sorted({intent for intent, _ in said})
    given = np.zeros((len(said), len(place)), np.float64)
    for n, one in enumerate(found):
        given[n, [place[each] for each in one if each in place]] = 1
    given /= np.sqrt(given.sum(1, keepdims=True) + 1)
    wanted = np.eye(len(intents))[[intents.index(intent) for intent, _ in said]]
    weights, start = np.zeros((len(place), len(intents))), np.zeros(len(intents))
    for _ in range(STEPS):
        sums = given @ weights + start
        parts = np.exp(sums - sums.max(1, keepdims=True))
        slope = (parts / parts.sum(1, keepdims=True) - wanted) / len(said)
        weights -= PACE * (given.T @ slope + DECAY * weights)
        start -= 4 * slope.sum(0)
    kept: dict[str, dict[str, float]] = defaultdict(dict)
    for each, n in place.items():
        for k in np.flatnonzero(np.abs(weights[n]) >= LEAST_WEIGHT):
            kept[each][intents[k]] = round(float(weights[n, k]), 2)
    data = {"about": f"learned by benchmarks/train_assistant.py from {len(said)} sentences of our own", "start": {i: round(float(v), 2) for i, v in zip(intents, start, strict=True)}, "weights": kept}
    FILE.write_text(json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{len(said)} sentences, {len(place)} features, {sum(map(len, kept.values()))} weights, {FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
