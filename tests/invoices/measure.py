"""What of a paper was read right."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from typing import Any

from invoices.goods import Paper


def numbers_right(reading: Any, paper: Paper) -> tuple[int, int, list[str]]:
    """(right, all, what is wrong) over every number of the paper; a number in the wrong field is wrong."""
    values = {f.id: f.value for f in reading.fields}
    wrong = []
    truth = paper.numbers()
    for place, value in truth.items():
        got = values.get(place, "")
        same = got == value if isinstance(value, str) else _number(got) == value
        if not same:
            wrong.append(f"{place}: {got or 'nothing'} for {value}")
    return len(truth) - len(wrong), len(truth), wrong


def texts_right(reading: Any, paper: Paper) -> tuple[int, int, list[str]]:
    """(right, all, what is wrong) over number, day, parties, currency, Incoterm and origin."""
    values = {f.id: f.value for f in reading.fields}
    listing = "amount" not in paper.shows
    truth = {"invoice_number": paper.number, "date": paper.date, "seller.name": paper.seller[0], ("consignee.name" if listing else "buyer.name"): paper.buyer[0], "incoterm": paper.incoterm, "seller.country": paper.seller[2]}
    if not listing:
        truth["currency"] = paper.currency
    press = lambda text: "".join(c for c in text.casefold() if c.isalnum())  # noqa: E731
    wrong = [f"{place}: {values.get(place, 'nothing')} for {value}" for place, value in truth.items() if press(values.get(place, "")) != press(value)]
    return len(truth) - len(wrong), len(truth), wrong


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def words_right(reading: Any, paper: Paper) -> tuple[int, int, int]:
    """(right, read, written) over the words of the descriptions, numbers in them among them; a word run into the next is wrong twice."""
    right = read = written = 0
    for n, line in enumerate(paper.lines, 1):
        truth, got = Counter(re.findall(r"\w+", line.description.casefold())), Counter(re.findall(r"\w+", reading.value(f"lines.{n}.description").casefold()))
        right, read, written = right + (truth & got).total(), read + got.total(), written + truth.total()
    return right, read, written
