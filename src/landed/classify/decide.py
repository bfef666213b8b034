"""The decision down the tree: probabilities of subheadings, then the line under each by its words, facts, values and elimination."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from landed.classify.facts import Facts, facts_in, vocabulary
from landed.classify.recall import Recall
from landed.classify.tree import Tree
from landed.classify.words import telling

if TYPE_CHECKING:
    from landed.classify.model import Product

KEPT = 100  # subheadings that stay in play
SHARPNESS = 5.0  # of the softmax over scores; fitted on development files
W_HELD, W_UNHELD = 1.0, 1.0  # a line that names what the text says, and what it does not say
_WORD_OF_VALUE = re.compile(r"valu|over|pair|each|dozen|percent|weight|contain")
LINE_SHARPNESS = 1.6
_VALUED = re.compile(r"valued (not over|over|under|less than|more than)\s*(?:but not over\s*)?\$?\s*([\d.]+)?\s*(¢|\$|cents)?", re.I)
_FAMILIES = ("gender", "material", "make", "power", "light")


@dataclass(frozen=True, slots=True)
class Subheading:
    """A six-digit code in play: its probability and its lines, best first, each with its share of it."""

    code: str
    probability: float
    lines: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class LineWords:
    """The words of a line below its subheading: part by part the stems and the facts said."""

    parts: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]


def subheadings(recalled: Recall, tree: Tree, product: Product) -> tuple[Subheading, ...]:
    """The six-digit codes in play, best first."""
    import numpy as np

    scores = recalled.scores
    order = np.argsort(-scores, kind="stable")[:KEPT]
    best = scores[order].astype(np.float64)
    weights = np.exp(SHARPNESS * (best - best[0]))
    chances = weights / weights.sum()
    found = []
    for rank, (place, chance) in enumerate(zip(order.tolist(), chances.tolist(), strict=True)):
        six = tree.subheadings[place]
        lines = _lines(six, recalled, tree, product) if rank < 15 else tuple((code, 1.0 if i == 0 else 0.0) for i, code in enumerate(tree.under[six][::-1]))
        found.append(Subheading(six, chance, lines))
    return tuple(found)


def _lines(six: str, recalled: Recall, tree: Tree, product: Product) -> tuple[tuple[str, float], ...]:
    codes = tree.under[six]
    if len(codes) == 1:
        return ((codes[0], 1.0),)
    scored = []
    for place, code in enumerate(codes):
        score = _line_score(_words_of_line(tree, code), recalled, tree, product.value)
        # What is left over is printed last.
        score += 0.15 * place / len(codes)
        score += sum(2.0 * weight for prefix, weight in recalled.prefixes.items() if len(prefix) > 6 and code.startswith(prefix))
        scored.append((score, code))
    top = max(score for score, _ in scored)
    weights = [math.exp(LINE_SHARPNESS * (score - top)) for score, _ in scored]
    total = sum(weights)
    ranked = sorted(zip(weights, codes, strict=True), key=lambda w: (-w[0], w[1]))
    return tuple((code, weight / total) for weight, code in ranked)


_WORDS: dict[tuple[int, str], LineWords] = {}


def _words_of_line(tree: Tree, code: str) -> LineWords:
    key = (id(tree.national), code)
    found = _WORDS.get(key)
    if found is None:
        if len(_WORDS) > 30_000:
            _WORDS.clear()
        found = _WORDS[key] = LineWords(tuple((part, telling(part), _facts_of(part)) for part in tree.own_words(code)))
    return found


@lru_cache(maxsize=20_000)
def _facts_of(part: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fact for fact, _ in facts_in(part, True)))


def _line_score(words: LineWords, recalled: Recall, tree: Tree, value: Decimal | None) -> float:
    known = vocabulary()
    tokens, facts = recalled.own, recalled.facts
    score = 0.0
    for part, stems, said in words.parts:
        if part.lower().startswith("other") and len(stems) <= 1:
            continue
        held = sum(min(tokens[s], 1.0) * _rarity(tree, s) for s in stems if s in tokens)
        unheld = sum(_rarity(tree, s) for s in stems if s not in tokens and not _WORD_OF_VALUE.match(s))
        score += W_HELD * min(held, 2.0) - W_UNHELD * min(unheld, 2.0)
        score += _agreement(said, facts, known.family)
        score += _value_clause(part, value)
    return score


def _rarity(tree: Tree, stem: str) -> float:
    return min(tree.title_index.rarity(stem), 6.0) / 6.0


def _agreement(said: tuple[str, ...], facts: Facts, family: object) -> float:
    """How the facts that a line states stand to those known: for, against, or not known."""
    known = vocabulary()
    score = 0.0
    for name in _FAMILIES:
        stated = [fact for fact in said if known.family[fact] == name]
        if not stated:
            continue
        have = facts.of(name)
        if any(fact in have for fact in stated):
            score += 1.0 * max(have.get(fact, 0.0) for fact in stated)
        elif have and not any(known.related(a, b) for a in stated for b in have):
            score -= 1.6 if name == "gender" else 1.0
        else:
            # Nothing said: retail goods are for adults first.
            score -= 0.35 if set(stated) <= {"boys", "girls", "children", "baby"} else 0.1
    return score


def _value_clause(part: str, value: Decimal | None) -> float:
    clause = _VALUED.search(part)
    if clause is None:
        return 0.0
    low = clause[1].lower() in ("not over", "under", "less than")
    return (-0.5 if low else 0.7)
