"""From a reading to the request of an entry, what is still missing for it, and a batch of goods to classify."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from landed.documents.checks import number
from landed.documents.model import Missing

if TYPE_CHECKING:
    from datetime import date

    from landed.duty.estimate import Engine

DIGITS = 10


def draft_entry(values: Mapping[str, str], lines: int, beside: frozenset[str], engine: Engine, on: date | None, suspects: tuple[str, ...]) -> tuple[dict[str, Any], tuple[Missing, ...], tuple[str, ...]]:
    """(request of `entry`, what is missing, warnings). Only what the paper says goes in; nothing is guessed."""
    missing: list[Missing] = []
    warnings: list[str] = []
    head: dict[str, Any] = {}
    if on:
        head["entry_date"] = on.isoformat()
    else:
        missing.append(Missing("entry.entry_date", "The day of entry does not stand on an invoice.", "Give the day on which the goods enter."))
    for name, place in (("invoice_number", "reference"), ("incoterm", "incoterm"), ("currency", "currency"), ("buyer.name", "importer"), ("transport", "transport_mode")):
        if values.get(name):
            head[place] = values[name]
    if values.get("consignee.name"):
        head["consignee"] = values["consignee.name"]
    for place, why, mend in (
        ("transport_mode", "The paper does not say how the goods travel.", "Harbor maintenance hangs on it: ocean, air, truck, rail or mail."),
        ("incoterm", "The paper names no Incoterm.", "Without it, freight and insurance stated are taken as they stand."),
        ("currency", "The paper names no currency.", "Name it; the rate of another currency than the US dollar is that of the day of export."),
        ("importer", "The paper names no buyer.", "Name the importer of record."),
    ):
        if place not in head:
            missing.append(Missing(f"entry.{place}", why, mend))
    if head.get("currency") not in (None, "", "USD"):
        missing.append(Missing("exchange_rates", f"Amounts are in {head['currency']}.", "Give US dollars for one unit on the day of export, or the day of export."))
    rows = []
    for n in range(1, lines + 1):
        row, lacks = _line(values, n, engine, on)
        rows.append(row)
        missing += lacks
    request: dict[str, Any] = {"entry": head, "lines": rows}
    charges = []
    for name in ("freight", "insurance"):
        amount = number(values.get(name))
        if amount is not None and amount > 0:
            charge: dict[str, Any] = {"kind": name, "amount": values[name], "status": "estimated", "separate": True, "by": "value"}
            if name in beside:
                charge["in_price"] = False
            charges.append(charge)
            warnings.append(f"The {name} of {values[name]} is taken as an estimate: say that it is actual when the carrier's bill says so.")
    if charges:
        request["charges"] = charges
    if (packing := number(values.get("packing"))) and packing > 0:
        request["additions"] = {"packing": values["packing"]}
    for name in ("discount", "tax", "other"):
        if number(values.get(name)):
            missing.append(Missing(name, f"The paper states {'a discount' if name == 'discount' else 'a tax' if name == 'tax' else 'another charge'} of {values[name]}, which no line holds.", "Settle it in the prices of the lines before filing."))
    if suspects:
        warnings.append(f"{len(suspects)} fields are suspect: settle them before this entry is priced or filed.")
    return request, tuple(missing), tuple(warnings)


def _line(values: Mapping[str, str], n: int, engine: Engine, on: date | None) -> tuple[dict[str, Any], list[Missing]]:
    row: dict[str, Any] = {}
    lacks: list[Missing] = []

    def value(name: str) -> str:
        return values.get(f"lines.{n}.{name}", "")

    stated = value("code")
    if code := tariff_line(stated, engine, on):
        row["hts_code"] = code
    else:
        why = f"Line {n} states {stated}, which is no rate line of the US tariff." if stated else f"Line {n} states no tariff code."
        lacks.append(Missing(f"lines.{n}.hts_code", why, "Choose one of the ranked codes of the classification."))
    if origin := value("origin") or values.get("origin", ""):
        row["country_of_origin"] = origin
    else:
        lacks.append(Missing(f"lines.{n}.country_of_origin", f"Line {n} states no country of origin.", "Ask the seller where the goods were made; it is not always where they are sold."))
    for name in ("description", "reference"):
        if value(name):
            row[name] = value(name)
    quantity, price, amount = number(value("quantity")), number(value("price")), number(value("amount"))
    if quantity is not None and quantity > 0:
        unit = value("unit")
        if not unit or _known_unit(unit):
            row["quantity"] = value("quantity")
            if unit:
                row["unit"] = unit
        else:
            lacks.append(Missing(f"lines.{n}.quantity", f"Line {n} counts {value('quantity')} {unit}, a unit that the tariff does not know.", "State the quantity in the unit that the tariff line reports."))
    if amount is not None:
        row["price"] = value("amount")
    elif quantity is not None and price is not None:
        row["price"] = str((quantity * price).quantize(Decimal("0.01")))
    else:
        lacks.append(Missing(f"lines.{n}.price", f"Line {n} states no amount.", "A packing list holds no prices: read the invoice, or give the price."))
    if value("currency") and value("currency") != values.get("currency"):
        row["currency"] = value("currency")
    if (net := number(value("net_weight"))) is not None and net > 0:
        row["net_weight_kg"] = value("net_weight")
    if (gross := number(value("gross_weight"))) is not None and gross > 0:
        row["weight_kg"] = value("gross_weight")
    if (volume := number(value("volume"))) is not None and volume > 0:
        row["volume_m3"] = value("volume")
    return row, lacks


def _known_unit(name: str) -> str | None:
    from landed.errors import LandedError
    from landed.schedule.units import unit_key

    if not name:
        return None
    try:
        unit_key(name)
    except LandedError:
        return None
    return name


def tariff_line(stated: str, engine: Engine, on: date | None) -> str | None:
    """A code as the paper states it, where it is a rate line of the US tariff of that day; eight digits of another tariff are none."""
    from datetime import date as day

    from landed.errors import LandedError
    from landed.schedule.codes import parse_code

    digits = "".join(c for c in stated if c.isdigit())
    if len(digits) not in (8, DIGITS):
        return None
    try:
        line = engine.schedule.line(parse_code(digits), on or day.today(), extra=engine.index.listed_codes)
    except LandedError:
        return None
    return str(line.code) if hasattr(line, "code") else stated


def to_classify(values: Mapping[str, str], lines: int, on: date | None) -> tuple[dict[str, Any], ...]:
    """A product for each line with a description, for the operation `classify_many`; the value only where it is in US dollars."""
    products = []
    for n in range(1, lines + 1):
        text = values.get(f"lines.{n}.description", "")
        if not text:
            continue
        product: dict[str, Any] = {"id": f"lines.{n}", "text": text}
        if origin := values.get(f"lines.{n}.origin") or values.get("origin"):
            product["origin"] = origin
        if on:
            product["on"] = on.isoformat()
        amount = number(values.get(f"lines.{n}.amount"))
        if values.get("currency") == "USD" and amount is not None and amount > Decimal(0):
            product["value"] = str(amount)
        products.append(product)
    return tuple(products)
