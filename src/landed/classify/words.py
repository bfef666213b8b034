"""Words of descriptions: stems in order, phrases in text, and the words after "for", which name a use and not the goods."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from landed.schedule.titles import stem

_WORD = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_USE = frozenset(["for", "fit", "fits", "compatible", "suitable", "with"])
EMPTY = frozenset(
    [
        "a", "an", "and", "any", "as", "at", "by", "from", "in", "into", "is", "it", "its", "of", "on", "or", "that", "the", "their", "thereof",
        "this", "to", "which", "than", "nor", "not", "whether", "kind", "used", "for", "with", "other", "similar", "including", "excluding",
        "heading", "subheading", "elsewhere", "specified", "n", "e", "c", "fit", "fits", "compatible", "suitable", "new", "hot", "sale",
        "pcs", "pc", "piece", "pieces", "1pc", "1pcs", "high", "quality", "fashion", "style", "design", "2023", "2024", "2025", "free", "shipping", "lot",
    ]
)  # fmt: skip


@lru_cache(maxsize=50_000)
def stem_of(word: str) -> str:
    """The stem of one lower-case word."""
    return stem(word)


@lru_cache(maxsize=1)
def spellings() -> dict[str, tuple[str, ...]]:
    """The words of the tariff for British spellings and shop words."""
    path = Path(__file__).resolve().parent / "data" / "spellings.txt"
    rows = (row.partition("=") for row in path.read_text(encoding="utf-8").splitlines() if "=" in row and not row.startswith("#"))
    return {left.strip(): tuple(right.strip().replace("-", "").split()) for left, _, right in rows}


@lru_cache(maxsize=1_000)
def split(text: str) -> tuple[str, ...]:
    """The lower-case words of a text with hyphenated words both opened and in order ("t-shirt" stays "tshirt")."""
    found: list[str] = []
    spelled = spellings()
    for word in _WORD.findall(text.lower().replace("'s", "s").replace("’s", "s")):
        if word in spelled:
            found.extend(spelled[word])
            continue
        if word.startswith("sulph"):
            word = "sulf" + word[5:]
        if "-" not in word:
            found.append(word)
            continue
        first, *rest = word.split("-")
        if len(first) == 1 and first.isalpha():
            found.append("".join([first, *rest]))  # t-shirt, o-ring, x-ray
        else:
            found.extend([first, *rest])
    return tuple(found)


def stems(text: str) -> tuple[str, ...]:
    """The stems of every word of a text, in order."""
    return tuple(stem_of(word) for word in split(text))


@lru_cache(maxsize=1_000)
def telling(text: str) -> tuple[str, ...]:
    """The stems of the words of a text that say something about goods."""
    return tuple(stem_of(word) for word in split(text) if word not in EMPTY and not word.isdigit())


def use_begins(words: tuple[str, ...], people: frozenset[str]) -> int:
    """The place of the first word after "for", "fits" or "with", from which a text names the use; its length when there is none.

    "for women" names a wearer, not a use: words of `people` do not begin one.
    """
    for place, word in enumerate(words):
        if word in _USE and place > 0 and place + 1 < len(words) and stem_of(words[place + 1]) not in people:
            return place + 1
    return len(words)
