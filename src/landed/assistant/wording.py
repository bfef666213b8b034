"""How amounts, rates and days are written in answers, in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from landed.assistant.answer import Language

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
_CHINESE = {"Merchandise processing fee": "货物处理费（MPF）", "Harbor maintenance fee": "港口维护费（HMF）", "Column 1 general rate": "第1栏普通税率", "Products of the country": "该国产品"}
_JOINED = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b")
UNKNOWN = {"en": "unknown", "zh": "未知"}


def money(amount: Any, lang: Language) -> str:
    """US dollars with thousands marks, or "unknown"."""
    if amount is None or amount == "":
        return UNKNOWN[lang]
    value = Decimal(str(amount))
    return f"{'-' if value < 0 else ''}${abs(value):,.2f}"


def percent(rate: Any, lang: Language) -> str:
    """A percent without needless zeros, or "unknown"."""
    if rate is None or rate == "":
        return UNKNOWN[lang]
    text = format(Decimal(str(rate)), "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "%"


def number(value: Any) -> str:
    """A number with thousands marks and no needless zeros."""
    text = f"{Decimal(str(value)):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def day(value: Any, lang: Language) -> str:
    """A day in words."""
    found = value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
    return f"{found.day} {_MONTHS[found.month - 1]} {found.year}" if lang == "en" else f"{found.year}年{found.month}月{found.day}日"


def duty_line(component: Mapping[str, Any], lang: Language) -> str:
    """What one line of an estimate is, in words: the law it rests on, its heading, its label. The class numbers of fees are left out."""
    kind, heading = str(component.get("kind") or ""), str(component["heading"] or "")
    law = either(lang, f"Section {kind}", f"第{kind}条") if kind.isdigit() else "IEEPA" if kind == "ieepa" else ""
    named = " ".join(part for part in (law, heading if len(heading) > 4 else "") if part)
    label = _CHINESE.get(str(component["label"]), str(component["label"])) if lang == "zh" else str(component["label"])
    return f"{named}: {label}" if named else label


def in_words(text: str) -> str:
    """A text without the names that only programs use: "asia_us_west" becomes "asia us west"."""
    return _JOINED.sub(lambda match: match[0].replace("_", " "), text)


def either(lang: Language, english: str, chinese: str) -> str:
    """The sentence in the language of the question."""
    return english if lang == "en" else chinese
