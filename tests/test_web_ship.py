"""The page Ship: ways side by side, the law a late ship meets, the chart of the route, the load stepped through; errors beside their rows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

pytest.importorskip("nicegui", reason="the web pages need landed[web]")
pytest.importorskip("searoute", reason="the page Ship needs landed[freight]")
pytest.importorskip("httpx")
sys.path.insert(0, str(Path(__file__).parent / "web"))
from tour import CHROMIUM, unfit

from landed.doors.web import sea_chart, ship_pages

PUMPS = {"from": "CNSHA", "to": "NLRTM", "ready": "2026-12-01", "name": "pump", "qty": "40", "size": "70x60x50 cm", "kg": "60", "turn": "", "top": "", "code": "8413.70.20.05", "made": "CN", "price": "90000"}
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="the walk needs Debian's chromium")


@pytest.fixture(scope="module")
def client() -> Any:
    from fastapi import FastAPI
    from starlette.testclient import TestClient

    app = FastAPI(openapi_url=None)
    ship_pages.routes(app)
    return TestClient(app)


def test_the_worked_example_tells_what_a_late_ship_owes(client: Any) -> None:
    page = client.get("/ship").text
    assert "This is a worked example" in page
    assert "owes <b>$12,800.00</b> in place of $6,400.00" in page and "9903.01.24" in page
    assert "◆ Pareto" in page and "recommended" in page and "tank-to-wake" in page


def test_a_state_in_the_address_gives_the_same_shipment_again(client: Any) -> None:
    from starlette.datastructures import QueryParams

    said = ship_pages.Shipment.read(QueryParams(urlencode(PUMPS)))
    assert ship_pages.Shipment.read(QueryParams(said.query())) == said
    assert said.request()["items"] == [{"name": "pump", "quantity": "40", "size": "70x60x50 cm", "gross_kg": "60"}]


def test_prices_that_the_reader_knows_take_the_place_of_the_index() -> None:
    from starlette.datastructures import QueryParams

    asked = ship_pages.Shipment.read(QueryParams(urlencode({**PUMPS, "fcl_usd": "2400", "air_usd": "4.10"}))).request()
    assert asked["index"]["asia_us_west"] == "2400" and asked["index"]["asia_us_air"] == "4.10"


def test_a_trade_without_a_price_still_shows_route_passages_and_load(client: Any) -> None:
    page = client.get("/ship?" + urlencode({**PUMPS, "routing": "cape"})).text
    assert "No comparison yet" in page and 'class="sea"' in page and 'id="load-data"' in page
    assert page.count('class="option"') == 4 and "aria-current" in page


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"size": "1x1"}, "expected a size such as"),
        ({"from": "XXXXX"}, "Nearest names"),
        ({"ready": "2026-13-01"}, "2026-13-01"),
        ({"to": "USLAX", "made": "Vitnam"}, "VN (Vietnam)"),
        ({"kg": "-3"}, "gross"),
        ({"from": "<script>alert(1)</script>"}, "&lt;script&gt;"),
    ],
)
def test_what_is_wrong_stands_on_the_page_and_nothing_fails(client: Any, changed: dict[str, str], words: str) -> None:
    found = client.get("/ship?" + urlencode({**PUMPS, **changed}))
    assert found.status_code == 200 and words in found.text and "<script>alert" not in found.text


def test_places_are_suggested_by_code_and_by_name(client: Any) -> None:
    assert client.get("/ship/places?q=rotter").json()["places"][0] == {"code": "NLRTM", "name": "Rotterdam, Netherlands"}
    assert client.get("/ship/places?q=CNSHA").json()["places"][0]["code"] == "CNSHA"
    assert client.get("/ship/places?q=x").json()["places"] == []


def test_the_answer_and_the_plan_download_as_json(client: Any) -> None:
    assert client.get("/ship/answer.json").json()["recommended"] == "fcl"
    plan = client.get("/ship/plan.json?" + urlencode({**PUMPS, "box": "22G1"})).json()
    assert plan["loads"][0]["container"]["code"] == "22G1" and plan["pieces"] == 40


def test_a_route_over_the_date_line_is_one_line_between_its_ports() -> None:
    chart = sea_chart.chart([("sea", [(121.5, 31.2), (170.0, 45.0), (-170.0, 45.0), (-118.2, 33.7)], "x")], [(121.5, 31.2, "Shanghai"), (-118.2, 33.7, "Los Angeles")])
    assert chart.lines[0].path.count("M") == 1
    west, east = chart.marks
    assert 0 < west.x < east.x < chart.width and all(0 < m.y < chart.height for m in chart.marks)
    steps = [float(p.split(" ")[0]) for p in chart.lines[0].path[1:].split("L")]
    assert steps == sorted(steps)


def test_outlines_come_back_to_where_countries_are() -> None:
    lons = [lon for ring in sea_chart.coasts() for lon, _ in ring]
    assert -180.5 < min(lons) < -179 and 179 < max(lons) < 180.5


@needs_chromium
def test_the_load_is_stepped_through_turned_and_kept_in_the_address(visitor: Any) -> None:
    page = visitor.go("/ship")
    page.wait_for_selector("#load[data-ready]")
    page.locator("#step-on").click()
    assert page.locator("#step-count").inner_text().startswith("step 1 of")
    assert "on the floor" in page.locator("#load-say").inner_text()
    first = page.evaluate("document.getElementById('load').toDataURL()")
    page.locator("#load").focus()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.getElementById('load').toDataURL()") != first
    page.keyboard.press("PageDown")
    assert page.locator("#step-count").inner_text().startswith("step 2 of")
    page.select_option("#f-box2", "45G1")
    page.wait_for_url("**box=45G1**")
    assert "40' high cube" in page.locator(".load-facts").first.inner_text()


@needs_chromium
def test_a_block_from_a_spreadsheet_fills_the_cargo(visitor: Any) -> None:
    page = visitor.go("/ship")
    page.evaluate("""() => {
      const cell = document.querySelector('[data-rows=items] [name=name]'), data = new DataTransfer();
      data.setData('text', 'vase\\t10\\t30x30x40 cm\\t6\\nlamp\\t20\\t40x40x60 cm\\t8');
      cell.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
    }""")
    page.get_by_role("button", name="Compare the ways").click()
    page.wait_for_url("**name=vase**")
    assert page.locator("[data-rows=items] [name=name]").nth(1).input_value() == "lamp"


@needs_chromium
@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_the_page_fits_and_is_accessible(browser: Any, base: str, width: int, dark: bool) -> None:
    assert unfit(browser, base, width, dark, ["/ship", "/ship?" + urlencode({**PUMPS, "size": "1x1"}), "/track", "/track/book", "/track/stay"], {"/ship": "ship", "/track": "track"}) == []


def test_a_rate_sheet_takes_the_place_of_the_estimate_and_its_faults_are_named(client: Any) -> None:
    sheet = client.get("/ship/rate-sheet.csv").text.replace("\ufeff", "").replace("45G1", "*")
    shipped = {**PUMPS, "to": "USLAX", "ready": "2026-11-23", "asked": "2026-11-23", "sheet": sheet}
    page = client.get("/ship?" + urlencode(shipped)).text
    assert "from your rate sheet" in page and "2450" in page
    wrong = client.get("/ship?" + urlencode({**shipped, "sheet": sheet.replace("PER_BL", "PER_MOON")})).text
    assert "row 2: " in wrong and "PER_MOON" in wrong


def test_events_of_one_thing_stand_in_one_row_and_the_next_is_after_the_last() -> None:
    from datetime import date

    from landed.doors.web import track_pages

    found = track_pages.example(date(2026, 11, 23))
    arrival = next(m for m in found if m.code == "ARRI")
    assert (arrival.state, arrival.late_days) == ("estimated", 3.5)
    reached = [m for m in found if m.state == "actual"]
    assert track_pages._next(found, reached) is arrival
    never = track_pages.Row("gate out", "EQUIPMENT", "GTOT", "", "", "", reached[0].planned, None, None)
    assert track_pages._next([never, *found], reached) is arrival


def test_a_booking_at_the_simulator_is_found_on_the_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from datetime import timedelta

    from fastapi import FastAPI
    from starlette.testclient import TestClient

    from landed.doors.web import track_pages
    from landed.freight.carriers.simulator.serve import serve
    from landed.operations import bookings
    from landed.operations.registry import find

    sim = serve(0)
    try:
        (tmp_path / "carriers.toml").write_text(f'[sim]\nbase_url = "{sim.url}"\n', encoding="utf-8")
        monkeypatch.setenv("LANDED_CARRIERS", str(tmp_path / "carriers.toml"))
        bookings._desk.cache_clear()
        app = FastAPI(openapi_url=None)
        track_pages.routes(app)
        client = TestClient(app)
        sailings = find("ship_schedules").run({"origin": "CNSHA", "destination": "USLAX"}).sailings
        page = client.get("/track/book", params={"from": "CNSHA", "to": "USLAX", "sailing": sailings[0].routing_reference}).text
        assert f"{len(sailings)} sailings" in page and "Book the sailing of" in page
        box = {"type": "45G1", "units": 1, "gross_kg": 5000, "commodity": "toys", "hs_code": "950300"}
        asked = {"carrier": "sim", "origin": "CNSHA", "destination": "USLAX", "equipment": [box], "booking_agent": "Example Imports", "contract": "C-1", "routing_reference": sailings[0].routing_reference}
        sent = find("ship_confirm").run({"token": find("ship_book").run(asked).token})
        sim.carrier.advance(timedelta(days=20))
        shown = client.get("/track", params={"own_reference": sent.own_reference}).text
        assert "Vessel departs" in shown and "check digit fits" in shown and sent.own_reference in shown
        assert "Bookings made here" in client.get("/track").text
    finally:
        sim.close()
        bookings._desk.cache_clear()


def test_the_page_track_checks_numbers_and_bills_days() -> None:
    from fastapi import FastAPI
    from starlette.testclient import TestClient

    from landed.doors.web import track_pages

    app = FastAPI(openapi_url=None)
    track_pages.routes(app)
    client = TestClient(app)
    assert "This is a worked example" in client.get("/track").text and "<blockquote>Ignore all" in client.get("/track").text
    numbers = client.get("/track/container", params={"numbers": "CSQU3054383\nCSQU3054384\n<b>"}).text
    assert "the check digit of CSQU305438 is 3, got 4" in numbers and "<b>'" not in numbers
    bill = {"first": "2026-11-10", "last": "2026-11-23", "free": "5", "from": ["1", "5"], "to": ["4", ""], "usd": ["150", "300"]}
    assert "$2,100.00" in client.get("/track/stay", params=bill).text
    assert "do not cover every day" in client.get("/track/stay", params={**bill, "to": ["4", "9"]}).text
    late = client.get("/track/stay", params={**bill, "boxes": "3", "invoiced": "2027-03-01", "billed": "other"}).text
    assert "$6,300.00" in late and "it need not be paid" in late
    assert "no booking" in client.get("/track?own_reference=NONE").text
    assert "$1,500.00" in client.get("/track/stay", params={**bill, "working": "1"}).text


def test_a_hostile_name_of_a_piece_stays_text(client: Any) -> None:
    page = client.get("/ship?" + urlencode({**PUMPS, "name": "</script><img src=x onerror=alert(1)>"})).text
    assert "<img src=x" not in page and "\\u003cimg" in page
