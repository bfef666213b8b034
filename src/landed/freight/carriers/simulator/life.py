"""The life of bookings at the simulated carrier: what is taken is worked on as the clock goes, by the state machine of DCSA Booking 2.0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from landed.errors import LandedError
from landed.freight.carriers.booking import own_reference_of
from landed.freight.carriers.simulator.faults import Faults
from landed.freight.carriers.simulator.sailings import Voyage, moment, voyages
from landed.freight.carriers.states import BookingStates, after, may
from landed.freight.containers import check_digit

OF_CARRIER = ("carrierBookingRequestReference", "carrierBookingReference")


@dataclass(slots=True)
class SimBooking:
    """One booking: the request as sent, its states, the sailing, and what the carrier says beside it."""

    reference: str
    content: dict[str, Any]
    taken_at: datetime
    ready_at: datetime
    at: BookingStates | None = None
    booking_reference: str = ""
    amendment: dict[str, Any] | None = None
    pending: list[tuple[datetime, str, dict[str, Any]]] = field(default_factory=list)
    voyage: Voyage | None = None
    first_voyage: Voyage | None = None
    delay: timedelta = timedelta(0)
    fault: str = ""
    feedback: list[dict[str, str]] = field(default_factory=list)
    told: list[tuple[datetime, str, BookingStates]] = field(default_factory=list)

    @property
    def containers(self) -> list[tuple[str, str]]:
        """(number, ISO type) of each container, made up with a right check digit."""
        found: list[tuple[str, str]] = []
        for row in self.content.get("requestedEquipments", []):
            for unit in range(min(int(row["units"]), 20)):
                seed = int(sha256(f"{self.reference}{len(found)}{unit}".encode()).hexdigest(), 16) % 1_000_000
                prefix = f"SIMU{seed:06d}"
                found.append((f"{prefix}{check_digit(prefix)}", str(row["ISOEquipmentCode"])))
        return found[:60]


class Bookings:
    """Every booking of the carrier. `processing` is how long a request stays unseen, `deciding` how long until it is confirmed by itself (None: never)."""

    def __init__(self, faults: Faults, *, processing: timedelta = timedelta(seconds=1), deciding: timedelta | None = timedelta(hours=2)) -> None:
        self.faults, self.processing, self.deciding = faults, processing, deciding
        self.all: list[SimBooking] = []
        self.notices: list[SimBooking] = []  # changes that nobody was told of yet

    def find(self, reference: str, now: datetime) -> SimBooking | None:
        """A booking by a reference of the carrier, or by the customer's; None while it is not worked on yet."""
        for each in self.all:
            if each.at is not None and reference in (each.reference, each.booking_reference, own_reference_of(each.content)):
                return each
        return None

    def take(self, content: Mapping[str, Any], now: datetime) -> SimBooking:
        """Take a booking request (it cannot be seen before it is worked on)."""
        number = len(self.all) + 1
        each = SimBooking(f"CBRR{number:06d}", dict(content), now, now + self.processing, fault=self.faults.of_booking())
        self.all.append(each)
        return each

    def ask(self, each: SimBooking, action: str, now: datetime, content: Mapping[str, Any] | None = None) -> None:
        """Take an action of the shipper; it is worked on later. Raises BOOKING_STATE where it may not follow."""
        assert each.at is not None
        after(each.at, action)
        each.pending.append((now + self.processing, action, dict(content or {})))

    def act(self, each: SimBooking, action: str, now: datetime, words: str = "") -> None:
        """An action of the carrier, now. Raises BOOKING_STATE."""
        if each.at is None:
            raise LandedError("BOOKING_STATE", "the request is not worked on yet", where="booking", mend="Let the clock go.")
        self._step(each, action, now, {}, words)

    def go(self, now: datetime) -> None:
        """Work on everything that is due."""
        for each in self.all:
            if each.at is None and now >= each.ready_at:
                each.at = BookingStates("RECEIVED")
                self._choose_voyage(each, each.ready_at)
                self._tell(each, "receive", each.ready_at)
            while each.pending and now >= each.pending[0][0]:
                due, action, content = each.pending.pop(0)
                if each.at is not None and may(each.at, action):
                    self._step(each, action, due, content)
            self._decide(each, now)

    def _decide(self, each: SimBooking, now: datetime) -> None:
        if self.deciding is None or each.at is None or now < each.told[-1][0] + self.deciding:
            return
        due = each.told[-1][0] + self.deciding
        if each.fault == "reject" and may(each.at, "reject"):
            self._step(each, "reject", due, {}, "No space on the sailing that was asked for.")
        elif each.at.cancellation == "CANCELLATION_RECEIVED":
            self._step(each, "accept_cancellation", due, {})
        elif each.at.amended == "AMENDMENT_RECEIVED":
            self._step(each, "accept_amendment", due, {})
        elif each.at.state in ("RECEIVED", "UPDATE_RECEIVED"):
            self._step(each, "confirm", due, {})
        elif each.at.state == "CONFIRMED" and each.fault == "roll":
            self.roll(each, due)
        elif each.at.state == "CONFIRMED" and each.fault == "late":
            self.delay(each, due, 5)
        elif each.at.state == "CONFIRMED" and each.voyage and now > each.voyage.arrives + each.delay + timedelta(days=5):
            self._step(each, "complete", each.voyage.arrives + each.delay + timedelta(days=5), {})

    def roll(self, each: SimBooking, now: datetime) -> None:
        """Move a confirmed booking to the next sailing and say so."""
        each.fault = ""
        if each.voyage is not None:
            each.voyage = voyages(each.voyage.origin, each.voyage.destination, each.voyage.departs + timedelta(hours=1), 1)[0]
            each.feedback = [{"severity": "WARN", "code": "PROPERTY_VALUE_HAS_BEEN_CHANGED", "message": f"The booking was moved to {each.voyage.vessel} of {each.voyage.departs:%d %B}.", "property": "transportPlan"}]
            self._tell(each, "roll", now)

    def delay(self, each: SimBooking, now: datetime, days: int) -> None:
        """Let the vessel of a booking be late."""
        each.fault = ""
        each.delay = timedelta(days=days)
        self._tell(each, "late", now)

    def _step(self, each: SimBooking, action: str, now: datetime, content: Mapping[str, Any], words: str = "") -> None:
        assert each.at is not None
        each.at = after(each.at, action)
        each.feedback = []
        if action == "update":
            each.content = dict(content)
            self._choose_voyage(each, now)
        elif action == "amend":
            each.amendment = dict(content)
        elif action == "accept_amendment" and each.amendment is not None:
            each.content = each.amendment
            self._choose_voyage(each, now)
        elif action == "confirm" and not each.booking_reference:
            each.booking_reference = f"SIM{each.reference[-6:]}"
        if each.at.amended == "":
            each.amendment = None
        if action in ("ask_update", "ask_amendment", "reject", "decline", "decline_amendment", "decline_cancellation"):
            each.feedback = [{"severity": "ERROR" if action.startswith("ask") else "INFO", "code": "PROPERTY_VALUE_MUST_CHANGE" if action.startswith("ask") else "INFORMATIONAL_MESSAGE", "message": words or "Please change the sailing."}]
        self._tell(each, action, now)

    def _tell(self, each: SimBooking, action: str, now: datetime) -> None:
        assert each.at is not None
        each.told.append((now, action, each.at))
        self.notices.append(each)

    def _choose_voyage(self, each: SimBooking, now: datetime) -> None:
        ends = ends_of(each.content)
        if ends is None:
            each.voyage = None
            return
        said = str(each.content.get("expectedDepartureDate") or "")
        start = max(now, datetime.fromisoformat(said).replace(tzinfo=UTC) if said else now)
        try:
            each.voyage = voyages(*ends, start, 1)[0]
        except LandedError:
            each.voyage = None  # a place without sailings: the carrier would ask for a change
        each.first_voyage = each.first_voyage or each.voyage


