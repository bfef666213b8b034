"""Tracking events of the simulated carrier: planned when a booking is confirmed, estimated anew when a ship is late, actual as the clock passes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from landed.freight.carriers.booking import own_reference_of
from landed.freight.carriers.simulator.life import SimBooking
from landed.freight.carriers.simulator.sailings import Voyage, moment
from landed.freight.reference import figures

DAY = timedelta(days=1)
# (type, code, end of the voyage, days after departure or arrival, empty)
STEPS = (
    ("EQUIPMENT", "GTOT", 0, -5.0, "EMPTY"),
    ("EQUIPMENT", "GTIN", 0, -2.0, "LADEN"),
    ("EQUIPMENT", "LOAD", 0, -0.3, "LADEN"),
    ("TRANSPORT", "DEPA", 0, 0.0, ""),
    ("TRANSPORT", "ARRI", 1, 0.0, ""),
    ("EQUIPMENT", "DISC", 1, 0.6, "LADEN"),
    ("EQUIPMENT", "GTOT", 1, 2.5, "LADEN"),
)
OF_STATE = {"receive": "RECE", "confirm": "CONF", "reject": "REJE", "complete": "CMPL"}


def happenings(each: SimBooking, now: datetime) -> Iterator[dict[str, Any]]:
    """Events of a booking as plain facts: kind, code, classifier, moment, place, container, written, remark."""
    for at, action, _ in each.told:
        if action in OF_STATE:
            yield {"kind": "SHIPMENT", "code": OF_STATE[action], "classifier": "ACT", "at": at, "written": at, "container": "", "type": "", "voyage": None, "end": 0, "remark": each.feedback[0]["message"] if action == "reject" and each.feedback else ""}
    confirmed = next((at for at, action, _ in each.told if action == "confirm"), None)
    if confirmed is None or each.first_voyage is None or each.voyage is None or each.at is None or each.at.state in ("CANCELLED", "DECLINED"):
        return
    moved = next((at for at, action, _ in reversed(each.told) if action in ("roll", "late")), None)
    for kind, code, end, days, empty in STEPS:
        for container, size in each.containers if kind == "EQUIPMENT" else [("", "")]:
            about = {"kind": kind, "code": code, "container": container, "type": size, "end": end, "empty": empty, "remark": ""}
            yield {**about, "classifier": "PLN", "at": _when(each.first_voyage, end, days), "written": confirmed, "voyage": each.first_voyage}
            due = _when(each.voyage, end, days) + (each.delay if end or not each.delay else timedelta(0))
            if moved is not None and due != _when(each.first_voyage, end, days):
                yield {**about, "classifier": "EST", "at": due, "written": moved, "voyage": each.voyage, "remark": "Vessel is late" if each.delay else "Moved to the next sailing", "reason": "WEA" if each.delay else ""}
            if now >= due and due > confirmed:
                yield {**about, "classifier": "ACT", "at": due, "written": due, "voyage": each.voyage}


def _when(voyage: Voyage, end: int, days: float) -> datetime:
    return (voyage.arrives if end else voyage.departs) + DAY * days


def in_version(each: SimBooking, fact: dict[str, Any], version: str) -> dict[str, Any]:
    """A fact as an event of Track & Trace 2.2 or 3.0."""
    return _two(each, fact) if version == "2.2" else _three(each, fact)


def _number(each: SimBooking, fact: dict[str, Any]) -> str:
    return str(uuid5(NAMESPACE_URL, "|".join((each.reference, fact["kind"], fact["code"], fact["classifier"], fact["container"], str(fact["end"]), moment(fact["at"])))))


def _call(fact: dict[str, Any]) -> tuple[Voyage, str, str, str]:
    voyage: Voyage = fact["voyage"]
    place, name = (voyage.destination, voyage.destination_name) if fact["end"] else (voyage.origin, voyage.origin_name)
    # The call keeps its number when the ship is late or another takes its place, so that planned and actual stand side by side.
    return voyage, place, name, f"SIM-{place}-{fact['end']}"


def _two(each: SimBooking, fact: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "eventID": _number(each, fact), "eventCreatedDateTime": moment(fact["written"]), "eventType": fact["kind"], "eventClassifierCode": fact["classifier"], "eventDateTime": moment(fact["at"]),
    }  # fmt: skip
    own = [{"referenceType": figures("dcsa")["booking"]["own_reference_type"], "referenceValue": own_reference_of(each.content)}] if own_reference_of(each.content) else []
    if own:
        found["references"] = own
    if fact["kind"] == "SHIPMENT":
        booked = fact["code"] in ("CONF", "CMPL")
        found |= {"shipmentEventTypeCode": fact["code"], "documentID": each.booking_reference if booked else each.reference, "documentTypeCode": "BKG" if booked else "CBR"}
        if fact["remark"]:
            found["reason"] = fact["remark"][:250]
        return found
    voyage, place, name, number = _call(fact)
    call = {
        "transportCallID": number, "carrierServiceCode": voyage.service, "exportVoyageNumber": voyage.number, "UNLocationCode": place, "facilityTypeCode": "POTE", "modeOfTransport": "VESSEL",
        "vessel": {"vesselIMONumber": voyage.imo, "vesselName": voyage.vessel}, "location": {"locationName": name, "UNLocationCode": place},
    }  # fmt: skip
    found |= {"transportCall": call, "documentReferences": [{"documentReferenceType": "BKG", "documentReferenceValue": each.booking_reference}]}
    if fact["kind"] == "TRANSPORT":
        found["transportEventTypeCode"] = fact["code"]
        if fact["remark"]:
            found["changeRemark"] = fact["remark"]
        if fact.get("reason"):
            found["delayReasonCode"] = fact["reason"]
    else:
        found |= {"equipmentEventTypeCode": fact["code"], "equipmentReference": fact["container"], "ISOEquipmentCode": fact["type"], "emptyIndicatorCode": fact["empty"], "eventLocation": {"locationName": name, "UNLocationCode": place}}
    return found


def _three(each: SimBooking, fact: dict[str, Any]) -> dict[str, Any]:
    code_field = {"SHIPMENT": "shipmentEventTypeCode", "TRANSPORT": "transportEventTypeCode", "EQUIPMENT": "equipmentEventTypeCode"}[fact["kind"]]
    booked = bool(each.booking_reference) and fact["code"] != "RECE"
    found: dict[str, Any] = {
        "eventID": _number(each, fact), "eventDateTime": moment(fact["at"]), "eventUpdatedDateTime": moment(fact["written"]),
        "eventRouting": {"originatingParty": {"partyCode": "SIML", "codeListProvider": "NMFTA", "partyFunction": figures("dcsa")["tracking"]["carrier_function"]}},
        "eventClassification": {"eventTypeCode": fact["kind"], "eventClassifierCode": fact["classifier"], code_field: fact["code"]},
        "shipmentDetails": {"documentReference": {"typeCode": "BKG" if booked else "CBR", "reference": each.booking_reference if booked else each.reference}, "shipmentReferences": [{"typeCode": figures("dcsa")["booking"]["own_reference_type"], "reference": own_reference_of(each.content)}]},
    }  # fmt: skip
    if fact["kind"] == "SHIPMENT":
        if fact["remark"]:
            found["shipmentDetails"]["reason"] = fact["remark"]
        return found
    voyage, place, name, number = _call(fact)
    found["eventLocation"] = {"locationName": name, "UNLocationCode": place, "facilityTypeCode": "POTE"}
    details: dict[str, Any] = {"transportCall": {
        "transportCallReference": number, "modeOfTransport": "VESSEL", "serviceCodeOrReference": {"carrierServiceCode": voyage.service}, "exportVoyageNumberOrReference": {"carrierVoyageNumber": voyage.number},
        "vesselTransport": {"vesselIMONumber": voyage.imo, "vesselName": voyage.vessel},
    }}  # fmt: skip
    if fact["remark"]:
        details["changeRemark"] = fact["remark"]
    if fact.get("reason"):
        details["delayReasonCodes"] = [fact["reason"]]
    found["transportDetails"] = details
    if fact["kind"] == "EQUIPMENT":
        found["equipmentDetails"] = {"equipmentReference": fact["container"], "ISOEquipmentCode": fact["type"], "emptyIndicatorCode": fact["empty"]}
    return found
