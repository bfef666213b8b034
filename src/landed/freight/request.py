"""Reads a shipment request as people and programs send it; what cannot be is refused by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, get_args

from landed.duty.request import read_amount, read_day
from landed.entry.terms import valuation_rules
from landed.errors import LandedError
from landed.freight.cargo import read_items
from landed.freight.emissions import carrier_emission
from landed.freight.model import Emission, Service, ShipmentRequest
from landed.freight.rate_sheet import SheetRow, read_sheet
from landed.freight.reference import figures

if TYPE_CHECKING:
    from landed.freight.carriers.rates import LiveRates

FIELDS = (
    "origin", "destination", "ready_date", "need_by", "incoterm", "items", "goods", "modes", "routing", "cargo_value", "index", "rates", "exchange_rates",
    "annual_rate_pct", "insure", "as_of", "facts",
    "carrier_emissions",
)  # fmt: skip
GOODS = ("hts_code", "country_of_origin", "price", "quantities", "claims", "facts", "answers", "reference")


@dataclass(frozen=True, slots=True)
class Asked:
    """A shipment request with what prices it: goods for duty, rate sheet, index values, rates of exchange, cost of capital."""

    shipment: ShipmentRequest
    goods: tuple[Mapping[str, Any], ...]
    as_of: date
    insure: bool
    annual_rate_pct: Decimal
    index: Mapping[str, Decimal] = field(default_factory=dict)
    sheet: tuple[SheetRow, ...] = ()
    exchange_rates: Mapping[str, Decimal] = field(default_factory=dict)
    live: LiveRates | None = None
    carrier_emissions: Mapping[str, Emission] = field(default_factory=dict)


def read_request(raw: Mapping[str, Any]) -> Asked:
    """A request as sent, with defaults. Raises INVALID_REQUEST, INVALID_DATE, INVALID_INCOTERM, INVALID_CARGO, INVALID_RATE_SHEET, INVALID_VALUE.

    `as_of` is the day of asking (default today): prices are as known then, and `ready_date` may not lie before it.
    """
    if not isinstance(raw, Mapping):
        raise LandedError("INVALID_REQUEST", f"expected an object, got {type(raw).__name__}", mend="See docs/freight.md.")
    unknown = sorted(set(map(str, raw)) - set(FIELDS))
    if unknown:
        raise LandedError("INVALID_REQUEST", f"unknown field {unknown[0]!r}", where=unknown[0], mend=f"Known fields: {', '.join(FIELDS)}.")
    for name in ("origin", "destination", "items"):
        if raw.get(name) in (None, "", []):
            raise LandedError("INVALID_REQUEST", f"the field {name!r} is missing", where=name, mend="Origin, destination and items are required.")
    as_of = read_day(raw["as_of"], "as_of") if raw.get("as_of") else date.today()
    ready = read_day(raw["ready_date"], "ready_date") if raw.get("ready_date") else as_of
    if ready < as_of:
        raise LandedError("INVALID_DATE", f"the goods are ready on {ready}, before {as_of}", where="ready_date", mend="Give a day to come, or as_of for a question about the past.")
    need = read_day(raw["need_by"], "need_by") if raw.get("need_by") else None
    if need is not None and need < ready:
        raise LandedError("INVALID_DATE", f"needed by {need}, before the goods are ready on {ready}", where="need_by", mend="Check the days.")
    incoterm = str(raw.get("incoterm") or "FOB").upper()
    if incoterm not in valuation_rules().terms:
        raise LandedError("INVALID_INCOTERM", f"expected one of {', '.join(valuation_rules().terms)}, got {incoterm[:20]!r}", where="incoterm", mend="Name the rule of Incoterms 2020.")
    items = read_items(raw["items"])
    goods = _goods(raw.get("goods"))
    value = None if raw.get("cargo_value") in (None, "") else read_amount(raw["cargo_value"], "cargo_value")
    if value is None and goods:
        value = sum((read_amount(g["price"], f"goods[{n}].price") for n, g in enumerate(goods)), Decimal(0))
    if value is None and all(i.value is not None for i in items):
        value = sum(((i.value or Decimal(0)) * i.quantity for i in items), Decimal(0))
    shipment = ShipmentRequest(
        origin=str(raw["origin"]), destination=str(raw["destination"]), ready_date=ready, items=items, incoterm=incoterm, need_by=need,
        modes=_modes(raw.get("modes")), routing=str(raw.get("routing") or ""), cargo_value=value,
    )  # fmt: skip
    capital = raw.get("annual_rate_pct")
    return Asked(
        shipment=shipment,
        goods=goods,
        as_of=as_of,
        insure=str(raw.get("insure", "true")).lower() not in ("false", "no", "0"),
        annual_rate_pct=figures_rate() if capital in (None, "") else read_amount(capital, "annual_rate_pct"),
        index=_amounts(raw.get("index"), "index"),
        sheet=read_sheet(raw["rates"]) if raw.get("rates") else (),
        exchange_rates={k.upper(): v for k, v in _amounts(raw.get("exchange_rates"), "exchange_rates").items()},
        carrier_emissions=_emissions(raw.get("carrier_emissions"), ready.year),
    )


def figures_rate() -> Decimal:
    """The yearly cost of capital in percent where nobody states one (an assumption, named in every answer)."""
    return Decimal(str(figures("choice")["annual_rate_pct"]))


def _emissions(raw: object, year: int) -> dict[str, Emission]:
    """What carriers say of the main leg of a service for this shipment, by service."""
    if raw in (None, "", {}):
        return {}
    shape = '{"fcl": {"kg_co2e": "820", "scope": "WTW", "carrier": "MAEU"}}'
    if not isinstance(raw, Mapping):
        raise LandedError("INVALID_REQUEST", "expected figures by service", where="carrier_emissions", mend=f"Such as {shape}.")
    found = {}
    for service, row in raw.items():
        where = f"carrier_emissions.{service}"
        if service not in get_args(Service) or not isinstance(row, Mapping) or set(row) - {"kg_co2e", "scope", "carrier"}:
            raise LandedError("INVALID_REQUEST", "expected kg_co2e, scope and carrier of fcl, lcl, air or express", where=where, mend=f"Such as {shape}.")
        if row.get("scope") not in ("WTW", "TTW"):
            raise LandedError("INVALID_VALUE", f"expected the scope WTW or TTW, got {str(row.get('scope'))[:10]!r}", where=f"{where}.scope", mend="Ask the carrier; the two are never added.")
        found[str(service)] = carrier_emission(read_amount(row.get("kg_co2e", ""), f"{where}.kg_co2e"), str(row["scope"]), year, str(row.get("carrier") or "carrier")[:60])
    return found


def _goods(raw: object) -> tuple[Mapping[str, Any], ...]:
    if raw in (None, "", []):
        return ()
    if not isinstance(raw, (list, tuple)):
        raise LandedError("INVALID_REQUEST", "expected a list of goods", where="goods", mend="[{hts_code, country_of_origin, price}].")
    for number, row in enumerate(raw):
        missing = [k for k in GOODS[:3] if not isinstance(row, Mapping) or row.get(k) in (None, "")]
        if missing:
            raise LandedError("INVALID_REQUEST", f"goods[{number}] lacks {missing[0]}", where=f"goods[{number}].{missing[0]}", mend="Each has hts_code, country_of_origin and price.")
        unknown = sorted(set(map(str, row)) - set(GOODS))
        if unknown:
            raise LandedError("INVALID_REQUEST", f"unknown field {unknown[0]!r}", where=f"goods[{number}].{unknown[0]}", mend=f"Known fields: {', '.join(GOODS)}.")
    return tuple(raw)


def _modes(raw: object) -> tuple[Service, ...]:
    if raw in (None, "", [], ()):
        return get_args(Service)
    said = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(said, (list, tuple)):
        raise LandedError("INVALID_REQUEST", "expected a list of modes", where="modes", mend=f"Among {', '.join(get_args(Service))}.")
    modes = tuple(dict.fromkeys(str(m).strip().lower() for m in said))
    wrong = [m for m in modes if m not in get_args(Service)]
    if wrong:
        raise LandedError("INVALID_REQUEST", f"expected modes among {', '.join(get_args(Service))}, got {wrong[0][:20]!r}", where="modes", mend="Leave it out for all.")
    return modes  # type: ignore[return-value]


def _amounts(raw: object, where: str) -> dict[str, Decimal]:
    if raw in (None, ""):
        return {}
    if not isinstance(raw, Mapping):
        raise LandedError("INVALID_REQUEST", "expected names with amounts", where=where, mend='Such as {"asia_us_west": "2400"}.')
    return {str(k): read_amount(v, f"{where}.{k}") for k, v in raw.items()}
