"""Recall: scores every six-digit code for a product from the words of the tariff, trade names and confirmed goods."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from landed.classify.brands import find_brands, is_flavour, is_house, is_inside
from landed.classify.clipped import written_out
from landed.classify.facts import Facts, Vocabulary, read_facts, vocabulary
from landed.classify.goods import Case, Fit, Found, fields, find_names, fits, names
from landed.classify.model import Product
from landed.classify.tree import Tree
from landed.classify.words import split, stem_of, stems, telling, use_begins

if TYPE_CHECKING:
    import numpy as np

    from landed.classify.dense import Dense, Nearness

# Attributes whose values name the goods; others ("Package size", "Certification") say nothing of the code.
_NAMING = re.compile(r"\btype|item|category|classification|product|^name$|form$|function", re.I)
_PEOPLE = frozenset(
    stem_of(w)
    for w in ["men", "women", "man", "woman", "boy", "boys", "girl", "girls", "kid", "kids", "baby", "children", "child", "ladies", "adult", "adults", "unisex", "unspecified", "male", "female", "home", "gift", "gifts", "christmas", "party"]
)

# Weights of the parts; measured on development files, see docs/classify.md.
W_NAMES, W_LINES, W_TITLES, W_FIELDS, W_MEMORY, W_DENSE = 1.0, 0.45, 0.25, 0.3, 1.2, 0.6
MEMORY_POWER = 1.5  # how much closer confirmed goods outweigh looser ones
NEARLY_SAME = 0.85  # likeness from which confirmed goods decide
USE_WEIGHT = 0.35  # of words after "for"
SHELF_NAME = 0.5  # of a name heard on the shop's shelf only: shelves are wide, "Hand Tool Sets" holds scrapers
BEFORE_NAME = 0.6  # of a name right before another: a "bicycle helmet" is a helmet


@dataclass
class Heard:
    """A trade name heard in the description: its weight and how each of its cases stands."""

    name: str
    weight: float
    row: int
    fits: list[Fit] = field(default_factory=list)
    sources: set[str] = field(default_factory=set)  # where it was heard: text, category, attribute


@dataclass
class Recall:
    """What was recalled: score by six-digit code (arrays over `tree.subheadings`), scores of lines said by name or memory, and the reasons."""

    scores: np.ndarray
    heard: list[Heard]
    facts: Facts
    tokens: dict[str, float]
    own: dict[str, float]  # the words of text and attributes without the shop's category
    prefixes: dict[str, float]  # score by code of 8 or 10 digits, from names and confirmed goods
    memory: list[tuple[str, float, str]]  # (code, likeness, text) of confirmed goods
    known_words: int
    parts: dict[str, np.ndarray] = field(default_factory=dict)  # what names, lines, titles, memory and nearness gave each subheading, 0 to about 1
    nearness: Nearness | None = None  # of the text in meaning, where a dense index is there

    @property
    def said(self) -> np.ndarray:
        """The scores of words, names and memory alone: those that the calibration was fitted on."""
        return self.scores if self.nearness is None else self.scores - W_DENSE * self.nearness.scores


class Memory(Protocol):
    """Confirmed goods, asked by words."""

    def like(self, tokens: dict[str, float]) -> Sequence[tuple[str, float, str]]:
        """(code, likeness 0 to 1, text) of the confirmed goods most like these words, best first."""


def recall(product: Product, tree: Tree, memory: Memory | None = None, dense: Dense | None = None) -> Recall:
    """Scores for every six-digit code of the tree; `dense` lets codes near in meaning rise."""
    import numpy as np

    product = replace(product, text=written_out(product.text))
    facts = read_facts(product.text, {**product.attributes, **({"category": " ".join(product.category)} if product.category else {})})
    heard, tokens, own = _hear(product, facts)
    count = len(tree.subheadings)
    number = tree.number
    line_index, owners = tree.line_index
    title_index = tree.title_index
    known = {word for word in tokens if title_index.knows(word) or line_index.knows(word)}
    asked = dict(tokens)
    if len(tokens) <= 6:
        for word in tokens.keys() - known:
            near = title_index.near(word)
            if near and not any(word in name for name in names().by_stems):
                asked[near] = 0.7 * tokens[word]
    by_title = title_index.scores(asked)
    by_line = line_index.scores(asked)
    of_lines = np.zeros(count, np.float32)
    np.maximum.at(of_lines, owners, by_line)
    of_lines, by_title = _level(of_lines), _level(by_title)
    total = W_LINES * of_lines + W_TITLES * by_title
    by_name = by_memory = np.zeros(count, np.float32)
    named: dict[str, float] = defaultdict(float)
    prefixes: dict[str, float] = defaultdict(float)
    for each in heard:
        for fit in each.fits:
            score = each.weight * fit.share
            named[fit.case.code[:6]] = max(named[fit.case.code[:6]], score) + 0.25 * min(named[fit.case.code[:6]], score)
            if len(fit.case.code) > 6:
                prefixes[fit.case.code] += score
    if named:
        top = max(named.values())
        strength = min(1.0, top / 0.8)
        by_name = np.zeros(count, np.float32)
        for six, score in named.items():
            if six in number:
                by_name[number[six]] = score / top * strength
        total += W_NAMES * by_name
        _lift_family(total, by_name, tree)
    total += W_FIELDS * _by_field(facts, tokens, tree)
    remembered: list[tuple[str, float, str]] = []
    if memory is not None:
        remembered = list(memory.like(tokens))
        by_memory = np.zeros(count, np.float32)
        for rank, (code, likeness, _) in enumerate(remembered):
            prefixes[code] += likeness / (1 + rank)
            place = number.get(code[:6])
            if place is not None:
                by_memory[place] += likeness**MEMORY_POWER / (1 + 0.5 * rank)
        by_memory = np.minimum(by_memory, 1.2)
        if remembered and remembered[0][1] >= NEARLY_SAME and remembered[0][0][:6] in number:
            # Nearly the same goods were settled by a person: that decides.
            by_memory[number[remembered[0][0][:6]]] += 2.0
            prefixes[remembered[0][0]] += 3.0  # its line too, before the one that a trade name gives
        total += W_MEMORY * by_memory
    parts = {"names": by_name, "lines": of_lines, "titles": by_title, "memory": by_memory}
    nearness = dense.near(product.text, tree) if dense is not None else None
    if nearness is not None:
        total += W_DENSE * nearness.scores
        parts["dense"] = nearness.scores
    return Recall(total, heard, facts, tokens, own, dict(prefixes), remembered, len(known) + len(heard), parts, nearness)


def _by_field(facts: Facts, tokens: dict[str, float], tree: Tree) -> np.ndarray:
    """What the field of trade suggests for goods that nothing names better; two fields that meet in a code count more."""
    import numpy as np

    found = np.zeros(len(tree.subheadings), np.float32)
    for wanted, words, codes in fields():
        said = [facts.weights[f] for f in wanted if f in facts.weights] + [min(tokens[w], 1.0) for w in words if w in tokens]
        if said:
            weight = max(said)
            for rank, code in enumerate(codes):
                place = tree.number.get(code)
                if place is not None:
                    found[place] = max(found[place], weight * (1 - 0.02 * rank)) + 0.3 * min(found[place], weight)
    return np.minimum(found, 1.6)


def _lift_family(total: np.ndarray, by_name: np.ndarray, tree: Tree) -> None:
    """Let the neighbours of a named code rise a little: same heading, then same chapter."""
    import numpy as np

    headings, chapters = tree.families
    for groups, share in ((headings, 0.12), (chapters, 0.04)):
        best = np.zeros(int(groups.max()) + 1, np.float32)
        np.maximum.at(best, groups, by_name)
        total += share * best[groups]


def _level(scores: np.ndarray) -> np.ndarray:
    top = float(scores.max()) if len(scores) else 0.0
    return scores / top if top > 0 else scores


def _leave_wholes(rows: dict[int, Heard]) -> None:
    """Let materials beside articles, and wholes beside their parts ("suitcase" where "suitcase wheels" is heard), count less."""
    known = vocabulary()
    articles = [each for each in rows.values() if not _is_material(each.name, known)]
    if articles:
        for each in rows.values():
            if _is_material(each.name, known):
                each.weight *= 0.35  # "leather wallet": the material says of what, the article what
    called = [(tuple(each.name.split()), each) for each in rows.values()]
    for long, part in called:
        for short, whole in called:
            if len(short) < len(long) and long[: len(short)] == short and part.row != whole.row:
                whole.weight = min(whole.weight, 0.6 * part.weight)


def _is_material(name: str, known: Vocabulary) -> bool:
    meaning = known.phrases.get(stems(name))
    return meaning is not None and known.family[meaning.fact] == "material"


def words_of(product: Product) -> dict[str, float]:
    """The telling stems of a product with their weights: text most, category and telling attributes less."""
    return _hear(replace(product, text=written_out(product.text)), Facts())[1]


def _hear(product: Product, facts: Facts) -> tuple[list[Heard], dict[str, float], dict[str, float]]:
    """The trade names in text, category and telling attributes, every word with its weight, and the words of the goods' own text."""
    rows: dict[int, Heard] = {}
    tokens: dict[str, float] = {}
    own: dict[str, float] = {}
    sources: list[tuple[str, float, str]] = [(product.text, 1.0, "text")]
    category = product.category
    if category:
        sources.append((category[-1], 1.3, "category"))
        sources.extend((part, 0.45, "field") for part in category[:-1])
    for key, value in product.attributes.items():
        if _NAMING.search(key):
            sources.append((value, 0.9, "attribute"))
            if "type" in key.lower() and len(key) > 9:
                sources.append((re.sub(r"(?i)\btype\b", "", key), 0.5, "attribute"))
        elif re.search(r"(?i)material|gender|power|use\b|usage|feature|style|applic|suit|set", key):
            for word in telling(value[:300]):
                tokens[word] = max(tokens.get(word, 0.0), 0.5)
                own[word] = max(own.get(word, 0.0), 0.5)
    everything: set[str] = set()
    spans: list[tuple[tuple[str, ...], float, str]] = []
    for text, weight, source in sources:
        is_text = source == "text"
        for part in re.split(r"[,;|/()\[\]\n]+", text[:6000]) if not is_text else [text]:
            words = split(part)
            if not words:
                continue
            stemmed = tuple(stem_of(w) for w in words)
            if source in ("text", "attribute"):
                everything.update(stemmed)  # the shop's shelf ("Locks & Keys") chooses no case of a name
            spans.append((words, weight, source))
            begins = use_begins(words, _PEOPLE) if is_text else len(words)
            for place, word in enumerate(words):
                for stemmed_word in telling(word):
                    share = weight if place < begins else weight * USE_WEIGHT
                    tokens[stemmed_word] = max(tokens.get(stemmed_word, 0.0), min(share, 1.2))
                    if source in ("text", "attribute"):
                        own[stemmed_word] = max(own.get(stemmed_word, 0.0), min(share, 1.0))
    all_tokens = frozenset(everything)
    for words, weight, source in spans:
        is_text = source == "text"
        stemmed = tuple(stem_of(w) for w in words)
        begins = use_begins(words, _PEOPLE) if is_text else len(words)
        named = find_names(stemmed)
        if is_text:
            named = _hear_brands(rows, stemmed, named[is_house(product.text, stemmed, named) :], facts)
        starts = {found.start: found.rows for found in named}
        for found in named:
            share = weight * (1 + 0.35 * (found.length - 1)) / (1 + 0.02 * found.start if is_text else 1)
            if found.start >= begins:
                share *= USE_WEIGHT
            follows = starts.get(found.start + found.length)
            if follows and found.start + found.length < begins and not set(follows) & set(found.rows):
                share *= BEFORE_NAME  # "putty knife scraper": two names of the same goods stand side by side
            if source == "category":
                share *= SHELF_NAME
            share /= len(found.rows) ** 0.5
            for row in found.rows:
                kept = rows.get(row)
                if kept is None:
                    kept = rows[row] = Heard(found.name, share, row)
                else:
                    # A second mention, or another name of the same row, confirms it.
                    kept.weight = max(kept.weight, share) + 0.3 * min(kept.weight, share)
                    kept.fits = []  # what the text itself says decides
                kept.sources.add(source)
    _leave_wholes(rows)
    heard = sorted(rows.values(), key=lambda h: -h.weight)[:24]
    for each in heard:
        each.fits = each.fits or fits(names().rows[each.row], facts, all_tokens)
    return heard, tokens, own


