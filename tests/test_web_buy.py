"""Suppliers, Plan, Exposure and Match in a real browser, and what their routes answer to bad input."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

sys.path.insert(0, str(Path(__file__).parent / "web"))
from tour import CHROMIUM, WIDTHS, Visitor, unfit  # type: ignore[import-not-found]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="the walk needs Debian's chromium")
pytest.importorskip("highspy", reason="plans need highspy")

PAGES = ["/suppliers", "/suppliers/doubles?example=1", "/suppliers/quotes", "/plan", "/exposure", "/match?tag=ai&least=80"]


def fetch(address: str) -> tuple[int, bytes]:
    try:
        with urlopen(address, timeout=60) as found:
            return found.status, found.read()
    except HTTPError as error:
        return error.code, error.read()


def post(address: str, data: bytes) -> tuple[int, dict[str, Any]]:
    try:
        with urlopen(Request(address, data=data, headers={"Content-Type": "application/octet-stream"}), timeout=60) as found:
            return found.status, json.loads(found.read())
    except HTTPError as error:
        return error.code, json.loads(error.read())


def settled(base: str, query: str) -> dict[str, Any]:
    """The answer of the plan's address once it is done."""
    for _ in range(200):
        found = json.loads(fetch(f"{base}/plan/answer?{query}")[1])
        if found["state"] != "running":
            return dict(found)
        time.sleep(0.1)
    raise AssertionError("the plan never ended")


@pytest.fixture(scope="module")
def planned(base: str) -> str:
    """The worked example solved with its studies, once."""
    settled(base, "")
    return base


@pytest.fixture
def buyer(browser: Any, planned: str) -> Iterator[Visitor]:
    found = Visitor(browser, planned, 1440)
    yield found
    complaints = found.complaints
    found.context.close()
    assert complaints == []


@pytest.mark.parametrize(("width", "dark"), WIDTHS if os.environ.get("LANDED_SCREENS") else [WIDTHS[0], WIDTHS[3]])
def test_the_pages_fit_speak_to_readers_and_complain_of_nothing(browser: Any, planned: str, width: int, dark: bool) -> None:
    assert unfit(browser, planned, width, dark, PAGES, {"/suppliers": "suppliers", "/plan": "plan", "/exposure": "exposure", "/suppliers/quotes": "quotes", "/match?tag=ai&least=80": "match"}) == []


def test_the_first_visit_is_a_worked_plan_with_proof_frontier_reasons_and_what_came(buyer: Visitor) -> None:
    page = buyer.go("/plan")
    assert "worked example" in page.inner_text("main")
    assert "gap" in page.inner_text("[data-testid=proof]") and "bound" in page.inner_text("[data-testid=proof]")
    assert page.locator(".front-dot").count() >= 3 and page.locator(".front-dot.here").count() == 1
    assert "points more duty" in page.inner_text("#h-why + .whys")
    assert "What came" in page.inner_text("[data-testid=back]") and "less" in page.inner_text("[data-testid=back]")


def test_a_moved_price_solves_anew_and_the_address_keeps_it(buyer: Visitor) -> None:
    page = buyer.go("/plan")
    page.select_option("#f-offer", "Quilt / Gujarat Craft / IN")
    page.locator("#r-cheaper").fill("10")
    page.wait_for_selector("[data-testid=whatif]")
    assert "Quilt" in page.inner_text("[data-testid=whatif]") and "Zhejiang Goods" in page.inner_text("[data-testid=whatif]")
    assert "cheaper=10" in page.url
    page.reload()
    assert "Zhejiang Goods" in page.inner_text("[data-testid=whatif]")


def test_a_chance_moves_with_the_others_in_proportion() -> None:
    from decimal import Decimal

    from landed.doors.web.plan_pages import rechanced

    rows = rechanced([{"probability": "0.4"}, {"probability": "0.3"}, {"probability": "0.3"}], 0, Decimal("0.7"))
    assert [Decimal(row["probability"]) for row in rows] == [Decimal("0.7"), Decimal("0.15"), Decimal("0.15")]


