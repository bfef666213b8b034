"""Tells what a question is about: phrases with weights, misspellings mended, and what the slots show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from landed.assistant.near import nearest
from landed.assistant.slots import Slots, plain

HERE = Path(__file__).parent
LEAST = 1.0  # a weight below this shows nothing
_WORD = re.compile(r"[a-z][a-z'\-]*|10\+2|\d+")


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing that can be asked: its name, its title by language, what it needs, its cues, what slots say for or against it."""

    name: str
    title: Mapping[str, str]
    needs: tuple[tuple[str, ...], ...]
    cues: Mapping[str, float]
    beside: Mapping[str, float]
    write: bool


@dataclass(frozen=True, slots=True)
class Routed:
    """The intent with the greatest weight ("" where nothing shows one), its weight, and all weights."""

    name: str
    weight: float
    weights: Mapping[str, float]


@lru_cache(maxsize=1)
def intents() -> dict[str, Intent]:
    """Every intent of the packaged data, by name."""
    found = {}
    for name, row in _data()["intents"].items():
        needs = tuple(tuple(each) if isinstance(each, list) else (str(each),) for each in row["needs"])
        found[name] = Intent(name, row["title"], needs, {str(k): float(v) for k, v in row["cues"].items()}, row.get("with", {}), bool(row.get("write")))
    return found


def starts_afresh(text: str) -> bool:
    """Whether a text asks to forget what was said."""
    return plain(text).lower().strip(" .!") in set(_data()["again"])


def follows(text: str) -> bool:
    """Whether a text goes on from the question before: "and from Mexico?"."""
    low = plain(text).lower()
    return any(low.startswith(str(word)) if str(word).isascii() else str(word) in low for word in _data()["follow"])


def route(text: str, slots: Slots) -> Routed:
    """What a text asks for."""
    low = plain(text).lower()
    words = [mend(word) for word in _WORD.findall(low)]
    line = f" {' '.join(words)} "
    present = slots.named()
    weights: dict[str, float] = {}
    for name, intent in intents().items():
        weight = 0.0
        taken = line
        for cue, worth in _cues(name):
            if cue.isascii():
                if f" {cue} " in taken:
                    weight += worth
                    taken = taken.replace(f" {cue} ", " | ", 1)  # "landed" is not counted again inside "landed cost"
            elif cue in low:
                weight += worth
        if weight > 0 or name == "quote" or name == "compare" and "two_origins" in present:
            weight += sum(float(intent.beside.get(slot, 0)) for slot in present)
        weights[name] = round(weight, 3)
    best = max(weights, key=lambda name: weights[name])
    return Routed(best if weights[best] >= LEAST else "", weights[best], weights)


def mend(word: str) -> str:
    """A misspelt word of the cues as it was meant; any other word as it stands."""
    known = _vocabulary()
    if len(word) < 4 or not word.isalpha() or word in known:
        return word
    for single in (word.removesuffix("s"), word.removesuffix("es"), word + "s"):  # number says nothing of what is asked
        if single in known:
            return single
    return nearest(word, known, most=1 if len(word) < 7 else 2) or word


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    import yaml

    found: dict[str, Any] = yaml.safe_load((HERE / "data" / "intents.yaml").read_text(encoding="utf-8"))
    return found


@lru_cache(maxsize=64)
def _cues(name: str) -> tuple[tuple[str, float], ...]:
    """The cues of an intent, the longest first."""
    return tuple(sorted(intents()[name].cues.items(), key=lambda row: -len(row[0])))


@lru_cache(maxsize=1)
def _vocabulary() -> frozenset[str]:
    words = {word for intent in intents().values() for cue in intent.cues if cue.isascii() for word in cue.split() if word.isalpha() and len(word) >= 4}
    return frozenset(words)
