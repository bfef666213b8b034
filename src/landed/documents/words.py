"""The vocabulary of papers: which label names which part, and units, currencies and countries by their names on paper."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "data" / "words.yaml"
_ALIKE = str.maketrans("01", "ol")  # readers of pictures mix these up in words


@lru_cache(maxsize=65536)
def key(text: str) -> str:
    """A label without case, accents, blanks and marks, so that "Unit-Price:" and "UNIT PRICE" are one."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in plain if c.isalnum() or c == "#")


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """The vocabulary as it stands in data/words.yaml."""
    from landed.lawbook.load import read_yaml

    return read_yaml(FILE)


@lru_cache(maxsize=8)
def names(part: str) -> Mapping[str, str]:
    """{key of a label: what it names} for columns, fields, totals, titles, units, currencies, countries or transport."""
    return {key(str(label)): name for name, labels in words()[part].items() for label in labels}


@lru_cache(maxsize=65536)
def match(part: str, text: str) -> str | None:
    """What a label names: exactly, or with one letter in eight misread; None when nothing fits."""
    wanted = key(text)
    if not wanted:
        return None
    known = names(part)
    if wanted in known:
        return known[wanted]
    if len(wanted) < 6:
        return None
    import difflib

    near = difflib.get_close_matches(wanted.translate(_ALIKE), known, n=1, cutoff=0.87)
    return known[near[0]] if near and abs(len(near[0]) - len(wanted)) <= 1 else None


def currency_in(text: str) -> str | None:
    """The currency that a text names by code, word or a sign of its own; None where it names none (a bare $ may be several)."""
    low = text.casefold()
    for code, signs in words()["currencies"].items():
        for sign in (code.lower(), *signs):
            if re.search(rf"(?<![a-z]){re.escape(sign)}(?![a-z])", low):
                return str(code)
    return None


def unit_of(text: str) -> str | None:
    """The unit of quantity that a text names, or None."""
    return names("units").get(key(text))


@lru_cache(maxsize=4096)
def country_in(text: str, known: tuple[tuple[str, str], ...] = ()) -> str | None:
    """The country at the end of a text or that is the text: by code, name or a name on paper. `known` is (code, name)."""
    low = re.sub(r"\s+", " ", text.strip(" .,;:()")).casefold()
    if not low:
        return None
    if len(low) == 2 and low.upper() in {code for code, _ in known}:
        return low.upper()
    pressed = key(low)
    for code, names_ in [*((c, (n,)) for c, n in known), *words()["countries"].items()]:
        for name in names_:
            if pressed == key(str(name)):
                return str(code)
    tail = re.split(r"[,;/]|\s-\s", low)[-1].strip()
    if tail != low:
        return country_in(tail, known)
    for count in (3, 2, 1):
        part = " ".join(low.split()[-count:])
        if part != low and len(key(part)) > 2 and (found := country_in(part, known) if count > 1 else _one(part, known)):
            return found
    return None


def _one(word: str, known: tuple[tuple[str, str], ...]) -> str | None:
    pressed = key(word)
    for code, names_ in [*((c, (n,)) for c, n in known), *words()["countries"].items()]:
        if any(pressed == key(str(name)) for name in names_):
            return str(code)
    return None
