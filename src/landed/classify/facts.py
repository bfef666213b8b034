"""Facts of goods that separate codes (material, wearer, make, power), read from words and attributes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from landed.classify.words import split, stem_of, stems

DATA = Path(__file__).resolve().parent / "data"
_HEAD = re.compile(r"(\w+)(?:\s*\(([^)]*)\))?")
STATED, FURTHER, SAID, ASIDE = 1.0, 0.9, 0.8, 0.5  # weight of a fact: in an attribute made for it (first or further there), in the text, in another attribute
_LINING = re.compile(r"lining|insole|outsole|sole|packag|filling|season|occasion", re.I)


class Meaning(NamedTuple):
    """A phrase that states a fact: the fact, whether it counts only in an attribute made for it, and whether it names a kind that a tariff line means as such."""

    fact: str
    stated_only: bool
    kind: bool = False


@dataclass(frozen=True)
class Vocabulary:
    """The facts we know: family by fact, wider facts by fact, phrases (as stems) that state them, and those that state another one of cloth."""

    family: Mapping[str, str]
    wider: Mapping[str, tuple[str, ...]]
    phrases: Mapping[tuple[str, ...], Meaning]
    longest: int
    of_cloth: Mapping[tuple[str, ...], str]

    def related(self, one: str, other: str) -> bool:
        """Whether one fact implies the other, either way."""
        return one == other or other in self.wider.get(one, ()) or one in self.wider.get(other, ())


@dataclass
class Facts:
    """What is known of the goods: weight by fact (1 stated, less when only said), the words that said so, and the facts that are answers to a question."""

    weights: dict[str, float] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)

    def add(self, fact: str, weight: float, words: str) -> None:
        """Take a fact and every wider one it implies."""
        for each in (fact, *vocabulary().wider.get(fact, ())):
            if weight > self.weights.get(each, 0.0):
                self.weights[each] = weight
                self.said[each] = words

    def of(self, family: str) -> dict[str, float]:
        """The known facts of one family with their weights."""
        known = vocabulary().family
        return {fact: weight for fact, weight in self.weights.items() if known[fact] == family}


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The packaged vocabulary of facts."""
    family: dict[str, str] = {}
    direct: dict[str, tuple[str, ...]] = {}
    phrases: dict[tuple[str, ...], Meaning] = {}
    of_cloth: dict[tuple[str, ...], str] = {}
    current = ""
    for row in (DATA / "facts.txt").read_text(encoding="utf-8").splitlines():
        row = row.strip()
        if not row or row.startswith("#"):
            continue
        if row.startswith("["):
            current = row.strip("[]")
            continue
        head, _, words = row.partition("=")
        matched = _HEAD.match(head.strip())
        assert matched is not None
        fact = matched[1]
        family[fact] = current
        direct[fact] = tuple(w.strip() for w in (matched[2] or "").split(",") if w.strip())
        for phrase in words.split(","):
            phrase = phrase.strip()
            key = stems(phrase.lstrip("~^%"))
            if phrase.startswith("%"):
                of_cloth[key] = fact
            elif key:
                phrases.setdefault(key, Meaning(fact, phrase.startswith("~"), phrase.startswith("^")))
    # The umbrella facts have no words of their own in the file: they are reached through the narrower ones.
    for wide in {w for ws in direct.values() for w in ws} - family.keys():
        narrow = next(f for f, ws in direct.items() if wide in ws)
        family[wide] = family[narrow]
        direct[wide] = ()
    wider: dict[str, tuple[str, ...]] = {}
    for fact in family:
        above: list[str] = []
        queue = list(direct.get(fact, ()))
        while queue:
            up = queue.pop(0)
            if up not in above:
                above.append(up)
                queue.extend(direct.get(up, ()))
        wider[fact] = tuple(above)
    return Vocabulary(family, wider, phrases, max(map(len, phrases)), of_cloth)


def facts_of_line(text: str) -> tuple[tuple[str, str], ...]:
    """The facts a tariff line states, without the kinds that it means as such ("of corduroy" is more than "of cotton")."""
    known = vocabulary().phrases
    return tuple((fact, words) for fact, words in facts_in(text, True) if not known[stems(words)].kind)


@lru_cache(maxsize=2_000)
def facts_in(text: str, stated: bool = False) -> tuple[tuple[str, str], ...]:
    """The facts a text states, longest phrases first taken: (fact, the words)."""
    known = vocabulary()
    words = split(text)
    tokens = tuple(stem_of(w) for w in words)
    found: list[tuple[str, str]] = []
    place = 0
    while place < len(tokens):
        for length in range(min(known.longest, len(tokens) - place), 0, -1):
            meaning = known.phrases.get(tokens[place : place + length])
            if meaning and (stated or not meaning.stated_only):
                found.append((meaning.fact, " ".join(words[place : place + length])))
                place += length
                break
        else:
            place += 1
    return tuple(found)


def read_facts(text: str, attributes: Mapping[str, str]) -> Facts:
    """The facts of goods from their description and attributes; an attribute made for a fact outweighs the text."""
    known = vocabulary()
    facts = Facts()
    settled: set[str] = set()
    families = set(known.family.values())
    for name, value in attributes.items():
        key = name.lower()
        aside = bool(_LINING.search(key))
        whole = facts_in(value, True) if key in families else ()
        if len(whole) == 1 and known.family[whole[0][0]] == key and whole[0][1].casefold() == " ".join(split(value)).casefold():
            # The very answer to a question: a family's name and words that state one fact of it.
            facts.add(whole[0][0], STATED, whole[0][1])
            facts.answered.add(whole[0][0])
            settled.add(key)
        elif re.search(r"material|metal|fabric|upper|composition|hair type|gender|department|age|weav|make|power|batter", key):
            first = True
            for fact, words in facts_in(value, True):
                material = known.family[fact] == "material"
                # Of several materials the first named is the most of it, as a rule.
                facts.add(fact, ASIDE if aside else STATED if first or not material else FURTHER, words)
                first = first and not material
                if not aside:
                    settled.add(known.family[fact])
        else:
            for fact, words in facts_in(value):
                if known.family[fact] != "part":
                    facts.add(fact, ASIDE, words)
    for fact, words in facts_in(text):
        family = known.family[fact]
        if family == "material" and family in settled:
            # Keep what the text adds ("sterling silver" beside "metal"), at less weight than the stated material.
            facts.add(fact, ASIDE, words)
        else:
            facts.add(fact, SAID, words)
    _as_cloth(facts)
    return facts


def _as_cloth(facts: Facts) -> None:
    """Where the goods are known to be cloth, words that else name another material name a fiber: acrylic of a knitted hat is no plastic."""
    known = vocabulary()
    if not known.of_cloth or not ("textile" in facts.weights or facts.of("make")):
        return
    for fact, words in list(facts.said.items()):
        fiber = known.of_cloth.get(stems(words))
        if fiber and fact != fiber and fact not in known.wider.get(fiber, ()):
            facts.add(fiber, facts.weights[fact], words)
            del facts.weights[fact], facts.said[fact]
