"""Clipped words of parcel labels written out: "shmp" is shampoo, "bdywsh" body wash, a last word cut off at thirty letters is finished."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import lru_cache

from landed.classify.brands import brands, known_words
from landed.classify.facts import DATA
from landed.classify.goods import names
from landed.classify.words import stem_of

CUT = range(27, 32)  # letters of a label cut off by the carrier's form
LABEL = 60  # letters of the longest label, whose counts and sizes say nothing of the code
SPARSE = 0.3  # share of vowels below which a word looks clipped
_VOWEL = re.compile(r"[aeiouy]")
_TWICE = re.compile(r"(.)\1")
_AMOUNT = re.compile(r"\b(?:pack of \d+(?: [aelr]\))?|\d+ ?x(?= |\d|$)|x ?\d+\b|\d+(?:\.\d+)? ?(?:ml|cl|ltrs?|kg|gm?|oz|floz|pk|pck|s)\b)")
_LABEL = re.compile(r"[A-Za-z&/]{2,}")


@lru_cache(maxsize=1)
def _written() -> dict[str, str]:
    """Clipped forms with their words, from `clipped.txt`."""
    rows = (row.partition("=") for row in (DATA / "clipped.txt").read_text(encoding="utf-8").splitlines() if "=" in row and not row.startswith("#"))
    return {form.strip(): right.strip() for left, _, right in rows for form in left.split(",")}


@lru_cache(maxsize=1)
def _vocabulary() -> tuple[Counter[str], dict[str, list[str]], dict[str, list[str]]]:
    """How often each word stands in trade names, words and short names by their consonants, and words by their first three letters."""
    often: Counter[str] = Counter()
    by_bones: dict[str, list[str]] = defaultdict(list)
    by_start: dict[str, list[str]] = defaultdict(list)
    for name in names().spelled.values():
        words = [w for w in re.split(r"[^a-z]+", name.lower()) if w]
        often.update(w for w in words if len(w) > 2)
        if len(words) == 2 and len(name) > 7:
            by_bones[bones("".join(words))].append(" ".join(words))
    for word in brands().words:
        often[word] += 1
    for word in often:
        if len(word) > 3:
            by_bones[bones(word)].append(word)
            by_start[word[:3]].append(word)
    return often, by_bones, by_start


def bones(word: str) -> str:
    """The first letter and the consonants after it, doubled ones once: "conditioner" gives "cndtnr"."""
    return _TWICE.sub(r"\1", word[0] + _VOWEL.sub("", word[1:]))


def _is_inside(short: str, long: str) -> bool:
    letters = iter(long)
    return all(letter in letters for letter in short)


@lru_cache(maxsize=20_000)
def write_out(word: str, cut: bool) -> str:
    """One lower-case unknown word written out, or itself. `cut` says it is the last of a label that was cut off."""
    known = known_words()
    if word in _written():
        return _written()[word]
    if len(word) < 3 or not word.isalpha() or stem_of(word) in known:
        return word
    often, by_bones, by_start = _vocabulary()
    if len(_VOWEL.findall(word[1:])) <= SPARSE * len(word) and len(bones(word)) >= 3:
        flat = word.replace(" ", "")
        near = [w for w in by_bones.get(bones(word), ()) if len(w.replace(" ", "")) > len(word) and _is_inside(flat, w.replace(" ", ""))]
        if near:
            return max(near, key=lambda w: (often.get(w, 1), -len(w), w))
    if cut:
        near = [w for w in by_start.get(word[:3], ()) if w.startswith(word)]
        if near:
            return max(near, key=lambda w: (often[w], -len(w), w))
    if len(word) >= 8:
        for size in range(len(word) - 1, 5, -1):
            if word[-size:] in _written():
                return _written()[word[-size:]]
        for size in range(len(word) - 1, 4, -1):
            if word[:size] in often:
                rest = word[size:]
                return f"{word[:size]} {write_out(rest, cut) if len(rest) > 2 else ''}".strip()
    return word


@lru_cache(maxsize=4_000)
def written_out(text: str) -> str:
    """A short description with its clipped and glued words written out; longer texts and known words stay as they are."""
    if len(text) > 160:
        return text
    cut = len(text) in CUT
    low = _AMOUNT.sub(" ", text.lower()) if len(text) <= LABEL else text.lower()

    def whole(found: re.Match[str]) -> str:
        out = write_out(found[0], cut and found.end() == len(low))
        return out if out == found[0] else f" {out} "

    return " ".join(_LABEL.sub(whole, low).split())
