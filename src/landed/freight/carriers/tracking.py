"""Reads tracking events of both versions of the standard, refuses what cannot be, and lays planned, estimated and actual side by side."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from string import ascii_uppercase
from typing import Any

from landed.errors import LandedError
from landed.freight.containers import read_container_number
from landed.freight.model import TrackingEvent
from landed.freight.reference import figures


@dataclass(frozen=True, slots=True)
class Events:
    """Events that can be, oldest first; those that cannot, with the reason; and how the answer deviates from the standard."""

    events: tuple[TrackingEvent, ...]
    refused: tuple[tuple[str, str], ...] = ()
    deviations: tuple[str, ...] = ()


@dataclass(slots=True)
class Milestone:
    """One thing that happens to a shipment: when it was planned, is estimated, and did happen ("" where nobody said)."""

    event_type: str
    code: str
    title: str
    place: str
    place_name: str
    container: str
    vessel: str
    voyage: str
    planned: str = ""
    estimated: str = ""
    actual: str = ""
    days_late: int | None = None
    remarks: list[str] = field(default_factory=list)


def read_events(rows: Iterable[Any], version: str, *, now: float) -> Events:
    """Events of an answer: kept once each (the later word wins), retracted ones taken out; `now` is seconds since 1970."""
    kept: dict[str, TrackingEvent] = {}
    refused: list[tuple[str, str]] = []
    odd: list[str] = []
    numbers: set[str] = set()
    for number, raw in enumerate(rows):
        faults = event_faults(raw, version, now)
        if faults:
            refused.append((_name(raw, number), "; ".join(faults)))
            continue
        event = _event(raw, version)
        said = str(raw.get("eventID") or "")
        if version == "2.2" and said in numbers:
            odd.append(f"two events bear the number {said[:40]}")
        numbers.add(said)
        if not said:
            odd.append(f"event {number + 1} bears no number")
        before = kept.get(event.key)
        if before is None or _order(event) >= _order(before):
            kept[event.key] = event
    events = sorted((e for e in kept.values() if not e.retracted), key=lambda e: (_moment(e.moment), e.key))
    return Events(tuple(events), tuple(refused), tuple(dict.fromkeys(odd)))


def event_faults(raw: Any, version: str, now: float) -> list[str]:
    """Why an event cannot be: structure, code lists, and fields that contradict one another."""
    if not isinstance(raw, Mapping):
        return ["no object"]
    rules = figures("dcsa")["tracking"]
    said = raw if version == "2.2" else raw.get("eventClassification")
    if not isinstance(said, Mapping):
        return ["no classification"]
    found = []
    kind = said.get("eventType" if version == "2.2" else "eventTypeCode")
    code_field = rules["code_fields"].get(kind) if isinstance(kind, str) else None
    if code_field is None or kind not in rules["codes"][version]:
        found.append(f"type {str(kind)[:20]!r} is not in the standard")
    elif said.get(code_field) not in rules["codes"][version][kind]:
        found.append(f"{code_field} {str(said.get(code_field))[:20]!r} is not in the standard")
    if said.get("eventClassifierCode") not in rules["classifiers"]:
        found.append(f"classifier {str(said.get('eventClassifierCode'))[:20]!r} is none of {', '.join(rules['classifiers'])}")
    found += _moments(raw, str(said.get("eventClassifierCode")), version, now, rules)
    if version == "2.2":
        identity = raw.get("eventID")
        if identity is not None and not (isinstance(identity, str) and re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", identity)):
            found.append("eventID is no UUID")
        found += _structure(raw, str(kind), rules)
    else:
        found += _three(raw)
    return found


def _moments(raw: Mapping[str, Any], classifier: str, version: str, now: float, rules: Mapping[str, Any]) -> list[str]:
    written = "eventCreatedDateTime" if version == "2.2" else "eventUpdatedDateTime"
    found, days = [], {}
    for name in ("eventDateTime", written):
        try:
            days[name] = _moment(raw[name])
        except (KeyError, ValueError, TypeError):
            found.append(f"{name} is no moment with an offset")
            continue
        if days[name].year < rules["earliest_year"] or days[name] > datetime.fromtimestamp(now, UTC) + timedelta(days=366 * int(rules["latest_years_ahead"])):
            found.append(f"{name} {str(raw[name])[:30]} cannot be")
    if classifier == "ACT" and version == "2.2" and len(days) == 2 and days["eventDateTime"] > days[written] + timedelta(days=1):
        found.append("it is told as happened before the day on which it happened")
    return found


def _structure(raw: Mapping[str, Any], kind: str, rules: Mapping[str, Any]) -> list[str]:
    found = []
    if kind == "SHIPMENT":
        if not isinstance(raw.get("documentID"), str) or not raw["documentID"].strip():
            found.append("a shipment event names its document")
        if raw.get("documentTypeCode") not in rules["documents"]:
            found.append(f"document {str(raw.get('documentTypeCode'))[:10]!r} is not in the standard")
    call = raw.get("transportCall")
    if kind == "TRANSPORT" and not isinstance(call, Mapping):
        found.append("a transport event names its call")
    if kind == "EQUIPMENT" and raw.get("emptyIndicatorCode") not in rules["empty"]:
        found.append("an equipment event says whether the container is empty")
    if isinstance(call, Mapping):
        if call.get("modeOfTransport") not in rules["modes"] or not call.get("transportCallID"):
            found.append("a call has a mode of the standard and a number")
        codes = {c for c in (call.get("UNLocationCode"), _object(call.get("location")).get("UNLocationCode")) if c}
        if len(codes) > 1:
            found.append(f"one call lies at two places ({' and '.join(sorted(map(str, codes)))})")
    return found + _known_things(raw.get("equipmentReference"), [c for c in (call, raw.get("eventLocation")) if isinstance(c, Mapping)])


def _three(raw: Mapping[str, Any]) -> list[str]:
    if not isinstance(raw.get("eventID"), str) or not raw["eventID"].strip():
        return ["no eventID"]
    return _known_things(_object(raw.get("equipmentDetails")).get("equipmentReference"), [p for p in (raw.get("eventLocation"),) if isinstance(p, Mapping)])


def _known_things(container: Any, places: list[Mapping[str, Any]]) -> list[str]:
    found = []
    if container not in (None, ""):
        try:
            read_container_number(str(container))
        except LandedError as error:
            found.append(f"container {str(container)[:15]}: {error.detail}")
    for place in places:
        code = place.get("UNLocationCode")
        if code not in (None, "") and not re.fullmatch(r"[A-Z]{2}[A-Z2-9]{3}", str(code)):
            found.append(f"{str(code)[:10]!r} is no UN/LOCODE")
        elif code and str(code)[:2] in private_countries():
            found.append(f"{code} lies in no country")
    return found


@lru_cache(maxsize=1)
def private_countries() -> frozenset[str]:
    """Country codes that ISO 3166 leaves to private use: no port lies there."""
    private = {f"X{c}" for c in ascii_uppercase} | {f"Q{c}" for c in ascii_uppercase[12:]}
    return frozenset(private - set(figures("dcsa")["tracking"]["private_in_use"]))


def _event(raw: Mapping[str, Any], version: str) -> TrackingEvent:
    rules = figures("dcsa")["tracking"]
    three = version == "3.0"
    said = raw["eventClassification"] if three else raw
    kind = str(said["eventTypeCode" if three else "eventType"])
    code = str(said[rules["code_fields"][kind]])
    details = _object(raw.get("transportDetails")) if three else raw
    call = _object(details.get("transportCall"))
    vessel = _object(call.get("vesselTransport" if three else "vessel"))
    inner, spot = _object(call.get("location")), _object(raw.get("eventLocation"))
    equipment = _object(raw.get("equipmentDetails")) if three else raw
    shipment = _object(raw.get("shipmentDetails")) if three else raw
    document = _object(shipment.get("documentReference")) if three else {"typeCode": raw.get("documentTypeCode"), "reference": raw.get("documentID")}
    voyage = _object(call.get("exportVoyageNumberOrReference")).get("carrierVoyageNumber") if three else call.get("exportVoyageNumber")
    remark = details.get("changeRemark") or details.get("vesselScheduleChangeRemark") or shipment.get("reason") or ""
    place = str(spot.get("UNLocationCode") or call.get("UNLocationCode") or inner.get("UNLocationCode") or "")
    container = str(equipment.get("equipmentReference") or "")
    moment = str(raw["eventDateTime"])
    number = str(call.get("transportCallReference" if three else "transportCallID") or "")
    about = container or str(document.get("reference") or "")
    # 3.0 numbers its events for replacing them; 2.2 does not, so the same fact told twice is known by what it says.
    key = str(raw["eventID"]) if three else sha256("|".join((kind, code, str(said["eventClassifierCode"]), about, place, number, moment)).encode()).hexdigest()[:32]
    return TrackingEvent(
        key=key, event_type=kind, code=code, classifier=said["eventClassifierCode"], moment=moment, place=place, container=container, raw=raw,
        place_name=str(spot.get("locationName") or inner.get("locationName") or ""), vessel=str(vessel.get("vesselName") or ""), voyage=str(voyage or ""),
        document=f"{document.get('typeCode') or ''} {document.get('reference') or ''}".strip(), remark=str(remark)[:500], call=number,
        written=str(raw.get("eventUpdatedDateTime" if three else "eventCreatedDateTime")), retracted=raw.get("isRetracted") is True,
    )  # fmt: skip


def milestones(events: Iterable[TrackingEvent]) -> tuple[Milestone, ...]:
    """A timeline: what happens where, with planned, estimated and actual moments kept apart; the latest word of each kind stands."""
    titles = figures("dcsa")["tracking"]["titles"]
    found: dict[tuple[str, ...], Milestone] = {}
    for event in sorted(events, key=_order):
        about = event.container or (event.document if event.event_type == "SHIPMENT" else "")
        spot = event.call if event.event_type == "TRANSPORT" and event.call else event.place
        row = found.setdefault(
            (event.event_type, event.code, spot, about),
            Milestone(event.event_type, event.code, str(titles.get(event.code, event.code)), event.place, event.place_name, event.container, event.vessel, event.voyage),
        )
        name = {"PLN": "planned", "EST": "estimated", "ACT": "actual"}[event.classifier]
        setattr(row, name, event.moment)
        row.vessel, row.voyage = event.vessel or row.vessel, event.voyage or row.voyage
        if event.remark and event.remark not in row.remarks:
            row.remarks.append(event.remark)
    for row in found.values():
        if row.planned and (row.actual or row.estimated):
            row.days_late = round((_moment(row.actual or row.estimated) - _moment(row.planned)).total_seconds() / 86400)
    return tuple(sorted(found.values(), key=lambda m: (_moment(m.actual or m.estimated or m.planned), m.container, m.code)))


def _object(raw: Any) -> Mapping[str, Any]:
    return raw if isinstance(raw, Mapping) else {}


def _order(event: TrackingEvent) -> tuple[datetime, datetime]:
    return _moment(event.written), _moment(event.moment)


def _moment(text: Any) -> datetime:
    if not isinstance(text, str):
        raise ValueError("no text")
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if found.tzinfo is None:
        raise ValueError("no offset")
    return found


def _name(raw: Any, number: int) -> str:
    said = raw.get("eventID") if isinstance(raw, Mapping) else None
    return f"event {number + 1}" + (f" ({str(said)[:40]})" if said else "")
