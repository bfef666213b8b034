"""Reads a sentence from the one box: "9503.00.0073 from China $10,000 on 2025-04-09" or "cotton t-shirts from Vietnam 8k usd"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from landed.doors.web import wording

_DAY = re.compile(r"\b(?:on\s+)?(\d{4})-(\d\d)-(\d\d)\b", re.I)
_CODE = re.compile(r"(?<![\d.])(\d{4}\.\d\d(?:\.\d\d(?:\.?\d\d)?)?|\d{4}\.\d\d\.\d{4}|\d{8}(?:\d\d)?|\d{6})(?![\d.]*\d)")
_AMOUNT = re.compile(r"(?:\$|\busd\s*)\s*(\d[\d,]*(?:\.\d+)?)\s*([km])?\b|(?<![\d.])(\d[\d,]*(?:\.\d+)?)\s*([km])?\s*(?:usd|dollars?|\$)(?!\w)|(?<![\d.])(\d[\d,]*(?:\.\d+)?)\s*([km])\b", re.I)
_FROM = re.compile(r"\b(?:from|of|made in|origin)\s+([A-Z]{2})\b")
_SMALL = re.compile(r"\b(?:from|made in|origin|worth|value|on|for)\b", re.I)
_TIMES = {"k": 1_000, "m": 1_000_000}


@dataclass(frozen=True, slots=True)
class Understood:
    """What a text says: the fields found in it, and the words left over (the goods)."""

    code: str = ""
    origin: str = ""
    value: str = ""
    on: str = ""
    words: str = ""

    @property
    def more_than_goods(self) -> bool:
        """Whether the text names an origin, a value or a day."""
        return bool(self.origin or self.value or self.on)

    def said(self, countries: Mapping[str, str]) -> str:
        """The fields in words, for the reader to check."""
        parts = [self.code or (f"goods “{self.words}”" if self.words else "")]
        parts += [f"made in {countries[self.origin]}"] if self.origin else []
        parts += [f"value {wording.money(Decimal(self.value))}"] if self.value else []
        parts += [f"entry {wording.day(date.fromisoformat(self.on))}"] if self.on else []
        return ", ".join(filter(None, parts))


def understand(text: str, countries: Mapping[str, str]) -> Understood:
    """The fields named in a text; a text without any is all words. `countries` maps codes to names."""
    rest = text.strip()
    on = code = value = origin = ""
    if match := _DAY.search(rest):
        try:
            on = date(*map(int, match.groups())).isoformat()
            rest = rest.replace(match.group(), " ", 1)
        except ValueError:
            on = ""
    if match := _CODE.search(rest):
        code = match.group(1)
        rest = rest[: match.start()] + " " + rest[match.end() :]
    if match := _AMOUNT.search(rest):
        number, times = next((n, t) for n, t in zip(match.groups()[::2], match.groups()[1::2], strict=True) if n)
        try:
            amount = Decimal(number.replace(",", "")) * _TIMES.get((times or "").lower(), 1)
            value = format(amount.normalize(), "f")
            rest = rest[: match.start()] + " " + rest[match.end() :]
        except InvalidOperation:
            value = ""
    if (match := _FROM.search(rest)) and match.group(1) in countries:
        origin = match.group(1)
        rest = rest[: match.start()] + " " + rest[match.end() :]
    else:
        # The longest name wins: "South Korea" before "Korea", "Niger" never inside "Nigeria".
        for name, country in sorted(((n, c) for c, n in countries.items()), key=lambda row: -len(row[0])):
            if match := re.search(rf"(?:\b(?:from|made in|of|origin)\s+)?\b{re.escape(name)}\b", rest, re.I):
                origin = country
                rest = rest[: match.start()] + " " + rest[match.end() :]
                break
    words = " ".join(_SMALL.sub(" ", rest).replace(",", " ").split()) if (origin or value or on or code) else " ".join(rest.split())
    return Understood(code, origin, value, on, words)
