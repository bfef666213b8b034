"""Reads documents of tables (workbook, folder of CSV, CSV, JSON, TOML) and turns places in them back into cells."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from landed.entry.files import _cell, check_workbook, read_bytes, read_json
from landed.errors import LandedError

MAX_ROWS = 200_000


@dataclass
class Document:
    """Tables as data and, for sheets, where each cell of them stands."""

    data: dict[str, Any]
    sheets: dict[str, tuple[str, tuple[str, ...], tuple[int, ...], str]] = field(default_factory=dict)  # table -> (title, header, row numbers, kind)

    def place(self, where: str) -> str:
        """A place such as projects[3].capacity as a cell, Projects!C4; unchanged where there is no sheet."""
        found = re.fullmatch(r"(\w+)\[(\d+)\](?:\.([\w %-]+))?.*", where)
        if not found or found[1] not in self.sheets:
            return where
        title, header, rows, kind = self.sheets[found[1]]
        number = int(found[2])
        row = rows[number - 1] if 0 < number <= len(rows) else number + 1
        name = found[3] or ""
        column = next((n for n, head in enumerate(header) if head == name or head.startswith(name.rstrip("s") + " ")), None) if name else None
        if kind == "csv":
            return f"{title}, row {row}" + (f", column {header[column]}" if column is not None else "")
        from openpyxl.utils import get_column_letter  # type: ignore[import-untyped, unused-ignore]

        return f"{title}!{get_column_letter(column + 1)}{row}" if column is not None else f"{title}!{row}:{row}"


@contextmanager
def at_cells(document: Document) -> Iterator[None]:
    """Errors raised within name cells of the document's sheets."""
    try:
        yield
    except LandedError as error:
        error.where = document.place(error.where)
        for row in error.extra.get("errors") or ():
            row["where"] = document.place(row["where"])
        raise


def read_tables(path: Path, tables: Sequence[str], settings: Sequence[str] = ()) -> Document:
    """A document from a file or a folder: a table per sheet or CSV file, `settings` as two columns (name, value).

    Raises FILE_NOT_FOUND, UNKNOWN_FORMAT, UNREADABLE_FILE, FILE_TOO_LARGE, FORMULA_CELL, PROTECTED_WORKBOOK, MACRO_WORKBOOK, ZIP_BOMB.
    """
    if path.is_dir():
        found = Document({})
        for file in sorted(path.iterdir()):
            name = file.stem.lower().replace(" ", "_")
            if file.suffix.lower() == ".csv" and name in (*tables, *settings):
                _take(found, name, file.name, _csv_rows(file), "csv", name in settings)
        if not found.data:
            raise LandedError("FILE_NOT_FOUND", f"the folder {path.name} holds none of {', '.join(f'{t}.csv' for t in tables)}", where=path.name, mend="Name the files after the tables.")
        return found
    suffix = path.suffix.lower()
    if suffix == ".json":
        return Document(read_json(read_bytes(path), path))
    if suffix in (".toml", ".yaml", ".yml"):
        return Document(_text_document(path, suffix))
    if suffix == ".csv":
        found = Document({})
        name = path.stem.lower()
        _take(found, name if name in tables else tables[0], path.name, _csv_rows(path), "csv", False)
        return found
    if suffix in (".xlsx", ".xlsm", ".xls", ".xlsb"):
        return _workbook(path, tables, settings)
    raise LandedError("UNKNOWN_FORMAT", f"expected .xlsx, .csv, .json, .toml, .yaml or a folder of CSV files, got {suffix or path.name!r}", where=path.name, mend="Save it as one of them.")


def _text_document(path: Path, suffix: str) -> dict[str, Any]:
    data = read_bytes(path)
    if suffix == ".toml":
        from landed.entry.files import read_document

        return read_document(path)
    from landed.lawbook.load import parse_yaml

    try:
        found = parse_yaml(data, path.name)
    except LandedError as bad:
        raise LandedError("UNREADABLE_FILE", bad.detail, where=path.name, mend="Mend the line it names.") from None
    if not isinstance(found, dict):
        raise LandedError("UNREADABLE_FILE", f"{path.name}: expected a mapping", where=path.name, mend="Name the tables.")
    return found


