"""Carriers: schedules, bookings prepared and then confirmed, tracking, demurrage and detention."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Literal, Required, TypedDict

from landed.errors import LandedError
from landed.freight.carriers.desk import BookingDesk, BookingRecord, Prepared
from landed.freight.carriers.schedules import Sailing
from landed.operations.registry import operation
from landed.operations.ship import known


@dataclass(frozen=True, slots=True)
class NoRequest:
    """Nothing is asked."""


@dataclass(frozen=True, slots=True)
class CarrierRow:
    """A carrier of carriers.toml: what it offers, and what it lacks to be asked ("" nothing)."""

    name: str
    title: str
    schedules: str
    booking: str
    tracking: str
    rates: str
    ready: bool
    lacks: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Carriers:
    """Every carrier that is known here; versions are those of the DCSA standards."""

    carriers: tuple[CarrierRow, ...]
    file: str


@operation(name="ship_carriers", summary="Which carriers can be asked, and what each lacks", method="GET", path="/v1/freight/carriers", scope="read")
def ship_carriers(request: NoRequest) -> Carriers:
    """The carriers of carriers.toml, shipped and own; no secret is shown. Raises LandedError BAD_CARRIERS_FILE."""
    from landed.freight.carriers.settings import carriers

    rows = []
    for each in carriers().values():
        versions = {name: each.apis[name].version if name in each.apis else "" for name in ("schedules", "booking", "tracking")}
        lacks = f"environment: {', '.join(each.missing())}" if each.missing() else "" if each.enabled else "switched off"
        rows.append(CarrierRow(each.name, each.title, versions["schedules"], versions["booking"], versions["tracking"], each.rates_source, not lacks, lacks, each.verified))
    return Carriers(tuple(rows), "carriers.toml in the data folder, or the file that LANDED_CARRIERS names")


@dataclass(frozen=True, slots=True)
class SchedulesRequest:
    """Sailings of a carrier between two ports."""

    origin: Annotated[str, "UN/LOCODE or name of the port of loading"]
    destination: Annotated[str, "as origin"]
    carrier: Annotated[str, "name in carriers.toml; default sim"] = "sim"
    departs_from: Annotated[date | None, "first day of departure; default today"] = None
    departs_until: Annotated[date | None, "last day of departure"] = None
    most_transhipments: Annotated[int, "default any number (-1)"] = -1


@dataclass(frozen=True, slots=True)
class Schedules:
    """Sailings, soonest first. `stale` says that the carrier gave no answer and this is its last one, of `as_of`; no sailing is made up."""

    carrier: str
    origin: str
    destination: str
    as_of: str
    stale: bool
    sailings: tuple[Sailing, ...]
    deviations: tuple[str, ...]
    warnings: tuple[str, ...]


@operation(name="ship_schedules", summary="Sailings of a carrier between two ports, with cut-offs, its own emissions and the reference that books them", method="GET", path="/v1/freight/schedules", scope="read")
def ship_schedules(request: SchedulesRequest) -> Schedules:
    """Point-to-point routes (DCSA Commercial Schedules 1.0). `deviations` names where the answer leaves the standard.

    Raises LandedError: UNKNOWN_PLACE (nearest names), NOT_A_SEA_PORT, SAME_PLACE, UNKNOWN_CARRIER, CARRIER_NOT_CONFIGURED, CARRIER_REFUSED, and CARRIER_UNREACHABLE,
    CARRIER_FAILED or CARRIER_BUSY where no earlier answer is kept.
    """
    from dataclasses import replace
    from datetime import UTC, datetime

    from landed.freight.carriers.schedules import read_sailings
    from landed.freight.places import find_port

    origin, destination = find_port(request.origin, "origin"), find_port(request.destination, "destination")
    if origin.code == destination.code:
        raise LandedError("SAME_PLACE", f"{origin.code} is both origin and destination", where="destination", mend="Name two places.")
    carrier = desk().carrier_of(request.carrier)
    asked: dict[str, Any] = {"departureStartDate": request.departs_from or date.today(), "departureEndDate": request.departs_until}
    if request.most_transhipments >= 0:
        asked["maxTranshipment"] = request.most_transhipments
    question = "|".join(("schedules", request.carrier, origin.code, destination.code, *(f"{k}={v}" for k, v in sorted(asked.items()))))
    head = Schedules(carrier.settings.name, origin.code, destination.code, datetime.now(UTC).isoformat(timespec="seconds"), False, (), (), ())
    try:
        rows, odd = carrier.pages("schedules", "/point-to-point-routes", {"placeOfReceipt": origin.code, "placeOfDelivery": destination.code, "limit": 50, **asked})
    except LandedError as error:
        kept = desk().journal.last(question) if error.code in ("CARRIER_UNREACHABLE", "CARRIER_FAILED", "CARRIER_BUSY", "CARRIER_DEVIATES") else None
        if kept is None:
            raise
        sailings, more = read_sailings(kept[1])
        words = f"{error.detail}: these sailings are what it said on {kept[0]:%Y-%m-%d %H:%M} UTC."
        return replace(head, as_of=kept[0].isoformat(timespec="seconds"), stale=True, sailings=sailings, deviations=more, warnings=(words,))
    sailings, more = read_sailings(rows)
    desk().journal.remember(question, rows)
    return replace(head, sailings=sailings, deviations=(*odd, *more))


class BookRequest(TypedDict, total=False):
    """A booking to prepare (docs/carriers.md); carrier, origin, destination, equipment and booking_agent are required, or a whole `message`."""

    carrier: Required[Annotated[str, "name in carriers.toml"]]
    origin: Annotated[str, "UN/LOCODE or name of the port of loading"]
    destination: Annotated[str, "as origin"]
    equipment: Annotated[list[dict[str, Any]], "[{type: ISO code such as 45G1, units, gross_kg, commodity, hs_code, shipper_owned, containers}]"]
    booking_agent: Annotated[str, "who books: the name of the company"]
    routing_reference: Annotated[str, "of a sailing of ship_schedules; else a voyage with its service or vessel, or a day of departure"]
    voyage: Annotated[str, "export voyage number of the carrier"]
    service: Annotated[str, "service code of the carrier"]
    vessel: Annotated[str, "name of the vessel"]
    departure_date: Annotated[str, "day of departure that is wished, ISO 8601"]
    contract: Annotated[str, "service contract with the carrier; this or quotation"]
    quotation: Annotated[str, "quotation of the carrier; this or contract"]
    receipt: Annotated[str, "CY, SD or CFS; default CY"]
    delivery: Annotated[str, "CY, SD or CFS; default CY"]
    movement: Annotated[str, "FCL, LCL or BB; default FCL"]
    payment: Annotated[str, "PRE or COL"]
    incoterm: Annotated[str, "Incoterms rule"]
    shipper: Annotated[str, "name of the shipper"]
    consignee: Annotated[str, "name of the consignee"]
    commodity: Annotated[str, "what the goods are, where equipment does not say it"]
    reference: Annotated[str, "your own reference; default one of ours"]
    equipment_substitution: Annotated[bool, "whether the carrier may take another type; default false"]
    message: Annotated[dict[str, Any], "a whole booking request of DCSA Booking 2.0.5 instead of the fields above"]


@operation(name="ship_book", summary="Prepare a booking: check it, show the exact message, give the token that sends it", method="POST", path="/v1/freight/bookings:prepare", scope="write", read_only=False)
def ship_book(request: BookRequest) -> Prepared:
    """Nothing is sent. `ship_confirm` with the token sends exactly this message, once.

    Raises LandedError: INVALID_BOOKING (every fault in `errors`), UNKNOWN_PLACE, NOT_A_SEA_PORT, SAME_PLACE, BAD_CONTAINER_NUMBER, UNKNOWN_CARRIER,
    CARRIER_NOT_CONFIGURED, REFERENCE_TAKEN, INVALID_REQUEST.
    """
    known(request, BookRequest)
    return desk().prepare_booking(request)


class ChangeRequest(BookRequest, total=False):
    """A changed booking: the whole of it as it shall be, as for `ship_book`; `own_reference` names the booking."""

    own_reference: Required[Annotated[str, "our reference of the booking"]]


@operation(name="ship_change", summary="Prepare an update of a booking request, or an amendment of a confirmed booking", method="POST", path="/v1/freight/bookings:change", scope="write", read_only=False)
def ship_change(request: ChangeRequest) -> Prepared:
    """Nothing is sent before `ship_confirm`. Before the carrier confirms it is an update, after that an amendment that the carrier may decline.

    Raises LandedError: BOOKING_STATE, UNKNOWN_BOOKING, INVALID_BOOKING and what `ship_book` raises; CARRIER_... where the carrier gives no answer.
    """
    known(request, ChangeRequest)
    own = _text(request.get("own_reference"), "own_reference")
    return desk().prepare_change(own, {k: v for k, v in request.items() if k != "own_reference"})


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """A booking to cancel, or its amendment."""

    own_reference: Annotated[str, "our reference of the booking"]
    what: Annotated[Literal["booking", "amendment"], "default booking"] = "booking"
    reason: Annotated[str, "a word for the carrier"] = ""


@operation(name="ship_cancel", summary="Prepare the cancellation of a booking or of its amendment", method="POST", path="/v1/freight/bookings:cancel", scope="write", read_only=False)
def ship_cancel(request: CancelRequest) -> Prepared:
    """Nothing is sent before `ship_confirm`. Raises LandedError: BOOKING_STATE, UNKNOWN_BOOKING; CARRIER_... where the carrier gives no answer."""
    return desk().prepare_cancel(request.own_reference, what="" if request.what == "booking" else request.what, reason=request.reason)


@dataclass(frozen=True, slots=True)
class ConfirmRequest:
    """The token of a prepared message."""

    token: Annotated[str, "token of ship_book, ship_change or ship_cancel"]


@operation(name="ship_confirm", summary="Send a prepared booking, change or cancellation, exactly as it was shown, at most once", method="POST", path="/v1/freight/bookings:confirm", scope="write", read_only=False)
def ship_confirm(request: ConfirmRequest) -> BookingRecord:
    """A message that may have arrived is looked for by our reference before it is ever sent again; confirming twice books once.

    Raises LandedError: UNKNOWN_TOKEN, TOKEN_EXPIRED (a day), BOOKING_CHANGED, BOOKING_IN_DOUBT (`retry_after` seconds), CARRIER_REFUSED (the carrier's errors with
    their property), CARRIER_BUSY, CARRIER_UNREACHABLE, CARRIER_FAILED.
    """
    return desk().confirm(request.token)


@dataclass(frozen=True, slots=True)
class SettleRequest:
    """What a person learned of a booking in doubt: the carrier's reference, or that the carrier has none."""

    own_reference: Annotated[str, "our reference of the booking"]
    carrier_reference: Annotated[str, "what the carrier calls it; empty with not_booked"] = ""
    not_booked: Annotated[bool, "the carrier says that it has no such booking"] = False


