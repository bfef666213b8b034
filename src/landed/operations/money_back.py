"""Money that may come back: drawback of goods that leave again, and one list of refunds, overpayments and drawback with their last days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from landed.compliance.drawback import Drawback
from landed.errors import LandedError
from landed.operations.registry import operation


@dataclass(frozen=True, slots=True)
class DrawbackRequest:
    """One import line and what leaves again. The duty is reckoned by the law of the entry date unless `paid` states it."""

    hts_code: Annotated[str, "tariff code of the import"]
    country_of_origin: Annotated[str, "origin of the import"]
    customs_value: Annotated[str, "entered value, US dollars"]
    entry_date: Annotated[date, "day of entry; the import date where none is given"]
    import_date: Annotated[date | None, "day of importation"] = None
    way: Annotated[str, "unused (default), manufacturing or rejected"] = "unused"
    exported_pct: Annotated[str, "share that leaves again, percent"] = "100"
    destination: Annotated[str, "country it leaves for"] = ""
    estimate: Annotated[dict[str, Any] | None, "further fields of an estimate: claims, facts, answers, quantities, transport_mode"] = None
    today: Annotated[date | None, "day from which days left are counted; default today"] = None


@dataclass(frozen=True, slots=True)
class MoneyBackRequest:
    """What may come back, from three sources; give at least one."""

    report: Annotated[str, "entry-summary report as CSV text, for IEEPA refunds"] = ""
    importer: Annotated[str, "importer of record number of who claims"] = ""
    entries: Annotated[Any, "[filed entry as entry_audit takes it, with scheduled_liquidation or liquidation_date beside entry_date where known]"] = None
    exports: Annotated[Any, "[request of drawback]"] = None
    today: Annotated[date | None, "default today"] = None


@dataclass(frozen=True, slots=True)
class MoneyBackRow:
    """One chance: from where, which entry, what to do until when, and US dollars (None: not known)."""

    source: str  # ieepa_refund, overpayment, drawback
    entry: str
    what: str
    until: date | None
    days_left: int | None
    amount_usd: Decimal | None
    because: str
    citation: str


@dataclass(frozen=True, slots=True)
class MoneyBack:
    """All chances, the nearest day first; sums by source of those still open (what is finally liquidated or past is in none). `underpaid_usd` is what the audited entries still owe: correct that too."""

    rows: tuple[MoneyBackRow, ...]
    by_source: dict[str, Decimal]
    underpaid_usd: Decimal
    unknown: int


@operation(name="drawback", summary="Estimate the drawback of goods that leave again", method="POST", path="/v1/drawback", scope="quote")
def drawback(request: DrawbackRequest) -> Drawback:
    """Duty and fees of the import by heading, which of them come back (by the programme's own rule), 99 percent of the exported share, and the last day to claim.

    Raises LandedError INVALID_REQUEST and what an estimate raises.
    """
    from landed.compliance import drawback as room
    from landed.duty.request import read_amount, read_country
    from landed.operations.engine import engine

    book = engine()
    more = request.estimate or {}
    if not isinstance(more, dict) or "overlay" in more:
        raise LandedError("INVALID_REQUEST", "expected further fields of an estimate (no overlay)", where="estimate", mend="Leave it out.")
    raw = {**more, "hts_code": request.hts_code, "country_of_origin": request.country_of_origin, "customs_value": request.customs_value, "entry_date": request.entry_date}
    answer = book.estimate(raw, depth="duty")
    gives = {p.id: p.drawback for p in book.law.programmes}
    paid = [
        room.PaidDuty(c.heading, c.programme, c.kind, c.amount, True if c.kind == "base" else gives.get(c.programme))
        for c in answer.components
        if c.status in ("applies", "unknown") and (c.amount is None or c.amount > 0)
    ]
    return room.drawback(
        paid, request.import_date or request.entry_date, way=request.way, exported_pct=read_amount(request.exported_pct.rstrip("%"), "exported_pct"),
        destination=read_country(request.destination, "destination", book.law) if request.destination else "", today=request.today or date.today(),
    )  # fmt: skip


@operation(name="money_back", summary="One list of refunds, overpayments and drawback with their last days", method="POST", path="/v1/money-back", scope="quote")
def money_back(request: MoneyBackRequest) -> MoneyBack:
    """IEEPA refunds of a report, overpayments that the audit of filed entries finds (post summary correction or protest), and drawback, the nearest last day first.

    Raises LandedError INVALID_REQUEST, BAD_ENTRY_REPORT, INVALID_FILING and what audits and estimates raise.
    """
    if not (request.report or request.entries or request.exports):
        raise LandedError("INVALID_REQUEST", "expected a report, filed entries or exports", where="report", mend="Give at least one of report, entries, exports.")
    today = request.today or date.today()
    rows: list[MoneyBackRow] = []
    if request.report:
        from landed.operations.refunds import RefundsRequest, refunds

        found = refunds(RefundsRequest(request.report, request.importer, today=today))
        rows += [MoneyBackRow("ieepa_refund", r.entry, r.way, r.by, r.days_left, r.duty_usd, r.because, r.citation) for r in found.entries if r.way not in ("not eligible",)]
    owed = Decimal("0.00")
    for number, filed in enumerate(_list(request.entries, "entries"), 1):
        row, under = _overpaid(filed, number, today)
        owed += under
        rows += [row] if row else []
    for number, each in enumerate(_list(request.exports, "exports"), 1):
        from landed.operations.shape import read

        asked = read(DrawbackRequest, {"today": today, **each})
        made = drawback(asked)
        rows.append(MoneyBackRow("drawback", f"export {number}", "claim drawback", made.until, made.days_left, made.sure, f"{made.sure} sure, {made.possible} at most", made.citation[0]))
    rows.sort(key=lambda r: (r.until is None, r.until or date.max, -(r.amount_usd or 0)))
    sums: dict[str, Decimal] = {}
    for each_row in rows:
        if each_row.amount_usd is not None and each_row.what != "finally liquidated" and (each_row.days_left is None or each_row.days_left >= 0):
            sums[each_row.source] = sums.get(each_row.source, Decimal("0.00")) + each_row.amount_usd
    return MoneyBack(tuple(rows), sums, owed, sum(r.amount_usd is None for r in rows))


def _list(raw: Any, where: str) -> list[dict[str, Any]]:
    if raw is None:
        return []
    if not isinstance(raw, list) or not all(isinstance(each, dict) for each in raw):
        raise LandedError("INVALID_REQUEST", f"expected a list of objects, got {type(raw).__name__}", where=where, mend="Give [{...}, ...].")
    return raw


def _overpaid(filed: dict[str, Any], number: int, today: date) -> tuple[MoneyBackRow | None, Decimal]:
    """(the chance that an audited entry holds, what it underpaid)."""
    from landed.compliance.deadlines import deadlines
    from landed.duty.request import read_day
    from landed.operations.entry import AuditRequest, entry_audit

    head = filed.get("entry") if isinstance(filed.get("entry"), dict) else {}
    assert isinstance(head, dict)
    days = {name: read_day(head[name], f"entries[{number}].entry.{name}") for name in ("entry_date", "scheduled_liquidation", "liquidation_date") if head.get(name)}
    inner = {k: v for k, v in head.items() if k not in ("scheduled_liquidation", "liquidation_date")}
    wanted: AuditRequest = {**filed, "entry": inner}  # type: ignore[typeddict-item]
    audit = entry_audit(wanted)
    if not audit.overpaid:
        return None, audit.underpaid
    which = "protest" if "liquidation_date" in days else "psc"
    end = next((d for d in deadlines(days, today=today) if d.id == which), None)
    what = "protest" if which == "protest" else "post summary correction"
    heads = ", ".join(dict.fromkeys(d.heading for d in audit.differences if d.change_usd is not None and d.change_usd > 0 and d.heading))
    name = str(head.get("reference") or head.get("entry_number") or f"entry {number}")
    return MoneyBackRow("overpayment", name, what, end.day if end else None, end.days_left if end else None, audit.overpaid, f"overpaid on {heads}", end.citation if end else ""), audit.underpaid
