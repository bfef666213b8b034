"""The pages Classify and Documents, walked as a user would: the question, the money, the queue; an invoice read, corrected and priced."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("jinja2", reason="the web pages need landed[web]")
pytest.importorskip("playwright.sync_api", reason="the walk needs the Python package playwright")
pytest.importorskip("pdfplumber", reason="documents need landed[docs]")

sys.path.insert(0, str(Path(__file__).parent / "web"))
from tour import WIDTHS, unfit

WAIT = 60_000  # milliseconds; a loaded machine


def test_a_classification_shows_the_question_and_the_money_and_takes_the_answer(visitor: Any) -> None:
    page = visitor.go("/classify?text=goods+test+earrings&origin=CN&value=10000&on=2026-08-01")
    assert page.locator("[data-testid=stake]").inner_text().startswith("$")
    with page.expect_navigation():
        page.click(".cls-answer:has-text('sterling silver')")
    assert page.locator("#h-first").inner_text().startswith("7113.11")
    assert "material" in page.input_value("#c-facts")


def test_a_code_is_confirmed_with_a_name_and_refused_without(visitor: Any) -> None:
    page = visitor.go("/classify?text=goods+test+stainless+steel+water+bottle")
    page.fill("#k-who", "")
    page.click("button:has-text('Confirm')")
    page.wait_for_selector("[data-for=who]:not([hidden]), [data-for='']:not([hidden])")
    visitor.complaints.clear()  # the refused request
    page.fill("#k-who", "Ann")
    page.fill("#k-why", "seen on the shelf")
    with page.expect_navigation():
        page.click("button:has-text('Confirm')")
    assert "confirmed" in page.locator("main").inner_text()


def test_a_catalogue_becomes_a_queue_by_the_money_at_stake(visitor: Any, browser: Any, base: str, tmp_path: Path) -> None:
    (tmp_path / "goods.csv").write_text("sku,description,origin,value\nQ1,ceramic mug,VN,900\nQ2,earrings for the goods test,CN,12000\nQ3,,CN,1\n", encoding="utf-8")
    page = visitor.go("/classify/queue")
    page.set_input_files("#q-file", str(tmp_path / "goods.csv"))
    page.click("text=Classify all")
    page.wait_for_selector("#queue", timeout=WAIT)
    page.wait_for_selector("#q-live", state="detached", timeout=WAIT)
    rows = page.locator("#queue tbody tr").all_inner_texts()
    assert rows[0].startswith("Q3") and rows[1].startswith("Q2")
    page.fill("#k-who", "Ann")
    row = page.locator("#queue tbody tr", has_text="Q2")
    row.locator("input[name=why]").fill("seen on the shelf")
    row.locator("button").click()
    page.wait_for_selector("#queue tr:has-text('Q2') [role=status]:has-text('Ann')")
    page.click("nav a:has-text('Decided')")
    assert "Confirmed by Ann" in page.locator("#queue").inner_text()
    page.click("nav a:has-text('To look at')")
    assert "Q2" not in page.locator("#queue").inner_text()
    address = page.url
    visitor.go("/classify/queue")
    assert "goods.csv" in page.locator("#kept").inner_text()
    visitor.go("/" + address.split("/", 3)[3])
    assert page.locator("#queue").count() == 1
    for width, dark in WIDTHS:
        assert unfit(browser, base, width, dark, ["/" + address.split("/", 3)[3]], {}) == []


def test_the_example_invoice_is_corrected_by_its_proposal_and_priced(visitor: Any) -> None:
    page = visitor.go("/documents")
    page.wait_for_selector("#doc:not([hidden])", timeout=WAIT)
    assert "2 fail" in page.locator("#doc-sums").inner_text()
    assert page.locator("[data-box].suspect").count() == 3
    assert page.locator(".doc-sheet img").count() == 1
    visitor.picture("documents-desktop", whole=True)
    page.click(".doc-proposal .go")
    page.wait_for_selector("#doc-sums.complete", timeout=WAIT)
    page.select_option("#doc-mode", "ocean")
    page.click("text=Price it")
    page.wait_for_selector("[data-testid=doc-duty]", timeout=WAIT)
    assert page.locator("[data-testid=doc-duty]").inner_text().startswith("$")
    page.click("#doc-open")
    page.wait_for_selector("#entry")
    assert page.locator("[data-line]").count() >= 5


def test_a_correction_by_hand_is_checked_again_and_a_bad_one_said(visitor: Any) -> None:
    page = visitor.go("/documents")
    page.wait_for_selector("#doc:not([hidden])", timeout=WAIT)
    page.fill("[data-id='lines.1.quantity']", "many")
    page.wait_for_selector("#doc-error:not([hidden])", timeout=WAIT)
    assert "number" in page.locator("#doc-error").inner_text()
    visitor.complaints.clear()  # the refused request
    page.fill("[data-id='lines.1.quantity']", "206")
    page.wait_for_selector("#doc-error", state="hidden", timeout=WAIT)


def test_a_file_that_cannot_be_read_says_what_to_do(visitor: Any, tmp_path: Path) -> None:
    (tmp_path / "notes.csv").write_text("nothing,of\ngoods,here\n", encoding="utf-8")
    page = visitor.go("/documents")
    page.wait_for_selector("#doc:not([hidden])", timeout=WAIT)
    page.set_input_files("#doc-file", str(tmp_path / "notes.csv"))
    page.wait_for_selector("#doc-error:not([hidden])", timeout=WAIT)
    assert "headings" in page.locator("#doc-error").inner_text()
    assert not page.locator("#doc").is_visible()
    visitor.complaints.clear()  # the refused request


@pytest.mark.parametrize(("width", "dark"), WIDTHS)
def test_the_pages_fit_every_width_and_tone(browser: Any, base: str, width: int, dark: bool) -> None:
    assert unfit(browser, base, width, dark, ["/classify", "/classify/queue", "/documents"], {"/classify": "classify"}) == []