@operation(name="ship_settle", summary="Settle a booking in doubt by what the carrier told a person", method="POST", path="/v1/freight/bookings:settle", scope="write", read_only=False)
def ship_settle(request: SettleRequest) -> BookingRecord:
    """For carriers that find nothing by our reference. Raises LandedError: UNKNOWN_BOOKING, BOOKING_STATE, BOOKING_CHANGED, INVALID_REQUEST."""
    if bool(request.carrier_reference) == request.not_booked:
        raise LandedError("INVALID_REQUEST", "expected the carrier's reference, or not_booked", where="carrier_reference", mend="One of the two.")
    return desk().settle(request.own_reference, carrier_reference=request.carrier_reference)


@dataclass(frozen=True, slots=True)
class BookingsRequest:
    """A list of bookings."""

    limit: Annotated[int, "most rows, 1 to 500"] = 100


@dataclass(frozen=True, slots=True)
class Bookings:
    """Bookings of the journal, the latest first, as last seen."""

    bookings: tuple[BookingRecord, ...]


@operation(name="ship_bookings", summary="Bookings of the journal, as last seen", method="GET", path="/v1/freight/bookings", scope="read")
def ship_bookings(request: BookingsRequest) -> Bookings:
    """Nobody is asked; `ship_booking` asks the carrier. Raises LandedError INVALID_REQUEST for a bad limit."""
    if not 1 <= request.limit <= 500:
        raise LandedError("INVALID_REQUEST", "expected a limit from 1 to 500", where="limit", mend="Ask for fewer.")
    at = desk()
    return Bookings(tuple(at.record(own) for own in at.journal.own_references(request.limit) if any(e.kind == "prepared" for e in at.journal.entries(own))))


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """A booking by our reference."""

    own_reference: Annotated[str, "our reference of the booking"]