def ends_of(content: Mapping[str, Any]) -> tuple[str, str] | None:
    """Ports of loading and discharge of a booking, by its places or its routing reference."""
    routed = str(content.get("routingReference") or "").split("-")
    if len(routed) == 4 and routed[0] == "SIM":
        return routed[1], routed[2]
    found = {str(row.get("locationTypeCode")): str(row.get("location", {}).get("UNLocationCode") or "") for row in content.get("shipmentLocations", [])}
    first, last = found.get("POL") or found.get("PRE") or "", found.get("POD") or found.get("PDE") or ""
    return (first, last) if first and last and first != last else None


def answer_of(each: SimBooking, *, amended: bool = False) -> dict[str, Any]:
    """A booking as DCSA Booking 2.0.5 shows it."""
    assert each.at is not None
    found = {k: v for k, v in (each.amendment if amended and each.amendment else each.content).items() if k not in OF_CARRIER}
    found |= {"carrierBookingRequestReference": each.reference, "bookingStatus": each.at.state}
    if each.booking_reference:
        found["carrierBookingReference"] = each.booking_reference
    if each.at.amended:
        found["amendedBookingStatus"] = each.at.amended
    if each.at.cancellation:
        found["bookingCancellationStatus"] = each.at.cancellation
    if each.feedback:
        found["feedbacks"] = each.feedback
    if each.booking_reference and each.voyage is not None:
        v = each.voyage
        units = sum(int(r["units"]) for r in each.content["requestedEquipments"])
        found["confirmedEquipments"] = [{"ISOEquipmentCode": r["ISOEquipmentCode"], "units": r["units"]} for r in each.content["requestedEquipments"]]
        found["transportPlan"] = [{
            "transportPlanStage": "MNC", "transportPlanStageSequenceNumber": 1, "modeOfTransport": "VESSEL", "loadLocation": {"UNLocationCode": v.origin}, "dischargeLocation": {"UNLocationCode": v.destination},
            "plannedDepartureDate": f"{v.departs:%Y-%m-%d}", "plannedArrivalDate": f"{v.arrives:%Y-%m-%d}", "carrierServiceCode": v.service, "carrierExportVoyageNumber": v.number, "vessel": {"name": v.vessel, "vesselIMONumber": v.imo},
        }]  # fmt: skip
        found["shipmentCutOffTimes"] = [{"cutOffDateTimeCode": code, "cutOffDateTime": moment(v.departs - timedelta(hours=hours))} for code, hours in (("DCO", 72), ("VCO", 48), ("FCO", 24))]
        found["charges"] = [
            {"chargeName": "BAS: Ocean freight", "currencyAmount": 1800.0 * units, "currencyCode": "USD", "paymentTermCode": "PRE", "calculationBasis": "PER_CONTAINER", "unitPrice": 1800.0, "quantity": float(units)},
            {"chargeName": "DOC: Documentation", "currencyAmount": 75.0, "currencyCode": "USD", "paymentTermCode": "PRE", "calculationBasis": "PER_BL", "unitPrice": 75.0, "quantity": 1.0},
        ]  # fmt: skip
    return found
