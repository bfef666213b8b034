"""A catalogue of products classified at once: read from CSV or XLSX, answered in a table, queued for review by the money at stake."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from landed.errors import LandedError

COLUMNS: Mapping[str, str] = {
    "text": r"text|description|title|product( ?name)?|name|goods|item( description)?",
    "id": r"id|sku|reference|item (no|number)|part (no|number)|article",
    "origin": r"origin|country( ?of ?origin)?|coo|made in",
    "on": r"on|entry ?date|date",
    "value": r"value|customs ?value|amount|annual ?value",
    "category": r"category|categories|product type",
}
HEADINGS = (
    "place", "id", "text", "status", "hts_code", "probability", "band", "second_code", "second_probability", "same_duty", "at_stake_usd", "duty_usd",
    "question", "answers", "because", "error", "decision", "decided_code", "who", "when", "why",
)  # fmt: skip
LARGEST = 64 * 1024 * 1024  # bytes
MOST_CENTS = 10**15


def read_catalogue(path: Path | str, kind: str = "") -> list[dict[str, Any]]:
    """The products of a CSV, TSV or XLSX file: a column that names the goods is needed, others become attributes.

    `kind` (csv, xlsx) is for a file without an ending. Raises LandedError FILE_NOT_FOUND, FILE_TOO_LARGE, UNREADABLE_FILE, MISSING_COLUMN, EXTRA_REQUIRED.
    """
    path = Path(path)
    if not path.is_file():
        raise LandedError("FILE_NOT_FOUND", f"expected a catalogue file, got {path.name!r}, which does not exist", where=str(path), mend="Check the path.")
    if path.stat().st_size > LARGEST:
        raise LandedError("FILE_TOO_LARGE", f"expected at most {LARGEST // 2**20} MB, got {path.stat().st_size // 2**20} MB", where=path.name, mend="Split the catalogue.")
    rows = list(_workbook(path) if (f".{kind}" if kind else path.suffix.lower()) in (".xlsx", ".xlsm") else _text(path))
    if not rows:
        return []
    heads = [str(h or "").strip() for h in rows[0]]
    roles: dict[int, str] = {}
    for role, pattern in COLUMNS.items():
        place = next((i for i, h in enumerate(heads) if i not in roles and re.fullmatch(pattern, h.lower().replace("_", " "))), None)
        if place is not None:
            roles[place] = role
    if "text" not in roles.values():
        raise LandedError(
            "MISSING_COLUMN", f"expected a column such as text, description or title, got {', '.join(heads)[:120]}", where=path.name, mend="Name the column with the goods 'text'."
        )
    found = []
    for number, row in enumerate(rows[1:], 2):
        product: dict[str, Any] = {"attributes": {}, "row": number}
        for place, cell in enumerate(row[: len(heads)]):
            if cell is None or str(cell).strip() == "":
                continue
            known = roles.get(place, "")
            if known:
                product[known] = str(cell).strip() if known != "on" else _day(cell)
            elif heads[place]:
                product["attributes"][heads[place]] = str(cell).strip()
        if len(product) > 2 or product["attributes"]:
            product.setdefault("id", str(number))
            found.append(product)
    return found


def _day(cell: Any) -> str:
    return cell.date().isoformat() if hasattr(cell, "date") else str(cell).strip()


def _text(path: Path) -> Iterator[Sequence[Any]]:
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise LandedError("UNREADABLE_FILE", "expected a text table in UTF-8, got other bytes", where=path.name, mend="Save as CSV UTF-8 or XLSX.") from None
    first = content.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    try:
        return iter(list(csv.reader(content.splitlines(keepends=True), delimiter=separator)))
    except csv.Error as broken:
        raise LandedError("UNREADABLE_FILE", f"expected a CSV table, got one that cannot be read ({broken})", where=path.name, mend="Save the sheet as CSV again.") from None


def _workbook(path: Path) -> Iterator[Sequence[Any]]:
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise LandedError("EXTRA_REQUIRED", "reading XLSX needs openpyxl, which is not installed", where=path.name, mend="pip install 'landed[frames]', or save as CSV.") from None
    try:
        book = load_workbook(path, read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = [list(row) for row in sheet.iter_rows(values_only=True)]
        book.close()
    except Exception as broken:  # a damaged archive raises many kinds
        raise LandedError("UNREADABLE_FILE", f"expected an XLSX workbook, got one that cannot be read ({type(broken).__name__})", where=path.name, mend="Save it again as XLSX or CSV.") from None
    return iter(rows)


def review_queue(
    products: Sequence[Mapping[str, Any]], answer: Callable[[Mapping[str, Any]], Mapping[str, Any]], progress: Callable[[int], object] | None = None
) -> list[dict[str, Any]]:
    """A row of HEADINGS for each product, those worth a person's look first: errors and unknown duty, then the most money at
    stake, then the least sure; products sure or without money at stake come last (status "settled").

    `answer` gives the JSON answer for a product; `progress` is told how many are done.
    """
    rows = []
    for done, product in enumerate(products, 1):
        rows.append(row_of(product, answer(product)))
        if progress:
            progress(done)
    rows = [row for _, row in sorted((place_of(row, number), row) for number, row in enumerate(rows, 1))]
    for place, row in enumerate(rows, 1):
        row["place"] = place
    return rows


def place_of(row: Mapping[str, Any], number: int) -> str:
    """Where a row stands in the queue, as digits that sort: its status, the money at stake from the most down (unknown above all), how sure, its number."""
    order = {"error": 0, "review": 1, "check": 2, "settled": 3}[str(row["status"])]
    stake = row["at_stake_usd"]
    cents = int(Decimal(str(stake)) * 100) if stake not in (None, "") else MOST_CENTS if row["status"] == "review" else 0
    return f"{order}{MOST_CENTS - min(cents, MOST_CENTS):016d}{min(int(float(row['probability'] or 0) * 10_000), 10_000):05d}{number:08d}"


def row_of(product: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """The row of HEADINGS for a product and its JSON answer."""
    row: dict[str, Any] = dict.fromkeys(HEADINGS)
    row["id"], row["text"] = product.get("id"), str(product.get("text", ""))[:300]
    if "error" in found:
        row["status"], row["error"] = "error", f"{found['error']['code']}: {found['error']['detail']}"
        return row
    first, *others = found["candidates"]
    row |= {"hts_code": first["hts_code"], "probability": first["probability"], "band": first["band"], "because": "; ".join(first["because"])}
    if others:
        row |= {"second_code": others[0]["hts_code"], "second_probability": others[0]["probability"]}
    stake = found.get("stake")
    if stake:
        row |= {"same_duty": stake["same_duty"], "at_stake_usd": stake["at_stake_usd"], "duty_usd": (first.get("duty") or {}).get("amount")}
    if found.get("question"):
        row["question"] = found["question"]["text"]
        row["answers"] = "; ".join(f"{a['label']}: {a['hts_code']}" for a in found["question"]["answers"])
    if first["band"] == "high":
        row["status"] = "settled"
    elif stake and stake["same_duty"]:
        row["status"] = "check"  # the code may be wrong, but no duty hangs on it
    else:
        row["status"] = "review"
    return row


def write_queue(rows: Sequence[Mapping[str, Any]], path: Path | str) -> None:
    """Write a review queue as CSV, or as XLSX by its suffix; a cell that a spreadsheet would run as a formula is written as text.

    Raises LandedError EXTRA_REQUIRED, FILE_NOT_WRITTEN.
    """
    path = Path(path)
    safe = [[_cell(row.get(h)) for h in HEADINGS] for row in rows]
    try:
        if path.suffix.lower() == ".xlsx":
            from openpyxl import Workbook

            book = Workbook(write_only=True)
            sheet = book.create_sheet("review")
            sheet.append(list(HEADINGS))
            for cells in safe:
                sheet.append(cells)
            book.save(path)
        else:
            with path.open("w", encoding="utf-8-sig", newline="") as file:
                write_rows(rows, file)
    except ImportError:
        raise LandedError("EXTRA_REQUIRED", "writing XLSX needs openpyxl, which is not installed", where=path.name, mend="pip install 'landed[frames]', or write CSV.") from None
    except OSError as error:
        raise LandedError("FILE_NOT_WRITTEN", f"expected a file that can be written, got {error.strerror}", where=str(path), mend="Choose another place.") from None


def write_rows(rows: Sequence[Mapping[str, Any]], out: TextIO) -> None:
    """Write a review queue as CSV with its heading; cells that a spreadsheet would run are written as text."""
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    writer.writerows([_cell(row.get(h)) for h in HEADINGS] for row in rows)


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return "" if value is None else value
