"""Reads an entry as it was filed (CSV or JSON): header, headings by line with rate, base and duty, fees and totals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from landed.duty.request import read_amount
from landed.entry.files import _text, read_bytes, read_csv_rows, read_json
from landed.entry.filing import summary_form
from landed.errors import LandedError
from landed.schedule.codes import dotted

PARTS = ("header", "item", "fee", "fee share", "total", "claim", "fact", "quantity")


@dataclass(frozen=True, slots=True)
class FiledRow:
    """One heading as filed; None where the filing does not say."""

    heading: str
    rate: str
    base: Decimal | None
    duty: Decimal


@dataclass(slots=True)
class FiledLine:
    """One line as filed, with the claims, facts and quantities that stand behind it."""

    number: int
    origin: str = ""
    entered_value: Decimal | None = None
    rows: list[FiledRow] = field(default_factory=list)
    claims: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    quantities: list[dict[str, str]] = field(default_factory=list)

    @property
    def tariff_heading(self) -> str:
        """The number of chapters 1 to 97; raises INVALID_FILING where there is none or more than one."""
        own = [row.heading for row in self.rows if row.heading[:2] not in ("98", "99") and row.heading[:1].isdigit()]
        if len(own) != 1:
            raise LandedError("INVALID_FILING", f"expected one heading of chapters 1 to 97, got {', '.join(own) or 'none'}", where=f"line {self.number}", mend="Give every line its tariff number once.")
        return own[0]


@dataclass(frozen=True, slots=True)
class Filed:
    """An entry as filed. Fees and totals by class code and by block number, US dollars."""

    header: Mapping[str, Any]
    lines: tuple[FiledLine, ...]
    fees: Mapping[str, Decimal]
    totals: Mapping[str, Decimal]


def read_filed(path: Path) -> Filed:
    """A filed entry from CSV (the columns of the worksheet) or JSON ({entry, lines, fees, totals}).

    Raises INVALID_FILING naming the row, and what reading a file raises.
    """
    data = read_bytes(path)
    if path.suffix.lower() == ".csv":
        return _from_rows(read_csv_rows(_text(data, path), path.name), path.name)
    if path.suffix.lower() == ".json":
        return filed_of(read_json(data, path))
    raise LandedError("UNKNOWN_FORMAT", f"expected a filed entry as .csv or .json, got {path.suffix or path.name!r}", where=path.name, mend="See docs/entry.md.")


def filed_of(raw: Mapping[str, Any]) -> Filed:
    """A filed entry from plain data; raises INVALID_FILING."""
    lines = []
    for number, row in enumerate(_list(raw.get("lines"), "lines"), 1):
        where = f"line {number}"
        line = FiledLine(number, str(row.get("country_of_origin") or ""), _money(row.get("entered_value"), where))
        for item in _list(row.get("filed"), where):
            line.rows.append(FiledRow(heading_of(item.get("heading")), str(item.get("rate") or ""), _money(item.get("base"), where), _money(item.get("duty"), where) or Decimal("0.00")))
        line.claims, line.facts = dict(row.get("claims") or {}), dict(row.get("facts") or {})
        line.quantities = list(row.get("quantities") or ())
        lines.append(line)
    fees = {str(code): _money(v, f"fees.{code}") or Decimal("0.00") for code, v in (raw.get("fees") or {}).items()}
    totals = {str(block): _money(v, f"totals.{block}") or Decimal("0.00") for block, v in (raw.get("totals") or {}).items()}
    return Filed(dict(raw.get("entry") or {}), _checked(lines), fees, totals)


def _from_rows(rows: list[dict[str, Any]], name: str) -> Filed:
    header: dict[str, Any] = {}
    lines: dict[int, FiledLine] = {}
    fees: dict[str, Decimal] = {}
    totals: dict[str, Decimal] = {}
    for place, row in enumerate(rows, 2):
        where = f"{name}, row {place}"
        part, code = str(row.get("part", "")).lower(), str(row.get("code", ""))
        if part not in PARTS:
            raise LandedError("INVALID_FILING", f"part: expected one of {', '.join(PARTS)}, got {part!r}", where=where, mend="See docs/entry.md.")
        value = str(row.get("amount", "")).removeprefix("'")
        if part == "header":
            header.update(_header_field(code, value))
        elif part == "fee":
            fees[code] = fees.get(code, Decimal("0.00")) + (_money(value, where) or Decimal("0.00"))
        elif part == "total":
            totals[code] = _money(value, where) or Decimal("0.00")
        elif part != "fee share":
            _line_row(part, code, value, row, lines, where)
    return Filed(header, _checked(list(lines.values())), fees, totals)


def _line_row(part: str, code: str, value: str, row: Mapping[str, Any], lines: dict[int, FiledLine], where: str) -> None:
    try:
        number = int(str(row.get("line")))
    except ValueError:
        raise LandedError("INVALID_FILING", f"expected a line number, got {row.get('line')!r}", where=where, mend="Number the lines from 1.") from None
    line = lines.setdefault(number, FiledLine(number))
    if part == "claim":
        line.claims[code] = value
    elif part == "fact":
        line.facts[code] = value
    elif part == "quantity":
        line.quantities.append({"value": value, "unit": code})
    else:
        line.rows.append(FiledRow(heading_of(code), str(row.get("rate") or ""), _money(row.get("base"), where), _money(value, where) or Decimal("0.00")))
        line.origin = line.origin or str(row.get("origin") or "")
        stated = _money(row.get("entered_value"), where)
        line.entered_value = stated if line.entered_value is None else line.entered_value


def _header_field(code: str, value: str) -> dict[str, Any]:
    """A header row by field name or by block number of the form."""
    form = summary_form()
    name = next((str(b["field"]) for b in form["header"] if str(b["block"]) == code), code)
    if name == "mode_code":
        return {"transport_mode": next((mode for mode, n in form["modes"].items() if n == value.zfill(2)), "")}
    if name == "entry_type_code":
        return {"entry_type": next((kind for kind, n in form["entry_types"].items() if n == value.zfill(2) and kind != "ad_cvd"), "formal")}
    if name in ("country_of_origin", "summary_date"):
        return {}
    return {name: value}


def _checked(lines: list[FiledLine]) -> tuple[FiledLine, ...]:
    if not lines:
        raise LandedError("INVALID_FILING", "the filing has no lines", where="lines", mend="Give its line items.")
    for line in lines:
        if line.entered_value is None or not line.origin:
            raise LandedError("INVALID_FILING", "a line needs its entered value and country of origin", where=f"line {line.number}", mend="State them on the row of the tariff number.")
        line.tariff_heading  # noqa: B018 - raises where the line has no tariff number
    return tuple(lines)


def heading_of(raw: object) -> str:
    """A heading as the tariff prints it (dots in place); case numbers of orders stay as they are."""
    text = str(raw or "").strip()
    digits = text.replace(".", "").replace(" ", "")
    return dotted(digits) if digits.isdigit() and len(digits) >= 8 else text


def _money(raw: object, where: str) -> Decimal | None:
    return None if raw in (None, "") else read_amount(raw, where)


def _list(raw: object, where: str) -> list[Mapping[str, Any]]:
    rows = list(raw) if isinstance(raw, (list, tuple)) else []
    if not rows or not all(isinstance(row, Mapping) for row in rows):
        raise LandedError("INVALID_FILING", "expected a list of objects", where=where, mend="See docs/entry.md.")
    return rows
