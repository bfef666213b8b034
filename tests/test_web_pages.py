"""The pages without a browser: the state in the address, the one box, downloads, and what stands in the HTML."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

pytest.importorskip("jinja2", reason="the web pages need landed[web]")
pytest.importorskip("starlette", reason="the web pages need landed[web]")

from landed.doors.web import charts, documents, wording
from landed.doors.web.calculator import Session, read_box
from landed.doors.web.state import State
from landed.doors.web.understand import understand

TOYS = {"code": "9503.00.00.73", "origin": "CN", "value": "10000", "on": "2025-04-09"}
COUNTRIES = {"CN": "China", "VN": "Vietnam", "NE": "Niger", "NG": "Nigeria", "KR": "South Korea", "OM": "Oman"}


@pytest.fixture(scope="module")
def client() -> Any:
    pytest.importorskip("httpx")
    from fastapi import FastAPI
    from starlette.testclient import TestClient

    from landed.doors.web import law_pages

    app = FastAPI(openapi_url=None)
    documents.routes(app)
    law_pages.routes(app)
    return TestClient(app)


def test_a_state_survives_the_address_it_is_written_to() -> None:
    from urllib.parse import parse_qsl

    said = State.read({**TOYS, "a.loading_date": "2025-04-04", "spi": "S", "exclusions": "9903.88.69", "orders": "ad:A-570-967:86.01", "currency": "eur", "rate": "1.08"})
    assert State.read(dict(parse_qsl(said.query()))) == said
    request = said.request()
    assert request["customs_value"] == {"amount": "10000", "currency": "EUR", "exchange_rate": "1.08"}
    assert request["answers"] == {"loading_date": "2025-04-04"}
    assert request["claims"]["ad_cvd"] == [{"kind": "ad", "case": "A-570-967", "rate_pct": "86.01"}]


def test_an_empty_address_is_the_worked_example() -> None:
    assert State.read({}).first
    assert not State.read(TOYS).first


def test_an_answer_is_given_and_given_back() -> None:
    said = State.read(TOYS).answered("loading_date", "2025-04-04")
    assert dict(said.answers) == {"loading_date": "2025-04-04"}
    assert said.answered("loading_date", None).answers == ()


@pytest.mark.parametrize(
    ("text", "code", "origin", "value", "on", "words"),
    [
        ("9503.00.00.73 from China $10,000 on 2025-04-09", "9503.00.00.73", "CN", "10000", "2025-04-09", ""),
        ("cotton t-shirts from Vietnam 8k usd", "", "VN", "8000", "", "cotton t-shirts"),
        ("9503000073", "9503000073", "", "", "", ""),
        ("woman's shoes", "", "", "", "", "woman's shoes"),
        ("mangoes made in Nigeria, 1.5k", "", "NG", "1500", "", "mangoes"),
        ("Steel brackets KR", "", "", "", "", "Steel brackets KR"),
        ("steel brackets from KR $250.50", "", "KR", "250.5", "", "steel brackets"),
        ("2025-02-30", "", "", "", "", "2025-02-30"),
    ],
)
def test_a_sentence_is_taken_apart(text: str, code: str, origin: str, value: str, on: str, words: str) -> None:
    found = understand(text, COUNTRIES)
    assert (found.code, found.origin, found.value, found.on, found.words) == (code, origin, value, on, words)


def test_the_form_takes_a_sentence_for_its_fields() -> None:
    found = read_box({"code": "9503.00.00.73 from Vietnam $500", "origin": "CN", "value": "10000", "on": "2025-04-09"})
    assert (found["code"], found["origin"], found["value"], found["on"]) == ("9503.00.00.73", "VN", "500", "2025-04-09")


def test_figures_are_printed_with_sign_and_unit_and_unknown_is_never_zero() -> None:
    assert wording.money(None) == "not known"
    assert wording.money(Decimal("-8400")) == "\u2212$8,400.00"
    assert wording.change(Decimal("2500")) == "+$2,500"
    assert wording.change(Decimal("-350.50")) == "\u2212$350.50"
    assert wording.change(None) == "not known yet"
    assert wording.percent(Decimal("12.5000")) == "12.5%"
    assert wording.percent(Decimal("100")) == "100%"
    assert wording.days_in("before 2025-04-05") == "before 5 Apr 2025"


def test_a_session_answers_in_place_and_sends_only_what_changed() -> None:
    session = Session(State.read(TOYS))
    page = session.first()
    assert "$10,400.00" in page and "loaded before 5 April 2025" in page
    assert session.hear({"do": "answer", "name": "loading_date", "value": "2025-04-04"})
    parts = session.again()
    assert "$2,000.00" in parts["p-answer"] and "result" not in parts
    assert session.hear({"do": "give-back", "name": "a.loading_date"})
    assert "$10,400.00" in session.again()["p-answer"]
    assert not session.hear({"do": "nonsense"})


def test_a_problem_stands_beside_its_field_with_codes_to_go_on_with() -> None:
    session = Session(State.read({**TOYS, "code": "9503.00.00.99"}))
    page = session.first()
    assert 'aria-describedby="e-code"' in page and 'data-value="9503.00.00.73"' in page
    session.hear({"do": "code", "value": "9503.00.00.73"})
    assert "$10,400.00" in session.again()["result"]


def test_a_missing_quantity_makes_a_field_and_no_zero() -> None:
    page = Session(State.read({**TOYS, "code": "2204.21.50.40", "origin": "FR"})).first()
    assert "at least $2,000.00" in page and 'id="q-quantity_liter"' in page


def test_words_and_headings_offer_lines_instead_of_an_error() -> None:
    by_words = Session(State.read({**TOYS, "code": "tricycles"})).first()
    assert 'data-value="9503.00"' in by_words and 'aria-invalid="true"' not in by_words
    heading = Session(State.read({**TOYS, "code": "9503.00"})).first()
    assert 'data-value="9503.00.00"' in heading and 'aria-invalid="true"' not in heading


def test_a_what_if_is_taken_by_its_name_alone() -> None:
    ready = Session(State.read({**TOYS, "on": "2026-11-22", "overlay": "china_104"}))
    assert "not the law as it stands" in ready.first()
    path = State.read({**TOYS, "overlay": "/etc/passwd"})
    assert "overlay" not in path.request()


def test_text_of_a_visitor_is_escaped_everywhere() -> None:
    attack = '"><script>alert(1)</script>'
    page = Session(State.read({**TOYS, "code": attack})).first() + Session(State.read({**TOYS, "origin": attack})).first() + Session(State.read({**TOYS, "a.x": attack, "spi": attack})).first()
    assert "<script>alert" not in page


def test_the_scale_of_a_chart_has_round_ticks() -> None:
    for highest in (0.0, 0.4, 3.0, 12.5, 50.0, 104.0, 145.0, 1000.0):
        every, top = charts._scale(highest)
        assert top > highest and 2 <= round(top / every) <= 6


def test_the_waterfall_ends_at_the_duty() -> None:
    session = Session(State.read(TOYS))
    session.first()
    assert session.found is not None
    bars = charts.waterfall(session.found)
    total = next(bar for bar in bars if bar.kind == "total")
    added = [bar for bar in bars if bar.kind in ("base", "added")]
    assert total.text == "$10,400.00"
    assert added[-1].start + added[-1].width == pytest.approx(total.width)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "|x"])
def test_a_cell_is_never_a_formula(text: str) -> None:
    assert documents.safe(text) == "'" + text


def test_downloads_hold_the_answer(client: Any) -> None:
    query = State.read(TOYS).query()
    assert client.get(f"/export/estimate.json?{query}").json()["totals"]["duty"] == "10400.00"
    table = client.get(f"/export/estimate.csv?{query}").text
    assert table.startswith("\ufeffheading,rule") and "9903.01.63" in table
    assert "<svg" in client.get(f"/export/history.svg?{query}").text
    assert "$10,400.00" in client.get(f"/export/waterfall.svg?{query}").text
    assert "China" in client.get(f"/export/origins.csv?{query}").text
    printed = client.get(f"/print?{query}").text
    assert "Duty $10,400.00" in printed and "90 FR 15509" in printed


def test_the_workbook_holds_numbers_as_numbers(client: Any) -> None:
    pytest.importorskip("xlsxwriter")
    openpyxl = pytest.importorskip("openpyxl")
    found = client.get(f"/export/estimate.xlsx?{State.read(TOYS).query()}")
    book = openpyxl.load_workbook(io.BytesIO(found.content))
    sums = {row[0].value: row[1].value for row in book["Estimate"].iter_rows()}
    assert sums["Duty, USD"] == 10400 and sums["Entry date"].date() == date(2025, 4, 9)
    assert not any(cell.data_type == "f" for sheet in book for row in sheet.iter_rows() for cell in row)


def test_a_request_that_cannot_be_read_is_a_problem_not_a_failure(client: Any) -> None:
    found = client.get("/export/estimate.json?code=x&origin=CN&value=1&on=2025-04-09")
    assert found.status_code == 422 and found.json()["code"] == "INVALID_CODE"
    assert client.get("/print?code=x&origin=CN&value=1&on=2025-04-09").status_code == 400


def test_a_key_that_may_only_read_gets_no_estimate() -> None:
    from landed.doors.web.asking import ask
    from landed.errors import LandedError
    from landed.store.actor import Actor, acting

    with acting(Actor("reader", scope="read")), pytest.raises(LandedError) as refused:
        ask("estimate", State.read(TOYS).request())
    assert refused.value.code == "SCOPE_MISSING"
    with acting(Actor("quoter", scope="quote")):
        assert ask("estimate", State.read(TOYS).request()).totals.duty == Decimal("10400.00")


def test_suggestions_say_what_was_understood(client: Any) -> None:
    found = client.get("/suggest", params={"q": "9503.00 from China $5,000", "on": "2025-04-09"}).json()
    assert found["fields"] == {"origin": "CN", "value": "5000", "on": ""}
    assert found["hits"][0]["code"] == "9503.00.00" and "made in China" in found["understood"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/law", "Section 301 duties on products of China"),
        ("/law/us.ieepa.reciprocal", "Read through"),
        ("/law/9903.01.63?on=2025-04-09", "EO 14259"),
        ("/law/diff?old=2025-04-01&new=2025-05-14", "9903.01.25"),
        ("/law/coverage", "not in any total"),
        ("/hts/9503.00.00.73?on=2025-04-09", "Free"),
    ],
)
def test_the_law_has_a_page_for_it(client: Any, path: str, words: str) -> None:
    found = client.get(path)
    assert found.status_code == 200 and words in found.text
    assert client.get(path, headers={"If-None-Match": found.headers["etag"]}).status_code == 304


def test_an_unknown_name_is_a_page_that_leads_on(client: Any) -> None:
    found = client.get("/law/9903.01.6")
    assert found.status_code == 404 and "/law/9903.01.6" in found.text
    assert client.get("/law/diff?old=1990-01-01&new=2025-05-14").status_code == 400


def test_nothing_on_a_page_comes_from_elsewhere(client: Any) -> None:
    import re

    for path in ("/law", f"/print?{State.read(TOYS).query()}", "/law/coverage"):
        assert re.findall(r"""(?:src|href)=["'](?:https?:)?//""", client.get(path).text) == []


