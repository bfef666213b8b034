"""The pages Check, Calendar, Watch and Refunds: worked examples, the reader's own figures, downloads, and refusals beside their rows."""

from __future__ import annotations

import re
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("nicegui", reason="the web pages need landed[web]")
pytest.importorskip("httpx")
pytest.importorskip("rapidfuzz", reason="screening needs landed[compliance]")
sys.path.insert(0, str(Path(__file__).parent / "web"))
from tour import CHROMIUM, unfit

from landed.doors.web import calendar_pages, check_pages, refund_pages, watch_pages

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="the walk needs Debian's chromium")
PAGES = ["/check", "/check/goods", "/check/origin", "/check/usmca", "/check/risk", "/calendar", "/calendar/isf", "/calendar/bond", "/calendar/care", "/watch", "/watch/brief", "/refunds", "/refunds/drawback", "/refunds/all"]


@pytest.fixture(scope="module")
def client() -> Any:
    from fastapi import FastAPI
    from starlette.testclient import TestClient

    app = FastAPI(openapi_url=None)
    for module in (check_pages, calendar_pages, watch_pages, refund_pages):
        module.routes(app)
    return TestClient(app)


@pytest.mark.parametrize("path", PAGES)
def test_the_first_visit_is_a_worked_example_and_says_so(client: Any, path: str) -> None:
    found = client.get(path)
    assert found.status_code == 200 and "This is a worked example" in found.text


def test_the_example_of_screening_shows_each_outcome_and_never_says_clear(client: Any) -> None:
    page = client.get("/check").text
    assert 'class="pill hit"' in page and 'class="pill review"' in page and "no match in lists dated" in page
    assert not re.search(r"clear(?!”)", page.partition("<main")[2].partition("</main")[0].replace("“clear”", ""))


def test_without_lists_nothing_can_be_said_and_the_missing_ones_are_named(client: Any) -> None:
    page = client.get("/check?who=Harbour+Kite&kind=company").text
    assert "incomplete" in page and "uflpa" in page and "Pull UN Security Council list" in page


def test_a_name_past_all_measure_is_refused_in_its_row(client: Any) -> None:
    page = client.get("/check", params={"who": "x" * 10_000, "kind": "party"})
    assert page.status_code == 200  # the field itself holds at most 200 characters
    assert client.get("/check", params={"who": "\u200b\u200b", "kind": "party"}).status_code == 200


def test_deadlines_of_a_leap_day_stand_in_the_calendar_file(client: Any) -> None:
    query = {"ref": "Leap; day, one", "entry_date": "2028-02-29", "import_date": "2028-02-29", "roll": "none"}
    page = client.get("/calendar", params=query).text
    assert "Leap; day, one" in page and "Drawback claim" in page
    text = client.get("/calendar/deadlines.ics", params=query).text
    assert text.startswith("BEGIN:VCALENDAR\r\n") and text.endswith("END:VCALENDAR\r\n") and text.count("BEGIN:VCALENDAR") == 1
    assert "DTSTART;VALUE=DATE:20330228" in text  # five years after a leap day


def test_the_calendar_file_of_several_entries_is_one_calendar(client: Any) -> None:
    icalendar = pytest.importorskip("icalendar", reason="the independent reader of calendars is absent")
    text = client.get("/calendar/deadlines.ics").text
    events = [c for c in icalendar.Calendar.from_ical(text).walk() if c.name == "VEVENT"]
    assert len(events) == text.count("BEGIN:VEVENT") > 10
    assert len({str(e["UID"]) for e in events}) == len(events)


@pytest.mark.parametrize(("query", "words"), [({"ref": "a", "entry_date": "2026-02-30"}, "2026-02-30"), ({"ref": "a", "notice": "cf28_notice"}, "day of the notice is missing"), ({"ref": "a"}, "expected the day of an event")])
def test_a_bad_day_is_refused_in_its_row(client: Any, query: dict[str, str], words: str) -> None:
    page = client.get("/calendar", params=query)
    assert page.status_code == 200 and words in page.text.replace("30 Feb 2026", "2026-02-30")


def test_hours_of_the_security_filing_run_by_the_zone_of_the_port(client: Any) -> None:
    query = {"loading": "2026-12-01T18:00", "loading_zone": "+08:00", "e.seller": "Example Toys", "e.hts": "9503.00"}
    page = client.get("/calendar/isf", params=query).text
    assert "30 Nov 2026 18:00" in page and "20% of the importer" in page
    assert "Example Toys" in client.get("/calendar/isf.csv", params=query).text
    assert "expected an arrival after loading" in client.get("/calendar/isf", params={**query, "arrival": "2026-11-01T00:00", "arrival_zone": "-08:00"}).text


def test_the_bond_names_the_month_in_which_it_no_longer_suffices(client: Any) -> None:
    page = client.get("/calendar/bond").text
    assert "until March 2027" in page or re.search(r"until \w+ 20\d\d", page)
    assert client.get("/calendar/bond?duties=400000&bond=50000").text.count("yours suffices") == 1
    assert "expected an amount of US dollars" in client.get("/calendar/bond?duties=abc").text


