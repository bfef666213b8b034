"""A whole customs entry: what it owes, and what a filed one got wrong."""

from __future__ import annotations

from typing import Annotated, Any, Required, TypedDict

from landed.entry.audit import Audit
from landed.entry.model import EntryAnswer
from landed.operations.engine import engine
from landed.operations.registry import operation


class EntryRequest(TypedDict, total=False):
    """One entry of one importer on one day; `entry` and `lines` are required (docs/entry.md)."""

    entry: Required[Annotated[dict[str, Any], "entry_date, and what holds for every line: transport_mode, entry_type, incoterm, currency, export_date, ..."]]
    lines: Required[Annotated[list[dict[str, Any]], "lines with hts_code, country_of_origin and price (or unit_price and quantity)"]]
    charges: Annotated[list[dict[str, Any]], "charges of the whole shipment: kind, amount, currency, status, separate, in_price, by"]
    additions: Annotated[Any, "assists, royalties, packing, selling_commission, proceeds of the whole shipment"]
    exchange_rates: Annotated[dict[str, Any], "US dollars for one unit by currency, or file_text with CSV date,currency,rate"]
    overlay: Annotated[Any, "a what-if laid over the law"]


class AuditRequest(TypedDict, total=False):
    """An entry as filed (docs/entry.md)."""

    entry: Required[Annotated[dict[str, Any], "entry_date, transport_mode, entry_type"]]
    lines: Required[Annotated[list[dict[str, Any]], "lines with country_of_origin, entered_value and filed: [{heading, rate, base, duty}]"]]
    fees: Annotated[dict[str, Any], "US dollars by class code"]
    totals: Annotated[dict[str, Any], "US dollars by block number of the form"]


@operation(name="entry", summary="A whole customs entry: values, duty by line, fees once, worksheet", method="POST", path="/v1/entries", scope="entries")
def entry(request: EntryRequest) -> EntryAnswer:
    """What a whole entry owes: transaction value of each line with its steps, duty with reasons, and fees once per entry
    with their shares by line.

    Money is US dollars. Raises LandedError: INVALID_ENTRY, MIXED_IMPORTERS, MIXED_ENTRY_DATES, CANNOT_ALLOCATE, BAD_RATES_FILE, or
    ENTRY_LINES_INVALID whose `errors` names every bad line (CURRENCY_RATE_REQUIRED, FREIGHT_ABOVE_VALUE, UNKNOWN_HTS, ...).
    """
    from landed.entry.assess import estimate_entry

    return estimate_entry(request, engine=engine())


@operation(name="entry_audit", summary="Every difference between a filed entry and the law of its day", method="POST", path="/v1/entries:audit", scope="entries")
def entry_audit(request: AuditRequest) -> Audit:
    """Names each difference of a filed entry: missing or extra heading, wrong period, rate, base or amount, fee error, with the
    money each way (filed less due, US dollars; above zero is overpaid) and the reason.

    Raises LandedError INVALID_FILING, and what an entry raises.
    """
    from landed.entry.audit import audit_entry
    from landed.entry.filed import filed_of

    return audit_entry(filed_of(request), engine=engine())
