"""Reads a request as people and programs send it, and refuses what cannot be meant, naming the field and the mend."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from landed.duty.model import AdCvd, Claims, Request
from landed.errors import LandedError
from landed.lawbook.index import CONTENT_FACTS
from landed.lawbook.model import Fact, LawBook
from landed.schedule.codes import parse_code

FIELDS = {
    "reference", "hts_code", "country_of_origin", "customs_value", "entry_date", "country_of_export", "loading_date", "export_date",
    "transport_mode", "entry_type", "quantities", "incoterm", "charges", "claims", "facts", "answers", "parts", "known_on", "overlay",
}  # fmt: skip
CLAIMS = {"spi", "chapter_98", "exclusion", "exclusions", "us_content_value", "repair_value", "ad_cvd"}
MODES = ("ocean", "air", "truck", "rail", "mail")
ENTRY_TYPES = ("formal", "informal", "postal", "section_321")
INCOTERMS = ("EXW", "FCA", "FAS", "FOB", "CFR", "CIF", "CPT", "CIP", "DAP", "DPU", "DDP")
CEILING = Decimal("1000000000000")  # a customs value past a trillion dollars is a slip of the pen
CENT = Decimal("0.01")


def read_request(raw: Mapping[str, Any], law: LawBook) -> Request:
    """A request mapping (the contract of design section 4) as a `Request`.

    Raises LandedError: INVALID_REQUEST (unknown or missing field), INVALID_CODE, UNKNOWN_ORIGIN, INVALID_VALUE, CURRENCY_RATE_REQUIRED,
    INVALID_DATE, DATE_OUT_OF_COVERAGE, UNKNOWN_FACT, INVALID_FACT, INVALID_CLAIM, UNKNOWN_UNIT.
    """
    if not isinstance(raw, Mapping):
        raise LandedError("INVALID_REQUEST", f"expected an object, got {_kind(raw)}", mend="Send an object with hts_code, country_of_origin, customs_value and entry_date.")
    _known(raw, FIELDS, "")
    for name in ("hts_code", "country_of_origin", "customs_value", "entry_date"):
        if raw.get(name) in (None, ""):
            raise LandedError("INVALID_REQUEST", f"the field {name!r} is missing", where=name, mend="These four are required: hts_code, country_of_origin, customs_value, entry_date.")
    entry_date = read_day(raw["entry_date"], "entry_date")
    if not law.covers_from <= entry_date <= law.covers_to:
        raise LandedError(
            "DATE_OUT_OF_COVERAGE",
            f"the law pack covers {law.covers_from} to {law.covers_to}, got {entry_date}",
            where="entry_date",
            mend="Ask for a day inside the coverage.",
        )
    value = read_value(raw["customs_value"], "customs_value")
    facts = dict(_mapping(raw, "facts"))
    answers = dict(_mapping(raw, "answers"))
    raw_claims = _mapping(raw, "claims")
    _known(raw_claims, CLAIMS, "claims")
    quantities = _quantities(raw.get("quantities") or ())
    parts = {str(k): read_amount(v, f"parts.{k}") for k, v in _mapping(raw, "parts").items()}
    loose = {k: raw.get(k) for k in ("loading_date", "export_date", "transport_mode", "entry_type")}
    for name, answer in answers.items():
        if answer is None or answer == "unknown" and name not in law.facts:
            continue
        if name in loose:
            loose[name] = answer
        elif name in ("repair_value", "us_content_value"):
            raw_claims = {**raw_claims, name: answer}
        elif name.startswith("quantity_"):
            quantities[_unit(name.removeprefix("quantity_"))] = read_amount(answer, f"answers.{name}")
        elif name.startswith("part_"):
            parts[name.removeprefix("part_")] = read_amount(answer, f"answers.{name}")
        else:
            facts[name] = answer
    mode = loose["transport_mode"]
    if mode is not None and mode not in MODES:
        raise LandedError("INVALID_REQUEST", f"transport_mode: expected one of {', '.join(MODES)}, got {mode!r}", where="transport_mode", mend="Name the mode of arrival.")
    entry_type = loose["entry_type"] or "formal"
    if entry_type not in ENTRY_TYPES:
        raise LandedError("INVALID_REQUEST", f"entry_type: expected one of {', '.join(ENTRY_TYPES)}, got {entry_type!r}", where="entry_type", mend="Name the entry type.")
    incoterm = raw.get("incoterm")
    if incoterm is not None and str(incoterm).upper() not in INCOTERMS:
        raise LandedError("INVALID_REQUEST", f"incoterm: expected an Incoterms 2020 rule, got {incoterm!r}", where="incoterm", mend=f"One of {', '.join(INCOTERMS)}.")
    loading = read_day(loose["loading_date"], "loading_date") if loose["loading_date"] else None
    if loading and loading > entry_date:
        raise LandedError("INVALID_DATE", f"goods loaded on {loading} cannot be entered on {entry_date}", where="loading_date", mend="Check the two dates.")
    claims = _claims(raw_claims, value)
    stated = {name: read_fact_value(law, name, answer) for name, answer in facts.items()}
    _consistent(claims, stated, value)
    known_on = read_day(raw["known_on"], "known_on") if raw.get("known_on") else None
    return Request(
        code=parse_code(str(raw["hts_code"])),
        origin=read_country(raw["country_of_origin"], "country_of_origin", law),
        value=value,
        entry_date=entry_date,
        reference=str(raw["reference"]) if raw.get("reference") is not None else None,
        country_of_export=read_country(raw["country_of_export"], "country_of_export", law) if raw.get("country_of_export") else None,
        loading_date=loading,
        export_date=read_day(loose["export_date"], "export_date") if loose["export_date"] else None,
        transport_mode=mode,
        entry_type=entry_type,
        entry_type_stated=bool(loose["entry_type"]),
        quantities=tuple(sorted(quantities.items())),
        incoterm=str(incoterm).upper() if incoterm else None,
        charges=tuple(sorted((str(k), read_amount(v, f"charges.{k}")) for k, v in _mapping(raw, "charges").items())),
        claims=claims,
        facts=tuple(sorted(stated.items())),
        parts=tuple(sorted(parts.items())),
        ad_cvd=tuple(_orders(raw_claims.get("ad_cvd") or ())),
        known_on=known_on,
        overlay=raw.get("overlay"),
    )


def read_value(raw: object, where: str) -> Decimal:
    """A customs value: a number or text of US dollars, or {amount, currency, exchange_rate}."""
    currency = "USD"
    rate = None
    if isinstance(raw, Mapping):
        _known(raw, {"amount", "currency", "exchange_rate"}, where)
        currency = str(raw.get("currency") or "USD").upper()
        rate = raw.get("exchange_rate")
        if raw.get("amount") is None:
            raise LandedError("INVALID_VALUE", "the amount is missing", where=f"{where}.amount", mend="Give the amount as a decimal text.")
        amount = read_amount(raw["amount"], f"{where}.amount")
    else:
        amount = read_amount(raw, where)
    if currency != "USD":
        if rate is None:
            raise LandedError(
                "CURRENCY_RATE_REQUIRED",
                f"expected US dollars, got {currency} without a rate",
                where=f"{where}.currency",
                mend="Give exchange_rate (US dollars for one unit, the rate of the day of export), or the value in USD.",
            )
        amount *= read_amount(rate, f"{where}.exchange_rate")
    amount = amount.quantize(CENT, "ROUND_HALF_UP") if amount < CEILING else amount
    if amount <= 0:
        raise LandedError("INVALID_VALUE", f"expected a customs value of a cent or more, got {amount}", where=where, mend="Goods without a price are valued by another method (19 U.S.C. 1401a).")
    if amount >= CEILING:
        raise LandedError("INVALID_VALUE", f"expected a customs value below {CEILING}, got {amount}", where=where, mend="Check the amount and its decimal point.")
    return amount


def read_amount(raw: object, where: str) -> Decimal:
    """A non-negative finite decimal; raises INVALID_VALUE."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str, Decimal)):
        raise LandedError("INVALID_VALUE", f"expected a number, got {_kind(raw)}", where=where, mend='Write it as a decimal text such as "10000.00".')
    text = str(raw).strip().removeprefix("$")
    if "," in text:
        # Commas only as thousands marks: "10,00" may mean ten or a thousand, so it is refused.
        text = text.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", text) else "?"
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or len(text) > 40 or abs(amount.adjusted()) > 30:
        raise LandedError("INVALID_VALUE", f"expected a number, got {str(raw)[:40]!r}", where=where, mend='Write it as a decimal text such as "10000.00".')
    if amount < 0:
        raise LandedError("INVALID_VALUE", f"expected zero or more, got {raw}", where=where, mend="Amounts are never negative.")
    return amount