def _csv_rows(path: Path) -> list[list[Any]]:
    try:
        text = read_bytes(path).decode("utf-8-sig")
        rows = list(csv.reader(StringIO(text), strict=True))
    except UnicodeDecodeError as bad:
        raise LandedError("UNREADABLE_FILE", f"{path.name} is not UTF-8 text (byte {bad.start})", where=path.name, mend="Save it as UTF-8.") from None
    except csv.Error as bad:
        raise LandedError("UNREADABLE_FILE", f"{path.name} is not CSV: {bad}", where=path.name, mend="Save it as CSV with a header row.") from None
    return [list(row) for row in rows]


def _workbook(path: Path, tables: Sequence[str], settings: Sequence[str]) -> Document:
    check_workbook(path)
    try:
        import openpyxl  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        raise LandedError("EXTRA_REQUIRED", "workbooks need openpyxl, which is not installed", mend="pip install 'landed[frames]'.") from None
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=False, keep_links=False)
    except Exception as bad:
        raise LandedError("UNREADABLE_FILE", f"{path.name} cannot be read as a workbook: {type(bad).__name__}", where=path.name, mend="Open it and save it anew as .xlsx.") from None
    found = Document({})
    for sheet in book.worksheets:
        name = sheet.title.strip().lower().replace(" ", "_")
        if name in tables or name in settings:
            _take(found, name, sheet.title, [[_cell(c, sheet.title) for c in row] for row in sheet.iter_rows()], "xlsx", name in settings)
    book.close()
    if not found.data:
        raise LandedError("UNREADABLE_FILE", f"{path.name} has none of the sheets {', '.join(tables)}", where=path.name, mend="Name the sheets after the tables.")
    return found


def _take(found: Document, name: str, title: str, rows: list[list[Any]], kind: str, pairs: bool) -> None:
    if len(rows) > MAX_ROWS:
        raise LandedError("FILE_TOO_LARGE", f"{title} has {len(rows):,} rows; at most {MAX_ROWS:,}", where=title, mend="Delete unused rows.")
    if pairs:
        found.data[name] = {str(row[0]).strip().lower(): row[1] for row in rows if len(row) > 1 and row[0] not in (None, "", "setting", "field") and row[1] not in (None, "")}
        return
    header = [str(h).strip().lower() if h is not None else "" for h in (rows[0] if rows else [])]
    named = [h for h in header if h]
    twice = next((h for h in named if named.count(h) > 1), None)
    if twice:
        raise LandedError("UNREADABLE_FILE", f"two columns are named {twice!r}", where=title, mend="Name every column once.")
    records, numbers = [], []
    for number, row in enumerate(rows[1:], 2):
        if kind == "csv" and len(row) > len(header):
            raise LandedError("UNREADABLE_FILE", f"row {number} has more cells than the header", where=f"{title}, row {number}", mend="Quote cells that hold a comma.")
        record = {h: (v.strip() if isinstance(v, str) else v) for h, v in zip(header, row, strict=False) if h and v not in (None, "")}
        if record:
            records.append(record)
            numbers.append(number)
    found.data[name] = records
    found.sheets[name] = (title, tuple(header), tuple(numbers), kind)


def workbook(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    """A workbook of sheets given as rows (the first is the header); texts stay texts, Decimals become numbers."""
    from decimal import Decimal

    from landed.entry.sheets import open_book

    book, out = open_book()
    bold = book.add_format({"bold": True, "bottom": 1})
    for title, rows in sheets.items():
        page = book.add_worksheet(title)
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if value is None:
                    continue
                if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
                    page.write_number(r, c, float(value))
                else:
                    page.write_string(r, c, str(value), bold if r == 0 else None)
        page.freeze_panes(1, 0)
        page.autofit()
    book.close()
    return bytes(out.getvalue())
