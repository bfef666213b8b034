"""The worksheet of an entry: blocks of an entry summary, line items in filing sequence, fees and totals; as data, JSON and CSV."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from landed.duty.encode import to_json
from landed.duty.model import Component
from landed.duty.shipment import ZERO
from landed.entry.model import EntryAnswer, LineAnswer
from landed.lawbook.load import LAW_ROOT, read_yaml

DUTY = ("us.ad", "us.cvd")


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the line items: a heading of a line with its rate, base and duty (None: not known)."""

    line: int
    heading: str
    label: str
    origin: str
    entered_value: Decimal | None  # on the row of the tariff line
    base: Decimal | None
    rate: str
    duty: Decimal | None
    because: str
    description: str = ""
    quantity: str = ""
    weight_kg: Decimal | None = None
    charges: Decimal | None = None
    related: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """One block of the form: its number, our words for it, its content."""

    number: str
    title: str
    value: str


@dataclass(frozen=True, slots=True)
class Worksheet:
    """An entry summary in plain parts. `estimate_only`: nothing here is a filing."""

    header: tuple[Block, ...]
    items: tuple[Item, ...]
    fees: tuple[tuple[str, str, str, Decimal | None], ...]  # class code, label, rate, amount
    fee_shares: tuple[tuple[str, int, Decimal | None], ...]  # class code, line, share
    totals: tuple[tuple[Block, Decimal | None], ...]
    warnings: tuple[str, ...]
    law_version: str
    receipt_id: str


@lru_cache(maxsize=2)
def summary_form(jurisdiction: str = "us") -> dict[str, Any]:
    """The blocks of the entry summary as the law folder states them."""
    return read_yaml(LAW_ROOT / jurisdiction / "entry_summary.yaml")


def worksheet(answer: EntryAnswer) -> Worksheet:
    """The worksheet of an answered entry; its totals are the answer's."""
    form = summary_form()
    said = _header_words(answer, form)
    totals = answer.totals
    on_form = [f for f in answer.fees if f.class_code]
    apart = [f for f in answer.fees if not f.class_code]  # owed, but not on the entry summary
    beside = None if any(f.amount is None for f in apart) else sum((f.amount or Decimal(0) for f in apart), Decimal(0))
    sums = {"entered_value": totals.entered_value, "duty": totals.duty, "taxes": totals.taxes, "fees": totals.fees, "total": totals.total}
    if beside:
        sums |= {name: None if (amount := sums[name]) is None else amount - beside for name in ("fees", "total")}
    return Worksheet(
        header=tuple(Block(str(b["block"]), str(b["title"]), said.get(str(b["field"]), "")) for b in form["header"]),
        items=tuple(item for line in answer.lines for item in _items(line)),
        fees=tuple((f.class_code, f.label, f.rate_text, f.amount) for f in on_form),
        fee_shares=tuple((f.class_code, line.number, f.shares[n]) for f in on_form for n, line in enumerate(answer.lines)),
        totals=tuple((Block(str(b["block"]), str(b["title"]), money(sums[b["field"]])), sums[b["field"]]) for b in form["total"]),
        warnings=(*(f"{w.message} {w.action}".strip() for w in answer.warnings), *(f"{f.label} {f.amount} USD: {f.because}." for f in apart)),
        law_version=answer.law_version,
        receipt_id=answer.receipt_id,
    )


def _header_words(answer: EntryAnswer, form: dict[str, Any]) -> dict[str, str]:
    header = answer.header
    orders = any(c.kind in ("ad", "cvd") and c.heading for line in answer.lines for c in line.duties)
    origins = sorted({line.estimate.country_of_origin for line in answer.lines})
    said = dict(header.blocks)
    said["entry_type_code"] = str(form["entry_types"]["ad_cvd" if orders and header.entry_type == "formal" else header.entry_type])
    said["mode_code"] = str(form["modes"].get(header.transport_mode, "")) if header.transport_mode else ""
    said["country_of_origin"] = origins[0] if len(origins) == 1 else "MULTI"
    for name in ("entry_date", "export_date", "country_of_export", "reference", "importer"):
        said[name] = str(getattr(header, name) or "")
    return said


