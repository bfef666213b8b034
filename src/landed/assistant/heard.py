"""Which words of a sentence name goods: words that the trade uses for them, in English or Chinese."""

from __future__ import annotations

import re
from functools import lru_cache

_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def calls_goods(text: str) -> bool:
    """Whether a text holds a whole name of goods, and not only a word that is part of one. Goods named in Chinese have been put into English by then."""
    from landed.classify.goods import find_names
    from landed.classify.words import stems

    return bool(find_names(stems(text)))


def long_names(text: str) -> tuple[str, ...]:
    """The names of goods of two words and more in a text, as it writes them: the "cut" of "cut flowers" asks for nothing."""
    from landed.classify.goods import find_names
    from landed.classify.words import stem_of

    words = re.findall(r"[a-z][a-z'\-]*|\d+", text.lower())
    stems = tuple(stem_of(word) for word in words)
    return tuple(" ".join(words[found.start : found.start + found.length]) for found in find_names(stems) if found.length > 1)


def names_goods(text: str) -> bool:
    """Whether some word of a text is one that goods are called by. Chinese words are taken to be: the tariff's words are English."""
    return any(bool(_CHINESE.search(word)) or is_goods(word) for word in re.findall(r"[A-Za-z][A-Za-z'\-]*|[\u4e00-\u9fff]+", text))


@lru_cache(maxsize=8_192)
def is_goods(word: str) -> bool:
    """Whether one English word stands in a trade name of goods or is a fact of them (a material)."""
    from landed.classify.facts import vocabulary
    from landed.classify.words import stem_of

    low = word.lower().strip("'-")
    if len(low) < 2:
        return False
    return low in vocabulary().family or any(stem_of(part) in _trade_stems() for part in low.split("-"))


def is_trade_name(word: str) -> bool:
    """Whether one English word alone is what goods are called: "mug", "backpacks"."""
    from landed.classify.goods import names
    from landed.classify.words import stem_of

    return (stem_of(word.lower()),) in names().by_stems


@lru_cache(maxsize=1)
def _trade_stems() -> frozenset[str]:
    from landed.classify.goods import names

    return frozenset(stem for key in names().by_stems for stem in key if len(stem) > 1)
