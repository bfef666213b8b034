"""Official exports are read in both forms, and a broken file is refused with the reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landed.errors import LandedError
from landed.schedule.read import rated_lines, read_export, read_export_bytes

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
needs_exports = pytest.mark.skipif(not (SHARED / "hts").exists(), reason="the official exports are not beside this checkout")

HEADER = (
    "HTS Number,Indent,Description,Unit of Quantity,General Rate of Duty,Special Rate of Duty,Column 2 Rate of Duty,Quota Quantity,"
    "Additional Duties\n"
)
BODY = (
    '"0101","0","Animals:","","","","","",""\n'
    '"","1","Group:","","","","","",""\n'
    '"0101.29.00","2","Other","","Free","","20%","",""\n'
    '"0101.29.00.10","3","First","[""No."",""m<sup>2<\\/sup>""]","","","","",""\n'
    '"0101.30.00.00","1","Second","[""No. and kg""]","6.8%","Free (A+, AU)","15%","",""\n'
)


def reason(data: bytes) -> str:
    with pytest.raises(LandedError) as error:
        read_export_bytes(data)
    assert error.value.code == "BAD_EXPORT"
    return str(error.value.extra["reason"])


def test_a_csv_export_is_read_with_units_from_their_list_and_markup_gone() -> None:
    export = read_export_bytes(b"\xef\xbb\xbf" + (HEADER + BODY).encode())
    assert (export.form, len(export.rows)) == ("csv", 5)
    assert export.rows[3].units == ("No.", "m2")
    assert export.rows[4].units == ("No.", "kg")
    assert export.rows[4].number == "0101300000"


@pytest.mark.parametrize("cell", ['"[""No."",""kg""]"', "[No.|kg]".replace("|", ";").join(('"', '"')), '"[\'No.\']"'])
def test_a_units_cell_that_a_spreadsheet_rewrote_does_not_break_the_reader(cell: str) -> None:
    row = f'"0101.30.00.00","1","Second",{cell},"6.8%","","15%","",""\n'
    assert read_export_bytes((HEADER + row).encode()).rows[0].units


def test_columns_may_come_in_another_order_and_the_last_two_may_be_absent() -> None:
    text = (
        "Indent,HTS Number,Description,Unit of Quantity,General Rate of Duty,Special Rate of Duty,Column 2 Rate of Duty\n0,0101.30.00,x,,5%,,10%\n"
    )
    row = read_export_bytes(text.encode()).rows[0]
    assert (row.number, row.general, row.column_2) == ("01013000", "5%", "10%")


def test_a_json_export_is_read_with_footnotes_and_the_misspelt_key() -> None:
    entry = {
        "htsno": "6101.20.00",
        "indent": "1",
        "description": "x",
        "superior": None,
        "units": ["doz.", "kg"],
        "general": "15.9%",
        "special": "Free (AU)",
        "other": "50%",
        "footnotes": [{"columns": ["general"], "value": "See 9903.88.15. ", "type": "endnote"}],
        "quotaQuantity": None,
        "additionalDuties": None,
        "addiitionalDuties": "odd",
    }
    export = read_export_bytes(json.dumps([entry]).encode())
    row = export.rows[0]
    assert (export.form, row.units, row.additional_duties) == ("json", ("doz.", "kg"), "odd")
    assert (row.footnotes[0].columns, row.footnotes[0].text) == (("general",), "See 9903.88.15.")


def test_rates_are_inherited_by_indent_from_the_line_that_prints_them() -> None:
    lines = {line.row.number: line for line in rated_lines(read_export_bytes((HEADER + BODY).encode()).rows)}
    child = lines["0101290010"]
    assert (child.general, child.column_2, child.rate_number, child.parent) == ("Free", "20%", "01012900", "01012900")
    assert lines["0101"].general == ""
    assert lines["0101300000"].special == "Free (A+, AU)"


def test_a_line_that_prints_only_column_2_keeps_the_general_rate_above_it() -> None:
    body = (
        '"9006.59.15","5","A","","Free","","20%","",""\n"9006.59.15.10","6","B","","","","","",""\n"9006.59.15.20","6","C","","","","30%","",""\n'
    )
    lines = {line.row.number: line for line in rated_lines(read_export_bytes((HEADER + body).encode()).rows)}
    assert (lines["9006591520"].general, lines["9006591520"].column_2) == ("Free", "30%")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "html"),
        (b"\n <html>", "html"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "encoding"),
        (b"name,price\nx,1\n", "not_an_export"),
        (b"{}", "not_an_export"),
        (b"[]", "not_an_export"),
        (b"[1, 2]", "not_an_export"),
        (b'[{"a": 1}]', "not_an_export"),
        (b"[" * 100_000, "not_an_export"),
        (HEADER.encode(), "no_rows"),
        ((HEADER + BODY)[: -len('"Free (A+, AU)","15%","",""\n')].encode(), "truncated"),
        ((HEADER + '"0101","0"\n' + BODY).encode(), "bad_row"),
        ((HEADER + '"0101","x","A","","","","","",""\n').encode(), "bad_row"),
        ((HEADER + '"101.3","0","A","","","","","",""\n').encode(), "bad_number"),
        ((HEADER + '"0101","0","' + "A" * 30_000 + '","","","","","",""\n').encode(), "unclosed_quote"),
        ((HEADER + '"0101","0","A","","","","","","","more"\n').encode(), "bad_row"),
    ],
)
def test_a_broken_file_is_refused_with_its_reason(data: bytes, why: str) -> None:
    assert reason(data) == why


def test_a_cut_json_file_is_refused_as_truncated() -> None:
    whole = json.dumps([{"htsno": "0101", "indent": "0", "description": "x", "units": [], "general": "", "special": "", "other": ""}] * 50)
    assert reason(whole[: len(whole) // 2].encode()) in ("truncated", "not_an_export")


def test_a_missing_file_is_named() -> None:
    with pytest.raises(LandedError) as error:
        read_export("/nowhere/at/all.csv")
    assert (error.value.code, error.value.extra["reason"]) == ("BAD_EXPORT", "missing")


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_no_bytes_break_the_reader_other_than_by_a_stated_refusal(data: bytes) -> None:
    for candidate in (data, HEADER.encode() + data, b"[" + data):
        try:
            read_export_bytes(candidate)
        except LandedError as error:
            assert error.code == "BAD_EXPORT"


@needs_exports
def test_the_chapter_json_and_the_csv_of_one_edition_state_the_same_facts() -> None:
    whole = {line.row.number: line for line in rated_lines(read_export(SHARED / "hts" / "hts_2026_rev_04.csv").rows)}
    for chapter in ("61", "62"):
        part = list(rated_lines(read_export(SHARED / "hts" / f"hts_2026_chapter{chapter}_with_footnotes.json").rows))
        assert len(part) > 1000
        for line in part:
            other = whole[line.row.number]
            assert (line.general, line.column_2, line.rate_number) == (other.general, other.column_2, other.rate_number)
            assert any(note.text for note in line.row.footnotes) or not line.row.footnotes
