"""One adapter for every carrier that speaks DCSA: Commercial Schedules 1.0, Booking 2.0, Track & Trace 2.2 and 3.0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote as quoted

from landed.errors import LandedError
from landed.freight.carriers.booking import booking_of
from landed.freight.carriers.schedules import Sailing, read_sailings
from landed.freight.carriers.settings import CarrierSettings
from landed.freight.carriers.tracking import Events, read_events
from landed.freight.carriers.wire import Answer, InDoubt, Wire, failure
from landed.freight.model import Booking

MOST_PAGES = 20


class DcsaCarrier:
    """A carrier, asked over a `Wire`. Incoming messages are read leniently: what deviates from the standard is named, not hidden."""

    def __init__(self, settings: CarrierSettings, wire: Wire | None = None) -> None:
        self.settings = settings
        self.wire = wire or Wire(settings)

    # -- schedules -----------------------------------------------------------------------------------------------------

    def point_to_point(self, origin: str, destination: str, **asked: Any) -> tuple[tuple[Sailing, ...], tuple[str, ...]]:
        """Sailings between two UN/LOCODEs and how the answer deviates; `asked` holds further parameters of the standard.

        Raises CARRIER_UNREACHABLE, CARRIER_FAILED, CARRIER_BUSY, CARRIER_REFUSED, CARRIER_DEVIATES, CARRIER_LACKS.
        """
        rows, odd = self.pages("schedules", "/point-to-point-routes", {"placeOfReceipt": origin, "placeOfDelivery": destination, "limit": 50, **asked})
        sailings, more = read_sailings(rows)
        return sailings, (*odd, *more)

    def port_schedules(self, port: str, day: str) -> list[Any]:
        """Calls at a port on a day (and after), as the carrier says them."""
        return self.pages("schedules", "/port-schedules", {"UNLocationCode": port, "date": day})[0]

    def vessel_schedules(self, **asked: Any) -> list[Any]:
        """Voyages of vessels and services, as the carrier says them; `asked` as the standard names its parameters."""
        return self.pages("schedules", "/vessel-schedules", asked)[0]

    # -- bookings ------------------------------------------------------------------------------------------------------

    def submit(self, message: Mapping[str, Any]) -> str:
        """Send a booking request once: the carrier's request reference.

        Raises NotSent or InDoubt (see `wire`), CARRIER_REFUSED. Nobody may call this again with the same message before having looked for it.
        """
        answer = self.wire.once("POST", "booking", "/bookings", message)
        if not 200 <= answer.status < 300:
            raise failure(self.settings, answer)
        reference = answer.body.get("carrierBookingRequestReference") if isinstance(answer.body, dict) else None
        if not isinstance(reference, str) or not reference.strip():
            raise InDoubt("the carrier accepts and names no reference")
        return reference

    def change(self, reference: str, message: Mapping[str, Any]) -> None:
        """Replace a booking request (update), or propose an amendment of a confirmed booking."""
        answer = self.wire.put("booking", f"/bookings/{quoted(reference, safe='')}", message)
        if not 200 <= answer.status < 300:
            raise failure(self.settings, answer)

    def cancel(self, reference: str, message: Mapping[str, Any]) -> None:
        """Send a cancellation once. Raises NotSent, InDoubt, CARRIER_REFUSED."""
        answer = self.wire.once("PATCH", "booking", f"/bookings/{quoted(reference, safe='')}", message)
        if not 200 <= answer.status < 300:
            raise failure(self.settings, answer)

    def booking(self, reference: str, *, amended: bool = False) -> Booking | None:
        """A booking by the carrier's reference; None where it knows none, or still works on it. Raises CARRIER_...."""
        answer = self.wire.get("booking", f"/bookings/{quoted(reference, safe='')}", {"amendedContent": True} if amended else None)
        if answer.status in (202, 404):
            return None
        if answer.status != 200:
            raise failure(self.settings, answer)
        if not isinstance(answer.body, dict):
            raise self._unreadable(answer)
        return booking_of(answer.body, self.settings.name)

    def find_own(self, own_reference: str) -> Booking | None:
        """The booking that bears our reference; None only where the carrier says in the words of the standard that it knows none.

        Raises CARRIER_...: anything else it answers, and a booking that does not bear the reference, proves nothing.
        """
        answer = self.wire.get("booking", f"/bookings/{quoted(own_reference, safe='')}")
        body = answer.body
        if answer.status == 404 and isinstance(body, dict) and ("errors" in body or "statusCode" in body):
            return None
        if answer.status == 202:
            raise LandedError("CARRIER_BUSY", f"{self.settings.title} still works on a request of this reference", where="carrier", mend="Ask again later.")
        if answer.status >= 400 and answer.status != 404:
            raise failure(self.settings, answer)
        found = booking_of(body, self.settings.name) if answer.status == 200 and isinstance(body, dict) else None
        if found is None or found.own_reference != own_reference or not (found.carrier_reference or found.carrier_booking_reference):
            raise self._unreadable(answer)
        return found

    # -- tracking ------------------------------------------------------------------------------------------------------

    def events(self, *, booking: str = "", bill: str = "", container: str = "", since: str = "") -> Events:
        """Events by booking, bill of lading or container, in either version of the standard. Raises CARRIER_...."""
        version = self.settings.api("tracking").version[:3]
        changed = "eventUpdatedDateTimeMin" if version == "3.0" else "eventCreatedDateTime:gte"
        asked = {"carrierBookingReference": booking, "transportDocumentReference": bill, "equipmentReference": container, changed: since, "limit": 100}
        rows, odd = self.pages("tracking", "/events", asked)
        found = read_events(rows, version, now=self.wire.now())
        return Events(found.events, found.refused, (*odd, *found.deviations))

    def pages(self, api: str, path: str, params: Mapping[str, Any]) -> tuple[list[Any], list[str]]:
        """Every row of a paged answer as received, and what is odd about it. Raises CARRIER_...."""
        rows: list[Any] = []
        odd: list[str] = []
        asked = dict(params)
        for _ in range(MOST_PAGES):
            answer = self.wire.get(api, path, asked)
            if answer.status == 404:
                break
            if answer.status != 200:
                raise failure(self.settings, answer)
            body = answer.body
            if isinstance(body, dict) and isinstance(body.get("events"), list):
                body = body["events"]  # Track & Trace 3.0 wraps its events
            if not isinstance(body, list):
                raise self._unreadable(answer)
            rows += body
            cursor = answer.headers.get("next-page-cursor", "")
            if not cursor or cursor == asked.get("cursor"):
                break
            asked = {**params, "cursor": cursor}
        else:
            odd.append(f"more than {MOST_PAGES} pages; the rest was not read")
        return rows, odd

    def _unreadable(self, answer: Answer) -> LandedError:
        return LandedError("CARRIER_DEVIATES", f"{self.settings.title} answers {answer.status} with something the standard does not know", where="carrier", mend="Try again; tell the carrier if it stays.", begins=answer.text[:120])