def read_day(raw: object, where: str) -> date:
    """An ISO day; raises INVALID_DATE."""
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    text = str(raw).strip()
    try:
        if len(text) != 10:
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise LandedError("INVALID_DATE", f"expected a day such as 2026-11-22, got {text[:40]!r}", where=where, mend="Write year-month-day; check that the day exists.") from None


def read_country(raw: object, where: str, law: LawBook) -> str:
    """An ISO 3166 alpha-2 code or a country's name; raises UNKNOWN_ORIGIN with near names."""
    text = str(raw).strip()
    if text.upper() in law.countries:
        return text.upper()
    by_name = {name.casefold(): code for code, name in law.countries.items()}
    if text.casefold() in by_name:
        return by_name[text.casefold()]
    import difflib

    near = difflib.get_close_matches(text.casefold(), by_name, n=3, cutoff=0.6)
    raise LandedError(
        "UNKNOWN_ORIGIN",
        f"expected an ISO 3166 two-letter country code, got {text[:40]!r}",
        where=where,
        mend="Use the country where the goods were made, such as CN or VN." + (" Did you mean " + ", ".join(f"{by_name[n]} ({law.countries[by_name[n]]})" for n in near) + "?" if near else ""),
        near=[by_name[n] for n in near],
    )


def read_fact_value(law: LawBook, name: str, raw: object) -> Any:
    """One stated fact in the type its definition asks for; raises UNKNOWN_FACT or INVALID_FACT."""
    fact = law.facts.get(name)
    if fact is None:
        import difflib

        near = difflib.get_close_matches(name, law.facts, n=3)
        raise LandedError("UNKNOWN_FACT", f"no rule asks for the fact {name!r}", where=f"facts.{name}", mend=f"Did you mean {', '.join(near)}?" if near else "See docs/facts.md for the facts.", near=near)
    if fact.kind == "yes_no":
        truth = {"yes": True, "true": True, "no": False, "false": False, "1": True, "0": False}.get(str(raw).strip().lower())
        if truth is None:
            raise _bad_fact(fact, raw, "yes or no")
        return truth
    if fact.kind in ("percent", "money"):
        try:
            amount = read_amount(raw if not isinstance(raw, str) else raw.rstrip("%"), f"facts.{name}")
        except LandedError:
            raise _bad_fact(fact, raw, "a number") from None
        if fact.kind == "percent" and amount > 100:
            raise _bad_fact(fact, raw, "a percent from 0 to 100")
        return amount
    if fact.kind == "date":
        return read_day(raw, f"facts.{name}")
    values = [option.value for option in fact.options]
    for value in values:
        if str(value).lower() == str(raw).strip().lower():
            return value
    raise _bad_fact(fact, raw, "one of " + ", ".join(map(str, values)))


