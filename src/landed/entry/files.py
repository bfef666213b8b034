"""Reads entry documents from files (TOML, JSON, XLSX, CSV) and refuses what is unsafe; writes results aside and renames."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from landed.errors import LandedError

MAX_BYTES = 50_000_000  # an entry document is small; a catalogue belongs in the batch
MAX_UNPACKED = 200_000_000
MAX_RATIO = 200  # a sheet of text packs to a tenth; a bomb to a thousandth
MAX_ROWS = 10_000
MAX_COLUMNS = 200
OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # an encrypted workbook, or one of the old binary format
TABLES = {"entry": "entry", "cost": "cost", "lines": "lines", "charges": "charges", "additions": "additions", "exchange rates": "exchange_rates", "exchange_rates": "exchange_rates"}


def read_document(path: Path) -> dict[str, Any]:
    """An entry or cost document as plain data, by the file's ending.

    Raises FILE_NOT_FOUND, FILE_TOO_LARGE, UNKNOWN_FORMAT, UNREADABLE_FILE, PROTECTED_WORKBOOK, MACRO_WORKBOOK, FORMULA_CELL, ZIP_BOMB.
    """
    data = read_bytes(path)
    suffix = path.suffix.lower()
    if suffix in (".xlsx", ".xlsm", ".xls", ".xlsb"):
        return read_workbook(path)
    if suffix == ".toml":
        import tomllib

        try:
            return tomllib.loads(_text(data, path), parse_float=Decimal)
        except tomllib.TOMLDecodeError as bad:
            raise LandedError("UNREADABLE_FILE", f"{path.name} is not TOML: {bad}", where=path.name, mend="Mend the line it names.") from None
    if suffix == ".json":
        return read_json(data, path)
    if suffix == ".csv":
        return {"lines": read_csv_rows(_text(data, path), path.name)}
    raise LandedError("UNKNOWN_FORMAT", f"expected .toml, .json, .xlsx or .csv, got {suffix or path.name!r}", where=path.name, mend="Save it as one of them.")


def read_bytes(path: Path) -> bytes:
    """The bytes of a file within the size limit."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise LandedError("FILE_TOO_LARGE", f"{path.name} has {path.stat().st_size:,} bytes; an entry document has at most {MAX_BYTES:,}", where=path.name, mend="Use `landed batch` for catalogues.")
        return path.read_bytes()
    except OSError as bad:
        raise LandedError("FILE_NOT_FOUND", f"{path.name} cannot be read: {bad.strerror}", where=path.name, mend="Check the path.") from None


