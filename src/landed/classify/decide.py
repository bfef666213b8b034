"""The decision down the tree: probabilities of subheadings, then the line under each by its words, facts, values and elimination."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from landed.classify.facts import Facts, facts_of_line, vocabulary
from landed.classify.recall import Recall
from landed.classify.tree import Tree
from landed.classify.words import stem_of, telling

KEPT = 100  # subheadings that stay in play
SHARPNESS = 5.0  # of the softmax over scores; fitted on development files
MOST_KEPT = 3_000  # lines whose words are kept read
W_HELD, W_UNHELD = 1.0, 1.0  # a line that names what the text says, and what it does not say
_WORD_OF_VALUE = re.compile(r"valu|over|pair|each|dozen|percent|weight|contain|waste")
LINE_SHARPNESS = 1.6
_VALUED = re.compile(r"valued (not over|over|under|less than|more than)\s*(?:but not over\s*)?\$?\s*([\d.]+)?\s*(¢|\$|cents)?", re.I)
_USUAL = frozenset(stem_of(w) for w in ["household", "domestic"])  # true of retail goods that do not say otherwise
_FAMILIES = ("gender", "material", "make", "power", "light")


@dataclass(frozen=True, slots=True)
class Subheading:
    """A six-digit code in play: its probability and its lines, best first, each with its share of it."""

    code: str
    probability: float
    lines: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class LineWords:
    """The words of a line below its subheading: part by part the text, the stems with what they count when said and when not said (0 to 1), and the facts stated."""

    parts: tuple[tuple[str, tuple[tuple[str, float, float], ...], tuple[str, ...]], ...]


def subheadings(recalled: Recall, tree: Tree) -> tuple[Subheading, ...]:
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
        lines = _lines(six, recalled, tree) if rank < 15 else tuple((code, 1.0 if i == 0 else 0.0) for i, code in enumerate(tree.under[six][::-1]))
        found.append(Subheading(six, chance, lines))
    return tuple(found)


def _lines(six: str, recalled: Recall, tree: Tree) -> tuple[tuple[str, float], ...]:
    codes = tree.under[six]
    if len(codes) == 1:
        return ((codes[0], 1.0),)
    scored = []
    for place, code in enumerate(codes):
        score = _line_score(_words_of_line(tree, code), recalled)
        # What is left over is printed last.
        score += 0.15 * place / len(codes)
        score += sum(6.0 * weight for prefix, weight in recalled.prefixes.items() if len(prefix) > 6 and code.startswith(prefix))
        scored.append((score, code))
    top = max(score for score, _ in scored)
    weights = [math.exp(LINE_SHARPNESS * (score - top)) for score, _ in scored]
    total = sum(weights)
    ranked = sorted(zip(weights, codes, strict=True), key=lambda w: (-w[0], w[1]))
    return tuple((code, weight / total) for weight, code in ranked)


def _words_of_line(tree: Tree, code: str) -> LineWords:
    kept: dict[str, Any] = tree.kept_words
    found = kept.get(code)
    if found is None:
        if len(kept) >= MOST_KEPT:
            kept.clear()  # a site that asks of everything would hold every line twice over
        found = kept[code] = LineWords(tuple(_part(tree, part) for part in tree.own_words(code)))
    return found


def _part(tree: Tree, part: str) -> tuple[str, tuple[tuple[str, float, float], ...], tuple[str, ...]]:
    stems = telling(part)
    if part.lower().startswith("other") and len(stems) <= 1:
        return "", (), ()
    # Words that state a fact are judged as the fact: "of base metal" is true of goods of aluminum. Retail goods are for the household.
    facts = {stem_of(w) for fact, words in facts_of_line(part) if vocabulary().family[fact] in _FAMILIES for w in words.split()}
    weighed = ((s, 0.0 if s in facts or _WORD_OF_VALUE.match(s) else min(tree.title_index.rarity(s), 6.0) / 6.0) for s in stems)
    return part, tuple((s, rarity, -0.3 if s in _USUAL else rarity) for s, rarity in weighed), _facts_of(part)


@lru_cache(maxsize=2_000)
def _facts_of(part: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fact for fact, _ in facts_of_line(part)))


def _line_score(words: LineWords, recalled: Recall) -> float:
    tokens, facts = recalled.own, recalled.facts
    score = 0.0
    for part, stems, said in words.parts:
        held = unheld = 0.0
        for stem, said_counts, unsaid_counts in stems:
            if stem in tokens:
                held += min(tokens[stem], 1.0) * said_counts
            else:
                unheld += unsaid_counts
        score += W_HELD * min(held, 2.0) - W_UNHELD * min(unheld, 2.0)
        if said:
            score += _agreement(said, facts)
        if "alued" in part:
            score += _value_clause(part)
    return score


def _agreement(said: tuple[str, ...], facts: Facts) -> float:
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


def _value_clause(part: str) -> float:
    """Goods sold one by one are seldom under the low values that old lines name."""
    clause = _VALUED.search(part)
    if clause is None:
        return 0.0
    low = clause[1].lower() in ("not over", "under", "less than")
    return -0.5 if low else 0.7
