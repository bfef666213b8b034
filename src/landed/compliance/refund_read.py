"""Reads an entry-summary report (CSV) into entries with the added duties paid on each; checks entry numbers."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from landed.errors import LandedError

MOST_BYTES = 200_000_000
_NAMES = {
    "entry_number": ("entry number", "entry summary number", "entry no", "entry"),
    "entry_date": ("entry date", "date of entry"),
    "entry_type": ("entry type", "entry type code", "type"),
    "importer": ("importer number", "importer of record", "importer of record number", "ior number", "importer"),
    "heading": ("hts number", "hts", "heading", "tariff number", "chapter 99 number", "hts number full"),
    "duty": ("duty", "duty amount", "line duty amount", "paid duty", "line tariff duty amount"),
    "deposit_date": ("deposit date", "payment date", "entry summary date", "summary date"),
    "liquidation_date": ("liquidation date", "liquidated on"),
    "reconciliation": ("reconciliation", "reconciliation flag", "recon indicator"),
    "reconciliation_filed": ("reconciliation filed", "recon filed"),
    "drawback": ("drawback", "drawback flag"),
    "protest": ("protest", "protest pending"),
    "ad_cvd": ("ad cvd", "adcvd", "ad/cvd", "suspended"),
}
_NEEDED = ("entry_number", "entry_date", "heading", "duty")


@dataclass(frozen=True, slots=True)
class PaidEntry:
    """One entry with the duty paid by heading, in US dollars; `rows` are its lines in the file; flags are as reported."""

    number: str
    entry_date: date
    deposit_date: date
    entry_type: str
    importer: str
    liquidation_date: date | None
    reconciliation: bool
    reconciliation_filed: bool
    drawback: bool
    protest: bool
    ad_cvd: bool
    paid: tuple[tuple[str, Decimal], ...]
    rows: tuple[int, ...]


def check_digit(first_ten: str) -> int:
    """The check digit of a filer code with seven digits: letters as 1 to 9 (A, J) and 2 to 9 (S), every other digit doubled from the right."""
    digits = [int(c) if c.isdigit() else (ord(c) - ord("A")) % 9 + 1 if c < "S" else ord(c) - ord("S") + 2 for c in first_ten]
    whole = sum(sum(divmod(d * 2, 10)) if n % 2 == 0 else d for n, d in enumerate(reversed(digits)))
    return -whole % 10


def sound_number(number: str) -> bool:
    """Whether an entry number (without dashes, in capitals) has its shape and its check digit."""
    return bool(re.fullmatch(r"[A-Z0-9]{3}\d{8}", number)) and check_digit(number[:10]) == int(number[10])


def read_entries(content: bytes, where: str = "file") -> tuple[PaidEntry, ...]:
    """Entries in the order of the file, lines of one number together; raises LandedError BAD_ENTRY_REPORT (every fault in `errors`)."""

    def bad(detail: str, reason: str, **extra: object) -> LandedError:
        return LandedError("BAD_ENTRY_REPORT", detail, where=where, mend="Export the entry summary lines as CSV with entry number, entry date, HTS number and duty.", reason=reason, **extra)

    if not content.strip():
        raise bad("expected an entry-summary report, got an empty file", "empty")
    if len(content) > MOST_BYTES:
        raise bad(f"expected at most {MOST_BYTES:,} bytes, got {len(content):,}", "too_large")
    if b"\x00" in content[:4000]:
        raise bad("expected text, got binary data or UTF-16", "encoding")
    if re.match(rb"\s*<(?:!doctype|html)", content[:200], re.IGNORECASE):
        raise bad("expected CSV, got a web page", "html")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise bad("expected UTF-8", "encoding") from None
    try:
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise bad(f"expected rows of values, got {error}", "row") from None
    head = [re.sub(r"[^a-z0-9/]+", " ", cell.lower()).strip() for cell in rows[0]]
    places = {name: next((head.index(each) for each in (name.replace("_", " "), *others) if each in head), None) for name, others in _NAMES.items()}
    if missing := [name for name in _NEEDED if places[name] is None]:
        raise bad(f"expected a column {missing[0]!r}", "columns")
    found: dict[str, list[tuple[int, dict[str, str]]]] = {}
    errors: list[str] = []
    for line, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        cells = {name: row[place].strip() if place is not None and place < len(row) else "" for name, place in places.items()}
        try:
            cells["duty"] = str(_amount(cells["duty"]))
            for name in ("entry_date", "deposit_date", "liquidation_date"):
                cells[name] = _day(cells[name])
            if not cells["entry_date"]:
                raise ValueError("no entry date")
        except ValueError as error:
            errors.append(f"line {line}: {error}")
            continue
        found.setdefault(re.sub(r"[^A-Z0-9]", "", cells["entry_number"].upper()), []).append((line, cells))
    if errors:
        raise bad(f"{len(errors)} lines cannot be read: {errors[0]}", "row", errors=errors[:100])
    if not found:
        raise bad("expected entries, got none", "empty")
    return tuple(_entry(number, rows_) for number, rows_ in found.items())


def _entry(number: str, rows: list[tuple[int, dict[str, str]]]) -> PaidEntry:
    first = rows[0][1]
    paid: dict[str, Decimal] = {}
    for _, cells in rows:
        digits = re.sub(r"\D", "", cells["heading"])
        paid[digits] = paid.get(digits, Decimal(0)) + Decimal(cells["duty"])

    def any_of(name: str) -> bool:
        return any(cells[name].lower() in ("y", "yes", "true", "1", "x") for _, cells in rows)

    entered = date.fromisoformat(first["entry_date"])
    return PaidEntry(
        number,
        entered,
        date.fromisoformat(first["deposit_date"]) if first["deposit_date"] else entered,
        first["entry_type"].zfill(2)[:2] if first["entry_type"] else "",
        first["importer"],
        date.fromisoformat(first["liquidation_date"]) if first["liquidation_date"] else None,
        any_of("reconciliation"),
        any_of("reconciliation_filed"),
        any_of("drawback"),
        any_of("protest"),
        any_of("ad_cvd"),
        tuple(paid.items()),
        tuple(line for line, _ in rows),
    )


def _amount(text: str) -> Decimal:
    try:
        found = Decimal(text.replace(",", "").replace("$", "") or "0")
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0:
        raise ValueError(f"{text[:30]!r} is no amount of duty")
    return found


def _day(text: str) -> str:
    if not text:
        return ""
    if found := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text):
        text = f"{found[3]}-{int(found[1]):02}-{int(found[2]):02}"
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise ValueError(f"{text[:30]!r} is no day") from None