def read_json(data: bytes, path: Path) -> dict[str, Any]:
    """A JSON object whose numbers keep every digit."""
    try:
        found = json.loads(_text(data, path), parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as bad:
        raise LandedError("UNREADABLE_FILE", f"{path.name} is not JSON: {bad}", where=path.name, mend="Mend the place it names.") from None
    if not isinstance(found, dict):
        raise LandedError("UNREADABLE_FILE", f"{path.name}: expected an object, got a {type(found).__name__}", where=path.name, mend="See docs/entry.md.")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _text(data: bytes, path: Path) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        raise LandedError("UNREADABLE_FILE", f"{path.name} is not UTF-8 text (byte {bad.start})", where=path.name, mend="Save it as UTF-8.") from None


def read_csv_rows(text: str, name: str) -> list[dict[str, Any]]:
    """CSV rows as mappings; blank cells are left out, dotted columns become nested (claims.spi)."""
    import csv
    from io import StringIO

    try:
        reader = csv.DictReader(StringIO(text), strict=True)
        rows = []
        for number, raw in enumerate(reader, 2):
            if number > MAX_ROWS + 1:
                raise LandedError("FILE_TOO_LARGE", f"{name} has more than {MAX_ROWS} rows", where=name, mend="Use `landed batch` for catalogues.")
            if None in raw:
                raise LandedError("UNREADABLE_FILE", f"row {number} has more cells than the header", where=f"{name}, row {number}", mend="Quote cells that hold a comma.")
            row = nested({str(k).strip(): v.strip() for k, v in raw.items() if isinstance(v, str) and v.strip()})
            if row:
                rows.append(row)
    except csv.Error as bad:
        raise LandedError("UNREADABLE_FILE", f"{name} is not CSV: {bad}", where=name, mend="Save it as CSV with a header row.") from None
    return rows


def nested(row: Mapping[str, Any]) -> dict[str, Any]:
    """Columns with dots as nested objects: claims.spi -> {claims: {spi: ...}}. Charges become a list."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        place = found
        *parents, last = str(name).split(".")
        for parent in parents:
            place = place.setdefault(parent, {})
            if not isinstance(place, dict):
                raise LandedError("UNREADABLE_FILE", f"the column {name!r} stands beside a column {parent!r}", where=name, mend="Keep one of the two.")
        place[last] = value
    charges = found.get("charges")
    if isinstance(charges, dict):
        found["charges"] = [{"kind": kind, **(c if isinstance(c, dict) else {"amount": c})} for kind, c in charges.items()]
    return found


def check_workbook(path: Path) -> None:
    """Refuse a workbook that is protected, holds macros, or would unpack to something huge."""
    import zipfile

    with path.open("rb") as handle:
        head = handle.read(8)
    if head == OLE:
        raise LandedError("PROTECTED_WORKBOOK", f"{path.name} is protected by a password (or is an old .xls)", where=path.name, mend="Open it, remove the password, save it as .xlsx.")
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError):
        raise LandedError("UNREADABLE_FILE", f"{path.name} is no workbook", where=path.name, mend="Save it as .xlsx.") from None
    unpacked = sum(part.file_size for part in parts)
    packed = max(1, sum(part.compress_size for part in parts))
    if unpacked > MAX_UNPACKED or (unpacked > 10_000_000 and unpacked / packed > MAX_RATIO):
        raise LandedError("ZIP_BOMB", f"{path.name} would unpack to {unpacked:,} bytes from {packed:,}", where=path.name, mend="Save only the rows and columns in use.")
    if path.suffix.lower() in (".xlsm", ".xlsb") or any("vbaproject" in part.filename.lower() for part in parts):
        raise LandedError("MACRO_WORKBOOK", f"{path.name} holds macros", where=path.name, mend="Save it as .xlsx without macros.")


def read_workbook(path: Path) -> dict[str, Any]:
    """The sheets Entry, Cost (name and value), Lines, Charges, Additions and Exchange rates of a workbook.

    Raises what `check_workbook` raises and FORMULA_CELL naming the first cell that holds a formula.
    """
    check_workbook(path)
    try:
        import openpyxl  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        raise LandedError("EXTRA_REQUIRED", "workbooks need openpyxl, which is not installed", mend="pip install 'landed[frames]'.") from None

    try:
        book = openpyxl.load_workbook(path, read_only=False, data_only=False, keep_links=False)
    except Exception as bad:
        raise LandedError("UNREADABLE_FILE", f"{path.name} cannot be read as a workbook: {type(bad).__name__}", where=path.name, mend="Open it and save it anew as .xlsx.") from None
    found: dict[str, Any] = {}
    for sheet in book.worksheets:
        name = TABLES.get(sheet.title.strip().lower())
        if name is None:
            continue
        if sheet.max_row > MAX_ROWS or sheet.max_column > MAX_COLUMNS:
            raise LandedError("FILE_TOO_LARGE", f"sheet {sheet.title}: {sheet.max_row} rows by {sheet.max_column} columns", where=sheet.title, mend="Delete unused rows and columns.")
        rows = [[_cell(cell, sheet.title) for cell in row] for row in sheet.iter_rows()]
        found[name] = _pairs(rows) if name in ("entry", "cost", "exchange_rates") else _records(rows, sheet.title)
    if "lines" not in found:
        raise LandedError("UNREADABLE_FILE", f"{path.name} has no sheet named Lines", where=path.name, mend="Start from `landed entry template OUT.xlsx`.")
    return {k: v for k, v in found.items() if v or k == "lines"}


def _cell(cell: Any, sheet: str) -> Any:
    value = cell.value
    if cell.data_type == "f" or (isinstance(value, str) and value.startswith("=")):
        raise LandedError("FORMULA_CELL", f"the cell holds a formula ({str(value)[:40]})", where=f"{sheet}!{cell.coordinate}", mend="Paste it as a value: what a formula shows cannot be vouched for.")
    if cell.data_type == "e":
        raise LandedError("UNREADABLE_FILE", f"the cell holds an error ({value})", where=f"{sheet}!{cell.coordinate}", mend="Write the value.")
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, str):
        return value.strip()
    return value


def _pairs(rows: list[list[Any]]) -> dict[str, Any]:
    """Two columns, name and value; the header row (field, value) is passed over."""
    found = {}
    for row in rows:
        if len(row) >= 2 and row[0] not in (None, "", "field", "currency") and row[1] not in (None, ""):
            found[str(row[0]).strip()] = row[1]
    return nested(found)


def _records(rows: list[list[Any]], sheet: str) -> list[dict[str, Any]]:
    if not rows:
        return []
    header = [str(h).strip() if h not in (None, "") else "" for h in rows[0]]
    if len({h for h in header if h}) < len([h for h in header if h]):
        raise LandedError("UNREADABLE_FILE", "two columns have one name", where=sheet, mend="Name every column once.")
    found = []
    for row in rows[1:]:
        record = {name: (_code(value) if name == "hts_code" else value) for name, value in zip(header, row, strict=False) if name and value not in (None, "")}
        if record:
            found.append(nested(record))
    return found


def _code(value: Any) -> Any:
    """A code that the sheet kept as a number has lost its leading zero; ten digits tell."""
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        text = str(int(value)) if value == int(value) else str(value)
        return text.zfill(10) if len(text) == 9 else text
    return value


def write_aside(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: beside its place first, then renamed onto it."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as bad:
        raise LandedError("CANNOT_WRITE", f"{path.parent} cannot be written: {bad.strerror}", where=str(path), mend="Choose another folder.") from None
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def plain(value: Any) -> Any:
    """A value of an input document as JSON data."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
