"""The booking desk: every write is prepared, then confirmed by a token over the exact message; nothing is booked twice, nothing is lost."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from landed.errors import LandedError
from landed.freight.carriers.booking import booking_of, own_reference_of
from landed.freight.carriers.dcsa import DcsaCarrier
from landed.freight.carriers.journal import Intent, Journal
from landed.freight.carriers.message import build
from landed.freight.carriers.states import BookingStates, after, can_become, cancelling, ended, may, not_now
from landed.freight.carriers.wire import InDoubt, NotSent, dumps
from landed.freight.model import Booking

LASTS = 24 * 3600.0  # seconds for which a prepared message may be confirmed
LOOKS = 3  # for a booking without an answer, right after it
MOST_SENDINGS = 20


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message ready to be sent, and the token that sends exactly it. Nothing has left yet."""

    token: str
    action: str
    carrier: str
    own_reference: str
    carrier_reference: str
    message: Mapping[str, Any]
    valid_until: str
    next: str


@dataclass(frozen=True, slots=True)
class BookingRecord:
    """A booking as the journal knows it. `status`: prepared, sending, in_doubt, not_sent, refused, given_up, booked.

    `booking` is the carrier's last word, with `seen_at`; `history` tells what happened when.
    """

    own_reference: str
    carrier: str
    status: str
    carrier_reference: str
    booking: Booking | None
    seen_at: str
    why: str
    history: tuple[Mapping[str, str], ...]
    warnings: tuple[str, ...] = ()


