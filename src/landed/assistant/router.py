"""Tells what a question is about: phrases with weights, misspellings mended, and what the slots show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import log
from pathlib import Path
from typing import Any

from landed.assistant.heard import is_trade_name, long_names
from landed.assistant.lean import features, leanings
from landed.assistant.near import nearest
from landed.assistant.slots import Slots, plain

HERE = Path(__file__).parent
_KEYS = {letter: 20 * row + place for row, line in enumerate(("qwertyuiop", "asdfghjkl", "zxcvbnm")) for place, letter in enumerate(line)}
CUES = 7.0  # what the cues say against what was learned
NEAR = 2.5  # an intent whose score is not further behind may be meant as well
LIKELY = 0.6  # a wording that leans so much to an intent shows it without a cue
LEAST = 1.0  # a weight below this shows nothing
SURE = 1.5  # and below this where nothing else was read from the text
_WORD = re.compile(r"[a-z][a-z'\-]*|10\+2|7501|\d+")


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
    """The intent that is meant most likely ("" where nothing shows one), its weight, all weights, and the next one where it is near."""

    name: str
    weight: float
    weights: Mapping[str, float]
    second: str = ""  # another intent that is nearly as likely


@lru_cache(maxsize=1)
def intents() -> dict[str, Intent]:
    """Every intent of the packaged data, by name."""
    found = {}
    for name, row in _data()["intents"].items():
        needs = tuple(tuple(each) if isinstance(each, list) else (str(each),) for each in row["needs"])
        found[name] = Intent(name, row["title"], needs, {str(k): float(v) for k, v in row["cues"].items()}, row.get("with", {}), bool(row.get("write")))
    return found


def request_for(intent: str) -> str:
    """The one word that asks for an intent about what was talked of, or ""."""
    return next((str(word) for word, name in _data()["alone"].items() if name == intent and str(word).isascii()), "")


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
    if single := _data()["alone"].get(low.strip(" .?!？。！")):
        return Routed(str(single), 9, {str(single): 9})
    words = [mend(word) for word in _WORD.findall(low)]
    line = f" {' '.join(words)} "
    for name in long_names(slots.goods):
        line = line.replace(f" {name} ", " | ")
    present = slots.named()
    weights: dict[str, float] = {}
    for name, intent in intents().items():
        weight = 0.0
        taken = line
        for cue, worth in _cues(name):
            if " .. " in cue:
                if gap := _gapped(cue).search(taken):
                    weight += worth
                    taken = f"{taken[: gap.start()]} | {gap[1]} | {taken[gap.end() :]}"
            elif cue.isascii():
                if f" {cue} " in taken:
                    weight += worth
                    taken = taken.replace(f" {cue} ", " | ", 1)  # "landed" is not counted again inside "landed cost"
            elif cue in low:
                weight += worth
        if weight > 0 or name == "quote" or name == "compare" and "two_origins" in present:
            weight += sum(float(intent.beside.get(slot, 0)) for slot in present)
        weights[name] = round(weight, 3)
    leans = leanings(features(text, slots, mend))
    top = max(weights.values())
    scores = {name: CUES * weights[name] / (top + 1.5) + log(leans.get(name, 0.0) + 0.01) for name in weights}
    best, second = sorted(scores, key=lambda name: -scores[name])[:2]
    sure = weights[best] >= (LEAST if present or not low.isascii() else SURE) or leans.get(best, 0.0) >= LIKELY
    near = second if sure and scores[best] - scores[second] < NEAR and weights[second] >= LEAST and "none" not in (best, second) else ""
    return Routed(best if sure else "", weights[best], weights, near)


def mend(word: str) -> str:
    """A misspelt word of the cues as it was meant; any other word as it stands."""
    known = _vocabulary()
    if len(word) < 4 or not word.isalpha() or word in known or word in _ordinary() or is_trade_name(word):
        return word
    for single in (word.removesuffix("s"), word.removesuffix("es"), word + "s"):  # number says nothing of what is asked
        if single in known:
            return single
    meant = nearest(word, known, most=1 if len(word) < 9 else 2)
    return meant if meant and not _another(word, meant) else word


def _another(word: str, known: str) -> bool:
    """Whether a word that differs by one changed consonant is rather another word: "feel" is not "fees"; keys side by side slip."""
    changed = [(a, b) for a, b in zip(word, known, strict=False) if a != b] if len(word) == len(known) else []
    if len(changed) != 1:
        return False
    one, other = changed[0]
    return not ({one, other} <= set("aeiouy") or abs(_KEYS.get(one, 99) - _KEYS.get(other, -99)) == 1)


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    import yaml

    found: dict[str, Any] = yaml.safe_load((HERE / "data" / "intents.yaml").read_text(encoding="utf-8"))
    return found


@lru_cache(maxsize=1)
def _ordinary() -> frozenset[str]:
    """Everyday words near to a cue, which are not misspellings of it."""
    return frozenset(map(str, _data()["ordinary"]))


@lru_cache(maxsize=512)
def _gapped(cue: str) -> re.Pattern[str]:
    """A cue with up to four words between its parts."""
    return re.compile(" " + r"((?: [^ |]+){0,4}) ".join(re.escape(part) for part in cue.split(" .. ")) + "(?= )")


@lru_cache(maxsize=64)
def _cues(name: str) -> tuple[tuple[str, float], ...]:
    """The cues of an intent, the longest first."""
    return tuple(sorted(intents()[name].cues.items(), key=lambda row: -len(row[0])))


@lru_cache(maxsize=1)
def _vocabulary() -> frozenset[str]:
    words = {word for intent in intents().values() if intent.name != "none" for cue in intent.cues if cue.isascii() for word in cue.split() if word.isalpha() and len(word) >= 4}
    return frozenset(words)