def filed(component: Component) -> bool:
    """Whether a component is a row of the entry summary: it applies, may apply, or is an exemption that is filed at zero."""
    return bool(component.heading) and (component.status in ("applies", "unknown") or (component.status == "exempt" and component.rate_text == "exempt"))


def _items(line: LineAnswer) -> list[Item]:
    """A line's rows in filing sequence: chapter 98, chapter 99, then the tariff line, then orders."""
    estimate, valued = line.estimate, line.valued
    order = {heading: n for n, heading in enumerate(estimate.filing_sequence)}
    rows = sorted((c for c in line.duties if filed(c)), key=lambda c: (c.programme in DUTY, order.get(c.heading, len(order)), c.seq))
    found = []
    for component in rows:
        base = component.kind == "base"
        quantities = valued.line.request.get("quantities") or ()
        found.append(
            Item(
                line=line.number,
                heading=component.heading,
                label=component.label,
                origin=estimate.country_of_origin,
                entered_value=valued.entered_value if base else None,
                base=component.basis_amount,
                rate=component.rate_text,
                duty=component.amount,
                because=component.because,
                description=valued.line.description if base else "",
                quantity="; ".join(f"{q['value']} {q['unit']}" for q in quantities) if base else "",
                weight_kg=valued.line.weight_kg if base else None,
                charges=sum((c.amount for c in valued.charges if c.kind in ("freight", "insurance")), ZERO) if base and valued.charges else None,
                related=valued.line.related and base,
            )
        )
    return found


def money(amount: Decimal | None) -> str:
    """An amount with two places; an unknown one says so."""
    return "not known" if amount is None else format(amount, ".2f")


def worksheet_json(answer: EntryAnswer) -> str:
    """The worksheet and the whole answer as JSON text."""
    return json.dumps({"worksheet": worksheet_to_dict(worksheet(answer)), "entry": answer_to_dict(answer)}, indent=1, ensure_ascii=False)


def worksheet_to_dict(sheet: Worksheet) -> dict[str, Any]:
    """The worksheet as plain data; money as decimal strings, unknown as null."""

    def amount(value: Decimal | None) -> str | None:
        return None if value is None else format(value, ".2f")

    return {
        "header": [{"block": b.number, "title": b.title, "value": b.value} for b in sheet.header],
        "items": [
            {
                "line": i.line, "heading": i.heading, "label": i.label, "origin": i.origin, "entered_value": amount(i.entered_value), "base": amount(i.base),
                "rate": i.rate, "duty": amount(i.duty), "because": i.because, "quantity": i.quantity, "related": i.related,
            }
            for i in sheet.items
        ],
        "fees": [
            {"class_code": code, "label": label, "rate": rate, "amount": amount(total), "shares": {str(n): amount(s) for c, n, s in sheet.fee_shares if c == code}}
            for code, label, rate, total in sheet.fees
        ],
        "totals": {b.number: {"title": b.title, "amount": amount(total)} for b, total in sheet.totals},
        "warnings": list(sheet.warnings),
        "law_version": sheet.law_version,
        "receipt_id": sheet.receipt_id,
    }  # fmt: skip


