"""Answers a whole entry: values its lines, estimates each, charges fees once, and sums what the entry costs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from landed.duty.case import Case
from landed.duty.estimate import Engine, default_engine
from landed.duty.fees import PROGRAMME, fee_law, fee_warnings
from landed.duty.low_value import spell_of
from landed.duty.model import Choice, Estimate, Question, Status, Warning_
from landed.duty.request import MODES
from landed.duty.shipment import ZERO
from landed.entry.currency import Rates
from landed.entry.fees import fees_of_entry, harbor_shares
from landed.entry.model import EntryAnswer, EntryTotals, FeeItem, Header, LineAnswer, SaleOption, ValuedLine
from landed.entry.read import at_line, lines_invalid, read_entry
from landed.entry.terms import valuation_rules
from landed.entry.valuation import value_entry
from landed.errors import LandedError


def estimate_entry(raw: Mapping[str, Any], *, engine: Engine | None = None, rates: Rates | None = None, depth: str = "full") -> EntryAnswer:
    """The answer to an entry document (docs/entry.md): values, duty by line, fees once per entry, totals in US dollars.

    Raises LandedError: what `read_entry` and `value_entry` raise, and ENTRY_LINES_INVALID for lines the law cannot read
    (unknown codes or origins, claims that cannot stand).
    """
    base = engine or default_engine()
    entry, rates = read_entry(raw, base.law, rates)
    engine = base.with_overlay(entry.overlay)
    valued = value_entry(entry, rates)
    requests = [_request(line, entry.header, line.entered_value) for line in valued]
    estimates, cases, errors = [], [], []
    for line, request in zip(valued, requests, strict=True):
        try:
            read = engine.read(request)
            cases.append(engine.case(read))
            estimates.append(engine.estimate(read, depth=depth))
        except LandedError as bad:
            errors.append(at_line(bad, line.line.number).to_dict())
    if errors:
        raise lines_invalid(errors)
    _check_low_value(entry.header, cases)
    fees = fees_of_entry(entry.header, cases, [e.totals.duty for e in estimates])
    lines = []
    for n, (line, estimate) in enumerate(zip(valued, estimates, strict=True)):
        shares = [item.shares[n] for item in fees]
        paid = None if any(s is None for s in shares) else sum((s or ZERO for s in shares), ZERO)
        duties = tuple(c for c in estimate.components if c.programme != PROGRAMME)
        lines.append(LineAnswer(line.line.number, line, estimate, duties, paid, _sale_option(engine, entry.header, line, estimate)))
    totals = _totals(lines, fees)
    warnings = [Warning_(w.code, f"Line {answer.number}: {w.message}", w.action) for answer, case in zip(lines, cases, strict=True) for w in (*answer.valued.warnings, *answer.estimate.warnings, *_line_fee_warnings(case))]
    if entry.header.entry_type == "informal" and totals.entered_value > fee_law(engine.law).informal_limit:
        limit = fee_law(engine.law)
        warnings.append(Warning_("INFORMAL_ABOVE_LIMIT", f"An informal entry may not exceed {limit.informal_limit} USD; the value is {totals.entered_value}.", f"Make a formal entry ({limit.informal_cite[0]})."))
    questions = _questions(lines)
    mode = next((item for item in fees if item.kind == "hmf" and item.status == "unknown"), None)
    if mode:
        due = sum(harbor_shares(fee_law(engine.law), cases), ZERO)
        choices = tuple(Choice(m, m, due if m in fee_law(engine.law).harbor_modes else ZERO) for m in MODES)
        questions = (*questions, Question("transport_mode", "How do the goods arrive: by ocean, air, truck, rail or mail?", "choice", None, choices, due, affects="fees", evidence="bill of lading or air waybill"))
    return EntryAnswer(
        status=_status(lines),
        header=entry.header,
        law_version=engine.law.version,
        lines=tuple(lines),
        fees=fees,
        totals=totals,
        questions=questions,
        warnings=tuple(dict.fromkeys(warnings)),
        receipt_id=_receipt(lines, entry.header, engine.law.version),
    )


def _check_low_value(header: Header, cases: list[Case]) -> None:
    """The free limit of small shipments is the shipment's: lines must not each slip under it."""
    if header.entry_type not in ("section_321", "postal"):
        return
    value = sum((case.request.value for case in cases), ZERO)
    limits = [spell.free_up_to for spell in map(spell_of, cases) if spell is not None and spell.free_up_to is not None]
    if limits and value > min(limits) and any(case.request.value <= min(limits) for case in cases):
        raise LandedError("LOW_VALUE_EXCEEDED", f"the shipment is worth {value} USD; the free limit of {min(limits)} USD holds for the whole of it", where="entry.entry_type", mend="Enter it informally or formally.")


