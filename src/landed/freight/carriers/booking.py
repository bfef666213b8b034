"""Reads a carrier's booking: states, equipment, plan, cut-offs, charges; remarks stay data, and what deviates from the standard is named."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from landed.freight.model import Booking
from landed.freight.reference import figures

LONGEST_REMARK = 2000


def booking_of(raw: Mapping[str, Any], carrier: str) -> Booking:
    """A booking as received, whatever its shape; faults stand in `deviations`."""
    rules = figures("dcsa")["booking"]
    odd: list[str] = [f"{name} is missing" for name in ("bookingStatus", *rules["required"]) if name not in raw]
    state = str(raw.get("bookingStatus") or "")
    if state and state not in rules["states"]:
        odd.append(f"bookingStatus {state[:40]!r} is not in the standard")
    charges = _rows(raw, "charges", odd)
    for number, row in enumerate(charges):
        if why := _wrong_charge(row):
            odd.append(f"charges[{number}]: {why}")
    remarks = [str(r.get("message") or "")[:LONGEST_REMARK] for r in _rows(raw, "feedbacks", odd)]
    clauses = raw.get("carrierClauses")
    remarks += [str(c)[:LONGEST_REMARK] for c in (clauses if isinstance(clauses, list) else [])[:50]]
    return Booking(
        own_reference=own_reference_of(raw),
        carrier_reference=str(raw.get("carrierBookingRequestReference") or ""),
        state=state,  # type: ignore[arg-type]
        amended_state=str(raw.get("amendedBookingStatus") or ""),
        carrier_remarks=tuple(r for r in remarks if r),
        raw=raw,
        carrier=carrier,
        carrier_booking_reference=str(raw.get("carrierBookingReference") or ""),
        cancellation_state=str(raw.get("bookingCancellationStatus") or ""),
        equipment=tuple(f"{r.get('units', '?')} x {r.get('ISOEquipmentCode', '?')}" for r in _rows(raw, "confirmedEquipments", odd) or _rows(raw, "requestedEquipments", odd)),
        plan=tuple(_leg(r) for r in _rows(raw, "transportPlan", odd)),
        cutoffs=tuple((str(r.get("cutOffDateTimeCode", "")), str(r.get("cutOffDateTime", ""))) for r in _rows(raw, "shipmentCutOffTimes", odd)),
        charges=tuple(charges),
        deviations=tuple(dict.fromkeys(odd)),
    )


def own_reference_of(raw: Mapping[str, Any]) -> str:
    """Our reference in a booking, or ""."""
    kind = figures("dcsa")["booking"]["own_reference_type"]
    rows = raw.get("references")
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, Mapping) and row.get("type") == kind:
            return str(row.get("value") or "")
    return ""


def _leg(row: Mapping[str, Any]) -> Mapping[str, str]:
    ends = [_object(row.get(name)) for name in ("loadLocation", "dischargeLocation")]
    vessel = _object(row.get("vessel"))
    return {
        "mode": str(row.get("modeOfTransport") or ""), "from": _place(ends[0]), "to": _place(ends[1]), "departs": str(row.get("plannedDepartureDate") or ""),
        "arrives": str(row.get("plannedArrivalDate") or ""), "vessel": str(vessel.get("name") or row.get("vesselName") or ""), "voyage": str(row.get("carrierExportVoyageNumber") or ""),
    }  # fmt: skip


def _object(raw: Any) -> Mapping[str, Any]:
    return raw if isinstance(raw, Mapping) else {}


def _place(raw: Mapping[str, Any]) -> str:
    inner = _object(raw.get("location")) or raw
    return str(inner.get("UNLocationCode") or inner.get("locationName") or "")


def _rows(raw: Mapping[str, Any], name: str, odd: list[str]) -> list[Mapping[str, Any]]:
    rows = raw.get(name)
    if rows is None:
        return []
    if not isinstance(rows, list) or not all(isinstance(r, Mapping) for r in rows):
        odd.append(f"{name} is no list of objects")
        return [r for r in rows if isinstance(r, Mapping)] if isinstance(rows, list) else []
    return rows


def _wrong_charge(row: Mapping[str, Any]) -> str:
    """Why a charge cannot be: the amount is unit price times quantity, to the cent."""
    try:
        amount, price, count = (Decimal(str(row[k])) for k in ("currencyAmount", "unitPrice", "quantity"))
        off = abs(price * count - amount)
    except (KeyError, InvalidOperation):
        return "lacks amount, unit price or quantity"
    return f"{price} x {count} is not {amount}" if not off <= Decimal("0.01") else ""