def _bad_fact(fact: Fact, raw: object, expected: str) -> LandedError:
    return LandedError("INVALID_FACT", f"{fact.id}: expected {expected}, got {str(raw)[:40]!r}", where=f"facts.{fact.id}", mend=fact.question)


def _claims(raw: Mapping[str, Any], value: Decimal) -> Claims:
    named = raw.get("exclusions") or raw.get("exclusion") or ()
    if isinstance(named, str):
        named = [named]
    amounts = {}
    for name in ("us_content_value", "repair_value"):
        if raw.get(name) is not None:
            amounts[name] = read_amount(raw[name], f"claims.{name}").quantize(CENT, "ROUND_HALF_UP")
    if amounts.get("us_content_value", Decimal(0)) > value:
        raise LandedError("INVALID_CLAIM", "the US content is above the customs value", where="claims.us_content_value", mend="US content is a part of the customs value.")
    spi = str(raw["spi"]).strip().upper() if raw.get("spi") else None
    chapter_98 = str(raw["chapter_98"]).strip() if raw.get("chapter_98") else None
    return Claims(spi=spi, chapter_98=chapter_98, exclusions=frozenset(str(h).strip() for h in named), **amounts)


def _consistent(claims: Claims, stated: Mapping[str, Any], value: Decimal) -> None:
    """Refuse facts and claims that contradict each other: US content said twice, parts larger than the whole."""
    share = stated.get("us_content_pct")
    if claims.us_content_value is not None and share is not None and abs(claims.us_content_value - value * share / 100) > 1:
        raise LandedError(
            "INVALID_CLAIM",
            f"US content is {claims.us_content_value} USD as a claim and {share}% of {value} as a fact",
            where="claims.us_content_value",
            mend="State it once.",
        )
    metals = {name: stated[name] for name in CONTENT_FACTS.values() if not name.startswith("us_") and stated.get(name) is not None}
    if sum(metals.values(), Decimal(0)) > 100:
        shown = ", ".join(f"{name} {share}" for name, share in sorted(metals.items()))
        raise LandedError("INVALID_FACT", f"the metal contents are more than the whole value together: {shown}", where=f"facts.{min(metals)}", mend="The shares of one value add up to 100 at most.")