def test_what_changed_stands_with_dollars_and_citation(client: Any) -> None:
    page = client.get("/watch?since=2025-04-02&until=2025-04-11").text
    assert "+$74,000" in page and "9903.01.63" in page and "EO 14259" in page
    assert "<entry>" in client.get("/watch/changes.atom?since=2025-04-02&until=2025-04-11").text
    assert client.get("/watch/changes.ics?since=2025-04-02&until=2025-04-11").text.count("BEGIN:VEVENT") == 3
    assert "expected a first day before the last" in client.get("/watch?since=2026-01-01&until=2025-01-01").text
    assert client.get("/watch?overlay=/etc/passwd").status_code == 200


def test_the_briefing_tells_the_story_of_april_2025_in_three_forms(client: Any) -> None:
    page = client.get("/watch/brief").text
    assert "104%" in page and page.count("data-copy=") == 3 and "Sources" in page
    for ending, sign in (("md", "# "), ("html", "<"), ("txt", "Subject")):
        assert sign in client.get(f"/watch/brief.{ending}?since=2025-04-02&until=2025-04-11").text


def test_a_report_is_sorted_and_its_claim_file_holds_what_can_be_claimed(client: Any) -> None:
    report = refund_pages.example(date.today())
    form = {"report": report, "importer": "12-3456789", "account": "yes", "kind": "corporation"}
    page = client.post("/refunds", data=form, files={"file": ("", b"")}).text
    for way in ("claim now", "claim closes", "protest", "reconciliation first", "hold", "finally liquidated", "not eligible"):
        assert way in page
    assert "$12,535.50" in page and "check digit" in page
    claim = client.post("/refunds/claims.csv?n=1", data=form, files={"file": ("", b"")}).text
    assert claim.count("XYZ0004") == 3 and "XYZ41990007" not in claim
    assert client.post("/refunds/claims.csv?n=7", data=form, files={"file": ("", b"")}).status_code == 400
    assert client.post("/refunds/sorted.csv", data=form, files={"file": ("", b"")}).text.count("\r\n") == 10


def test_interest_is_not_known_until_the_newer_rates_are_stated(client: Any) -> None:
    form = {"report": refund_pages.example(date.today()), "account": "yes"}
    assert "not known" in client.post("/refunds", data=form, files={"file": ("", b"")}).text
    known = client.post("/refunds", data={**form, "rate": "6"}, files={"file": ("", b"")}).text
    assert "Interest is not known" not in known


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (b"a,b\n1,2\n", "expected a column"), (b"<html></html>", "web page"), (b"\xff\xfeE\x00n\x00", "UTF-16"), (b"Entry Number,Entry Date,HTS Number,Duty\nABC,2025-02-30,9903.01.24,x\n", "Check" ), (b"\xe9,\xe8\n", "UTF-8")],
)
def test_a_report_that_cannot_be_read_is_refused_with_its_reason(client: Any, content: bytes, words: str) -> None:
    found = client.post("/refunds", files={"file": ("report.csv", content, "text/csv")}, data={"report": ""})
    assert found.status_code == 200 and 'role="alert"' in found.text and (words in found.text or words == "Check")


def test_the_example_report_is_read_whatever_the_day(client: Any) -> None:
    from landed.compliance.refund_read import read_entries

    for ahead in (0, 99, 366):
        assert len(read_entries(refund_pages.example(date.today() + timedelta(days=ahead)).encode())) == 9
    assert client.get("/refunds/example.csv").text.startswith("Entry Number")


@needs_chromium
def test_a_party_is_decided_about_and_screened_again(visitor: Any) -> None:
    page = visitor.go("/check")
    page.locator("[name=who]").first.fill("Comply test party")
    page.get_by_role("button", name="Screen", exact=True).click()
    page.wait_for_url("**who=Comply+test+party**")
    with page.expect_navigation():  # kept, then the same address again
        page.get_by_role("button", name="Keep, to be screened again").first.click()
    page.get_by_role("button", name="Screen the kept parties again").click()
    page.wait_for_function("document.getElementById('again-found').innerText.includes('screened')")
    assert "0 became different" in page.locator("#again-found").inner_text()


@needs_chromium
def test_a_report_chosen_as_a_file_is_sorted_at_once(visitor: Any) -> None:
    page = visitor.go("/refunds")
    page.set_input_files("#rfile", {"name": "mine.csv", "mimeType": "text/csv", "buffer": refund_pages.example(date.today()).encode()})
    page.wait_for_selector("text=mine.csv")
    with page.expect_download() as download:
        page.get_by_role("button", name="Claim file").click()
    assert download.value.suggested_filename == "claim-1.csv"


@needs_chromium
@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_the_pages_fit_and_are_accessible(browser: Any, base: str, width: int, dark: bool) -> None:
    names = {path: path.strip("/").replace("/", "-") for path in ("/check", "/check/goods", "/calendar", "/watch", "/watch/brief", "/refunds")}
    assert unfit(browser, base, width, dark, PAGES, names) == []