def _line_fee_warnings(case: Case) -> tuple[Warning_, ...]:
    return tuple(w for w in fee_warnings(case) if w.code != "INFORMAL_ABOVE_LIMIT")  # the limit is the entry's, not the line's


def _request(line: ValuedLine, header: Header, value: Decimal) -> dict[str, Any]:
    request = dict(line.line.request)
    for name in ("country_of_export", "export_date", "loading_date", "transport_mode", "known_on"):
        if name not in request and getattr(header, name):
            request[name] = getattr(header, name)
    request |= {"customs_value": str(value), "entry_date": header.entry_date, "entry_type": header.entry_type}
    if line.line.reference:
        request["reference"] = line.line.reference
    if line.line.incoterm:
        request["incoterm"] = line.line.incoterm
    return request


def _sale_option(engine: Engine, header: Header, line: ValuedLine, now: Estimate) -> SaleOption | None:
    """First sale priced beside the value in use (only when it is not the value already)."""
    if line.first_sale_value is None or line.first_sale_value == line.entered_value or line.first_sale_value <= 0:
        return None
    then = engine.estimate(_request(line, header, line.first_sale_value), depth="duty").totals.duty
    saving = None if then is None or now.totals.duty is None else now.totals.duty - then
    return SaleOption(line.first_sale_value, then, saving, line.first_sale_missing, valuation_rules().first_sale_cite)


def _totals(lines: list[LineAnswer], fees: tuple[FeeItem, ...]) -> EntryTotals:
    def whole(name: str) -> Decimal | None:
        parts = [getattr(line.estimate.totals, name) for line in lines]
        return None if any(p is None for p in parts) else sum(parts, ZERO)

    value = sum((line.valued.entered_value for line in lines), ZERO)
    duty, taxes = whole("duty"), whole("taxes")
    paid = None if any(item.amount is None for item in fees) else sum((item.amount or ZERO for item in fees), ZERO)
    return EntryTotals(
        entered_value=value,
        duty=duty,
        known_duty_subtotal=whole("known_duty_subtotal") or ZERO,
        duty_low=whole("duty_low"),
        duty_high=whole("duty_high"),
        fees=paid,
        known_fees_subtotal=sum((item.amount or ZERO for item in fees), ZERO),
        taxes=taxes,
        total=None if duty is None or paid is None or taxes is None else duty + paid + taxes,
    )


def _status(lines: list[LineAnswer]) -> Status:
    order: tuple[Status, ...] = ("refused", "partial", "estimated", "complete")
    return min((line.estimate.status for line in lines), key=order.index)


def _questions(lines: list[LineAnswer]) -> tuple[Question, ...]:
    """Every line's own questions, the most valuable first; the identity says which line asks."""
    found = [
        replace(q, id=f"line {line.number}: {q.id}", text=f"Line {line.number}: {q.text}")
        for line in lines
        for q in line.estimate.questions
        if q.id != "transport_mode"
    ]
    return tuple(sorted(found, key=lambda q: (q.change_usd is not None, -(q.change_usd or ZERO))))


def _receipt(lines: list[LineAnswer], header: Header, version: str) -> str:
    said = [version, header.entry_type, header.transport_mode, header.filing, header.mail_items, *([header.express_waybills] if header.express_waybills else []), [(a.estimate.receipt_id, str(a.valued.entered_value)) for a in lines]]
    return "e" + hashlib.sha256(json.dumps(said, separators=(",", ":")).encode()).hexdigest()[:31]
