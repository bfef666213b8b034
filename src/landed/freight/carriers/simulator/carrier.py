"""The simulated carrier: answers requests of the DCSA interfaces and a few of its own, without a network of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from landed.errors import LandedError
from landed.freight.carriers.message import faults as message_faults
from landed.freight.carriers.simulator import sailings
from landed.freight.carriers.simulator.faults import BOOKING_FAULTS, REQUEST_FAULTS, Faults
from landed.freight.carriers.simulator.happenings import happenings, in_version
from landed.freight.carriers.simulator.life import Bookings, SimBooking, answer_of
from landed.freight.carriers.simulator.sailings import moment
from landed.freight.carriers.states import actions
from landed.freight.places import find_port
from landed.freight.reference import figures

PAGE = 100
STATUS_WORDS = {400: "Bad Request", 404: "Not Found", 409: "Conflict", 429: "Too Many Requests", 500: "Internal Server Error"}


@dataclass(frozen=True, slots=True)
class SimAnswer:
    """An answer; `silent` means that the connection is cut without one."""

    status: int
    body: Any = None
    headers: Mapping[str, str] | None = None
    silent: bool = False
    raw: bytes | None = None

    def content(self) -> bytes:
        """The body as bytes."""
        if self.raw is not None:
            return self.raw
        return b"" if self.body is None else json.dumps(self.body).encode()


class SimulatedCarrier:
    """A carrier with a clock (`now` gives its time), bookings, sailings, events, subscribers and faults."""

    def __init__(self, now: Callable[[], datetime] | None = None, faults: Faults | None = None, **pace: Any) -> None:
        self._now = now or (lambda: datetime.now(UTC))
        self.ahead = timedelta(0)
        self.faults = faults or Faults()
        self.bookings = Bookings(self.faults, **pace)
        self.hooks: list[str] = []
        self.calls: list[tuple[str, str, int]] = []

    @property
    def now(self) -> datetime:
        """The carrier's time."""
        return self._now() + self.ahead

    def handle(self, method: str, path: str, params: Mapping[str, str], body: bytes = b"") -> SimAnswer:
        """One request, one answer."""
        self.bookings.go(self.now)
        if path.startswith("/sim/"):
            return self._own(method, path.removeprefix("/sim/"), params, body)
        fault = self.faults.of_request(method, path)
        if fault in ("rate_limit", "error_before", "silence_before"):
            answer = {"rate_limit": self._error(method, path, 429, "too many requests"), "error_before": self._error(method, path, 500, "out of order")}.get(fault, SimAnswer(0, silent=True))
        else:
            answer = self._standard(method, path, params, body)
            if fault == "error_after":
                answer = self._error(method, path, 500, "out of order after taking the message")
            elif fault == "silence_after":
                answer = SimAnswer(0, silent=True)
            elif fault == "broken_schema" and answer.status < 300:
                answer = SimAnswer(answer.status, _broken(answer.body), answer.headers)
            elif fault == "not_json":
                answer = SimAnswer(answer.status, None, answer.headers, raw=b"<html>busy</html>")
        self.calls.append((method, path, answer.status))
        return answer

    # -- the standard --------------------------------------------------------------------------------------------------

    def _standard(self, method: str, path: str, params: Mapping[str, str], body: bytes) -> SimAnswer:
        try:
            schedules = {"/v1/point-to-point-routes": self._routes, "/v1/port-schedules": self._port, "/v1/vessel-schedules": self._vessels}
            if method == "GET" and path in schedules:
                return self._versioned(schedules[path](params), "1")
            if method == "GET" and path in ("/v2/events", "/v3/events"):
                return self._events(path, params, "2.2" if path.startswith("/v2") else "3.0")
            if path == "/v2/bookings" and method == "POST":
                return self._submit(body)
            if found := re.fullmatch(r"/v2/bookings/([^/]+)", path):
                return self._booking(method, unquote(found[1]), params, body)
            if path == "/v2/event-subscriptions" and method == "POST":
                return self._subscribe(body)
        except LandedError as error:
            status = 409 if error.code == "BOOKING_STATE" else 400
            at = (error.extra.get("errors") or [{"at": error.where}])[0]["at"]
            return self._error(method, path, status, f"{error.detail} {error.mend}", at)
        return self._error(method, path, 404, "no such resource")

    def _routes(self, params: Mapping[str, str]) -> list[Any]:
        origin, destination = params.get("placeOfReceipt", ""), params.get("placeOfDelivery", "")
        start = _day(params.get("departureStartDate"), self.now)
        found = sailings.voyages(find_port(origin, "placeOfReceipt").code, find_port(destination, "placeOfDelivery").code, max(start, self.now), 4)
        end = params.get("departureEndDate")
        limit = int(params.get("limit") or PAGE)
        return [sailings.routing(v, n) for n, v in enumerate(found, 1) if not end or v.departs.date() <= date.fromisoformat(end)][:limit]

    def _port(self, params: Mapping[str, str]) -> list[Any]:
        port = find_port(params.get("UNLocationCode", ""), "UNLocationCode")
        ends = [code for code in figures("dcsa")["simulator"]["ends"] if code != port.code]
        calls = [sailings.voyages(port.code, code, _day(params.get("date"), self.now), 1)[0] for code in ends]
        return [sailings.port_schedule(port.code, port.name, sorted(calls, key=lambda v: v.departs))]

    def _vessels(self, params: Mapping[str, str]) -> list[Any]:
        first = params.get("UNLocationCode") or figures("dcsa")["simulator"]["ends"][0]
        ends = [code for code in figures("dcsa")["simulator"]["ends"] if code != first]
        found = [v for code in ends for v in sailings.voyages(find_port(first, "UNLocationCode").code, code, _day(params.get("startDate"), self.now), 2)]
        wanted = (("vesselIMONumber", "imo"), ("vesselName", "vessel"), ("carrierServiceCode", "service"), ("carrierVoyageNumber", "number"))
        return [sailings.service_schedule(v) for v in found if all(not params.get(p) or params[p] == getattr(v, a) for p, a in wanted)]

    def _events(self, path: str, params: Mapping[str, str], version: str) -> SimAnswer:
        booking, container = params.get("carrierBookingReference", ""), params.get("equipmentReference", "")
        if not (booking or container or params.get("transportDocumentReference")):
            return self._error("GET", path, 400, "name a booking, a bill of lading or a container")
        rows = []
        for each in self.bookings.all:
            if (booking and booking in (each.booking_reference, each.reference)) or (container and container in [c for c, _ in each.containers]):
                facts = [f for f in happenings(each, self.now) if not container or f["container"] in ("", container)]
                rows += [in_version(each, fact, version) for fact in sorted(facts, key=lambda f: (f["written"], f["at"]))]
        size = min(int(params.get("limit") or PAGE), PAGE)
        begin = int(params["cursor"]) if params.get("cursor", "").isdigit() else 0
        page, headers = rows[begin : begin + size], {"API-Version": version + ".0", "Current-Page": str(begin)}
        if begin + size < len(rows):
            headers |= {"Next-Page": str(begin + size), "Next-Page-Cursor": str(begin + size)}
        return SimAnswer(200, page if version == "2.2" else {"events": page}, headers)

    def _submit(self, body: bytes) -> SimAnswer:
        content = self._message(body)
        each = self.bookings.take(content, self.now)
        self.bookings.go(self.now)
        return self._versioned({"carrierBookingRequestReference": each.reference}, "2", 202)

    def _booking(self, method: str, reference: str, params: Mapping[str, str], body: bytes) -> SimAnswer:
        each = self.bookings.find(reference, self.now)
        if each is None or each.at is None:
            return self._error(method, f"/v2/bookings/{reference}", 404, "no such booking")
        if method == "GET":
            amended = params.get("amendedContent") == "true"
            if amended and (each.amendment is None or each.at.state == "PENDING_AMENDMENT"):
                return self._error(method, f"/v2/bookings/{reference}", 404, "no amendment")
            return self._versioned(answer_of(each, amended=amended), "2")
        if method == "PUT":
            content = self._message(body)
            self.bookings.ask(each, "update" if each.at.state in actions()["update"]["from"] else "amend", self.now, content)
        elif method == "PATCH":
            self.bookings.ask(each, _cancellation(_json(body)), self.now)
        else:
            return self._error(method, f"/v2/bookings/{reference}", 404, "no such resource")
        self.bookings.go(self.now)
        return SimAnswer(202, None, {"API-Version": "2"})

    def _message(self, body: bytes) -> dict[str, Any]:
        content = _json(body)
        if found := message_faults(content):
            raise LandedError("INVALID_BOOKING", found[0][1], where=found[0][0], mend="", errors=[{"at": at, "detail": why} for at, why in found])
        return content

    def _subscribe(self, body: bytes) -> SimAnswer:
        url = str(_json(body).get("callbackUrl") or "")
        if not re.match(r"https?://(127\.0\.0\.1|localhost|\[::1\])[:/]", url):
            return self._error("POST", "/v2/event-subscriptions", 400, "a callback stays on this machine")
        self.hooks.append(url)
        return SimAnswer(201, {"subscriptionID": f"00000000-0000-4000-8000-{len(self.hooks):012d}", "callbackUrl": url}, {"API-Version": "2"})

    # -- its own -------------------------------------------------------------------------------------------------------

    def _own(self, method: str, path: str, params: Mapping[str, str], body: bytes) -> SimAnswer:
        try:
            said = _json(body) if body else {}
            if path == "clock":
                if method == "POST":
                    self.advance(timedelta(hours=float(said.get("hours", 0)), days=float(said.get("days", 0))))
                return SimAnswer(200, {"now": moment(self.now)})
            if path == "faults":
                if method == "POST":
                    self.faults.lay_up(str(said.get("kind", "")), count=min(int(said.get("count", 1)), 1000), method=str(said.get("method", "")), path=str(said.get("path", "")))
                return SimAnswer(200, {"kinds": [*REQUEST_FAULTS, *BOOKING_FAULTS], "waiting": [list(r) for r in self.faults.requests] + [[b] for b in self.faults.bookings]})
            if path == "webhooks" and method == "POST":
                return self._subscribe(body)
            if path == "bookings":
                return SimAnswer(200, [{"reference": b.reference, "state": b.at.state if b.at else "", "booking_reference": b.booking_reference, "containers": [c for c, _ in b.containers]} for b in self.bookings.all])
            if (found := re.fullmatch(r"bookings/([^/]+)/([a-z_]+)", path)) and method == "POST":
                return self._act(unquote(found[1]), found[2], str(said.get("words", "")), said)
        except (LandedError, ValueError, TypeError, OverflowError) as error:
            return SimAnswer(409 if isinstance(error, LandedError) else 400, {"error": str(error)})
        return SimAnswer(404, {"error": "clock, faults, webhooks, bookings, bookings/REFERENCE/ACTION"})

    def _act(self, reference: str, action: str, words: str, said: Mapping[str, Any]) -> SimAnswer:
        each = self.bookings.find(reference, self.now)
        if each is None:
            return SimAnswer(404, {"error": "no such booking"})
        if action == "roll":
            self.bookings.roll(each, self.now)
        elif action == "late":
            self.bookings.delay(each, self.now, int(said.get("days", 5)))
        elif action in actions("carrier"):
            self.bookings.act(each, action, self.now, words)
        else:
            return SimAnswer(400, {"error": f"one of {', '.join((*actions('carrier'), 'roll', 'late'))}"})
        assert each.at is not None
        return SimAnswer(200, {"state": each.at.state})

    def advance(self, by: timedelta) -> None:
        """Set the clock forward, in steps of six hours so that what follows from what has time to happen."""
        end = self.ahead + max(by, timedelta(0))
        while self.ahead < end:
            self.ahead = min(self.ahead + timedelta(hours=6), end)
            self.bookings.go(self.now)

    def notices(self) -> list[dict[str, Any]]:
        """Booking notifications that were not sent yet, as DCSA 2.0 has them."""
        found: list[dict[str, Any]] = []
        for each in self.bookings.notices:
            if each.at is None:
                continue
            found.append(_notice(each, f"{each.reference}-{len(each.told)}-{len(found)}", self.now))
        self.bookings.notices = []
        return found

    def _versioned(self, body: Any, version: str, status: int = 200) -> SimAnswer:
        return SimAnswer(status, body, {"API-Version": version})

    def _error(self, method: str, path: str, status: int, words: str, at: str = "") -> SimAnswer:
        headers = {"API-Version": "2", "Retry-After": "1"} if status == 429 else {"API-Version": "2"}
        if path.startswith("/v3/"):
            return SimAnswer(status, {"feedbackElements": [{"severity": "ERROR", "code": STATUS_WORDS.get(status, "Error"), "message": words[:500]}]}, headers)
        detail: dict[str, Any] = {"errorCode": 7000 + status % 100, "errorCodeText": STATUS_WORDS.get(status, "Error"), "errorCodeMessage": words[:500]}
        if at:
            detail |= {"property": at.rsplit(".", 1)[-1][:100], "jsonPath": f"$.{at}"[:500]}
        if "event" in path:  # Track & Trace 2.2 has errors of its own shape
            detail = {"reason": STATUS_WORDS.get(status, "Error"), "message": words[:500]}
        body = {"httpMethod": method, "requestUri": path, "statusCode": status, "statusCodeText": STATUS_WORDS.get(status, "Error"), "errorDateTime": moment(self.now), "errors": [detail]}
        return SimAnswer(status, body, headers)


