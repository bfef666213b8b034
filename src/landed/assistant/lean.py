"""What a sentence leans to by its wording alone: weights learned from our own sentences, which help where no cue was foreseen."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from math import exp, sqrt
from pathlib import Path
from typing import Any

from landed.assistant.heard import is_goods
from landed.assistant.slots import Slots, names, plain

FILE = Path(__file__).parent / "data" / "leanings.json"
_TOKEN = re.compile(r"[a-z][a-z'\-]*|10\+2|\d[\d.,/]*|[\u4e00-\u9fff]+|\?")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def features(text: str, slots: Slots, mend: Callable[[str], str]) -> frozenset[str]:
    """Words, pairs and pairs with a gap, with goods, countries and numbers put aside, and which slots were read ("#origin")."""
    from landed.classify.words import stem_of

    goods = set(slots.goods.lower().split())
    tokens: list[str] = []
    for word in _TOKEN.findall(plain(text).lower()):
        if _CHINESE.match(word):
            tokens += word
        elif word in _countries():
            tokens.append("<o>")
        elif word in goods and is_goods(word):
            tokens.append("<g>")
        elif word[0].isdigit():
            tokens.append("<n>")
        else:
            tokens.append(stem_of(mend(word)))
    line = ["^", *tokens, "$"]
    found = set(tokens) | {f"#{name}" for name in slots.named()}
    for place, one in enumerate(line):
        after = line[place + 1 : place + 3]
        found |= {f"{one} {after[0]}"} if after else set()
        if len(after) == 2 and one != "^":
            found.add(f"{one} _ {after[1]}")
            found |= {one + after[0] + after[1]} if _CHINESE.match(one) else set()
    return frozenset(found)


def leanings(found: Iterable[str]) -> dict[str, float]:
    """The chance of each intent by what was learned; the chances add up to one."""
    data = _learned()
    sums = dict(data["start"])
    known = [data["weights"][each] for each in found if each in data["weights"]]
    scale = sqrt(len(known) + 1)
    for row in known:
        for intent, weight in row.items():
            sums[intent] += weight / scale
    top = max(sums.values())
    parts = {intent: exp(value - top) for intent, value in sums.items()}
    whole = sum(parts.values())
    return {intent: part / whole for intent, part in parts.items()}


@lru_cache(maxsize=1)
def _learned() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    return frozenset(str(name).lower() for also in names()["countries"].values() for name in also if str(name).isascii())