def _hear_brands(rows: dict[int, Heard], stemmed: tuple[str, ...], named: list[Found], facts: Facts) -> list[Found]:
    """Add what the brands in a text sell: names as if heard, more softly, and codes as rows of their own (below zero); the names that are not words of a brand, nor tastes and scents."""
    places = frozenset(place for found in named for place in range(found.start, found.start + found.length))
    sold = find_brands(stemmed, places)
    if sold and named:
        codes = frozenset(each.code or names().rows[row].cases[0].code for each in sold for row in each.rows or (0,))
        kept_names = [found for found in named if not is_flavour(found, codes) and not is_inside(found, stemmed, sold)]
        if len(kept_names) < len(named):
            named = kept_names
            sold = find_brands(stemmed, frozenset(place for found in named for place in range(found.start, found.start + found.length)))
    for each in sold:
        for row in each.rows or (-int("1" + each.code),):
            share = each.weight / max(len(each.rows), 1) ** 0.5
            kept = rows.get(row)
            if kept is None:
                found = [Fit(Case(each.code, ()), 1.0, (), ())] if each.code else fits(names().rows[row], facts, frozenset(stemmed + each.called))
                rows[row] = kept = Heard(each.brand, share, row, found)
            else:
                kept.weight = max(kept.weight, share) + 0.3 * min(kept.weight, share)
            kept.sources.add("brand")
    return named
