"""The sheets of a workbook as a person sees them: hidden sheets, rows, columns and letters are left out and counted."""

from __future__ import annotations

import io
import zipfile
from typing import Any
from xml.etree.ElementTree import iterparse

from landed.documents.model import Page
from landed.documents.source import MOST_COLUMNS, MOST_PAGES, MOST_ROWS, cell_text, cell_word, grid_page
from landed.errors import LandedError

SPREAD = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
SMALLEST = 3.0  # points of letters that a person can read
LEAST_WIDE, LEAST_HIGH = 0.3, 1.0  # a column in letters and a row in points under which nothing shows


def workbook_pages(data: bytes, name: str) -> list[Page]:
    """The visible sheets of an XLSX file; raises LandedError EXTRA_REQUIRED, UNREADABLE_FILE."""
    try:
        import openpyxl
    except ImportError:
        raise LandedError("EXTRA_REQUIRED", "workbooks need the package openpyxl", where="content", mend="Install landed[docs], or save the sheet as CSV.") from None
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        pages: list[Page] = []
        unseen_sheets = 0
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for number, sheet in enumerate(book.worksheets[:MOST_PAGES], 1):
                if getattr(sheet, "sheet_state", "visible") == "visible":
                    pages.append(_sheet(sheet, number, packed))
                else:
                    unseen_sheets += 1
    except Exception as broken:
        raise LandedError("UNREADABLE_FILE", f"{name} does not read as a workbook: {type(broken).__name__}", where="content", mend="Open it and save it again.") from None
    if unseen_sheets and pages:
        parts = [f"{unseen_sheets} hidden sheet{'s' if unseen_sheets > 1 else ''}", pages[0].hidden_parts]
        pages[0].hidden_parts = " and ".join(part for part in parts if part)
    return pages


def _sheet(sheet: Any, number: int, packed: zipfile.ZipFile) -> Page:
    rows, columns = _hidden(packed, str(sheet._worksheet_path))
    unseen: dict[int, bool] = {}
    hidden = []
    left_out: set[str] = set()
    shown: list[list[Any]] = []
    for y, row in enumerate(sheet.iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS)):
        line: list[Any] = []
        for x, cell in enumerate(row):
            value = cell.value
            if value is not None:
                if y + 1 in rows:
                    left_out.add("rows")
                    value = None
                elif x + 1 in columns:
                    left_out.add("columns")
                    value = None
                elif _unseen(cell, unseen):
                    if text := cell_text(value):
                        hidden.append(cell_word(text, x, y))
                    value = None
            line.append(value)
        shown.append(line)
    page = grid_page(shown, number, sheet.title)
    page.hidden = hidden
    page.hidden_parts = " and ".join(f"hidden {part}" for part in sorted(left_out))
    return page


def _hidden(packed: zipfile.ZipFile, path: str) -> tuple[set[int], set[int]]:
    """Numbers of the rows and columns of a sheet that are hidden, or so low or narrow that nothing shows."""
    rows: set[int] = set()
    columns: set[int] = set()
    with packed.open(path) as stream:
        last = 0
        for event, each in iterparse(stream, ("start", "end")):
            if event == "start" and each.tag == f"{SPREAD}row":
                last = int(each.get("r") or last + 1)
                if each.get("hidden") in ("1", "true") or float(each.get("ht") or 15) < LEAST_HIGH:
                    rows.add(last)
                if last > MOST_ROWS:
                    break
            elif event == "start" and each.tag == f"{SPREAD}col" and (each.get("hidden") in ("1", "true") or float(each.get("width") or 8) < LEAST_WIDE):
                columns.update(range(int(each.get("min") or 1), min(MOST_COLUMNS, int(each.get("max") or 1)) + 1))
            elif event == "end" and each.tag == f"{SPREAD}row":
                each.clear()
    return rows, columns


def _unseen(cell: Any, known: dict[int, bool]) -> bool:
    """Whether the style of a cell leaves nothing to see: white letters on white, a letter too small, a format that shows nothing."""
    style = getattr(cell, "_style_id", None)
    if style is None:
        return False
    if style not in known:
        font, fill = cell.font, cell.fill
        white = _white(font.color) if font is not None and font.color is not None else False
        plain = fill is None or fill.fill_type is None or _white(fill.fgColor)
        known[style] = bool(white and plain or (font is not None and font.sz is not None and font.sz < SMALLEST) or cell.number_format.replace(" ", "") in (";;;", ";;"))
    return known[style]


def _white(colour: Any) -> bool:
    """Whether a colour of a workbook is as light as paper; the first of its theme is."""
    if getattr(colour, "type", "") == "theme":
        return bool(colour.theme == 0 and not colour.tint)
    if getattr(colour, "type", "") == "indexed":
        return colour.indexed in (1, 9)
    text = str(getattr(colour, "rgb", "") or "")
    return len(text) == 8 and all(int(text[i : i + 2], 16) > 246 for i in (2, 4, 6))