def test_the_pdf_holds_the_answer_as_text_and_is_the_same_each_time(client: Any) -> None:
    pytest.importorskip("reportlab")
    answer = client.get("/export/estimate.pdf", params=TOYS)
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/pdf" and answer.content.startswith(b"%PDF")
    assert answer.content == client.get("/export/estimate.pdf", params=TOYS).content
    pdfplumber = pytest.importorskip("pdfplumber")
    with pdfplumber.open(io.BytesIO(answer.content)) as book:
        text = " ".join(page.extract_text() for page in book.pages)
    assert "$10,400.00" in text and "9903.01.63" in text and "EO 14259" in text and "-$8,400" in text and "Receipt" in text
    assert client.get("/export/estimate.pdf", params={**TOYS, "code": "<img src='file:///etc/passwd'/>"}).status_code == 422


def test_a_pdf_takes_every_letter_and_no_markup() -> None:
    from landed.doors.web.estimate_pdf import plain

    assert plain("\u2212$5 Türkiye Łódź 中") == "-$5 Türkiye ?ódz ?" or plain("Łódź 中").endswith("?")


def test_sums_say_whether_a_fee_is_missing_in_them() -> None:
    from landed.operations.registry import find

    asked = State.read(TOYS).request()
    assert not find("estimate").run(asked).totals.fees_complete  # the mode of arrival is not stated
    assert find("estimate").run({**asked, "answers": {"transport_mode": "air"}}).totals.fees_complete


def test_a_what_if_of_an_address_is_a_ready_one_with_its_own_parameters_or_none() -> None:
    for text in ("/etc/passwd", "../china_104", "section_301_on_country country=/etc/passwd", "section_301_on_country nothing=1", "section_301_on_country country", "x y=1", " "):
        assert "overlay" not in State.read({**TOYS, "overlay": text}).request()
    assert State.read({**TOYS, "overlay": "section_301_on_country country=CN rate_pct=25"}).request()["overlay"] == "section_301_on_country country=CN rate_pct=25"


def test_a_template_that_changes_under_a_running_server_changes_nothing(client: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    from landed.doors.web import render

    shutil.copytree(render.HERE / "templates", tmp_path / "templates")
    monkeypatch.setattr(render, "HERE", tmp_path)
    render.environment.cache_clear()
    try:
        render.environment()
        (tmp_path / "templates" / "print.html").write_text("{{ never_given }}")
        assert client.get("/print", params=TOYS).status_code == 200
    finally:
        render.environment.cache_clear()
