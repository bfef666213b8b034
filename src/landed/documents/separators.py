"""Points and commas that a scan lost or mixed up, found again where the sums of the line leave one reading. Digits are never touched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import product

from landed.documents.checks import check, half, number
from landed.documents.model import Field
from landed.documents.numbers import plain

SURE = 0.6
SUMS = ("subtotal", "total", "freight", "insurance", "total_quantity")


def settle(fields: list[Field], lines: int) -> tuple[list[Field], list[str]]:
    """Fields with separators read anew where exactly one way makes quantity x price = amount, and a sentence for each such field."""
    by_id = {f.id: f for f in fields}
    said: list[str] = []
    for n in range(1, lines + 1):
        names = [f"lines.{n}.{part}" for part in ("quantity", "price", "amount")]
        found = [by_id.get(name) for name in names]
        if any(f is None or f.source != "scan" for f in found):
            continue
        here = [f for f in found if f is not None]
        if _agrees(*(Decimal(f.value) for f in here)):
            continue
        ways = [
            (sum(value != f.value for value, f in zip(values, here, strict=True)), values)
            for values in product(*(list(_readings(f)) for f in here))
            if _agrees(*(Decimal(v) for v in values))
        ]
        if not ways:
            continue
        least = min(changes for changes, _ in ways)
        best = [values for changes, values in ways if changes == least]
        if len(best) != 1:
            continue
        for value, each in zip(best[0], here, strict=True):
            _put(by_id, each, value, said)
    for name in SUMS:
        stated = by_id.get(name)
        if stated is None or stated.source != "scan":
            continue
        values = {f.id: f.value for f in by_id.values()}
        fails = _failed(values, lines)
        fitting = [value for value in _readings(stated) if value != stated.value and _failed({**values, name: value}, lines) < fails]
        if len(fitting) == 1:
            _put(by_id, stated, fitting[0], said)
    return [by_id[f.id] for f in fields], said


def _put(by_id: dict[str, Field], each: Field, value: str, said: list[str]) -> None:
    if value != each.value:
        by_id[each.id] = replace(each, value=value, confidence=min(each.confidence, SURE))
        said.append(f"{each.id} stands as {each.text!r}; its point was set by the sums: {value}.")


def _agrees(quantity: Decimal, price: Decimal, amount: Decimal) -> bool:
    return amount != 0 and abs(quantity * price - amount) <= max(half(amount), Decimal("0.005")) and abs(quantity * price - amount) <= Decimal("0.5")


def _failed(values: dict[str, str], lines: int) -> int:
    return sum(c.status == "fails" for c in check(values, lines).checks)


def _readings(each: Field) -> Iterator[str]:
    """The value as read, and with the separators of its text taken otherwise."""
    yield each.value
    current = number(each.value)
    bare = re.sub(r"[^\d.,]", "", each.text)
    digits = re.sub(r"\D", "", bare)
    if current is None or len(digits) < 3 or len(digits) > 12:
        return
    others = set()
    if re.fullmatch(r"\d{1,3}[.,]\d{3}", bare) or re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", bare):
        others |= {digits, _point(digits, 3)}
    marks = re.findall(r"[.,]", bare)
    if not marks or re.search(r"[.,]\d{3}\d+$", bare):
        others |= {_point(digits, n) for n in (2, 3, 4) if n < len(digits)}
    tail = re.search(r"[.,](\d{2,4})$", bare)
    if len(marks) >= 2 and tail:
        others |= {_point(digits, len(tail[1]))}
    for other in sorted(others):
        if Decimal(other) != current:
            yield plain(Decimal(other))


def _point(digits: str, decimals: int) -> str:
    return f"{digits[:-decimals] or '0'}.{digits[-decimals:]}"