class BookingDesk:
    """Bookings of one workspace, at any carrier. `carrier_of` gives the adapter of a carrier by name."""

    def __init__(self, journal: Journal, carrier_of: Callable[[str], DcsaCarrier]) -> None:
        self.journal, self.carrier_of = journal, carrier_of

    # -- prepare -------------------------------------------------------------------------------------------------------

    def prepare_booking(self, request: Mapping[str, Any]) -> Prepared:
        """Check a request and write it down. Raises INVALID_BOOKING, INVALID_REQUEST and what places raise; asks the carrier nothing."""
        carrier = self.carrier_of(str(request.get("carrier") or ""))
        carrier.settings.api("booking")
        own = _own(request.get("reference"))
        if own and self.journal.entries(own):
            raise LandedError("REFERENCE_TAKEN", f"the reference {own} is in the journal already", where="reference", mend="Choose another, or leave it out.")
        own = own or "LD-" + secrets.token_hex(6).upper()
        return self._prepare("book", carrier, own, "", build(request, own, carrier.settings.carrier_code))

    def prepare_change(self, own_reference: str, request: Mapping[str, Any]) -> Prepared:
        """Prepare an update (before the carrier confirms) or an amendment (after). Raises BOOKING_STATE, UNKNOWN_BOOKING, INVALID_BOOKING."""
        record, carrier, at = self._known(own_reference)
        action = next((a for a in ("update", "amend") if may(at, a)), "")
        if not action:
            raise not_now(at, "update")
        message = build({**request, "reference": ""}, own_reference, carrier.settings.carrier_code)
        message["carrierBookingRequestReference"] = record.carrier_reference
        return self._prepare(action, carrier, own_reference, record.carrier_reference, message)

    def prepare_cancel(self, own_reference: str, *, what: str = "", reason: str = "") -> Prepared:
        """Prepare the cancellation of a booking or, with what="amendment", of its amendment. Raises BOOKING_STATE, UNKNOWN_BOOKING."""
        record, carrier, at = self._known(own_reference)
        action = cancelling(at, what)
        to = after(at, action)
        message: dict[str, Any] = {"cancel_request": {"bookingStatus": to.state}, "cancel_amendment": {"amendedBookingStatus": to.amended}, "cancel_confirmed": {"bookingCancellationStatus": to.cancellation}}[action]
        if reason.strip():
            message["reason"] = reason.strip()[:5000]
        return self._prepare(action, carrier, own_reference, record.carrier_reference, message)

    def _prepare(self, action: str, carrier: DcsaCarrier, own: str, reference: str, message: Mapping[str, Any]) -> Prepared:
        data = {"action": action, "carrier": carrier.settings.name, "carrier_reference": reference, "message": message, "nonce": secrets.token_hex(8)}
        token = token_of(own, data)
        entry = self.journal.write(own, "prepared", data, token)
        until = datetime.fromtimestamp(entry.at + LASTS, UTC).isoformat(timespec="seconds")
        return Prepared(token, action, carrier.settings.name, own, reference, message, until, "Read the message; confirm with the token to send exactly it.")

    # -- confirm -------------------------------------------------------------------------------------------------------

    def confirm(self, token: str) -> BookingRecord:
        """Send a prepared message, at most once in this call. A message that may have arrived is looked for before it is ever sent again.

        Raises UNKNOWN_TOKEN, TOKEN_EXPIRED, BOOKING_CHANGED, BOOKING_IN_DOUBT (confirm again later), CARRIER_UNREACHABLE, CARRIER_BUSY, CARRIER_REFUSED.
        """
        intent = self.journal.intent(token)
        stored = next(e.data for e in self.journal.entries(intent.own_reference) if e.token == token and e.kind == "prepared")
        if token_of(intent.own_reference, stored) != token:
            raise LandedError("BOOKING_CHANGED", "the message is not the one that the token was given for", where="token", mend="Prepare again.")
        if intent.status == "accepted":
            return self.record(intent.own_reference)
        if intent.status in ("refused", "given_up"):
            raise LandedError("CARRIER_REFUSED" if intent.status == "refused" else "BOOKING_STATE", f"this message was settled: {intent.why}", where="token", mend="Prepare a new one.", errors=list(intent.problem.get("errors", [])))
        carrier = self.carrier_of(intent.carrier)
        if intent.status in ("sending", "in_doubt"):
            if self._arrived(intent, carrier):
                return self.record(intent.own_reference)
            self._may_send_again(intent, carrier)
        if self.journal.now() > intent.prepared_at + LASTS:
            raise LandedError("TOKEN_EXPIRED", "the message was prepared more than a day ago", where="token", mend="Prepare again; prices and sailings may have changed.")
        if not self.journal.claim(intent):
            raise LandedError("BOOKING_IN_DOUBT", "somebody else is sending this message", where="token", mend="Look at the booking in a moment.", retry_after=int(carrier.settings.settle_seconds))
        self._send(intent, carrier)
        return self.record(intent.own_reference)

    def _send(self, intent: Intent, carrier: DcsaCarrier) -> None:
        try:
            if intent.action == "book":
                reference = carrier.submit(intent.message)
            elif intent.action in ("update", "amend"):
                carrier.change(intent.carrier_reference, intent.message)
                reference = intent.carrier_reference
            else:
                carrier.cancel(intent.carrier_reference, intent.message)
                reference = intent.carrier_reference
        except NotSent as problem:
            self._note(intent, "not_sent", why=problem.why)
            code = "CARRIER_BUSY" if "429" in problem.why else "CARRIER_UNREACHABLE"
            raise LandedError(code, f"{carrier.settings.title} did not take the message: {problem.why}", where="carrier", mend="Confirm again; nothing was booked by this try.", retry_after=int(problem.wait)) from None
        except InDoubt as problem:
            self._doubt(intent, carrier, problem.why)
        except LandedError as problem:
            if problem.code != "CARRIER_REFUSED":  # a replacement that stayed without an answer
                self._doubt(intent, carrier, problem.detail)
                return
            self._note(intent, "refused", why=problem.detail, errors=problem.extra.get("errors", []))
            raise
        else:
            self._note(intent, "accepted", carrier_reference=reference)

    def _doubt(self, intent: Intent, carrier: DcsaCarrier, why: str) -> None:
        self._note(intent, "in_doubt", why=why)
        for look in range(LOOKS if carrier.settings.own_reference_lookup != "none" or intent.action != "book" else 0):
            if self._arrived(intent, carrier):
                return
            if look + 1 < LOOKS:
                carrier.wire.sleep(1.0 + look)
        raise self._in_doubt(intent, carrier, why)

    def _in_doubt(self, intent: Intent, carrier: DcsaCarrier, why: str) -> LandedError:
        wait = max(0, int(intent.last_sent + carrier.settings.settle_seconds - self.journal.now()) + 1)
        settle = f"landed ship settle {intent.own_reference}"
        if carrier.settings.own_reference_lookup == "none" and intent.action == "book":
            mend = f"{carrier.settings.title} finds nothing by our reference: ask it, then `{settle} --booked REFERENCE` or `{settle} --not-booked`."
        else:
            mend = f"Confirm again in {wait} seconds: it is looked for first, and sent again only when it cannot come to light any more."
        return LandedError("BOOKING_IN_DOUBT", f"it is not known whether {carrier.settings.title} has the message {intent.own_reference}: {why}", where="token", mend=mend, retry_after=wait, own_reference=intent.own_reference)

    def _arrived(self, intent: Intent, carrier: DcsaCarrier) -> bool:
        """Whether a message without an answer had its effect, as far as the carrier lets it be seen."""
        try:
            if intent.action == "book":
                found = carrier.find_own(intent.own_reference) if carrier.settings.own_reference_lookup == "booking" else None
                if found is None:
                    return False
                self._note(intent, "accepted", carrier_reference=found.carrier_reference or found.carrier_booking_reference)
                self._see(intent.own_reference, found)
                return True
            found = carrier.booking(intent.carrier_reference)
        except LandedError:
            return False
        if found is None or not _cancelled(intent, found):
            return False
        self._note(intent, "accepted", carrier_reference=intent.carrier_reference)
        self._see(intent.own_reference, found)
        return True

    def _may_send_again(self, intent: Intent, carrier: DcsaCarrier) -> None:
        """Raises BOOKING_IN_DOUBT until a first sending cannot come to light any more; a replacement may be sent again at once."""
        if intent.action in ("update", "amend"):
            return
        early = self.journal.now() < intent.last_sent + carrier.settings.settle_seconds
        blind = intent.action == "book" and carrier.settings.own_reference_lookup == "none"
        if early or blind or intent.attempts >= MOST_SENDINGS:
            raise self._in_doubt(intent, carrier, intent.why or "no answer was written down")
        # The look before may have failed for want of an answer: the carrier must say itself that it knows nothing.
        if intent.action == "book" and carrier.find_own(intent.own_reference) is not None:
            raise self._in_doubt(intent, carrier, "the carrier has it")

    # -- what is known -------------------------------------------------------------------------------------------------

    def settle(self, own_reference: str, *, carrier_reference: str = "") -> BookingRecord:
        """Write down what a person learned of a booking in doubt: the carrier's reference, or that there is none. Raises BOOKING_STATE."""
        intents = [self.journal.intent(e.token) for e in self.journal.entries(own_reference) if e.kind == "prepared" and e.data["action"] == "book"]
        if not intents:
            raise self._unknown(own_reference)
        intent = intents[0]
        if intent.status not in ("in_doubt", "sending"):
            raise LandedError("BOOKING_STATE", f"the booking is {intent.status}, not in doubt", where="own_reference", mend="There is nothing to settle.")
        if carrier_reference:
            found = self.carrier_of(intent.carrier).booking(carrier_reference)
            if found is not None and found.own_reference not in ("", own_reference):
                raise LandedError("BOOKING_CHANGED", f"{carrier_reference} bears the reference {found.own_reference}, not {own_reference}", where="carrier_reference", mend="Check the reference.")
            self._note(intent, "accepted", carrier_reference=carrier_reference)
        else:
            self._note(intent, "given_up", why="a person found that the carrier has no booking")
        return self.record(own_reference)

    def look(self, own_reference: str) -> BookingRecord:
        """Ask the carrier how a booking stands and write it down; where it is silent, the last word stands with a warning."""
        record = self.record(own_reference)
        if not record.carrier_reference:
            return record
        try:
            found = self.carrier_of(record.carrier).booking(record.carrier_reference)
        except LandedError as error:
            if not error.code.startswith("CARRIER_"):
                raise
            return self.record(own_reference, (f"The carrier gives no answer now ({error.detail}); what stands here is its last word.",))
        if found is None:
            return self.record(own_reference, ("The carrier still works on the request and shows nothing yet.",))
        self._see(own_reference, found)
        return self.record(own_reference)

    def notified(self, carrier: str, raw: Mapping[str, Any]) -> BookingRecord:
        """Take up a booking notification of a carrier (DCSA 2.0); the same one twice changes nothing. Raises INVALID_REQUEST, UNKNOWN_BOOKING."""
        data = raw.get("data")
        if raw.get("specversion") != "1.0" or not isinstance(raw.get("id"), str) or not isinstance(data, Mapping) or not data.get("bookingStatus"):
            raise LandedError("INVALID_REQUEST", "expected a booking notification of DCSA 2.0", where="notification", mend="specversion, id, and data with bookingStatus.")
        whole = data.get("booking") if isinstance(data.get("booking"), Mapping) else {}
        references = [str(data.get(k) or (whole or {}).get(k) or "") for k in ("carrierBookingRequestReference", "carrierBookingReference")]
        own = own_reference_of(whole or {}) or next((o for o in (self.journal.by_carrier_reference(carrier, r) for r in references if r) if o), "")
        history = self.journal.entries(own) if own else ()
        if not history or history[0].data.get("carrier") != carrier:
            raise LandedError("UNKNOWN_BOOKING", "the notification names no booking of the journal", where="notification.data", mend="Look for it at the carrier.")
        if any(e.kind == "notified" and e.data.get("id") == raw["id"] for e in history):
            return self.record(own)
        record = self.record(own)
        if not record.carrier_reference and references[0]:
            for entry in history:
                if entry.kind == "prepared" and entry.data["action"] == "book" and self.journal.intent(entry.token).status in ("sending", "in_doubt"):
                    self._note(self.journal.intent(entry.token), "accepted", carrier_reference=references[0])
        self.journal.write(own, "notified", {"id": raw["id"], "state": str(data["bookingStatus"])})
        last = dict(record.booking.raw) if record.booking else {}
        fresh = {k: v for k, v in data.items() if k not in ("booking", "amendedBooking")}
        self._see(own, booking_of({**last, **(whole or {}), **fresh}, carrier))
        return self.record(own)

    def record(self, own_reference: str, warnings: tuple[str, ...] = ()) -> BookingRecord:
        """A booking as the journal knows it; raises UNKNOWN_BOOKING."""
        entries = self.journal.entries(own_reference)
        first = next((e for e in entries if e.kind == "prepared"), None)
        if first is None:
            raise self._unknown(own_reference)
        booked = self.journal.intent(first.token)
        seen = [e for e in entries if e.kind == "seen"]
        reference = str(booked.problem.get("carrier_reference", "")) if booked.status == "accepted" else ""
        history = tuple({"at": _iso(e.at), "what": e.kind, "words": str(e.data.get("why") or e.data.get("state") or e.data.get("action") or "")[:300]} for e in entries)
        odd = [str(e.data["odd"]) for e in seen if e.data.get("odd")]
        return BookingRecord(
            own_reference=own_reference, carrier=booked.carrier, status="booked" if reference else booked.status, carrier_reference=reference,
            booking=booking_of(seen[-1].data["booking"], booked.carrier) if seen else None, seen_at=_iso(seen[-1].at) if seen else "", why=booked.why, history=history, warnings=(*warnings, *odd),
        )  # fmt: skip

    def _see(self, own: str, found: Booking) -> None:
        before = [e for e in self.journal.entries(own) if e.kind == "seen"]
        if before and dumps(before[-1].data["booking"]) == dumps(found.raw):
            return
        odd = ""
        if before and not can_become(str(before[-1].data["state"]), found.state):
            odd = f"The carrier deviates: {before[-1].data['state']} does not become {found.state[:40]}."
        self.journal.write(own, "seen", {
            "carrier": found.carrier, "carrier_reference": found.carrier_reference, "carrier_booking_reference": found.carrier_booking_reference, "state": found.state, "odd": odd, "booking": found.raw,
        })  # fmt: skip

    def _known(self, own_reference: str) -> tuple[BookingRecord, DcsaCarrier, BookingStates]:
        record = self.record(own_reference)
        if not record.carrier_reference:
            raise LandedError("BOOKING_STATE", f"the booking {own_reference} is {record.status}: the carrier has given no reference", where="own_reference", mend="Settle it first.")
        carrier = self.carrier_of(record.carrier)
        found = carrier.booking(record.carrier_reference)
        if found is None:
            raise LandedError("BOOKING_STATE", "the carrier still works on the booking", where="own_reference", mend="Wait until it shows a state.")
        self._see(own_reference, found)
        return record, carrier, BookingStates(found.state, found.amended_state, found.cancellation_state)

    def _note(self, intent: Intent, kind: str, **data: Any) -> None:
        entry = self.journal.write(intent.own_reference, kind, {"carrier": intent.carrier, **data}, intent.token)
        intent.seq, intent.status = entry.seq, kind

    @staticmethod
    def _unknown(own_reference: str) -> LandedError:
        return LandedError("UNKNOWN_BOOKING", f"the journal knows no booking {own_reference[:40]!r}", where="own_reference", mend="`landed ship bookings` lists them.")


def _cancelled(intent: Intent, found: Booking) -> bool:
    """Whether a cancellation has arrived, as far as the states show it (an update shows nothing: it may be sent again)."""
    if intent.action == "cancel_amendment":
        return found.amended_state == str(intent.message["amendedBookingStatus"])
    if intent.action == "cancel_request":
        return found.state == str(intent.message["bookingStatus"])
    asked = str(intent.message.get("bookingCancellationStatus", ""))
    return intent.action == "cancel_confirmed" and (ended(found.state) or found.cancellation_state in (asked, "CANCELLATION_CONFIRMED"))


def token_of(own_reference: str, data: Mapping[str, Any]) -> str:
    """The token of a message: any other message, carrier or action has another."""
    return sha256(own_reference.encode() + b"\n" + dumps(data)).hexdigest()[:40]


def _own(raw: object) -> str:
    said = "" if raw in (None, "") else str(raw).strip()
    if said and (len(said) > 35 or not all(c.isalnum() or c in "-_." for c in said)):
        raise LandedError("INVALID_BOOKING", "expected up to 35 letters, digits, dots and dashes", where="reference", mend="Leave it out for one of ours.")
    return said


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
