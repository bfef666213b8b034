"""Carriers at the doors: the command line against a running simulator, the operations, webhooks, demurrage and detention."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from typer.main import get_command

from landed.doors.cli.main import app
from landed.errors import LandedError
from landed.freight.carriers.simulator.serve import SimServer, serve
from landed.operations.registry import find, operations

COMMAND = get_command(app)  # built once: typer builds every command anew for each call
BOOK = ["--origin", "CNSHA", "--destination", "USLAX", "--equipment", "2x45G1", "--gross-kg", "18000", "--commodity", "toys", "--agent", "Example Ltd", "--contract", "C1"]


@pytest.fixture
def sim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimServer]:
    server = serve(0, speed=1)
    own = tmp_path / "carriers.toml"
    own.write_text(f'[sim]\nbase_url = "{server.url}"\n', encoding="utf-8")
    monkeypatch.setenv("LANDED_CARRIERS", str(own))
    monkeypatch.setenv("LANDED_DATA", str(tmp_path / "site"))
    yield server
    server.close()


def run(*words: str) -> Any:
    """The JSON answer of a command (or its error)."""
    found = CliRunner().invoke(COMMAND, [*words, "--json"])
    return json.loads(found.stdout if found.exit_code == 0 else found.stderr)


def later(server: SimServer, **by: float) -> None:
    httpx.post(f"{server.url}/sim/clock", json=by, trust_env=False)


def test_a_booking_from_schedule_to_delivery_on_the_command_line(sim: SimServer) -> None:
    sailing = run("ship", "schedules", "CNSHA", "USLAX")["sailings"][0]
    prepared = run("ship", "book", *BOOK, "--sailing", sailing["routing_reference"], "--reference", "PO-7")
    assert prepared["action"] == "book" and sim.carrier.bookings.all == []
    booked = run("ship", "confirm", prepared["token"])
    assert booked["status"] == "booked" and run("ship", "book", "--confirm", prepared["token"])["carrier_reference"] == booked["carrier_reference"]
    assert sim.carrier.bookings.all[0].content == prepared["message"]
    later(sim, hours=6)
    assert run("ship", "booking", "PO-7")["booking"]["state"] == "CONFIRMED"
    cancel = run("ship", "cancel", "PO-7", "--reason", "no goods")
    assert cancel["message"] == {"bookingCancellationStatus": "CANCELLATION_RECEIVED", "reason": "no goods"}
    later(sim, days=40)
    found = run("ship", "track", "PO-7")
    assert [m["code"] for m in found["milestones"] if m["actual"]][-1] in ("CMPL", "GTOT") and not found["refused"]
    container = next(m["container"] for m in found["milestones"] if m["container"])
    assert run("ship", "track", "--container", container)["milestones"]
    assert run("ship", "confirm", cancel["token"])["error"]["code"] == "CARRIER_REFUSED"
    assert [b["own_reference"] for b in run("ship", "bookings")["bookings"]] == ["PO-7"]
    for words in (["ship", "bookings"], ["ship", "booking", "PO-7"], ["ship", "track", "PO-7"], ["ship", "carriers"]):
        shown = CliRunner().invoke(COMMAND, words)
        assert shown.exit_code == 0 and shown.stdout.strip(), words


def test_an_update_and_a_cancellation_before_the_carrier_confirms(sim: SimServer, tmp_path: Path) -> None:
    own = run("ship", "confirm", run("ship", "book", *BOOK, "--departs", "2027-01-10")["token"])["own_reference"]
    time.sleep(1.2)  # the carrier works on it
    file = tmp_path / "again.json"
    file.write_text(json.dumps({"origin": "CNSHA", "destination": "USOAK", "equipment": [{"type": "22G1", "units": 1, "gross_kg": 9000, "commodity": "toys"}], "booking_agent": "Example Ltd", "contract": "C1", "departure_date": "2027-01-10"}), encoding="utf-8")
    changed = run("ship", "change", own, str(file))
    assert changed["action"] == "update"
    run("ship", "confirm", changed["token"])
    time.sleep(1.2)
    assert run("ship", "booking", own)["booking"]["state"] == "UPDATE_RECEIVED"
    run("ship", "confirm", run("ship", "cancel", own)["token"])
    time.sleep(1.2)
    assert run("ship", "booking", own)["booking"]["state"] == "CANCELLED"
    assert run("ship", "cancel", own)["error"]["code"] == "BOOKING_STATE"


def test_a_carrier_that_is_down_gives_its_last_schedule_marked_stale_and_never_an_invented_sailing(sim: SimServer) -> None:
    first = run("ship", "schedules", "CNSHA", "USLAX")
    httpx.post(f"{sim.url}/sim/faults", json={"kind": "rate_limit", "count": 100}, trust_env=False)
    from landed.freight.carriers import wire

    before, wire.LONGEST_WAIT = wire.LONGEST_WAIT, 0.0
    try:
        again = run("ship", "schedules", "CNSHA", "USLAX")
        assert again["stale"] and again["sailings"] == first["sailings"] and "what it said" in again["warnings"][0]
        assert run("ship", "schedules", "CNSHA", "NLRTM")["error"]["code"] == "CARRIER_BUSY"
    finally:
        wire.LONGEST_WAIT = before


def test_the_simulator_tells_its_subscribers_and_the_same_notice_twice_changes_nothing(sim: SimServer) -> None:
    heard: list[dict[str, Any]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    listener = HTTPServer(("127.0.0.1", 0), Hook)
    Thread(target=listener.serve_forever, daemon=True).start()
    httpx.post(f"{sim.url}/sim/webhooks", json={"callbackUrl": f"http://127.0.0.1:{listener.server_address[1]}/"}, trust_env=False)
    own = run("ship", "confirm", run("ship", "book", *BOOK, "--departs", "2027-01-10")["token"])["own_reference"]
    later(sim, hours=6)
    for _ in range(50):
        if len(heard) >= 2:
            break
        time.sleep(0.1)
    listener.shutdown()
    states = [find("ship_notified").run({"carrier": "sim", "notification": each}).booking.state for each in (*heard, *heard)]
    assert states[-1] == "CONFIRMED" and len([h for h in find("ship_booking").run({"own_reference": own}).history if h["what"] == "notified"]) == len(heard)


def test_the_simulator_refuses_what_is_not_its_own_and_callbacks_off_this_machine(sim: SimServer) -> None:
    assert httpx.post(f"{sim.url}/sim/faults", json={"kind": "meteor"}, trust_env=False).status_code == 400
    assert httpx.post(f"{sim.url}/sim/webhooks", json={"callbackUrl": "http://example.org/"}, trust_env=False).status_code == 400
    assert httpx.get(f"{sim.url}/sim/nothing", trust_env=False).status_code == 404
    assert httpx.post(f"{sim.url}/v2/bookings", content=b"{nothing", trust_env=False).json()["errors"]
    assert httpx.get(f"{sim.url}/sim/clock", trust_env=False).json()["now"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["schedules", "CNSHX", "USLAX"], "UNKNOWN_PLACE", "Nearest names"),
        (["schedules", "CNPEK", "USLAX"], "NOT_A_SEA_PORT", "km"),
        (["schedules", "CNSHA", "CNSHA"], "SAME_PLACE", "two places"),
        (["schedules", "CNSHA", "USLAX", "--carrier", "nobody"], "UNKNOWN_CARRIER", "sim"),
        (["track", "--container", "CSQU3054384"], "BAD_CONTAINER_NUMBER", "is 3"),
        (["track", "--booking", "B1", "--since", "yesterday"], "INVALID_DATE", "offset"),
        (["track"], "INVALID_REQUEST", "container"),
        (["track", "NONE"], "UNKNOWN_BOOKING", "bookings"),
        (["confirm", "0" * 40], "UNKNOWN_TOKEN", "Prepare"),
        (["settle", "NONE", "--not-booked"], "UNKNOWN_BOOKING", "bookings"),
        (["settle", "NONE"], "INVALID_REQUEST", "One of the two"),
        (["book", "--origin", "CNSHA", "--destination", "USLAX", "--equipment", "two"], "INVALID_REQUEST", "ISO"),
        (["book", *BOOK], "INVALID_BOOKING", "departure"),
        (["book", *BOOK, "--departs", "2027-01-10", "--quotation", "Q1"], "INVALID_BOOKING", "both"),
        (["book", *BOOK[2:], "--departs", "2027-01-10"], "INVALID_BOOKING", "origin"),
    ],
)
def test_bad_input_has_its_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: str, said: str) -> None:
    monkeypatch.setenv("LANDED_DATA", str(tmp_path / "site"))
    error = run("ship", *words)["error"]
    assert error["code"] == code and said in json.dumps(error), error


def test_writes_need_the_write_scope_and_say_that_they_change_something() -> None:
    for name in ("ship_book", "ship_change", "ship_cancel", "ship_confirm", "ship_settle", "ship_notified"):
        found = find(name)
        assert found.scope == "write" and not found.read_only and found.method == "POST", name
    assert {o.name for o in operations()} >= {"ship_carriers", "ship_schedules", "ship_bookings", "ship_booking", "ship_track", "ship_detention"}


def test_each_workspace_has_its_own_bookings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sim: SimServer) -> None:
    from landed.store.actor import Actor, acting

    own = run("ship", "confirm", run("ship", "book", *BOOK, "--departs", "2027-01-10")["token"])["own_reference"]
    with acting(Actor("other", workspace="wsp_2")):
        assert find("ship_bookings").run({}).bookings == ()
        with pytest.raises(LandedError, match="knows no booking"):
            find("ship_booking").run({"own_reference": own})


# -- demurrage and detention -------------------------------------------------------------------------------------------

HELD = {"first": "2026-12-01", "last": "2026-12-14", "free_days": 5, "tiers": [{"first": 1, "last": 5, "usd": "175"}, {"first": 6, "usd": "300"}]}


def test_days_past_the_free_ones_are_billed_by_tier_and_held_to_the_rules() -> None:
    found = find("ship_detention").run({**HELD, "containers": 2, "invoice_date": "2027-03-01", "billed_to": "trucker"})
    assert (found.days_billed, str(found.amount), str(found.invoice_by)) == (9, "4150.00", "2027-01-13")
    assert sum(t.amount for t in found.tiers) == found.amount
    assert len(found.faults) == 2 and "46 CFR" in found.cite
    assert find("ship_detention").run({**HELD, "invoice_date": "2027-01-13", "billed_to": "consignee"}).faults == ()
    shown = CliRunner().invoke(COMMAND, ["ship", "detention", "--first", "2026-12-01", "--last", "2026-12-14", "--free", "5", "--tier", "1-5=175", "--tier", "6-=300"])
    assert "$2,075.00" in shown.stdout


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"last": "2026-11-01"}, "INVALID_DATE"),
        ({"last": "2099-01-01"}, "INVALID_DATE"),
        ({"free_days": "-1"}, "INVALID_REQUEST"),
        ({"tiers": [{"first": 2, "usd": "1"}]}, "INVALID_TIERS"),
        ({"tiers": [{"first": 1, "last": 3, "usd": "1"}]}, "INVALID_TIERS"),
        ({"tiers": [{"first": 1, "usd": "many"}]}, "INVALID_VALUE"),
        ({"tiers": "x"}, "INVALID_TIERS"),
        ({"tiers": [{"first": 1, "usd": "1", "eur": 2}]}, "INVALID_TIERS"),
        ({"tiers": []}, "INVALID_REQUEST"),
        ({"extra": 1}, "INVALID_REQUEST"),
    ],
)
def test_a_tariff_that_cannot_be_is_refused(changed: dict[str, Any], code: str) -> None:
    with pytest.raises(LandedError) as raised:
        find("ship_detention").run({**HELD, **changed})
    assert raised.value.code == code
