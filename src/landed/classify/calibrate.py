"""How sure the first six-digit code is: a small logistic of signals, with coefficients kept as data."""

from __future__ import annotations

import json
import math
from functools import lru_cache
from typing import Any

from landed.classify.facts import DATA
from landed.classify.recall import Recall
from landed.classify.tree import Tree

SIGNALS = (
    "decided",  # the leading trade name's best case, all its facts known, is the code
    "heard_twice",  # the leading name stands in more than one of text, category, attributes
    "agreement",  # share of the six strongest names that point to the code
    "open_cases",  # cases of the leading name that wait for a fact, of 4
    "materials",  # materials named, of 4
    "one_name",  # a single trade name was heard
    "margin",  # ahead of the next code
    "margin_heading",  # ahead of the next heading
    "score",
    "line_words",
    "title_words",
    "margin_name",  # how far the leading name is ahead of the next, 0 to 1
    "share",  # how well the code fits as a case of the leading name
    "name_weight",
    "likeness",  # of confirmed goods
)
FEWEST_WORDS = 3
_UMBRELLAS = frozenset(["metal", "textile", "manmade", "precious", "ceramic"])
HIGH, MEDIUM = 0.82, 0.45  # from which the bands begin; docs/classify.md says what they held
SAME = 0.999  # likeness of the same words
SURE = 0.9  # likeness of confirmed goods from which their code is taken as known


def signals(recalled: Recall, tree: Tree) -> list[float]:
    """The signals of the first code, in the order of SIGNALS."""
    import numpy as np

    # Nearness in meaning may put another code first, but does not make it surer: the signals are of what words, names and memory say.
    scores, parts, heard = recalled.said, recalled.parts, recalled.heard
    order = np.argpartition(-scores, min(60, len(scores) - 1))[:60]
    order = order[np.argsort(-scores[order], kind="stable")]
    if recalled.nearness is not None:
        leader = int(np.argmax(recalled.scores))
        order = np.concatenate([[leader], order[order != leader]])
    first = int(order[0])
    headings = tree.families[0]
    elsewhere = next((int(i) for i in order if headings[i] != headings[first]), int(order[-1]))
    six = tree.subheadings[first]
    decided = share = open_cases = 0.0
    agree, total = 0.0, 1e-9
    for place, each in enumerate(heard[:6]):
        best = max(each.fits, key=lambda f: f.share)
        total += each.weight
        agree += each.weight * (best.case.code[:6] == six)
        if place == 0:
            decided = float(best.share >= 1.0 and best.case.code[:6] == six)
            open_cases = min(sum(1 for f in each.fits if f.open and not f.refused), 4) / 4
            share = max((f.share for f in each.fits if f.case.code[:6] == six), default=0.0)
    weights = [each.weight for each in heard] or [0.0]
    ahead = (weights[0] - weights[1]) / weights[0] if len(weights) > 1 else float(bool(heard))
    materials = len(recalled.facts.of("material").keys() - _UMBRELLAS)
    return [
        decided,
        float(bool(heard) and len(heard[0].sources) > 1),
        agree / total,
        open_cases,
        min(materials, 4) / 4,
        float(len(heard) == 1),
        min(float(scores[first] - scores[order[1]]), 1.0),
        min(float(scores[first] - scores[elsewhere]), 1.0),
        min(float(scores[first]), 2.0),
        float(parts["lines"][first]),
        float(parts["titles"][first]),
        min(ahead, 1.0),
        share,
        min(weights[0], 3.0),
        min(float(parts["memory"][first]), 1.0),
    ]


@lru_cache(maxsize=1)
def _coefficients() -> dict[str, Any]:
    return dict(json.loads((DATA / "calibration.json").read_text(encoding="utf-8")))


def _known_goods(recalled: Recall) -> bool:
    """Whether the same goods were confirmed, word for word, or nearly the same; one or two words in common are too few to say so of others."""
    if not recalled.memory:
        return False
    likeness = recalled.memory[0][1]
    return likeness >= SAME or likeness >= SURE and len(recalled.own) >= FEWEST_WORDS


def sureness(recalled: Recall, tree: Tree) -> float:
    """The calibrated probability that the first six-digit code is right."""
    model = _coefficients()
    z = model["constant"] + sum(model["signals"][name] * value for name, value in zip(SIGNALS, signals(recalled, tree), strict=True))
    probability = 1 / (1 + math.exp(-z))
    if _known_goods(recalled):
        import numpy as np

        if recalled.memory[0][0][:6] == tree.subheadings[int(np.argmax(recalled.scores))]:
            probability = max(probability, 0.95)
    return float(min(max(probability, 0.01), 0.97))


def own_words_settle(recalled: Recall, tree: Tree, sure: float) -> bool:
    """Whether the high band is earned by a reading of text and attributes alone: sure enough, the leading name stands in the
    text, and every fact that its code needs is known; or nearly the same goods were confirmed before.
    """
    if _known_goods(recalled):
        return sure >= HIGH
    if not recalled.heard or "text" not in recalled.heard[0].sources:
        return False
    return sure >= HIGH and signals(recalled, tree)[SIGNALS.index("decided")] > 0
