"""Carriers: which there are, their sailings, and where a shipment is."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Annotated, Any

from landed.errors import LandedError
from landed.freight.carriers.schedules import Sailing
from landed.operations.bookings import desk
from landed.operations.registry import operation


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
