"""Entries and files that cannot be read: each refusal names its place, and nothing is left half-written."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from landed.entry.assess import estimate_entry
from landed.entry.files import read_document, write_aside
from landed.errors import LandedError

openpyxl = pytest.importorskip("openpyxl")
GOOD = {"hts_code": "9503.00.00.73", "country_of_origin": "VN", "price": "100"}


def refusal(lines: list[Any], **head: Any) -> LandedError:
    with pytest.raises(LandedError) as caught:
        estimate_entry({"entry": {"entry_date": "2026-04-10", "transport_mode": "air"} | head, "lines": lines})
    return caught.value


def test_every_bad_line_is_named_and_the_good_ones_are_not() -> None:
    error = refusal([GOOD, GOOD | {"price": "-1"}, GOOD, {"hts_code": "9503.00.00.73"}, GOOD | {"pirce": "1"}])
    assert error.code == "ENTRY_LINES_INVALID"
    assert [e["line"] for e in error.extra["errors"]] == [2, 4, 5]
    assert "price" in error.extra["errors"][2]["mend"]


def test_lines_the_law_cannot_read_are_named_together() -> None:
    error = refusal([GOOD | {"hts_code": "9503.00.00.74"}, GOOD, GOOD | {"country_of_origin": "XX"}])
    assert [(e["line"], e["code"]) for e in error.extra["errors"]][1] == (3, "UNKNOWN_ORIGIN")
    assert error.extra["errors"][0]["line"] == 1


def test_currencies_without_a_rate_are_refused_line_by_line() -> None:
    error = refusal([GOOD | {"currency": "EUR"}, GOOD, GOOD | {"currency": "JPY"}])
    assert [(e["line"], e["code"]) for e in error.extra["errors"]] == [(1, "CURRENCY_RATE_REQUIRED"), (3, "CURRENCY_RATE_REQUIRED")]


def test_lines_of_two_importers_are_refused() -> None:
    assert refusal([GOOD | {"importer": "A"}, GOOD | {"importer": "B"}]).code == "MIXED_IMPORTERS"
    assert refusal([GOOD | {"importer": "B"}], importer="A").code == "MIXED_IMPORTERS"


def test_two_entry_dates_are_refused() -> None:
    assert refusal([GOOD | {"entry_date": "2026-04-11"}]).code == "MIXED_ENTRY_DATES"


@pytest.mark.parametrize(
    "document",
    [{}, {"entry": {}}, {"entry": {"entry_date": "2026-04-10"}, "lines": []}, {"entry": {"entry_date": "2026-04-31"}, "lines": [GOOD]}, {"entry": [], "lines": [GOOD]},
     {"entry": {"entry_date": "2026-04-10"}, "lines": [GOOD], "surprise": 1}, {"entry": {"entry_date": "2026-04-10"}, "lines": "x"}, [], None, "x",
     {"entry": {"entry_date": "2026-04-10", "mail_items": 0}, "lines": [GOOD]}, {"entry": {"entry_date": "2026-04-10"}, "lines": [GOOD], "charges": [1]},
     {"entry": {"entry_date": "2026-04-10"}, "lines": [GOOD], "charges": [{"kind": "bribe", "amount": 1}]}, {"entry": {"entry_date": "2026-04-10"}, "lines": [1, None]}],
)  # fmt: skip
def test_a_document_that_is_no_entry_is_refused_with_a_code(document: Any) -> None:
    with pytest.raises(LandedError) as caught:
        estimate_entry(document)
    assert caught.value.code and caught.value.detail


def book(path: Path, edit: Any = None) -> Path:
    workbook = openpyxl.Workbook()
    page = workbook.active
    page.title = "Entry"
    page.append(["field", "value"])
    page.append(["entry_date", "2026-04-10"])
    lines = workbook.create_sheet("Lines")
    lines.append(["hts_code", "country_of_origin", "price"])
    lines.append(["9503.00.00.73", "VN", 100])
    if edit:
        edit(workbook)
    workbook.save(path)
    return path


def test_a_plain_workbook_is_read(tmp_path: Path) -> None:
    assert estimate_entry(read_document(book(tmp_path / "a.xlsx"))).totals.fees is None  # the mode is not stated: harbor fee unknown


def test_a_formula_is_refused_by_its_cell(tmp_path: Path) -> None:
    def formula(workbook: Any) -> None:
        workbook["Lines"]["C2"] = "=1+1"

    with pytest.raises(LandedError) as caught:
        read_document(book(tmp_path / "a.xlsx", formula))
    assert (caught.value.code, caught.value.where) == ("FORMULA_CELL", "Lines!C2")


def test_an_error_in_a_cell_is_refused(tmp_path: Path) -> None:
    def broken(workbook: Any) -> None:
        workbook["Lines"]["C2"] = "#REF!"

    with pytest.raises(LandedError) as caught:
        read_document(book(tmp_path / "a.xlsx", broken))
    assert caught.value.where == "Lines!C2"


def test_a_password_protected_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 2048)
    with pytest.raises(LandedError, match="PROTECTED_WORKBOOK"):
        read_document(path)


def test_a_macro_workbook_is_refused_whatever_its_name(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"macro")
    with pytest.raises(LandedError, match="MACRO_WORKBOOK"):
        read_document(path)
    with pytest.raises(LandedError, match="MACRO_WORKBOOK"):
        read_document(book(tmp_path / "b.xlsm"))


def test_a_zip_bomb_is_refused_before_it_unpacks(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 40_000_000)
    assert path.stat().st_size < 100_000
    with pytest.raises(LandedError, match="ZIP_BOMB"):
        read_document(path)


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.xlsx", b"PK\x03\x04 not a zip", "UNREADABLE_FILE"), ("a.toml", b"x = = 1", "UNREADABLE_FILE"), ("a.json", b"{", "UNREADABLE_FILE"), ("a.json", b"[1]", "UNREADABLE_FILE"),
        ("a.json", b'{"a": NaN}', "UNREADABLE_FILE"), ("a.json", b"[" * 100_000, "UNREADABLE_FILE"), ("a.json", b"\xff\xfe", "UNREADABLE_FILE"), ("a.csv", b"a,b\n1,2,3\n", "UNREADABLE_FILE"),
        ("a.pdf", b"%PDF", "UNKNOWN_FORMAT"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_so(tmp_path: Path, name: str, data: bytes, code: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(LandedError) as caught:
        read_document(path)
    assert caught.value.code == code


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(LandedError, match="FILE_NOT_FOUND"):
        read_document(tmp_path / "none.toml")


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out.json"
    path.write_text("old")

    def stop(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", stop)
    with pytest.raises(OSError, match="disk full"):
        write_aside(path, b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["out.json"]
    assert path.read_text() == "old"


def test_a_code_kept_as_a_number_keeps_its_leading_zero(tmp_path: Path) -> None:
    def number(workbook: Any) -> None:
        workbook["Lines"]["A2"] = 409000010

    assert read_document(book(tmp_path / "a.xlsx", number))["lines"][0]["hts_code"] == "0409000010"


def test_the_template_filled_in_gives_the_answer_of_the_same_json(tmp_path: Path) -> None:
    pytest.importorskip("xlsxwriter")
    from landed.entry.cost import landed_cost
    from landed.entry.template import template_xlsx

    workbook = openpyxl.load_workbook(io.BytesIO(template_xlsx()))
    assert workbook["Lines"].data_validations.dataValidation and workbook["Lines"]["C1"].comment
    for row in workbook["Entry"].iter_rows(min_row=2):
        if row[0].value in ("entry_date", "transport_mode", "incoterm"):
            row[1].value = {"entry_date": "2026-04-10", "transport_mode": "ocean", "incoterm": "FOB"}[row[0].value]
    columns = [cell.value for cell in workbook["Lines"][1]]
    line = GOOD | {"price": 5000, "quantity": 100, "selling_price": 90, "claims.spi": None}
    for name, value in line.items():
        workbook["Lines"].cell(2, columns.index(name) + 1).value = value
    workbook["Charges"].append(["freight", 400])
    for row in workbook["Cost"].iter_rows(min_row=2):
        if row[0].value in ("brokerage", "drayage.amount", "drayage.by"):
            row[1].value = {"brokerage": 150, "drayage.amount": 600, "drayage.by": "quantity"}[row[0].value]
    path = tmp_path / "filled.xlsx"
    workbook.save(path)
    same = {
        "entry": {"entry_date": "2026-04-10", "transport_mode": "ocean", "incoterm": "FOB"},
        "lines": [{k: v for k, v in line.items() if v is not None}],
        "charges": [{"kind": "freight", "amount": "400"}],
        "cost": {"brokerage": "150", "drayage": {"amount": "600", "by": "quantity"}},
    }
    assert json.dumps(landed_cost(read_document(path)).to_dict()["totals"]) == json.dumps(landed_cost(same).to_dict()["totals"])


def test_an_empty_template_says_that_it_has_no_lines(tmp_path: Path) -> None:
    pytest.importorskip("xlsxwriter")
    from landed.entry.template import template_xlsx

    path = tmp_path / "t.xlsx"
    path.write_bytes(template_xlsx())
    with pytest.raises(LandedError, match="INVALID_ENTRY"):
        estimate_entry(read_document(path))


def test_lines_cannot_each_slip_under_the_limit_of_a_small_shipment() -> None:
    lines = [GOOD | {"price": "500"}, GOOD | {"price": "500"}]
    for kind in ("section_321", "postal"):
        assert refusal(lines, entry_type=kind, entry_date="2024-05-02").code == "LOW_VALUE_EXCEEDED"
    assert estimate_entry({"entry": {"entry_date": "2024-05-02", "entry_type": "section_321"}, "lines": [GOOD, GOOD]}).totals.total == 0