@operation(name="ship_booking", summary="How a booking stands: the carrier is asked, its last word kept", method="POST", path="/v1/freight/bookings/{own_reference}:look", scope="write", read_only=False)
def ship_booking(request: BookingRequest) -> BookingRecord:
    """The carrier's remarks are data: nobody acts on them. Where the carrier is silent its last word stands, with a warning. Raises LandedError UNKNOWN_BOOKING."""
    return desk().look(request.own_reference)


class NotificationRequest(TypedDict, total=False):
    """A booking notification of a carrier."""

    carrier: Required[Annotated[str, "name in carriers.toml"]]
    notification: Required[Annotated[dict[str, Any], "the message as received (DCSA booking notification 2.0)"]]


@operation(name="ship_notified", summary="Take up a booking notification of a carrier", method="POST", path="/v1/freight/notifications", scope="write", read_only=False)
def ship_notified(request: NotificationRequest) -> BookingRecord:
    """The same notification twice changes nothing. Raises LandedError: UNKNOWN_BOOKING, UNKNOWN_CARRIER, INVALID_REQUEST."""
    known(request, NotificationRequest)
    carrier = desk().carrier_of(_text(request.get("carrier"), "carrier"))
    said = request.get("notification")
    if not isinstance(said, Mapping):
        raise LandedError("INVALID_REQUEST", "expected an object", where="notification", mend="Send the notification as received.")
    return desk().notified(carrier.settings.name, said)