def test_chances_that_do_not_sum_are_told_beside_their_row(buyer: Visitor) -> None:
    page = buyer.go("/plan")
    page.locator('[name="sc"]').first.fill("70")
    page.wait_for_selector("[data-live-error]")
    assert "sum to 1.3" in page.inner_text("[data-rows=scenarios]") and "130%" in page.inner_text("#total")


def test_a_plan_that_cannot_be_names_the_clash_and_the_cheapest_repair(buyer: Visitor) -> None:
    page = buyer.go("/plan?share=20")
    page.wait_for_selector("[data-testid=clash]")
    words = page.inner_text("[data-testid=clash]")
    assert "cheapest repair" in words.lower() and "raise the share of value" in words


def test_a_workbook_goes_out_comes_back_and_errors_name_the_cell(buyer: Visitor, planned: str, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    path = tmp_path / "sourcing.xlsx"
    path.write_bytes(fetch(f"{planned}/plan/workbook.xlsx")[1])
    page = buyer.go("/plan")
    page.set_input_files("[data-drop-to] input", str(path))
    page.wait_for_url("**/plan?doc=*")
    assert "sourcing.xlsx" in page.inner_text("main")
    book = load_workbook(path)
    book["Offers"]["G2"] = -5
    book.save(path)
    status, problem = post(f"{planned}/plan/file?name=bad.xlsx", path.read_bytes())
    assert status == 422 and problem["errors"][0]["where"] == "Offers!G2"


def test_the_server_answers_while_a_plan_is_solved(planned: str) -> None:
    worst = [0.0]
    running = threading.Event()

    def look() -> None:
        while not running.is_set():
            began = time.perf_counter()
            fetch(f"{planned}/health")
            worst[0] = max(worst[0], time.perf_counter() - began)

    looker = threading.Thread(target=look)
    looker.start()
    settled(planned, "risk=0.35")
    running.set()
    looker.join()
    assert worst[0] < 1.5


def test_a_slider_of_the_exposure_recomputes_in_place(buyer: Visitor) -> None:
    page = buyer.go("/exposure")
    before = page.inner_text("[data-testid=change]")
    page.locator("#r-rho").fill("0.5")
    page.wait_for_selector("#answer[data-round]")
    assert page.inner_text("[data-testid=change]") != before and "rho=0.5" in page.url
    assert "none exists" in page.inner_text("main") and "0.78 of the 52-week high" in page.inner_text("[data-testid=market]") and "+28.2%" in page.inner_text("[data-testid=market]")


def test_prices_dropped_on_the_exposure_are_studied(buyer: Visitor, planned: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(fetch(f"{planned}/exposure/prices.csv")[1])
    page = buyer.go("/exposure")
    page.set_input_files('[data-as="prices"] input', str(path))
    page.wait_for_url("**/exposure?prices=*")
    assert "made-up series" not in page.inner_text("[data-testid=market]")


def test_each_person_reads_why_and_nobody_envies(buyer: Visitor) -> None:
    page = buyer.go("/match?tag=ai&least=80")
    assert "Nobody envies anybody with reason" in page.inner_text("[data-testid=match]")
    assert "your second choice; the first filled with people ranked above you" in page.inner_text("#people")
    assert "83.3%" in page.inner_text("[data-testid=share]") and "as asked" in page.inner_text("[data-testid=share]")
    with page.expect_download() as download:
        page.click("text=CSV")
    assert "Dara" in Path(download.value.path()).read_text(encoding="utf-8-sig")


def test_doubles_are_decided_by_a_named_person_and_undone(buyer: Visitor) -> None:
    page = buyer.go("/suppliers/doubles?example=1")
    count = page.locator("[data-testid=pair]").count()
    page.fill("#who", "Test of web buy")
    page.locator("text=The same: merge").first.click()
    page.wait_for_function(f"document.querySelectorAll('[data-testid=pair]').length === {count - 1}")
    page.click("a.chip:text-is('Decided')")
    page.wait_for_selector("[data-decision=undo]")
    page.locator("[data-decision=undo]").first.click()
    page.wait_for_function("document.querySelectorAll('[data-testid=pair]').length === 0")
    page.click("a.chip:text-is('To decide')")
    page.wait_for_function(f"document.querySelectorAll('[data-testid=pair]').length === {count}")


def test_a_file_of_suppliers_goes_in_and_bad_cells_are_told(browser: Any, planned: str, tmp_path: Path) -> None:
    path = tmp_path / "web_buy.csv"
    path.write_text("company name,country,product,moq,price,made in,badge\nWeb Buy Maker,VN,web buy widgets,200 pcs,3.10,VN,audit\nWeb Buy Other,VN,web buy widgets,minus five,3.10,VN,\n", encoding="utf-8")
    found = Visitor(browser, planned, 390)
    page = found.go("/suppliers?example=1")
    page.set_input_files("[data-drop-to] input", str(path))
    page.wait_for_selector(".drop-said .go")
    words = page.inner_text(".drop-said")
    assert "1 new" in words and "row 3" in words and "expected a quantity" in words
    page.goto(f"{planned}/suppliers?q=web+buy+widgets")
    assert "Web Buy Maker" in page.inner_text(".found-list")
    page.click("text=Web Buy Maker")
    assert "audit" in page.inner_text("[data-testid=evidence]") and "of 25" in page.inner_text("[data-testid=score]")
    assert found.overflow() == 0 and found.complaints == []
    found.context.close()


def test_a_supplier_that_sits_elsewhere_shows_where_goods_are_made_and_who_checked(buyer: Visitor) -> None:
    page = buyer.go("/suppliers?example=1&q=Shantou&n=1")
    words = page.inner_text("[data-testid=card]")
    assert "BSCI" in words and "1 Mar 2027" in words and "8 days late" in words
    assert page.locator(".pins a.here").count() >= 1
    page.goto(page.url.replace("n=1", "n=3"))
    assert "Vietnam" in page.inner_text("[data-testid=card]") and "Hong Kong" in page.inner_text("[data-testid=card]")


def test_quotes_are_compared_on_landed_cost_and_unknown_is_never_zero(buyer: Visitor) -> None:
    page = buyer.go("/suppliers/quotes")
    assert "a unit landed" in page.inner_text("[data-testid=best]") and "Unknown: freight" in page.inner_text("main")
    page.locator('[name="qo"]').first.fill("XX")
    page.click("button:text-is('Compare')")
    page.wait_for_selector("[data-rows=quotes] .error")


@pytest.mark.parametrize("path", ["/plan/file", "/exposure/file", "/exposure/prices", "/match/file", "/suppliers/read"])
def test_what_is_no_document_is_refused_never_a_fault(base: str, path: str) -> None:
    for name, data in (("a.txt", b"plain words"), ("a.xlsx", b"not a workbook"), ("a.csv", b"\xff\xfe\x00"), ("a.json", b"[1,2"), ("a.json", b"[]"), ("a.yaml", b"{"), ("../../x.json", b"{}"), ("b.csv", b"x" * 900_000), ("c.csv", b"")):
        status, problem = post(f"{base}{path}?name={quote(name)}", data)
        assert status in (413, 422), (name, status)
        assert problem["detail"]


@pytest.mark.parametrize(
    "path",
    ["/plan?doc=gone", "/plan/answer?risk=x&sc=&sn=a&so=/etc/passwd&sp=", "/plan/answer?tail=nan&on=2025-13-40", "/plan/answer?count=-3", "/exposure/answer?rho=9&pass=x&react=nan", "/exposure/answer?p_sku=a&p_price=-1", "/exposure?doc=gone", "/match?doc=gone", "/match/answer?seed=abc",
     "/suppliers?n=999999999&on=x", "/suppliers?n=4&on=2026-99-99", "/suppliers/quotes?units=-1&qs=a&qp=x", "/suppliers/doubles?decided=1", "/plan/plan.xlsx?risk=7", "/match/match.csv?doc=gone"],
)  # fmt: skip
def test_no_address_breaks_the_server(base: str, path: str) -> None:
    assert fetch(base + path)[0] in (200, 400, 404, 422)
