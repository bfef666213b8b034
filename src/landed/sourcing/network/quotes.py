"""Asks suppliers for quotes and compares what comes back on one footing: landed cost per unit under the law of the arrival day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from landed.duty.estimate import Engine
from landed.duty.request import read_country, read_day
from landed.entry.terms import valuation_rules
from landed.errors import LandedError
from landed.problems import Problems

CENT, FINE, HUNDRED = Decimal("0.01"), Decimal("0.0001"), Decimal(100)
COLUMNS = ("supplier", "sku", "price", "breaks", "currency", "exchange_rate", "incoterm", "origin", "moq", "lead_days", "freight_per_unit", "insurance_per_unit", "valid_to", "spi", "tooling")
QUOTE_HEADER = ("supplier", "sku", "origin", "incoterm", "currency", "breaks", "moq", "lead_days", "freight_per_unit", "valid_to", "tooling")


@dataclass(frozen=True, slots=True)
class Compared:
    """One quote on the common footing, US dollars per unit. `landed_per_unit` is None where a part is unknown: `unknown` says which, `known_per_unit` what is known."""

    rank: int
    supplier: str
    origin: str
    incoterm: str
    units: Decimal
    unit_price: Decimal
    freight: Decimal | None
    duty: Decimal | None
    fees: Decimal | None
    tooling: Decimal
    landed_per_unit: Decimal | None
    known_per_unit: Decimal
    duty_rate_pct: Decimal | None
    arrival: date
    unknown: tuple[str, ...]
    notes: tuple[str, ...]


def request_text(rfq: Mapping[str, Any]) -> str:
    """The document that asks for a quote, as Markdown: what, how many, which papers, what the answer must state."""
    lines = [f"# Request for quotation {rfq.get('number') or ''}".rstrip(), ""]
    for label, key in (("Buyer", "buyer"), ("Product", "sku"), ("Description", "description"), ("Tariff code (United States)", "hts_code"), ("Quantity", "units"), ("Wanted at destination by", "needed_by"), ("Destination", "destination"), ("Certificates needed", "certificates"), ("Answer by", "answer_by"), ("Contact", "contact")):
        value = rfq.get(key)
        if value not in (None, "", [], ()):
            lines.append(f"- **{label}:** {', '.join(map(str, value)) if isinstance(value, (list, tuple)) else value}")
    lines += [
        "", "Please state in your quote (the sheet beside this document has a column for each):", "",
        "1. the price per unit for each quantity from which it holds, and the currency;",
        "2. the Incoterms 2020 rule with its place, and freight and insurance per unit where the price holds them;",
        "3. the **country where the goods are made** (it decides the duty, not where you invoice from), and where the main materials come from;",
        "4. the minimum order, the days from order to shipment, and the capacity a month;",
        "5. tooling or set-up cost paid once, and until when the quote holds;",
        "6. certificates with issuer, number and dates, and who last inspected the site.", "",
        "Quotes are compared on landed cost per unit under the law of the day of arrival.",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def compare(engine: Engine, rfq: Mapping[str, Any], quotes: Sequence[Mapping[str, Any]], overlay: Any = None) -> tuple[Compared, ...]:
    """Quotes ranked by landed cost per unit for the units asked; what is not wholly known comes last. Raises INVALID_QUOTES by cell, BAD_OVERLAY."""
    problems = Problems("INVALID_QUOTES")
    units = problems.number(rfq.get("units"), "rfq.units", above=True) if rfq.get("units") not in (None, "") else None
    if units is None:
        problems.add("rfq.units", "the quantity is missing", "How many units the quotes are for.")
    if not rfq.get("hts_code"):
        problems.add("rfq.hts_code", "the tariff code is missing", "Give 8 or 10 digits.")
    days: dict[str, date | None] = {}
    for name in ("arrival", "order_date"):
        try:
            days[name] = read_day(rfq[name], f"rfq.{name}") if rfq.get(name) else None
        except LandedError as bad:
            problems.add(bad.where, bad.detail, bad.mend)
    if not any(days.values()) and not rfq.get("arrival") and not rfq.get("order_date"):
        problems.add("rfq.arrival", "neither arrival nor order_date is given", "The day of arrival decides the law.")
    if not quotes:
        problems.add("quotes", "no quote is given", "Give at least one row.")
    problems.raise_if_any()
    asked = engine.with_overlay(overlay) if overlay else engine
    assert units is not None
    rows = [_one(asked, rfq, quote, f"quotes[{n}]", units, days, problems) for n, quote in enumerate(quotes, 1)]
    problems.raise_if_any()
    found = [row for row in rows if row is not None]
    found.sort(key=lambda row: (row.landed_per_unit is None, row.landed_per_unit or row.known_per_unit))
    from dataclasses import replace

    return tuple(replace(row, rank=n) for n, row in enumerate(found, 1))


def _one(engine: Engine, rfq: Mapping[str, Any], quote: Mapping[str, Any], where: str, units: Decimal, days: Mapping[str, date | None], problems: Problems) -> Compared | None:
    before = len(problems.found)
    for key in quote:
        if key not in COLUMNS:
            problems.add(f"{where}.{key}", f"unknown column {str(key)!r}", f"Known: {', '.join(COLUMNS)}.")
    numbers = {name: problems.number(quote[name], f"{where}.{name}") if quote.get(name) not in (None, "") else None for name in ("exchange_rate", "moq", "freight_per_unit", "insurance_per_unit", "tooling", "lead_days")}
    price = _price(quote, units, where, problems)
    currency = str(quote.get("currency") or "USD").upper()
    rate = numbers["exchange_rate"] if currency != "USD" else Decimal(1)
    if rate is None or rate <= 0:
        problems.add(f"{where}.exchange_rate", f"the price is in {currency} without an exchange rate", "US dollars for one unit of it.")
        rate = Decimal(1)
    term = str(quote.get("incoterm") or "").upper()
    if term not in valuation_rules().terms:
        problems.add(f"{where}.incoterm", f"expected an Incoterms 2020 rule, got {term[:20]!r}", f"One of {', '.join(valuation_rules().terms)}.")
    origin = ""
    try:
        origin = read_country(quote.get("origin") or "", f"{where}.origin", engine.law)
    except LandedError as bad:
        problems.add(bad.where, bad.detail, "The country where the goods are made, not where the supplier invoices from.")
    if len(problems.found) > before or price is None:
        return None
    holds = valuation_rules().terms[term].in_price
    notes, unknown = [], []
    buy = max(units, numbers["moq"] or Decimal(0))
    if buy > units:
        notes.append(f"The minimum order is {buy.normalize():f}: {(buy - units).normalize():f} more than needed.")
    dollars = price * rate
    carriage = (numbers["freight_per_unit"] or Decimal(0)) * rate + (numbers["insurance_per_unit"] or Decimal(0)) * rate
    freight: Decimal | None = Decimal(0)
    worth = dollars
    if "freight" in holds:
        if carriage:
            worth = dollars - carriage
            notes.append("Freight in the price is shown apart, so that it leaves the customs value when it is the actual amount.")
        else:
            notes.append("Freight in the price is not shown apart: duty is taken on the whole price.")
    elif numbers["freight_per_unit"] is None:
        freight = None
        unknown.append("freight")
    else:
        freight = carriage
    lead = int(numbers["lead_days"] or 0)
    arrival = days["arrival"] or (days["order_date"] or date.min) + timedelta(days=lead)
    if quote.get("valid_to") and str(quote["valid_to"])[:10] < (days["order_date"] or arrival).isoformat():
        notes.append(f"The quote held until {str(quote['valid_to'])[:10]}.")
    duty = fees = rate_pct = None
    quantities = [{"value": str(buy), "unit": "no"}]
    if rfq.get("weight_kg"):
        quantities.append({"value": str(Decimal(str(rfq["weight_kg"])) * buy), "unit": "kg"})
    request = {"hts_code": str(rfq["hts_code"]), "country_of_origin": origin, "customs_value": str((worth * buy).quantize(CENT)), "entry_date": arrival.isoformat(), "quantities": quantities, "claims": {"spi": quote["spi"]} if quote.get("spi") else {}, "facts": dict(rfq.get("facts") or {})}
    if rfq.get("transport_mode"):
        request["transport_mode"] = rfq["transport_mode"]
    try:
        answer = engine.estimate(request, depth="duty")
    except LandedError as bad:
        problems.add(where, f"{bad.code}: {bad.detail}", bad.mend)
        return None
    if answer.status == "refused":
        unknown.append("entry is prohibited")
    elif "customs_duties" in holds:
        duty = fees = Decimal(0)
        rate_pct = answer.totals.effective_rate_pct
        notes.append("Delivered duty paid: the seller bears duty and fees, and is the one whom a change of law hits first.")
    else:
        rate_pct = answer.totals.effective_rate_pct
        duty = None if answer.totals.duty is None else answer.totals.duty / buy
        fees = None if answer.totals.fees is None else answer.totals.fees / buy
        unknown += [name for name, value in (("duty", duty), ("fees", fees)) if value is None]
    tooling = (numbers["tooling"] or Decimal(0)) * rate / buy
    known = dollars + sum((part or Decimal(0) for part in (freight, duty, fees)), Decimal(0)) + tooling
    return Compared(
        0, str(quote.get("supplier") or ""), origin, term, buy, dollars.quantize(FINE), None if freight is None else freight.quantize(FINE), None if duty is None else duty.quantize(FINE),
        None if fees is None else fees.quantize(FINE), tooling.quantize(FINE), None if unknown else known.quantize(FINE), known.quantize(FINE), rate_pct, arrival, tuple(unknown), tuple(notes),
    )  # fmt: skip


def _price(quote: Mapping[str, Any], units: Decimal, where: str, problems: Problems) -> Decimal | None:
    """The price of all units at the quantity asked, from one price or from breaks."""
    if quote.get("price") not in (None, ""):
        return problems.number(quote["price"], f"{where}.price", above=True)
    from landed.sourcing.network.intake import _breaks

    steps = _breaks(str(quote.get("breaks") or ""), f"{where}.breaks", problems)
    if not steps:
        problems.add(f"{where}.price", "the price is missing", "Give price, or breaks such as 500: 4.20; 5000: 3.90.")
        return None
    fitting = [price for mark, price in steps if mark <= units]
    return fitting[-1] if fitting else steps[0][1]
