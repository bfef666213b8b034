"""Carriers against the official DCSA specification files: samples, wrong samples, and every message of a whole booking both ways."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import carrier_spec as spec
from carrier_world import BOOKING, START, World
from landed.errors import LandedError
from landed.freight.carriers.booking import booking_of
from landed.freight.carriers.message import build, faults
from landed.freight.carriers.schedules import read_sailings
from landed.freight.carriers.tracking import event_faults, milestones, read_events
from landed.freight.carriers.wire import dumps, errors_of

pytestmark = pytest.mark.skipif(not spec.DCSA.is_dir(), reason="the DCSA specification files (../shared/freight/dcsa) are not here")
NOW = START.timestamp()
BOOKINGS = [p for p in spec.samples("booking-api-*.json") if "error" not in p.name]
PLACEHOLDERS = {"DEPARTURE_DATE": "2026-12-01T10:00:00Z", "ARRIVAL_DATE": "2026-12-20T10:00:00Z", "DATE": "2026-12-10T10:00:00Z"}


def sample(path: Path) -> Any:
    """A sample with the placeholders of its dates filled."""

    def fill(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: fill(v) for k, v in value.items()}
        if isinstance(value, list):
            return [fill(v) for v in value]
        if isinstance(value, str) and value.isupper() and " " not in value and value.endswith("DATE"):
            return PLACEHOLDERS.get(value, PLACEHOLDERS["DATE"])
        return value

    return fill(json.loads(path.read_text(encoding="utf-8")))


# -- bookings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", BOOKINGS, ids=lambda p: p.stem)
def test_an_official_booking_request_goes_through_our_hands_unchanged_and_the_specification_takes_it(path: Path) -> None:
    spec.need_spec()
    official = sample(path)
    assert faults(official) == []
    ours = build({"carrier": "sim", "message": official}, "LD-1")
    assert {k: v for k, v in ours.items() if k != "references"} == official
    spec.check("POST", "/v2/bookings", {}, dumps(ours), 202, {"API-Version": "2"}, b'{"carrierBookingRequestReference": "cbrr-1"}')


@pytest.mark.parametrize("path", BOOKINGS, ids=lambda p: p.stem)
def test_an_official_booking_comes_back_from_a_carrier_with_every_field(path: Path, tmp_path: Path) -> None:
    spec.need_spec()
    world = World(tmp_path, checked=True)
    official = sample(path)
    done = world.desk.confirm(world.desk.prepare_booking({"carrier": "sim", "message": official}).token)
    world.go(minutes=1)
    found = world.desk.look(done.own_reference).booking
    assert found is not None and found.state == "RECEIVED" and not found.deviations
    assert {k: v for k, v in found.raw.items() if k in official and k != "references"} == official


def test_the_official_error_message_names_what_is_wrong() -> None:
    raw = json.loads((spec.DCSA / "conformance" / "booking-api-2.0.0-error-message.json").read_text(encoding="utf-8"))
    assert errors_of(raw)[0]["code"] == "7006"


WRONG = [
    (lambda m: m.pop("receiptTypeAtOrigin"), "receiptTypeAtOrigin"),
    (lambda m: m.update(receiptTypeAtOrigin="XX"), "receiptTypeAtOrigin"),
    (lambda m: m.update(requestedEquipments=[]), "requestedEquipments"),
    (lambda m: m["requestedEquipments"][0].update(units=0), "requestedEquipments[0].units"),
    (lambda m: m["requestedEquipments"][0].update(ISOEquipmentCode="45-G1"), "requestedEquipments[0].ISOEquipmentCode"),
    (lambda m: m["requestedEquipments"][0]["commodities"][0].pop("cargoGrossWeight"), "requestedEquipments[0].commodities[0].cargoGrossWeight"),
    (lambda m: m["requestedEquipments"][0]["commodities"][0].update(cargoGrossWeight={"value": 0, "unit": "KGM"}), "requestedEquipments[0].commodities[0].cargoGrossWeight.value"),
    (lambda m: m["shipmentLocations"][0]["location"].update(UNLocationCode="NLAM1"), "shipmentLocations[0].location.UNLocationCode"),
    (lambda m: m["documentParties"].pop("bookingAgent"), "documentParties.bookingAgent"),
    (lambda m: m.update(isEquipmentSubstitutionAllowed="yes"), "isEquipmentSubstitutionAllowed"),
    (lambda m: m.update(extendedContractQuotationReference="Q1"), "serviceContractReference"),
    (lambda m: m.pop("serviceContractReference"), "serviceContractReference"),
    (lambda m: m.update(routingReference="R1"), "vessel"),
    (lambda m: m.pop("carrierExportVoyageNumber"), "expectedDepartureDate"),
    (lambda m: m.pop("vessel"), "carrierExportVoyageNumber"),
]


@pytest.mark.parametrize(("spoil", "where"), WRONG, ids=[w[1] + str(n) for n, w in enumerate(WRONG)])
def test_a_wrong_booking_request_never_leaves(spoil: Any, where: str) -> None:
    message = sample(spec.DCSA / "conformance" / "booking-api-2.0.0-regular.json")
    spoil(message)
    with pytest.raises(LandedError) as raised:
        build({"carrier": "sim", "message": message}, "LD-1")
    assert raised.value.code == "INVALID_BOOKING"
    assert where in [each["at"] for each in raised.value.extra["errors"]]


# -- schedules ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", spec.samples("commercialschedules-api-1.0.0-ptp*.json"), ids=lambda p: p.stem)
def test_official_routes_are_read_whole(path: Path) -> None:
    spec.need_spec()
    rows = sample(path)
    spec.check("GET", "/v1/point-to-point-routes", {"placeOfReceipt": "NLAMS", "placeOfDelivery": "SGSIN"}, None, 200, {"API-Version": "1"}, json.dumps(rows).encode())
    sailings, odd = read_sailings(rows)
    assert len(sailings) == len(rows)
    assert not [o for o in odd if "left out" in o]
    assert [len(s.legs) for s in sailings] == [len(row["legs"]) for row in sorted(rows, key=lambda r: (r["placeOfReceipt"]["dateTime"], r["placeOfDelivery"]["dateTime"]))]


@pytest.mark.parametrize("path", [*spec.samples("commercialschedules-api-1.0.0-ps*.json"), *spec.samples("commercialschedules-api-1.0.0-vs*.json")], ids=lambda p: p.stem)
def test_official_port_and_vessel_schedules_come_through_the_client_unchanged(path: Path, tmp_path: Path) -> None:
    spec.need_spec()
    rows = sample(path)
    port = "-ps" in path.name
    world = World(tmp_path)
    world.sim._port = world.sim._vessels = lambda params: rows  # type: ignore[method-assign]
    world.checked = True
    found = world.carrier.port_schedules("NLAMS", "2026-12-01") if port else world.carrier.vessel_schedules(vesselIMONumber="9321483")
    assert json.loads(dumps(found)) == rows


# -- tracking ----------------------------------------------------------------------------------------------------------


def test_official_events_of_22_are_read_whole_and_kept_as_they_are() -> None:
    spec.need_spec()
    rows = json.loads((spec.DCSA / "conformance" / "tnt-220-response.json").read_text(encoding="utf-8"))
    spec.check("GET", "/v2/events", {"equipmentReference": "APZU4812090"}, None, 200, {"API-Version": "2", "Current-Page": "1"}, json.dumps(rows).encode())
    found = read_events(rows, "2.2", now=NOW)
    assert found.refused == ()
    assert len(found.events) == len({e.key for e in found.events}) >= 4
    assert all(dict(e.raw) in rows for e in found.events)


@pytest.mark.parametrize("name", ["tnt-300-response", "tnt-300-response-nextpage", "tnt-300-request-equipment", "tnt-300-request-iot", "tnt-300-request-reefer", "tnt-300-request-shipment", "tnt-300-request-transport"])
def test_official_events_of_30_are_read_whole_and_kept_as_they_are(name: str) -> None:
    spec.need_spec()
    raw = json.loads((spec.DCSA / "conformance" / f"{name}.json").read_text(encoding="utf-8"))
    rows = raw["events"]
    if "response" in name:
        spec.check("GET", "/v3/events", {}, None, 200, {"API-Version": "3"}, json.dumps(raw).encode())
    else:
        spec.check("POST", "/v3/events", {}, json.dumps(raw).encode(), 200, {"API-Version": "3"}, b"{}")
    found = read_events(rows, "3.0", now=NOW)
    assert found.refused == ()
    assert [dict(e.raw) for e in sorted(found.events, key=lambda e: rows.index(e.raw))] == rows


@pytest.mark.parametrize("name", ["wrong-attribute-values", "wrong-date-times", "wrong-event-ids", "wrong-structure"])
def test_the_deliberately_wrong_events_are_refused_or_named(name: str) -> None:
    rows = json.loads((spec.DCSA / "conformance" / f"tnt-220-response-{name}.json").read_text(encoding="utf-8"))
    found = read_events(rows, "2.2", now=NOW)
    assert found.refused, name
    judged = [event_faults(row, "2.2", NOW) for row in rows]
    if name == "wrong-attribute-values":  # the schema lets these pass: two places for one call, no country, a wrong check digit
        words = " ".join(why for _, why in found.refused)
        assert "two places" in words and "no country" in words and "check digit" in words
    if name == "wrong-date-times":
        assert sum(map(bool, judged)) >= 5
    if name == "wrong-event-ids":
        assert "UUID" in found.refused[0][1] and any("bear the number" in odd for odd in found.deviations)


# -- a whole life, every message both ways -----------------------------------------------------------------------------


@pytest.mark.parametrize("tracking", ["2.2", "3.0"])
def test_every_message_of_a_booking_from_schedule_to_delivery_keeps_the_specification(tmp_path: Path, tracking: str) -> None:
    spec.need_spec()
    world = World(tmp_path, checked=True, tracking=tracking)
    sailings, odd = world.carrier.point_to_point("CNSHA", "USLAX", departureStartDate="2026-12-01")
    assert sailings and not odd
    world.carrier.port_schedules("CNSHA", "2026-12-01"), world.carrier.vessel_schedules(UNLocationCode="CNSHA")
    desk = world.desk
    routed = {k: v for k, v in BOOKING.items() if k != "departure_date"} | {"routing_reference": sailings[0].routing_reference}
    own = desk.confirm(desk.prepare_booking(routed).token).own_reference
    world.go(minutes=5)
    desk.confirm(desk.prepare_change(own, {**routed, "commodity": "other toys"}).token)
    world.go(hours=5)
    record = desk.look(own)
    assert record.booking is not None and record.booking.state == "CONFIRMED" and not record.booking.deviations
    assert record.booking.plan[0]["from"] == "CNSHA"
    desk.confirm(desk.prepare_change(own, routed).token)
    world.go(minutes=5)
    assert world.carrier.booking(record.carrier_reference, amended=True) is not None
    desk.confirm(desk.prepare_cancel(own, what="amendment").token)
    world.go(minutes=5)
    assert desk.look(own).booking.amended_state == "AMENDMENT_CANCELLED"  # type: ignore[union-attr]
    world.sim.bookings.delay(world.sim.bookings.all[0], world.sim.now, 4)
    world.go(days=60)
    found = world.carrier.events(booking=record.booking.carrier_booking_reference)
    assert not found.refused and not found.deviations
    rows = milestones(found.events)
    arrival = next(m for m in rows if m.code == "ARRI")
    assert arrival.planned and arrival.estimated == arrival.actual and arrival.days_late == 4
    assert desk.look(own).booking.state == "COMPLETED"  # type: ignore[union-attr]
    with pytest.raises(LandedError, match="COMPLETED"):
        desk.prepare_cancel(own)
    for notice in world.sim.notices():
        spec.check("POST", "/v2/booking-notifications", {}, json.dumps(notice).encode(), 204, {"API-Version": "2"}, b"")
        desk.notified("sim", notice)


def test_refusals_of_the_carrier_keep_the_specification_and_show_its_property(tmp_path: Path) -> None:
    spec.need_spec()
    world = World(tmp_path, checked=False)
    with pytest.raises(LandedError) as raised:
        world.carrier.point_to_point("CNSHX", "USLAX")
    assert raised.value.code == "CARRIER_REFUSED" and raised.value.extra["errors"][0]["at"] == "$.placeOfReceipt"
    world.checked = True
    for path in ("/v2/bookings/NONE", "/v2/events", "/v3/events", "/v1/point-to-point-routes"):
        answer = world.sim.handle("GET", path, {"placeOfReceipt": "CNSHX", "placeOfDelivery": "USLAX"} if "route" in path else {}, b"")
        assert answer.status >= 400
        World.check("GET", path, {"placeOfReceipt": "CNSHX", "placeOfDelivery": "USLAX"} if "route" in path else {}, b"", answer)


def test_a_booking_in_the_specification_s_own_example_is_read_without_deviation() -> None:
    spec.need_spec()
    examples = spec.document("bkg")["paths"]["/v2/bookings/{bookingReference}"]["get"]["responses"]["200"]["content"]["application/json"].get("examples", {})
    assert examples
    for each in examples.values():
        found = booking_of(each["value"], "x")
        assert found.state and not [d for d in found.deviations if "bookingStatus" in d]


