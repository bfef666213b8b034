"""The words of a customs entry: header, lines, charges, valuation steps, fees and the answer. Money is US dollars unless a currency stands beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from landed.duty.model import Component, Estimate, Legal, Question, Status, Warning_


@dataclass(frozen=True, slots=True)
class Charge:
    """Something paid beside or inside the price: freight, insurance, inland transport, duties, a buying commission.

    `in_price` None leaves it to the Incoterm. `actual` False is an estimate; `separate` is whether invoice or carrier's bill
    names the amount by itself; `stated` holds further facts the law asks for (through_bill, agency_agreement).
    """

    kind: str
    amount: Decimal
    currency: str
    actual: bool = False
    separate: bool = False
    in_price: bool | None = None
    stated: frozenset[str] = frozenset()
    by: str = "value"  # how a charge of the whole shipment is shared among lines
    exchange_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Addition:
    """An amount that the law adds to the price paid: assists, royalties, packing, selling commission, proceeds."""

    kind: str
    amount: Decimal
    currency: str
    exchange_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class FirstSale:
    """An earlier sale of the same goods that might be the basis of value, with what the importer can prove of it."""

    price: Decimal
    currency: str
    met: frozenset[str]
    use: bool = False
    exchange_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One line as the importer knows it. `request` is what the duty engine gets besides the value and the header."""

    number: int
    price: Decimal
    currency: str
    request: Mapping[str, Any]
    reference: str | None = None
    description: str = ""
    exchange_rate: Decimal | None = None
    incoterm: str | None = None
    charges: tuple[Charge, ...] = ()
    additions: tuple[Addition, ...] = ()
    related: bool = False
    related_basis: str = ""
    first_sale: FirstSale | None = None
    export_date: date | None = None
    quantity: Decimal | None = None
    weight_kg: Decimal | None = None
    volume_m3: Decimal | None = None
    selling_price: Decimal | None = None  # of one unit


@dataclass(frozen=True, slots=True)
class Header:
    """What holds for the whole entry. `blocks` are words for the form that no sum hangs on (carrier, port, bill of lading)."""

    entry_date: date
    entry_type: str = "formal"
    transport_mode: str | None = None
    importer: str | None = None
    reference: str | None = None
    country_of_export: str | None = None
    export_date: date | None = None
    loading_date: date | None = None
    incoterm: str | None = None
    currency: str = "USD"
    filing: Literal["automated", "manual", "cbp_prepared"] = "automated"
    mail_items: int = 1
    express_waybills: int = 0  # individual waybills, where the goods come through an express consignment facility
    known_on: date | None = None
    whole_dollars: bool = False
    blocks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A whole entry: header, lines, and charges and additions of the whole shipment."""

    header: Header
    lines: tuple[EntryLine, ...]
    charges: tuple[Charge, ...] = ()
    additions: tuple[Addition, ...] = ()
    overlay: Any = None


@dataclass(frozen=True, slots=True)
class ValueStep:
    """One step from the invoice to the entered value, US dollars. `counted` False: shown, but leaves the value as it is."""

    kind: str
    label: str
    amount: Decimal
    counted: bool
    because: str
    cite: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LandedCharge:
    """A charge as it falls on one line, US dollars; `inside` the invoice price or beside it; `deducted` from the value."""

    kind: str
    amount: Decimal
    inside: bool
    deducted: bool


@dataclass(frozen=True, slots=True)
class ValuedLine:
    """A line with its transaction value, US dollars."""

    line: EntryLine
    price: Decimal
    entered_value: Decimal
    steps: tuple[ValueStep, ...]
    charges: tuple[LandedCharge, ...]
    additions: Decimal
    exchange_rate: Decimal
    rate_source: str
    warnings: tuple[Warning_, ...] = ()
    first_sale_value: Decimal | None = None
    first_sale_missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FeeItem:
    """One fee of the entry and its shares by line (US dollars; they sum to the amount). None: not known."""

    class_code: str
    kind: str
    label: str
    rate_text: str
    amount: Decimal | None
    shares: tuple[Decimal | None, ...]
    status: str
    because: str
    legal: Legal


@dataclass(frozen=True, slots=True)
class SaleOption:
    """First sale as another basis of value: its duty and saving, and which preconditions nobody has shown."""

    value: Decimal
    duty: Decimal | None
    saving_usd: Decimal | None
    missing: tuple[str, ...]
    cite: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """One line of the entry: valuation, estimate (its own fees taken out) and what it pays of the entry's fees."""

    number: int
    valued: ValuedLine
    estimate: Estimate
    duties: tuple[Component, ...]
    fees: Decimal | None
    first_sale: SaleOption | None = None


@dataclass(frozen=True, slots=True)
class EntryTotals:
    """Sums of the entry in US dollars; None where a part is not known, the known part beside it."""

    entered_value: Decimal
    duty: Decimal | None
    known_duty_subtotal: Decimal
    duty_low: Decimal | None
    duty_high: Decimal | None
    fees: Decimal | None
    known_fees_subtotal: Decimal
    taxes: Decimal | None
    total: Decimal | None


@dataclass(frozen=True, slots=True)
class EntryAnswer:
    """The answer to a whole entry. `to_dict` gives plain JSON data."""

    status: Status
    header: Header
    law_version: str
    lines: tuple[LineAnswer, ...]
    fees: tuple[FeeItem, ...]
    totals: EntryTotals
    questions: tuple[Question, ...] = ()
    warnings: tuple[Warning_, ...] = ()
    receipt_id: str = field(default="")

    def to_dict(self) -> dict[str, Any]:
        from landed.entry.filing import answer_to_dict

        return answer_to_dict(self)
