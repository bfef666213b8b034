"""The words of freight: places, cargo, requests, legs, charges, quotes, bookings and tracking events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from landed.duty.model import Warning_

Mode = Literal["ocean", "air", "rail", "road", "parcel"]
Service = Literal["fcl", "lcl", "air", "express"]
PlaceKind = Literal["port", "airport", "door", "freight_station", "container_yard", "ramp"]
DistanceBasis = Literal["sea_network", "great_circle", "road_estimate", "carrier"]
Phase = Literal["origin", "main", "destination", "customs", "contingent"]
Payer = Literal["seller", "buyer"]
PaymentTerm = Literal["PRE", "COL"]
ChargeKind = Literal["QUOTED", "INDEX", "TARIFF", "ASSUMED"]
QuoteKind = Literal["ESTIMATE", "INDICATIVE", "BOOKABLE"]
CustomsTreatment = Literal["international_freight", "international_insurance", "foreign_inland", "us_inland", "dutiable", "none"]
Basis = Literal[
    "PER_CONTAINER", "PER_TEU", "PER_WM", "PER_CBM", "PER_KG_CHARGEABLE", "PER_KG_GROSS",
    "PER_SHIPMENT", "PER_BL", "PER_ENTRY", "PER_CONTAINER_DAY", "PCT_OF_FREIGHT", "PCT_OF_VALUE",
]  # fmt: skip
BookingState = Literal[
    "RECEIVED", "PENDING_UPDATE", "UPDATE_RECEIVED", "CONFIRMED", "PENDING_AMENDMENT", "REJECTED", "DECLINED", "CANCELLED", "COMPLETED",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where goods are handed over: a sea port by UN/LOCODE, an airport by IATA code, or a point on land.

    `lat` and `lon` are degrees (WGS 84); `source` says who gave the position.
    """

    code: str
    name: str
    country: str
    kind: PlaceKind
    lat: float
    lon: float
    source: str


@dataclass(frozen=True, slots=True)
class CargoItem:
    """Like pieces: whole millimetres and kilograms of one piece, how it may stand and what it carries.

    `upright` lists the sides that may be vertical ("h" alone: this way up). `max_load_on_top_kg` is what one piece bears;
    None is no stated limit, and zero (or `stackable` False) means that nothing may stand on it.
    """

    name: str
    quantity: int
    length_mm: int
    width_mm: int
    height_mm: int
    gross_kg: Decimal
    upright: tuple[str, ...] = ("h",)
    stackable: bool = True
    max_load_on_top_kg: Decimal | None = None
    hts_code: str = ""
    value: Decimal | None = None
    un_number: str = ""
    temperature_c: tuple[Decimal, Decimal] | None = None

    @property
    def volume_m3(self) -> Decimal:
        """Cubic metres of one piece."""
        return Decimal(self.length_mm) * self.width_mm * self.height_mm / Decimal(10**9)


@dataclass(frozen=True, slots=True)
class ShipmentRequest:
    """What is to be moved, from where to where, when it is ready, and on what terms."""

    origin: str
    destination: str
    ready_date: date
    items: tuple[CargoItem, ...]
    incoterm: str
    need_by: date | None = None
    modes: tuple[Service, ...] = ("fcl", "lcl", "air", "express")
    routing: str = ""
    cargo_value: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Emission:
    """Kilograms of CO2 equivalent of a leg. Well-to-wake and tank-to-wake are never added together."""

    kg_co2e: Decimal
    scope: Literal["WTW", "TTW"]
    factor_id: str
    kg_per_tonne_km: Decimal | None
    year: int
    distance_basis: str
    source: str


@dataclass(frozen=True, slots=True)
class Leg:
    """One movement by one mode. `days_p50` is the middle of what happens, `days_p90` what nine of ten shipments keep."""

    seq: int
    mode: Mode
    origin: str
    destination: str
    distance_km: float | None
    distance_basis: DistanceBasis
    days_p50: Decimal
    days_p90: Decimal
    label: str = ""
    carrier: str = ""
    service: str = ""
    voyage: str = ""
    vessel_imo: str = ""
    cutoffs: Mapping[str, str] = field(default_factory=dict)
    emission: Emission | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of a freight bill: `amount` is `unit_price` times `quantity`, rounded half-up to the cent.

    `low` and `high` are the range of the amount (equal to it where the price is quoted). `source` and `as_of` say where the
    unit price comes from; `customs_treatment` what the law of valuation does with it.
    """

    code: str
    name: str
    phase: Phase
    basis: Basis
    unit_price: Decimal
    quantity: Decimal
    amount: Decimal
    currency: str
    payment_term: PaymentTerm
    payer: Payer
    kind: ChargeKind
    customs_treatment: CustomsTreatment
    source: str
    as_of: str
    low: Decimal
    high: Decimal
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """One way to move the shipment: legs, charges, range of the cost (what the buyer and the seller pay, US dollars), days, emissions."""

    kind: QuoteKind
    provider: str
    service: Service
    equipment: tuple[tuple[str, int], ...]
    legs: tuple[Leg, ...]
    charges: tuple[Charge, ...]
    low: Decimal
    mid: Decimal
    high: Decimal
    valid_until: date | None
    port_p50: date
    port_p90: date
    door_p50: date
    door_p90: date
    kg_co2e: Mapping[str, Decimal]
    load_plan: Any = None
    assumptions: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()
    warnings: tuple[Warning_, ...] = ()


@dataclass(frozen=True, slots=True)
class Booking:
    """A carrier's booking as last seen: its states in the words of DCSA, and the message as received.

    `own_reference` is ours, `carrier_reference` that of the carrier's request and `carrier_booking_reference` that of the confirmed booking.
    `carrier_remarks` are the carrier's words: data that nobody acts on. `deviations` names where the message leaves the standard.
    """

    own_reference: str
    carrier_reference: str
    state: BookingState
    amended_state: str = ""
    carrier_remarks: tuple[str, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)
    carrier: str = ""
    carrier_booking_reference: str = ""
    cancellation_state: str = ""
    equipment: tuple[str, ...] = ()
    plan: tuple[Mapping[str, str], ...] = ()
    cutoffs: tuple[tuple[str, str], ...] = ()
    charges: tuple[Mapping[str, Any], ...] = ()
    deviations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrackingEvent:
    """One event of a shipment: what happened (or is planned, or estimated) where and when.

    `moment` is the time of the fact, `written` that of the message; `key` is what a later message about the same fact shares.
    """

    key: str
    event_type: str
    code: str
    classifier: Literal["PLN", "EST", "ACT"]
    moment: str
    place: str
    container: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)
    place_name: str = ""
    vessel: str = ""
    voyage: str = ""
    document: str = ""
    remark: str = ""
    call: str = ""
    written: str = ""
    retracted: bool = False