def test_goods_are_asked_about_by_code_and_origin_and_no_rate_is_added(client: Any) -> None:
    page = client.get("/check/goods").text
    assert "Lacey Act plant declaration" in page and "Antidumping order possible" in page and "1 of " in page
    answered = client.get("/check/goods", params={"code": "4412.33.06.70", "made": "CN", "a.marking.1": "yes", "a.gone.1": "left over"}).text
    assert "1 of " in answered and "left over" not in answered
    assert "VN (Vietnam)" in client.get("/check/goods?code=4412.33&made=Vitnam").text
    assert "documents" in client.get("/check/goods.csv").text


def test_origin_is_asked_by_questions_and_an_answer_can_be_undone(client: Any) -> None:
    page = client.get("/check/origin").text
    assert "Not decided yet" in page and "asked next" in page and "signs seen" in page
    answered = client.get("/check/origin?a.wholly_obtained=yes").text
    assert "wholly obtained" in answered and "a strong answer" in answered and "Undo the answer" in answered
    assert client.get("/check/origin?a.nonsense=yes").status_code == 200


def test_regional_value_stands_with_the_range_that_unknown_materials_leave(client: Any) -> None:
    page = client.get("/check/usmca").text
    assert "66.25%" in page and "76.67%" in page and "qualifies" in page and "whether Housing originates" in page
    wrong = client.get("/check/usmca", params={"what": "wire", "value": "abc", "price": "10"}).text
    assert 'aria-invalid="true"' in wrong and "value" in wrong


def test_risk_names_what_is_not_known_and_never_takes_it_as_low(client: Any) -> None:
    page = client.get("/check/risk").text
    assert "not known, taken as medium at least" in page and "draws" in page and "Picture books" in page
    assert 'aria-invalid="true"' in client.get("/check/risk", params={"name": "a", "code": "12", "made": "CN", "worth": "x"}).text


def test_drawback_stands_by_heading_with_its_last_day(client: Any) -> None:
    page = client.get("/refunds/drawback").text
    assert "$594.00" in page and "Its programme excludes drawback" in page and "20 May 2030" in page
    assert 'aria-invalid="true"' in client.get("/refunds/drawback?code=1&made=CN&worth=5&on=2025-05-20").text


def test_one_list_joins_refunds_overpayments_and_drawback(client: Any) -> None:
    page = client.get("/refunds/all").text
    for source in ("IEEPA refund", "overpaid, by audit", "drawback"):
        assert source in page
    assert 'role="alert"' in client.post("/refunds/all", data={"report": "x", "filed": "a,b"}, files={"none": ("", b"")}).text
    assert client.post("/refunds/all", content=b"\xff\x00").status_code == 200


def test_the_care_record_counts_answers_and_says_nothing_of_enough(client: Any) -> None:
    page = client.get("/calendar/care").text
    assert "2 of 38" in page and "never" not in page.partition("<main")[2][:400]
    assert "0 of 38" in client.get("/calendar/care?subject=Nothing+kept").text
    assert client.get("/calendar/care", params={"subject": "x" * 400}).status_code == 200


@needs_chromium
def test_a_report_too_large_for_a_form_goes_through_the_uploads(visitor: Any) -> None:
    report = refund_pages.example(date.today())
    head, rows = report.split("\n", 1)
    filler = "".join(f"XYZ{n:07}0,2025-04-10,01,12-3456789,9903.01.24,10.00,2025-04-20,,,,,,\n" for n in range(16_000))
    page = visitor.go("/refunds")
    page.set_input_files("#rfile", {"name": "large.csv", "mimeType": "text/csv", "buffer": f"{head}\n{rows}{filler}".encode()})
    page.wait_for_selector("text=Read from the file that was sent", timeout=60_000)
    assert "more entries: the CSV holds all" in page.content()
    with page.expect_download() as download:
        page.get_by_role("button", name="Claim file").first.click()
    assert "XYZ0004" in Path(download.value.path()).read_text()


@needs_chromium
def test_a_watch_is_kept_looked_at_marked_as_seen_and_ended(visitor: Any, base: str) -> None:
    page = visitor.go("/watch")
    page.fill("#w-name", "toys of the test")
    page.click("text=Keep this watch")
    page.wait_for_selector("[data-for]:not([hidden])")  # neither codes nor programmes nor products
    visitor.complaints.clear()  # the browser's own line about the refusal
    page.fill("#w-codes", "9503.00.00.73")
    page.fill("#w-origins", "CN, VN")
    page.fill("#w-ahead", "30")
    page.click("text=Keep this watch")
    page.click("text=toys of the test")
    page.goto(f"{page.url}&since=2025-01-01")
    rows = page.locator("section:has(#h-seen) tbody tr")
    assert page.inner_text("[data-testid=new]") == f"{rows.count()} new" and rows.count() >= 10
    assert "9903.01.63" in page.inner_text("section:has(#h-seen)")
    page.click("text=Mark as seen")
    page.wait_for_function("document.querySelector('[data-testid=new]').innerText === '0 new'")
    page.goto(f"{base}/watch")
    page.click("[aria-label='End the watch toys of the test']")
    page.wait_for_function("!document.body.innerText.includes('toys of the test')")
