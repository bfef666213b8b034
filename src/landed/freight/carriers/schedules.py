"""Reads the sailings of a carrier: legs, days, cut-offs, the carrier's own emissions, and the reference by which a sailing is booked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class SailingLeg:
    """One leg of a sailing, days and times as the carrier says them."""

    mode: str
    origin: str
    destination: str
    departs: str
    arrives: str
    vessel: str
    vessel_imo: str
    service: str
    voyage: str
    tonnes_co2e: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Sailing:
    """A routing that a carrier offers. `routing_reference` books it; `tonnes_co2e` is the carrier's own figure, or None."""

    origin: str
    destination: str
    departs: str
    arrives: str
    days: int | None
    legs: tuple[SailingLeg, ...]
    cutoffs: tuple[tuple[str, str], ...]
    routing_reference: str = ""
    tonnes_co2e: Decimal | None = None


def read_sailings(rows: list[Any]) -> tuple[tuple[Sailing, ...], tuple[str, ...]]:
    """Sailings of a point-to-point answer, soonest first, and what deviates; a row that names no places and days is left out and named."""
    found: list[Sailing] = []
    odd: list[str] = []
    for number, row in enumerate(rows):
        try:
            found.append(_sailing(row))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            odd.append(f"routing {number + 1} is left out: {type(error).__name__} {str(error)[:80]}")
    for each in found:
        if _moment(each.arrives) <= _moment(each.departs):
            odd.append(f"the sailing of {each.departs} arrives before it departs")
    found.sort(key=lambda s: (_moment(s.departs), _moment(s.arrives)))
    return tuple(found), tuple(odd)


def _sailing(row: Mapping[str, Any]) -> Sailing:
    legs = tuple(_leg(leg) for leg in row["legs"])
    first, last = row["placeOfReceipt"], row["placeOfDelivery"]
    departs, arrives = first["dateTime"], last["dateTime"]
    days = row.get("transitTime")
    if not legs:
        raise ValueError("no legs")
    return Sailing(
        origin=_place(first),
        destination=_place(last),
        departs=_checked(departs),
        arrives=_checked(arrives),
        days=int(days) if isinstance(days, (int, Decimal)) and not isinstance(days, bool) else (_moment(arrives) - _moment(departs)).days,
        legs=legs,
        cutoffs=tuple((str(c["cutOffDateTimeCode"]), str(c["cutOffDateTime"])) for c in row.get("cutOffTimes") or []),
        routing_reference=str(row.get("routingReference") or ""),
        tonnes_co2e=_tonnes(row.get("solutionFootprint")),
    )


def _leg(leg: Mapping[str, Any]) -> SailingLeg:
    transport = leg.get("transport") or {}
    vessel = transport.get("vessel") or {}
    partner = (transport.get("servicePartners") or [{}])[0]
    return SailingLeg(
        mode=str(transport.get("modeOfTransport") or ""),
        origin=_place(leg["departure"]),
        destination=_place(leg["arrival"]),
        departs=_checked(leg["departure"]["dateTime"]),
        arrives=_checked(leg["arrival"]["dateTime"]),
        vessel=str(vessel.get("name") or ""),
        vessel_imo=str(vessel.get("vesselIMONumber") or ""),
        service=str(partner.get("carrierServiceCode") or ""),
        voyage=str(partner.get("carrierExportVoyageNumber") or ""),
        tonnes_co2e=_tonnes(leg.get("footprint")),
    )


def _place(end: Mapping[str, Any]) -> str:
    where = end["location"]
    return str(where.get("UNLocationCode") or where.get("locationName") or "")


def _tonnes(raw: Any) -> Decimal | None:
    value = raw.get("co2e") if isinstance(raw, Mapping) else None
    return Decimal(str(value)) if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) else None


def _checked(text: Any) -> str:
    _moment(text)
    return str(text)


def _moment(text: Any) -> datetime:
    found = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    if found.tzinfo is None:
        raise ValueError(f"{text} has no offset")
    return found
