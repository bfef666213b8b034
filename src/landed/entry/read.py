"""Reads a whole entry as people and programs send it; every line's mistake is named, none is passed over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from landed.duty.request import ENTRY_TYPES, INCOTERMS, MODES, read_amount, read_country, read_day
from landed.entry.currency import NO_RATES, Rates, read_rates
from landed.entry.model import Addition, Charge, Entry, EntryLine, FirstSale, Header
from landed.entry.terms import valuation_rules
from landed.errors import LandedError
from landed.lawbook.model import LawBook

TOP = {"entry", "lines", "charges", "additions", "exchange_rates", "cost", "overlay"}
HEADER = {
    "entry_date", "entry_type", "transport_mode", "importer", "reference", "country_of_export", "export_date", "loading_date", "incoterm",
    "currency", "filing", "mail_items", "express_waybills", "known_on", "whole_dollars",
}  # fmt: skip
BLOCKS = {
    "entry_number", "filer", "surety_number", "bond_type", "port_code", "importing_carrier", "import_date", "bill_number", "manufacturer_id",
    "it_number", "it_date", "missing_documents", "foreign_port", "unlading_port", "goods_location", "consignee_number", "consignee", "importer_number",
    "summary_date",
}  # fmt: skip
REQUEST = {"hts_code", "country_of_origin", "quantities", "claims", "facts", "answers", "parts", "country_of_export", "loading_date", "export_date"}
LINE = REQUEST | {
    "line", "reference", "description", "price", "unit_price", "quantity", "unit", "currency", "exchange_rate", "incoterm", "charges", "additions",
    "related", "related_basis", "first_sale", "weight_kg", "net_weight_kg", "volume_m3", "selling_price", "importer", "entry_date",
}  # fmt: skip
CHARGE = {"kind", "amount", "currency", "status", "separate", "in_price", "by", "exchange_rate", "through_bill", "agency_agreement", "written_financing"}
SHARING = ("value", "weight", "volume", "quantity")
MAX_LINES = 999  # an entry summary numbers its lines with three digits


def read_entry(raw: Mapping[str, Any], law: LawBook, rates: Rates | None = None) -> tuple[Entry, Rates]:
    """An entry document ({entry, lines, charges, additions, exchange_rates}) and the rates it is to use.

    Raises LandedError for the document (INVALID_ENTRY, MIXED_IMPORTERS, MIXED_ENTRY_DATES, ...), or ENTRY_LINES_INVALID whose
    `errors` holds one problem per bad line.
    """
    if not isinstance(raw, Mapping):
        raise LandedError("INVALID_ENTRY", "expected an object with entry and lines", mend="See docs/entry.md.")
    _known(raw, TOP, "")
    head = _table(raw.get("entry"), "entry")
    header = _header(head, law)
    rows = raw.get("lines")
    if not isinstance(rows, (list, tuple)) or not rows:
        raise LandedError("INVALID_ENTRY", "the entry has no lines", where="lines", mend="Give at least one line with hts_code, country_of_origin and price.")
    if len(rows) > MAX_LINES:
        raise LandedError("INVALID_ENTRY", f"an entry summary has at most {MAX_LINES} lines, got {len(rows)}", where="lines", mend="Use the batch for catalogues, or split the entry.")
    _one_importer_one_day(header, rows)
    lines: list[EntryLine] = []
    errors: list[dict[str, Any]] = []
    for number, row in enumerate(rows, 1):
        try:
            lines.append(_line(row, number, header))
        except LandedError as bad:
            errors.append(at_line(bad, number).to_dict())
    if errors:
        raise lines_invalid(errors)
    stated = {str(k).upper(): _positive(v, f"exchange_rates.{k}") for k, v in _table(raw.get("exchange_rates"), "exchange_rates", optional=True).items() if k != "file_text"}
    if (text := _table(raw.get("exchange_rates"), "exchange_rates", optional=True).get("file_text")) is not None:
        rates = read_rates(str(text))
    rates = rates or NO_RATES
    entry = Entry(
        header=header,
        lines=tuple(lines),
        charges=_charges(raw.get("charges"), header.currency, "charges"),
        additions=_additions(raw.get("additions"), header.currency, "additions"),
        overlay=raw.get("overlay"),
    )
    return entry, Rates(rates.dated, {**rates.stated, **stated}, rates.origin)


def at_line(bad: LandedError, number: int) -> LandedError:
    """The same error with the line it stands on."""
    return LandedError(bad.code, bad.detail, where=f"line {number}" + (f", {bad.where}" if bad.where else ""), mend=bad.mend, line=number, **bad.extra)


def lines_invalid(errors: list[dict[str, Any]]) -> LandedError:
    """One error for an entry whose lines cannot all be read; its `errors` names each."""
    shown = "; ".join(f"{e['where']}: {e['code']}, {e['detail']}" for e in errors[:5]) + (f"; and {len(errors) - 5} more" if len(errors) > 5 else "")
    mends = list(dict.fromkeys(e["mend"] for e in errors if e["mend"]))
    return LandedError("ENTRY_LINES_INVALID", shown, where="lines", mend=" ".join(mends[:2]) or "Mend the lines named in errors.", errors=errors)


def _one_importer_one_day(header: Header, rows: list[Any] | tuple[Any, ...]) -> None:
    importers = {str(r["importer"]).strip() for r in rows if isinstance(r, Mapping) and r.get("importer")} | ({header.importer} if header.importer else set())
    if len(importers) > 1:
        raise LandedError("MIXED_IMPORTERS", f"an entry has one importer of record, got {', '.join(sorted(importers))}", where="lines", mend="Make one entry for each importer.", importers=sorted(importers))
    days = {str(read_day(r["entry_date"], "lines")) for r in rows if isinstance(r, Mapping) and r.get("entry_date")} | {str(header.entry_date)}
    if len(days) > 1:
        raise LandedError("MIXED_ENTRY_DATES", f"an entry has one date, got {', '.join(sorted(days))}", where="lines", mend="Make one entry for each date.", dates=sorted(days))


def _header(raw: Mapping[str, Any], law: LawBook) -> Header:
    _known(raw, HEADER | BLOCKS, "entry")
    if raw.get("entry_date") in (None, ""):
        raise LandedError("INVALID_ENTRY", "the entry date is missing", where="entry.entry_date", mend="Write year-month-day.")
    filing = _choice(raw.get("filing") or "automated", ("automated", "manual", "cbp_prepared"), "entry.filing")
    items = raw.get("mail_items", 1)
    if isinstance(items, bool) or not isinstance(items, int) or items < 1:
        raise LandedError("INVALID_ENTRY", f"expected a number of items of mail, got {items!r}", where="entry.mail_items", mend="Write a whole number of one or more.")
    stated = raw.get("express_waybills")
    waybills = _whole(stated) if stated not in (None, "") else 0
    if waybills is None:
        raise LandedError("INVALID_ENTRY", f"expected a number of waybills, got {str(stated)[:20]!r}", where="entry.express_waybills", mend="Write how many individual waybills the express shipment has.")
    if waybills and (raw.get("entry_type") == "postal" or raw.get("transport_mode") == "mail"):
        raise LandedError("INVALID_ENTRY", "mail does not pass an express consignment facility", where="entry.express_waybills", mend="Leave the waybills out, or name another way of arrival.")
    return Header(
        entry_date=read_day(raw["entry_date"], "entry.entry_date"),
        entry_type=_choice(raw.get("entry_type") or "formal", ENTRY_TYPES, "entry.entry_type"),
        transport_mode=_choice(raw["transport_mode"], MODES, "entry.transport_mode") if raw.get("transport_mode") else None,
        importer=str(raw["importer"]).strip() if raw.get("importer") else None,
        reference=str(raw["reference"]) if raw.get("reference") else None,
        country_of_export=read_country(raw["country_of_export"], "entry.country_of_export", law) if raw.get("country_of_export") else None,
        export_date=_day(raw, "export_date"),
        loading_date=_day(raw, "loading_date"),
        incoterm=_incoterm(raw.get("incoterm"), "entry.incoterm"),
        currency=_currency(raw.get("currency"), "USD", "entry.currency"),
        filing=filing,  # type: ignore[arg-type]
        mail_items=items,
        express_waybills=waybills,
        known_on=_day(raw, "known_on"),
        whole_dollars=_flag(raw.get("whole_dollars"), "entry.whole_dollars"),
        blocks=tuple(sorted((k, str(v)) for k, v in raw.items() if k in BLOCKS and v not in (None, ""))),
    )


def _whole(raw: object) -> int | None:
    """A whole number of zero or more, as a cell or a document writes it; None where it is none."""
    text = str(raw).strip().removesuffix(".0")
    return int(text) if not isinstance(raw, bool) and text.isascii() and text.isdigit() and len(text) < 10 else None


def _line(raw: object, number: int, header: Header) -> EntryLine:
    if not isinstance(raw, Mapping):
        raise LandedError("INVALID_ENTRY", "expected an object", mend="A line has hts_code, country_of_origin and price.")
    _known(raw, LINE, "")
    for name in ("hts_code", "country_of_origin"):
        if raw.get(name) in (None, ""):
            raise LandedError("INVALID_ENTRY", f"the field {name!r} is missing", where=name, mend="A line has hts_code, country_of_origin and price.")
    quantity = _amount(raw, "quantity")
    price = _price(raw, quantity)
    currency = _currency(raw.get("currency"), header.currency, "currency")
    first = raw.get("first_sale")
    return EntryLine(
        number=number,
        price=price,
        currency=currency,
        request={**{k: raw[k] for k in REQUEST if raw.get(k) not in (None, "")}, "quantities": _quantities(raw, quantity)},
        reference=str(raw["reference"]) if raw.get("reference") else None,
        description=str(raw.get("description") or ""),
        exchange_rate=_positive(raw["exchange_rate"], "exchange_rate") if raw.get("exchange_rate") else None,
        incoterm=_incoterm(raw.get("incoterm"), "incoterm") or header.incoterm,
        charges=_charges(raw.get("charges"), currency, "charges"),
        additions=_additions(raw.get("additions"), currency, "additions"),
        related=_flag(raw.get("related"), "related"),
        related_basis=str(raw.get("related_basis") or ""),
        first_sale=_first_sale(first, currency) if first else None,
        export_date=read_day(raw["export_date"], "export_date") if raw.get("export_date") else header.export_date,
        quantity=quantity,
        weight_kg=_amount(raw, "weight_kg"),
        volume_m3=_amount(raw, "volume_m3"),
        selling_price=_amount(raw, "selling_price"),
    )


def _price(raw: Mapping[str, Any], quantity: Decimal | None) -> Decimal:
    if raw.get("price") not in (None, ""):
        price = read_amount(raw["price"], "price")
        if raw.get("unit_price") not in (None, "") and quantity is not None and abs(read_amount(raw["unit_price"], "unit_price") * quantity - price) > Decimal("0.01") * max(quantity, Decimal(1)):
            raise LandedError("INVALID_VALUE", f"price {price} is not unit_price times quantity ({quantity})", where="price", mend="State one of the two, or make them agree.")
    elif raw.get("unit_price") not in (None, "") and quantity is not None:
        price = (read_amount(raw["unit_price"], "unit_price") * quantity).quantize(Decimal("0.01"), "ROUND_HALF_UP")
    else:
        raise LandedError("INVALID_VALUE", "the price is missing", where="price", mend="Give price (of the line), or unit_price and quantity.")
    if price <= 0:
        raise LandedError("INVALID_VALUE", f"expected a price above zero, got {price}", where="price", mend="Goods without a price are valued by another method (19 U.S.C. 1401a).")
    return price


def _quantities(raw: Mapping[str, Any], quantity: Decimal | None) -> list[Any]:
    """The quantities stated for customs, with the plain quantity and the net weight as further ones."""
    stated = raw.get("quantities") or ()
    if isinstance(stated, Mapping) and "unit" not in stated:
        rows: list[Any] = [{"unit": k, "value": v} for k, v in stated.items()]
    else:
        rows = list(stated) if isinstance(stated, (list, tuple)) else [stated]
    units = {str(r.get("unit")) for r in rows if isinstance(r, Mapping)}
    unit = str(raw.get("unit") or "no")
    if quantity is not None and unit not in units:
        rows.append({"value": str(quantity), "unit": unit})
    if raw.get("net_weight_kg") not in (None, "") and "kg" not in units and unit != "kg":
        rows.append({"value": str(read_amount(raw["net_weight_kg"], "net_weight_kg")), "unit": "kg"})
    return rows


def _charges(raw: object, currency: str, where: str) -> tuple[Charge, ...]:
    rules = valuation_rules().charges
    found = []
    for number, row in enumerate(_rows(raw, where)):
        place = f"{where}[{number}]"
        _known(row, CHARGE, place)
        kind = _choice(row.get("kind"), tuple(rules), f"{place}.kind")
        status = _choice(row.get("status") or "estimated", ("actual", "estimated"), f"{place}.status")
        found.append(
            Charge(
                kind=kind,
                amount=read_amount(row.get("amount"), f"{place}.amount"),
                currency=_currency(row.get("currency"), currency, f"{place}.currency"),
                actual=status == "actual",
                separate=_flag(row.get("separate"), f"{place}.separate"),
                in_price=None if row.get("in_price") in (None, "") else _flag(row["in_price"], f"{place}.in_price"),
                stated=frozenset(n for n in ("through_bill", "agency_agreement", "written_financing") if _flag(row.get(n), f"{place}.{n}")),
                by=_choice(row.get("by") or "value", SHARING, f"{place}.by"),
                exchange_rate=_positive(row["exchange_rate"], f"{place}.exchange_rate") if row.get("exchange_rate") else None,
            )
        )
    return tuple(found)


def _additions(raw: object, currency: str, where: str) -> tuple[Addition, ...]:
    kinds = tuple(valuation_rules().additions)
    rows = [{"kind": k, "amount": v} for k, v in raw.items()] if isinstance(raw, Mapping) and "kind" not in raw else _rows(raw, where)
    found = []
    for number, row in enumerate(rows):
        place = f"{where}[{number}]"
        _known(row, {"kind", "amount", "currency", "exchange_rate"}, place)
        rate = _positive(row["exchange_rate"], f"{place}.exchange_rate") if row.get("exchange_rate") else None
        amount = read_amount(row.get("amount"), f"{place}.amount")
        found.append(Addition(_choice(row.get("kind"), kinds, f"{place}.kind"), amount, _currency(row.get("currency"), currency, f"{place}.currency"), rate))
    return tuple(found)


def _first_sale(raw: object, currency: str) -> FirstSale:
    conditions = valuation_rules().first_sale
    row = _table(raw, "first_sale")
    _known(row, {"price", "currency", "use", "exchange_rate"} | set(conditions), "first_sale")
    price = _positive(row.get("price"), "first_sale.price")
    met = frozenset(name for name in conditions if _flag(row.get(name), f"first_sale.{name}"))
    rate = _positive(row["exchange_rate"], "first_sale.exchange_rate") if row.get("exchange_rate") else None
    return FirstSale(price, _currency(row.get("currency"), currency, "first_sale.currency"), met, _flag(row.get("use"), "first_sale.use"), rate)


def _rows(raw: object, where: str) -> list[Mapping[str, Any]]:
    if raw is None:
        return []
    rows: list[Any] = list(raw) if isinstance(raw, (list, tuple)) else [raw]
    for row in rows:
        if not isinstance(row, Mapping):
            raise LandedError("INVALID_ENTRY", "expected objects with kind and amount", where=where, mend='Such as {"kind": "freight", "amount": "1200.00"}.')
    return rows


def _table(raw: object, where: str, *, optional: bool = False) -> Mapping[str, Any]:
    if raw is None and optional:
        return {}
    if not isinstance(raw, Mapping):
        raise LandedError("INVALID_ENTRY", f"the table {where!r} is missing or no table", where=where, mend="See docs/entry.md.")
    return raw


def _known(raw: Mapping[str, Any], names: set[str], where: str) -> None:
    unknown = sorted(set(map(str, raw)) - names)
    if unknown:
        import difflib

        near = difflib.get_close_matches(unknown[0], names, n=1)
        place = f"{where}.{unknown[0]}".lstrip(".")
        raise LandedError("INVALID_ENTRY", f"unknown field {place!r}", where=place, mend=f"Did you mean {near[0]!r}?" if near else f"Known fields: {', '.join(sorted(names))}.")


def _choice(raw: object, names: tuple[str, ...], where: str) -> str:
    text = str(raw).strip().lower() if raw is not None else ""
    if text not in names:
        raise LandedError("INVALID_ENTRY", f"expected one of {', '.join(names)}, got {str(raw)[:40]!r}", where=where, mend="Name one of them.")
    return text


def _flag(raw: object, where: str) -> bool:
    if raw in (None, ""):
        return False
    truth = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}.get(str(raw).strip().lower())
    if truth is None:
        raise LandedError("INVALID_ENTRY", f"expected yes or no, got {str(raw)[:40]!r}", where=where, mend="Write yes or no.")
    return truth


def _incoterm(raw: object, where: str) -> str | None:
    if raw in (None, ""):
        return None
    text = str(raw).strip().upper()
    if text not in INCOTERMS:
        raise LandedError("INVALID_ENTRY", f"expected an Incoterms 2020 rule, got {str(raw)[:40]!r}", where=where, mend=f"One of {', '.join(INCOTERMS)}.")
    return text


def _currency(raw: object, default: str, where: str) -> str:
    text = str(raw).strip().upper() if raw not in (None, "") else default
    if len(text) != 3 or not text.isalpha() or not text.isascii():
        raise LandedError("INVALID_VALUE", f"expected a currency code of three letters, got {text[:40]!r}", where=where, mend="Such as USD or EUR (ISO 4217).")
    return text


def _positive(raw: object, where: str) -> Decimal:
    amount = read_amount(raw, where)
    if amount == 0:
        raise LandedError("INVALID_VALUE", "expected a number above zero, got 0", where=where, mend="Check the number.")
    return amount


def _amount(raw: Mapping[str, Any], name: str) -> Decimal | None:
    return None if raw.get(name) in (None, "") else read_amount(raw[name], name)


def _day(raw: Mapping[str, Any], name: str) -> date | None:
    return read_day(raw[name], f"entry.{name}") if raw.get(name) else None