def _notice(each: SimBooking, identity: str, now: datetime) -> dict[str, Any]:
    assert each.at is not None
    data: dict[str, Any] = {"bookingStatus": each.at.state, "carrierBookingRequestReference": each.reference}
    if each.booking_reference:
        data["carrierBookingReference"] = each.booking_reference
    if each.at.amended:
        data["amendedBookingStatus"] = each.at.amended
    if each.at.cancellation:
        data["bookingCancellationStatus"] = each.at.cancellation
    if each.feedback:
        data["feedbacks"] = each.feedback
    data["booking"] = answer_of(each)
    return {"specversion": "1.0", "id": identity, "source": "https://simulated.carrier/", "type": "org.dcsa.booking.v2", "time": moment(now), "datacontenttype": "application/json", "subscriptionReference": "sim", "data": data}


def _cancellation(said: Mapping[str, Any]) -> str:
    wanted = {"bookingStatus": ("CANCELLED", "cancel_request"), "amendedBookingStatus": ("AMENDMENT_CANCELLED", "cancel_amendment"), "bookingCancellationStatus": ("CANCELLATION_RECEIVED", "cancel_confirmed")}
    named = [name for name in wanted if name in said]
    if len(named) != 1 or said[named[0]] != wanted[named[0]][0]:
        raise LandedError("INVALID_BOOKING", "expected one of bookingStatus CANCELLED, amendedBookingStatus AMENDMENT_CANCELLED, bookingCancellationStatus CANCELLATION_RECEIVED", where=named[0] if named else "bookingStatus")
    return wanted[named[0]][1]


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"null")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise LandedError("INVALID_BOOKING", "expected one JSON object", where="body")
    return found


def _day(text: str | None, now: datetime) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else now
    except ValueError:
        raise LandedError("INVALID_DATE", f"expected a day, got {text!r}", where="date") from None


def _broken(body: Any) -> Any:
    """An answer that leaves the standard: a name gone, a number where a text is meant."""
    if isinstance(body, dict):
        return {f"x-{k}" if n == 0 else k: (12345 if n == 1 else v) for n, (k, v) in enumerate(body.items())}
    if isinstance(body, list):
        return [_broken(row) for row in body[:1]] + body[1:]
    return {"unexpected": True}