def _orders(raw: object) -> list[AdCvd]:
    rows = raw if isinstance(raw, (list, tuple)) else [raw]
    orders = []
    for number, row in enumerate(rows):
        where = f"claims.ad_cvd[{number}]"
        if not isinstance(row, Mapping):
            raise LandedError("INVALID_CLAIM", f"expected an object with kind, case and rate_pct, got {_kind(row)}", where=where, mend='Such as {"kind": "ad", "case": "A-570-967", "rate_pct": "86.01"}.')
        _known(row, {"kind", "case", "rate_pct"}, where)
        if row.get("kind") not in ("ad", "cvd"):
            raise LandedError("INVALID_CLAIM", f"expected kind ad or cvd, got {row.get('kind')!r}", where=where, mend="Say which kind of order it is.")
        rate = read_amount(row["rate_pct"], f"{where}.rate_pct") if row.get("rate_pct") is not None else None
        orders.append(AdCvd(row["kind"], str(row.get("case", "")), rate))
    return orders


def _quantities(raw: object) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    rows = [{"unit": k, "value": v} for k, v in raw.items()] if isinstance(raw, Mapping) and "unit" not in raw else raw if isinstance(raw, (list, tuple)) else [raw]
    for number, row in enumerate(rows):
        where = f"quantities[{number}]"
        if not isinstance(row, Mapping) or "value" not in row or "unit" not in row:
            raise LandedError("INVALID_VALUE", "expected {value, unit}", where=where, mend='Such as {"value": "250", "unit": "kg"}.')
        found[_unit(str(row["unit"]))] = read_amount(row["value"], f"{where}.value")
    return found


def _unit(text: str) -> str:
    from landed.schedule.units import unit_key

    return unit_key(text)


def _mapping(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = raw.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise LandedError("INVALID_REQUEST", f"{name}: expected an object, got {_kind(value)}", where=name, mend="See the request in docs/estimate.md.")
    return value


def _known(raw: Mapping[str, Any], names: set[str], where: str) -> None:
    unknown = sorted(set(map(str, raw)) - names)
    if unknown:
        import difflib

        near = difflib.get_close_matches(unknown[0], names, n=1)
        place = f"{where}.{unknown[0]}".lstrip(".")
        raise LandedError("INVALID_REQUEST", f"unknown field {place!r}", where=place, mend=f"Did you mean {near[0]!r}?" if near else f"Known fields: {', '.join(sorted(names))}.")


def _kind(value: object) -> str:
    return {"NoneType": "nothing", "list": "a list", "dict": "an object", "str": "a text"}.get(type(value).__name__, f"a {type(value).__name__}")
