"""The sums of a document: which hold, which fields are suspect where one fails, and single digits that would make all agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import combinations
from string import digits as DIGITS

from landed.documents.model import Check, Proposal
from landed.documents.numbers import plain

ALIKE = {frozenset(pair) for pair in ("17", "38", "56", "08", "06", "68", "49", "14", "27", "58", "89", "35", "09")}  # digits that pictures confuse
CHARGES = ("freight", "insurance", "packing", "other", "tax")
SUMMED = ("quantity", "packages", "net_weight", "gross_weight", "volume")
WORDS = {"quantity": "quantities", "packages": "packages", "net_weight": "net weights", "gross_weight": "gross weights", "volume": "volumes"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """All checks of a document, fields that are suspect, proposals, and the charges that stand beside the goods in the total."""

    checks: tuple[Check, ...]
    proposals: tuple[Proposal, ...]
    suspects: tuple[str, ...]
    beside: frozenset[str]


def number(text: str | None) -> Decimal | None:
    """A value in plain form as a number, or None."""
    if not text:
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < Decimal(10) ** 15 else None


def half(value: Decimal) -> Decimal:
    """Half a unit in the last place in which a number is written."""
    exponent = value.as_tuple().exponent
    return Decimal(5).scaleb((exponent if isinstance(exponent, int) else 0) - 1)


def check(values: Mapping[str, str], lines: int) -> Verdict:
    """Every sum over plain values by field id (`lines.1.amount`, `total`, ...). A value that is missing makes a check say so, never hold."""
    table = [{name: number(values.get(f"lines.{n}.{name}")) for name in ("quantity", "price", "amount", *SUMMED[1:])} for n in range(1, lines + 1)]
    checks: list[Check] = []
    vouched: set[str] = set()
    suspects: dict[str, None] = {}
    open_lines = _line_checks(table, checks)
    held = {c.id for c in checks if c.status == "holds"}
    beside = _sum_checks(values, table, checks, held)
    if any(c.id == "sum.total" and c.status == "holds" for c in checks):
        vouched |= {"subtotal", "total"}
    if any(c.id == "sum.lines" and c.status == "holds" for c in checks):
        vouched |= {f"lines.{n}.amount" for n in range(1, lines + 1)}
        _settle_rounding(checks, open_lines)
    checks += _column_checks(values, table, held)
    checks += _weights(table)
    checks += _currencies(values, lines)
    checks += _signs(values, table)
    quantities_hold = any(c.id == "sum.quantity" and c.status == "holds" for c in checks)
    if quantities_hold:
        vouched |= {f"lines.{n}.quantity" for n in range(1, lines + 1)}
    final = []
    for each in checks:
        if each.status == "fails":
            left = tuple(s for s in each.suspects if s not in vouched) or each.suspects
            each = Check(each.id, each.kind, each.status, each.text, left, each.difference)
            suspects.update(dict.fromkeys(left))
        final.append(each)
    return Verdict(tuple(final), tuple(_proposals(values, table, final)), tuple(suspects), beside)


def _line_checks(table: list[dict[str, Decimal | None]], checks: list[Check]) -> list[int]:
    """quantity x price = amount for each line; gives the places in `checks` of those that rounding of the price could explain."""
    loose = []
    for n, row in enumerate(table, 1):
        q, p, a = row["quantity"], row["price"], row["amount"]
        names = tuple(f"lines.{n}.{name}" for name in ("quantity", "price", "amount"))
        if q is None or p is None or a is None:
            if any(v is not None for v in (p, a)):
                checks.append(Check(f"line.{n}", "line", "cannot_tell", f"Line {n}: {_said([w for w, v in (('the quantity', q), ('the price', p), ('the amount', a)) if v is None])} is not stated, so nothing can be multiplied."))
            continue
        difference = a - q * p
        if abs(difference) <= max(half(a), Decimal("0.005")) and abs(difference) <= Decimal("0.5"):
            checks.append(Check(f"line.{n}", "line", "holds", f"Line {n}: {plain(q)} x {plain(p)} = {plain(a)}."))
            continue
        if abs(difference) <= q * half(p) + half(a) and half(p) < 1:
            loose.append(len(checks))
        checks.append(Check(f"line.{n}", "line", "fails", f"Line {n}: {plain(q)} x {plain(p)} is {plain(q * p)}, the paper says {plain(a)}.", names, plain(difference)))
    return loose


def _settle_rounding(checks: list[Check], loose: list[int]) -> None:
    """Several lines that miss by less than their price is rounded by, in a paper whose sum holds, are rounded prices; a single one may be a misread digit."""
    lines = sum(c.kind == "line" and c.status != "cannot_tell" for c in checks)
    if len(loose) < 2 or len(loose) * 3 < lines:
        return
    for place in loose:
        each = checks[place]
        checks[place] = Check(each.id, each.kind, "holds", each.text + " The unit price is rounded.", (), each.difference)


def _said(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _sum_checks(values: Mapping[str, str], table: list[dict[str, Decimal | None]], checks: list[Check], held: set[str]) -> frozenset[str]:
    amounts = [row["amount"] for row in table]
    subtotal, total = number(values.get("subtotal")), number(values.get("total"))
    if not table or all(a is None for a in amounts):
        return frozenset()
    doubtful = tuple(f"lines.{n}.amount" for n in range(1, len(table) + 1) if f"line.{n}" not in held)
    if any(a is None for a in amounts):
        missing = [str(n) for n, a in enumerate(amounts, 1) if a is None]
        checks.append(Check("sum.lines", "sum", "cannot_tell", f"The amount of line {', '.join(missing)} is not read, so the lines cannot be summed.", tuple(f"lines.{n}.amount" for n in missing)))
        goods = None
    else:
        goods = sum((a for a in amounts if a is not None), Decimal(0))
    if subtotal is None and total is None:
        checks.append(Check("sum.lines", "sum", "cannot_tell", "No total was read, so the sum of the lines cannot be checked."))
        return frozenset()
    charges = {name: v for name in CHARGES if (v := number(values.get(name))) is not None}
    if (discount := number(values.get("discount"))) is not None:
        charges["discount"] = -abs(discount)
    if goods is not None and subtotal is not None:
        _compare(checks, "sum.lines", f"The {len(table)} amounts", goods, subtotal, "the subtotal", ("subtotal", *doubtful))
    base = subtotal if subtotal is not None else goods
    if base is None or total is None:
        return frozenset(charges)
    fits = _subset(base, charges, total)
    if fits is None and goods is not None and subtotal is not None:
        fits = _subset(goods, charges, total)
        if fits is not None:
            base = goods
    if fits is None:
        stated = sum(charges.values(), base)
        label = "The subtotal" if subtotal is not None else f"The {len(table)} amounts"
        _compare(checks, "sum.total", label + (" with charges and discounts" if charges else ""), stated, total, "the total", ("total", *(("subtotal",) if subtotal is not None else doubtful), *charges))
        return frozenset(charges)
    inside = [name for name in charges if name not in fits]
    text = f"{plain(base)}" + "".join(f" {'-' if charges[name] < 0 else '+'} {name} {plain(abs(charges[name]))}" for name in charges if name in fits) + f" = {plain(total)}, the total."
    if inside:
        text += f" {_said(inside).capitalize()} {'is' if len(inside) == 1 else 'are'} stated but not added: inside the price."
    checks.append(Check("sum.total" if subtotal is not None else "sum.lines", "sum", "holds", text))
    return frozenset(fits)


def _compare(checks: list[Check], name: str, what: str, computed: Decimal, stated: Decimal, as_what: str, suspects: tuple[str, ...]) -> None:
    slack = max(half(stated), Decimal("0.005"))
    if abs(stated - computed) <= slack:
        checks.append(Check(name, "sum", "holds", f"{what} sum to {plain(stated)}, {as_what}."))
    else:
        checks.append(Check(name, "sum", "fails", f"{what} sum to {plain(computed)}, {as_what} says {plain(stated)}.", suspects, plain(stated - computed)))


def _subset(base: Decimal, charges: Mapping[str, Decimal], total: Decimal) -> frozenset[str] | None:
    """The charges that lead from the goods to the total: all of them, else the most that do."""
    for size in range(len(charges), -1, -1):
        for names in combinations(charges, size):
            if abs(base + sum((charges[n] for n in names), Decimal(0)) - total) <= Decimal("0.005"):
                return frozenset(names)
    return None


def _column_checks(values: Mapping[str, str], table: list[dict[str, Decimal | None]], held: set[str]) -> Iterator[Check]:
    for name in SUMMED:
        stated = number(values.get(f"total_{name}"))
        column = [row[name] for row in table]
        if stated is None or not table:
            continue
        if any(v is None for v in column):
            yield Check(f"sum.{name}", "count", "cannot_tell", f"Not every line states its {name.replace('_', ' ')}, so they cannot be summed.")
            continue
        computed = sum((v for v in column if v is not None), Decimal(0))
        if abs(computed - stated) <= max(half(stated), *(half(v) for v in column if v is not None)) / 2:
            yield Check(f"sum.{name}", "count", "holds", f"The {WORDS[name]} sum to {plain(stated)}.")
        else:
            doubtful = tuple(f"lines.{n}.{name}" for n in range(1, len(table) + 1) if name != "quantity" or f"line.{n}" not in held)
            yield Check(f"sum.{name}", "count", "fails", f"The {WORDS[name]} sum to {plain(computed)}, the paper says {plain(stated)}.", (f"total_{name}", *doubtful), plain(stated - computed))


def _weights(table: list[dict[str, Decimal | None]]) -> Iterator[Check]:
    for n, row in enumerate(table, 1):
        net, gross = row["net_weight"], row["gross_weight"]
        if net is not None and gross is not None and net > gross:
            yield Check(f"weight.{n}", "weight", "fails", f"Line {n}: the net weight {plain(net)} is above the gross weight {plain(gross)}.", (f"lines.{n}.net_weight", f"lines.{n}.gross_weight"))


def _currencies(values: Mapping[str, str], lines: int) -> Iterator[Check]:
    named = {name: values[name] for name in ("currency", *(f"lines.{n}.currency" for n in range(1, lines + 1))) if values.get(name)}
    kinds = sorted(set(named.values()))
    if len(kinds) > 1:
        yield Check("currency", "currency", "fails", f"The paper names {_said(kinds)}; the lines of an invoice are in one currency.", tuple(named))
    elif kinds:
        yield Check("currency", "currency", "holds", f"One currency: {kinds[0]}.")
    elif any(values.get(f"lines.{n}.amount") for n in range(1, lines + 1)):
        yield Check("currency", "currency", "cannot_tell", "The paper names no currency.")


def _signs(values: Mapping[str, str], table: list[dict[str, Decimal | None]]) -> Iterator[Check]:
    for n, row in enumerate(table, 1):
        low = tuple(f"lines.{n}.{name}" for name, v in row.items() if v is not None and (v < 0 or v == 0 and name in ("quantity", "amount")))
        if low:
            yield Check(f"sign.{n}", "sign", "fails", f"Line {n}: a quantity or an amount is zero or below.", low)


def _proposals(values: Mapping[str, str], table: list[dict[str, Decimal | None]], checks: list[Check]) -> Iterator[Proposal]:
    """For each failed check the one field that, with one digit (or a lost point) read otherwise, makes every sum of the paper agree."""
    failed = [c for c in checks if c.status == "fails" and c.kind in ("line", "sum", "count")]
    if not failed or len(failed) > 6:
        return
    tried: set[str] = set()
    tries: list[tuple[int, bool, str, str, str]] = []
    before = len(failed)
    for name in dict.fromkeys(s for c in failed for s in c.suspects):
        text = values.get(name)
        if not text or name in tried or len(tried) > 40:
            continue
        tried.add(name)
        for other, alike in _variants(text):
            after = _failures({**values, name: other}, len(table))
            if after < before and (after == 0 or name.startswith("lines.")) and _settles(name, {**values, name: other}, len(table)):
                tries.append((after, alike, name, text, other))
    least = min((after for after, *_ in tries), default=0)
    fitting = [(alike, name, text, other) for after, alike, name, text, other in tries if after == least]
    by_line: dict[str, list[tuple[bool, str, str, str]]] = {}
    for found in fitting:
        by_line.setdefault(found[1].rpartition(".")[0], []).append(found)
    for group in by_line.values():
        likely = group if len(group) == 1 else [f for f in group if f[0]]
        if len(likely) == 1:
            _, name, text, other = likely[0]
            more = "" if len(group) == 1 else f" {len(group) - 1} other readings would do so too, with digits that look less alike."
            yield Proposal(name, text, other, f"Read as {other} instead of {text}, every sum with it agrees.{more}")


def _failures(values: Mapping[str, str], lines: int) -> int:
    return sum(c.status == "fails" and c.kind in ("line", "sum", "count") for c in _bare(values, lines))


def _settles(name: str, values: Mapping[str, str], lines: int) -> bool:
    """Whether no failed check is left that the field has a part in, and one that has now holds."""
    line = name.split(".")[1] if name.startswith("lines.") else ""
    part = name.rpartition(".")[2]
    bound = {"sum.lines", "sum.total"} if part in ("amount", "subtotal", "total", *CHARGES, "discount") else set()
    bound |= {f"line.{line}"} if line and part in ("quantity", "price", "amount") else set()
    bound |= {f"sum.{part.removeprefix('total_')}"}
    mine = [c for c in _bare(values, lines) if c.id in bound]
    return any(c.status == "holds" for c in mine) and not any(c.status == "fails" for c in mine)


def _bare(values: Mapping[str, str], lines: int) -> list[Check]:
    table = [{name: number(values.get(f"lines.{n}.{name}")) for name in ("quantity", "price", "amount", *SUMMED[1:])} for n in range(1, lines + 1)]
    checks: list[Check] = []
    _line_checks(table, checks)
    _sum_checks(values, table, checks, {c.id for c in checks if c.status == "holds"})
    checks += _column_checks(values, table, set())
    return checks


def _variants(text: str) -> Iterator[tuple[str, bool]]:
    """A number with one digit read otherwise (and whether the two look alike), or with its point found again."""
    for place, digit in enumerate(text):
        if digit.isdigit():
            for other in DIGITS:
                if other != digit:
                    yield text[:place] + other + text[place + 1 :], frozenset((digit, other)) in ALIKE
    digits = text.replace(".", "")
    for decimals in (2, 3):
        moved = f"{digits[:-decimals]}.{digits[-decimals:]}"
        if len(digits) > decimals and moved != text and "." not in text:
            yield moved, True