def worksheet_csv(answer: EntryAnswer) -> str:
    """The worksheet as CSV rows: part, line, code, label, origin, entered_value, base, rate, amount. Blank where not known."""
    import csv
    from io import StringIO

    sheet, out = worksheet(answer), StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["part", "line", "code", "label", "origin", "entered_value", "base", "rate", "amount"])
    for block in sheet.header:
        if block.value:
            writer.writerow(["header", "", block.number, block.title, "", "", "", "", _safe(block.value)])

    def cell(value: Decimal | None) -> str:
        return "" if value is None else format(value, ".2f")

    for item in sheet.items:
        writer.writerow(["item", item.line, item.heading, _safe(item.label), item.origin, cell(item.entered_value), cell(item.base), item.rate, cell(item.duty)])
    for line in answer.lines:  # what stands behind the amounts, so that an audit can read the worksheet back
        for part, code, value in _grounds(line):
            writer.writerow([part, line.number, code, "", "", "", "", "", _safe(value)])
    for code, label, rate, total in sheet.fees:
        writer.writerow(["fee", "", code, label, "", "", "", rate, cell(total)])
    for code, number, share in sheet.fee_shares:
        writer.writerow(["fee share", number, code, "", "", "", "", "", cell(share)])
    for block, total in sheet.totals:
        writer.writerow(["total", "", block.number, block.title, "", "", "", "", cell(total)])
    return out.getvalue()


def _grounds(line: LineAnswer) -> list[tuple[str, str, str]]:
    """The plain claims, facts and quantities of a line as (part, name, value)."""
    request = line.valued.line.request
    rows = [(part, str(k), str(v)) for part, name in (("claim", "claims"), ("fact", "facts")) for k, v in (request.get(name) or {}).items() if not isinstance(v, (list, tuple, dict))]
    return rows + [("quantity", str(q["unit"]), str(q["value"])) for q in request.get("quantities") or ()]


def _safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return "'" + text if text[:1] in "=+-@\t\r" else text


def answer_to_dict(answer: EntryAnswer) -> dict[str, Any]:
    """The whole answer as plain data."""

    def amount(value: Decimal | None) -> str | None:
        return None if value is None else format(value, ".2f")

    totals = answer.totals
    return {
        "status": answer.status,
        "entry": {
            "entry_date": answer.header.entry_date.isoformat(),
            "entry_type": answer.header.entry_type,
            "transport_mode": answer.header.transport_mode,
            "importer": answer.header.importer,
            "reference": answer.header.reference,
        },
        "law_version": answer.law_version,
        "totals": {name: amount(getattr(totals, name)) for name in totals.__slots__},
        "lines": [_line_to_dict(line, amount) for line in answer.lines],
        "fees": [
            {
                "class_code": f.class_code, "kind": f.kind, "label": f.label, "rate_text": f.rate_text, "amount": amount(f.amount), "status": f.status,
                "because": f.because, "shares": [amount(s) for s in f.shares], "legal": to_json(f.legal),
            }
            for f in answer.fees
        ],
        "questions": [to_json(q) for q in answer.questions],
        "warnings": [to_json(w) for w in answer.warnings],
        "receipt_id": answer.receipt_id,
    }  # fmt: skip


def _line_to_dict(line: LineAnswer, amount: Any) -> dict[str, Any]:
    valued, totals = line.valued, line.estimate.totals
    found = {
        "line": line.number,
        "reference": valued.line.reference,
        "hts_code": line.estimate.hts_code,
        "country_of_origin": line.estimate.country_of_origin,
        "status": line.estimate.status,
        "price": {"amount": str(valued.line.price), "currency": valued.line.currency, "exchange_rate": str(valued.exchange_rate), "source": valued.rate_source},
        "entered_value": amount(valued.entered_value),
        "valuation": [{"kind": s.kind, "label": s.label, "amount": amount(s.amount), "counted": s.counted, "because": s.because, "cite": list(s.cite)} for s in valued.steps],
        "duty": amount(totals.duty),
        "known_duty_subtotal": amount(totals.known_duty_subtotal),
        "duty_low": amount(totals.duty_low),
        "duty_high": amount(totals.duty_high),
        "fees": amount(line.fees),
        "components": [to_json(c) for c in line.duties],
        "filing_sequence": list(line.estimate.filing_sequence),
        "explanation": line.estimate.explanation,
        "receipt_id": line.estimate.receipt_id,
    }
    if line.first_sale:
        sale = line.first_sale
        found["first_sale"] = {"value": amount(sale.value), "duty": amount(sale.duty), "saving_usd": amount(sale.saving_usd), "not_shown": list(sale.missing), "cite": list(sale.cite)}
    return found
