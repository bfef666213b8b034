"""The supplier network: rows in with their errors told, found in any script, doubles confirmed by people, scores with intervals, quotes on one footing."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from conftest import Ran
from landed.errors import LandedError
from landed.operations.suppliers import (
    DecideRequest,
    ImportRequest,
    ReviewRequest,
    RfqRequest,
    ScoreRequest,
    SearchRequest,
    bring_in,
    decide,
    find,
    rate,
    review,
    rfq,
)

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDED_DATA", str(tmp_path / "data"))


ROWS: list[dict[str, Any]] = [
    {"Supplier Name": "Shantou Toys Co., Ltd", "Chinese Name": "汕头玩具有限公司", "Country": "CN", "Address": "12 Guangming Road 515000 Shantou", "Unit Price": "US$4.00", "MOQ": "500 pcs", "Made in": "CN", "Products": "toy trucks", "Business Type": "manufacturer", "Badge": "Gold"},
    {"Supplier Name": "Hong Kong Trading", "Country": "HK", "Address": "1 Queens Road", "Unit Price": "4.4", "Made in": "Vietnam", "Products": "toy trucks"},
]


def first() -> list[dict[str, Any]]:
    return [{**row, "Badge": "membership" if row.get("Badge") else None} for row in ROWS]


def test_headers_of_others_are_known_and_a_gold_badge_is_no_evidence() -> None:
    found = bring_in(ImportRequest(suppliers=ROWS))
    assert found.suppliers_new == 1 and len(found.errors) == 1
    assert found.errors[0]["where"] == "suppliers[1].Badge" and "gold badge" in found.errors[0]["mend"]
    assert bring_in(ImportRequest(suppliers=first())).suppliers_new == 1


def test_the_origin_is_not_the_country_of_the_supplier() -> None:
    bring_in(ImportRequest(suppliers=first()))
    (row,) = find(SearchRequest(text="trading")).rows
    assert (row.country, row.origins) == ("HK", ("VN",))
    assert [r.name for r in find(SearchRequest(origin="VN")).rows] == ["Hong Kong Trading"]
    assert find(SearchRequest(text="toy", country="CN")).rows[0].name.startswith("Shantou")


def test_chinese_names_are_found_by_part() -> None:
    bring_in(ImportRequest(suppliers=first()))
    for text in ("玩具", "汕头", "汕头玩具有限公司", "shantou", "SHANTOU toys"):
        assert [r.local_name for r in find(SearchRequest(text=text)).rows] == ["汕头玩具有限公司"], text
    assert find(SearchRequest(text="shantou nonsense")).matched == "any word"


@pytest.mark.parametrize(
    ("change", "where", "words"),
    [
        ({"MOQ": "-5"}, "MOQ", "expected a quantity"),
        ({"Unit Price": "0"}, "Unit Price", "above 0"),
        ({"Country": "Atlantis"}, "Country", "two-letter"),
        ({"lei": "529900T8BM49AURSDO54"}, "lei", "check digits"),
        ({"duns": "123"}, "duns", "9 digits"),
        ({"lat": "95"}, "lat", "at most 90"),
        ({"Supplier Name": ""}, "supplier", "name is missing"),
        ({"breaks": "100: 4; 500: 5", "Unit Price": None}, "breaks", "price rises"),
        ({"valid to": "soon"}, "valid to", "such as"),
    ],
)
def test_a_bad_row_is_told_and_the_others_go_in(change: dict[str, Any], where: str, words: str) -> None:
    rows = first()
    rows[0] |= change
    found = bring_in(ImportRequest(suppliers=rows))
    assert found.suppliers_new == 1
    assert any(e["where"] == f"suppliers[1].{where}" and words in e["detail"] for e in found.errors), found.errors


def test_a_right_lei_goes_in_and_meets_itself_again() -> None:
    row = {"supplier": "A", "country": "DE", "lei": "529900T8BM49AURSDO55"}
    assert bring_in(ImportRequest(suppliers=[row])).suppliers_new == 1
    again = bring_in(ImportRequest(suppliers=[{**row, "supplier": "A GmbH"}]))
    assert (again.suppliers_new, again.suppliers_known) == (0, 1)


def test_parents_in_a_circle_are_refused() -> None:
    found = bring_in(ImportRequest(suppliers=[{"supplier": "A", "parent": "B"}, {"supplier": "B", "parent": "C"}, {"supplier": "C", "parent": "A"}, {"supplier": "D", "parent": "D"}]))
    assert found.suppliers_new == 2
    assert [e["where"] for e in found.errors] == ["suppliers[3].parent", "suppliers[4].parent"]


DOUBLES = [
    {"supplier": "Formosa Textil (Nica) S.A.", "country": "NI", "address": "Km 12 Carretera Norte 5234 Managua"},
    {"supplier": "FORMOSA TEXTIL NICA", "country": "NI", "address": "km. 12 carretera norte 5234, Managua"},
    {"supplier": "Hilados del Norte", "country": "NI", "address": "Calle 9, Leon"},
]


def test_likeness_proposes_a_person_decides_and_can_take_it_back() -> None:
    pytest.importorskip("rapidfuzz")
    bring_in(ImportRequest(suppliers=DOUBLES))
    (pair,) = review(ReviewRequest()).pairs
    assert pair.band == "likely" and len(find(SearchRequest(country="NI")).rows) == 3, "nothing is merged by likeness"
    assert decide(DecideRequest(pair.id, "same", "Ana")).pairs == ()
    assert len(find(SearchRequest(country="NI")).rows) == 2
    assert len(find(SearchRequest(text="formosa")).rows) == 1
    with pytest.raises(LandedError) as caught:
        decide(DecideRequest(pair.id, "different", "Bo"))
    assert caught.value.code == "CONFLICT"
    decide(DecideRequest(pair.id, "undo", "Ana"))
    assert len(find(SearchRequest(country="NI")).rows) == 3
    decide(DecideRequest(pair.id, "different", "Ana"))
    assert review(ReviewRequest()).pairs == (), "what was decided is not proposed again"


def test_different_registry_numbers_are_never_proposed_as_one() -> None:
    pytest.importorskip("rapidfuzz")
    rows = [dict(DOUBLES[0], duns="123456789"), dict(DOUBLES[1], duns="987654321")]
    bring_in(ImportRequest(suppliers=rows))
    assert review(ReviewRequest()).pairs == ()


def test_labelled_pairs_are_told_apart_as_printed(shared: Path) -> None:
    pytest.importorskip("rapidfuzz")
    sys.path.insert(0, str(ROOT / "benchmarks"))
    from bench_suppliers import labelled

    counts = labelled(shared / "sourcing" / "osh_labelled_pairs.json")
    assert counts["distinct likely"] == 0, "what is proposed as a merge is right"
    assert counts["match likely"] + counts["match review"] >= 0.85 * 47


def test_a_search_of_many_suppliers_is_quick() -> None:
    from landed.sourcing.network.search import search
    from landed.sourcing.network.store import index, network

    with network() as connection:
        for n in range(1, 20_001):
            connection.execute("INSERT INTO supplier(id, legal_name, country) VALUES (?, ?, 'CN')", (n, f"golden toys {n % 977}"))
            index(connection, n, f"golden toys {n % 977}", "", "")
        search(connection, "toys")
        began = time.perf_counter()
        rows, _ = search(connection, "golden 411")
        assert rows and time.perf_counter() - began < 0.1


def test_a_score_shows_its_parts_counts_and_interval() -> None:
    bring_in(ImportRequest(suppliers=first(), deliveries=[{"supplier": "Shantou Toys Co., Ltd", "po": f"P{n}", "promised": "2026-05-01", "delivered": "2026-05-09" if n == 0 else "2026-04-30", "qty_ok": 95, "qty_total": 100} for n in range(10)]))
    found = rate(ScoreRequest(1, date(2026, 11, 22), need=400))
    parts = {p.name: p for p in found.parts}
    assert parts["identity"].points == 5, "a paid badge is a membership"
    assert parts["delivery"].count == 10 and parts["delivery"].points == round(25 * (8 + 9) / 20, 2)
    assert parts["quality"].points == round(20 * (8 + 9.5) / 20, 2)
    assert parts["delivery"].low < 17 / 20 < parts["delivery"].high  # type: ignore[operator]
    assert parts["fit"].points == 0 and "is above 400" in parts["fit"].because
    assert found.total == round(sum(p.points for p in found.parts), 1)


def test_evidence_counts_on_the_days_it_is_valid_and_a_flag_is_a_gate() -> None:
    bring_in(ImportRequest(suppliers=[{"supplier": "A", "evidence": "audit", "issuer": "SGS", "valid_from": "2026-01-01", "evidence_to": "2026-06-30"}]))
    assert rate(ScoreRequest(1, date(2026, 3, 1))).parts[0].points == 25
    assert rate(ScoreRequest(1, date(2026, 7, 1))).parts[0].points == 0
    from landed.sourcing.network.store import network

    with network() as connection:
        connection.execute("UPDATE supplier SET flag = 'forced-labour list'")
    assert rate(ScoreRequest(1, date(2026, 3, 1))).total == 0


ASKED: dict[str, Any] = {"number": "R-1", "sku": "Toy truck", "hts_code": "9503.00.00.73", "units": 1000, "arrival": "2026-11-22", "certificates": ["ASTM F963"]}
QUOTES: list[dict[str, Any]] = [
    {"supplier": "Shantou", "price": "4.00", "incoterm": "FOB", "origin": "CN", "freight_per_unit": "0.30"},
    {"supplier": "Hanoi", "breaks": "500: 4.40; 5000: 3.00", "incoterm": "CIF", "origin": "VN", "freight_per_unit": "0.40"},
    {"supplier": "Pune", "price": "3.90", "incoterm": "FOB", "origin": "IN"},
    {"supplier": "Izmir", "price": "5.10", "incoterm": "DDP", "origin": "TR"},
    {"supplier": "Bonn", "price": "3.00", "currency": "EUR", "exchange_rate": "1.10", "incoterm": "EXW", "origin": "DE", "freight_per_unit": "0.50", "moq": 2000, "tooling": 1000},
]


def test_quotes_are_compared_on_landed_cost_under_the_law_of_arrival() -> None:
    rows = {q.supplier: q for q in rfq(RfqRequest(ASKED, QUOTES)).quotes}
    shantou = rows["Shantou"]
    assert shantou.duty == Decimal("0.5") and shantou.landed_per_unit == Decimal("4.00") + Decimal("0.30") + Decimal("0.50") + shantou.fees
    hanoi = rows["Hanoi"]
    assert hanoi.unit_price == Decimal("4.40") and hanoi.duty == Decimal("0.5"), "12.5 percent of 4.40 less the freight in it"
    assert rows["Pune"].landed_per_unit is None and rows["Pune"].unknown == ("freight",) and rows["Pune"].rank == 5
    assert rows["Izmir"].duty == 0 and rows["Izmir"].landed_per_unit == Decimal("5.1000")
    assert rows["Bonn"].units == 2000 and rows["Bonn"].tooling == Decimal("0.55")
    assert [q.rank for q in rfq(RfqRequest(ASKED, QUOTES)).quotes] == [1, 2, 3, 4, 5]


def test_another_day_is_another_ranking() -> None:
    then = {q.supplier: q.rank for q in rfq(RfqRequest({**ASKED, "arrival": "2025-04-12"}, QUOTES)).quotes}
    now = {q.supplier: q.rank for q in rfq(RfqRequest(ASKED, QUOTES)).quotes}
    assert then["Shantou"] > now["Shantou"]
    what_if = {q.supplier: q for q in rfq(RfqRequest(ASKED, QUOTES, "china_104")).quotes}
    assert what_if["Shantou"].duty == Decimal("4.66")


@pytest.mark.parametrize(("change", "where"), [({"incoterm": "XYZ"}, "incoterm"), ({"price": "-1"}, "price"), ({"currency": "EUR"}, "exchange_rate"), ({"origin": None}, "origin"), ({"colour": "red"}, "colour")])
def test_bad_quotes_are_named(change: dict[str, Any], where: str) -> None:
    with pytest.raises(LandedError) as caught:
        rfq(RfqRequest(ASKED, [{**QUOTES[0], **change}]))
    assert any(e["where"] == f"quotes[1].{where}" for e in caught.value.extra["errors"])


def test_the_request_says_what_is_wanted_and_asks_where_goods_are_made() -> None:
    text = rfq(RfqRequest(ASKED)).document
    assert "ASTM F963" in text and "country where the goods are made" in text and "9503.00.00.73" in text


def test_the_commands(landed: Callable[..., Ran], tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    book = tmp_path / "s.xlsx"
    assert landed("suppliers", "template", str(book)).code == 0
    ran = landed("suppliers", "import", str(book), "--json")
    assert ran.code == 0 and ran.json["suppliers_new"] == 2 and ran.json["errors"] == []
    assert landed("suppliers", "search", "玩具", "--json").json["rows"][0]["name"] == "Maker A"
    assert "of 100" in landed("suppliers", "score", "1").out
    asked = tmp_path / "rfq.json"
    asked.write_text(json.dumps({"rfq": ASKED, "quotes": QUOTES}))
    ran = landed("suppliers", "rfq", str(asked), "--out", str(tmp_path / "out.md"))
    assert ran.code == 0 and "unknown" in ran.out and (tmp_path / "out.md").exists() and (tmp_path / "out.xlsx").exists()
    bad = tmp_path / "bad.csv"
    bad.write_text("name,country,moq,price\nA,CN,5,1\nB,Nowhere,-2,1\n")
    ran = landed("suppliers", "import", str(bad), "--json")
    assert {e["where"] for e in ran.json["errors"]} == {"bad.csv, row 3, column country", "bad.csv, row 3, column moq"}


def test_the_card_tells_who_checked_what_until_when_and_a_flag_names_who_found_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDED_DATA", str(tmp_path))
    from landed.operations.registry import find

    row = {"supplier": "Card Maker", "country": "VN", "address": "1 Card Road", "sku": "card", "origin": "VN", "price": "3", "currency": "USD", "evidence": "audit", "scheme": "BSCI", "issuer": "An auditor", "valid_from": "2025-01-01", "evidence_to": "2026-01-01"}
    for _ in range(2):  # the same file twice adds nothing
        find("suppliers_import").run({"suppliers": [row]})
    found = find("suppliers_show").run({"supplier": 1, "on": "2025-06-01"})
    assert [(e.kind, e.issuer, str(e.valid_to), e.state) for e in found.evidence] == [("audit", "An auditor", "2026-01-01", "valid")]
    assert len(found.offers) == 1 and len(found.sites) == 1
    assert find("suppliers_show").run({"supplier": 1, "on": "2026-06-01"}).evidence[0].state == "lapsed"
    flagged = find("suppliers_flag").run({"supplier": 1, "flag": "a listed party", "who": "Ana"})
    assert flagged.flag.startswith("a listed party (Ana, ")
    assert find("suppliers_score").run({"supplier": 1}).total == 0
    assert find("suppliers_flag").run({"supplier": 1, "flag": "", "who": "Ana"}).flag is None
    assert find("suppliers_score").run({"supplier": 1}).total > 0
