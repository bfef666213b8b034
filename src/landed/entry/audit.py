"""Holds a filed entry against the law of its day and names every difference, with the money each way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from landed.duty.encode import to_json
from landed.duty.estimate import Engine, default_engine
from landed.duty.model import Component, Warning_
from landed.duty.shipment import HUNDRED, ZERO, half_up
from landed.entry.assess import estimate_entry
from landed.entry.filed import Filed, FiledLine, FiledRow
from landed.entry.filing import filed as is_filed
from landed.entry.model import EntryAnswer, LineAnswer
from landed.lawbook.model import Condition, Measure

ORDER = re.compile(r"[AC]-\d{3}-\d{3}(-\d{3})?")  # a case number of an antidumping or countervailing order


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. `change_usd` is what was filed less what is due: above zero overpaid, below zero underpaid; None unknown.

    `code`: MISSING_HEADING, EXTRA_HEADING, WRONG_PERIOD, WRONG_RATE, WRONG_BASE, WRONG_AMOUNT, NOT_CHECKED, FEE_MISSING,
    FEE_EXTRA, FEE_WRONG, TOTAL_WRONG, FILING_ORDER.
    """

    line: int | None
    code: str
    heading: str
    filed: str
    expected: str
    change_usd: Decimal | None
    because: str
    cite: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Audit:
    """The audit of a filed entry, US dollars. `overpaid` and `underpaid` sum the differences each way."""

    differences: tuple[Difference, ...]
    overpaid: Decimal
    underpaid: Decimal
    net: Decimal
    filed_total: Decimal
    expected_total: Decimal | None
    answer: EntryAnswer
    warnings: tuple[Warning_, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON data."""

        def amount(value: Decimal | None) -> str | None:
            return None if value is None else format(value, ".2f")

        return {
            "differences": [
                {"line": d.line, "code": d.code, "heading": d.heading, "filed": d.filed, "expected": d.expected, "change_usd": amount(d.change_usd), "because": d.because, "cite": list(d.cite)}
                for d in self.differences
            ],
            "overpaid": amount(self.overpaid),
            "underpaid": amount(self.underpaid),
            "net": amount(self.net),
            "filed_total": amount(self.filed_total),
            "expected_total": amount(self.expected_total),
            "warnings": [to_json(w) for w in self.warnings],
            "entry": self.answer.to_dict(),
        }


def audit_entry(filed: Filed, *, engine: Engine | None = None) -> Audit:
    """Every difference between a filed entry and our estimate of the same goods on the same day.

    Raises what `estimate_entry` raises for goods the law cannot read.
    """
    engine = engine or default_engine()
    answer = estimate_entry(document_of(filed, engine), engine=engine, depth="duty")
    found: list[Difference] = []
    for line, expected in zip(filed.lines, answer.lines, strict=True):
        found.extend(_line_differences(line, expected, engine))
    found.extend(_fee_differences(filed, answer))
    found.extend(_total_differences(filed))
    money = [d.change_usd for d in found if d.change_usd is not None and d.code != "TOTAL_WRONG"]
    over, under = sum((m for m in money if m > 0), ZERO), -sum((m for m in money if m < 0), ZERO)
    paid = sum((row.duty for line in filed.lines for row in line.rows), ZERO) + sum(filed.fees.values(), ZERO)
    return Audit(tuple(found), over, under, over - under, paid, answer.totals.total, answer, answer.warnings)


def document_of(filed: Filed, engine: Engine) -> dict[str, Any]:
    """The entry document that the filing describes: its goods, days, claims; values as filed."""
    claimable = {m.heading for m in engine.law.measures if m.when is not None and _asks_claim(m.when)}
    lines = []
    for line in filed.lines:
        claims = dict(line.claims)
        chapter_98 = next((row.heading for row in line.rows if row.heading.startswith("98")), None)
        if chapter_98 and "chapter_98" not in claims:
            claims["chapter_98"] = chapter_98[:10]
        named = [row.heading for row in line.rows if row.heading in claimable]
        if named and not claims.get("exclusions"):
            claims["exclusions"] = named
        orders = [{"kind": "ad" if row.heading[0] == "A" else "cvd", "case": row.heading, "rate_pct": percent_of(row.rate)} for row in line.rows if ORDER.fullmatch(row.heading)]
        if orders and "ad_cvd" not in claims:
            claims["ad_cvd"] = orders
        lines.append(
            {
                "hts_code": line.tariff_heading,
                "country_of_origin": line.origin,
                "price": str(line.entered_value),
                "claims": claims,
                "facts": line.facts,
                "quantities": line.quantities,
            }
        )
    kept = {"entry_date", "entry_type", "transport_mode", "importer", "reference", "country_of_export", "export_date", "loading_date", "filing", "express_waybills"}
    return {"entry": {k: v for k, v in filed.header.items() if k in kept and v not in (None, "")}, "lines": lines}


def _asks_claim(condition: Condition) -> bool:
    return condition.op == "claimed" or any(_asks_claim(part) for part in condition.of)


def _line_differences(line: FiledLine, answer: LineAnswer, engine: Engine) -> list[Difference]:
    expected = {c.heading: c for c in answer.duties if is_filed(c)}
    given = {row.heading: row for row in line.rows}
    found = []
    for heading, row in given.items():
        if heading in expected:
            difference = _compare(line, row, expected[heading], engine)
            if difference:
                found.append(difference)
        elif not heading.startswith("98"):
            found.append(_extra(line, row, answer, engine))
    for heading, component in expected.items():
        if heading not in given:
            money = None if component.amount is None else -component.amount
            text = component.rate_text if component.amount is None else f"{component.rate_text}, {component.amount}"
            found.append(Difference(line.number, "MISSING_HEADING", heading, "", text, money, f"{component.label}: {component.because}", component.legal.citation))
    ours = [h for h in answer.estimate.filing_sequence if h in given and h in expected]
    theirs = [row.heading for row in line.rows if row.heading in ours]
    if ours != theirs:
        found.append(Difference(line.number, "FILING_ORDER", theirs[0], " ".join(theirs), " ".join(ours), ZERO, "chapter 98, chapter 99, then the tariff line"))
    return found


def _extra(line: FiledLine, row: FiledRow, answer: LineAnswer, engine: Engine) -> Difference:
    """A heading that should not stand there: displaced, out of its period, or not for these goods."""
    looked = next((c for c in answer.duties if c.heading == row.heading), None)
    day = answer.estimate.entry_date
    spells = [m for m in engine.law.measures if m.heading == row.heading and m.status == "law"]
    text = f"{row.rate}, {row.duty}".strip(", ")
    if looked is not None:
        return Difference(line.number, "EXTRA_HEADING", row.heading, text, looked.status.replace("_", " "), row.duty, looked.because, looked.legal.citation)
    if spells and not any(engine.index.in_force(m, day, None) for m in spells):
        periods = "; ".join(dict.fromkeys(f"{m.from_} to {m.to or 'open'}" for m in spells))
        return Difference(line.number, "WRONG_PERIOD", row.heading, text, "", row.duty, f"not in force on {day}; in force {periods}", spells[-1].cite)
    because = "does not cover these goods of this origin on the day" if spells else "not in the law pack: check it by hand"
    return Difference(line.number, "EXTRA_HEADING", row.heading, text, "", row.duty, because, spells[0].cite if spells else ())


def _compare(line: FiledLine, row: FiledRow, due: Component, engine: Engine) -> Difference | None:
    """The first cause by which a filed row differs from the row that is due."""
    exempt = due.status == "exempt"
    amount = ZERO if exempt else due.amount
    if amount is None:
        return Difference(line.number, "NOT_CHECKED", row.heading, f"{row.rate}, {row.duty}", due.rate_text, None, f"the amount cannot be computed: {due.because}", due.legal.citation)
    change = row.duty - amount
    filed, rate = percent_of(row.rate), due.rate_pct
    if filed is not None and not exempt and rate is not None and filed != rate:
        other = next((m for m in _spells(engine, row.heading) if m.rate and m.rate.ad_valorem == filed), None)
        code = "WRONG_PERIOD" if other else "WRONG_RATE"
        because = f"{filed}% was the rate from {other.from_} to {other.to or 'open'}; {due.because}" if other else due.because
        return Difference(line.number, code, row.heading, f"{row.rate}, {row.duty}", f"{due.rate_text}, {amount}", change, because, due.legal.citation)
    if row.base is not None and not exempt and due.basis_amount is not None and row.base != due.basis_amount:
        words = f"the rate is taken on {due.basis.replace('_', ' ')} {due.basis_amount}; {due.because}"
        return Difference(line.number, "WRONG_BASE", row.heading, f"{row.base}, {row.duty}", f"{due.basis_amount}, {amount}", change, words, due.legal.citation)
    if change:
        base = row.base if row.base is not None else line.entered_value or ZERO
        product = half_up(base * filed / HUNDRED) if filed is not None else None
        why = f"{row.rate} of {base} is {product}" if product is not None and product != row.duty else due.because
        return Difference(line.number, "WRONG_AMOUNT", row.heading, str(row.duty), str(amount), change, why, due.legal.citation)
    return None


def _spells(engine: Engine, heading: str) -> list[Measure]:
    return [m for m in engine.law.measures if m.heading == heading and m.status == "law"]


def percent_of(rate: str) -> Decimal | None:
    """A filed rate as a percent, 0 for Free, None when it is something else."""
    text = rate.strip().lower()
    if text in ("free", "exempt"):
        return Decimal(0)
    try:
        return Decimal(text.removesuffix("%").strip()) if text.endswith("%") or text.replace(".", "", 1).isdigit() else None
    except ArithmeticError:
        return None


def _fee_differences(filed: Filed, answer: EntryAnswer) -> list[Difference]:
    due = {item.class_code: item for item in answer.fees if item.class_code and item.status in ("applies", "unknown")}
    found = []
    for code, item in due.items():
        text = "" if item.amount is None else str(item.amount)
        if item.amount is None:
            found.append(Difference(None, "NOT_CHECKED", code, str(filed.fees.get(code, "")), "", None, item.because, item.legal.citation))
        elif code not in filed.fees:
            found.append(Difference(None, "FEE_MISSING", code, "", text, -item.amount, f"{item.label}: {item.because}", item.legal.citation))
        elif filed.fees[code] != item.amount:
            found.append(Difference(None, "FEE_WRONG", code, str(filed.fees[code]), text, filed.fees[code] - item.amount, f"{item.label}: {item.because} ({item.rate_text})", item.legal.citation))
    named: Mapping[str, Any] = {item.class_code: item for item in answer.fees}
    for code, amount in filed.fees.items():
        if code not in due and amount:
            known = named.get(code)
            because = f"{known.label}: {known.because}" if known else "not a fee this pack prices: check it by hand"
            found.append(Difference(None, "FEE_EXTRA", code, str(amount), "", amount, because, known.legal.citation if known else ()))
    return found


def _total_differences(filed: Filed) -> list[Difference]:
    """Filed totals against the filed rows themselves."""
    sums = {
        "39": ("Total entered value", sum((line.entered_value or ZERO for line in filed.lines), ZERO)),
        "41": ("Duty", sum((row.duty for line in filed.lines for row in line.rows), ZERO)),
        "43": ("Fees", sum(filed.fees.values(), ZERO)),
    }
    return [
        Difference(None, "TOTAL_WRONG", block, str(filed.totals[block]), str(total), filed.totals[block] - total, f"{title}: the filed rows do not sum to the filed total")
        for block, (title, total) in sums.items()
        if block in filed.totals and filed.totals[block] != total
    ]
