"""Bookings at carriers: prepared, then confirmed by token; changed, cancelled, settled, looked at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal, Required, TypedDict

from landed.errors import LandedError
from landed.freight.carriers.desk import BookingDesk, BookingRecord, Prepared
from landed.operations.registry import operation
from landed.operations.ship import known


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