@dataclass(frozen=True, slots=True)
class TrackRequest:
    """What to track: our booking, or a carrier with its booking, bill of lading or container."""

    own_reference: Annotated[str, "our reference of a booking"] = ""
    carrier: Annotated[str, "name in carriers.toml; default that of our booking, else sim"] = ""
    booking: Annotated[str, "the carrier's booking reference"] = ""
    bill: Annotated[str, "bill of lading"] = ""
    container: Annotated[str, "container number; its check digit is checked first"] = ""
    since: Annotated[str, "only what was written since, ISO 8601 with offset"] = ""


@dataclass(frozen=True, slots=True)
class TrackingRow:
    """A milestone: planned, estimated and actual moments, each "" where nobody said; `days_late` against the plan."""

    title: str
    event_type: str
    code: str
    place: str
    place_name: str
    container: str
    vessel: str
    voyage: str
    planned: str
    estimated: str
    actual: str
    days_late: int | None
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tracking:
    """A timeline. `refused` names events that cannot be (with the reason), `deviations` where the carrier leaves the standard; remarks are data."""

    carrier: str
    version: str
    booking: str
    bill: str
    container: str
    milestones: tuple[TrackingRow, ...]
    events: tuple[dict[str, Any], ...]
    refused: tuple[dict[str, str], ...]
    deviations: tuple[str, ...]
    warnings: tuple[str, ...] = field(default=())


