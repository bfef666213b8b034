"""Sailings of the simulated carrier: weekly services whose days come from the sea routes; the same question always has the same answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from hashlib import sha256
from typing import Any

from landed.freight.places import find_port
from landed.freight.reference import figures
from landed.freight.routes import scenario_on, sea_distance

NAMES = ("SIM AURORA", "SIM BOREAS", "SIM CORONA", "SIM DELTA", "SIM EUROPA", "SIM FORTUNA", "SIM GALAXIA")
TONNES_A_KM = Decimal("0.0000001")  # invented, so that the carrier's own figure can be told apart


@dataclass(frozen=True, slots=True)
class Voyage:
    """One sailing from port to port; moments are in UTC."""

    origin: str
    destination: str
    origin_name: str
    destination_name: str
    departs: datetime
    arrives: datetime
    vessel: str
    imo: str
    service: str
    number: str
    km: float

    @property
    def reference(self) -> str:
        """What books this sailing."""
        return f"SIM-{self.origin}-{self.destination}-{self.departs:%Y%m%d}"


@lru_cache(maxsize=512)
def _lane(origin: str, destination: str, month: str) -> tuple[str, str, float, int, int]:
    first, last = find_port(origin, "placeOfReceipt"), find_port(destination, "placeOfDelivery")
    found = sea_distance(first, last, scenario_on(datetime.strptime(month + "-15", "%Y-%m-%d").date()))
    days = int(found.days.p50.to_integral_value(ROUND_CEILING)) if found.days else 20
    seed = int(sha256(f"{first.code}{last.code}".encode()).hexdigest(), 16)
    return first.name, last.name, found.km, days, seed


def voyages(origin: str, destination: str, start: datetime, weeks: int = 4) -> list[Voyage]:
    """The weekly sailings from a day on; raises what places and routes raise."""
    first_name, last_name, km, days, seed = _lane(origin, destination, start.strftime("%Y-%m"))
    weekday = seed % 7
    day = datetime(start.year, start.month, start.day, 18, tzinfo=UTC)
    day += timedelta(days=(weekday - day.weekday()) % 7)
    if day <= start:
        day += timedelta(days=7)
    found = []
    for week in range(weeks):
        departs = day + timedelta(days=7 * week)
        turn = (seed + departs.toordinal() // 7) % len(NAMES)
        found.append(Voyage(origin, destination, first_name, last_name, departs, departs + timedelta(days=days, hours=-6), NAMES[turn], imo(912000 + turn * 7), f"SIM{seed % 90 + 10}", f"{departs.isocalendar().week:02d}{'EW'[seed % 2]}", km))
    return found


def imo(number: int) -> str:
    """An IMO number of six digits with its check digit."""
    digits = f"{number:06d}"
    return digits + str(sum(int(d) * w for d, w in zip(digits, range(7, 1, -1), strict=True)) % 10)


def routing(voyage: Voyage, number: int) -> dict[str, Any]:
    """A sailing as a DCSA point-to-point route."""
    tonnes = float(round(Decimal(str(voyage.km)) * TONNES_A_KM * 1000, 3))
    ends = [
        {"facilityTypeCode": "POTE", "location": {"locationName": name, "UNLocationCode": code}, "dateTime": moment(at)}
        for name, code, at in ((voyage.origin_name, voyage.origin, voyage.departs), (voyage.destination_name, voyage.destination, voyage.arrives))
    ]
    transport = {
        "modeOfTransport": "VESSEL",
        "servicePartners": [{"carrierCode": "SIML", "carrierCodeListProvider": "NMFTA", "carrierServiceName": f"Simulated service {voyage.service}", "carrierServiceCode": voyage.service, "carrierImportVoyageNumber": voyage.number, "carrierExportVoyageNumber": voyage.number}],
        "vessel": {"vesselIMONumber": voyage.imo, "name": voyage.vessel},
    }
    cutoffs = [{"cutOffDateTimeCode": code, "cutOffDateTime": moment(voyage.departs - timedelta(hours=hours))} for code, hours in (("DCO", 72), ("VCO", 48), ("FCO", 24))]
    yard = figures("dcsa")["booking"]["codes"]["receipt"][0]
    return {
        "placeOfReceipt": ends[0], "placeOfDelivery": ends[1], "receiptTypeAtOrigin": yard, "deliveryTypeAtDestination": yard, "cutOffTimes": cutoffs, "solutionNumber": number,
        "routingReference": voyage.reference, "transitTime": (voyage.arrives - voyage.departs).days + 1, "solutionFootprint": {"co2e": tonnes},
        "legs": [{"sequenceNumber": 1, "transport": transport, "departure": ends[0], "arrival": ends[1], "footprint": {"co2e": tonnes}}],
    }  # fmt: skip


def port_schedule(port: str, name: str, calls: list[Voyage]) -> dict[str, Any]:
    """Departures from a port as a DCSA port schedule."""
    rows = [
        {
            "servicePartners": [{"carrierCode": "SIML", "carrierCodeListProvider": "NMFTA", "carrierServiceName": f"Simulated service {v.service}", "carrierServiceCode": v.service, "carrierImportVoyageNumber": v.number, "carrierExportVoyageNumber": v.number}],
            "vessel": {"vesselIMONumber": v.imo, "name": v.vessel}, "isDummyVessel": False, "timestamps": [{"eventTypeCode": "DEPA", "eventClassifierCode": "PLN", "eventDateTime": moment(v.departs)}],
        }
        for v in calls
    ]  # fmt: skip
    return {"location": {"UNLocationCode": port, "locationName": name}, "vesselSchedules": rows}


def service_schedule(voyage: Voyage) -> dict[str, Any]:
    """A voyage as a DCSA vessel schedule."""
    calls = [
        {"transportCallReference": f"{voyage.reference}-{code}", "carrierImportVoyageNumber": voyage.number, "carrierExportVoyageNumber": voyage.number, "location": {"UNLocationCode": code, "locationName": name},
         "timestamps": [{"eventTypeCode": what, "eventClassifierCode": "PLN", "eventDateTime": moment(at)}]}
        for code, name, what, at in ((voyage.origin, voyage.origin_name, "DEPA", voyage.departs), (voyage.destination, voyage.destination_name, "ARRI", voyage.arrives))
    ]  # fmt: skip
    return {"carrierServiceName": f"Simulated service {voyage.service}", "carrierServiceCode": voyage.service, "vesselSchedules": [{"vessel": {"vesselIMONumber": voyage.imo, "name": voyage.vessel}, "isDummyVessel": False, "transportCalls": calls}]}


def moment(at: datetime) -> str:
    """A moment as the standard writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
