"""Every numbered line of chapter 99 is either law in the pack or left out with a reason that people can read."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from landed.lawbook.load import LAW_ROOT, load_law

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
EXPORT = SHARED / "hts" / "hts_2026_rev_04.csv"
PAGE = ROOT / "docs" / "chapter99-coverage.md"


def encoded_headings() -> set[str]:
    return {heading for m in load_law().measures for heading in (m.heading, m.heading_reached) if heading}


def left_out() -> list[tuple[str, str]]:
    """The ranges of the second table, both ends included."""
    text = PAGE.read_text(encoding="utf-8").split("## Left out")[1]
    rows = re.findall(r"^\| (99[0-9.]+)(?: to (99[0-9.]+))? \| (.+) \|$", text, re.MULTILINE)
    assert all(reason.strip() for _, _, reason in rows)
    return [(first, last or first) for first, last, _ in rows]


@pytest.fixture(scope="module")
def printed() -> list[str]:
    if not EXPORT.exists():
        pytest.skip("the official export of HTS 2026 Revision 4 is not at hand (../shared/hts)")
    with EXPORT.open(encoding="utf-8-sig", newline="") as handle:
        return [row[0] for row in csv.reader(handle) if row[0].startswith("99")]


def test_every_printed_heading_is_encoded_or_left_out_with_a_reason(printed: list[str]) -> None:
    encoded, ranges = encoded_headings(), left_out()
    assert [h for h in printed if h not in encoded and not any(a <= h <= b for a, b in ranges)] == []


def test_no_row_of_the_page_is_stale(printed: list[str]) -> None:
    encoded = encoded_headings()
    empty = [(a, b) for a, b in left_out() if not any(a <= h <= b and h not in encoded for h in printed)]
    assert empty == []


def test_the_first_table_names_files_that_exist() -> None:
    text = PAGE.read_text(encoding="utf-8").split("## Left out")[0]
    files = set(re.findall(r"`([a-z0-9_]+\.yaml)`", text))
    assert files and all((LAW_ROOT / "us" / "programmes" / name).exists() for name in files)