@operation(name="ship_track", summary="Where a shipment is: planned, estimated and actual side by side", method="GET", path="/v1/freight/tracking", scope="read")
def ship_track(request: TrackRequest) -> Tracking:
    """Events of DCSA Track & Trace 2.2 or 3.0, kept once each, retracted ones taken out.

    Raises LandedError: BAD_CONTAINER_NUMBER (the digit expected), INVALID_REQUEST, UNKNOWN_BOOKING, UNKNOWN_CARRIER, CARRIER_NOT_CONFIGURED, CARRIER_REFUSED,
    CARRIER_UNREACHABLE, CARRIER_FAILED, CARRIER_BUSY.
    """
    from landed.freight.carriers.tracking import milestones
    from landed.freight.containers import read_container_number

    booking, name = request.booking.strip(), request.carrier.strip()
    warnings: list[str] = []
    if request.own_reference:
        record = desk().look(request.own_reference)
        name = name or record.carrier
        warnings += record.warnings
        seen = record.booking
        booking = booking or (seen.carrier_booking_reference if seen else "") or record.carrier_reference
        if not booking:
            raise LandedError("BOOKING_STATE", f"the booking {request.own_reference} is {record.status}: there is nothing to track", where="own_reference", mend="Confirm or settle it first.")
    container = read_container_number(request.container) if request.container.strip() else ""
    if not (booking or request.bill.strip() or container):
        raise LandedError("INVALID_REQUEST", "expected a booking, a bill of lading or a container", where="booking", mend="Name one of them.")
    if request.since and not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", request.since):
        raise LandedError("INVALID_DATE", f"expected a moment with offset, got {request.since[:30]!r}", where="since", mend="ISO 8601 with Z or an offset.")
    carrier = desk().carrier_of(name or "sim")
    found = carrier.events(booking=booking, bill=request.bill.strip(), container=container, since=request.since)
    rows = tuple(
        TrackingRow(m.title, m.event_type, m.code, m.place, m.place_name, m.container, m.vessel, m.voyage, m.planned, m.estimated, m.actual, m.days_late, tuple(m.remarks)) for m in milestones(found.events)
    )
    events = tuple({k: v for k, v in asdict(e).items() if k not in ("raw", "retracted")} for e in found.events)
    refused = tuple({"event": event, "because": why} for event, why in found.refused)
    return Tracking(carrier.settings.name, carrier.settings.api("tracking").version, booking, request.bill.strip(), container, rows, events, refused, found.deviations, tuple(warnings))


class DetentionRequest(TypedDict, total=False):
    """A container held, and the tariff it is held under; `first`, `last`, `free_days` and `tiers` are required."""

    first: Required[Annotated[str, "first day that counts, ISO 8601"]]
    last: Required[Annotated[str, "last day that counts (both are counted)"]]
    free_days: Required[Annotated[int, "free days of the tariff, 0 or more"]]
    tiers: Required[Annotated[list[dict[str, Any]], "[{first: 1, last: 5, usd: 175}, {first: 6, usd: 300}]: chargeable days and price of a day; the last tier is open"]]
    working_days: Annotated[bool, "whether Saturdays, Sundays and holidays do not use up free days; default false"]
    holidays: Annotated[list[str], "days off, ISO 8601"]
    containers: Annotated[int, "how many containers; default 1"]
    invoice_date: Annotated[str, "day of the invoice, to hold it to the billing rules"]
    billed_to: Annotated[str, "whom the invoice names: shipper, consignee or other"]


@dataclass(frozen=True, slots=True)
class TierRow:
    """What one tier comes to: days, US dollars a day, amount for all containers."""

    first: int
    last: int | None
    days: int
    usd: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Detention:
    """Demurrage or detention owed (US dollars) and what the billing rules ask of the invoice. Days are None where no rule of the day is at hand."""

    days_held: int
    free_days: int
    last_free_day: date
    days_billed: int
    containers: int
    tiers: tuple[TierRow, ...]
    amount: Decimal
    invoice_by: date | None
    dispute_days: int | None
    resolve_days: int | None
    billed_to: str
    faults: tuple[str, ...]
    cite: str
    verified: bool


