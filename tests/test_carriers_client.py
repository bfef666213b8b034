"""The client of carriers: carriers.toml, calls and their repetition, schedules, events, live prices."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from carrier_world import START, World
from landed.errors import LandedError
from landed.freight.carriers.rates import Asking, LiveRates, MaerskOffers, PublicCalculator, live_rates
from landed.freight.carriers.settings import carrier_settings, carriers
from landed.freight.carriers.simulator.faults import Faults
from landed.freight.carriers.tracking import milestones, read_events
from landed.freight.carriers.wire import TRIES, Wire
from landed.freight.charges import Quantities
from landed.freight.places import find_port
from landed.operations.registry import find

NOW = START.timestamp()


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDED_DATA", str(tmp_path / "site"))
    monkeypatch.delenv("LANDED_CARRIERS", raising=False)


def own_file(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    monkeypatch.setenv("LANDED_CARRIERS", str(path))


# -- carriers.toml -----------------------------------------------------------------------------------------------------


def test_maersk_is_a_table_of_the_file_and_says_which_secrets_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAERSK_CONSUMER_KEY", "MAERSK_CLIENT_ID", "MAERSK_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    found = carriers()["maersk"]
    assert set(found.apis) == {"schedules", "booking", "tracking"} and found.rates_source == "maersk_offers" and not found.verified
    with pytest.raises(LandedError) as raised:
        carrier_settings("maersk")
    assert raised.value.code == "CARRIER_NOT_CONFIGURED" and "MAERSK_CONSUMER_KEY" in raised.value.extra["missing"]


def test_an_own_table_lies_over_the_shipped_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_file(tmp_path, '[sim]\nbase_url = "http://localhost:9999"\n[other]\nbase_url = "https://carrier.example"\ntracking = { version = "3.0.0", path = "/tnt" }\n', monkeypatch)
    assert carriers()["sim"].base_url == "http://localhost:9999" and carriers()["sim"].title == "Simulated carrier"
    with pytest.raises(LandedError, match="offers no booking"):
        carrier_settings("other").api("booking")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[x]\nbase_url = 'http://carrier.example'", "x"),
        ("[x]\nbase_url = 'https://me:secret@carrier.example'", "x"),
        ("[x]\nbase_url = 'https://c.example'\npassword = 'p'", "x.password"),
        ("[x]\nbase_url = 'https://c.example'\nauth = { kind = 'key', secret = 'p' }", "x.auth"),
        ("[x]\nbase_url = 'https://c.example'\nauth = { kind = 'magic' }", "x.auth.kind"),
        ("[x]\nbase_url = 'https://c.example'\nbooking = { version = '1.0', path = '' }", "x.booking.version"),
        ("[x]\nbase_url = 'https://c.example'\nown_reference_lookup = 'guess'", "x.own_reference_lookup"),
        ("[x]\nbase_url = 'https://c.example'\nsettle_seconds = 5\ntimeout_seconds = 20", "x.settle_seconds"),
        ("[x", "mine.toml"),
        ("x = 1", "x"),
    ],
)
def test_a_bad_carriers_file_names_table_and_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, where: str) -> None:
    own_file(tmp_path, text, monkeypatch)
    with pytest.raises(LandedError) as raised:
        carriers()
    assert (raised.value.code, raised.value.where) == ("BAD_CARRIERS_FILE", where)


def test_secrets_go_into_headers_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAERSK_CONSUMER_KEY", "MAERSK_CLIENT_ID", "MAERSK_CLIENT_SECRET"):
        monkeypatch.setenv(name, f"secret-{name}")
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if "access_token" in request.url.path:
            return httpx.Response(200, json={"access_token": "T0K3N", "expires_in": 7200})
        return httpx.Response(200, json=[])

    wire = Wire(carrier_settings("maersk"), httpx.Client(transport=httpx.MockTransport(answer)))
    wire.get("schedules", "/point-to-point-routes", {"placeOfReceipt": "CNSHA"})
    wire.get("schedules", "/point-to-point-routes")
    assert len(seen) == 3  # signed in once
    assert seen[1].headers["Authorization"] == "Bearer T0K3N" and seen[1].headers["Consumer-Key"] == "secret-MAERSK_CONSUMER_KEY"
    assert "secret" not in str(seen[1].url)
    assert "secret" not in json.dumps(find("ship_carriers").answer_json({}))


# -- calls -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["rate_limit", "error_before", "silence_before"])
def test_reading_is_repeated_and_gives_up_with_a_word(tmp_path: Path, fault: str) -> None:
    world = World(tmp_path)
    world.sim.faults.lay_up(fault, count=2)
    assert world.carrier.point_to_point("CNSHA", "USLAX")[0]
    world.sim.faults.lay_up(fault, count=TRIES)
    with pytest.raises(LandedError) as raised:
        world.carrier.point_to_point("CNSHA", "USLAX")
    assert raised.value.code in ("CARRIER_BUSY", "CARRIER_FAILED", "CARRIER_UNREACHABLE")


def test_an_answer_that_breaks_the_schema_is_named_and_no_sailing_is_made_up(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sim.faults.lay_up("broken_schema")
    sailings, odd = world.carrier.point_to_point("CNSHA", "USLAX")
    assert len(sailings) == 3 and any("left out" in o for o in odd)
    world.sim.faults.lay_up("not_json")
    with pytest.raises(LandedError) as raised:
        world.carrier.point_to_point("CNSHA", "USLAX")
    assert raised.value.code == "CARRIER_DEVIATES"


def test_an_answer_past_all_bounds_is_not_taken_in(tmp_path: Path) -> None:
    world = World(tmp_path)
    wire = Wire(world.settings, httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200, content=b"[" + b"1," * 5_000_000 + b"1]"))))
    assert wire.get("tracking", "/events").body is None


def test_sailings_come_soonest_first_with_cut_offs_emissions_and_a_reference(tmp_path: Path) -> None:
    sailings, odd = World(tmp_path).carrier.point_to_point("CNSHA", "USLAX", departureStartDate="2026-12-01")
    assert not odd and [s.departs for s in sailings] == sorted(s.departs for s in sailings)
    first = sailings[0]
    assert first.tonnes_co2e and first.routing_reference and dict(first.cutoffs)["VCO"] < first.departs < first.arrives
    assert sailings == World(tmp_path / "again").carrier.point_to_point("CNSHA", "USLAX", departureStartDate="2026-12-01")[0]


# -- events ------------------------------------------------------------------------------------------------------------


def event(**changed: Any) -> dict[str, Any]:
    return {
        "eventID": "3cecb101-7a1a-43a4-9d62-e88a131651e2", "eventCreatedDateTime": "2026-11-01T00:00:00Z", "eventType": "TRANSPORT", "eventClassifierCode": "PLN", "eventDateTime": "2026-12-20T12:00:00Z",
        "transportEventTypeCode": "ARRI", "transportCall": {"transportCallID": "c1", "modeOfTransport": "VESSEL", "UNLocationCode": "USLAX"}, **changed,
    }  # fmt: skip


def test_planned_estimated_and_actual_stand_side_by_side_and_the_latest_estimate_counts() -> None:
    rows = [
        event(),
        event(eventClassifierCode="EST", eventDateTime="2026-12-22T12:00:00Z", eventCreatedDateTime="2026-11-05T00:00:00Z", eventID="3cecb101-7a1a-43a4-9d62-e88a131651e3"),
        event(eventClassifierCode="EST", eventDateTime="2026-12-21T12:00:00Z", eventCreatedDateTime="2026-11-03T00:00:00Z", eventID="3cecb101-7a1a-43a4-9d62-e88a131651e4"),
    ]
    (row,) = milestones(read_events(rows, "2.2", now=NOW).events)
    assert (row.planned[:10], row.estimated[:10], row.actual, row.days_late) == ("2026-12-20", "2026-12-22", "", 2)


def test_the_same_fact_told_twice_stands_once() -> None:
    found = read_events([event(), event(eventID="3cecb101-7a1a-43a4-9d62-e88a131651ff", eventCreatedDateTime="2026-11-02T00:00:00Z")], "2.2", now=NOW)
    assert len(found.events) == 1 and found.events[0].written == "2026-11-02T00:00:00Z"


def test_a_retracted_event_of_30_is_taken_out_and_a_later_word_replaces_an_earlier() -> None:
    base = {"eventID": "e1", "eventDateTime": "2026-11-20T00:00:00Z", "eventUpdatedDateTime": "2026-11-20T01:00:00Z", "eventClassification": {"eventTypeCode": "TRANSPORT", "eventClassifierCode": "ACT", "transportEventTypeCode": "DEPA"}}
    later = {**base, "eventDateTime": "2026-11-20T05:00:00Z", "eventUpdatedDateTime": "2026-11-20T06:00:00Z"}
    assert [e.moment for e in read_events([later, base], "3.0", now=NOW).events] == ["2026-11-20T05:00:00Z"]
    gone = {**base, "isRetracted": True, "eventUpdatedDateTime": "2026-11-21T00:00:00Z"}
    assert read_events([base, later, gone], "3.0", now=NOW).events == ()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"eventType": "PARTY"}, "type"),
        ({"transportEventTypeCode": "LAND"}, "transportEventTypeCode"),
        ({"eventClassifierCode": "MAY"}, "classifier"),
        ({"eventDateTime": "2026-12-20"}, "moment with an offset"),
        ({"eventDateTime": "1987-12-20T00:00:00Z"}, "cannot be"),
        ({"eventClassifierCode": "ACT"}, "before the day"),
        ({"transportCall": None}, "names its call"),
        ({"equipmentReference": "CSQU3054384"}, "check digit"),
        ({"eventLocation": {"UNLocationCode": "XYABC"}}, "no country"),
        ({"eventLocation": {"UNLocationCode": "usla1"}}, "UN/LOCODE"),
    ],
)
def test_an_event_that_cannot_be_is_refused_with_the_reason(changed: dict[str, Any], why: str) -> None:
    found = read_events([event(**changed)], "2.2", now=NOW)
    assert found.events == () and why in found.refused[0][1]


@pytest.mark.parametrize("row", [None, 5, [], {}, {"eventType": []}, {"eventType": {}, "eventClassifierCode": []}, {"eventClassification": 3}])
def test_rubbish_among_the_events_is_refused_not_raised(row: Any) -> None:
    assert read_events([row, event()], "2.2", now=NOW).refused and len(read_events([row, event()], "2.2", now=NOW).events) == 1
    assert read_events([row], "3.0", now=NOW).refused


def test_pages_of_events_are_read_to_the_end(tmp_path: Path) -> None:
    from carrier_world import BOOKING

    world = World(tmp_path)
    token = world.desk.prepare_booking({**BOOKING, "equipment": [{"type": "45G1", "units": 20, "gross_kg": "180000", "commodity": "toys"}]}).token
    own = world.desk.confirm(token).own_reference
    world.go(hours=3)
    found = world.carrier.events(booking=world.desk.look(own).booking.carrier_booking_reference)  # type: ignore[union-attr]
    assert len(found.events) > 100 and sum(p == "/v2/events" for _, p, _ in world.seen) >= 2


# -- live prices -------------------------------------------------------------------------------------------------------

COUNTED = Quantities(2, Decimal(4), Decimal(120), Decimal(18000), Decimal(18000), Decimal(120), Decimal(40000))


def asking(service: str = "fcl") -> Asking:
    return Asking(service, find_port("CNSHA"), find_port("USLAX"), date(2026, 12, 1), {"45G1": 2} if service == "fcl" else {}, COUNTED)  # type: ignore[arg-type]


def wire_of(name: str, answer: Any) -> Wire:
    return Wire(carriers()[name], httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200, json=answer(request) if callable(answer) else answer))), sleep=lambda s: None)


def offer(**changed: Any) -> dict[str, Any]:
    return {
        "offerId": "1", "priceBreakdown": [
            {"chargeCode": "BAS", "chargeName": "Basic", "amount": 2400.0, "currency": "USD", "basis": "PerContainer", **changed},
            {"chargeCode": "DOC", "chargeName": "Papers", "amount": 150.0, "currency": "USD", "basis": "PerBillOfLading"},
        ], "demurrageDetention": {"destinationFreeDays": 5},
    }  # fmt: skip


def maersk(answer: Any, monkeypatch: pytest.MonkeyPatch) -> MaerskOffers:
    monkeypatch.setattr(Wire, "_signed_in", lambda self: {})
    return MaerskOffers(carriers()["maersk"], wire_of("maersk", answer))


def test_the_cheapest_offer_becomes_rows_of_a_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def answer(request: httpx.Request) -> Any:
        seen.append(request.url)
        return {"offers": [offer(amount=2600.0), offer(), {"x": 1}]}

    found = maersk(answer, monkeypatch).offer(asking())
    assert found is not None and found.kind == "BOOKABLE"
    assert [(r.code, r.basis, r.unit_price, r.equipment) for r in found.rows] == [("BAS", "PER_CONTAINER", Decimal("2400.0"), "45G1"), ("DOC", "PER_BL", Decimal("150.0"), "*")]
    assert seen[0].path.endswith("/offers/brand/MAEU/departuredate/2026-12-01") and seen[0].params["collectionOriginCountryCode"] == "CN"
    assert "5 free days" in found.words[0]


@pytest.mark.parametrize("bad", [{"basis": "PerMoon"}, {"chargeCode": "XXX"}, {"amount": "-1"}, {"amount": None}, {"currency": ""}])
def test_an_offer_that_cannot_be_read_whole_is_no_offer(monkeypatch: pytest.MonkeyPatch, bad: dict[str, Any]) -> None:
    assert maersk([offer(**bad)], monkeypatch).offer(asking()) is None


def test_a_calculator_gives_the_middle_of_its_range_with_its_spread_and_its_credit() -> None:
    body = {"response": {"estimatedFreightRates": {"numQuotes": 1, "mode": {"mode": "FCL", "price": {"min": {"moneyAmount": {"amount": 3262, "currency": "USD"}}, "max": {"moneyAmount": {"amount": 3554, "currency": "USD"}}}, "transitTimes": {"unit": "days", "min": 17, "max": 21}}}}}
    found = PublicCalculator(carriers()["freightos"], wire_of("freightos", body)).offer(asking())
    assert found is not None and found.kind == "INDICATIVE" and "Freightos" in found.words[0]
    assert (found.rows[0].unit_price, found.rows[0].plus_minus_pct) == (Decimal("3408.00"), Decimal("4.3"))
    assert PublicCalculator(carriers()["freightos"], wire_of("freightos", body)).offer(asking("air")) is None


@pytest.mark.parametrize("body", [{}, [], {"response": {"estimatedFreightRates": {"numQuotes": 0}}}, {"response": {"estimatedFreightRates": {"mode": {"mode": "FCL", "price": {"min": {}, "max": {}}}}}}])
def test_a_calculator_without_a_price_gives_none(body: Any) -> None:
    assert PublicCalculator(carriers()["freightos"], wire_of("freightos", body)).offer(asking()) is None


SHIPMENT = {
    "origin": "CNSHA", "destination": "USLAX", "as_of": "2026-03-01", "ready_date": "2026-03-05", "incoterm": "FOB", "modes": ["fcl"],
    "items": [{"name": "toys", "quantity": 300, "size": "60x40x40 cm", "gross_kg": "9"}], "goods": [{"hts_code": "9503.00.00.73", "country_of_origin": "CN", "price": "40000"}],
}  # fmt: skip


def test_a_quote_with_live_prices_says_which_sources_are_not_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAERSK_CONSUMER_KEY", raising=False)
    found = find("ship_quote").run({**SHIPMENT, "live": True})
    words = [w.message for w in found.warnings if w.code == "NO_LIVE_PRICE"]
    assert any("MAERSK_CONSUMER_KEY" in w for w in words) and any("switched off" in w for w in words)
    assert found.ways[0].quote.kind == "ESTIMATE"
    assert not [w for w in find("ship_quote").run(SHIPMENT).warnings if w.code == "NO_LIVE_PRICE"]


def test_an_offer_makes_the_way_bookable_and_leaves_the_customs_value_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    source = maersk([offer()], monkeypatch)
    monkeypatch.setattr("landed.freight.carriers.rates.live_rates", lambda: LiveRates([source]))
    live, plain = find("ship_quote").run({**SHIPMENT, "live": True}).ways[0], find("ship_quote").run(SHIPMENT).ways[0]
    assert live.quote.kind == "BOOKABLE" and live.quote.provider == "Maersk"
    assert live.quote.mid != plain.quote.mid
    assert live.on_time.entered_value == plain.on_time.entered_value and live.on_time.duty == plain.on_time.duty


def test_a_source_that_fails_leaves_a_note_and_the_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Wire, "_signed_in", lambda self: {})
    wire = Wire(carriers()["maersk"], httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(500))), sleep=lambda s: None)
    live = LiveRates([MaerskOffers(carriers()["maersk"], wire)])
    assert live.offer(asking()) is None and "gave no price" in live.notes[0]
    assert live_rates().sources == ()


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one of"):
        Faults().lay_up("meteor")
