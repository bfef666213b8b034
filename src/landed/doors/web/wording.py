"""Words and figures as the pages print them: money, percents, days, statuses, bases."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

MINUS = "\u2212"
STATUS = {"applies": "applies", "displaced": "displaced", "exempt": "exempt", "not_applicable": "not due", "unknown": "open"}
ANSWER = {"complete": "complete", "estimated": "estimated", "partial": "part unknown", "refused": "may not enter"}
ANSWER_MEANS = {
    "complete": "no open question can change the duty",
    "estimated": "an open question or an unverified source can change it",
    "partial": "an amount is not known yet; the known part stands",
    "refused": "the law bars these goods",
}
BASIS = {"entered_value": "entered value", "non_us_content": "value without US content", "metal_content": "metal content", "quantity": "quantity", "cif": "value with freight"}
EFFECT = {"duty": "duty", "exempt": "relief", "prohibit": "ban", "notice": "notice", "minimum_price": "minimum price"}
KIND = {
    "301": "Section 301", "232": "Section 232", "201": "Section 201", "122": "Section 122", "338": "Section 338", "ieepa": "IEEPA", "base": "tariff line", "ad": "antidumping",
    "cvd": "countervailing", "98": "chapter 98", "mpf": "processing fee", "hmf": "harbor fee",
}  # fmt: skip
_ISO_DAY = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_ZERO = Decimal(0)


def money(amount: Decimal | None, *, cents: bool = True) -> str:
    """Dollars such as $10,400.00; "not known" for None, never zero."""
    if amount is None:
        return "not known"
    sign = MINUS if amount < 0 else ""
    return f"{sign}${abs(amount):,.2f}" if cents else f"{sign}${abs(amount):,.0f}"


def change(amount: Decimal | None) -> str:
    """A change in dollars with its sign, cents only where there are some: +$2,500, -$350.50, no change."""
    if amount is None:
        return "not known yet"
    if amount == 0:
        return "no change"
    whole = amount == amount.to_integral_value()
    return f"{'+' if amount > 0 else MINUS}${abs(amount):,.{0 if whole else 2}f}"


def percent(rate: Decimal | None, places: int = 2) -> str:
    """A percent with at most `places` decimals, two kept when there are any: 12.5%, 104%."""
    if rate is None:
        return ""
    text = f"{rate:,.{places}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "%"


def day(value: date | None, *, short: bool = False) -> str:
    """A day such as 9 April 2025 (9 Apr 2025 when short); "open" for None."""
    if value is None:
        return "open"
    return f"{value.day} {value:%b %Y}" if short else f"{value.day} {value:%B %Y}"


def days_in(text: str) -> str:
    """A sentence with its ISO days written out."""

    def spelled(match: re.Match[str]) -> str:
        try:
            return day(date(*map(int, match.groups())), short=True)
        except ValueError:
            return match.group()

    return _ISO_DAY.sub(spelled, text)


def sentence(text: str) -> str:
    """A reason with a capital and a full stop."""
    text = days_in(text.strip())
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!')) else '.'}" if text else ""


def basis(name: str) -> str:
    """The base of a duty in words."""
    return BASIS.get(name, name.replace("_", " "))


def number(text: str | None) -> Decimal | None:
    """The amount in a text of an answer, None for none."""
    return None if text is None else Decimal(text)


def sign(amount: Decimal | None) -> str:
    """up, down or same: the class that colours a change."""
    return "same" if not amount else "up" if amount > _ZERO else "down"


def answer(value: Any) -> str:
    """The value of an answer as it stands in an address."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value)