@operation(name="ship_detention", summary="Demurrage and detention of a container past its free days, and what the invoice must keep", method="POST", path="/v1/freight/detention", scope="read")
def ship_detention(request: DetentionRequest) -> Detention:
    """Days held less free days, by the tiers of the tariff. With `invoice_date` or `billed_to` the invoice is held to the billing rules; `faults` says which it breaks.

    Raises LandedError: INVALID_DATE, INVALID_TIERS, INVALID_VALUE, INVALID_REQUEST.
    """
    from landed.duty.request import read_amount, read_day
    from landed.freight.detention import Tier, billed, invoice_faults
    from landed.operations.ship import whole

    known(request, DetentionRequest)
    for name in ("first", "last", "free_days", "tiers"):
        if request.get(name) in (None, "", []):
            raise LandedError("INVALID_REQUEST", f"the field {name!r} is missing", where=name, mend="first, last, free_days and tiers are required.")
    first, last = read_day(request["first"], "first"), read_day(request["last"], "last")
    if (last - first).days > 3660:
        raise LandedError("INVALID_DATE", "more than ten years", where="last", mend="Check the days.")
    free = _count(request["free_days"], "free_days", 365)
    rows = request["tiers"]
    if not isinstance(rows, (list, tuple)) or not all(isinstance(r, Mapping) for r in rows):
        raise LandedError("INVALID_TIERS", "expected a list of tiers", where="tiers", mend="[{first: 1, last: 5, usd: 175}, {first: 6, usd: 300}]")
    tiers = []
    for n, row in enumerate(rows):
        if odd := sorted(set(map(str, row)) - {"first", "last", "usd"}):
            raise LandedError("INVALID_TIERS", f"unknown field {odd[0]!r}", where=f"tiers[{n}].{odd[0]}", mend="Known: first, last, usd.")
        end = None if row.get("last") in (None, "") else _count(row["last"], f"tiers[{n}].last", 10_000)
        tiers.append(Tier(_count(row.get("first"), f"tiers[{n}].first", 10_000), end, read_amount(row.get("usd", ""), f"tiers[{n}].usd")))
    off = request.get("holidays") or []
    if not isinstance(off, (list, tuple)):
        raise LandedError("INVALID_REQUEST", "expected a list of days", where="holidays", mend="ISO 8601.")
    count = whole(request.get("containers"), "containers") or 1
    found = billed(first, last, free, tiers, working_days=str(request.get("working_days", "")).lower() in ("true", "1", "yes"), holidays=[read_day(d, "holidays") for d in off])
    invoice = read_day(request["invoice_date"], "invoice_date") if request.get("invoice_date") else None
    faults = invoice_faults(found, invoice, str(request.get("billed_to") or ""))
    return Detention(
        days_held=found.days_held, free_days=found.free_days, last_free_day=found.last_free_day, days_billed=found.days_billed, containers=count,
        tiers=tuple(TierRow(t.first, t.last, days, t.usd, amount * count) for t, days, amount in found.tiers), amount=found.amount * count,
        invoice_by=found.invoice_by, dispute_days=found.dispute_days, resolve_days=found.resolve_days, billed_to=found.billed_to, faults=faults, cite=found.cite, verified=found.verified,
    )  # fmt: skip


def desk() -> BookingDesk:
    """The booking desk of the workspace that asks."""
    from landed.schedule.site import data_folder
    from landed.store.actor import actor

    workspace = re.sub(r"[^A-Za-z0-9_-]", "_", actor().workspace)
    return _desk(str(data_folder() / "freight" / f"bookings-{workspace}.db"))


@lru_cache(maxsize=64)
def _desk(path: str) -> BookingDesk:
    import time
    from pathlib import Path

    from landed.freight.carriers.dcsa import DcsaCarrier
    from landed.freight.carriers.journal import Journal
    from landed.freight.carriers.settings import carrier_settings

    return BookingDesk(Journal(Path(path), time.time), lambda name: DcsaCarrier(carrier_settings(name)))


def _text(raw: object, where: str) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise LandedError("INVALID_REQUEST", f"the field {where!r} is missing", where=where, mend="Give it as a text.")
    return raw.strip()


def _count(raw: object, where: str, most: int) -> int:
    if isinstance(raw, bool) or not str(raw).isascii() or not str(raw).isdigit() or int(str(raw)) > most:
        raise LandedError("INVALID_REQUEST", f"expected a whole number from 0 to {most}, got {str(raw)[:20]!r}", where=where, mend="Count the days.")
    return int(str(raw))
