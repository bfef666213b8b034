"""The worksheet of an entry: one set of totals in every form, filing order, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from landed.entry.assess import estimate_entry
from landed.entry.files import read_document
from landed.entry.filing import summary_form, worksheet, worksheet_csv, worksheet_json
from landed.entry.model import EntryAnswer
from landed.entry.sheets import worksheet_html, worksheet_xlsx

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "entry.toml"


@pytest.fixture(scope="module")
def answer() -> EntryAnswer:
    return estimate_entry(read_document(EXAMPLE))


def sums_of(rows: list[dict[str, str]], part: str) -> Decimal:
    return sum((Decimal(r["amount"]) for r in rows if r["part"] == part), Decimal(0))


def test_json_csv_workbook_and_page_show_the_same_totals(answer: EntryAnswer) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    said = json.loads(worksheet_json(answer))
    totals = {block: row["amount"] for block, row in said["worksheet"]["totals"].items()}
    entry = said["entry"]["totals"]
    assert totals == {"39": entry["entered_value"], "41": entry["duty"], "42": entry["taxes"], "43": entry["fees"], "44": entry["total"]}
    rows = list(csv.DictReader(io.StringIO(worksheet_csv(answer))))
    assert {r["code"]: r["amount"] for r in rows if r["part"] == "total"} == totals
    assert (sums_of(rows, "item"), sums_of(rows, "fee"), sums_of(rows, "fee share")) == (Decimal(totals["41"]), Decimal(totals["43"]), Decimal(totals["43"]))
    book = openpyxl.load_workbook(io.BytesIO(worksheet_xlsx(answer)))
    cells = {str(row[0].value): row[2].value for row in book["Summary"].iter_rows(min_row=2)}
    assert {b: f"{cells[b]:.2f}" for b in totals} == totals
    assert f"{sum(r[7].value for r in book['Lines'].iter_rows(min_row=2)):.2f}" == totals["41"]
    page = worksheet_html(answer)
    assert all(f">{amount}</td>" in page for amount in totals.values())


def test_cells_of_amounts_are_numbers_and_codes_are_texts(answer: EntryAnswer) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(io.BytesIO(worksheet_xlsx(answer)))
    for row in book["Lines"].iter_rows(min_row=2):
        assert isinstance(row[1].value, str) and isinstance(row[7].value, (int, float))


def test_an_unknown_amount_is_never_shown_as_zero() -> None:
    openpyxl = pytest.importorskip("openpyxl")
    silent = estimate_entry({"entry": {"entry_date": "2026-04-10"}, "lines": [{"hts_code": "9503.00.00.73", "country_of_origin": "VN", "price": "100"}]})
    assert silent.totals.total is None
    sheet = json.loads(worksheet_json(silent))
    assert sheet["worksheet"]["totals"]["44"]["amount"] is None
    assert "not known" in worksheet_html(silent)
    book = openpyxl.load_workbook(io.BytesIO(worksheet_xlsx(silent)))
    assert "not known" in [row[2].value for row in book["Summary"].iter_rows()]


def test_words_of_the_importer_never_become_formulas_or_markup(answer: EntryAnswer) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    wild = estimate_entry(
        {
            "entry": {"entry_date": "2026-04-10", "transport_mode": "air", "reference": "=1+1", "importer": "<script>alert(1)</script>"},
            "lines": [{"hts_code": "9503.00.00.73", "country_of_origin": "VN", "price": "100", "description": "=cmd"}],
        }
    )
    assert "<script>" not in worksheet_html(wild)
    assert ",=1+1" not in worksheet_csv(wild)
    book = openpyxl.load_workbook(io.BytesIO(worksheet_xlsx(wild)))
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)


def test_chapter_99_stands_before_the_tariff_line(answer: EntryAnswer) -> None:
    for line in answer.lines:
        headings = [item.heading for item in worksheet(answer).items if item.line == line.number]
        assert headings == list(line.estimate.filing_sequence)
        assert [h[:2] == "99" for h in headings] == sorted((h[:2] == "99" for h in headings), reverse=True)


def test_the_blocks_of_the_form_are_numbered_once() -> None:
    form = summary_form()
    numbers = [b["block"] for part in ("header", "line", "total") for b in form[part]]
    assert len(numbers) == len(set(numbers))


def test_a_second_estimate_of_the_same_entry_has_the_same_receipt(answer: EntryAnswer) -> None:
    again: Any = estimate_entry(read_document(EXAMPLE))
    assert (again.receipt_id, again.to_dict()) == (answer.receipt_id, answer.to_dict())


def test_lines_of_an_entry_owe_the_duty_of_the_line_alone(answer: EntryAnswer) -> None:
    from landed.duty.estimate import default_engine

    for line in answer.lines:
        alone = default_engine().estimate(
            {"hts_code": line.estimate.hts_code, "country_of_origin": line.estimate.country_of_origin, "customs_value": str(line.valued.entered_value), "entry_date": "2026-04-10", "export_date": "2026-03-02"}
        )
        assert alone.totals.duty == line.estimate.totals.duty
