"""Reads an official export of the tariff (CSV or JSON) into rows of facts and text, or says what is wrong with the file."""

from __future__ import annotations

import csv
import hashlib
import html
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from landed.errors import LandedError
from landed.lawbook.rate_text import tidy

MAX_BYTES = 100_000_000  # an export with footnotes is about 15 MB
MAX_CELL = 20_000  # the longest article description has about 2,500 characters
MAX_ROWS = 500_000

_NUMBER = re.compile(r"[0-9]{4}(?:\.[0-9]{2}){0,3}")
_COLUMNS = ("hts number", "indent", "description", "unit of quantity", "general rate of duty", "special rate of duty", "column 2 rate of duty")
_JSON_KEYS = ("htsno", "indent", "description", "units", "general", "special", "other")


@dataclass(frozen=True, slots=True)
class Footnote:
    """A footnote of the JSON form: the columns it stands on and its text."""

    columns: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One printed line: `number` as digits ("" for a line without one), the texts tidied, units as printed."""

    number: str
    indent: int
    description: str
    units: tuple[str, ...]
    general: str
    special: str
    column_2: str
    quota: str = ""
    additional_duties: str = ""
    footnotes: tuple[Footnote, ...] = ()


@dataclass(frozen=True, slots=True)
class Export:
    """A whole export: the rows in printed order, the form ("csv" or "json"), and the SHA-256 of the file."""

    rows: tuple[ExportRow, ...]
    form: str
    sha256: str


@dataclass(frozen=True, slots=True)
class RatedLine:
    """A numbered line with the rates that hold for it; `rate_number` is the line that prints the general rate ("" = none)."""

    row: ExportRow
    general: str
    special: str
    column_2: str
    rate_number: str
    parent: str  # digits of the nearest numbered line above it, "" for none


def read_export(path: Path | str) -> Export:
    """Read an official export file, CSV or JSON by its content.

    Raises LandedError BAD_EXPORT with `reason` in: missing, empty, too_large, encoding, html, not_an_export,
    truncated, unclosed_quote, bad_row, bad_number, no_rows.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            _refuse("too_large", f"expected at most {MAX_BYTES:,} bytes, got {path.stat().st_size:,}", path.name)
        data = path.read_bytes()
    except OSError as error:
        raise LandedError(
            "BAD_EXPORT", f"expected a readable file, got {error.strerror}", where=path.name, mend="Check the path.", reason="missing"
        ) from None
    return read_export_bytes(data, path.name)


def read_export_bytes(data: bytes, name: str = "export") -> Export:
    """`read_export` for bytes already in hand; `name` is used in errors."""
    if len(data) > MAX_BYTES:
        _refuse("too_large", f"expected at most {MAX_BYTES:,} bytes, got {len(data):,}", name)
    if not data.strip(b"\xef\xbb\xbf \t\r\n\x00"):
        _refuse("empty", "expected an export, got an empty file", name)
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        _refuse("encoding", f"expected {encoding} text, got an undecodable byte at {error.start}", name)
    start = text.lstrip()[:200].lower()
    if start.startswith(("<!doctype", "<html", "<?xml", "<head", "<body")):
        _refuse("html", "expected an export, got a web page", name)
    if start.startswith(("[", "{")):
        rows, form = tuple(_json_rows(text, name)), "json"
    else:
        rows, form = tuple(_csv_rows(text, name)), "csv"
    if not any(row.number for row in rows):
        _refuse("no_rows", "expected numbered tariff lines, got none", name)
    return Export(rows, form, hashlib.sha256(data).hexdigest())


def rated_lines(rows: tuple[ExportRow, ...]) -> Iterator[RatedLine]:
    """Every numbered line with its rates, each column inherited from the nearest ancestor by indent that prints it.

    A line that prints a general rate has its own special column, blank or not.
    """
    stack: list[tuple[int, str, str, str, str, str]] = []  # indent, number, general, special, column 2, rate number
    for row in rows:
        while stack and stack[-1][0] >= row.indent:
            stack.pop()
        above = stack[-1] if stack else (-1, "", "", "", "", "")
        parent = next((entry[1] for entry in reversed(stack) if entry[1]), "")
        general, special, column_2, rate_number = row.general, row.special, row.column_2, row.number
        if not general:
            general, rate_number = above[2], above[5]
            special = special or above[3]
        column_2 = column_2 or above[4]
        if not row.number and (row.general or row.column_2):
            rate_number = above[5]
        stack.append((row.indent, row.number, general, special, column_2, rate_number if general else ""))
        if row.number:
            yield RatedLine(row, general, special, column_2, rate_number if general else "", parent)


def _refuse(reason: str, detail: str, where: str) -> NoReturn:
    raise LandedError(
        "BAD_EXPORT",
        detail,
        where=where,
        mend="Download the export again from the official tariff site (Export, CSV or JSON) and leave it as it is.",
        reason=reason,
    )


def _csv_rows(text: str, name: str) -> Iterator[ExportRow]:
    previous = csv.field_size_limit(MAX_CELL)
    try:
        yield from _read_csv(text, name)
    except csv.Error as error:
        _refuse(
            "unclosed_quote" if "field larger" in str(error) else "bad_row", f"expected cells under {MAX_CELL:,} characters, got: {error}", name
        )
    finally:
        csv.field_size_limit(previous)


