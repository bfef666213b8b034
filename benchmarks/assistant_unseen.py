"""Sentences never seen before they were first run: intents and slots measured apart, over whole conversations.

Run: python benchmarks/assistant_unseen.py [--set N] [--half even|odd] [--misses]; the file is tests/assistant/unseen.tsv (set, intent, slots, turns parted by ` >> `).
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from math import sqrt
from pathlib import Path

from landed.assistant.answer import Said, State
from landed.assistant.dialogue import Understanding, answer
from landed.assistant.slots import Reader
from landed.assistant.tools import Toolbox
from landed.operations.ask import toolbox
from landed.operations.engine import engine

FILE = Path(__file__).resolve().parents[1] / "tests" / "assistant" / "unseen.tsv"
TODAY = date(2026, 11, 23)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A conversation whose last turn is judged: the intents that are right, and the slots that must be read."""

    group: str
    intents: tuple[str, ...]
    slots: tuple[str, ...]
    turns: tuple[str, ...]

    @property
    def half(self) -> str:
        """Which half of its set it falls in, by hash."""
        return "even" if hashlib.sha1(" >> ".join(self.turns).encode()).digest()[0] % 2 == 0 else "odd"

    @property
    def chinese(self) -> bool:
        """Whether it holds Chinese letters."""
        return any("\u4e00" <= c <= "\u9fff" for c in "".join(self.turns))


@lru_cache(maxsize=1)
def sentences() -> tuple[Sentence, ...]:
    """Every sentence of the file."""
    rows = [line.split("\t") for line in FILE.read_text(encoding="utf-8").splitlines()[1:] if line.strip()]
    return tuple(Sentence(group, tuple(intent.split("|")), tuple(slots.split()), tuple(text.split(" >> "))) for group, intent, slots, text in rows)


@lru_cache(maxsize=1)
def reader() -> Reader:
    """The reader of the day the sentences were written for."""
    return Reader(dict(engine().law.countries), TODAY)


def told(sentence: Sentence) -> tuple[Said, Understanding]:
    """The answer to the last turn and how it was understood."""
    state, said, meant = State(), None, None
    for text in sentence.turns:
        said, state, meant, _ = answer(text, state, Toolbox(toolbox()), reader(), TODAY)
        state = state.then(text, said.text)
    assert said is not None and meant is not None
    return said, meant


def routed(sentence: Sentence, meant: Understanding) -> bool:
    """Whether the intent is a right one."""
    return (meant.intent if meant.intent not in ("", "none") else "unknown") in sentence.intents


def wrong_slots(sentence: Sentence, said: Said, meant: Understanding) -> list[str]:
    """The expected slots that were not read so."""
    s = meant.slots
    days = [d.isoformat() for d in (s.day, s.until, s.loading) if d]
    plain = {
        "code": s.code.replace(".", ""), "heading": (s.heading or s.code).replace(".", ""), "law": s.law, "origin": s.origin, "currency": s.currency, "mode": s.mode, "incoterm": s.incoterm,
        "day": s.day.isoformat() if s.day else "", "missing": said.missing, "quantity": s.quantity[0], "cargo": s.cargo[0],
    }  # fmt: skip
    missed = []
    for each in sentence.slots:
        sign = "~" if "~" in each.partition("=")[0] else "="
        name, _, wanted = each.partition(sign)
        if sign == "~":
            found = {"goods": s.goods, "from": s.place_from, "to": s.place_to, "party": s.party}[name]
            good = wanted.lower() in found.lower()
        elif name in ("value", "freight", "insurance"):
            found = getattr(s, name)
            good = bool(found) and Decimal(found) == Decimal(wanted)
        elif name == "origins":
            found = "+".join(s.origins)
            good = set(s.origins) == set(wanted.split("+"))
        elif name == "when":
            found = " ".join(days)
            good = any(d.startswith(wanted) for d in days)
        else:
            found = plain[name]
            good = found == (wanted.replace(".", "") if name in ("code", "heading") else wanted)
        if not good:
            missed.append(f"{each} but {found!r}")
    return missed


def wilson(hits: int, of: int) -> str:
    """A rate with its 95% interval."""
    p, z = hits / of, 1.96
    middle, half, under = p + z * z / (2 * of), z * sqrt(p * (1 - p) / of + z * z / (4 * of * of)), 1 + z * z / of
    return f"{hits}/{of} = {p:.1%} [{(middle - half) / under:.1%}, {(middle + half) / under:.1%}]"


def main() -> None:
    """Print the figures, and the misses where they are asked for."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--set", default="")
    asked.add_argument("--half", default="")
    asked.add_argument("--misses", action="store_true")
    args = asked.parse_args()
    right: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    read: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    near: Counter[str] = Counter()  # right, or offered to click
    for sentence in sentences():
        if args.set and sentence.group != args.set or args.half and sentence.half != args.half:
            continue
        said, meant = told(sentence)
        good, missed = routed(sentence, meant), wrong_slots(sentence, said, meant)
        for group in (f"set {sentence.group}", f"set {sentence.group} {sentence.half}", f"set {sentence.group} {'Chinese' if sentence.chinese else 'English'}"):
            right[group][0] += good
            right[group][1] += 1
            near[group] += good or meant.routed.second in sentence.intents
            read[group][0] += len(sentence.slots) - len(missed)
            read[group][1] += len(sentence.slots)
        if args.misses and (not good or missed):
            print(f"{'|'.join(sentence.intents)} -> {meant.intent or 'unknown'}: {' >> '.join(sentence.turns)}  {'; '.join(missed)}")
    for group in right:
        print(f"{group:16} intents {wilson(*right[group])}; slots {wilson(*read[group])}; right or one click away {near[group] / right[group][1]:.1%}")


if __name__ == "__main__":
    sys.exit(main())