def _read_csv(text: str, name: str) -> Iterator[ExportRow]:
    reader = csv.reader(io.StringIO(text, newline=""))
    header = [cell.strip().lower() for cell in next(reader, [])]
    if [h for h in _COLUMNS if h not in header]:
        _refuse("not_an_export", f"expected the columns {', '.join(_COLUMNS)}; got {', '.join(header)[:120]!r}", f"{name}, line 1")
    at = [header.index(column) for column in _COLUMNS]
    quota = header.index("quota quantity") if "quota quantity" in header else -1
    additional = header.index("additional duties") if "additional duties" in header else -1
    for cells in reader:
        if not any(cells):
            continue
        where = f"{name}, line {reader.line_num}"
        if len(cells) < len(header):
            # A short last row is a cut file; a short row elsewhere is a mangled one.
            cut = next(reader, None) is None
            _refuse("truncated" if cut else "bad_row", f"expected {len(header)} cells, got {len(cells)}", where)
        if len(cells) > len(header) and any(cells[len(header) :]):
            _refuse("bad_row", f"expected {len(header)} cells, got {len(cells)}", where)
        if reader.line_num > MAX_ROWS:
            _refuse("too_large", f"expected at most {MAX_ROWS:,} lines, got more", where)
        number, indent, description, units, general, special, column_2 = (cells[i] for i in at)
        yield _row(
            number,
            indent,
            description,
            _units_of_cell(units),
            (general, special, column_2),
            (cells[quota] if quota >= 0 else "", cells[additional] if additional >= 0 else ""),
            (),
            where,
        )


def _json_rows(text: str, name: str) -> Iterator[ExportRow]:
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        at_end = getattr(error, "pos", 0) >= len(text.rstrip()) - 1 or "Unterminated" in str(error)
        _refuse("truncated" if at_end else "not_an_export", f"expected JSON, got {str(error)[:100]}", name)
    if isinstance(document, dict):
        document = next((v for v in document.values() if isinstance(v, list)), None)
    if not isinstance(document, list) or not document or not isinstance(document[0], dict):
        _refuse("not_an_export", "expected a JSON list of tariff lines, got something else", name)
    if len(document) > MAX_ROWS:
        _refuse("too_large", f"expected at most {MAX_ROWS:,} lines, got {len(document):,}", name)
    for index, entry in enumerate(document):
        where = f"{name}, entry {index + 1}"
        if not isinstance(entry, dict) or any(key not in entry for key in _JSON_KEYS):
            _refuse("not_an_export", f"expected the keys {', '.join(_JSON_KEYS)}; got {str(entry)[:80]!r}", where)
        cells = {key: _json_text(entry.get(key), where) for key in ("htsno", "indent", "description", "general", "special", "other", "quotaQuantity")}
        extra = _json_text(entry.get("additionalDuties") or entry.get("addiitionalDuties"), where)
        units = entry["units"] if isinstance(entry["units"], list) else _units_of_cell(_json_text(entry["units"], where))
        yield _row(
            cells["htsno"],
            cells["indent"],
            cells["description"],
            tuple(str(u) for u in units if u is not None),
            (cells["general"], cells["special"], cells["other"]),
            (cells["quotaQuantity"], extra),
            tuple(_footnotes(entry.get("footnotes"))),
            where,
        )


def _json_text(value: object, where: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        _refuse("bad_row", f"expected text, got {str(value)[:60]!r}", where)
    text = value if isinstance(value, str) else str(value)[:40]
    if len(text) > MAX_CELL:
        _refuse("bad_row", f"expected cells under {MAX_CELL:,} characters, got {len(text):,}", where)
    return text


def _footnotes(value: object) -> Iterator[Footnote]:
    for note in value if isinstance(value, list) else ():
        if isinstance(note, dict) and isinstance(note.get("value"), str):
            columns = note.get("columns")
            yield Footnote(tuple(str(c) for c in columns) if isinstance(columns, list) else (), tidy(note["value"]))


def _row(
    number: str,
    indent: str,
    description: str,
    units: tuple[str, ...],
    rates: tuple[str, str, str],
    extras: tuple[str, str],
    footnotes: tuple[Footnote, ...],
    where: str,
) -> ExportRow:
    number = number.strip()
    if number and not _NUMBER.fullmatch(number):
        _refuse("bad_number", f"expected a tariff number such as 0101.21.00.10, got {number[:40]!r} (a spreadsheet may have rewritten it)", where)
    if not (indent.strip().isascii() and indent.strip().isdigit() and int(indent.strip()[:6]) < 40):
        _refuse("bad_row", f"expected an indent from 0 to 39, got {indent[:40]!r}", where)
    general, special, column_2 = (tidy(html.unescape(rate)) if rate else "" for rate in rates)
    printed = tuple(u for unit in units for u in tidy(unit).split(" and ") if u)
    return ExportRow(
        number.replace(".", ""),
        int(indent),
        description,
        printed,
        general,
        special,
        column_2,
        tidy(extras[0]) if extras[0] else "",
        tidy(extras[1]) if extras[1] else "",
        footnotes,
    )


def _units_of_cell(cell: str) -> tuple[str, ...]:
    """The units of a CSV cell: a JSON list as published, or what a spreadsheet left of one."""
    cell = cell.strip()
    if not cell:
        return ()
    try:
        listed = json.loads(cell)
        if isinstance(listed, list):
            return tuple(str(u) for u in listed if u is not None)
    except (ValueError, RecursionError):
        pass
    return tuple(piece.strip(" \"'") for piece in cell.strip("[]").split(","))
